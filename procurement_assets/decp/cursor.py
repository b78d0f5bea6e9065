"""A forward-only view of the bytes of a file, with what the JSON splitter needs to move in it at constant memory."""

from __future__ import annotations

import re
from collections.abc import Callable

from procurement_assets.decp.raw import Note
from procurement_assets.decp.scan import Balance

LIMIT = 64 << 20
"""A single record larger than this is not kept in memory."""

_SPACE = re.compile(rb"[\s,\x1e\x00]*")


class Cursor:
    """A place in a file: `_buffer[_at:]` is what was read from there on."""

    def __init__(self, read: Callable[[], bytes], limit: int = LIMIT) -> None:
        self._read = read
        self._limit = limit
        self._buffer = b""
        self._at = 0
        self._eof = False
        self.notes: list[Note] = []

    def _fill(self, wanted: int) -> bool:
        """Have `wanted` bytes after the cursor if the file has them; false if it has not."""
        if len(self._buffer) - self._at < wanted and not self._eof:
            parts = [self._buffer[self._at :]]
            have = len(parts[0])
            while have < wanted and not self._eof:
                chunk = self._read()
                self._eof = not chunk
                parts.append(chunk)
                have += len(chunk)
            self._buffer, self._at = b"".join(parts), 0
        return len(self._buffer) - self._at >= wanted

    def _token(self) -> bool:
        """Go to the next byte that is not white space or a comma; false at the end of the file."""
        while True:
            match = _SPACE.match(self._buffer, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._buffer):
                return True
            if not self._fill(1):
                return False

    def _note(self, rule: str, detail: str = "") -> None:
        if not any(note.rule == rule for note in self.notes):
            self.notes.append(Note(rule=rule, detail=detail))

    def _space(self, offset: int) -> int:
        """Offset after the cursor of the next significant byte at or after `offset`, or -1."""
        while True:
            match = _SPACE.match(self._buffer, self._at + offset)
            offset = match.end() - self._at if match else offset
            if self._at + offset < len(self._buffer):
                return offset
            if not self._fill(offset + 1):
                return -1

    def _end_of(self, offset: int) -> int:
        """Offset after the cursor of the end of the value at `offset`, or -1 (unclosed, or over the limit)."""
        balance, wanted = Balance(), 4096
        while True:
            full = self._fill(offset + wanted)
            if balance.feed(self._buffer, self._at + offset, len(self._buffer)):
                return offset + balance.end
            if not full or wanted > self._limit:
                return -1
            wanted *= 4

    def _skip(self) -> None:
        """Pass over the value at the cursor, of any size, at constant memory."""
        balance = Balance()
        while not balance.feed(self._buffer, self._at, len(self._buffer)):
            gone = len(self._buffer) - self._at - 1
            self._at += gone
            balance.discard(gone)
            if not self._fill(2):
                self._at = len(self._buffer)
                self._note("read.truncated")
                return
        self._at += max(balance.end, 1)


def show(buffer: bytes, at: int) -> str:
    """The bytes at a place, for a note."""
    return buffer[at : at + 40].decode("utf-8", "backslashreplace")
