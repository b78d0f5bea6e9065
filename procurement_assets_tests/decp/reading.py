"""Helpers of the reader's tests: streams, results sorted by type, and where the shared reference data is."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pytest

from procurement_assets.decp.raw import FileSummary, Quarantined, RawRecord, ReadRecord
from procurement_assets.decp.reader import read_file

SHARED = Path(__file__).resolve().parents[3] / "shared"
MIRROR = SHARED / "mirror/static.data.gouv.fr/resources"
SCHEMAS = SHARED / "reference/decp_schemas"
DEFECTS = SHARED / "reference/decp_defect_samples"

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared reference data is not beside the project")


class Trickle:
    """A stream that cannot seek and gives at most `most` bytes at a time, as a socket does."""

    def __init__(self, data: bytes, most: int) -> None:
        self._inner = io.BytesIO(data)
        self._most = most

    def read(self, size: int = -1) -> bytes:
        return self._inner.read(self._most if size < 0 else min(size, self._most))


class Result(NamedTuple):
    """What was read of a file."""

    records: list[ReadRecord]
    quarantined: list[Quarantined]
    summary: FileSummary

    @property
    def canonical(self) -> list[RawRecord]:
        return [record.record for record in self.records]

    @property
    def rules(self) -> set[str]:
        noted = [note for record in self.records for note in record.notes] + list(self.summary.notes)
        return {note.rule for note in noted}

    @property
    def reasons(self) -> list[str]:
        return [item.reason for item in self.quarantined]


def sorted_out(items: Iterable[ReadRecord | Quarantined | FileSummary]) -> Result:
    """Check what always holds (one summary, last; ranks 0, 1, 2…; nothing lost) and sort the results by type."""
    everything = list(items)
    assert isinstance(everything[-1], FileSummary)
    result = Result([], [], everything[-1])
    for item in everything[:-1]:
        assert not isinstance(item, FileSummary)
        (result.records if isinstance(item, ReadRecord) else result.quarantined).append(item)  # type: ignore[arg-type]
    ranks = [item.position for item in everything[:-1] if not isinstance(item, FileSummary) and item.position >= 0]
    assert ranks == list(range(len(ranks)))
    assert result.summary.found == len(ranks)
    return result


def read(data: bytes | str, most: int = 1 << 30, **options: int) -> Result:
    """Read bytes given at most `most` at a time."""
    raw = data.encode() if isinstance(data, str) else data
    return sorted_out(read_file(Trickle(raw, most), **options))  # type: ignore[arg-type]


def read_at(path: Path) -> Result:
    with path.open("rb") as stream:
        return sorted_out(read_file(stream))
