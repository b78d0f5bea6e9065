"""Generated histories of a feed: steady by construction, with a fault seeded where a test asks for one."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

from procurement_assets.quality.watch.months import FEED

FIRST = date(2022, 1, 1)
LAST = date(2025, 12, 31)
DATA_DATE = date(2026, 1, 8)


def history(seed: int, *, per_month: float = 80.0, source: str = "flux", seasonal: bool = False) -> pl.DataFrame:
    """Four years of contracts: a Poisson number a month, published 1 to 20 days later, one in twelve after 70 to 90
    days, amounts lognormal. With `seasonal`, a tenth of the contracts in August and twice as many in December."""
    draw = np.random.default_rng(seed)
    rows = []
    for month in pl.date_range(FIRST, LAST, "1mo", eager=True):
        factor = {8: 0.1, 12: 2.0}.get(month.month, 1.0) if seasonal else 1.0
        n = int(draw.poisson(per_month * factor))
        days = draw.integers(0, 28, n)
        lags = np.where(draw.random(n) < 1 / 12, draw.integers(70, 90, n), draw.integers(1, 20, n))
        amounts = np.exp(draw.normal(12.0, 1.8, n))
        for day, lag, amount in zip(days, lags, amounts, strict=True):
            notified = month + timedelta(days=int(day))
            rows.append((source, notified, notified + timedelta(days=int(lag)), float(round(amount, 2))))
    return pl.DataFrame(rows, schema=FEED, orient="row").filter(pl.col("publication") <= DATA_DATE)


def without_month(feed: pl.DataFrame, month: date, base: str) -> pl.DataFrame:
    """The feed without what was notified (or published) in a month."""
    return feed.filter(pl.col(base).dt.truncate("1mo") != month)


def in_month(month: date, base: str = "notification") -> pl.Expr:
    """Whether a contract is of a month."""
    return pl.col(base).dt.truncate("1mo") == month
