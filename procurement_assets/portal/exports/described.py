"""What each file given out is: the one list behind the manifest, the data package and the DCAT catalogue.

Only files of this list are published: what else lies in the folder (correction files, working documents) is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import PurePosixPath

import msgspec
import pyarrow.parquet as pq
from upath import UPath

from procurement_assets.lake import Lake
from procurement_assets.ocds.packages import read_lines
from procurement_assets.portal.exports import spec
from procurement_assets.portal.exports.placing import digest

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


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file given out, measured."""

    name: str
    bytes: int
    sha256: str
    rows: int | None
    title: str
    kind: Described

    @property
    def media_type(self) -> str:
        """The type of the bytes as they are served."""
        return "application/gzip" if self.kind.gzipped else self.kind.media_type


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
                conforms_to=_DECP if export.name.startswith("decp_") else "",
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
        pattern=r"quality_report\.html",
        role="documentation",
        title="Rapport de qualité des données",
        description="Contrôles, défauts, évolution, par règle et par source.",
        media_type="text/html",
        file_type="HTML",
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
def _find(name: str) -> tuple[int, str] | None:
    for rank, kind in enumerate(DESCRIBED):
        if found := re.fullmatch(kind.pattern, name):
            return rank, kind.title.format(*found.groups())
    return None


def describe(name: str) -> Described | None:
    """What a file of that name is, None for one that is not given out."""
    found = _find(name)
    return None if found is None else DESCRIBED[found[0]]


def files_given_out(lake: Lake, publisher: str, *, roles: tuple[str, ...] = ()) -> list[File]:
    """The described files that lie in the folder of a publisher, measured, in the order of `DESCRIBED` then by name.

    `roles`: only these; empty: all.
    """
    folder = lake.exports(publisher)
    found: list[tuple[int, File]] = []
    for name in sorted(_names(folder)):
        place = _find(name)
        if place is None or (roles and DESCRIBED[place[0]].role not in roles):
            continue
        kind = DESCRIBED[place[0]]
        size, sha256 = digest(folder / name)
        file = File(name=name, bytes=size, sha256=sha256, rows=_rows(folder, name, kind), title=place[1], kind=kind)
        found.append((place[0], file))
    return [file for _, file in sorted(found, key=lambda f: (f[0], f[1].name))]


def _names(folder: UPath) -> Iterator[str]:
    if not folder.exists():
        return
    for path in folder.iterdir():
        if path.name.startswith("."):
            continue
        if path.is_dir():
            yield from (f"{path.name}/{below.name}" for below in path.iterdir() if below.is_file())
        else:
            yield path.name


def _rows(folder: UPath, name: str, kind: Described) -> int | None:
    """Rows of a table's file, lines of a JSON Lines file, processes of an OCDS package; None: not counted."""
    if kind.table:
        with (folder / f"{kind.table}{spec.PARQUET}").open("rb") as handle:
            return int(pq.read_metadata(handle).num_rows)
    if name.endswith(".jsonl.gz"):
        with (folder / name).open("rb") as handle:
            return sum(1 for _ in read_lines(handle))
    return _processes(folder).get(PurePosixPath(name).name) if name.startswith("ocds/") else None


def _processes(folder: UPath) -> dict[str, int]:
    index = folder / "ocds" / "manifest.json"
    if not index.exists():
        return {}
    listed = msgspec.json.decode(index.read_bytes(), type=_Index).files
    return {f.name: f.processes for f in listed}


class _IndexFile(msgspec.Struct):
    name: str
    processes: int


class _Index(msgspec.Struct):
    files: list[_IndexFile]
