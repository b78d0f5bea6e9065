"""What reading and cleaning told of a record, as it is laid aside until its contract is written."""

from __future__ import annotations

import json

import msgspec

from procurement_assets.decp.rules import Repair


class Told(msgspec.Struct, frozen=True):
    """What reading and cleaning told of a record."""

    repairs: tuple[Repair, ...] = ()
    reading: tuple[str, str] | None = None
    """How it was decoded, and the notes of the reader."""


NOTHING = Told()


def written(told: Told) -> bytes:
    """What was told, as a line of JSON: a list. `read` gives back the same."""
    # The standard library's JSON writes every number that a repair may hold, an infinite one included.
    return json.dumps([[msgspec.structs.astuple(r) for r in told.repairs], told.reading]).encode()


def read(line: bytes) -> Told:
    """What `written` wrote."""
    repairs, reading = json.loads(line)
    return Told(tuple(Repair(*r) for r in repairs), None if reading is None else (reading[0], reading[1]))
