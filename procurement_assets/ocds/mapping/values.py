"""Small conversions that every section uses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite

from procurement_assets.ocds.values import Euros


def euros(amount: float | None) -> Euros | None:
    """An amount excluding tax; none is not zero."""
    return None if amount is None or not isfinite(amount) else Euros(amount=amount, currency="EUR")


def text(value: str | None) -> str | None:
    """A text, or None where nothing is written in it."""
    return value if value and not value.isspace() else None


def labels(values: Iterable[str]) -> tuple[str, ...]:
    """Labels of a list, each once, empty ones left out."""
    return tuple(dict.fromkeys(v for v in values if v))


def position(listed: Sequence[object], what: object) -> int:
    """The rank (from 1) of an object in the published list: releases come by date, merged lists by first release."""
    return next(n for n, other in enumerate(listed, start=1) if other is what)


def total(amounts: Iterable[float | None]) -> float | None:
    """The sum of the known amounts, to the cent; None when none is known."""
    known = [a for a in amounts if a is not None and isfinite(a)]
    return round(sum(known), 2) if known else None
