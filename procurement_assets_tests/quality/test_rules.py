"""Every rule of the catalogue accepts its passing record and refuses its failing one."""

from __future__ import annotations

from typing import Any

import pytest

from procurement_assets.quality.catalogue import load_catalogue
from procurement_assets.quality.results import RuleResult
from procurement_assets.quality.suites import run_rules
from procurement_assets.schema import TABLES
from procurement_assets_tests.quality.cases import CASES
from procurement_assets_tests.quality.support import DATA_DATE, frame, row

CATALOGUE = load_catalogue()
TABLE_OF = {rule.id: table for table, rules in CATALOGUE.tables.items() for rule in rules}


def _rows(table: str) -> list[dict[str, Any]]:
    """Every case of a table's rules in one frame: the uid (or the id it overrides) says which case a row is of."""
    found: list[dict[str, Any]] = []
    for rule in CATALOGUE.of(table):
        for verdict, rows in zip(("pass", "fail"), CASES[rule.id], strict=True):
            for overrides in rows:
                name = f"{rule.id} {verdict}"
                found.append({**row(table, name, len(found), overrides), "_case": (rule.id, verdict)})
    return found


@pytest.fixture(scope="module")
def outcomes() -> dict[str, tuple[RuleResult, set[int], list[tuple[str, str]]]]:
    """Rule id to its result, the numbers of its failing rows, and the case of each row."""
    found = {}
    for table, rules in CATALOGUE.tables.items():
        rows = _rows(table)
        cases = [r.pop("_case") for r in rows]
        data = frame(table, rows)
        for result in run_rules(TABLES[table], data, rules, data_date=DATA_DATE):
            failed = set(_numbers(data, result))
            found[result.rule.id] = (result, failed, cases)
    return found


def _numbers(data: Any, result: RuleResult) -> list[int]:
    """Row numbers of the failing rows, found again by their key columns and value."""
    names = [n for n in result.failed.columns if n in data.columns]
    wanted = {tuple(map(str, r)) for r in result.failed.select(names).iter_rows()}
    return [i for i, r in enumerate(data.select(names).iter_rows()) if tuple(map(str, r)) in wanted]


def test_every_rule_has_a_passing_and_a_failing_record() -> None:
    assert set(CASES) == set(TABLE_OF)


@pytest.mark.parametrize("rule_id", TABLE_OF)
def test_rule_tells_its_records_apart(outcomes: Any, rule_id: str) -> None:
    result, failed, cases = outcomes[rule_id]
    assert result.error == ""
    own = {verdict: [i for i, case in enumerate(cases) if case == (rule_id, verdict)] for verdict in ("pass", "fail")}
    assert own["fail"][-1] in failed, "the failing record is not found"
    assert not failed & set(own["pass"]), "the passing record is refused"
    assert result.failing >= 1
    assert result.evaluated > result.failing
    assert result.failing <= result.in_scope


def test_a_record_that_breaks_nothing_is_refused_by_no_rule() -> None:
    for table, rules in CATALOGUE.tables.items():
        data = frame(table, [row(table, "seul", 0, {})])
        results = run_rules(TABLES[table], data, rules, data_date=DATA_DATE)
        assert [r.rule.id for r in results if not r.passed] == []
