"""The report over months of runs: what each rule found, month after month, runs without data and in error included."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import polars as pl

from procurement_assets.quality.report import render_report
from procurement_assets.quality.report_history import History, history_of
from procurement_assets.schema import TABLES
from procurement_assets_tests.quality.support import DATA_DATE
from procurement_assets_tests.quality.test_report_rows import _results

RULE = "DECP-M-403"


def _run(rank: int, day: date | None, failing: int, rule: str = RULE, **other: Any) -> dict[str, Any]:
    said = {"evaluated": 100, "share": failing / 100, "changed": False, "status": "warning", "severity": "critical"}
    return {"rule": rule, "rang": rank, "data_date": day, "run": str(rank), "failing": failing, **said, **other}


def _history(*runs: dict[str, Any]) -> History:
    return history_of({"quality_trend": TABLES["quality_trend"].frame(list(runs))})


def _monthly() -> list[dict[str, Any]]:
    """Fourteen monthly runs, from December 2024 to January 2026: 60 failing rows, then 5 fewer each month."""
    days = [date(2024 + (11 + n) // 12, (11 + n) % 12 + 1, 8) for n in range(14)]
    return [_run(n + 1, day, 60 - 5 * n if n < 12 else 0) for n, day in enumerate(days)]


def test_a_rule_is_followed_over_the_last_twelve_months_of_runs() -> None:
    found = _history(*_monthly())
    assert (len(found.months), found.months[0], found.months[-1]) == (12, "2025-02", "2026-01")
    (rule,) = found.rules
    assert rule.counts == (50, 45, 40, 35, 30, 25, 20, 15, 10, 5, 0, 0)
    assert (rule.known[0], rule.known[-1], rule.difference, rule.changed) == (50, 0, -50, False)


def test_a_month_without_a_run_or_without_data_or_in_error_is_not_a_month_without_defect() -> None:
    runs = _monthly()
    runs[7] |= {"evaluated": 0, "failing": 0, "share": None}
    runs[8] |= {"status": "error", "evaluated": 0, "failing": 0}
    del runs[5]
    (rule,) = _history(*runs).rules
    assert rule.counts == (50, 45, 40, None, 30, None, None, 15, 10, 5, 0, 0)


def test_the_last_run_of_a_month_counts_and_one_in_error_leaves_that_before_it() -> None:
    found = _history(
        _run(1, date(2025, 12, 1), 9),
        _run(2, date(2025, 12, 20), 7),
        _run(3, date(2026, 1, 2), 4),
        _run(4, date(2026, 1, 3), 0, status="error"),
        _run(5, None, 50),
    )
    assert (found.months, [r.counts for r in found.rules]) == (("2025-12", "2026-01"), [(7, 4)])


def test_a_rewritten_rule_is_said_to_be_and_those_that_never_fail_are_left_out() -> None:
    found = _history(
        _run(1, date(2025, 12, 1), 1, changed=True),
        _run(2, date(2026, 1, 1), 1),
        _run(1, date(2025, 12, 1), 1, "DECP-M-306"),
        _run(2, date(2026, 1, 1), 5, "DECP-M-306", changed=True),
        _run(1, date(2025, 12, 1), 0, "DECP-M-901"),
        _run(2, date(2026, 1, 1), 0, "DECP-M-901"),
    )
    assert [(r.rule, r.counts, r.changed) for r in found.rules] == [
        ("DECP-M-306", (1, 5), True),
        (RULE, (1, 1), False),
    ]


def _page(*runs: dict[str, Any]) -> str:
    tables = {n: TABLES[n].frame([]) for n in ("contracts", "concessions", "ledger")}
    tables |= {"quality_trend": TABLES["quality_trend"].frame(list(runs))}
    return render_report("Ville de Paris", _results(), tables, data_date=DATA_DATE)


def test_the_report_shows_each_month_of_a_rule() -> None:
    page = _page(*_monthly())
    assert "de février 2025 à janvier 2026 : 50, 45, 40, 35, 30, 25, 20, 15, 10, 5, 0, 0" in page
    row = re.search(rf"<small>{RULE}</small></th>(.*?)<svg", page[page.index('id="douze-mois"') :], re.S)
    assert row is not None
    assert re.findall(r'class="n">(.*?)</td>', row.group(1)) == ["50", "0", "−50"]


def test_the_report_says_when_one_month_is_all_there_is() -> None:
    assert "tiennent en un seul mois" in _page(_run(1, date(2026, 1, 8), 3))
    assert "tiennent en un seul mois" in _page()
    calm = _page(_run(1, date(2025, 12, 8), 0), _run(2, date(2026, 1, 8), 0))
    assert "Aucune règle n'a trouvé de défaut depuis décembre 2025." in calm


def test_a_rule_that_no_longer_fails_is_named_by_its_title() -> None:
    """Its findings were all corrected: there is nothing to link to, but a number alone says nothing to a reader."""
    tables = {n: TABLES[n].frame([]) for n in ("contracts", "concessions", "ledger")}
    runs = [_run(1, date(2025, 12, 8), 3, "DECP-M-901"), _run(2, date(2026, 1, 8), 0, "DECP-M-901")]
    change = {"rule": "DECP-M-901", "table": "contracts", "record": "a", "change": "corrigé"}
    tables |= {
        "quality_trend": TABLES["quality_trend"].frame(runs),
        "findings_changes": TABLES["findings_changes"].frame([change]),
    }
    results = [r for r in _results() if r.rule.id != "DECP-M-901"] + _calm("DECP-M-901")
    page = render_report("Ville de Paris", results, tables, data_date=DATA_DATE)
    changed = page[page.index('id="evolution"') : page.index('id="defauts"')]
    assert changed.count('<th scope="row">L&#39;objet est renseigné <small>DECP-M-901</small>') == 2


def _calm(rule: str) -> list[Any]:
    from procurement_assets.quality.catalogue import load_catalogue
    from procurement_assets.quality.results import RECORD, RuleResult

    (found,) = [r for r in load_catalogue().rules if r.id == rule]
    nothing = pl.DataFrame(schema={RECORD: pl.String, "uid": pl.String})
    return [RuleResult(found, TABLES["contracts"], in_scope=5, evaluated=5, failing=0, failed=nothing)]
