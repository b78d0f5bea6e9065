"""The aggregated indicators on the edges: exactly 90 and 110 % of a threshold, exactly half as much again."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from procurement_assets.quality.indicators.market import measures
from procurement_assets.quality.indicators.market.attention import attention_points
from procurement_assets.quality.indicators.market.frames import cases
from procurement_assets.quality.indicators.market.registry import market
from procurement_assets_tests.quality.indicators.test_market import contracts

DAYS = {90_000: date(2024, 3, 1), 221_000: date(2024, 3, 1), 214_000: date(2021, 3, 1), 216_000: date(2026, 3, 1)}
"""Thresholds and a day when each is in force."""


@pytest.mark.parametrize("amount", DAYS)
def test_the_band_of_a_threshold_begins_at_90_per_cent_and_ends_below_110(amount: int) -> None:
    """1.1 × 90,000 is 99,000.00000000001 for a computer: a contract of exactly 110 % is out of the band."""
    at = [amount * 0.9, amount - 0.01, float(amount), amount * 11 / 10 - 0.01, amount * 11 / 10, amount * 0.9 - 0.01]
    day, which = DAYS[amount], "publicite_90000" if amount == 90_000 else "ue_fournitures_services"
    frame = contracts(*({"montant": round(a, 2), "type": "Services", "dateNotification": day} for a in at))
    found = pl.concat(measures.near_thresholds(cases(frame), market().threshold))
    row = found.filter((pl.col("seuil") == which) & pl.col("annee").is_null()).row(0, named=True)
    assert (row["numerateur"], row["denominateur"]) == (2, 4)


@pytest.mark.parametrize(("before", "after"), [(1.16, 1.74), (7000.7, 10501.05)])
def test_exactly_half_as_much_again_is_no_point_of_attention(before: float, after: float) -> None:
    frame = contracts(
        {"montant": before, "montant_actuel": after, "nombre_modifications": 1},
        {"montant": before, "montant_actuel": round(after + 0.01, 2), "nombre_modifications": 1},
    )
    points = attention_points(cases(frame), {}, None).filter(pl.col("point") == "hausse_50")
    assert points["identifiant"].to_list() == ["u0001"]


@pytest.mark.parametrize("factor", [0.5, 3.0])
def test_exactly_half_or_thrice_the_amount_counts_in_the_growth(factor: float) -> None:
    """3 × 0.7 is 2.0999999999999996 for a computer."""
    frame = contracts({"montant": 0.7, "montant_actuel": round(0.7 * factor, 2), "nombre_modifications": 1})
    found = pl.concat(measures.growth(cases(frame))).filter(pl.col("niveau") == "ensemble")
    assert found["valeur"].unique().to_list() == [factor - 1]
