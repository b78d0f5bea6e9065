"""The table of subcontracting: each acte spécial and its modifications (DESIGN §5)."""

from procurement_assets.schema.column import Column, Table
from procurement_assets.schema.common import VERSION, key_uid, money, recovered
from procurement_assets.schema.contracts import day, duration, text

SUBCONTRACTS = Table(
    name="subcontracts",
    title="Sous-traitance",
    description="Un acte spécial de sous-traitance et une version par ligne (0 : l'acte ; n : sa n-ième modification).",
    key=("uid", "acte_rang", "version"),
    columns=(
        key_uid(),
        Column(
            name="acte_rang",
            type="integer",
            required=True,
            title="Rang de l'acte",
            description="Rang de l'acte dans le marché ; distingue deux actes de même numéro.",
        ),
        Column(name="acte_id", type="integer", title="Numéro de l'acte", description="Numéro publié de l'acte."),
        VERSION,
        Column(
            name="acte_absent",
            type="boolean",
            required=True,
            title="Acte absent",
            description="Vrai si la modification porte sur un acte qui n'a pas été publié.",
        ),
        text(
            "sousTraitant_typeIdentifiant",
            "Type d'identifiant",
            "Type d'identifiant du sous-traitant.",
            "actesSousTraitance[].acteSousTraitance.sousTraitant.typeIdentifiant",
        ),
        text(
            "sousTraitant_id",
            "Sous-traitant",
            "Identifiant du sous-traitant.",
            "actesSousTraitance[].acteSousTraitance.sousTraitant.id",
            "awards/subcontracting/subcontracts/subcontractor/id",
        ),
        text(
            "sousTraitant_siren",
            "SIREN du sous-traitant",
            "Neuf premiers chiffres d'un SIRET dont la clé est juste ; sinon le SIREN retrouvé avec une confiance "
            "certaine ; vide sinon.",
            "",
        ),
        *recovered("sousTraitant", "du sous-traitant"),
        day("date", "Date", "Date de notification de l'acte ou de sa modification.", "actesSousTraitance[]"),
        day("date_publication", "Date de publication", "Date de publication des données.", "actesSousTraitance[]"),
        money(
            "montant",
            "Montant sous-traité",
            "Montant en vigueur de l'acte.",
            "actesSousTraitance[].acteSousTraitance.montant",
            "awards/subcontracting/value/amount",
        ),
        duration("dureeMois", "Durée", "Durée en vigueur de l'acte."),
        text(
            "variationPrix",
            "Variation du prix",
            "Ferme, actualisable ou révisable.",
            "actesSousTraitance[].acteSousTraitance.variationPrix",
        ),
    ),
)
