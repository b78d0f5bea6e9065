"""Finding where one JSON value ends, in bytes that may be damaged, without decoding them.

msgspec delimits sound values far faster (`split.py`); this scanner takes over for the one value that msgspec refuses:
NaN, control characters, stray backslashes, unbalanced brackets, quotes left open (research/decp.md §1.7, AWS).
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

_STRUCTURE = re.compile(rb'["{}\[\]]')
_STRING = re.compile(rb'["\\]')
_SCALAR_END = re.compile(rb"[\s,\]}\[{\"]")
_CANDIDATE = re.compile(rb'\{\s*"')
_HINT = re.compile(rb'"(?:acheteur|autoriteConcedante|identificationAcheteur|objet|nature|procedure)')
_HINT_REACH = 4096
_CLOSED_EARLY = re.compile(rb"\]\s*\}\s*,\s*(?=\{\s*\")")

_OPENS: Final = {ord("}"): ord("{"), ord("]"): ord("[")}
_QUOTE, _BACKSLASH = ord('"'), ord("\\")

RECORD_KEYS: Final = frozenset(
    {"acheteur", "acheteur.id", "acheteur_id", "identificationAcheteur", "autoriteConcedante", "autoriteConcedante.id"}
    | {"objet", "nature", "procedure", "codeCPV", "titulaires", "concessionnaires", "lieuExecution"}
    | {"dateNotification", "dateSignature", "dateDebutExecution", "formePrix", "valeurGlobale"}
)
"""Keys that together only a contract has: a holder, a modification or a subcontracting act has at most two of them."""

_KEYED = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Balance:
    """Resumable scan of one value: feed it the bytes again, longer, until it has found the end.

    `end` is the offset after the value (relative to its first byte), or -1. `foreign` says that the value was cut by a
    bracket that closes something around it: the value never closed.
    """

    __slots__ = ("_at", "_in_string", "_stack", "deepest", "end", "foreign")

    def __init__(self) -> None:
        self._at = 0
        self._in_string = False
        self._stack = bytearray()
        self.deepest = 0
        self.end = -1
        self.foreign = False

    def feed(self, buffer: bytes, start: int, stop: int) -> bool:
        """Go on over `buffer[start:stop]`, where `start` is the value's first byte; true once the end is known."""
        if not self._at and self.end < 0 and not self._stack and not self._in_string:
            self._first(buffer, start, stop)
        at = start + self._at
        while self.end < 0:
            if self._in_string:
                match = _STRING.search(buffer, at, stop)
                if match is None:
                    at = stop
                    break
                at = match.end()
                if buffer[at - 1] == _BACKSLASH:
                    if at >= stop:  # the escaped byte is in the next feed
                        at -= 1
                        break
                    at += 1
                    continue
                self._in_string = False
                if not self._stack:
                    self.end = at - start
                continue
            match = _STRUCTURE.search(buffer, at, stop)
            if match is None:
                at = stop
                break
            at = match.end()
            self._token(buffer[at - 1], at - start)
        self._at = at - start
        return self.end >= 0

    @property
    def scanned(self) -> int:
        """Bytes gone over."""
        return self._at

    def discard(self, count: int) -> None:
        """The first `count` bytes were dropped by the caller (a value too large to keep)."""
        self._at -= count

    def _first(self, buffer: bytes, start: int, stop: int) -> None:
        if buffer[start] not in b'"{[':
            match = _SCALAR_END.search(buffer, start + 1, stop)
            self.end = (match.start() if match else stop) - start

    def _token(self, token: int, end: int) -> None:
        if token == _QUOTE:
            self._in_string = True
            return
        if token not in _OPENS:
            self._stack.append(token)
            self.deepest = max(self.deepest, len(self._stack))
            return
        # A closing bracket closes its own kind: what was left open inside is damage of this value, not of the next.
        opened = self._stack.rfind(_OPENS[token])
        if opened < 0:
            self.end, self.foreign = end - 1, True
            return
        del self._stack[opened:]
        if not self._stack:
            self.end = end


def is_record(raw: bytes) -> bool:
    """True if the bytes decode by themselves as an object with the keys of a contract."""
    try:
        return len(RECORD_KEYS.intersection(_KEYED.decode(raw))) >= 3
    except (ValueError, RecursionError):  # msgspec.DecodeError and UnicodeDecodeError are ValueErrors
        return False


def next_record(buffer: bytes, start: int, stop: int, after_comma: bool = False) -> int:
    """Offset of the first sound contract that begins after `start`, or -1: where to go on after a damaged one.

    `after_comma` wants it to follow a comma, as the next item of a list does.
    """
    hint = _HINT.search(buffer, start + 1, stop)
    budget = 4 << 20  # candidates may be nested in one another: without a budget this would be quadratic
    for match in _CANDIDATE.finditer(buffer, start + 1, stop):
        at = match.start()
        if after_comma and buffer[max(start, at - 256) : at].rstrip()[-1:] != b",":
            continue
        if hint is not None and hint.start() < at:
            hint = _HINT.search(buffer, at, stop)
        if hint is None:
            break
        if hint.start() - at > _HINT_REACH:
            continue
        balance = Balance()
        if balance.feed(buffer, at, min(stop, at + (1 << 20))) and is_record(buffer[at : at + balance.end]):
            return at
        budget -= balance.scanned
        if budget < 0:
            break
    return -1


def closed_early(buffer: bytes, at: int, stop: int) -> int:
    """Where a stray `]` at `at` is followed by the end of its contract and by another one: offset of that one."""
    match = _CLOSED_EARLY.match(buffer, at, stop)
    return match.end() if match else -1
