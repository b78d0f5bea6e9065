"""What the publication says of its own changes: values corrected, contracts that changed between two publications."""

from procurement_assets.schema.column import Table, day, integer, text
from procurement_assets.schema.common import key_uid
from procurement_assets.schema.provenance import SOURCE, UID

EVENTS = ("nouveau", "modifié", "disparu", "revenu")


CORRECTIONS_PUBLIEES = Table(
    name="corrections",
    title="Corrections",
    description="Chaque valeur publiée par une source qui diffère de la valeur retenue, et la règle appliquée.",
    key=("source", "uid", "champ", "regle", "rang"),
    columns=(
        UID,
        text("champ", "Champ", "Chemin du champ dans l'enregistrement.", required=True),
        text("valeur_publiee", "Valeur publiée", "Valeur publiée par la source, en JSON ; vide si absente."),
        text("valeur_retenue", "Valeur retenue", "Valeur retenue ici, en JSON ; vide si absente."),
        text("regle", "Règle", "Identifiant de la règle.", required=True),
        text("explication", "Explication", "Ce que fait la règle.", required=True),
        SOURCE,
        integer(
            "rang",
            "Rang",
            "Rang parmi les valeurs que la règle change au même endroit du contrat, dès 1.",
            required=True,
        ),
    ),
)
"""`repairs` in public words. File and position stay in `repairs`: the same records in other files or in another order
give the same export."""

_DATE = day("date", "Date des données", "Date des données de la publication où le changement apparaît.", required=True)
_KIND = text("type_contrat", "Type de contrat", "Marché ou concession.", required=True, enum=("marché", "concession"))
_EVENT = text(
    "evenement",
    "Événement",
    "nouveau, modifié, disparu des sources, revenu dans les sources.",
    required=True,
    enum=EVENTS,
)
_NUMBER = integer("numero", "Numéro", "Rang de l'événement pour ce contrat, dès 1.", required=True)

CHANGEMENTS = Table(
    name="changements",
    title="Changements entre publications",
    description="Ce qui a changé d'une publication à la suivante : un contrat, un événement et un champ par ligne.",
    key=("date", "uid", "numero", "rang"),
    columns=(
        _DATE,
        key_uid(),
        _KIND,
        _EVENT,
        _NUMBER,
        integer(
            "rang",
            "Rang",
            "Rang du champ dans l'événement, dès 1 ; 0 quand l'événement est le contrat entier.",
            required=True,
        ),
        text("champ", "Champ", "Nom de la colonne changée ; vide quand l'événement est le contrat entier."),
        text("libelle", "Libellé", "Libellé de la colonne changée."),
        text("ancienne_valeur", "Ancienne valeur", "Valeur de la publication précédente."),
        text("nouvelle_valeur", "Nouvelle valeur", "Valeur de cette publication."),
    ),
)

HISTORY = Table(
    name="export_history",
    title="Historique des exports",
    description="Un contrat et un événement par ligne, un fichier par publication ; sert à dire ce qui a changé.",
    key=("type_contrat", "uid", "numero"),
    columns=(
        key_uid(),
        _NUMBER,
        _DATE,
        _KIND,
        text(
            "evenement",
            "Événement",
            "Événement ; « schéma » quand seules les colonnes publiées ont changé.",
            required=True,
            enum=(*EVENTS, "schéma"),
        ),
        text(
            "empreinte",
            "Empreinte",
            "Empreinte sha256 de la ligne publiée ; vide quand le contrat disparaît.",
            required=True,
        ),
        text("contenu", "Contenu", "La ligne publiée, en JSON ; vide quand le contrat disparaît."),
        text(
            "ecarts",
            "Écarts",
            "Champs changés : [nom, libellé, ancienne valeur, nouvelle valeur], en JSON.",
            required=True,
        ),
    ),
)
"""Internal to the lake: `exports_history/PUBLISHER/00001_2026-01-08.parquet`."""
