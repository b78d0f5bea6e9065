"""The tables given out. Each column is that of the lake's table, or described here once.

`decp_marches` and `decp_concessions` have one row per contract; `decp_lignes` has one row per marché × version ×
holder under the names of decp.info (research/decp.md §1.5); the others give the lake's tables under a public name.
"""

from __future__ import annotations

import msgspec

from procurement_assets.schema.changes import CHANGEMENTS
from procurement_assets.schema.column import Column, Table, flag, integer, text, texts
from procurement_assets.schema.concessions import (
    CONCESSION_EXECUTION,
    CONCESSION_TITULAIRES,
    CONCESSION_VERSIONS,
    CONCESSIONS,
)
from procurement_assets.schema.contracts import CONTRACT_TITULAIRES, CONTRACT_VERSIONS, CONTRACTS
from procurement_assets.schema.subcontracts import SUBCONTRACTS

OCID = text(
    "ocid",
    "Identifiant OCDS",
    "Identifiant du processus de commande publique dans les données OCDS.",
    required=True,
    ocds="ocid",
)

_HOLDERS = (
    texts(
        "titulaires_id",
        "Identifiants des titulaires",
        "Identifiants des titulaires actuels, dans l'ordre publié.",
        required=True,
        source="titulaires[].titulaire.id",
        ocds="awards/suppliers/id",
    ),
    texts(
        "titulaires_typeIdentifiant",
        "Types d'identifiant des titulaires",
        "Types d'identifiant des titulaires actuels, dans le même ordre.",
        required=True,
        source="titulaires[].titulaire.typeIdentifiant",
        ocds="parties/identifier/scheme",
    ),
    texts(
        "titulaires_nom",
        "Noms des titulaires",
        "Noms publiés des titulaires actuels, dans le même ordre ; vide s'il n'est pas publié.",
        required=True,
        source="titulaires[].denominationSociale",
        ocds="parties/name",
    ),
    OCID,
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


def _same(*names: str) -> tuple[Column, ...]:
    return tuple(CONTRACTS.column(name) for name in names)


def _joined(*names: str) -> tuple[Column, ...]:
    """Lists as decp.info gives them: text."""
    return tuple(
        msgspec.structs.replace(c, type="string", description=f"{c.description} Valeurs séparées par « , ».")
        for c in _same(*names)
    )


def _holder(*names: str) -> tuple[Column, ...]:
    return tuple(CONTRACT_TITULAIRES.column(name) for name in names)


def _of_version(name: str, described: str) -> Column:
    return msgspec.structs.replace(CONTRACTS.column(name), title=described.split(",")[0], description=f"{described}.")


DECP_LIGNES = Table(
    name="decp_lignes",
    title="Marchés, une ligne par titulaire et par version",
    description="Un marché, une version et un titulaire par ligne, sous les noms de colonnes de decp.info. Pour l'état "
    "actuel : donneesActuelles vrai. Ne jamais sommer les montants des lignes : le montant est celui du marché.",
    key=("uid", "modification_id", "titulaire_rang"),
    columns=(
        *_same("uid", "id", "nature", "acheteur_id", "acheteur_nom"),
        *_holder("titulaire_id", "titulaire_typeIdentifiant", "titulaire_nom"),
        *_same("objet"),
        _of_version("montant", "Montant, en vigueur à cette version, hors taxes"),
        *_same("type", "codeCPV", "procedure"),
        *_joined("techniques"),
        _of_version("dureeMois", "Durée, en vigueur à cette version"),
        *_same("offresRecues"),
        _of_version("dateNotification", "Date de notification, du marché puis de sa modification"),
        _of_version("datePublicationDonnees", "Date de publication, des données du marché puis de sa modification"),
        *_same("formePrix"),
        *_joined("typesPrix"),
        *_same("attributionAvance", "tauxAvance", "marcheInnovant"),
        *_joined("modalitesExecution", "considerationsSociales", "considerationsEnvironnementales"),
        *_same("ccag", "sousTraitanceDeclaree", "typeGroupementOperateurs", "origineUE", "origineFrance"),
        *_same("lieuExecution_code", "lieuExecution_typeCode", "idAccordCadre"),
        integer(
            "modification_id",
            "Version",
            "0 pour l'attribution, n après la n-ième modification, dans l'ordre des dates.",
            required=True,
        ),
        flag(
            "donneesActuelles",
            "Données actuelles",
            "Vrai pour les lignes de la dernière version du marché.",
            required=True,
        ),
        text("sourceDataset", "Jeu de données d'origine", "Source dont les valeurs ont été retenues.", required=True),
        integer(
            "titulaire_rang",
            "Rang du titulaire",
            "Rang de publication, dès 1 ; 0 quand aucun titulaire n'est publié.",
            required=True,
        ),
        OCID,
    ),
)
"""decp.info's columns that come from SIRENE or from a map (names of places, categories, distance), from the day of
reading (`dureeRestanteMois`) or from the place in files (`sourceFile`) are not here: the first come with enrichment,
the second would change the file every day, the third when files are republished."""


def _public(table: Table, name: str) -> Table:
    return msgspec.structs.replace(table, name=name)


DECP_VERSIONS = _public(CONTRACT_VERSIONS, "decp_versions")
DECP_TITULAIRES = _public(CONTRACT_TITULAIRES, "decp_titulaires")
DECP_SOUS_TRAITANCE = _public(SUBCONTRACTS, "decp_sous_traitance")
DECP_CONCESSIONS_VERSIONS = _public(CONCESSION_VERSIONS, "decp_concessions_versions")
DECP_CONCESSIONS_TITULAIRES = _public(CONCESSION_TITULAIRES, "decp_concessions_titulaires")
DECP_CONCESSIONS_EXECUTION = _public(CONCESSION_EXECUTION, "decp_concessions_execution")

EXPORT_TABLES = (
    DECP_MARCHES,
    DECP_CONCESSIONS,
    DECP_LIGNES,
    DECP_VERSIONS,
    DECP_TITULAIRES,
    DECP_SOUS_TRAITANCE,
    DECP_CONCESSIONS_VERSIONS,
    DECP_CONCESSIONS_TITULAIRES,
    DECP_CONCESSIONS_EXECUTION,
    CHANGEMENTS,
)
"""All but the public `corrections`: in the lake this is the name of the working group's table."""
