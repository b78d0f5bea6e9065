"""One file of a yearly publication while it is written: compressed as it goes, cut before it passes a limit.

Limits of a JSON package (OCDS guidance on bulk publication, research/ocds.md §1.4): at most 1 GB unzipped, 10 MB
zipped and 250,000 awards or contracts. What is already compressed is known to the byte, what is still in the
compressor is counted as if it did not compress: a part never passes its limit, unless one process alone does.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec
from isal import isal_zlib

from procurement_assets.ocds.packages import GZIP_LEVEL

_GZIP = 31
"""wbits for a gzip header: isal writes no name and no date in it."""

_BLOCK = 1 << 18
"""Bytes fed to the compressor before its size is asked again."""

_OVERHEAD = 64
"""Bytes that closing may add beyond what was fed (stored-block headers, gzip trailer)."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a package may hold at most."""

    unzipped: int = 1_000_000_000
    zipped: int = 10_000_000
    contracts: int = 250_000


UNLIMITED = Limits(unzipped=1 << 62, zipped=1 << 62, contracts=1 << 62)
"""JSON Lines are read line by line: the limits are those of packages, which are read whole."""


class Entry(msgspec.Struct, frozen=True):
    """Something that is never cut in two: the lines of one process."""

    lines: list[bytes]
    contracts: int
    """Awards or contracts in it, whichever are more."""
    first_date: str
    last_date: str


class WrittenFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file given out, as the manifest tells it."""

    name: str
    kind: str
    year: int | None
    part: int
    bytes: int
    unzipped_bytes: int
    sha256: str
    processes: int
    entries: int
    contracts: int
    first_date: str
    last_date: str


class Part:
    """A gzip file being written."""

    def __init__(self, path: Path, head: bytes, foot: bytes, separator: bytes, limits: Limits) -> None:
        self._handle = path.open("wb")
        self._compressor: Any = isal_zlib.compressobj(level=GZIP_LEVEL, wbits=_GZIP)
        self._digest = hashlib.sha256()
        self._foot, self._separator, self._limits = foot, separator, limits
        self._zipped = self._unzipped = self._pending = 0
        self.processes = self.entries = self.contracts = 0
        self.first_date, self.last_date = "", ""
        self._feed(head)

    def has_room_for(self, entry: Entry) -> bool:
        """Whether the limits would still hold with this entry and the end of the file."""
        added = sum(len(line) + len(self._separator) for line in entry.lines) + len(self._foot)
        limits = self._limits
        if self._unzipped + added > limits.unzipped or self.contracts + entry.contracts > limits.contracts:
            return False
        if self._bound() + added + _OVERHEAD > limits.zipped:
            self._flush()
        return self._bound() + added + _OVERHEAD <= limits.zipped

    def add(self, entry: Entry) -> None:
        """Write an entry."""
        for line in entry.lines:
            self._feed(self._separator + line if self.entries else line)
            self.entries += 1
        self.processes += 1
        self.contracts += entry.contracts
        self.first_date = min(filter(None, (self.first_date, entry.first_date)))
        self.last_date = max(self.last_date, entry.last_date)
        if self._pending > _BLOCK:
            self._flush()

    def close(self) -> tuple[int, int, str]:
        """End the file; its size, its size unzipped, its sha256."""
        self._feed(self._foot)
        self._write(self._compressor.flush())
        self._handle.close()
        return self._zipped, self._unzipped, self._digest.hexdigest()

    def abandon(self) -> None:
        """Close the handle of a file that will not be published."""
        self._handle.close()

    def _bound(self) -> int:
        return self._zipped + self._pending

    def _feed(self, data: bytes) -> None:
        self._unzipped += len(data)
        self._pending += len(data)
        self._write(self._compressor.compress(data))

    def _flush(self) -> None:
        """Everything fed is out of the compressor: its size is exact from here."""
        self._write(self._compressor.flush(isal_zlib.Z_SYNC_FLUSH))
        self._pending = 0

    def _write(self, data: bytes) -> None:
        if data:
            self._handle.write(data)
            self._digest.update(data)
            self._zipped += len(data)
