"""The tables `indicators` and `attention_points`, from measures: labels, minimum, keys."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from procurement_assets.quality.indicators.cardinal.red_flags import cardinal_texts, red_flags
from procurement_assets.quality.indicators.market.frames import FINE
from procurement_assets.quality.indicators.market.registry import market
from procurement_assets.schema import TABLES, conform

DECIMALS = 6
CARDINAL_MINIMUM = 20
CARDINAL_CAVEATS = {"R018": "C11", "R048": "C12"}
CARDINAL_CAVEAT = "C13"


def definitions() -> pl.DataFrame:
    """Title, unit, interval, minimum and caveat of every indicator that is measured."""
    rows = [(ident, d.title, d.unit, d.interval, d.minimum, d.caveat) for ident, d in market().indicator.items()]
    for ident in cardinal_texts():
        caveat = CARDINAL_CAVEATS.get(ident, CARDINAL_CAVEAT)
        title = f"{red_flags()[ident].title} (Cardinal {ident})"
        rows.append((ident, title, "part", "wilson95", CARDINAL_MINIMUM if ident != "R048" else 5, caveat))
    columns = ["indicateur", "titre", "unite", "intervalle", "minimum", "precaution"]
    return pl.DataFrame(rows, schema=columns, orient="row").with_columns(pl.col("minimum").cast(pl.Int64))


def indicators_table(measured: pl.DataFrame, buyers: Mapping[str, str]) -> pl.DataFrame:
    """The table `indicators`: values below the minimum are not given, and small groups of fine levels are left out."""
    shown = pl.col("effectif") >= pl.col("minimum")
    hidden = ("valeur", "numerateur", "bas", "haut")
    group = pl.concat_str(pl.coalesce("seuil", "acheteur"), pl.col("division"), separator=" | ", ignore_nulls=True)
    found = (
        measured.join(definitions(), on="indicateur", how="left")
        .filter(shown | ~pl.col("niveau").is_in(FINE))
        .with_columns(
            *(pl.when(shown).then(pl.col(c).round(DECIMALS)).alias(c) for c in hidden),
            pl.when(group == "").then(pl.lit("*")).otherwise(group).alias("groupe"),
            _label(buyers).alias("groupe_libelle"),
            pl.col("annee").fill_null(0),
            pl.when(pl.col("intervalle") != "").then("intervalle").alias("intervalle"),
        )
        .drop("seuil")
    )
    return conform(found.select(list(TABLES["indicators"].schema)), TABLES["indicators"])


def _label(buyers: Mapping[str, str]) -> pl.Expr:
    """The French name of a group."""
    thresholds = {t.id: t.title for t in market().threshold}
    buyer = pl.col("acheteur").replace_strict(dict(buyers), default=pl.col("acheteur"), return_dtype=pl.String)
    division = pl.col("division").replace_strict(
        market().divisions, default=pl.format("Division {}", "division"), return_dtype=pl.String
    )
    threshold = pl.col("seuil").replace_strict(thresholds, default=pl.col("seuil"), return_dtype=pl.String)
    whole = pl.concat_str(pl.coalesce(threshold, buyer), division, separator=" - ", ignore_nulls=True)
    return pl.when(whole == "").then(pl.lit("Ensemble")).otherwise(whole)


def attention_table(points: pl.DataFrame) -> pl.DataFrame:
    """The table `attention_points`: titles and caveats written out."""
    definitions = market().attention
    titles = {k: t.title for k, t in definitions.items()}
    found = points.with_columns(
        pl.col("point").replace_strict(titles, return_dtype=pl.String).alias("titre"),
        pl.col("caveat").replace_strict(market().caveats, return_dtype=pl.String).alias("precaution"),
        pl.col("lecture").alias("a_verifier"),
    ).drop("caveat", "lecture")
    return conform(found, TABLES["attention_points"])
