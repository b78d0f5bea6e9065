"""The legal delay by month: the same judgement as the rule, with its denominator."""

from __future__ import annotations

from datetime import date

import polars as pl

from procurement_assets.quality.catalogue import load_catalogue
from procurement_assets.quality.report_delays import MONTHS_SHOWN, delays
from procurement_assets.quality.suites import run_rules
from procurement_assets.schema import TABLES
from procurement_assets_tests.quality.support import BUYER, DATA_DATE, frame, row


def _tables(*days: tuple[date | None, date | None]) -> dict[str, pl.DataFrame]:
    rows = [
        row("contracts", f"{BUYER}X{n}", n, {"dateNotification": start, "datePublicationDonnees": published})
        for n, (start, published) in enumerate(days)
    ]
    return {"contracts": frame("contracts", rows), "concessions": TABLES["concessions"].frame([])}


def test_two_months_are_calendar_months() -> None:
    found = delays(
        _tables(
            (date(2024, 12, 31), date(2025, 2, 28)),
            (date(2024, 12, 31), date(2025, 3, 1)),
            (date(2025, 1, 1), date(2025, 3, 1)),
            (date(2025, 1, 1), date(2025, 3, 2)),
        ),
        data_date=DATA_DATE,
    )
    assert [(d.month, d.contracts, d.late, d.share) for d in found] == [("2025-01", 2, 1, 0.5), ("2024-12", 2, 1, 0.5)]
    assert (found[0].median_days, found[0].p90_days) == (59.5, 60)


def test_the_same_contracts_are_late_as_for_the_rule() -> None:
    tables = _tables(*((date(2025, 1, d), date(2025, 3, 14)) for d in range(1, 29)))
    rule = next(r for r in load_catalogue().of("contracts") if r.id == "DECP-M-306")
    result = run_rules(TABLES["contracts"], tables["contracts"], [rule], data_date=DATA_DATE)[0]
    assert sum(d.late for d in delays(tables, data_date=DATA_DATE)) == result.failing == 13


def test_wrong_dates_are_left_to_their_own_rules() -> None:
    tables = _tables(
        (None, date(2025, 3, 1)),
        (date(2025, 3, 1), None),
        (date(2025, 3, 1), date(2025, 2, 1)),
        (date(2026, 5, 1), date(2026, 5, 2)),
        (date(2025, 3, 1), date(2025, 3, 1)),
    )
    assert [(d.month, d.contracts, d.late) for d in delays(tables, data_date=DATA_DATE)] == [("2025-03", 1, 0)]


def test_the_newest_months_are_shown() -> None:
    days = [(date(2020 + n // 12, n % 12 + 1, 1),) * 2 for n in range(60)]
    found = delays(_tables(*days), data_date=DATA_DATE)
    assert len(found) == MONTHS_SHOWN
    assert (found[0].month, found[-1].month) == ("2024-12", "2023-01")
