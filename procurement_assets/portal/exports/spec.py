"""What is given out, as data: each table, the lake's table it comes from, and its formats."""

from __future__ import annotations

import msgspec

from procurement_assets.publisher_portal import Portal
from procurement_assets.publishers import Publisher
from procurement_assets.schema.changes import CHANGEMENTS, CORRECTIONS_PUBLIEES
from procurement_assets.schema.column import Table
from procurement_assets.schema.exports import (
    DECP_CONCESSIONS,
    DECP_CONCESSIONS_EXECUTION,
    DECP_CONCESSIONS_TITULAIRES,
    DECP_CONCESSIONS_VERSIONS,
    DECP_LIGNES,
    DECP_MARCHES,
    DECP_SOUS_TRAITANCE,
    DECP_TITULAIRES,
    DECP_VERSIONS,
)

PARQUET, CSV, EXCEL_CSV, JSON_LINES = ".parquet", ".csv", "_excel.csv", ".jsonl.gz"
"""Endings of the files of a table."""

_ALL = (PARQUET, CSV, EXCEL_CSV, JSON_LINES)
_PLAIN = (PARQUET, CSV)


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """A table given out."""

    table: Table
    sheet: str
    """Name of its sheet in the workbook, at most 31 characters; empty: it has none."""
    formats: tuple[str, ...] = _PLAIN
    parent: str = ""
    """Table whose `uid` each row's `uid` is one of; empty: none."""

    @property
    def name(self) -> str:
        """Name of the table and start of its files' names."""
        return self.table.name

    def file(self, ending: str) -> str:
        """Name of its file with one of the endings."""
        return f"{self.name}{ending}"


EXPORTS = (
    Export(table=DECP_MARCHES, sheet="Marchés", formats=_ALL),
    Export(table=DECP_CONCESSIONS, sheet="Concessions", formats=_ALL),
    Export(table=DECP_LIGNES, sheet="", formats=_ALL, parent="decp_marches"),
    Export(table=DECP_TITULAIRES, sheet="Titulaires", parent="decp_marches"),
    Export(table=DECP_VERSIONS, sheet="Versions", parent="decp_marches"),
    Export(table=DECP_SOUS_TRAITANCE, sheet="Sous-traitance", parent="decp_marches"),
    Export(table=DECP_CONCESSIONS_TITULAIRES, sheet="Concessionnaires", parent="decp_concessions"),
    Export(table=DECP_CONCESSIONS_VERSIONS, sheet="Versions des concessions", parent="decp_concessions"),
    Export(table=DECP_CONCESSIONS_EXECUTION, sheet="Exécution des concessions", parent="decp_concessions"),
    Export(table=CORRECTIONS_PUBLIEES, sheet="", formats=(PARQUET, CSV, JSON_LINES)),
    Export(table=CHANGEMENTS, sheet="", formats=(PARQUET, CSV, JSON_LINES)),
)
"""In the order in which they are shown. `decp_lignes` has no sheet, since it repeats the others; the two logs have
none, since they grow."""

BY_NAME = {e.name: e for e in EXPORTS}

WORKBOOK, DATABASE, FEED = "decp.xlsx", "procurement.duckdb", "changements.atom"
DATA_PACKAGE, CATALOGUE_TURTLE, CATALOGUE_JSON = "datapackage.json", "catalog.ttl", "catalog.jsonld"
MANIFEST, SUMS = "manifest.json", "SHA256SUMS"

OCDS_STANDARD = "https://standard.open-contracting.org/1.1/fr/"
DECP_SCHEMA = "https://schema.data.gouv.fr/139bercy/format-commande-publique/"


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What every file says of where it comes from."""

    publisher: Publisher
    data_date: str
    """ISO date-time (or day) of the data: never the clock's."""

    @property
    def portal(self) -> Portal:
        """The portal's metadata."""
        return self.publisher.about

    @property
    def license_url(self) -> str:
        """Address of the licence."""
        return self.portal.license_url or self.publisher.license

    @property
    def attribution(self) -> str:
        """Who to cite."""
        return self.portal.attribution or self.publisher.name

    @property
    def contact(self) -> str:
        """Who to write to, in one line."""
        portal = self.portal
        return ", ".join(t for t in (portal.contact_name, portal.contact_email, portal.contact_url) if t)

    @property
    def day(self) -> str:
        """The data date as `YYYY-MM-DD`."""
        return self.data_date[:10]

    def url(self, name: str) -> str:
        """Address of a published file."""
        return f"{self.portal.files_url}{name}"
