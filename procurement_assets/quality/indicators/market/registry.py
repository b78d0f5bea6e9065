"""The aggregated indicators: definitions, caveats, thresholds (`market.toml`)."""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec

MARGIN = 10
"""Per cent around a threshold: 90 to 110 %."""


class Definition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an aggregated indicator is."""

    title: str
    definition: str
    formula: str
    fields: tuple[str, ...]
    """DECP fields."""
    denominator: str
    unit: Literal["part", "offres", "indice", "jours"]
    interval: Literal["wilson95", "quartiles", ""]
    minimum: int
    """Below this many cases a value is not shown."""
    caveat: str
    references: tuple[str, ...]
    """Red flags of OCP's method that it stands for."""


class Period(msgspec.Struct, frozen=True):
    """A threshold over a period of notification, both days included."""

    first: date
    amount: float
    last: date = date.max


class Threshold(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A procedure threshold, in euros without tax."""

    id: str
    title: str
    types: tuple[str, ...]
    formal: bool = False
    """Whether a formal procedure is due from it: the European ones."""
    amount: float | None = None
    periods: tuple[Period, ...] = ()

    def spans(self) -> tuple[Period, ...]:
        """Its amount by period; one without periods has always been the same."""
        return self.periods or (Period(first=date.min, amount=self.amount or 0.0),)


class NotComputable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An indicator that DECP does not allow."""

    id: str
    title: str
    missing: str
    reason: str


class Attention(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A point of attention: how to read it."""

    title: str
    caveat: str
    reading: str


class Market(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    caveats: dict[str, str]
    indicator: dict[str, Definition]
    threshold: tuple[Threshold, ...]
    not_computable: tuple[NotComputable, ...]
    attention: dict[str, Attention]
    divisions: dict[str, str]
    """Short French names of the CPV divisions."""


@cache
def market() -> Market:
    """The definitions, read once."""
    text = files(__package__).joinpath("market.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Market)
