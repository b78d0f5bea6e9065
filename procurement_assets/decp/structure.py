"""Lists and values out of whatever wraps them: the part of the tolerant reader that knows no field.

Every variant met in feeds (research/decp.md §1.7, §3.2): object instead of list, several items in one wrapper, list of
lists, null items, JSON written in a text, bare values, lists joined by commas, columns instead of rows.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from itertools import pairwise

from procurement_assets.decp.doubled import two_values
from procurement_assets.decp.lexical import MAX_NOTES, REPAIRABLE, parse
from procurement_assets.decp.names import WRAPPERS, Names, plain
from procurement_assets.decp.raw import Note, Scalar

_JOINED = re.compile(r"\s*[,;|]\s*")
_XML_OWN = frozenset(
    {"read.wrapper-object", "read.wrapper-list", "read.nested-list"}
    | {"read.null-item", "read.scalar-list", "read.scalar-object"}
)
"""What is a defect in JSON but only the way XML writes lists and absent values."""


class Structure:
    """State of the reading of one record: notes, extras, and what its structure showed."""

    def __init__(self, xml: bool) -> None:
        self.xml = xml
        self.notes: list[Note] = []
        self.extras: dict[str, object] = {}
        self.wrapped: list[str] = []
        self.unwrapped: list[str] = []

    def note(self, rule: str, path: str, detail: object = "") -> None:
        if (self.xml and rule in _XML_OWN) or len(self.notes) >= MAX_NOTES:
            return
        note = Note(rule=rule, path=path, detail=str(detail)[:200])
        if note not in self.notes:
            self.notes.append(note)

    def keep(self, path: str, value: object, rule: str = "") -> None:
        """Keep what has no place in the canonical structure; null and absent are the same."""
        if value is None:
            return
        while path in self.extras:
            path += "'"
        self.extras[path] = value
        if rule:
            self.note(rule, path)

    def scalar(self, value: object, path: str) -> Scalar:
        """A simple value, taken out of a list of one or an object of one."""
        if value is None or isinstance(value, str | int | float | bool):
            return value
        if isinstance(value, list):
            return self._scalar_of_list(value, path)
        if isinstance(value, dict):
            items = list(value.values())
            if not items:
                self.note("read.null-item", path)
                return None
            if len(items) == 1 and not isinstance(items[0], list | dict):
                self.note("read.wrapper-object", path, next(iter(value)))
                return self.scalar(items[0], path)
        self.keep(path, value, "read.unexpected-structure")
        return None

    def _scalar_of_list(self, value: list[object], path: str) -> Scalar:
        items = [item for item in value if item is not None]
        if not items:
            self.note("read.null-item", path)
            return None
        if len(items) == 1:
            self.note("read.wrapper-list", path)
            return self.scalar(items[0], path)
        if self.xml and all(isinstance(item, str) for item in items):
            return self._written_again(items, path)
        self.keep(path, value, "read.unexpected-structure")
        first = items[0]
        return first if isinstance(first, str | int | float | bool) else None

    def _written_again(self, texts: list[object], path: str) -> Scalar:
        """An XML element that should be there once: the last one, as for a key of JSON; all are kept apart."""
        for first, second in pairwise(texts):
            if both := two_values(first, second):
                self.keep(path, texts)
                self.note("read.duplicate-key", path, both)
                break
        return str(texts[-1])

    def items(self, value: object, field: str, path: str, names: Names | None = None) -> list[object] | None:
        """The objects or simple values of a list field, without what wraps them; None where it is absent."""
        if value is None:
            return None
        found: list[object] = []
        self._collect(value, field, path, names, found, 0)
        return found or (None if self.xml else [])

    def one(self, value: object, field: str, path: str, names: Names) -> object:
        """The object (or simple value) of a field that has one; others besides the first are kept apart."""
        if isinstance(value, list):
            self.note("read.wrapper-list", path)
        before = len(self.unwrapped)
        found = self.items([value] if isinstance(value, dict) else value, field, path, names) or []
        del self.unwrapped[before:]
        for number, item in enumerate(found[1:], 1):
            self.keep(f"{path}[{number}]", item, "read.value-conflict")
        return found[0] if found else None

    def _collect(
        self, value: object, field: str, path: str, names: Names | None, found: list[object], depth: int
    ) -> None:
        if isinstance(value, str):
            self._collect_text(value, field, path, names, found, depth)
        elif isinstance(value, list):
            if depth and not self.xml:
                self.note("read.nested-list", path)
            for item in value:
                if item is None:
                    self.note("read.null-item", path)
                else:
                    self._collect(item, field, path, names, found, depth + 1)
        elif isinstance(value, dict):
            self._collect_object(value, field, path, names, found, depth)
        elif value is not None:
            if not depth and field in WRAPPERS and field != "sousTraitant":
                self.note("read.scalar-list", path, value)
            found.append(value)

    def _collect_text(
        self, value: str, field: str, path: str, names: Names | None, found: list[object], depth: int
    ) -> None:
        text = value.strip()
        if text[:1] + text[-1:] in ("[]", "{}"):
            inner = _written(text)
            if inner is not None:
                self.note("read.json-in-string", path)
                self._collect(inner, field, path, names, found, depth)
                return
        if not depth:
            if not text:
                self.note("read.null-item", path)
                return
            if field in WRAPPERS and field != "sousTraitant":
                self.note("read.scalar-list", path, text)
        found.append(value)

    def _collect_object(
        self, value: dict[str, object], field: str, path: str, names: Names | None, found: list[object], depth: int
    ) -> None:
        if not value:
            self.note("read.null-item", path)
            return
        wrappers = [key for key in value if self._wraps(key, value, field, names)]
        if wrappers:
            if names is None or depth:
                self.wrapped.append(path)
            if not depth and names is not None:
                self.note("read.wrapper-object", path, wrappers[0])
            for key, inner in value.items():
                if key not in wrappers:
                    self.keep(f"{path}[{len(found)}].{key}", inner, "read.unknown-field")
                elif inner is None:
                    self.note("read.null-item", path)
                elif isinstance(inner, list):
                    self._wrapped_list(inner, field, path, names, found, depth)
                else:
                    self._wrapped_value(inner, field, path, names, found)
            return
        if all(key.isdigit() for key in value):
            self.note("read.wrapper-object", path)
            for inner in value.values():
                self._collect(inner, field, path, names, found, depth + 1)
            return
        if rows := _rows(value, names):
            self.note("read.columns-object", path)
            found.extend(rows)
            return
        if not depth:
            self.note("read.wrapper-object", path)
        if field in WRAPPERS:
            self.unwrapped.append(path)
        found.append(value)

    def _wrapped_list(
        self, inner: list[object], field: str, path: str, names: Names | None, found: list[object], depth: int
    ) -> None:
        if depth:
            self.note("read.wrapper-list", path)
        for item in inner:
            if item is None:
                self.note("read.null-item", path)
            else:
                self._wrapped_value(item, field, path, names, found)

    def _wrapped_value(self, item: object, field: str, path: str, names: Names | None, found: list[object]) -> None:
        if isinstance(item, str) and names is None:
            if item.strip():
                found.append(item)
            return
        before = len(self.unwrapped)
        self._collect(item, field, path, names, found, 1)
        del self.unwrapped[before:]  # the object stands in its wrapper

    def _wraps(self, key: str, value: dict[str, object], field: str, names: Names | None) -> bool:
        """True for a wrapper key; `tarif` is one only around an object, since a tariff has a field of that name."""
        if plain(key) not in WRAPPERS.get(field, ()):
            return False
        if names is not None and key in names.exact:
            return isinstance(value[key], dict | list)
        return True

    def codes(self, value: object, field: str, path: str) -> list[Scalar] | None:
        """A list of codes; a single text with commas is a joined list (no code of these lists has a comma)."""
        joined = value
        if isinstance(value, dict) and len(value) == 1:
            joined = next(iter(value.values()))
        if isinstance(joined, str) and _JOINED.search(joined) and joined.strip()[:1] not in ("[", "{"):
            self.note("read.list-joined", path, joined)
            if joined is not value:
                self.wrapped.append(path)
            return [code for code in _JOINED.split(joined.strip()) if code]
        if isinstance(value, dict) and isinstance(joined, str | int | float) and not self.xml:
            self.note("read.scalar-list", path, joined)
        found = self.items(value, field, path)
        if found is None:
            return None
        codes: list[Scalar] = []
        for index, item in enumerate(found):
            code = self.scalar(item, f"{path}[{index}]")
            if code is not None:
                codes.append(code)
        return codes


def _written(text: str) -> list[object] | dict[str, object] | None:
    """The list or the object that a text writes, in JSON or as Python shows it (`[{'id': '1', 'nom': None}]`)."""
    parsed = parse(text.encode("utf-8", "replace"))
    if parsed is None and "'" in text and len(text) < REPAIRABLE:
        try:
            with warnings.catch_warnings(action="ignore"):  # of escapes that Python does not know
                parsed = parse(json.dumps(ast.literal_eval(text)).encode())  # literals alone: nothing is run
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return None
    if parsed is None or not isinstance(parsed.value, list | dict):
        return None
    return parsed.value


def _rows(value: dict[str, object], names: Names | None) -> list[object]:
    """`{"id": [a, b], "typeIdentifiant": [c, d]}` as two objects."""
    columns = list(value.values())
    if names is None or not all(isinstance(column, list) and column for column in columns):
        return []
    if any(names.find(key)[0] is None for key in value) or len({len(c) for c in columns if isinstance(c, list)}) > 1:
        return []
    lists = [column for column in columns if isinstance(column, list)]
    if any(isinstance(item, list | dict) for column in lists for item in column):
        return []
    return [dict(zip(value, row, strict=True)) for row in zip(*lists, strict=True)]
