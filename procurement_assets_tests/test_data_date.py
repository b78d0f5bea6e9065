"""The date of the data, in one place for OCDS and for the rules."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from procurement_assets.data_date import latest_date
from procurement_assets.ocds.produce import data_date
from procurement_assets.quality.suites import data_date_of


def files(*dates: str | None) -> pl.DataFrame:
    """The table of files with these dates."""
    return pl.DataFrame({"fichier_date": list(dates)}, schema={"fichier_date": pl.String})


def test_the_latest_date_is_found_as_a_moment_and_not_as_text() -> None:
    found = files("2026-01-08T01:00:00+02:00", "2026-01-07T23:30:00+00:00", None, "", "yesterday")
    assert latest_date(found) == "2026-01-07T23:30:00+00:00"


def test_a_date_without_an_offset_is_of_paris_wherever_the_machine_is() -> None:
    assert latest_date(files("2026-01-08", "2026-01-07T23:30:00+00:00")) == "2026-01-07T23:30:00+00:00"
    assert latest_date(files("2026-01-08", "2026-01-07T22:30:00+00:00")) == "2026-01-08"


def test_ocds_and_the_rules_have_the_same_day() -> None:
    found = files("2026-01-08T05:10:00+01:00", "2025-12-31")
    assert data_date(found)[:10] == str(data_date_of(found)) == "2026-01-08"
    assert data_date_of(found) == date(2026, 1, 8)


def test_without_any_date_ocds_stops_and_the_rules_have_none() -> None:
    assert data_date_of(files("", None)) is None
    with pytest.raises(ValueError, match="aucun fichier lu n'a de date de publication"):
        data_date(files("", None))
