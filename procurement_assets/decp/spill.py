"""Bytes laid aside on disk while memory holds only their numbers.

The file is a temporary one of this machine, without a name: nothing is left of it, even where the process is killed.
"""

from __future__ import annotations

import os
import tempfile
from array import array
from collections.abc import Iterator

from procurement_assets.decp.closing import Closing

_BUFFER = 1 << 20
"""Bytes written at once."""


class Spill(Closing):
    """Lines of bytes, written one after the other and read back by number."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="procurement-assets-", buffering=_BUFFER)  # noqa: SIM115
        self._starts = array("Q", [0])
        self._buffered = False

    def put(self, line: bytes) -> int:
        """Lay a line aside; return its number, from 0. It holds no end of line, as JSON does not."""
        self._file.write(line + b"\n")
        self._starts.append(self._starts[-1] + len(line) + 1)
        self._buffered = True
        return len(self._starts) - 2

    def get(self, number: int) -> bytes:
        """The line of that number."""
        if self._buffered:
            self._flush()
        start = self._starts[number]
        return os.pread(self._file.fileno(), self._starts[number + 1] - start - 1, start)

    def lines(self) -> Iterator[bytes]:
        """Every line that was put, in order. Nothing may be put meanwhile."""
        self._flush()
        self._file.seek(0)
        for line in self._file:
            yield line.removesuffix(b"\n")
        self._file.seek(self._starts[-1])

    def close(self) -> None:
        """Give the disk back."""
        self._file.close()

    def _flush(self) -> None:
        self._file.flush()
        self._buffered = False
