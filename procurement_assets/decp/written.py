"""Dates and numbers as people and tools write them, read where one reading alone is possible."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from procurement_assets.decp.codelists import fold

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "janvier janv jan", "fevrier fevr fev", "mars mar", "avril avr", "mai", "juin", "juillet juil", "aout",
            "septembre sept sep", "octobre oct", "novembre nov", "decembre dec",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
"""Months in French, folded (no accent, small letters), whole and short."""
WRITTEN = re.compile(r"(?:[a-z]+ )?(\d{1,2})(?:er)? ([a-z]+) (\d{4})\Z")
"""A folded date in French words: `lundi 1er avril 2024`."""

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
LOOSE_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\Z")
_FRENCH = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})\Z")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})\Z")
_ENGLISH = re.compile(r"([A-Za-z]{3,9})\.?,?\s+(\d{1,2}),?\s+(\d{4})\Z")
_ENGLISH_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ENGLISH_NAMES = frozenset(
    (
        "january", "february", "march", "april", "june", "july", "august", "september", "sept", "october", "november",
        "december", *_ENGLISH_MONTHS,
    )
)  # fmt: skip
_LONGEST = 40
"""Characters of the longest date in words."""
_ZONE = re.compile(r"(?:Z|[+-]\d{2}(?::?\d{2}Z?)?)\Z")
_ZONE_NAME = re.compile(r" (?:UTC|GMT)\Z")
_TIME = re.compile(r"[T ]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\Z|(?<=\d{8})T\d{4}(?:\d{2})?\Z")
_MILLISECONDS = re.compile(r"(?:/Date\()?([6-9]\d{11}|[1-4]\d{12})(?:[+-]\d{4})?(?:\)/)?\Z", re.ASCII)
"""Of 1989 to 2128: `202405151030` is none."""
_PARIS = ZoneInfo("Europe/Paris")

_UNIT = re.compile(r"^(?:€|eur)(?=[\d.,+-])|(?<=[\d.,])(?:€|euros?|eur)?(?:h\.?t\.?)?\Z", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d{1,3})?\Z")
_GROUPS = re.compile(
    r"[+-]?\d{1,3}(?:(?:(?:\.\d{3})+,|(?:,\d{3})+\.)\d+|(?:\.\d{3}){2,}|(?:,\d{3}){2,}|(?:'\d{3})+(?:[.,]\d+)?)\Z"
)
"""Thousands set apart by a mark that cannot be the decimal one: another one follows, or it comes twice."""


def dated(text: str) -> tuple[str | None, str]:
    """A date as `iso_date` gives it, once rid of its time and of its time zone, and the cleaning rule that says what
    was done. The time zone of a date is that of its midnight: the day is the one that is written (research/decp.md
    §1.2). A count of milliseconds writes none: it is that of Paris."""
    if m := _MILLISECONDS.match(text):
        return datetime.fromtimestamp(int(m[1]) / 1000, _PARIS).date().isoformat(), "date.time"
    rule, bare = "date.order", _ZONE_NAME.sub("", text)
    if LOOSE_ISO.match(bare[:10]) and len(bare) > 10:
        bare = _ZONE.sub("", bare)
    if bare != text:
        rule = "date.timezone"
    day = _TIME.sub("", bare.strip()).strip()
    if day != bare.strip():
        rule = "date.time"
    return iso_date(day), rule if _ISO.match(day) else "date.order"


def iso_date(text: str) -> str | None:
    """A date as `YYYY-MM-DD`, which may not exist (`2024-02-30`): day before month, but where the year comes first."""
    if m := LOOSE_ISO.match(text):
        year, month, day = m.groups()
    elif m := _FRENCH.match(text):
        day, month, year = m.groups()
    elif m := _COMPACT.match(text):
        year, month, day = m.groups()
    elif (m := _ENGLISH.match(text)) and m[1][:3].lower() in _ENGLISH_MONTHS:
        year, month, day = m[3], str(_ENGLISH_MONTHS.index(m[1][:3].lower()) + 1), m[2]
    elif len(text) <= _LONGEST and (m := WRITTEN.match(fold(text))) and (found := _month(m[2])):
        year, month, day = m[3], str(found), m[1]
    else:
        return None
    return f"{year}-{int(month):02d}-{int(day):02d}"


def _month(name: str) -> int | None:
    if name in MONTHS:
        return MONTHS[name]
    return _ENGLISH_MONTHS.index(name[:3]) + 1 if name in _ENGLISH_NAMES else None


def without_unit(text: str) -> str:
    """The text of an amount without its currency, nor the mention that it is without tax."""
    return _UNIT.sub("", text)


def number_of(bare: str) -> float | None:
    """The number that a text without spaces nor currency writes, None where it writes none or two are possible.

    `12,5` and `12.500` have a decimal mark; `1.234,56`, `1,234.56` and `1.234.567` have thousands set apart.
    """
    if _NUMBER.match(bare):
        return float(bare.replace(",", "."))
    if not _GROUPS.match(bare):
        return None
    marks = [c for c in bare if c in ".,"]
    decimal = marks[-1] if marks and marks.count(marks[-1]) == 1 else ""
    digits = "".join("." if c == decimal else c for c in bare if c not in ".,'" or c == decimal)
    return float(digits)
