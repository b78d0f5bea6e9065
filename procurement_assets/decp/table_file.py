"""A table as a Parquet file that is not in the lake yet: written row group by row group, then put there whole.

The file is a temporary one of this machine, without a name: a table that was begun is seen by nobody, and nothing is
left of it.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from typing import Any, BinaryIO, cast

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from upath import UPath

from procurement_assets.decp.closing import Closing
from procurement_assets.lake import DOCUMENTS, ROW_GROUP, Lake, replacing
from procurement_assets.schema import Table
from procurement_assets.schema.column import NonConformingError, conform

LEVEL = 3
"""Level of zstd: the one that Polars writes, so that tables written either way weigh about the same."""
_UNIQUE = ("uid", "id", "record")
"""Texts that do not repeat: a dictionary of them costs time and space."""
_BLOCK = 1 << 20


class TableFile(Closing):
    """The rows of one table, in the order of its key."""

    def __init__(self, table: Table, row_group: int | None = None) -> None:
        self.table = table
        self.row_group = row_group or DOCUMENTS.get(table.name, ROW_GROUP)
        self._file = cast(BinaryIO, tempfile.TemporaryFile(prefix="procurement-assets-"))  # noqa: SIM115
        schema = pl.DataFrame(schema=table.schema).to_arrow().schema
        self._writer = pq.ParquetWriter(
            self._file, schema, compression="zstd", compression_level=LEVEL, use_dictionary=_that_repeat(table)
        )
        self._last: tuple[Any, ...] | None = None
        self._parts: list[pa.Table] = []
        self._held = 0

    def write(self, frame: pl.DataFrame) -> None:
        """Add rows that all come after those already there; among themselves they may be in any order.

        Raises `NonConformingError` as `conform` does.
        """
        if frame.is_empty():
            return
        added = conform(frame, self.table)
        keys = added.select(self.table.key)
        if self._last is not None and not self._last < keys.row(0):
            raise NonConformingError(f"table {self.table.name}: the key {keys.row(0)} comes after {self._last}")
        self._last = keys.row(-1)
        self._parts.append(added.to_arrow())
        self._held += added.height
        while self._held >= self.row_group:
            self._write_group()

    def finish(self) -> TableFile:
        """Write what is left; the file is whole."""
        if self._held:
            self._write_group()
        self._writer.close()
        return self

    def _write_group(self) -> None:
        rows = pa.concat_tables(self._parts)
        self._writer.write_table(rows.slice(0, self.row_group), row_group_size=self.row_group)
        self._parts = [rows.slice(self.row_group)]
        self._held = self._parts[0].num_rows

    def frame(self) -> pl.DataFrame:
        """The whole table."""
        self._file.seek(0)
        return pl.read_parquet(io.BytesIO(self._file.read()))

    def save(self, lake: Lake, publisher: str) -> UPath:
        """Put the table in the lake; a file that already has these bytes is left alone."""
        path = lake.table(self.table.name, publisher)
        if not self._is_there(path):
            self._file.seek(0)
            with replacing(path) as handle:
                shutil.copyfileobj(self._file, handle, _BLOCK)
        return path

    def _is_there(self, path: UPath) -> bool:
        if not path.exists() or path.stat().st_size != self._file.seek(0, io.SEEK_END):
            return False
        self._file.seek(0)
        with path.open("rb") as there:
            while block := self._file.read(_BLOCK):
                if block != there.read(_BLOCK):
                    return False
        return True

    def close(self) -> None:
        """Give the disk back."""
        self._writer.close()  # else it would write its end to a closed file when it is forgotten
        self._file.close()


def _that_repeat(table: Table) -> list[str]:
    """The columns of texts that repeat, as Parquet names them."""
    path = {"string": "", "list": ".list.element"}
    return [c.name + path[c.type] for c in table.columns if c.type in path and c.name not in _UNIQUE]
