"""Every table given out, in its formats, written one table at a time."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import polars as pl

from procurement_assets.lake import Lake
from procurement_assets.portal.exports.changes import Contracts, record_changes
from procurement_assets.portal.exports.database import write_database
from procurement_assets.portal.exports.frames import export_frame
from procurement_assets.portal.exports.parquet_files import write_parquet
from procurement_assets.portal.exports.placing import placed
from procurement_assets.portal.exports.spec import BY_NAME, DATABASE, EXPORTS, PARQUET, WORKBOOK, About, Export
from procurement_assets.portal.exports.text_files import WRITERS
from procurement_assets.portal.exports.workbook import write_workbook

_KINDS = {"decp_marches": "marché", "decp_concessions": "concession"}


class ExportedFile(msgspec.Struct, frozen=True):
    """A file given out."""

    name: str
    bytes: int
    rows: int


def write_table_exports(lake: Lake, about: About, ocids: Mapping[str, str]) -> list[ExportedFile]:
    """Record what changed since the last publication, then write every table in its formats.

    `ocids`: uid to ocid of every contract. Raises KeyError for a contract without one, FileNotFoundError for a table
    that was never made.
    """
    publisher = about.publisher.id
    contracts = {name: export_frame(lake, publisher, name, ocids) for name in _KINDS}
    current = [Contracts(kind, BY_NAME[name].table, contracts[name]) for name, kind in _KINDS.items()]
    record_changes(lake, publisher, about.data_date, current)
    del current
    written: list[ExportedFile] = []
    for export in EXPORTS:
        # A frame is let go before the next is made: the largest table sets the memory.
        frame = contracts.pop(export.name, None)
        if frame is None:
            frame = export_frame(lake, publisher, export.name, ocids)
        for ending in export.formats:
            target = lake.exports(publisher) / export.file(ending)
            with placed(target) as path:
                if ending == PARQUET:
                    write_parquet(path, frame, export.table, about)
                else:
                    WRITERS[ending](path, frame)
            written.append(ExportedFile(target.name, target.stat().st_size, frame.height))
        del frame
    return written


def read_export(lake: Lake, publisher: str, export: Export) -> pl.DataFrame:
    """The rows of a table given out, from its Parquet file."""
    with (lake.exports(publisher) / export.file(PARQUET)).open("rb") as handle:
        return pl.read_parquet(handle)


def write_workbook_export(lake: Lake, about: About) -> dict[str, int]:
    """Write the workbook from the tables given out; returns the rows of each data sheet."""
    publisher = about.publisher.id
    frames = ((e, read_export(lake, publisher, e)) for e in EXPORTS if e.sheet)
    with placed(lake.exports(publisher) / WORKBOOK) as path:
        return write_workbook(path, frames, about)


def write_database_export(lake: Lake, about: About) -> dict[str, int]:
    """Write the DuckDB database from the tables given out; returns the rows of each table."""
    publisher = about.publisher.id
    frames = ((e.table, read_export(lake, publisher, e)) for e in EXPORTS)
    with placed(lake.exports(publisher) / DATABASE) as path:
        return write_database(path, frames, about)
