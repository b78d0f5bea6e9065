"""The rows of a table while they are made: a dict a row comes in, a Parquet file goes out.

A row is taken apart as soon as it is made, while it is in the processor's cache, and its dict is let go of: reading the
columns of thousands of dicts later took ten times as long as making them. Some thousands of rows become a frame, which
holds a row in a tenth of the memory. Contracts come in order of `uid`, so the frames of their tables are written as
soon as they fill a row group; the accounts of the records come in another order than theirs and wait to the end, the
texts that repeat held once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any

import polars as pl

from procurement_assets.decp.table_file import TableFile
from procurement_assets.schema import Table

HELD = 4_000
"""Rows held before they become a frame."""
PART = 16_000
"""Rows of the frames that are put in order and in the file at once."""
REPEATED = (
    "source",
    "file_sha256",
    "fichier",
    "outcome",
    "reason",
    "kept_file_sha256",
    "path",
    "rule",
    "confiance",
)
"""Columns of the accounts that have few values: those of a file, of a rule, of an outcome."""


class Gathered:
    """The rows of one table, which come in the order of the first column of its key."""

    def __init__(self, table: Table, row_group: int | None = None) -> None:
        self.table = table
        self._names = [c.name for c in table.columns]
        self._values = itemgetter(*self._names)
        self._rows: list[tuple[Any, ...]] = []
        self._frames: list[pl.DataFrame] = []
        self._held = 0
        self.file = TableFile(table, row_group)

    def append(self, row: Mapping[str, Any]) -> None:
        """Add a row; a column that it does not name is empty."""
        try:
            self._rows.append(self._values(row))
        except KeyError:
            self._rows.append(tuple(map(row.get, self._names)))
        if len(self._rows) >= HELD:
            self._flush()

    def extend(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows."""
        for row in rows:
            self.append(row)

    def _flush(self) -> None:
        if not self._rows:
            return
        frame = self.table.of_columns(zip(*self._rows, strict=True))
        self._rows = []
        self._frames.append(self._compact(frame))
        self._held += frame.height
        if self._held >= PART:
            self._write()

    def _compact(self, frame: pl.DataFrame) -> pl.DataFrame:
        return frame

    def _write(self) -> None:
        """Write the rows held, but for those of the last contract: others of it may come."""
        rows = pl.concat(self._frames)
        last = rows[self.table.key[0]] == rows[self.table.key[0]][-1]
        self.file.write(rows.filter(~last))
        self._frames = [rows.filter(last)]
        self._held = self._frames[0].height

    def finish(self) -> TableFile:
        """The file with all the rows. Raises what `conform` raises."""
        self._flush()
        if self._frames:
            self.file.write(pl.concat(self._frames))
        self._frames = []
        return self.file.finish()


class GatheredAccounts(Gathered):
    """The rows of a table of accounts, which come in any order: sorted at the end."""

    def _compact(self, frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns(pl.col(n).cast(pl.Categorical) for n in REPEATED if n in frame.columns)

    def _write(self) -> None:
        """Nothing yet: the first of all may be the last to come."""

    def finish(self) -> TableFile:
        """The file with all the rows. Raises what `conform` raises."""
        self._flush()
        if self._frames:
            rows = pl.concat(self._frames)
            self._frames = []
            order = rows.select(pl.arg_sort_by(*(_rank(rows[name]) for name in self.table.key)))[:, 0]
            for start in range(0, rows.height, self.file.row_group):
                part = rows[order.slice(start, self.file.row_group)]
                self.file.write(part.cast(pl.Schema(self.table.schema)))
        return self.file.finish()


def _rank(column: pl.Series) -> pl.Series:
    """What puts the rows in the order of a column: its own values, or the ranks of its few texts, which weigh less."""
    if column.dtype != pl.Categorical:
        return column
    texts = column.unique().cast(pl.String).sort()
    return column.cast(pl.Enum(texts)).to_physical()


def gathered(table: Table, row_group: int | None = None) -> Gathered:
    """What gathers the rows of a table."""
    kind = Gathered if table.key[0] == "uid" else GatheredAccounts
    return kind(table, row_group)
