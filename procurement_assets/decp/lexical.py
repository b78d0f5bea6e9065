"""From the bytes of one damaged JSON record to plain Python values, by the smallest repair that makes it parse.

Defects seen in feeds (research/decp.md §1.7): NaN literals, control characters, bytes of another encoding, stray
backslashes and quotes (AWS), trailing commas. Each repair is a note; what no repair makes sound is quarantined.
"""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Callable
from typing import NamedTuple

from procurement_assets.decp.doubled import two_values
from procurement_assets.decp.raw import Note

FALLBACK = "windows-1252"
"""How bytes that are not UTF-8 are read: what French systems write when they do not write UTF-8."""

TOO_DEEP = 100
"""Structures nested deeper than this are no contract (the schemas need 7 levels)."""

REPAIRABLE = 1 << 20
"""A record longer than this many characters is not repaired: it is no record, and each repair goes over it again."""

MAX_NOTES = 50
"""Notes kept for one record."""

_ESCAPE = re.compile(r'\\(["\\/bfnrt]|u[0-9a-fA-F]{4})?')
_STRING_OR_COMMA = re.compile(r'"(?:[^"\\]|\\.)*"|,(?=\s*[,}\]])', re.DOTALL)
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_QUOTE_OR_ESCAPE = re.compile(r'"|\\.', re.DOTALL)
_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)
_AFTER_KEY = re.compile(r"\s*:")
_AFTER_VALUE = re.compile(r'\s*(?:[}\]]|,\s*"[^"\\\n]{1,64}"\s*:|,?\s*$)')
_AFTER_ITEM = re.compile(r'\s*(?:\]|,\s*["{\[\d-])')


class Parsed(NamedTuple):
    """The value, and what had to be done to read it."""

    value: object
    notes: tuple[Note, ...]


def _one_byte(error: UnicodeError) -> tuple[str, int]:
    """Read the first byte that is not UTF-8 as Windows-1252 (or, where that has no character, as ISO-8859-1)."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    byte = error.object[error.start : error.start + 1]
    try:
        return byte.decode("cp1252"), error.start + 1
    except UnicodeDecodeError:
        return byte.decode("latin-1"), error.start + 1


codecs.register_error("procurement-cp1252", _one_byte)


def text_of(raw: bytes) -> tuple[str, bool]:
    """The text, and whether it was all UTF-8.

    Byte by byte, so that both a file wholly in ISO-8859-1 and a UTF-8 file with one foreign text come out right:
    an accented letter of ISO-8859-1 followed by ASCII is never valid UTF-8.
    """
    try:
        return raw.decode("utf-8"), True
    except UnicodeDecodeError:
        return raw.decode("utf-8", "procurement-cp1252"), False


def parse(raw: bytes, closing: bool = False) -> Parsed | None:
    """Read a JSON value leniently; None if no repair makes it sound. `closing` adds the brackets left open.

    Raises RecursionError for structures too deep to read.
    """
    text, clean = text_of(raw)
    notes = [] if clean else [Note(rule="read.invalid-utf8", detail=FALLBACK)]
    parsed = _attempts(text.lstrip("\ufeff \t\r\n"), notes)
    if parsed is None and closing and (closed := _close(text)) != text:
        parsed = _attempts(closed, [*notes, Note(rule="read.missing-end")])
    return parsed


def _attempts(text: str, notes: list[Note]) -> Parsed | None:
    """Parse after each repair in turn, the mildest first; a repair that changes nothing is not tried."""
    done = list(notes)
    repairs: tuple[tuple[str, Callable[[str], str]], ...] = (
        ("", lambda plain: plain),
        ("read.backslash", _fix_backslashes),
        ("read.trailing-comma", _drop_commas),
        ("read.unescaped-quote", _escape_quotes),
    )
    for rule, repair in repairs if len(text) <= REPAIRABLE else repairs[:1]:
        repaired = repair(text)
        if rule and repaired == text:
            continue
        text = repaired
        if rule:
            done.append(Note(rule=rule))
        for strict in (True, False):
            seen = [] if strict else [Note(rule="read.control-characters")]
            try:
                value = _loads(text, strict, seen)
            except json.JSONDecodeError:
                continue
            return Parsed(value, (*done, *seen))
    return None


def _loads(text: str, strict: bool, notes: list[Note]) -> object:
    def note(rule: str, detail: str, path: str = "") -> None:
        if len(notes) < MAX_NOTES:
            notes.append(Note(rule=rule, path=path, detail=detail))

    def constant(name: str) -> None:
        note("read.nan", name)

    def real(digits: str) -> float | str:
        value = float(digits)
        if math.isinf(value):
            note("read.number-out-of-range", digits[:80])
            return digits
        return value

    def whole(digits: str) -> int | str:
        if len(digits) > 1000:  # Python refuses very long integers
            note("read.number-out-of-range", digits[:80])
            return digits
        return int(digits)

    def pairs(items: list[tuple[str, object]]) -> dict[str, object]:
        record: dict[str, object] = {}
        for key, value in items:
            if key in record and (both := two_values(record[key], value)):
                note("read.duplicate-key", both, key)
            record[key] = value
        return record

    value: object = json.loads(
        text, strict=strict, parse_constant=constant, parse_float=real, parse_int=whole, object_pairs_hook=pairs
    )
    if _SURROGATE_ESCAPE.search(text):
        value = _no_surrogates(value, notes)
    return value


def _no_surrogates(value: object, notes: list[Note]) -> object:
    """Lone surrogates cannot be written in UTF-8: they become U+FFFD."""
    if isinstance(value, str):
        if not _LONE_SURROGATE.search(value):
            return value
        notes.append(Note(rule="read.surrogate", detail=value.encode("ascii", "backslashreplace").decode()[:80]))
        return _LONE_SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_no_surrogates(item, notes) for item in value]
    if isinstance(value, dict):
        return {_LONE_SURROGATE.sub("\ufffd", key): _no_surrogates(item, notes) for key, item in value.items()}
    return value


def _fix_backslashes(text: str) -> str:
    """Double each backslash that begins no JSON escape (`C:\\dossier`)."""
    return _ESCAPE.sub(lambda match: match[0] if match[1] else "\\\\", text)


def _drop_commas(text: str) -> str:
    return _STRING_OR_COMMA.sub(lambda match: "" if match[0] == "," else match[0], text)


def _escape_quotes(text: str) -> str:
    """Escape the quotes that do not end a text, judged by what follows them; undo `\\"` that does end one."""
    out: list[str] = []
    stack: list[str] = []
    at, inside, key = 0, False, False
    for match in _QUOTE_OR_ESCAPE.finditer(text):
        between = text[at : match.start()]
        out.append(between)
        at = match.end()
        if not inside:
            for letter in between:
                if letter in "{[":
                    stack.append(letter)
                elif letter in "}]" and stack:
                    stack.pop()
            key = bool(stack) and stack[-1] == "{" and between.rstrip()[-1:] in ("{", ",")
            inside = match[0] == '"'
            out.append(match[0])
            continue
        after = _AFTER_KEY if key else (_AFTER_ITEM if stack and stack[-1] == "[" else _AFTER_VALUE)
        if match[0] == '"':
            inside = not after.match(text, at)
            out.append('\\"' if inside else '"')
        elif match[0] == '\\"' and not key and after.match(text, at):
            inside = False
            out.append('\\\\"')
        else:
            out.append(match[0])
    out.append(text[at:])
    return "".join(out)


def _close(text: str) -> str:
    """Add the closing brackets that are missing at the end."""
    stack: list[str] = []
    for match in _BRACKET.finditer(text):
        token = match[0]
        if token in "{[":
            stack.append("}" if token == "{" else "]")
        elif token in "}]" and stack and stack[-1] == token:
            stack.pop()
    return text.rstrip(" \t\r\n,") + "".join(reversed(stack))
