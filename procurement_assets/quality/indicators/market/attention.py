"""Points of attention: contracts and suppliers that the working group may want to look at first.

Never published, and never a verdict: each has its caveat and says what to check. Most have an ordinary explanation,
and many are errors of entry.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from procurement_assets.quality.indicators.market.frames import WITHOUT_COMPETITION, cents
from procurement_assets.quality.indicators.market.registry import Market, market

RISE = 1.5


def attention_points(cases: pl.DataFrame, diverse: Mapping[str, float], fence: float | None) -> pl.DataFrame:
    """Columns of the table `attention_points`, from the cases and the suppliers that Cardinal's R048 flags.

    `diverse`: party id of a supplier to its number of CPV divisions; `fence`: the number from which it is flagged.
    """
    definitions = market()
    european = _european(definitions)
    found = [
        _contracts(cases.filter(pl.col("offres") == 1), "offre_unique", pl.col("offres"), pl.lit(1.0)),
        _contracts(
            cases.with_columns(european.alias("limite")).filter(
                (pl.col("procedure") == WITHOUT_COMPETITION) & (pl.col("montant") >= pl.col("limite"))
            ),
            "sans_publicite_au_dela",
            pl.col("montant"),
            pl.col("limite"),
        ),
        _contracts(
            cases.filter((pl.col("nombre_modifications") > 0) & (cents("actuel") > RISE * cents("montant"))),
            "hausse_50",
            (pl.col("actuel") / pl.col("montant")).round(4),
            pl.lit(RISE),
        ),
        _suppliers(diverse, fence),
    ]
    texts = pl.DataFrame(
        [{"point": k, "caveat": t.caveat, "lecture": t.reading} for k, t in definitions.attention.items()]
    )
    return pl.concat(found).join(texts, on="point", how="left")


def _european(definitions: Market) -> pl.Expr:
    """The European threshold of a case's type and day."""
    amount = pl.lit(None, dtype=pl.Float64)
    for threshold in (t for t in definitions.threshold if t.formal):
        for span in threshold.periods:
            applies = pl.col("type").is_in(threshold.types) & pl.col("jour").is_between(span.first, span.last)
            amount = pl.when(applies).then(float(span.amount)).otherwise(amount)
    return amount


def _contracts(frame: pl.DataFrame, point: str, value: pl.Expr, limit: pl.Expr) -> pl.DataFrame:
    return frame.select(
        pl.lit(point).alias("point"),
        pl.lit("marché").alias("objet"),
        pl.col("uid").alias("identifiant"),
        "acheteur",
        "annee",
        value.cast(pl.Float64).alias("valeur"),
        limit.cast(pl.Float64).alias("limite"),
    )


def _suppliers(diverse: Mapping[str, float], fence: float | None) -> pl.DataFrame:
    rows = sorted(diverse.items())
    return pl.DataFrame(
        {
            "point": ["activites_diverses"] * len(rows),
            "objet": ["titulaire"] * len(rows),
            "identifiant": [ident for ident, _ in rows],
            "acheteur": [None] * len(rows),
            "annee": [None] * len(rows),
            "valeur": [value for _, value in rows],
            "limite": [fence] * len(rows),
        },
        schema={
            "point": pl.String,
            "objet": pl.String,
            "identifiant": pl.String,
            "acheteur": pl.String,
            "annee": pl.Int64,
            "valeur": pl.Float64,
            "limite": pl.Float64,
        },
    )
