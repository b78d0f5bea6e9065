"""What the report says of time: the last twelve months of each rule, what is new or corrected, the feeds' alerts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

MONTHS = 12
ALERTS_SHOWN = 20
BAR, GAP, HEIGHT = 5, 1, 18
"""Pixels of the small chart of a rule: width of a month, space between two, height of the worst month."""
SIGNALS_FR = {
    "volume_notification": "Volume notifié",
    "volume_publication": "Volume publié",
    "retard": "Retard de publication",
    "delai_legal": "Délai légal",
    "montant": "Montants",
    "silence": "Silence du flux",
    "depublication": "Fichier retiré",
    "format": "Changement de format",
    "schema": "Champs du fichier",
    "code_nouveau": "Code nouveau",
}
_NEW, _CORRECTED, _GONE = "nouveau", "corrigé", "disparu"
_OF_RULES = ("règle nouvelle", "règle modifiée", "règle retirée")
_ORDER = {"critical": 0, "warning": 1, "info": 2}


@dataclass(frozen=True)
class Series:
    """The share of contracts at fault by month of notification, oldest first."""

    months: tuple[str, ...]
    shares: tuple[float | None, ...]
    """None for a month without contracts."""

    @property
    def bars(self) -> tuple[tuple[int, float, float], ...]:
        """x, y and height in pixels of each month that has a share, the worst month being the tallest."""
        top = max((s for s in self.shares if s is not None), default=0.0)
        heights = [None if s is None else HEIGHT * s / top if top else 0.0 for s in self.shares]
        return tuple(
            (n * (BAR + GAP), round(HEIGHT - h, 1), round(max(h, 0.5), 1))
            for n, h in enumerate(heights)
            if h is not None
        )

    @property
    def width(self) -> int:
        """Pixels of the whole chart."""
        return len(self.months) * (BAR + GAP)


@dataclass(frozen=True)
class Changes:
    """What changed for a rule since the run before."""

    rule: str
    new: int
    corrected: int
    gone: int


@dataclass(frozen=True)
class Trend:
    """The figures of time."""

    since: date | None
    """Data date of the run before; None on the first run."""
    changes: tuple[Changes, ...]
    """Rules with new, corrected or vanished findings, those that grew most first."""
    changed_rules: int
    """Rules that are new, rewritten or withdrawn: their findings are not counted as new or corrected."""
    series: Mapping[str, Series]
    alerts: tuple[Mapping[str, Any], ...]
    """Current rows of `feed_watch`, the gravest first."""
    past_alerts: int

    @property
    def new(self) -> int:
        """New findings."""
        return sum(c.new for c in self.changes)

    @property
    def corrected(self) -> int:
        """Findings that the same row no longer has."""
        return sum(c.corrected for c in self.changes)

    @property
    def gone(self) -> int:
        """Findings whose row is no longer there."""
        return sum(c.gone for c in self.changes)


def trend(tables: Mapping[str, pl.DataFrame]) -> Trend:
    """From `findings_changes`, `quality_trend`, `quality_months` and `feed_watch` (each optional)."""
    changes = tables.get("findings_changes", pl.DataFrame())
    watch = tables.get("feed_watch", pl.DataFrame())
    current = watch.filter("actuel").to_dicts() if watch.height else []
    ranked = sorted(current, key=lambda a: (_ORDER[a["severity"]], a["source"], a["signal"], a["mois"], a["detail"]))
    return Trend(
        since=_since(changes, tables.get("quality_trend", pl.DataFrame())),
        changes=_changes(changes),
        changed_rules=changes.filter(pl.col("change").is_in(_OF_RULES))["rule"].n_unique() if changes.height else 0,
        series=_series(tables.get("quality_months", pl.DataFrame())),
        alerts=tuple(ranked),
        past_alerts=watch.height - len(current),
    )


def _since(changes: pl.DataFrame, runs: pl.DataFrame) -> date | None:
    """The data date of the run before: the one that the changes are counted from, else of the last run but one."""
    told = changes["since"].drop_nulls() if changes.height else pl.Series([], dtype=pl.Date)
    if len(told):
        return date.fromisoformat(str(told[0]))
    if runs.is_empty():
        return None
    known = runs.select("rang", "data_date").unique().sort("rang")
    return known["data_date"][-2] if known.height > 1 else None


def _changes(changes: pl.DataFrame) -> tuple[Changes, ...]:
    if changes.is_empty():
        return ()
    counts = [(pl.col("change") == kind).sum().alias(kind) for kind in (_NEW, _CORRECTED, _GONE)]
    counted = changes.group_by("rule").agg(*counts).filter(pl.sum_horizontal(_NEW, _CORRECTED, _GONE) > 0)
    ranked = counted.sort(
        pl.col(_NEW).cast(pl.Int64) - pl.col(_CORRECTED).cast(pl.Int64), "rule", descending=[True, False]
    )
    return tuple(Changes(str(r), int(n), int(c), int(g)) for r, n, c, g in ranked.iter_rows())


def _series(months: pl.DataFrame) -> dict[str, Series]:
    if months.is_empty():
        return {}
    names = months["mois"].unique().sort().to_list()[-MONTHS:]
    found: dict[str, dict[str, float | None]] = {}
    for rule, month, share in months.select("rule", "mois", "part").iter_rows():
        found.setdefault(rule, {})[month] = share
    return {
        rule: Series(tuple(names), tuple(shares.get(name) for name in names)) for rule, shares in sorted(found.items())
    }
