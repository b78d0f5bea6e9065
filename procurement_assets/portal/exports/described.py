"""What each file given out is: the one list behind the manifest, the data package and the DCAT catalogue.

Only files of this list are published: what else lies in the folder (correction files, working documents) is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import msgspec

from procurement_assets.portal.exports import spec

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PARQUET = "application/vnd.apache.parquet"
NDJSON = "application/x-ndjson"
_OCDS, _DECP = spec.OCDS_STANDARD, spec.DECP_SCHEMA


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of file."""

    pattern: str
    """Regular expression of the whole name."""
    role: str
    """`table`, `tableur`, `base`, `ocds`, `reglementaire`, `flux`, `schema`, `metadonnees`, `documentation`."""
    title: str
    """French, with `{0}`, `{1}` for the groups of the pattern."""
    description: str
    media_type: str
    file_type: str
    """Code of the EU authority table `file-type`."""
    gzipped: bool = False
    conforms_to: str = ""
    table: str = ""
    """The table whose rows it holds; empty: none."""


_TABLE_FORMATS = {
    spec.PARQUET: ("Parquet", PARQUET, "PARQUET", False, "table"),
    spec.CSV: ("CSV", "text/csv", "CSV", False, "table"),
    spec.EXCEL_CSV: ("CSV pour Excel en français", "text/csv", "CSV", False, "tableur"),
    spec.JSON_LINES: ("JSON Lines", NDJSON, "JSON", True, "table"),
}


def _of_tables() -> Iterator[Described]:
    for export in spec.EXPORTS:
        for ending in export.formats:
            label, media_type, file_type, gzipped, role = _TABLE_FORMATS[ending]
            yield Described(
                pattern=re.escape(export.file(ending)),
                role=role,
                title=f"{export.table.title} ({label})",
                description=export.table.description,
                media_type=media_type,
                file_type=file_type,
                gzipped=gzipped,
                table=export.name,
            )


_YEAR = r"_(\d{4})(?:_\d+)?"


def _ocds(pattern: str, title: str, description: str, media_type: str, gzipped: bool = True) -> Described:
    return Described(
        pattern=pattern,
        role="ocds",
        title=title,
        description=description,
        media_type=media_type,
        file_type="JSON",
        gzipped=gzipped,
        conforms_to=_OCDS,
    )


_RELEASE = "Publications OCDS : une par attribution, modification, acte de sous-traitance, année d'exécution."
_COMPILED = "État actuel de chaque processus : ses publications fusionnées."
_RECORD = "Par processus : ses publications et leur état fusionné."
_OTHERS = (
    Described(
        pattern=re.escape(spec.WORKBOOK),
        role="tableur",
        title="Classeur Excel : marchés, concessions, titulaires, versions, sous-traitance",
        description="Lisez-moi, dictionnaire, une feuille par table ; en-têtes en français.",
        media_type=XLSX,
        file_type="XLSX",
    ),
    Described(
        pattern=re.escape(spec.DATABASE),
        role="base",
        title="Base DuckDB : toutes les tables, commentées",
        description="À ouvrir en lecture seule avec DuckDB 2 : duckdb -readonly procurement.duckdb.",
        media_type="application/octet-stream",
        file_type="OCTET",
    ),
    Described(
        pattern=re.escape(spec.FEED),
        role="flux",
        title="Flux Atom des contrats nouveaux et modifiés",
        description="À suivre avec un lecteur de flux : chaque entrée dit ce qui a changé.",
        media_type="application/atom+xml",
        file_type="ATOM",
    ),
    _ocds(r"releases\.jsonl\.gz", "Publications OCDS, toutes (JSON Lines)", _RELEASE, NDJSON),
    _ocds(r"compiled_releases\.jsonl\.gz", "États actuels OCDS, tous (JSON Lines)", _COMPILED, NDJSON),
    _ocds(r"record_package\.json", "Enregistrements OCDS, tous", _RECORD, "application/json", gzipped=False),
    _ocds(rf"ocds/releases{_YEAR}\.jsonl\.gz", "Publications OCDS {0} (JSON Lines)", _RELEASE, NDJSON),
    _ocds(rf"ocds/compiled_releases{_YEAR}\.jsonl\.gz", "États actuels OCDS {0} (JSON Lines)", _COMPILED, NDJSON),
    _ocds(rf"ocds/release_package{_YEAR}\.json\.gz", "Paquet de publications OCDS {0}", _RELEASE, "application/json"),
    _ocds(rf"ocds/record_package{_YEAR}\.json\.gz", "Paquet d'enregistrements OCDS {0}", _RECORD, "application/json"),
    _ocds(
        r"ocds/versioned_releases\.jsonl\.gz",
        "Publications OCDS versionnées (JSON Lines)",
        "Chaque valeur avec les publications qui l'ont fixée.",
        NDJSON,
    ),
    _ocds(
        r"ocds/manifest\.json",
        "Index des fichiers OCDS par année",
        "Taille, empreinte et nombre de processus de chaque fichier.",
        "application/json",
        gzipped=False,
    ),
    *(
        Described(
            pattern=rf"decp_({family})\.{ending}",
            role="reglementaire",
            title="Données essentielles au format réglementaire {0}" + f" ({ending.upper()})",
            description="Valide selon le schéma officiel ; les contrats qu'il refuse sont dans decp_exclus.csv.",
            media_type=f"application/{ending}",
            file_type=ending.upper(),
            conforms_to=_DECP,
        )
        for family in ("2022", "2019")
        for ending in ("json", "xml")
    ),
    Described(
        pattern=r"decp_exclus\.csv",
        role="reglementaire",
        title="Contrats exclus des fichiers réglementaires",
        description="Une ligne par raison : format, contrat, chemin, motif.",
        media_type="text/csv",
        file_type="CSV",
    ),
    Described(
        pattern=r"politique_publication\.html",
        role="documentation",
        title="Politique de publication",
        description="Périmètre, provenance, codes, fréquence, licence, limites.",
        media_type="text/html",
        file_type="HTML",
    ),
    Described(
        pattern=r"rapport_qualite\.html",
        role="documentation",
        title="Rapport de qualité des données",
        description="Contrôles, défauts, évolution, par règle et par source.",
        media_type="text/html",
        file_type="HTML",
    ),
    Described(
        pattern=r"indicateurs\.html",
        role="documentation",
        title="Indicateurs",
        description="Indicateurs de la commande publique, chacun avec sa définition et sa précaution de lecture.",
        media_type="text/html",
        file_type="HTML",
    ),
    *(
        Described(
            pattern=rf"ocds/extensions/(ocds_fr_decp/[\w.]+/(?:\w+/)*[\w-]+\.{ending})",
            role="schema",
            title="Extension OCDS locale : {0}",
            description="Champs, listes de codes et textes de l'extension que les fichiers OCDS déclarent.",
            media_type=media_type,
            file_type=file_type,
        )
        for ending, media_type, file_type in (
            ("json", "application/json", "JSON"),
            ("csv", "text/csv", "CSV"),
            ("md", "text/markdown", "TXT"),
        )
    ),
    Described(
        pattern=r"schema/([a-z_]+)\.json",
        role="schema",
        title="Table Schema de {0}",
        description="Colonnes, types, contraintes, définitions.",
        media_type="application/json",
        file_type="JSON",
    ),
    *(
        Described(
            pattern=re.escape(name),
            role="metadonnees",
            title=title,
            description="Description du jeu de données, pour les machines.",
            media_type=media_type,
            file_type=file_type,
        )
        for name, title, media_type, file_type in (
            (spec.DATA_PACKAGE, "Data Package (Frictionless)", "application/json", "JSON"),
            (spec.CATALOGUE_TURTLE, "Catalogue DCAT-AP (Turtle)", "text/turtle", "RDF_TURTLE"),
            (spec.CATALOGUE_JSON, "Catalogue DCAT-AP (JSON-LD)", "application/ld+json", "JSON_LD"),
        )
    ),
)

DESCRIBED: tuple[Described, ...] = (*_of_tables(), *_OTHERS)
"""In the order in which files are shown."""
DATA_ROLES = ("table", "tableur", "base", "ocds", "reglementaire", "flux")
"""Roles of the files that hold data: the distributions of the catalogue."""


@cache
def place_of(name: str) -> tuple[int, str] | None:
    """The place in `DESCRIBED` of what a file of that name is, and its title; None for one that is not given out."""
    for rank, kind in enumerate(DESCRIBED):
        if found := re.fullmatch(kind.pattern, name):
            return rank, kind.title.format(*found.groups())
    return None


def describe(name: str) -> Described | None:
    """What a file of that name is, None for one that is not given out."""
    found = place_of(name)
    return None if found is None else DESCRIBED[found[0]]
