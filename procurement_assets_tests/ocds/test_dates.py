"""Dates and periods."""

from __future__ import annotations

from datetime import datetime

import pytest

from procurement_assets.ocds.mapping.dates import midnight, period, unplaced


def test_a_day_is_midnight_in_paris_in_summer_and_in_winter() -> None:
    assert midnight("2024-05-15") == "2024-05-15T00:00:00+02:00"
    assert midnight("2024-01-15") == "2024-01-15T00:00:00+01:00"
    assert midnight("2024-03-31") == "2024-03-31T00:00:00+01:00"  # summer time starts at two
    assert midnight("2024-10-27") == "2024-10-27T00:00:00+02:00"  # and ends at three


@pytest.mark.parametrize("published", ["0218-03-07", "1989-12-31", "2050-01-01", "5021-01-01", "2024-02-30", "", None])
def test_a_day_that_cannot_be_believed_gives_no_date(published: str | None) -> None:
    assert midnight(published) is None


def test_a_day_that_no_field_can_hold_is_kept_as_published() -> None:
    assert unplaced("0218-03-07") == "0218-03-07"
    assert unplaced("2024-05-15") is None


@pytest.mark.parametrize(
    ("start", "months", "end", "days"),
    [
        ("2024-05-15", 48, "2028-05-14T23:59:59+02:00", 1461),
        ("2024-01-01", 12, "2024-12-31T23:59:59+01:00", 366),
        ("2024-01-31", 1, "2024-02-28T23:59:59+01:00", 29),
        ("2023-08-31", 6, "2024-02-28T23:59:59+01:00", 182),
        ("2024-06-15", 18, "2025-12-14T23:59:59+01:00", 548),
    ],
)
def test_a_period_is_counted_in_calendar_months(start: str, months: int, end: str, days: int) -> None:
    found = period(start, months)
    assert found is not None
    assert (found.endDate, found.durationInDays) == (end, days)
    # Pelican accepts the difference in days rounded down or up.
    assert found.startDate is not None
    elapsed = (datetime.fromisoformat(end) - datetime.fromisoformat(found.startDate)).total_seconds() / 86_400
    assert int(elapsed) <= days <= int(elapsed) + 1


@pytest.mark.parametrize("months", [9_999, 10**6, 0, -3, None])
def test_a_duration_that_makes_no_sense_gives_a_start_alone(months: int | None) -> None:
    found = period("2024-05-15", months)
    assert found is not None
    assert (found.startDate, found.endDate, found.durationInDays) == ("2024-05-15T00:00:00+02:00", None, None)


def test_no_period_without_a_start() -> None:
    assert period(None, 12) is None
    assert period("0218-03-07", 12) is None
