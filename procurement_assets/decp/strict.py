"""The strict reader: records decoded with the typed structures of their layout, then made canonical (`layouts.py`).

Any field the structures do not know, any value of another shape, sends the record to `tolerant.py`.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from procurement_assets.decp.doubled import loses_a_value
from procurement_assets.decp.layout_types import Flat, Nested
from procurement_assets.decp.layouts import from_flat, from_nested
from procurement_assets.decp.raw import Layout, Note, RawRecord
from procurement_assets.decp.split import Holder

_ADDED = 2
"""Keys that every canonical record has and no published one: `kind` and `format`."""


class Strict(NamedTuple):
    """A record read strictly."""

    record: RawRecord
    encoded: bytes
    """The record in JSON."""
    layout: Layout
    note: Note | None


class StrictReader:
    """Decodes records strictly; tries first the structure that suited the last record of the file."""

    def __init__(self) -> None:
        self._flat = msgspec.json.Decoder(Flat)
        self._nested = msgspec.json.Decoder(Nested)
        self._encoder = msgspec.json.Encoder()
        self._nested_first = False

    def read(self, raw: bytes, holder: Holder | None) -> Strict | None:
        """The record, or None where the tolerant reader has to look at it."""
        for _ in range(2):
            try:
                source = self._nested.decode(raw) if self._nested_first else self._flat.decode(raw)
            except msgspec.ValidationError:
                self._nested_first = not self._nested_first
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                return None
            else:
                return self._read(source, holder, raw)
        return None

    def _read(self, source: Flat | Nested, holder: Holder | None, raw: bytes) -> Strict | None:
        read = from_nested(source, holder) if isinstance(source, Nested) else from_flat(source, holder)
        if read is None:
            return None
        record = read.record
        encoded = self._encoder.encode(record)
        removed = (source.acheteur is not None) + (source.autoriteConcedante is not None)
        removed += (_wrappers(record) if isinstance(source, Nested) else 0) - (record.extras is not None) - _ADDED
        if loses_a_value(raw, encoded, removed):
            return None
        return Strict(record, encoded, read.layout, read.note)


def _wrappers(record: RawRecord) -> int:
    """The keys of a nested record that only wrap an item of a list, or the list."""
    count = (
        len(record.titulaires or ())
        + len(record.actesSousTraitance or ())
        + len(record.modificationsActesSousTraitance or ())
        + (record.techniques is not None)
        + (record.modalitesExecution is not None)
        + (record.typesPrix is not None)
        + (record.considerationsSociales is not None)
        + (record.considerationsEnvironnementales is not None)
    )
    for modification in record.modifications or ():
        count += 1 + len(modification.titulaires or ())
    for execution in record.donneesExecution or ():
        count += 1 + len(execution.tarifs or ())
    return count
