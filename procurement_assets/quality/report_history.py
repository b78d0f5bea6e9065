"""What the report says of the runs: the failing rows of each rule at the last run of each of the last twelve months."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from procurement_assets.quality.report_trend import MONTHS, Series
from procurement_assets.quality.trend_tables import monthly_trend


@dataclass(frozen=True)
class Evolution:
    """A rule's failing rows, month of runs by month of runs."""

    rule: str
    counts: tuple[int | None, ...]
    """None for a month without a run, or whose runs had no row to judge."""
    changed: bool
    """Whether the rule was rewritten since the first of these months: its figures then do not quite compare."""

    @property
    def known(self) -> list[int]:
        """The figures that there are, oldest first."""
        return [count for count in self.counts if count is not None]

    @property
    def difference(self) -> int:
        """From the first figure to the last."""
        return self.known[-1] - self.known[0]


@dataclass(frozen=True)
class History:
    """The evolution of every rule that had a failing row in these months, those that moved most first."""

    months: tuple[str, ...]
    rules: tuple[Evolution, ...]

    def chart(self, evolution: Evolution) -> Series:
        """The bars of a rule."""
        return Series(self.months, tuple(None if c is None else float(c) for c in evolution.counts))


def history_of(tables: Mapping[str, pl.DataFrame]) -> History:
    """From `quality_trend` (optional)."""
    runs = tables.get("quality_trend", pl.DataFrame())
    if runs.is_empty():
        return History((), ())
    monthly = monthly_trend(runs, MONTHS)
    months = _months(monthly)
    figures: dict[str, dict[str, int | None]] = {}
    changed: set[str] = set()
    for rule, month, failing, evaluated, rewritten in monthly.select(
        "rule", "mois", "failing", "evaluated", "changed"
    ).iter_rows():
        figures.setdefault(rule, {})[month] = failing if evaluated else None
        # What the first month's run was compared with is not shown.
        changed |= {rule} if rewritten and month != months[0] else set()
    found = [
        Evolution(rule, tuple(by_month.get(m) for m in months), rule in changed)
        for rule, by_month in figures.items()
        if any(by_month.values())
    ]
    return History(months, tuple(sorted(found, key=lambda e: (-abs(e.difference), e.rule))))


def _months(monthly: pl.DataFrame) -> tuple[str, ...]:
    """Every month from the first with a run to the last, those without included."""
    if monthly.is_empty():
        return ()
    known = monthly["mois"].unique().sort().to_list()
    first, last = (int(month[:4]) * 12 + int(month[5:]) - 1 for month in (known[0], known[-1]))
    return tuple(f"{n // 12:04}-{n % 12 + 1:02}" for n in range(first, last + 1))
