"""How rules are run: errors told from findings, thresholds, slices, empty tables, findings."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import polars as pl
import pytest

from procurement_assets.decp.identifiers import is_siret
from procurement_assets.quality.catalogue import load_catalogue
from procurement_assets.quality.derived import siret_key_is_right
from procurement_assets.quality.model import Limit, Rule, Thresholds
from procurement_assets.quality.results import WHOLE_TABLE, findings, sources_of
from procurement_assets.quality.suites import data_date_of, run_catalogue, run_rules
from procurement_assets.schema import TABLES, conform
from procurement_assets_tests.quality.support import BUYER, DATA_DATE, frame, one_contract, row

CONTRACTS = TABLES["contracts"]


def rule(**fields: Any) -> Rule:
    given = {
        "id": "DECP-M-900",
        "title": "Titre",
        "explanation": "Explication",
        "severity": "warning",
        "legal_basis": "bonne pratique",
        "advice": "Corriger.",
        "column": "montant",
    }
    return Rule(**(given | fields))


def amounts(*values: float | None) -> pl.DataFrame:
    return frame("contracts", [row("contracts", f"{BUYER}X{n}", n, {"montant": v}) for n, v in enumerate(values)])


def run(data: pl.DataFrame, *rules: Rule, **options: Any) -> Any:
    return run_rules(CONTRACTS, data, rules, data_date=DATA_DATE, **options)


BETWEEN = rule(expectation="expect_column_values_to_be_between", arguments={"min_value": 1, "max_value": 100})


def test_a_result_says_what_was_judged_and_what_failed() -> None:
    (result,) = run(amounts(5.0, None, 500.0, 0.0), BETWEEN)
    assert (result.in_scope, result.evaluated, result.failing, result.status) == (4, 3, 2, "warning")
    assert result.share == pytest.approx(2 / 3)
    assert result.failed["uid"].to_list() == [f"{BUYER}X2", f"{BUYER}X3"]
    assert result.rows(1) == [{"record": f"{BUYER}X2", "montant": "500"}]


@pytest.mark.parametrize(("kind", "at_fault"), [("in_set", ["1"]), ("not_be_in_set", ["0"])])
def test_a_set_of_dates_is_compared_as_dates(kind: str, at_fault: list[str]) -> None:
    days = [date(2024, 1, 1), date(2025, 1, 1), None]
    data = frame("contracts", [row("contracts", f"{n}", n, {"dateNotification": d}) for n, d in enumerate(days)])
    named = f"expect_column_values_to_{'be_' if kind == 'in_set' else ''}{kind}"
    judged = rule(column="dateNotification", expectation=named, arguments={"value_set": ["2024-01-01"]})
    (result,) = run(data, judged)
    assert (result.evaluated, result.failed["uid"].to_list()) == (2, at_fault)


def test_slices_change_nothing() -> None:
    data = amounts(*(float(n) for n in range(0, 250)))
    whole = run(data, BETWEEN)
    sliced = run(data, BETWEEN, slice_rows=7)
    assert [(r.failing, r.evaluated, r.failed.to_dicts()) for r in whole] == [
        (r.failing, r.evaluated, r.failed.to_dicts()) for r in sliced
    ]


def test_an_expression_that_is_empty_does_not_judge_the_row() -> None:
    (result,) = run(amounts(5.0, None, 500.0), rule(expression="montant < 100"))
    assert (result.in_scope, result.evaluated, result.failing) == (3, 2, 1)


def test_a_rule_that_cannot_run_is_an_error_and_not_a_finding() -> None:
    broken = rule(id="DECP-M-901", expression="CAST(objet AS INTEGER) > 0")
    impossible = rule(
        id="DECP-M-902", column="objet", expectation="expect_column_values_to_be_between", arguments={"min_value": 1}
    )
    refused = rule(id="DECP-M-903", expectation="expect_column_values_to_be_between", arguments={"min_value": [1, 2]})
    good, *bad = run(amounts(5.0, 500.0), BETWEEN, broken, impossible, refused)
    assert (good.failing, good.error) == (1, "")
    for result in bad:
        assert result.error, result.rule.id
        assert "\n" not in result.error
        assert (result.status, result.passed, result.blocks) == ("error", False, True)
    assert findings([good, *bad])["rule"].unique().to_list() == ["DECP-M-900"]


def test_a_blocking_rule_blocks_above_its_threshold_only() -> None:
    limits = Thresholds(warning=Limit(count=1), blocking=Limit(share=0.5))
    strict = msgspec.structs.replace(BETWEEN, blocking=True, thresholds=limits)
    assert [run(amounts(*v), strict)[0].status for v in ([5.0, 500.0], [5.0] * 3 + [500.0] * 2, [500.0, 500.0])] == [
        "ok",
        "warning",
        "blocking",
    ]
    assert run(amounts(5.0, 500.0), strict)[0].failing == 1


def test_a_figure_of_the_table_has_no_failing_row() -> None:
    count = rule(column="", expectation="expect_table_row_count_to_be_between", arguments={"min_value": 3})
    (result,) = run(amounts(1.0, 2.0), count)
    assert (result.failing, result.evaluated, result.observed, result.failed.height) == (1, 1, "2", 0)
    assert findings([result]).select("record", "value").rows() == [(WHOLE_TABLE, "2")]


def test_an_empty_table_and_an_empty_scope_find_nothing() -> None:
    catalogue = load_catalogue()
    empty = {name: TABLES[name].frame([]) for name in catalogue.tables}
    results = run_catalogue(catalogue, empty, data_date=None)
    assert [r.rule.id for r in results if r.error or r.failing] == []
    (result,) = run(amounts(500.0), msgspec.structs.replace(BETWEEN, scope="format = '2019'"))
    assert (result.in_scope, result.evaluated, result.passed) == (0, 0, True)


def test_without_a_data_date_nothing_is_in_the_future() -> None:
    late = rule(column="dateNotification", expression="dateNotification <= date_donnees")
    data = one_contract(dateNotification=date(2099, 1, 1))
    (result,) = run_rules(CONTRACTS, data, [late], data_date=None)
    assert (result.evaluated, result.failing) == (0, 0)
    assert run(data, late)[0].failing == 1


def test_the_data_date_is_that_of_the_newest_file() -> None:
    files = pl.DataFrame({"fichier_date": ["2025-01-08T04:10:00+00:00", "", "2026-01-08T04:10:00+00:00"]})
    assert data_date_of(files) == date(2026, 1, 8)
    assert data_date_of(files.filter(pl.col("fichier_date") == "")) is None


def test_findings_conform_and_name_the_source() -> None:
    catalogue = load_catalogue()
    uid = f"{BUYER}X0"
    frames = {
        "contracts": one_contract(montant=10.0),
        "contract_titulaires": frame(
            "contract_titulaires", [row("contract_titulaires", uid, 0, {"titulaire_id_publie": "40144985571"})]
        ),
    }
    results = run_catalogue(catalogue, frames, data_date=DATA_DATE)
    sources = sources_of([frames["contracts"]], {BUYER: "Direction des achats"})
    found = conform(findings(results, sources), TABLES["findings"])
    wanted = ("rule", "record", "value", "expected", "source", "date", "acheteur_id", "service")
    day, buyer = date(2025, 3, 10), (BUYER, "Direction des achats")
    assert found.select(wanted).rows() == [
        ("DECP-M-204", uid, "1", "aucun titulaire sans identifiant, ni de SIRET faux", "maximilien", day, *buyer),
        ("DECP-M-403", uid, "10", "une autre valeur que : 10", "maximilien", day, *buyer),
        (
            "DECP-T-202",
            f"{uid} | 0 | 1",
            "40144985571",
            "14 chiffres (publié : numéro tronqué)",
            "maximilien",
            day,
            *buyer,
        ),
    ]
    assert found["uid"].to_list() == [uid] * 3
    assert found["advice"].null_count() == 0


def test_results_are_in_the_order_of_the_catalogue_whatever_the_order_of_rows() -> None:
    catalogue = load_catalogue()
    data = amounts(*(float(n % 12) for n in range(60)))
    first = run_rules(CONTRACTS, data, catalogue.of("contracts"), data_date=DATA_DATE)
    second = run_rules(
        CONTRACTS, data.sample(fraction=1, shuffle=True, seed=3), catalogue.of("contracts"), data_date=DATA_DATE
    )
    assert [r.rule.id for r in first] == [r.id for r in catalogue.of("contracts")] == [r.rule.id for r in second]
    assert findings(first).equals(findings(second))


SIRETS = {
    "80836899700041": True,
    "80836899700042": False,
    "35600000049837": True,  # La Poste: fails Luhn, digits add up to a multiple of 5
    "35600000000048": True,  # La Poste's head office passes both
    "35600000049838": False,
    "00000000000000": False,
    "8083689970004": None,
    "8083689970004A": None,
    "": None,
    None: None,
}


def test_the_siret_key_is_judged_as_by_the_reader() -> None:
    frame = pl.DataFrame({"id": list(SIRETS)}, schema={"id": pl.String})
    assert frame.select(siret_key_is_right(pl.col("id"))).to_series().to_list() == list(SIRETS.values())
    for value, right in SIRETS.items():
        assert right is None or is_siret(str(value)) == right


def test_the_library_is_imported_only_when_rules_run() -> None:
    import subprocess
    import sys

    code = "import sys, procurement_assets.checks; assert 'great_expectations' not in sys.modules"
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=False).returncode == 0
