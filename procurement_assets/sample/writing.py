"""Writing records as one file, streaming: memory does not grow with the number of records.

The nested layout holds marchés and concessions in two lists: concessions are put aside on disk until the marchés are
written.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, Any
from xml.sax.saxutils import escape

import msgspec

from procurement_assets.decp.raw import Layout
from procurement_assets.sample.layout_parts import Doc
from procurement_assets.sample.layouts import document
from procurement_assets.sample.record import SampleRecord
from procurement_assets.sample.shapes import apply_shapes, damage_bytes

_SPOOL = 4 * 1024 * 1024
_BATCH = 256 * 1024
_encode = msgspec.json.Encoder().encode


def write(records: Iterable[SampleRecord], layout: Layout, stream: IO[bytes], *, indent: int | None = None) -> int:
    """Writes the records as published (their `dirty` state) and returns how many."""
    if layout.startswith("xml"):
        return _write_xml(records, layout, stream)
    if layout == "v2-nested":
        return _write_nested(records, stream, indent)
    stream.write(b'{"marches":[')
    count = _write_list((encoded for _, encoded in _encoded(records, layout, indent)), stream)
    stream.write(b"]}\n")
    return count


def record_bytes(record: SampleRecord, layout: Layout, indent: int | None = None) -> bytes:
    """One record as it stands in a JSON file."""
    doc = document(record.dirty, layout, record.source)
    if record.shapes:
        apply_shapes(doc, record.shapes)
    data = _encode(doc)
    if record.damaged:
        data = damage_bytes(data)
    return msgspec.json.format(data, indent=indent) if indent and not record.damaged else data


def _encoded(records: Iterable[SampleRecord], layout: Layout, indent: int | None) -> Iterator[tuple[bool, bytes]]:
    """Each record in JSON, and whether it is a marché."""
    for record in records:
        yield record.dirty.kind == "marche", record_bytes(record, layout, indent)


def _write_list(items: Iterator[bytes], stream: IO[bytes]) -> int:
    """The items separated by commas, written some at a time."""
    count = size = 0
    batch: list[bytes] = []
    for item in items:
        batch.append(item)
        size += len(item)
        count += 1
        if size > _BATCH:
            stream.write((b"," if count > len(batch) else b"") + b",".join(batch))
            batch, size = [], 0
    if batch:
        stream.write((b"," if count > len(batch) else b"") + b",".join(batch))
    return count


def _write_nested(records: Iterable[SampleRecord], stream: IO[bytes], indent: int | None) -> int:
    concessions = 0
    with tempfile.SpooledTemporaryFile(max_size=_SPOOL) as aside:

        def marches() -> Iterator[bytes]:
            nonlocal concessions
            for is_marche, data in _encoded(records, "v2-nested", indent):
                if is_marche:
                    yield data
                else:
                    aside.write(b"," + data if concessions else data)
                    concessions += 1

        stream.write(b'{"marches":{"marche":[')
        count = _write_list(marches(), stream)
        stream.write(b'],"contrat-concession":[')
        aside.seek(0)
        shutil.copyfileobj(aside, stream)
        stream.write(b"]}}\n")
    return count + concessions


def _write_xml(records: Iterable[SampleRecord], layout: Layout, stream: IO[bytes]) -> int:
    stream.write(b'<?xml version="1.0" encoding="UTF-8"?>\n<marches>\n')
    count = 0
    for record in records:
        doc = document(record.dirty, layout, record.source)
        tag = "marche" if record.dirty.kind == "marche" else "contrat-concession"
        text = f"<{tag}>{''.join(_elements(doc, layout))}</{tag}>\n".encode()
        stream.write(damage_bytes(text) if record.damaged else text)
        count += 1
    stream.write(b"</marches>\n")
    return count


def _elements(doc: Doc, layout: Layout) -> Iterator[str]:
    """The children of an element: a list repeats its element, a boolean is `oui` or `non` (research/decp.md §1.5)."""
    for key, value in doc.items():
        if isinstance(value, dict):
            yield f"<{key}>{''.join(_elements(value, layout))}</{key}>"
        elif isinstance(value, list):
            if value and not isinstance(value[0], dict):
                yield from (f"<{key}>{_text(item)}</{key}>" for item in value)
            else:
                yield f"<{key}>{''.join(t for item in value for t in _elements(item, layout))}</{key}>"
        elif value is not None:
            yield f"<{key}>{_text(value)}</{key}>"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, float):
        return f"{value:.2f}" if abs(value) < 1e15 else repr(value)
    return escape(str(value))
