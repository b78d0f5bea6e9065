"""Rows of records on their way to Parquet: taken apart as they are made, and soon no Python objects any more.

A record in JSON is a kilobyte, and a dictionary around it another: with fifty thousand of them waiting for their batch,
they were most of the memory of the reading.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

import msgspec
import pyarrow as pa

from procurement_assets.decp.raw import Note, ReadRecord
from procurement_assets.parquet import BATCH, TableWriter

COLUMNS: Final = ("position", "kind", "format", "layout", "decode", "record", "content_sha256", "notes")
"""Of `decp_records`, those that the file alone gives."""

_OBJECTS = 2_500
"""Rows that are Python objects at once; a batch is a whole number of them."""


class RecordRows:
    """Writes the rows of records by batches: the same file as `TableWriter.append` makes of them."""

    def __init__(self, writer: TableWriter) -> None:
        self._writer = writer
        self._rows: list[tuple[Any, ...]] = []
        self._pieces: list[pa.RecordBatch] = []

    def append(self, item: ReadRecord) -> None:
        """Add one record."""
        self._rows.append(record_row(item))
        if len(self._rows) == _OBJECTS:
            self._convert()

    def flush(self) -> None:
        """Write what is left."""
        if self._rows:
            self._convert()
        self._write()

    def _convert(self) -> None:
        schema = self._writer.schema
        columns = zip(*self._rows, strict=True)
        arrays = [pa.array(c, type=f.type) for c, f in zip(columns, schema, strict=True)]
        self._pieces.append(pa.RecordBatch.from_arrays(arrays, schema=schema))
        self._rows.clear()
        if sum(piece.num_rows for piece in self._pieces) >= BATCH:
            self._write()

    def _write(self) -> None:
        for batch in pa.Table.from_batches(self._pieces, self._writer.schema).combine_chunks().to_batches():
            self._writer.extend(batch)
        self._pieces.clear()
        pa.default_memory_pool().release_unused()  # kept by Arrow otherwise, and the next batch takes more


def record_row(item: ReadRecord) -> tuple[Any, ...]:
    """The values of a record, in the order of `COLUMNS`."""
    record, content = item.record, item.encoded
    if record.extras is not None or record.uid is not None:  # what platforms add is not the content
        content = msgspec.json.encode(msgspec.structs.replace(record, extras=None, uid=None))
    return (
        item.position,
        record.kind,
        record.format,
        item.layout,
        item.decode,
        item.encoded,
        hashlib.sha256(content).hexdigest(),
        [note_text(n) for n in item.notes],
    )


def note_text(note: Note) -> str:
    """A note in one line, as tables keep it: rule, path, detail."""
    where = f" {note.path}" if note.path else ""
    return f"{note.rule}{where}" + (f" : {note.detail}" if note.detail else "")
