"""Every rule of the catalogue accepts its passing record and refuses its failing one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from procurement_assets.quality.catalogue import load_catalogue
from procurement_assets.quality.results import RuleResult
from procurement_assets.quality.suites import run_rules
from procurement_assets.schema import TABLES
from procurement_assets_tests.quality.case_rows import ALONE
from procurement_assets_tests.quality.cases import CASES
from procurement_assets_tests.quality.support import DATA_DATE, frame, related, row

CATALOGUE = load_catalogue()
CATALOGUE_RULES = {rule.id: rule for rule in CATALOGUE.rules}
TABLE_OF = {rule.id: table for table, rules in CATALOGUE.tables.items() for rule in rules}


def _rows(table: str, rules: Iterable[str]) -> list[dict[str, Any]]:
    """Every case of these rules in one frame: the uid (or the id it overrides) says which case a row is of."""
    found: list[dict[str, Any]] = []
    for rule_id in rules:
        for verdict, rows in zip(("pass", "fail"), CASES[rule_id], strict=True):
            for overrides in rows:
                name = f"{rule_id} {verdict}"
                case = dict(overrides)
                if "uid" in case and any(k in case for k in ("montant", "dateNotification")):
                    case["uid"] = f"{name} {case['uid']}"  # many rows of one case, each its own contract
                found.append({**row(table, name, len(found), case), "_case": (rule_id, verdict)})
    return found


def _batches(table: str) -> list[list[tuple[str, str]]]:
    """The cases judged together: those that look at the whole table stand alone, passing and failing apart."""
    alone = [r.id for r in CATALOGUE.of(table) if any(ALONE in o for rows in CASES[r.id] for o in rows)]
    together = [r.id for r in CATALOGUE.of(table) if r.id not in alone]
    return [[(r, "both") for r in together], *([(r, v)] for r in alone for v in ("pass", "fail"))]


Outcome = tuple[RuleResult, set[int], list[tuple[str, str]]]


@pytest.fixture(scope="module")
def outcomes() -> dict[tuple[str, str], Outcome]:
    """(rule id, verdict) to the result, the numbers of its failing rows, and the case of each row."""
    found: dict[tuple[str, str], Outcome] = {}
    for table in CATALOGUE.tables:
        for batch in _batches(table):
            rules = [CATALOGUE_RULES[rule_id] for rule_id, _ in batch]
            rows = _rows(table, [r.id for r in rules])
            rows = [r for r in rows if batch[0][1] in ("both", r["_case"][1])]
            cases = [r.pop("_case") for r in rows]
            plain, others = related(rows)
            data = frame(table, plain)
            for result in run_rules(TABLES[table], data, rules, data_date=DATA_DATE, related=others):
                failed = set(_numbers(data, result))
                for verdict in ("pass", "fail") if batch[0][1] == "both" else (batch[0][1],):
                    found[result.rule.id, verdict] = (result, failed, cases)
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
    for verdict in ("pass", "fail"):
        result, failed, cases = outcomes[rule_id, verdict]
        assert result.error == ""
        own = [i for i, case in enumerate(cases) if case == (rule_id, verdict)]
        if verdict == "pass":
            assert own
            assert not failed & set(own), "the passing record is refused"
            assert result.evaluated > result.failing
        else:
            assert failed & set(own), "the failing record is not found"
            assert 1 <= result.failing <= result.evaluated <= result.in_scope
            assert result.expected().null_count() == 0
            names = [f"{{{n}}}" for n in result.rule.placeholders]
            assert not any(n in text for text in result.expected() for n in names)


def test_a_record_that_breaks_nothing_is_refused_by_no_rule() -> None:
    for table, rules in CATALOGUE.tables.items():
        data = frame(table, [row(table, "seul", 0, {})])
        results = run_rules(TABLES[table], data, rules, data_date=DATA_DATE)
        assert [r.rule.id for r in results if not r.passed] == []
