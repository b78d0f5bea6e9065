"""The legal delay of publication, by month of notification: two months (code de la commande publique, art. R. 2196-1).

The same judgement as the rule DECP-M-306 of data_quality/contracts.yml; a test compares them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

MONTHS_SHOWN = 24
LEGAL_DELAY = "2mo"


@dataclass(frozen=True)
class Delay:
    """The contracts notified (or signed) in a month."""

    month: str
    """`2025-03`."""
    contracts: int
    """Contracts of the month whose two dates are known: the denominator."""
    late: int
    """Of them, published more than two months after notification."""
    median_days: float
    p90_days: float
    """The days that nine contracts in ten do not exceed."""

    @property
    def share(self) -> float:
        """Late contracts among those of the month, from 0 to 1."""
        return self.late / self.contracts if self.contracts else 0.0


def delays(tables: Mapping[str, pl.DataFrame], *, data_date: date | None) -> tuple[Delay, ...]:
    """One row per month of notification, the newest first, at most `MONTHS_SHOWN` months that have contracts.

    `tables` holds `contracts` and `concessions`. A contract that notifies after the data date, or whose publication
    comes before its notification, has a date that is wrong: it has rules of its own and is left out here.
    """
    dated = _dated(tables)
    if data_date is not None:
        dated = dated.filter((pl.col("début") <= data_date) & (pl.col("publié") <= data_date))
    days = (pl.col("publié") - pl.col("début")).dt.total_days()
    late = pl.col("publié") > pl.col("début").dt.offset_by(LEGAL_DELAY)
    counted = (
        dated.filter(pl.col("publié") >= pl.col("début"))
        .group_by(pl.col("début").dt.strftime("%Y-%m").alias("mois"))
        .agg(
            pl.len(),
            late.sum().alias("tard"),
            days.median().alias("médiane"),
            days.quantile(0.9, "higher").alias("p90"),
        )
        .sort("mois", descending=True)
        .head(MONTHS_SHOWN)
    )
    return tuple(Delay(str(m), int(n), int(t), float(d), float(p)) for m, n, t, d, p in counted.iter_rows())


def _dated(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    parts = [
        tables[name].select(pl.col(day).alias("début"), pl.col("datePublicationDonnees").alias("publié"))
        for name, day in (("contracts", "dateNotification"), ("concessions", "dateSignature"))
    ]
    return pl.concat(parts).drop_nulls()
