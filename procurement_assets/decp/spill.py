"""Bytes laid aside on disk while memory holds only where they lie.

The file is a temporary one of this machine, without a name: nothing is left of it, even where the process is killed.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from types import TracebackType

_BUFFER = 1 << 20
"""Bytes written at once."""


class Spill:
    """Lines of bytes, written one after the other and read back from where they lie."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="procurement-assets-", buffering=_BUFFER)  # noqa: SIM115
        self._end = 0
        self._buffered = False

    def put(self, line: bytes) -> int:
        """Lay a line aside; return where it lies. It holds no end of line, as JSON does not."""
        at = self._end
        self._file.write(line)
        self._file.write(b"\n")
        self._end += len(line) + 1
        self._buffered = True
        return at

    def get(self, at: int, size: int) -> bytes:
        """The line of `size` bytes that lies there."""
        self._flush()
        return os.pread(self._file.fileno(), size, at)

    def lines(self) -> Iterator[bytes]:
        """Every line that was put, in order. Nothing may be put meanwhile."""
        self._flush()
        self._file.seek(0)
        for line in self._file:
            yield line.removesuffix(b"\n")
        self._file.seek(self._end)

    def close(self) -> None:
        """Give the disk back."""
        self._file.close()

    def _flush(self) -> None:
        if self._buffered:
            self._file.flush()
            self._buffered = False

    def __enter__(self) -> Spill:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
