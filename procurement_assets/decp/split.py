"""Splitting a JSON delivery into the bytes of its records, at constant memory: the walk of its envelope.

The envelope is walked key by key: any key may come before or after the list of records, the list may be called
`marches`, `marche` or `contrat-concession` or otherwise, be wrapped twice, hold one object instead of several, or be
absent (bare array, single record, one record per line). `elements.py` delimits the records of the lists.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Literal

from procurement_assets.decp.cursor import LIMIT, show
from procurement_assets.decp.elements import FIRST_LOOK, HEAD_KEPT, WINDOW, WRAPPED, Elements, Holder, Piece
from procurement_assets.decp.scan import RECORD_KEYS, Balance, is_record, next_record

_HOLDERS: dict[str, Holder] = {
    "marches": "marches",
    "marche": "marche",
    "contratconcession": "concession",
    "contratsconcession": "concession",
    "contratsconcessions": "concession",
}
_WEAK_KEYS = RECORD_KEYS | {"id", "uid", "montant", "dureeMois", "datePublicationDonnees", "_type"}

_Content = Literal["list", "contract", ""]
"""What a value of an object holds: records, one record, none."""

_WORD = re.compile(rb"\w")
_DEEPEST = 8
"""Envelopes nested deeper than this are none: what is there is read as records."""


def holder_of(key: str) -> Holder | None:
    """The list of records that a key names, whatever its accents, case and punctuation."""
    plain = unicodedata.normalize("NFKD", key)
    return _HOLDERS.get("".join(letter for letter in plain if letter.isalpha()).lower())


class Splitter(Elements):
    """Yields the pieces of a JSON document; `notes` and `lists` tell afterwards what its envelope was."""

    def __init__(self, read: Callable[[], bytes], window: int = WINDOW, limit: int = LIMIT) -> None:
        super().__init__(read, window, limit)
        self.lists = 0
        """Lists of records met, empty ones included; 0 means that the document has none."""

    def pieces(self) -> Iterator[Piece]:
        """Every record of the document, in the order of the bytes."""
        while self._token():
            at = self._at
            if self._buffer[at] in b"{[":
                self.documents += 1
                for piece in self._value(None, 0):
                    yield piece
                    if not self.lists and piece.state == "whole":
                        yield from self._lines()
            else:
                yield from self._recover(None)
            if self.documents and self._at == at:
                self._at += 1

    # -- the envelope --------------------------------------------------------------------------------------------

    def _value(self, holder: Holder | None, depth: int) -> Iterator[Piece]:
        """The records of the value at the cursor, which the key `holder` announced."""
        byte = self._buffer[self._at]
        if byte == ord("["):
            self._at += 1
            self.lists += 1
            yield from self._elements(holder, depth)
        elif byte == ord("{"):
            yield from self._object(holder, depth)
        else:
            self._skip()
            self.lists += 1
            self._note("read.null-list", holder or "")

    def _object(self, holder: Holder | None, depth: int) -> Iterator[Piece]:
        """An object that is an envelope, a record, or contracts by their ids: its keys tell."""
        envelope = weak = by_id = False
        ahead = 1
        while True:
            key, value_at, closed = self._key(ahead)
            if key is None:
                break
            offset = value_at - self._at
            found = holder_of(key) if depth <= _DEEPEST else None
            if found is None and not envelope:
                if key in RECORD_KEYS or depth > _DEEPEST:
                    yield self._element(holder)
                    return
                weak = weak or holder is not None or key in _WEAK_KEYS
            content = "list" if found else self._unnamed(key, offset, by_id)
            if content == "contract" and not envelope:
                envelope = by_id = True
                ahead = 1  # again from its first key: what came before is a contract too
            elif content or envelope:
                self._at += offset
                yield from self._inside(content, found or holder, depth)
                envelope, ahead = True, 0
            elif (ahead := self._end_of(offset)) < 0:
                closed = False
                break
        if envelope:
            yield from self._close(holder)
        elif weak or not closed:
            yield self._element(holder)
        else:
            self.lists += holder is not None
            self._skip()

    def _inside(self, content: _Content, holder: Holder | None, depth: int) -> Iterator[Piece]:
        """The records of a value of an envelope."""
        if content == "contract":
            yield self._element(holder)
        elif content == "list":
            yield from self._value(holder, depth + 1)
        else:
            self._skip()

    def _unnamed(self, key: str, offset: int, by_id: bool) -> _Content:
        """What the value `offset` bytes after the cursor holds, of which the key says nothing: a contract, or a list
        where sound ones begin soon.

        `by_id`: another key of the same object had a contract for its value.
        """
        byte = self._buffer[self._at + offset]
        if byte not in b"{[":
            return ""
        if by_id and byte == ord("{"):
            return "contract"
        self._fill(offset + FIRST_LOOK)
        start, stop = self._at + offset, min(len(self._buffer), self._at + offset + FIRST_LOOK)
        balance = Balance()
        if balance.feed(self._buffer, start, stop):
            stop = start + balance.end
        content: _Content = "contract" if is_record(self._buffer[start:stop]) else "list"
        if content == "list" and next_record(self._buffer, start, stop) < 0:
            return ""
        self._note("read.unknown-list", key)
        self.lists += 1
        return content

    def _key(self, ahead: int) -> tuple[str | None, int, bool]:
        """The next key of the object, `ahead` bytes after the cursor: (key, offset of its value, object closed)."""
        at, saved = self._at + ahead, self._at
        offset = self._space(at - saved)
        if offset < 0:
            return None, -1, False
        if self._buffer[self._at + offset] != ord('"'):
            return None, -1, self._buffer[self._at + offset] == ord("}")
        end = self._end_of(offset)
        if end < 0 or end - offset > 1024:
            return None, -1, False
        name = self._buffer[self._at + offset + 1 : self._at + end - 1].decode("utf-8", "replace")
        colon = self._space(end)
        if colon < 0 or self._buffer[self._at + colon] != ord(":"):
            return None, -1, False
        value = self._space(colon + 1)
        return (name, self._at + value, False) if value >= 0 else (None, -1, False)

    def _close(self, holder: Holder | None) -> Iterator[Piece]:
        """The end of an envelope: its closing brace, or the end of the file, or damage to get over."""
        if not self._token():
            self._note("read.truncated")
        elif self._buffer[self._at] == ord("}"):
            self._at += 1
        else:
            yield from self._recover(holder)

    def _recover(self, holder: Holder | None) -> Iterator[Piece]:
        """Lost between two structures: go on with the next sound record, if there is one."""
        start = self._at
        if not self.documents:  # text before the document: a warning of a web server, say
            self._note("read.stray-characters", show(self._buffer, start))
            self._at = self._next_opening(start)
            return
        self._fill(self._window)
        start = self._at
        found = next_record(self._buffer, max(start - 1, 0), len(self._buffer))
        if found < 0:
            self._note("read.trailing-data", show(self._buffer, start))
            self._at = len(self._buffer)
            return
        self._note("read.stray-characters", show(self._buffer, start))
        if _WORD.search(self._buffer, start, found):  # what is left of a record
            yield self._cut(holder, start, found)
        self._at = found
        self.lists += 1
        yield from self._elements(holder, _DEEPEST)

    def _next_opening(self, start: int) -> int:
        """Where the first bracket is in what was read so far."""
        places = [place for place in (self._buffer.find(b"{", start), self._buffer.find(b"[", start)) if place >= 0]
        return min(places, default=len(self._buffer))

    # -- the records ---------------------------------------------------------------------------------------------

    def _elements(self, holder: Holder | None, depth: int) -> Iterator[Piece]:
        """The elements of the array whose opening bracket was just passed."""
        while self._token():
            byte = self._buffer[self._at]
            if byte == ord("]"):
                self._at += 1
                return
            if byte in b"}:":
                self._note("read.stray-characters", show(self._buffer, self._at))
                self._at += 1
                continue
            if (
                byte == ord("[") and depth <= _DEEPEST
            ):  # a list of lists of records; deeper is no list of records any more
                self._at += 1
                yield from self._elements(holder, depth + 1)
                continue
            self._fill(512)
            if byte == ord("{") and depth <= _DEEPEST and WRAPPED.match(self._buffer, self._at):
                self._note("read.wrapper-record")
                yield from self._object(holder, depth + 1)
                continue
            if byte != ord("{"):
                yield self._no_object(holder)
                continue
            swift = self._swift()
            if swift:
                yield from (Piece(raw, holder) for raw in swift)
            else:
                yield self._element(holder)
        self._note("read.truncated")


__all__ = ["HEAD_KEPT", "LIMIT", "WINDOW", "Holder", "Piece", "Splitter", "holder_of"]
