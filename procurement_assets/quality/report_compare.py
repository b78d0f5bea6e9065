"""What the report says of reconciliation: each year beside the publisher's lists, months nearly empty, sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import polars as pl

from procurement_assets.quality.reconciliation.years import totals

NEARLY_EMPTY = 0.05
"""A month with less than this share of a usual one is told: that of the rule DECP-RM-001."""
FIELDS_FR = {"montant": "Montant", "date": "Date de notification", "titulaire": "Titulaire", "objet": "Objet"}
Row = Mapping[str, Any]


@dataclass(frozen=True)
class EmptyMonths:
    """Consecutive months with hardly any contract."""

    first: str
    """`2023-01`."""
    last: str
    contracts: int
    usual: float
    """Contracts of a usual month (median)."""


@dataclass(frozen=True)
class Comparison:
    """The figures of the section; empty lists where there is nothing to say."""

    by_list: tuple[tuple[str, tuple[Row, ...]], ...]
    """Each list with its rows of `reconciliation_annees`, newest first."""
    covered: Row | None
    """The same figures over the years that both sides cover; None where there is none."""
    span: tuple[int, int] | None
    """First and last year covered."""
    empty_months: tuple[EmptyMonths, ...]
    pairs: tuple[Row, ...]
    """Rows of `reconciliation_sources` of two different sources that share a contract at least."""
    fields: tuple[Row, ...]
    """source_a, source_b, champ, n: how many contracts two sources say otherwise."""

    @property
    def is_empty(self) -> bool:
        """Whether the section has nothing to show."""
        return not (self.by_list or self.empty_months or self.pairs or self.fields)


def comparison(tables: Mapping[str, pl.DataFrame]) -> Comparison:
    """The section's figures, from the tables of reconciliation that are given (all optional)."""
    years = tables.get("reconciliation_annees", pl.DataFrame())
    covered = _span(years)
    return Comparison(
        by_list=_by_list(years),
        covered=totals(years, *covered) if covered else None,
        span=covered,
        empty_months=_empty_months(tables.get("reconciliation_mois", pl.DataFrame())),
        pairs=_pairs(tables.get("reconciliation_sources", pl.DataFrame())),
        fields=_fields(tables.get("reconciliation_champs", pl.DataFrame())),
    )


def _rows(frame: pl.DataFrame) -> tuple[Row, ...]:
    return tuple(frame.iter_rows(named=True))


def _by_list(years: pl.DataFrame) -> tuple[tuple[str, tuple[Row, ...]], ...]:
    if years.is_empty():
        return ()
    rows = years.sort("liste", "annee", descending=[False, True]).to_dicts()
    return tuple((liste, tuple(group)) for liste, group in groupby(rows, key=lambda row: str(row["liste"])))


def _span(years: pl.DataFrame) -> tuple[int, int] | None:
    """The first and the last year covered by both sides."""
    if not years.width:
        return None
    found = years.filter("annee_couverte")["annee"].unique().sort().to_list()
    return (int(found[0]), int(found[-1])) if found else None


def _empty_months(months: pl.DataFrame) -> tuple[EmptyMonths, ...]:
    """Runs of months with less than `NEARLY_EMPTY` of a usual month."""
    if months.is_empty():
        return ()
    marked = months.sort("mois").with_row_index("n")
    low = marked.filter(pl.col("contrats_decp") < pl.col("contrats_mediane") * NEARLY_EMPTY).to_dicts()
    runs = [[r for _, r in run] for _, run in groupby(enumerate(low), key=lambda pair: pair[1]["n"] - pair[0])]
    return tuple(
        EmptyMonths(r[0]["mois"], r[-1]["mois"], sum(m["contrats_decp"] for m in r), float(r[0]["contrats_mediane"]))
        for r in runs
    )


def _pairs(sources: pl.DataFrame) -> tuple[Row, ...]:
    if sources.is_empty():
        return ()
    return _rows(sources.filter((pl.col("source_a") < pl.col("source_b")) & (pl.col("contrats_communs") > 0)))


def _fields(fields: pl.DataFrame) -> tuple[Row, ...]:
    if fields.is_empty():
        return ()
    counted = fields.group_by("source_a", "source_b", "champ").len("n")
    return _rows(counted.sort("source_a", "source_b", "n", "champ", descending=[False, False, True, False]))
