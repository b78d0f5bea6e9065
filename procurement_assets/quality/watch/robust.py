"""What is usual: median and median absolute deviation of the past, with a floor for what chance alone explains."""

from __future__ import annotations

import polars as pl

WINDOW = 24
"""Months of past that count."""
ENOUGH_MONTHS = 6
"""Months of past below which nothing is said."""
LIMIT = 4.5
"""How many deviations from the median make an alert: in steady data, once in tens of thousands of months."""
SIGMA = 1.4826
"""A median absolute deviation times this is a standard deviation, in normal data."""
EXTREME = 2.0
"""On the scale of counts: a month of less than a quarter of the past's first quartile, or of more than four times its
third, is an alert however uneven the past is. Quartiles, so that a feed that stays empty keeps alerting."""
SUSTAINED = 9.0
"""The scale of twenty contracts: below it, chance makes such months."""
SEASON = 2
"""Earlier years that the same calendar month needs before it widens what is expected."""


def expected_ranges(months: pl.DataFrame, value: pl.Expr, floor: pl.Expr, *, counts: bool = False) -> pl.DataFrame:
    """The frame with `bas` and `haut`, on the scale of `value`: what the past of each month makes usual.

    `months`: one row per `source`, `base` and `rang` (months since the year 0, without holes), with `juge` (whether the
    month may stand as past). `value`: what is compared; `floor`: the smallest deviation that counts, from the columns
    of the month that is judged; `counts`: the scale is that of `steady`, so extremes count too.

    Empty where the past is too short. A calendar month that was as low or as high in two earlier years or more is not
    an alert: the range then reaches their median.
    """
    found = _with_past(months.with_columns(valeur=value, plancher=floor))
    width = LIMIT * pl.max_horizontal("dispersion", "plancher")
    known = pl.col("passe") >= ENOUGH_MONTHS
    seasonal = LIMIT * pl.col("plancher")
    extreme = (pl.col("mediane") >= SUSTAINED) & pl.lit(counts)
    low = pl.max_horizontal(pl.col("mediane") - width, pl.when(extreme).then(pl.col("moindre") / EXTREME))
    high = pl.min_horizontal(pl.col("mediane") + width, pl.when(extreme).then(pl.col("plus") * EXTREME))
    return found.with_columns(
        bas=pl.when(known).then(pl.min_horizontal(low, pl.col("saison") - seasonal)),
        haut=pl.when(known).then(pl.max_horizontal(high, pl.col("saison") + seasonal)),
    ).drop("mediane", "dispersion", "saison", "passe", "plancher", "moindre", "plus")


def _with_past(rows: pl.DataFrame) -> pl.DataFrame:
    """Each month with the median, deviation, quartiles and number of its past months, and the median of its season."""
    key = ["source", "base"]
    past = rows.filter("juge").select(*key, "valeur", avant="rang").drop_nulls("valeur")
    pairs = rows.select(*key, "rang").join(past, on=key).filter(pl.col("avant") < pl.col("rang"))
    near = pairs.filter(pl.col("avant") >= pl.col("rang") - WINDOW)
    value = pl.col("valeur")
    middle = near.group_by(*key, "rang").agg(
        mediane=value.median(),
        passe=pl.len(),
        moindre=value.quantile(0.25, "lower"),
        plus=value.quantile(0.75, "higher"),
    )
    spread = (
        near.join(middle, on=[*key, "rang"])
        .group_by(*key, "rang")
        .agg(dispersion=(pl.col("valeur") - pl.col("mediane")).abs().median() * SIGMA)
    )
    season = (
        pairs.filter((pl.col("rang") - pl.col("avant")) % 12 == 0)
        .group_by(*key, "rang")
        .agg(saison=value.median(), annees=pl.len())
        .filter(pl.col("annees") >= SEASON)
    )
    for part in (middle, spread, season.drop("annees")):
        rows = rows.join(part, on=[*key, "rang"], how="left")
    return rows


def steady(count: pl.Expr) -> pl.Expr:
    """Anscombe's transform: on this scale the deviation of a count that varies by chance alone is 1."""
    return 2 * (count + 0.375).sqrt()


def back(value: pl.Expr) -> pl.Expr:
    """The count that `steady` made of this; never negative."""
    return ((value.clip(0.0) / 2) ** 2 - 0.375).clip(0.0)
