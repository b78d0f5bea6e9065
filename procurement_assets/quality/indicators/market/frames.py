"""The contracts as indicators see them, and groups: the whole, buyers, CPV divisions, years.

A case is a marché in its state at the award. Concessions are not counted: they have other fields and no offers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import polars as pl

WITHOUT_COMPETITION = "Marché passé sans publicité ni mise en concurrence préalable"
FRAMEWORK = "Accord-cadre"
Z95 = 1.959963984540054

NEEDED = (
    "uid",
    "acheteur_id",
    "nature",
    "techniques",
    "codeCPV",
    "type",
    "procedure",
    "dateNotification",
    "datePublicationDonnees",
    "montant",
    "montant_actuel",
    "montant_suspect",
    "offresRecues",
    "sousTraitanceDeclaree",
    "nombre_titulaires",
    "nombre_modifications",
)
"""Columns of `contracts` that are read."""


class Level(NamedTuple):
    """A way to group: its name and its columns."""

    name: str
    keys: tuple[str, ...]


WHOLE = Level("ensemble", ())
BUYER = Level("acheteur", ("acheteur",))
DIVISION = Level("division", ("division",))
BUYER_DIVISION = Level("acheteur_division", ("acheteur", "division"))
LEVELS = (WHOLE, BUYER, DIVISION, BUYER_DIVISION)
FINE = ("acheteur", "acheteur_division")
"""Levels where groups that are too small are left out; elsewhere they stay, without a value."""


def cents(name: str) -> pl.Expr:
    """An amount in whole cents: thresholds are compared and sums are made on these, never on floats."""
    return (pl.col(name) * 100).round().cast(pl.Int64, strict=False)


def cases(contracts: pl.DataFrame) -> pl.DataFrame:
    """One row per marché: group columns, and what indicators look at."""
    days = (pl.col("datePublicationDonnees") - pl.col("dateNotification")).dt.total_days()
    legal = pl.col("dateNotification").dt.offset_by("2mo")
    known = pl.col("offresRecues") >= 1
    competitive = pl.col("procedure").is_not_null() & (pl.col("procedure") != WITHOUT_COMPETITION)
    return contracts.select(
        "uid",
        pl.col("acheteur_id").alias("acheteur"),
        pl.col("codeCPV").str.slice(0, 2).alias("division"),
        pl.col("dateNotification").dt.year().cast(pl.Int64).alias("annee"),
        pl.col("dateNotification").alias("jour"),
        "type",
        "procedure",
        pl.when(pl.col("montant_suspect").is_null() & (pl.col("montant") > 0)).then("montant").alias("montant"),
        pl.when(pl.col("montant_suspect").is_null()).then("montant_actuel").alias("actuel"),
        pl.when(known & competitive).then("offresRecues").alias("offres"),
        "sousTraitanceDeclaree",
        "nombre_titulaires",
        "nombre_modifications",
        pl.when(days >= 0).then(days).alias("delai"),
        pl.when(days >= 0).then(pl.col("datePublicationDonnees") > legal).alias("retard"),
        (
            (pl.col("nature").fill_null("") == FRAMEWORK)
            | pl.col("techniques").list.contains(FRAMEWORK).fill_null(False)
        ).alias("accord_cadre"),
    )


def holders(contracts: pl.DataFrame, titulaires: pl.DataFrame) -> pl.DataFrame:
    """One row per case and holder at the award: its identity and its equal part of the amount.

    The identity is the SIREN, else the identifier as published; holders without either are not counted.
    """
    identity = pl.coalesce("titulaire_siren", "titulaire_id", "titulaire_id_publie").alias("titulaire")
    held = titulaires.filter(pl.col("version") == 0).select("uid", identity).drop_nulls().unique()
    sizes = held.group_by("uid").agg(pl.len().alias("groupe"))
    part = (pl.col("montant") / pl.col("groupe")).alias("part")
    return (
        contracts.select("uid", "acheteur", "division", "annee", "montant")
        .join(held.join(sizes, on="uid"), on="uid")
        .with_columns(part)
        .sort("uid", "titulaire")
    )


def groupings(levels: Sequence[Level] = LEVELS, *, all_years: bool = True) -> Iterator[tuple[Level, list[str]]]:
    """Each level by year, then over all years."""
    for level in levels:
        yield level, [*level.keys, "annee"]
        if all_years:
            yield level, list(level.keys)


def grouped(frame: pl.DataFrame, level: Level, keys: list[str], aggregates: Sequence[pl.Expr]) -> pl.DataFrame:
    """Aggregates of a grouping, with every group column; a group whose key is unknown is left out."""
    found = frame.drop_nulls(keys).group_by(keys).agg(*aggregates) if keys else frame.select(*aggregates)
    absent = [pl.lit(None, dtype=pl.String).alias(k) for k in ("acheteur", "division") if k not in keys]
    year = [] if "annee" in keys else [pl.lit(None, dtype=pl.Int64).alias("annee")]
    return found.with_columns(*absent, *year, pl.lit(level.name).alias("niveau"))


def wilson(numerator: pl.Expr, denominator: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """The 95 % Wilson interval of a share."""
    share = numerator / denominator
    spread = Z95 / denominator
    centre = share + Z95**2 / (2 * denominator)
    margin = spread * (share * (1 - share) * denominator + Z95**2 / 4).sqrt()
    scale = 1 + Z95**2 / denominator
    low = pl.when(numerator == 0).then(0.0).otherwise((centre - margin) / scale)
    high = pl.when(numerator == denominator).then(1.0).otherwise((centre + margin) / scale)
    return low, high
