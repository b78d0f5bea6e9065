"""The aggregated indicators, computed on frames: shares, medians, concentration, newcomers, thresholds.

Every result has the columns `indicateur, niveau, acheteur, division, annee, seuil, valeur, numerateur, denominateur,
effectif, bas, haut`; `effectif` is the number of cases that the minimum is compared with.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from procurement_assets.quality.indicators.market.frames import (
    BUYER_DIVISION,
    DIVISION,
    LEVELS,
    WHOLE,
    WITHOUT_COMPETITION,
    Level,
    cents,
    grouped,
    groupings,
    wilson,
)
from procurement_assets.quality.indicators.market.registry import MARGIN, Threshold

COLUMNS = (
    "indicateur",
    "niveau",
    "acheteur",
    "division",
    "annee",
    "seuil",
    "valeur",
    "numerateur",
    "denominateur",
    "effectif",
    "bas",
    "haut",
)
COVERED = 20
"""Contracts that make a year covered, so that the newcomers of the next one can be told."""
CENTS = 100
FALL, RISE = 0.5, 3.0
"""A modified amount under half of the first one is most likely that of the amendment, not the new total; one above
three times is most likely a slip of the decimal point. One such amount would decide of the whole sum."""

SHARES: dict[str, tuple[pl.Expr, pl.Expr]] = {
    "part_offre_unique": (pl.col("offres").is_not_null(), pl.col("offres") == 1),
    "part_sans_publicite": (pl.col("procedure").is_not_null(), pl.col("procedure") == WITHOUT_COMPETITION),
    "taux_modification": (pl.lit(True), pl.col("nombre_modifications") > 0),
    "part_retard": (pl.col("retard").is_not_null(), pl.col("retard")),
    "part_groupements": (pl.col("nombre_titulaires") > 0, pl.col("nombre_titulaires") > 1),
    "part_sous_traitance": (pl.col("sousTraitanceDeclaree").is_not_null(), pl.col("sousTraitanceDeclaree")),
}
"""Indicator to (what is counted, what is counted as the event)."""

MEDIANS = {"offres_mediane": "offres", "delai_publication": "delai"}


def _shaped(frame: pl.DataFrame, indicator: str, **columns: pl.Expr) -> pl.DataFrame:
    """The result columns, in order."""
    made = {
        "indicateur": pl.lit(indicator),
        "seuil": pl.lit(None, dtype=pl.String),
        "bas": pl.lit(None, dtype=pl.Float64),
        "haut": pl.lit(None, dtype=pl.Float64),
        **columns,
    }
    numbers = ("valeur", "numerateur", "denominateur", "bas", "haut")
    made |= {n: made[n].cast(pl.Float64) for n in numbers}
    made["effectif"] = made["effectif"].cast(pl.Int64)
    return frame.with_columns(**made).select(COLUMNS)


def _share(frame: pl.DataFrame, indicator: str, seuil: pl.Expr | None = None) -> pl.DataFrame:
    """Shares from columns `n` and `d`."""
    n, d = pl.col("n"), pl.col("d")
    low, high = wilson(n, d)
    columns = {"seuil": seuil} if seuil is not None else {}
    held = frame.filter(d > 0)
    return _shaped(
        held, indicator, valeur=n / d, numerateur=n, denominateur=d, effectif=d, bas=low, haut=high, **columns
    )


def shares(cases: pl.DataFrame) -> list[pl.DataFrame]:
    """Every share, by level and year."""
    aggregates = [
        expression
        for name, (counted, event) in SHARES.items()
        for expression in (
            counted.fill_null(False).sum().alias(f"{name}.d"),
            (counted & event).fill_null(False).sum().alias(f"{name}.n"),
        )
    ]
    # A literal alone has one row: counting every case needs a column.
    aggregates = [
        pl.len().alias("taux_modification.d") if e.meta.output_name() == "taux_modification.d" else e
        for e in aggregates
    ]
    found = []
    for level, keys in groupings():
        table = grouped(cases, level, keys, aggregates)
        for name in SHARES:
            found.append(_share(table.rename({f"{name}.n": "n", f"{name}.d": "d"}), name))
    return found


def flagged(cases: pl.DataFrame, indicator: str, seen: Sequence[str], flags: Sequence[str]) -> list[pl.DataFrame]:
    """The share of the cases that an indicator flags among those that it could look at, given by uid."""
    looked_at = cases.filter(pl.col("uid").is_in(pl.Series(seen, dtype=pl.String).implode()))
    event = pl.col("uid").is_in(pl.Series(flags, dtype=pl.String).implode())
    aggregates = [pl.len().alias("d"), event.sum().alias("n")]
    return [_share(grouped(looked_at, level, keys, aggregates), indicator) for level, keys in groupings()]


def flagged_whole(indicator: str, seen: int, flags: int) -> pl.DataFrame:
    """The share of organisations that an indicator flags, over the whole."""
    frame = pl.DataFrame({"d": [seen], "n": [flags]}, schema={"d": pl.Int64, "n": pl.Int64})
    return _share(grouped(frame, WHOLE, [], [pl.col("d").sum(), pl.col("n").sum()]), indicator)


def medians(cases: pl.DataFrame) -> list[pl.DataFrame]:
    """Medians with their quartiles, by level and year."""
    found = []
    for name, column in MEDIANS.items():
        value = pl.col(column).drop_nulls()
        aggregates = [
            value.median().alias("m"),
            value.quantile(0.25, "linear").alias("q1"),
            value.quantile(0.75, "linear").alias("q3"),
            value.len().alias("d"),
        ]
        for level, keys in groupings():
            table = grouped(cases, level, keys, aggregates).filter(pl.col("d") > 0)
            columns = {"valeur": pl.col("m"), "denominateur": pl.col("d"), "effectif": pl.col("d")}
            bounds = {"bas": pl.col("q1"), "haut": pl.col("q3"), "numerateur": pl.lit(None, dtype=pl.Float64)}
            found.append(_shaped(table, name, **columns, **bounds))
    return found


def growth(cases: pl.DataFrame) -> list[pl.DataFrame]:
    """`hausse_montant`: sums on cents of the modified contracts, by level and year."""
    known = pl.col("montant").is_not_null() & pl.col("actuel").is_not_null()
    before, after = cents("montant"), cents("actuel")
    believable = after.is_between(FALL * before, RISE * before)
    modified = cases.filter((pl.col("nombre_modifications") > 0) & known & believable)
    aggregates = [
        after.sum().alias("a"),
        before.sum().alias("b"),
        pl.len().alias("c"),
    ]
    found = []
    for level, keys in groupings():
        table = grouped(modified, level, keys, aggregates).filter(pl.col("b") > 0)
        rise = pl.col("a") - pl.col("b")
        columns = {"numerateur": rise / CENTS, "denominateur": pl.col("b") / CENTS}
        found.append(_shaped(table, "hausse_montant", valeur=rise / pl.col("b"), effectif=pl.col("c"), **columns))
    return found


def concentration(holders: pl.DataFrame) -> list[pl.DataFrame]:
    """`hhi_montant`, `hhi_nombre`: by division, alone and by buyer; a market is a division, never the whole."""
    found = []
    count = (1 / pl.col("groupe")).alias("part")
    for name, frame in (
        ("hhi_montant", holders.filter(pl.col("part").is_not_null())),
        ("hhi_nombre", holders.with_columns(count)),
    ):
        for level, keys in groupings((DIVISION, BUYER_DIVISION)):
            parts = frame.drop_nulls(keys).group_by([*keys, "titulaire"]).agg(pl.col("part").sum().alias("p"))
            # Sorted, so that sums of floats are made in the same order in every run.
            parts = parts.sort([*keys, "titulaire"])
            index = (pl.col("p") / pl.col("p").sum()).pow(2).sum().alias("h")
            table = grouped(parts, level, keys, [index, pl.len().alias("t")])
            sizes = frame.drop_nulls(keys).group_by(keys).agg(pl.col("uid").n_unique().alias("c"))
            table = table.join(sizes, on=keys, nulls_equal=True)
            found.append(_hhi(table, name))
    return found


def _hhi(table: pl.DataFrame, name: str) -> pl.DataFrame:
    value = pl.col("h").round(6)
    return _shaped(table, name, valeur=value, numerateur=pl.col("t"), denominateur=pl.col("c"), effectif=pl.col("c"))


def newcomers(cases: pl.DataFrame, holders: pl.DataFrame) -> list[pl.DataFrame]:
    """`nouveaux_titulaires`: by level, the years whose previous year is covered."""
    sizes = cases.drop_nulls("annee").group_by("annee").len()
    covered = sizes.filter(pl.col("len") >= COVERED)["annee"]
    first = holders.drop_nulls("annee").group_by("titulaire").agg(pl.col("annee").min().alias("premiere"))
    known = holders.join(first, on="titulaire").filter((pl.col("annee") - 1).is_in(covered.implode()))
    new = pl.col("titulaire").filter(pl.col("annee") == pl.col("premiere")).n_unique().alias("n")
    aggregates = [pl.col("titulaire").n_unique().alias("d"), new]
    return [
        _share(grouped(known, level, keys, aggregates), "nouveaux_titulaires")
        for level, keys in groupings(LEVELS, all_years=False)
    ]


THRESHOLD = Level("seuil", ())


def near_thresholds(cases: pl.DataFrame, thresholds: Sequence[Threshold]) -> list[pl.DataFrame]:
    """`proches_seuil`: by threshold and year, and over all years."""
    found = []
    for threshold in thresholds:
        near = _near(cases, threshold)
        aggregates = [pl.len().alias("d"), pl.col("dessous").sum().alias("n")]
        for keys in (["annee"], list[str]()):
            table = grouped(near, THRESHOLD, keys, aggregates)
            found.append(_share(table, "proches_seuil", pl.lit(threshold.id)))
    return found


def _near(cases: pl.DataFrame, threshold: Threshold) -> pl.DataFrame:
    """The cases within the margin of the threshold of their day."""
    amount = pl.lit(None, dtype=pl.Float64)
    for span in threshold.spans():
        amount = pl.when(pl.col("jour").is_between(span.first, span.last)).then(float(span.amount)).otherwise(amount)
    at, limit = cents("montant"), pl.col("seuil_jour")
    return (
        cases.filter(pl.col("type").is_in(threshold.types) & ~pl.col("accord_cadre") & at.is_not_null())
        .with_columns(amount.cast(pl.Int64).alias("seuil_jour"))
        # In cents and per cent, whole numbers: 1.1 × 90,000 is 99,000.00000000001 for a computer.
        .filter((at >= (100 - MARGIN) * limit) & (at < (100 + MARGIN) * limit))
        .select("annee", (at < 100 * limit).alias("dessous"))
    )
