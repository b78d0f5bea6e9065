"""The table `feed_months`: what each source brought, month by month of notification and of publication."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl

BASES = ("notification", "publication")
ENOUGH = 0.05
"""A feed begins in the first year with this share of the contracts of its usual year: strays do not begin it."""
DELAY = "2mo"
"""The legal delay of publication: two months (code de la commande publique, art. R. 2196-1)."""

FEED: dict[str, pl.DataType] = {
    "source": pl.String(),
    "notification": pl.Date(),
    "publication": pl.Date(),
    "montant": pl.Float64(),
}
"""One row per contract and source that holds it. `montant`: euros, empty where it is a placeholder or absurd."""


def feed_of(contracts: pl.DataFrame, concessions: pl.DataFrame) -> pl.DataFrame:
    """The tables `contracts` and `concessions` as `FEED`."""
    parts = [
        frame.select(
            pl.col("sources").alias("source"),
            pl.col(day).alias("notification"),
            pl.col("datePublicationDonnees").alias("publication"),
            pl.when(pl.col("montant_suspect").is_null()).then(pl.col(amount)).alias("montant"),
        ).explode("source")
        for frame, day, amount in (
            (contracts, "dateNotification", "montant"),
            (concessions, "dateSignature", "valeurGlobale"),
        )
    ]
    return pl.concat(parts).drop_nulls("source").cast(pl.Schema(FEED))


def feed_of_lists(rows: pl.DataFrame) -> pl.DataFrame:
    """Lists of contracts (`reconciliation.lists.LIST_SCHEMA`) as `FEED`: a list says no date of publication."""
    return rows.select(
        source="liste", notification="date", publication=pl.lit(None, pl.Date), montant="montant_max"
    ).cast(pl.Schema(FEED))


def feed_months(feed: pl.DataFrame, data_date: date, ends: Mapping[str, date]) -> pl.DataFrame:
    """One row per source, base and month, without holes, from the feed's beginning to `data_date` (or its end).

    `juge`: the month is over, and for notifications the legal delay too: what is missing is missing. `hors_delai` of
    `delai_connus`: published later than two months after notification. `retard_median`: days between the two.
    """
    parts = [part for base in BASES if not (part := _one_base(feed, base, data_date, ends)).is_empty()]
    return pl.concat(parts).sort("source", "base", "mois") if parts else _one_base(feed, BASES[0], data_date, ends)


def _one_base(feed: pl.DataFrame, base: str, data_date: date, ends: Mapping[str, date]) -> pl.DataFrame:
    dated = feed.drop_nulls(base).filter(pl.col(base) <= data_date).with_columns(jour=pl.col(base).dt.truncate("1mo"))
    lag = (pl.col("publication") - pl.col("notification")).dt.total_days()
    log = pl.col("montant").filter(pl.col("montant") > 0).log()
    late = pl.col("publication") > pl.col("notification").dt.offset_by(DELAY)
    counted = dated.group_by("source", "jour").agg(
        contrats=pl.len().cast(pl.Int64),
        retard_median=lag.median(),
        retard_p90=lag.quantile(0.9, "linear"),
        delai_connus=lag.is_not_null().sum().cast(pl.Int64),
        hors_delai=late.sum().cast(pl.Int64),
        montants=log.len().cast(pl.Int64),
        montant_ln_median=log.median(),
        montant_ln_ecart=(log - log.median()).abs().median() * 1.4826,
    )
    grid = _grid(dated, data_date, ends)
    counts = ["contrats", "delai_connus", "hors_delai", "montants"]
    full = grid.join(counted, on=["source", "jour"], how="left").with_columns(pl.col(counts).fill_null(0))
    over = pl.col("jour").dt.offset_by("1mo" if base == "publication" else "3mo") <= data_date
    return full.with_columns(
        base=pl.lit(base),
        mois=pl.col("jour").dt.strftime("%Y-%m"),
        rang=pl.col("jour").dt.year().cast(pl.Int64) * 12 + pl.col("jour").dt.month().cast(pl.Int64),
        juge=over,
        part_hors_delai=pl.when(pl.col("delai_connus") > 0).then(pl.col("hors_delai") / pl.col("delai_connus")),
    )


def _grid(dated: pl.DataFrame, data_date: date, ends: Mapping[str, date]) -> pl.DataFrame:
    """Every month of every source."""
    yearly = dated.group_by("source", an=pl.col("jour").dt.year()).agg(n=pl.len(), premier=pl.col("jour").min())
    enough = yearly.filter(pl.col("n") >= ENOUGH * pl.col("n").median().over("source"))
    last = {s: min(data_date, ends.get(s, data_date)) for s in dated["source"].unique()}
    begins = (
        enough.group_by("source")
        .agg(debut=pl.col("premier").min())
        .with_columns(
            fin=pl.col("source").replace_strict(last, return_dtype=pl.Date) if last else pl.lit(None, pl.Date)
        )
    )
    begun = begins.filter(pl.col("debut") <= pl.col("fin")).sort("source")
    return begun.select("source", jour=pl.date_ranges("debut", "fin", "1mo")).explode("jour")
