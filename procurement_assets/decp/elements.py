"""Delimiting the records of a JSON list, without decoding them.

`msgspec.json.Decoder(list[msgspec.Raw])` delimits the elements of an array at hundreds of MB/s (research/perf.md §2a).
It wants a whole array, so a window of the file is cut where a record seems to end and read as `[` + window + `]`:
if that decodes, the cut was between two records, whatever led to guess it. What msgspec refuses is delimited by
`scan.Balance`, one record at a time, so a bad record never costs its neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

import msgspec

from procurement_assets.decp.cursor import LIMIT, Cursor
from procurement_assets.decp.scan import Balance, closed_early, next_record

WINDOW = 8 << 20
"""Bytes split at a time; also about what is kept in memory."""

FIRST_LOOK = 64 << 10
"""A record that has not ended after this many bytes is most likely damaged: another that follows a comma ends it."""

FIRST_SCAN = 1 << 20
"""A record that has not ended after this many bytes is searched for the beginning of another one, comma or not."""

HEAD_KEPT = 64 << 10
"""What is kept of a record over the limit."""

Holder = Literal["marches", "marche", "concession"]
"""The list a record stands in: the flat list of all contracts, or the list of one kind (format 2022)."""

State = Literal["whole", "damaged", "truncated", "too-large"]
"""Whether the element was delimited by itself, by the next one, by the end of the file, or not kept at all."""

WRAPPED = re.compile(rb'\{\s*"(?:marches?|march\xc3\xa9s?|contrats?[-_ ]?concessions?)"\s*:', re.IGNORECASE)
"""An object that wraps records, seen by its first key."""

ENVELOPE_KEY = re.compile(rb'"(?:marches?|contrat-concession)"')

_SEPARATOR = re.compile(rb'\s*,\s*\{\s*"[^"\\]{1,64}"')
_GOES_ON = re.compile(rb"[\s\x00\x1e]*(?:[,\]]|\Z)")
"""What comes after an element of a sound list."""
_CLOSERS = re.compile(rb"[\s\]}]*\Z")
_BYTE = re.compile(r"\(byte (\d+)\)$")
_LINE = msgspec.json.Decoder(msgspec.Raw)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_SMALLEST_STEP = 64 << 10


class Piece(NamedTuple):
    """The bytes of one element found, and what is known of them."""

    raw: bytes
    holder: Holder | None
    state: State = "whole"
    size: int = 0


class Elements(Cursor):
    """Yields the elements at the cursor, many at a time where they are sound."""

    def __init__(self, read: Callable[[], bytes], window: int = WINDOW, limit: int = LIMIT) -> None:
        super().__init__(read, limit)
        self._window = window
        self._step = min(window, _SMALLEST_STEP)
        self._separator = b""
        """What stood between the last two records, first key of the second included: the next guess of a cut."""
        self.documents = 0

    def _lines(self) -> Iterator[Piece]:
        """The records that follow one per line (NDJSON), while they are sound and no envelope is among them."""
        while True:
            self._fill(self._step)
            cut = self._buffer.rfind(b"\n", self._at, self._at + self._step)
            try:
                raws = _LINE.decode_lines(self._buffer[self._at : cut]) if cut > self._at else []
            except (msgspec.DecodeError, RecursionError):
                return
            records = [bytes(raw) for raw in raws]
            if not records or not all(raw[:1] == b"{" and not ENVELOPE_KEY.search(raw) for raw in records):
                return
            self.documents += len(records)
            self._at = cut
            self._step = min(self._step * 2, self._window)
            yield from (Piece(raw, None) for raw in records)

    def _swift(self) -> list[bytes]:
        """The sound records at the cursor, as many as a window holds; none where the scanner has to look."""
        if not self._separator:
            return []
        self._fill(self._step)
        start, stop = self._at, min(len(self._buffer), self._at + self._step)
        for attempt in range(4):
            cut = self._buffer.rfind(self._separator, start + 1, stop)
            if cut < 0:
                break
            chunk = b"[" + self._buffer[start : cut + 1] + b"]"
            try:
                raws = _LIST.decode(chunk)
            except (msgspec.DecodeError, RecursionError) as error:
                at = _BYTE.search(str(error))
                if at:  # damage: nothing from there on
                    self._step = _SMALLEST_STEP
                    stop = start + min(int(at[1]) - 1, cut - start - 1)
                else:  # "truncated": the cut was inside a record (or a lone surrogate stands somewhere)
                    stop = cut if not attempt else start + (cut - start) // 2
                continue
            records = [bytes(raw) for raw in raws]
            wrapped = next((index for index, raw in enumerate(records) if WRAPPED.match(raw)), None)
            if wrapped is not None:  # rare: let the walk of the envelope take it from there
                records = records[:wrapped]
                cut = start - 1
                for raw in records:
                    cut = self._buffer.index(raw, cut + 1) + len(raw) - 1
            self._at = cut + 1
            self._step = min(self._step * 2, self._window)
            return records
        return []

    def _element(self, holder: Holder | None) -> Piece:
        """One element, delimited by the scanner."""
        balance, wanted = Balance(), min(FIRST_LOOK, self._limit)
        while True:
            full = self._fill(wanted)
            start, stop = self._at, len(self._buffer)
            first_look = full and wanted < min(FIRST_SCAN, self._limit)
            if first_look:  # to scan all that a window holds would cost more than to read it
                stop = start + wanted
            closed = balance.feed(self._buffer, start, stop)
            if closed and not balance.foreign:
                return self._delimited(holder, start, start + balance.end)
            found = -1
            if closed:
                found = closed_early(self._buffer, start + balance.end, len(self._buffer))
            if found < 0:
                found = next_record(self._buffer, start, start + balance.end if closed else stop)
                if first_look and not closed and found >= 0 and not self._after_comma(start, found):
                    found = -1
            if found >= 0:
                return self._cut(holder, start, found)
            if closed:
                return self._cut(holder, start, start + max(balance.end, 1))
            if not full:
                self._at = stop
                return Piece(self._buffer[start:stop], holder, "truncated")
            if wanted >= self._limit:
                return self._too_large(holder, balance)
            wanted = min(max(wanted * 8, FIRST_SCAN), self._limit)

    def _no_object(self, holder: Holder | None) -> Piece:
        """An element that is no object: a simple value, or what is left of a record that lost its beginning.

        The quotes of the latter may be taken the wrong way round, and so those of all that follows: where no comma and
        no end of the list comes after the value, the next sound record ends it.
        """
        end = self._end_of(0)
        self._fill(end + FIRST_LOOK)
        if end >= 0 and _GOES_ON.match(self._buffer, self._at + end):
            return self._element(holder)
        self._fill(FIRST_SCAN)
        start, stop = self._at, len(self._buffer)
        found = next_record(self._buffer, start, stop)
        if found >= 0:
            return self._cut(holder, start, found)
        closers = _CLOSERS.search(self._buffer, max(start + 1, stop - 64)) if self._eof else None
        return self._cut(holder, start, closers.start()) if closers else self._element(holder)

    def _after_comma(self, start: int, at: int) -> bool:
        """Whether what begins at `at` follows a comma, as the next record of a list does."""
        return self._buffer[max(start, at - 256) : at].rstrip()[-1:] == b","

    def _delimited(self, holder: Holder | None, start: int, end: int) -> Piece:
        raw = self._buffer[start:end]
        # Even sound JSON may be a record that lost its closing brackets and took its neighbours for its own items.
        found = next_record(self._buffer, start, end, after_comma=_sound(raw))
        if found >= 0:
            return self._cut(holder, start, found)
        self._at = end
        match = _SEPARATOR.match(self._buffer, end)
        self._separator = self._buffer[end - 1 : match.end()] if match else self._separator
        return Piece(raw, holder)

    def _cut(self, holder: Holder | None, start: int, end: int) -> Piece:
        self._at = end
        return Piece(self._buffer[start:end].rstrip(b" \t\r\n,"), holder, "damaged")

    def _too_large(self, holder: Holder | None, balance: Balance) -> Piece:
        """Pass over a record over the limit; keep its beginning."""
        head, size = self._buffer[self._at : self._at + HEAD_KEPT], 0
        while True:
            if balance.end >= 0:
                self._at += balance.end
                return Piece(head, holder, "too-large", size + balance.end)
            gone = len(self._buffer) - self._at - 1
            self._at, size = self._at + gone, size + gone
            balance.discard(gone)
            more = self._fill(2)
            balance.feed(self._buffer, self._at, len(self._buffer))
            if not more and balance.end < 0:
                size += len(self._buffer) - self._at
                self._at = len(self._buffer)
                return Piece(head, holder, "too-large", size)


def _sound(raw: bytes) -> bool:
    try:
        _LIST.decode(b"[" + raw + b"]")
    except (msgspec.DecodeError, RecursionError):
        return False
    return True
