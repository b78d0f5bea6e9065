"""Pelican's field-level checks: whether a field is there, and whether its value is a possible one.

`fields` says which checks a field has, by its name and what holds it, as Pelican does from the schema. Code lists that
Pelican downloads are given by the caller (`Codelists`): the registered ocid prefixes, org-id.guide, ISO 639.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from functools import cache, partial
from typing import Any

import msgspec

from procurement_assets.quality.indicators.pelican.reading import At, Release, day, finite

FIRST, LAST = date(1990, 1, 1), date(2049, 12, 31)
DESCRIPTION = 250
VERSIONS = {"date_time": 2.0}
"""Pelican's versions of the checks, where not 1.0."""
PAST = {"date", "dateMet", "dateModified", "datePublished", "dateSigned"}
"""Dates of what has happened: not after the day of the data."""
DATES = PAST | {"dueDate", "startDate", "endDate", "maxExtentDate"}


class Codelists(msgspec.Struct, frozen=True, kw_only=True):
    """The lists that field checks look in."""

    ocid_prefixes: tuple[str, ...] = ()
    identifier_schemes: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    today: date | None = None
    """The day of the data: dates of what has happened are not after it."""


class FieldCheck(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one check of one value."""

    name: str
    result: bool
    value: Any = None
    reason: str | None = None
    version: float = 1.0


FIELD_CHECKS = (
    "exists",
    "non_empty",
    "date_time",
    "ocid_prefix_check",
    "language",
    "document_description_length",
    "identifier_scheme",
    "number_checks",
)
_PASSED = {n: FieldCheck(name=n, result=True, version=VERSIONS.get(n, 1.0)) for n in FIELD_CHECKS}

Test = Callable[[Any, Codelists], str | None]
"""Why a value fails, or None."""


def exists(parent: Any, key: str) -> str | None:
    """The field is set."""
    if type(parent) is not dict:
        return f"parent is a {type(parent).__name__}, not an object"
    return None if key in parent else "not set"


_EMPTY: dict[type[Any], str] = {dict: "empty object", list: "empty array", str: "empty string"}


def non_empty(parent: Any, key: str) -> str | None:
    """The field is set and says something."""
    if (reason := exists(parent, key)) is not None:
        return reason
    value = parent[key]
    if value is None:
        return "null value"
    return None if value or type(value) not in _EMPTY else _EMPTY[type(value)]


def date_time(value: Any, lists: Codelists, *, past: bool = False) -> str | None:
    """A day between 1990 and 2049; for what has happened, not after the day of the data."""
    found = day(value)
    if found is None:
        return "can't convert to date"
    last = min(LAST, lists.today) if past and lists.today else LAST
    return None if FIRST <= found <= last else f"not in {FIRST}/{last}"


def positive_number(value: Any, lists: Codelists) -> str | None:
    """A number that is not negative."""
    try:
        found = float(value)
    except (ValueError, TypeError):
        return "can't convert to float"
    if not finite(found):
        return "not a finite number"
    return None if found >= 0 else "less than 0"


def ocid_prefix(value: Any, lists: Codelists) -> str | None:
    """The ocid starts with a registered prefix."""
    if type(value) is not str:
        return "not a str"
    return None if value.startswith(lists.ocid_prefixes) else "ocid prefix not in codelist"


def in_list(value: Any, lists: Codelists, *, name: str) -> str | None:
    """The code is in a list."""
    return None if isinstance(value, str) and value in getattr(lists, name) else "not in codelist"


def description_length(value: Any, lists: Codelists) -> str | None:
    """A document's description has at most 250 characters."""
    if type(value) is not str:
        return "not a str"
    return None if len(value) <= DESCRIPTION else f"length greater than {DESCRIPTION}"


def _quality_tests(field: str) -> Iterator[tuple[str, Test]]:
    """The checks of a field, by Pelican's name."""
    *parents, key = field.split(".")
    holder = parents[-1] if parents else ""
    if key in DATES:
        yield "date_time", partial(date_time, past=key in PAST)
    if field == "ocid":
        yield "ocid_prefix_check", ocid_prefix
    if key == "language" and holder in ("", "documents"):
        yield "language", partial(in_list, name="languages")
    if key == "description" and holder == "documents":
        yield "document_description_length", description_length
    if key == "scheme" and holder in ("identifier", "additionalIdentifiers"):
        yield "identifier_scheme", partial(in_list, name="identifier_schemes")
    if key in ("quantity", "durationInDays", "numberOfTenderers") or (
        key == "amount" and len(parents) > 1 and parents[-2] in ("transactions", "unit")
    ):
        yield "number_checks", positive_number


@cache
def tests_of(field: str) -> tuple[tuple[str, Test], ...]:
    """The checks of a field, computed once."""
    return tuple(_quality_tests(field))


class FieldResult(msgspec.Struct, frozen=True):
    """A place where a field may be: is it there, and are the values right."""

    path: str
    coverage: list[FieldCheck]
    quality: list[FieldCheck]

    @property
    def covered(self) -> bool:
        """Whether the field is there and says something."""
        return all(c.result for c in self.coverage)


def check_field(release: Release, field: str, lists: Codelists) -> list[FieldResult]:
    """The field in every object that may hold it; each series of checks stops at the first that fails."""
    parent, _, key = field.rpartition(".")
    holders = release.at(parent) if parent else [At("", release.data)]
    return [_checked(holder, key, field, lists) for holder in holders]


def _checked(holder: At, key: str, field: str, lists: Codelists) -> FieldResult:
    path = f"{holder.path}.{key}" if holder.path else key
    coverage: list[FieldCheck] = []
    value = holder.value.get(key) if type(holder.value) is dict else holder.value
    for name, test in (("exists", exists), ("non_empty", non_empty)):
        coverage.append(_outcome(name, test(holder.value, key), value))
        if not coverage[-1].result:
            return FieldResult(path, coverage, [])
    quality: list[FieldCheck] = []
    for name, quality_test in tests_of(field):
        quality.append(_outcome(name, quality_test(value, lists), value))
        if not quality[-1].result:
            break
    return FieldResult(path, coverage, quality)


def _outcome(name: str, reason: str | None, value: Any) -> FieldCheck:
    if reason is None:
        return _PASSED[name]
    return FieldCheck(name=name, result=False, value=value, reason=reason, version=VERSIONS.get(name, 1.0))
