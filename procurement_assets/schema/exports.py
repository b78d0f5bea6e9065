"""The tables given out: marchés and concessions, one row per contract, holders joined, OCDS identifier."""

from procurement_assets.schema.column import Column, Table
from procurement_assets.schema.concessions import CONCESSIONS
from procurement_assets.schema.contracts import CONTRACTS

_HOLDERS = (
    Column(
        name="titulaires_id",
        type="list",
        required=True,
        title="Identifiants des titulaires",
        description="Identifiants des titulaires actuels, dans l'ordre publié.",
        source="titulaires[].titulaire.id",
        ocds="awards/suppliers/id",
    ),
    Column(
        name="titulaires_typeIdentifiant",
        type="list",
        required=True,
        title="Types d'identifiant des titulaires",
        description="Types d'identifiant des titulaires actuels, dans le même ordre.",
        source="titulaires[].titulaire.typeIdentifiant",
        ocds="parties/identifier/scheme",
    ),
    Column(
        name="titulaires_nom",
        type="list",
        required=True,
        title="Noms des titulaires",
        description="Noms publiés des titulaires actuels, dans le même ordre ; vide s'il n'est pas publié.",
        source="titulaires[].denominationSociale",
        ocds="parties/name",
    ),
    Column(
        name="ocid",
        type="string",
        required=True,
        title="Identifiant OCDS",
        description="Identifiant du processus de commande publique dans les données OCDS.",
        ocds="ocid",
    ),
)

DECP_MARCHES = Table(
    name="decp_marches",
    title="Marchés publics de la collectivité",
    description="Données essentielles des marchés : un marché par ligne, état initial et actuel.",
    key=("uid",),
    columns=(*CONTRACTS.columns, *_HOLDERS),
)

DECP_CONCESSIONS = Table(
    name="decp_concessions",
    title="Contrats de concession de la collectivité",
    description="Données essentielles des concessions : un contrat par ligne, état initial et actuel.",
    key=("uid",),
    columns=(*CONCESSIONS.columns, *_HOLDERS),
)

EXPORT_TABLES = (DECP_MARCHES, DECP_CONCESSIONS)
