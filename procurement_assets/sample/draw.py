"""Drawing from measured distributions, fast and the same everywhere.

A distribution becomes once a list of `SIZE` values; a draw is one multiplication and one index. A share below
1/`SIZE` (0.02 %) is rounded to it or lost. Only `random.Random` seeded with text is used: it hashes its seed with
SHA-512, so results depend neither on PYTHONHASHSEED nor on the machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from statistics import NormalDist
from typing import TypeVar

SIZE = 4096

T = TypeVar("T")


def spread(weights: Mapping[T, float]) -> list[T]:
    """`SIZE` values, each as often as its weight, by largest remainder."""
    total = sum(weights.values())
    exact = [(value, weight * SIZE / total) for value, weight in weights.items()]
    counts = [int(share) for _, share in exact]
    by_remainder = sorted(range(len(exact)), key=lambda i: (counts[i] - exact[i][1], i))
    for i in by_remainder[: SIZE - sum(counts)]:
        counts[i] += 1
    return [value for (value, _), count in zip(exact, counts, strict=True) for _ in range(count)]


def quantiles(points: Sequence[tuple[float, float]]) -> list[float]:
    """`SIZE` values read on the quantile curve through `points` (per cent, value), linear in between."""
    found: list[float] = []
    at = 0
    for i in range(SIZE):
        percent = (i + 0.5) * 100 / SIZE
        while at < len(points) - 2 and percent > points[at + 1][0]:
            at += 1
        (low, first), (high, second) = points[at], points[at + 1]
        found.append(first + (second - first) * (percent - low) / (high - low))
    return found


@lru_cache(maxsize=1)
def normals() -> tuple[float, ...]:
    """`SIZE` values of the standard normal distribution, in order."""
    inverse = NormalDist().inv_cdf
    return tuple(inverse((i + 0.5) / SIZE) for i in range(SIZE))


_FIRST = date(2000, 1, 1)
_DAYS: tuple[str, ...] = tuple((_FIRST + timedelta(days=n)).isoformat() for n in range(40 * 366))


def day(text: str) -> int:
    """The number of a date (the first ten characters of an ISO date or date-time)."""
    return (date.fromisoformat(text[:10]) - _FIRST).days


def iso(number: int) -> str:
    """The date of a number, as `YYYY-MM-DD`."""
    return _DAYS[number]


def working(number: int) -> int:
    """That day, or the Friday before when it falls on a weekend: contracts are notified on working days."""
    weekday = (number + 5) % 7  # 1 January 2000 was a Saturday
    return number - (weekday - 4 if weekday > 4 else 0)
