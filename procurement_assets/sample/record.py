"""What the generator yields: a record with its clean truth, its published state and the list of what was spoilt."""

from __future__ import annotations

import msgspec

from procurement_assets.decp.raw import RawRecord


class Seeded(msgspec.Struct, frozen=True):
    """A defect put in on purpose."""

    defect: str
    """Id of its class, see defects.toml."""
    path: str
    """Where, in regulatory names: `montant`, `titulaires[0].id`, `modifications[1].montant`; "": the whole record."""
    clean: object = None
    """What stood there before. Where two defects lie on one field, the second's `clean` is the first's `dirty`."""
    dirty: object = None
    """What stands there instead. For a defect of shape or of bytes, a word on what is done to the document."""


class SampleRecord(msgspec.Struct):
    """A generated record."""

    position: int
    """Rank in the stream, from 0. Record `k` is the same whatever the number of records asked for."""
    truth: RawRecord
    dirty: RawRecord
    """What is published; the very same object as `truth` where no value is spoilt."""
    source: str = ""
    """Label of the source, for the layouts that carry it."""
    defects: tuple[Seeded, ...] = ()
    copy_of: int = -1
    """Rank of the record that this one repeats."""
    shapes: tuple[str, ...] = ()
    """Classes of shape, done to the document when it is written."""
    damaged: bool = False
    """Whether marks of byte damage stand in its values."""
