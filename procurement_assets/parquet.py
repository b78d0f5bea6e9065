"""Streaming rows in and out of Parquet at constant memory, through any handle (local disk or object storage)."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Any, BinaryIO

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from procurement_assets.schema import Table

BATCH = 50_000
"""Rows held in memory while a table is streamed."""
_OBJECTS = 1_000
"""Rows that are Python objects at once."""


def arrow_schema(table: Table) -> pa.Schema:
    """The Arrow schema of a table, its French labels and descriptions as field metadata."""
    bare = pl.DataFrame(schema=table.schema).to_arrow().schema
    fields = []
    for column, field in zip(table.columns, bare, strict=True):
        about = {"title": column.title, "description": column.description, "unit": column.unit}
        fields.append(field.with_metadata({k: v for k, v in about.items() if v}))
    return pa.schema(fields)


class TableWriter:
    """Writes rows of a table in batches. The rows must come in key order; the schema is the table's."""

    def __init__(self, handle: BinaryIO, table: Table) -> None:
        self.schema = arrow_schema(table)
        self.writer = pq.ParquetWriter(handle, self.schema, compression="zstd")
        self.rows: list[dict[str, Any]] = []
        self.count = 0

    def append(self, row: dict[str, Any]) -> None:
        """Add one row."""
        self.rows.append(row)
        if len(self.rows) >= BATCH:
            self._flush()

    def extend(self, batch: pa.RecordBatch) -> None:
        """Add a whole batch that has the table's columns."""
        self._flush()
        self.writer.write_batch(batch.select(self.schema.names).cast(self.schema))
        self.count += batch.num_rows

    def _flush(self) -> None:
        if self.rows:
            self.writer.write_table(pa.Table.from_pylist(self.rows, schema=self.schema))
            self.count += len(self.rows)
            self.rows = []

    def __enter__(self) -> TableWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._flush()
        self.writer.close()


def read_batches(handle: BinaryIO, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
    """The rows of a Parquet file, batch by batch."""
    yield from pq.ParquetFile(handle).iter_batches(batch_size=BATCH, columns=columns)


def read_rows(handle: BinaryIO, columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
    """The rows of a Parquet file, one at a time; few are objects at once, they weigh ten times their bytes."""
    for batch in read_batches(handle, columns):
        for start in range(0, batch.num_rows, _OBJECTS):
            yield from batch.slice(start, _OBJECTS).to_pylist()
