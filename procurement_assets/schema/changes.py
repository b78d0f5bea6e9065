"""What the publication says of its own changes: values corrected, contracts that changed between two publications."""

from procurement_assets.schema.column import Column, Table
from procurement_assets.schema.common import key_uid
from procurement_assets.schema.provenance import SOURCE, UID

EVENTS = ("nouveau", "modifié", "disparu", "revenu")


def _text(name: str, title: str, description: str, required: bool = True) -> Column:
    return Column(name=name, type="string", required=required, title=title, description=description)


CORRECTIONS_PUBLIEES = Table(
    name="corrections",
    title="Corrections",
    description="Chaque valeur publiée par une source qui diffère de la valeur retenue, et la règle appliquée.",
    key=("source", "uid", "champ", "regle", "rang"),
    columns=(
        UID,
        _text("champ", "Champ", "Chemin du champ dans l'enregistrement."),
        _text("valeur_publiee", "Valeur publiée", "Valeur publiée par la source, en JSON ; vide si absente.", False),
        _text("valeur_retenue", "Valeur retenue", "Valeur retenue ici, en JSON ; vide si absente.", False),
        _text("regle", "Règle", "Identifiant de la règle."),
        _text("explication", "Explication", "Ce que fait la règle."),
        SOURCE,
        Column(
            name="rang",
            type="integer",
            required=True,
            title="Rang",
            description="Rang parmi les valeurs que la règle change au même endroit du contrat, dès 1.",
        ),
    ),
)
"""`repairs` in public words. File and position stay in `repairs`: the same records in other files or in another order
give the same export."""

_DATE = Column(
    name="date",
    type="date",
    required=True,
    title="Date des données",
    description="Date des données de la publication où le changement apparaît.",
)
_KIND = Column(
    name="type_contrat",
    type="string",
    required=True,
    enum=("marché", "concession"),
    title="Type de contrat",
    description="Marché ou concession.",
)
_EVENT = Column(
    name="evenement",
    type="string",
    required=True,
    title="Événement",
    description="nouveau, modifié, disparu des sources, revenu dans les sources.",
    enum=EVENTS,
)
_NUMBER = Column(
    name="numero",
    type="integer",
    required=True,
    title="Numéro",
    description="Rang de l'événement pour ce contrat, dès 1.",
)

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
        Column(
            name="rang",
            type="integer",
            required=True,
            title="Rang",
            description="Rang du champ dans l'événement, dès 1 ; 0 quand l'événement est le contrat entier.",
        ),
        _text("champ", "Champ", "Nom de la colonne changée ; vide quand l'événement est le contrat entier.", False),
        _text("libelle", "Libellé", "Libellé de la colonne changée.", False),
        _text("ancienne_valeur", "Ancienne valeur", "Valeur de la publication précédente.", False),
        _text("nouvelle_valeur", "Nouvelle valeur", "Valeur de cette publication.", False),
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
        Column(
            name="evenement",
            type="string",
            required=True,
            title="Événement",
            description="Événement ; « schéma » quand seules les colonnes publiées ont changé.",
            enum=(*EVENTS, "schéma"),
        ),
        _text("empreinte", "Empreinte", "Empreinte sha256 de la ligne publiée ; vide quand le contrat disparaît."),
        _text("contenu", "Contenu", "La ligne publiée, en JSON ; vide quand le contrat disparaît.", False),
        _text("ecarts", "Écarts", "Champs changés : [nom, libellé, ancienne valeur, nouvelle valeur], en JSON."),
    ),
)
"""Internal to the lake: `exports_history/PUBLISHER/00001_2026-01-08.parquet`."""
