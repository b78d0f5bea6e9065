"""Quantiles and fences, as Cardinal computes them (statrs, the definition R-8)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

WHISKER = 1.5


def quantile(values: Iterable[float], tau: float) -> float:
    """The quantile of definition R-8; not a number where there are no values."""
    ordered = sorted(values)
    count = len(ordered)
    if not ordered:
        return math.nan
    rank = (count + 1 / 3) * tau + 1 / 3
    whole = int(rank)
    if whole <= 0 or tau == 0.0:
        return ordered[0]
    if whole >= count or tau == 1.0:
        return ordered[-1]
    low, high = ordered[whole - 1], ordered[whole]
    return low + (rank - whole) * (high - low)


class Quartiles(NamedTuple):
    """The quartiles of some values and their outlier fences."""

    q1: float
    q3: float

    @property
    def lower(self) -> float:
        """q1 - 1.5 IQR."""
        return self.q1 - WHISKER * (self.q3 - self.q1)

    @property
    def upper(self) -> float:
        """q3 + 1.5 IQR."""
        return self.q3 + WHISKER * (self.q3 - self.q1)


def quartiles(values: Iterable[float]) -> Quartiles:
    """The first and third quartiles."""
    held = list(values)
    return Quartiles(quantile(held, 0.25), quantile(held, 0.75))
