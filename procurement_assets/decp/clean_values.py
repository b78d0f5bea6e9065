"""Cleaning one value: text, number, boolean, date, label, CPV, identifier. Each function says which rule changed it.

A `Cleaner` collects the repairs of one record. Every method takes the path of the value and the value as published,
and returns the clean value or None; it never raises.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from procurement_assets.decp.codelists import BOOLEANS, NOT_COMMUNICATED, CodeList, fold
from procurement_assets.decp.cpv import lost_zero
from procurement_assets.decp.identifiers import is_siren, is_siret, joined, unpadded, whole_digits
from procurement_assets.decp.raw import Scalar
from procurement_assets.decp.rules import Repair
from procurement_assets.decp.written import dated, number_of, without_unit

_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})\Z")
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{1,6}|#x[0-9a-fA-F]{1,5});")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\ufeff]")
_SPACES = re.compile(r"[\s\u00a0\u2007\u202f\u200b]+")
_CDATA = re.compile(r"<!\[CDATA\[(.*?)(?:\]\]>|\Z)", re.DOTALL)
_JOINED = re.compile(r"\s*[,;|]\s*")
FIRST_YEAR, LAST_YEAR = 1990, 2099
"""Years a date of a contract can have: the range that Pelican checks is 1990 to 2049; concessions run longer."""


def is_not_communicated(value: str) -> bool:
    """Whether a text stands for "no value" (NC, MQ, CDL, INX…)."""
    return len(value) <= 16 and fold(value) in NOT_COMMUNICATED


class Cleaner:
    """Cleans the values of one record and remembers every change."""

    def __init__(self, zero_is_unknown: frozenset[str] = frozenset()) -> None:
        self.repairs: list[Repair] = []
        self.zero_is_unknown = zero_is_unknown

    def note(self, path: str, rule: str, original: Scalar, value: Scalar) -> None:
        """Record that `rule` turned `original` into `value`."""
        self.repairs.append(Repair(path, rule, original, value))

    def text(self, path: str, value: Scalar) -> str | None:
        """Free text: entities, control characters and repeated spaces removed; the words are never touched."""
        if value is None:
            return None
        if not isinstance(value, str):
            return _as_text(value)
        # A printable text has no other white space than the plain space.
        if value.isprintable() and "&" not in value and "  " not in value and value[:1] != " " != value[-1:]:
            return (value if "<![CDATA[" not in value else self._text_changed(path, value)) or None
        return self._text_changed(path, value)

    def _text_changed(self, path: str, value: str) -> str | None:
        current = value
        unescaped = _ENTITY.sub(lambda m: html.unescape(m.group()), current)
        if unescaped != current:
            self.note(path, "text.entities", value, unescaped)
            current = unescaped
        for rule, pattern, kept in (("text.cdata", _CDATA, r"\1"), ("text.control", _CONTROL, "")):
            if (bare := pattern.sub(kept, current)) != current:
                self.note(path, rule, value, bare)
                current = bare
        tight = _SPACES.sub(" ", current).strip()
        if tight != current:
            self.note(path, "text.space", value, tight)
        return tight or None

    def coded(self, path: str, value: Scalar) -> str | None:
        """Text of a coded field: as `text`, and a mark of absence is read as empty."""
        found = self.text(path, value)
        if found is not None and is_not_communicated(found):
            self.note(path, "null.nc", value, None)
            return None
        return found

    def label(self, path: str, value: Scalar, codelist: CodeList) -> str | None:
        """A label of a code list; an unknown one stays as published."""
        exact = codelist.exact.get(value)
        if exact is not None or value is None:
            return exact
        found = self.coded(path, value)
        if found is None:
            return None
        known = codelist.match(found)
        if known is None or known == found:
            return found
        self.note(path, "code.label", value, known)
        return known

    def labels(self, path: str, values: Sequence[Scalar] | None, codelist: CodeList) -> list[str] | None:
        """A list of labels, in the published order, each once; None where nothing is left."""
        if not values:
            return None
        if len(values) == 1:
            if (apart := _labels_in(values[0], codelist)) is not None:
                self.note(f"{path}[0]", "list.joined", values[0], ", ".join(apart))
                return apart
            only = self.label(f"{path}[0]", values[0], codelist)
            return None if only is None else [only]
        result: list[str] = []
        for i, value in enumerate(values):
            found = self.label(f"{path}[{i}]", value, codelist)
            if found is None:
                continue
            if found in result:
                self.note(f"{path}[{i}]", "list.duplicate", value, None)
            else:
                result.append(found)
        return result or None

    def number(self, path: str, value: Scalar) -> float | None:
        """A number, however it is written."""
        if value is None or value == "":
            return None
        if isinstance(value, bool):
            self.note(path, "number.invalid", value, None)
            return None
        if isinstance(value, str):
            return self._number_text(path, value)
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        return self._finite(path, value, number)

    def _number_text(self, path: str, value: str) -> float | None:
        stripped = without_unit(_SPACES.sub("", value))
        if path.endswith("dureeMois"):
            stripped = stripped.lower().removesuffix("mois")
        if not stripped:
            return None
        if is_not_communicated(value):
            self.note(path, "null.nc", value, None)
            return None
        written = number_of(stripped)
        if written is None:
            self.note(path, "number.invalid", value, None)
            return None
        number = self._finite(path, value, written)
        if number is not None:
            self.note(path, "number.text", value, number)
        return number

    def _finite(self, path: str, value: Scalar, number: float) -> float | None:
        if not math.isfinite(number):
            self.note(path, "number.invalid", str(value), None)
            return None
        if number == 0 and path.rpartition(".")[2] in self.zero_is_unknown:
            self.note(path, "zero.unknown", value, None)
            return None
        return number

    def whole(self, path: str, value: Scalar) -> int | None:
        """A whole number; a fraction is raised to the next one (a duration of 5.5 months is 6)."""
        if type(value) is int and value:
            return value if abs(value) < 2**53 else self._too_large(path, value)
        number = self.number(path, value)
        if number is None:
            return None
        if abs(number) >= 2**53:
            return self._too_large(path, value)
        if number != int(number):
            self.note(path, "duration.ceil", value, math.ceil(number))
        return math.ceil(number)

    def _too_large(self, path: str, value: Scalar) -> int | None:
        self.note(path, "number.invalid", str(value), None)
        return None

    def boolean(self, path: str, value: Scalar) -> bool | None:
        """true, false, oui, non, 1, 0; 1.0 and 0.0 where a tool made numbers of them."""
        if value is None or isinstance(value, bool):
            return value
        text = fold(str(value))
        if not text:
            return None
        found = BOOLEANS.get(text.removesuffix(" 0"))
        rule = "boolean.text" if found is not None else "null.nc" if text in NOT_COMMUNICATED else "boolean.invalid"
        self.note(path, rule, value, found)
        return found

    def date(self, path: str, value: Scalar) -> str | None:
        """A date as `YYYY-MM-DD`; a date that does not exist or cannot be is empty, its original kept."""
        if value is None or value == "":
            return None
        if isinstance(value, str) and (day := _day(value)) is not None:
            return day
        text = _SPACES.sub(" ", str(value)).strip()
        if _ISO.match(text):
            return self._credible(path, value, text)
        if not text:
            return None
        if is_not_communicated(text):
            self.note(path, "null.nc", value, None)
            return None
        return self._date_rewritten(path, value, text)

    def _date_rewritten(self, path: str, value: Scalar, text: str) -> str | None:
        iso, rule = dated(text)
        if iso is None:
            self.note(path, "date.invalid", value, None)
            return None
        found = self._credible(path, value, iso)
        if found is not None:
            self.note(path, rule, value, found)
        return found

    def _credible(self, path: str, original: Scalar, iso: str) -> str | None:
        try:
            date.fromisoformat(iso)
        except ValueError:
            self.note(path, "date.invalid", original, None)
            return None
        if (day := _day(iso)) is not None:
            return day
        self.note(path, "date.incredible", original, None)
        return None

    def cpv(self, path: str, value: Scalar) -> str | None:
        """A CPV code of eight digits, without its key.

        A lost leading zero is given back only where the result is a code that exists, of the key published with it:
        padding on the right, as a peer does, makes another code (research/decp.md §1.9). `tables` withholds it where
        the file also cuts codes at their end.
        Other shapes stay as published, for the checks to find.
        """
        found = self.coded(path, value)
        if found is None:
            return None
        compact = found.replace(" ", "")
        code, separator, key = (compact if compact.replace("-", "").isdigit() else found).partition("-")
        if separator and code.isdigit() and key.isdigit() and len(key) == 1:
            self.note(path, "cpv.key", value, code)
        elif separator:
            return found
        whole = lost_zero(code, key)
        if whole is not None:
            self.note(path, "cpv.leading-zero", value, whole)
        return whole or code

    def siret(self, path: str, value: Scalar) -> str | None:
        """A SIRET without separators nor what tools add to it; one read as a number gets its leading zero back where
        both keys then agree.

        Thirteen digits of text may have lost any digit, and one in a hundred agrees by chance: `siren` judges them.
        """
        if isinstance(value, str) and len(value) <= 14 and value.isascii() and value.isdigit():
            return value  # nothing to take off
        found = self.text(path, value)
        if found is None:
            return None
        for rule, changed in (("siret.decimal", whole_digits), ("siret.separators", joined), ("siret.zeros", unpadded)):
            if (bare := changed(found)) != found:
                self.note(path, rule, value, bare)
                found = bare
        padded = "0" + found
        if not isinstance(value, str) and not is_siren(found[:9]) and is_siren(padded[:9]) and is_siret(padded):
            self.note(path, "siret.leading-zero", value, padded)
            found = padded
        return found


def _labels_in(value: Scalar, codelist: CodeList) -> list[str] | None:
    """The labels that one text joins, where each of its parts is one; no label has a comma."""
    if not isinstance(value, str) or value in codelist.exact or not _JOINED.search(value):
        return None
    labels = [codelist.match(part) for part in _JOINED.split(value.strip()) if part]
    known = [label for label in labels if label is not None]
    return list(dict.fromkeys(known)) if len(known) == len(labels) > 1 else None


@lru_cache(maxsize=65_536)
def _day(text: str) -> str | None:
    """A text that is a date as it must be written, of a year that a contract can have. Days come again and again: each
    is judged once, and every record that has it shares one text."""
    if not _ISO.match(text):
        return None
    try:
        year = date.fromisoformat(text).year
    except ValueError:
        return None
    return text if FIRST_YEAR <= year <= LAST_YEAR else None


def _as_text(value: Scalar) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value)
