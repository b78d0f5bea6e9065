"""Volume, lag, legal delay and amounts: silent on steady histories, found where they are seeded."""

from __future__ import annotations

import re
from datetime import date, timedelta

import polars as pl
import pytest

from procurement_assets.quality.watch.months import FEED, feed_months
from procurement_assets.quality.watch.signals import month_alerts, with_expected
from procurement_assets_tests.quality.watch.histories import DATA_DATE, history, in_month, without_month

MONTH = date(2025, 9, 1)


def _alerts(feed: pl.DataFrame) -> pl.DataFrame:
    return month_alerts(with_expected(feed_months(feed, DATA_DATE, {})))


def _found(feed: pl.DataFrame) -> set[tuple[str, str]]:
    return set(_alerts(feed).select("signal", "mois").iter_rows())


@pytest.mark.parametrize("per_month", [3.0, 12.0, 22.0, 80.0])
def test_a_steady_feed_makes_no_alert(per_month: float) -> None:
    """Thirty histories of four years for each: 40,000 figures of months, and not one alert."""
    feeds = [history(seed, per_month=per_month, source=f"flux-{seed}") for seed in range(30)]
    assert _alerts(pl.concat(feeds)).to_dicts() == []


def test_the_seasons_of_a_feed_make_no_alert() -> None:
    """Once two Augusts and two Decembers are known, the third ones are usual."""
    feeds = [history(seed, seasonal=True, source=f"flux-{seed}") for seed in range(10)]
    assert _alerts(pl.concat(feeds)).filter(pl.col("mois") >= "2024-08").to_dicts() == []


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("base", ["notification", "publication"])
def test_an_empty_month_is_found(seed: int, base: str) -> None:
    month = MONTH if base == "notification" else date(2025, 12, 1)
    found = _alerts(without_month(history(seed), month, base)).filter(pl.col("signal") == f"volume_{base}")
    assert found.select("mois", "observe", "severity", "actuel").rows() == [
        (month.strftime("%Y-%m"), 0.0, "critical", base == "publication" or month >= date(2025, 9, 1))
    ]


def test_a_feed_that_stays_empty_keeps_alerting() -> None:
    """Five empty months in an uneven past: each is an alert."""
    feed = history(1, seasonal=True)
    for month in range(3, 8):
        feed = without_month(feed, date(2025, month, 1), "notification")
    empty = _alerts(feed).filter((pl.col("signal") == "volume_notification") & (pl.col("observe") == 0))
    assert empty["mois"].to_list() == [f"2025-0{m}" for m in range(3, 8)]


@pytest.mark.parametrize("share", [0.3, 2.5])
def test_a_month_of_a_third_or_of_thrice_is_found(share: float) -> None:
    feed = history(1)
    own, rest = feed.filter(in_month(MONTH)), feed.filter(~in_month(MONTH))
    changed = own.sample(fraction=share, with_replacement=True, seed=1)
    assert ("volume_notification", "2025-09") in _found(pl.concat([rest, changed]))


def test_a_late_month_is_found() -> None:
    """What is published in a month was notified forty days earlier than usual."""
    feed = history(2).with_columns(
        notification=pl.when(in_month(date(2025, 12, 1), "publication"))
        .then(pl.col("notification") - timedelta(days=40))
        .otherwise("notification")
    )
    assert ("retard", "2025-12") in _found(feed)


def test_a_month_beyond_the_legal_delay_is_found() -> None:
    """Half of a month's contracts come 75 days after their notification, where one in twelve is usual."""
    late = in_month(MONTH) & (pl.col("notification").dt.day() % 2 == 0)
    feed = history(3).with_columns(
        publication=pl.when(late).then(pl.col("notification") + timedelta(days=75)).otherwise("publication")
    )
    assert ("delai_legal", "2025-09") in _found(feed)
    said = _alerts(feed).filter((pl.col("signal") == "delai_legal") & (pl.col("mois") == "2025-09"))["message"][0]
    assert re.fullmatch(
        "flux, mois de notification 2025-09 : [0-9]+\u202f% publiés après les deux mois légaux, "
        "attendu au plus [0-9]+\u202f%.",
        said,
    )


@pytest.mark.parametrize("factor", [100.0, 0.01])
def test_amounts_in_cents_or_in_hundreds_are_found(factor: float) -> None:
    feed = history(4).with_columns(
        montant=pl.when(in_month(MONTH)).then(pl.col("montant") * factor).otherwise("montant")
    )
    found = _alerts(feed).filter(pl.col("signal") == "montant")
    assert found["mois"].to_list() == ["2025-09"]


def test_the_current_month_can_only_have_too_much() -> None:
    """On 8 January few contracts of January are there: no alert; four times a usual month: one."""
    feed = history(5).filter(pl.col("notification") < date(2026, 1, 1))
    assert not [m for _, m in _found(feed) if m == "2026-01"]
    january = pl.DataFrame({"source": "flux", "notification": [date(2026, 1, 5)] * 400}).with_columns(
        publication=pl.lit(date(2026, 1, 6)), montant=pl.lit(100_000.0)
    )
    assert ("volume_publication", "2026-01") in _found(pl.concat([feed, january.select(list(FEED))]))


def test_the_legal_delay_of_recent_months_is_not_judged_before_it_is_over() -> None:
    months = feed_months(history(6), DATA_DATE, {})
    judged = months.filter(pl.col("base") == "notification").filter("juge")["mois"].max()
    assert judged == "2025-10"
    assert months.filter(pl.col("base") == "publication").filter("juge")["mois"].max() == "2025-12"


def test_two_calendar_months_are_the_legal_delay() -> None:
    """31 December + 2 months is 28 February: published that day is in time, the day after is late."""
    rows = [("f", date(2024, 12, 31), day, 1.0) for day in (date(2025, 2, 28), date(2025, 3, 1))]
    months = feed_months(pl.DataFrame(rows, schema=FEED, orient="row"), DATA_DATE, {})
    december = months.filter((pl.col("base") == "notification") & (pl.col("mois") == "2024-12"))
    assert december.select("delai_connus", "hors_delai", "part_hors_delai").row(0) == (2, 1, 0.5)


def test_a_source_with_an_end_has_no_month_after_it() -> None:
    months = feed_months(history(7), DATA_DATE, {"flux": date(2024, 6, 30)})
    assert months["mois"].max() == "2024-06"


def test_a_stray_date_does_not_begin_a_feed_and_a_hole_is_a_row() -> None:
    stray = pl.DataFrame([("flux", date(2009, 5, 5), None, 1.0)], schema=FEED, orient="row")
    months = feed_months(pl.concat([without_month(history(8), MONTH, "notification"), stray]), DATA_DATE, {})
    notified = months.filter(pl.col("base") == "notification")
    assert notified["mois"].min() == "2022-01"
    assert notified.filter(pl.col("mois") == "2025-09")["contrats"].to_list() == [0]


def test_too_short_a_past_says_nothing() -> None:
    feed = history(9).filter(pl.col("notification") >= date(2025, 7, 1))
    assert _found(without_month(feed, date(2025, 9, 1), "notification")) == set()


def test_the_order_of_rows_decides_nothing() -> None:
    feed = pl.concat([history(1), history(2, source="autre")])
    one = with_expected(feed_months(feed, DATA_DATE, {}))
    assert with_expected(feed_months(feed.sample(fraction=1, shuffle=True, seed=3), DATA_DATE, {})).equals(one)
