"""The table of subcontracting: each acte spécial and its modifications (DESIGN §5)."""

from procurement_assets.schema.column import Table, flag, integer, text
from procurement_assets.schema.common import VERSION, key_uid, money, recovered
from procurement_assets.schema.contracts import dated, duration

SUBCONTRACTS = Table(
    name="subcontracts",
    title="Sous-traitance",
    description="Un acte spécial de sous-traitance et une version par ligne (0 : l'acte ; n : sa n-ième modification).",
    key=("uid", "acte_rang", "version"),
    columns=(
        key_uid(),
        integer(
            "acte_rang",
            "Rang de l'acte",
            "Rang de l'acte dans le marché ; distingue deux actes de même numéro.",
            required=True,
        ),
        integer("acte_id", "Numéro de l'acte", "Numéro publié de l'acte."),
        VERSION,
        flag(
            "acte_absent",
            "Acte absent",
            "Vrai si la modification porte sur un acte qui n'a pas été publié.",
            required=True,
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
        dated("date", "Date", "Date de notification de l'acte ou de sa modification.", "actesSousTraitance[]"),
        dated("date_publication", "Date de publication", "Date de publication des données.", "actesSousTraitance[]"),
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
