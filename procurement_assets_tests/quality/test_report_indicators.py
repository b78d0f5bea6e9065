"""The page of indicators: aggregates with their caveat, nothing under the minimum, nobody named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from procurement_assets.lake import Lake
from procurement_assets.quality.report_indicators import (
    PAGE,
    build_indicators_page,
    indicators_view,
    interval,
    render_indicators,
    value,
)
from procurement_assets.schema import TABLES
from procurement_assets_tests.pages import assert_accessible_and_alone
from procurement_assets_tests.quality.support import DATA_DATE

SINGLE = "part_offre_unique"


def _value(level: str, group: str, year: int, found: float | None, cases: int) -> dict[str, Any]:
    share = {"valeur": found, "bas": None if found is None else found / 2, "haut": None if found is None else found * 2}
    about = {"indicateur": SINGLE, "titre": "Offre unique", "unite": "part", "precaution": "C01", "minimum": 20}
    return about | {"niveau": level, "groupe": group, "groupe_libelle": group, "annee": year, "effectif": cases} | share


def _registered(identity: str, *, computable: bool, missing: tuple[str, ...] = ()) -> dict[str, Any]:
    texts = {"titre": identity, "definition": "Une part <b>", "precaution": "Une question, pas une réponse."}
    return texts | {
        "origine": "Ville de Paris",
        "indicateur": identity,
        "niveau": "agrégé",
        "champs": ["offresRecues"],
        "calculable": computable,
        "champs_manquants": list(missing),
        "minimum": 20,
    }


def _check(name: str, result: str) -> dict[str, Any]:
    counts = {"total": 10, "juges": 8, "respectes": 7, "en_echec": 1, "exemples": []}
    texts = {"niveau": "processus", "controle": name, "champ": "", "titre": name, "explication": f"Dit {name}."}
    return texts | {"resultat": result} | counts


def _tables() -> dict[str, pl.DataFrame]:
    values = [
        _value("ensemble", "*", 2024, 0.2, 100),
        _value("ensemble", "*", 2025, None, 3),
        _value("ensemble", "*", 0, 0.19, 103),
        _value("division", "45", 0, 0.3, 50),
        _value("division", "03", 0, None, 2),
        _value("division", "45", 2024, 0.3, 50),
    ]
    registry = [
        _registered(SINGLE, computable=True),
        _registered("jamais_calcule", computable=True),
        _registered("pertes_offres", computable=False, missing=("bids",)),
    ]
    checks = [_check("a", "attendu"), _check("b", "échec"), _check("c", "respecté"), _check("d", "sans objet")]
    return {
        "indicators": TABLES["indicators"].frame(values),
        "indicators_registry": TABLES["indicators_registry"].frame(registry),
        "ocds_quality": TABLES["ocds_quality"].frame(checks),
    }


def test_years_come_newest_first_and_all_years_last() -> None:
    (only,) = indicators_view(_tables()).indicators
    assert [row["annee"] for row in only.years] == [2025, 2024, 0]
    assert [(row["groupe"], row["valeur"]) for row in only.divisions] == [("45", 0.3)]
    assert only.hidden == 1


def test_what_is_defined_by_others_comes_last_under_its_own_name() -> None:
    """R018 and our share of single offers have nearly one title, and two values."""
    tables = _tables()
    value, about = _value("ensemble", "*", 0, 0.08, 100), _registered("R018", computable=True)
    values = [*tables["indicators"].to_dicts(), value | {"indicateur": "R018"}]
    registry = [*tables["indicators_registry"].to_dicts(), about | {"origine": "Cardinal", "titre": "Offre unique"}]
    made = {"indicators": values, "indicators_registry": registry}
    view = indicators_view(tables | {n: TABLES[n].frame(rows) for n, rows in made.items()})
    assert [i.title for i in view.indicators] == [SINGLE, "Offre unique (Cardinal R018)"]


def test_failed_checks_come_before_those_expected_of_decp() -> None:
    view = indicators_view(_tables())
    assert [(q["controle"], q["resultat"]) for q in view.failed] == [("b", "échec"), ("a", "attendu")]
    assert (view.respected, view.without_object) == (1, 1)


def test_what_cannot_be_computed_is_told_with_the_missing_field() -> None:
    assert [(r["indicateur"], r["champs_manquants"]) for r in indicators_view(_tables()).not_computable] == [
        ("pertes_offres", ["bids"])
    ]


@pytest.mark.parametrize(
    ("unit", "figure", "text"),
    [
        ("part", 0.123, "12,3\u202f%"),
        ("part", -0.0104, "−1,0\u202f%"),
        ("indice", 0.0421, "0,042"),
        ("jours", 16.0, "16\u202fj"),
        ("offres", 4.5, "4,5"),
        ("part", None, "–"),
    ],
)
def test_a_figure_is_written_in_its_unit(unit: str, figure: float | None, text: str) -> None:
    assert value({"valeur": figure, "unite": unit}) == text


def test_an_interval_is_told_where_there_is_one() -> None:
    assert interval({"bas": 0.1, "haut": 0.2, "unite": "part"}) == "de 10,0\u202f% à 20,0\u202f%"
    assert interval({"bas": None, "haut": None, "unite": "part"}) == "–"


def test_the_page_is_accessible_and_says_how_to_read_it() -> None:
    page = render_indicators("Ville de <Paris>", indicators_view(_tables()), data_date=DATA_DATE)
    assert_accessible_and_alone(page)
    assert "Une question, pas une réponse." in page
    assert "Une part &lt;b&gt;" in page
    assert "bids" in page


def test_the_page_is_written_the_same_twice(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    for name, frame in (_tables() | {"files": TABLES["files"].frame([])}).items():
        lake.write_table(frame, name, "paris")
    build_indicators_page(lake, "paris", "Ville de Paris")
    first = (lake.exports("paris") / PAGE).read_bytes()
    build_indicators_page(lake, "paris", "Ville de Paris")
    assert (lake.exports("paris") / PAGE).read_bytes() == first
