"""The rows of a table while they are made: a dict a row comes in, a frame goes out.

A row is taken apart as soon as it is made, while it is in the processor's cache, and its dict is let go of: reading the
columns of thousands of dicts later took ten times as long as making them. Some thousands of rows become a frame, which
holds a row in a tenth of the memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any

import polars as pl

from procurement_assets.schema import Table, conform

HELD = 4_000
"""Rows held before they become a frame."""


class Gathered:
    """The rows of one table."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._names = [c.name for c in table.columns]
        self._values = itemgetter(*self._names)
        self._rows: list[tuple[Any, ...]] = []
        self._frames: list[pl.DataFrame] = [table.batch([])]

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
        if self._rows:
            self._frames.append(self.table.of_columns(zip(*self._rows, strict=True)))
            self._rows = []

    def frame(self) -> pl.DataFrame:
        """All the rows, as `conform` has them; raises what it raises. Nothing is held any more."""
        self._flush()
        frames, self._frames = self._frames, []
        return conform(pl.concat(frames), self.table)
