"""Rows that pass in the order of their key, a slice in memory at a time: reading, cutting, checking.

The tables of the lake are written in the order of their key (`schema.conform`), so two that start with the same `uid`
are read side by side: a slice of contracts, then the rows of other tables up to its last `uid`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

import polars as pl
import pyarrow.parquet as pq
from upath import UPath

from procurement_assets.lake import Lake
from procurement_assets.schema import Table, conform
from procurement_assets.schema.column import NonConformingError

SLICE = 10_000
"""Rows in memory at a time."""


def rows_of(path: UPath, columns: Sequence[str] | None = None) -> Iterator[pl.DataFrame]:
    """The rows of a Parquet file in frames, at least one: a file without rows gives its columns."""
    with path.open("rb") as handle:
        file = pq.ParquetFile(handle)
        wanted = list(columns) if columns is not None else file.schema_arrow.names
        empty = True
        for batch in file.iter_batches(batch_size=SLICE, columns=wanted):
            empty = False
            yield cast(pl.DataFrame, pl.from_arrow(batch)).select(wanted)
        if empty:
            yield cast(pl.DataFrame, pl.from_arrow(file.schema_arrow.empty_table())).select(wanted)


def by_uid(lake: Lake, table: str, publisher: str, columns: Sequence[str] | None = None) -> Iterator[pl.DataFrame]:
    """The rows of a table that is in the order of `uid`. Raises `NonConformingError` where it is not.

    Raises FileNotFoundError, naming the asset to run, where the table was never made.
    """
    last = ""
    for frame in rows_of(lake.existing_table(table, publisher), columns):
        uids = frame["uid"]
        if uids.len() and (uids[0] < last or not uids.is_sorted()):
            raise NonConformingError(f"table {table}: rows are not in the order of uid")
        last = uids[-1] if uids.len() else last
        yield frame


class Beside:
    """A table in the order of `uid`, read beside the slices of another one."""

    def __init__(self, lake: Lake, table: str, publisher: str, columns: Sequence[str] | None = None) -> None:
        self._frames = by_uid(lake, table, publisher, columns)
        self._held = next(self._frames)

    def upto(self, uid: str) -> pl.DataFrame:
        """The rows not yet given, up to those of `uid`."""
        found: list[pl.DataFrame] = []
        while True:
            end = int(self._held["uid"].search_sorted(uid, side="right"))
            found.append(self._held.head(end))
            self._held = self._held.slice(end)
            if self._held.height:
                break
            following = next(self._frames, None)
            if following is None:
                break
            self._held = following
        return pl.concat(found)


def cut(frames: Iterable[pl.DataFrame], rows: int) -> Iterator[pl.DataFrame]:
    """The same rows in frames of exactly `rows`, the last one but: at least one frame, which may be empty."""
    held: list[pl.DataFrame] = []
    count = given = 0
    for frame in frames:
        held.append(frame)
        count += frame.height
        while count >= rows:
            whole = pl.concat(held)
            yield whole.head(rows)
            given += 1
            held, count = [whole.slice(rows)], count - rows
    if count or not given:
        yield pl.concat(held)


def conforming(frames: Iterable[pl.DataFrame], table: Table) -> Iterator[pl.DataFrame]:
    """Frames as `conform` gives them, and in the order of the key from one to the next.

    Raises `NonConformingError` as `conform` does, and where a frame does not come after the one before it.
    """
    before: list[tuple[bool, Any]] | None = None
    for frame in frames:
        ordered = conform(frame, table)
        if ordered.height:
            if before is not None and _place(ordered, table, 0) <= before:
                raise NonConformingError(f"table {table.name}: rows are not in the order of the key {table.key}")
            before = _place(ordered, table, -1)
        yield ordered


def _place(frame: pl.DataFrame, table: Table, row: int) -> list[tuple[bool, Any]]:
    """The key of a row, as something that sorts: empty values last."""
    return [(value is None, value if value is not None else 0) for value in frame.select(table.key).row(row)]
