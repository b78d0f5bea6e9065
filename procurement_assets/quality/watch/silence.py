"""A feed that goes silent: how long since its last contract, against the pauses it is used to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl

from procurement_assets.quality.watch.signals import ALERT

LEAST_DAYS = 14
"""Two weeks of silence are never an alert by themselves: holidays."""
PAUSES = 3.0
"""How many times its usual longest pause (the 99th percentile of 24 months) a feed may be silent."""
ACTIVE_DAYS = 10
"""Days with contracts below which nothing is usual."""
PAST_DAYS = 730
ADVICE = "Demander à la source si le flux s'est arrêté ; s'il est clos, écrire sa fin (ends) dans publishers.toml."


def silent_feeds(feed: pl.DataFrame, as_of: date, ends: Mapping[str, date]) -> pl.DataFrame:
    """Alerts (columns of `ALERT`) of the sources that have said nothing for longer than they ever do.

    `feed`: `months.FEED`. The day of a contract is its publication where the source says one, else its notification.
    `as_of` stands for today; a source with an end is judged at its end, which is history once it is past.
    """
    until = {s: min(as_of, ends.get(s, as_of)) for s in feed["source"].unique()}
    if not until:
        return pl.DataFrame(schema=ALERT)
    published = feed.group_by("source").agg(publie=pl.col("publication").is_not_null().mean() > 0.5)
    days = (
        feed.join(published, on="source")
        .with_columns(
            jour=pl.when("publie").then("publication").otherwise("notification"),
            fin=pl.col("source").replace_strict(until, return_dtype=pl.Date),
        )
        .filter(pl.col("jour") <= pl.col("fin"))
        .select("source", "jour", "fin")
        .unique()
        .sort("source", "jour")
    )
    recent = days.filter((pl.col("jour").max().over("source") - pl.col("jour")).dt.total_days() <= PAST_DAYS)
    usual = recent.group_by("source").agg(
        jours=pl.len(),
        dernier=pl.col("jour").max(),
        fin=pl.col("fin").first(),
        pause=pl.col("jour").diff().dt.total_days().quantile(0.99, "higher"),
    )
    judged = usual.with_columns(
        observe=(pl.col("fin") - pl.col("dernier")).dt.total_days().cast(pl.Float64),
        attendu_haut=pl.max_horizontal(pl.lit(float(LEAST_DAYS)), PAUSES * pl.col("pause")),
    )
    silent = judged.filter((pl.col("jours") >= ACTIVE_DAYS) & (pl.col("observe") > pl.col("attendu_haut")))
    return _as_alerts(silent, as_of)


def _as_alerts(silent: pl.DataFrame, as_of: date) -> pl.DataFrame:
    return (
        silent.select(
            "source",
            signal=pl.lit("silence"),
            mois=pl.lit(""),
            detail=pl.lit(""),
            observe="observe",
            attendu_bas=pl.lit(0.0),
            attendu_haut="attendu_haut",
            severity=pl.lit("critical"),
            actuel=pl.col("fin") == as_of,
            message=pl.format(
                "{} se tait : dernier contrat le {}, il y a {} jours ; ses pauses habituelles ne dépassent pas {} "
                "jour{} (alerte au-delà de {}).",
                "source",
                pl.col("dernier").dt.strftime("%d/%m/%Y"),
                pl.col("observe").cast(pl.Int64),
                pl.col("pause").cast(pl.Int64),
                pl.when(pl.col("pause") > 1).then(pl.lit("s")).otherwise(pl.lit("")),
                pl.col("attendu_haut").round().cast(pl.Int64),
            ),
            advice=pl.lit(ADVICE),
        )
        .cast(pl.Schema(ALERT))
        .sort("source")
    )
