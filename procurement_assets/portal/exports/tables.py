"""Every table given out, in its formats, written one table at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack

import msgspec
import polars as pl
import pyarrow.parquet as pq
from upath import UPath

from procurement_assets.lake import Lake
from procurement_assets.portal.exports.changes import recorded_changes
from procurement_assets.portal.exports.database import write_database
from procurement_assets.portal.exports.frames import export_frames
from procurement_assets.portal.exports.parquet_files import parquet_file
from procurement_assets.portal.exports.placing import placed
from procurement_assets.portal.exports.spec import BY_NAME, DATABASE, EXPORTS, PARQUET, WORKBOOK, About, Export
from procurement_assets.portal.exports.streams import SLICE, cut, rows_of
from procurement_assets.portal.exports.text_files import FILES, FLAT, flattened
from procurement_assets.portal.exports.workbook import Sheet, write_workbook

_KINDS = {"decp_marches": "marché", "decp_concessions": "concession"}


class ExportedFile(msgspec.Struct, frozen=True):
    """A file given out."""

    name: str
    bytes: int
    rows: int


def write_table_exports(lake: Lake, about: About) -> list[ExportedFile]:
    """Write every table in its formats, and record what changed since the last publication.

    Each table passes once, a slice in memory at a time, through all its files. Raises KeyError for a contract without
    ocid, FileNotFoundError for a table that was never made.
    """
    publisher = about.publisher.id
    written: list[ExportedFile] = []
    with recorded_changes(lake, publisher, about.data_date) as recorder:
        for name, kind in _KINDS.items():
            frames = export_frames(lake, publisher, name)
            passing = recorder.passing(kind, BY_NAME[name].table, frames)
            written += write_export(lake, about, BY_NAME[name], passing)
    for export in EXPORTS:
        if export.name not in _KINDS:
            written += write_export(lake, about, export, export_frames(lake, publisher, export.name))
    return written


def write_export(lake: Lake, about: About, export: Export, frames: Iterable[pl.DataFrame]) -> list[ExportedFile]:
    """Write a table in its formats. `frames`: its rows in the order of its key, one frame at least."""
    targets = [lake.exports(about.publisher.id) / export.file(ending) for ending in export.formats]
    rows = 0
    with ExitStack() as stack:
        files = []
        for ending, target in zip(export.formats, targets, strict=True):
            path = stack.enter_context(placed(target))
            opened = parquet_file(path, export.table, about) if ending == PARQUET else FILES[ending](path)
            files.append((ending, stack.enter_context(opened)))
        for part in cut(frames, SLICE):
            rows += part.height
            flat = flattened(part)
            for ending, write in files:
                write(flat if ending in FLAT else part)
    return [ExportedFile(target.name, target.stat().st_size, rows) for target in targets]


def read_export(lake: Lake, publisher: str, export: Export, columns: list[str] | None = None) -> pl.DataFrame:
    """The rows of a table given out, from its Parquet file. `columns`: these only, in this order."""
    with _parquet_of(lake, publisher, export).open("rb") as handle:
        frame = pl.read_parquet(handle, columns=columns)
    return frame.select(columns) if columns else frame


def exported_rows(lake: Lake, publisher: str, export: Export) -> Iterator[pl.DataFrame]:
    """The same rows a slice at a time."""
    return rows_of(_parquet_of(lake, publisher, export))


def write_workbook_export(lake: Lake, about: About) -> dict[str, int]:
    """Write the workbook from the tables given out; returns the rows of each data sheet.

    A table with more rows than a sheet can hold is left out, and the workbook says so.
    """
    publisher = about.publisher.id
    sheets = [_sheet(lake, publisher, e) for e in EXPORTS if e.sheet]
    with placed(lake.exports(publisher) / WORKBOOK) as path:
        return write_workbook(path, sheets, about)


def write_database_export(lake: Lake, about: About) -> dict[str, int]:
    """Write the DuckDB database from the tables given out; returns the rows of each table."""
    publisher = about.publisher.id
    rows = ((e.table, exported_rows(lake, publisher, e)) for e in EXPORTS)
    with placed(lake.exports(publisher) / DATABASE) as path:
        return write_database(path, rows, about)


def _sheet(lake: Lake, publisher: str, export: Export) -> Sheet:
    with _parquet_of(lake, publisher, export).open("rb") as handle:
        rows = int(pq.read_metadata(handle).num_rows)
    return Sheet(export, rows, lambda: read_export(lake, publisher, export))


def _parquet_of(lake: Lake, publisher: str, export: Export) -> UPath:
    return lake.exports(publisher) / export.file(PARQUET)
