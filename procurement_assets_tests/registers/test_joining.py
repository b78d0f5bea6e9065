from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from procurement_assets.registers.joining import active_on, ceased_on, cpv_known, place_known, unit_known
from procurement_assets.schema import TABLES

CPV = pl.DataFrame({"code": ["03000000", "45111291"]})
DEPARTEMENTS = pl.DataFrame({"code": ["75", "2A", "2B", "974"]})
REGIONS = pl.DataFrame({"code": ["11", "94", "04"]})
SIRENE = TABLES["registre_sirene"].batch(
    [
        {"siren": "1", "connu": True, "etatAdministratifUniteLegale": "A", "dateDebut": date(2020, 1, 1)},
        {"siren": "2", "connu": True, "etatAdministratifUniteLegale": "C", "dateDebut": date(2024, 6, 30)},
        {"siren": "3", "connu": True, "etatAdministratifUniteLegale": "C"},
        {"siren": "4", "connu": False},
    ]
)


def test_a_cpv_code_is_known_or_not_or_is_not_judged() -> None:
    codes = pl.Series(["03000000", "45111292", "3000000", "45111291-1", "", None])
    assert cpv_known(codes, CPV).to_list() == [True, False, None, None, None, None]


@pytest.mark.parametrize(
    ("kind", "code", "known"),
    [
        ("Code département", "75", True),
        ("Code département", "2B", True),
        ("Code département", "20", False),
        ("Code département", "96", False),
        ("Code département", "974", True),
        ("Code postal", "75340", True),
        ("Code postal", "20000", True),
        ("Code postal", "97400", True),
        ("Code postal", "97133", False),
        ("Code postal", "96000", False),
        ("Code postal", "98000", None),
        ("Code postal", "00100", None),
        ("Code postal", "7534", None),
        ("Code postal", "PARIS", None),
        ("Code commune", "75056", True),
        ("Code commune", "2A004", True),
        ("Code commune", "20004", False),
        ("Code commune", "99100", None),
        ("Code arrondissement", "751", True),
        ("Code arrondissement", "9741", True),
        ("Code canton", "7501", True),
        ("Code région", "11", True),
        ("Code région", "75", False),
        ("Code pays", "FR", None),
        (None, "75", None),
        ("Code postal", None, None),
    ],
)
def test_a_place_is_judged_by_its_department_or_its_region(kind: str | None, code: str | None, known: bool) -> None:
    found = place_known(pl.Series([code], dtype=pl.String), pl.Series([kind], dtype=pl.String), DEPARTEMENTS, REGIONS)
    assert found.to_list() == [known]


def test_a_unit_is_known_unknown_or_was_not_asked_for() -> None:
    assert unit_known(pl.Series(["1", "4", "9", None]), SIRENE).to_list() == [True, False, None, None]


def test_the_day_of_the_cessation_is_that_of_the_last_state() -> None:
    assert ceased_on(pl.Series(["1", "2", "3", "4"]), SIRENE).to_list() == [None, date(2024, 6, 30), None, None]


def test_a_unit_that_ceased_the_day_of_the_notification_or_later_was_active() -> None:
    sirens = ["1", "2", "2", "2", "3", "4", "9", "1"]
    days = [date(2025, 1, 1), date(2024, 6, 29), date(2024, 6, 30), date(2024, 7, 1), *[date(2025, 1, 1)] * 3, None]
    found = active_on(pl.Series(sirens), pl.Series(days), SIRENE)
    assert found.to_list() == [True, True, True, False, None, None, None, None]


def test_without_a_register_nothing_is_judged() -> None:
    one = pl.Series(["45000000"])
    assert cpv_known(one, CPV.clear()).to_list() == [None]
    kind = pl.Series(["Code département"])
    assert place_known(pl.Series(["75"]), kind, DEPARTEMENTS.clear(), REGIONS).to_list() == [None]
    assert place_known(pl.Series(["11"]), pl.Series(["Code région"]), DEPARTEMENTS, REGIONS.clear()).to_list() == [None]
    assert unit_known(pl.Series(["1"]), SIRENE.clear()).to_list() == [None]
    assert active_on(pl.Series(["1"]), pl.Series([date(2025, 1, 1)]), SIRENE.clear()).to_list() == [None]
