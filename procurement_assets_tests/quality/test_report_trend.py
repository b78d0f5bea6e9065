"""What the report says of time: new and corrected findings, twelve months of a rule, alerts on the feeds."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import polars as pl

from procurement_assets.quality.report import render_report
from procurement_assets.quality.report_trend import HEIGHT, Series, trend
from procurement_assets.schema import TABLES
from procurement_assets_tests.quality.support import DATA_DATE
from procurement_assets_tests.quality.test_report_rows import _results


def _run(rule: str, rank: int, day: date) -> dict[str, Any]:
    figures = {"evaluated": 10, "failing": 1, "share": 0.1, "changed": False, "status": "warning"}
    return {"rule": rule, "rang": rank, "data_date": day, "run": str(rank), "severity": "critical", **figures}


def _change(rule: str, record: str, change: str) -> dict[str, Any]:
    return {"rule": rule, "table": "contracts", "record": record, "change": change}


def _alert(source: str, severity: str, *, now: bool = True) -> dict[str, Any]:
    said = {"signal": "silence", "mois": "", "detail": "", "message": f"Silence de {source}", "advice": "Appeler."}
    return {"source": source, "severity": severity, "actuel": now, **said}


def _tables() -> dict[str, pl.DataFrame]:
    changes = [
        *(_change("DECP-M-403", r, "nouveau") for r in "ab"),
        _change("DECP-M-403", "c", "corrigé"),
        _change("DECP-M-306", "d", "disparu"),
        *(_change("DECP-M-900", r, "règle nouvelle") for r in "ef"),
    ]
    months = [
        {"rule": "DECP-M-403", "mois": f"2025-{n:02d}", "contrats": 100, "en_defaut": n, "part": n / 100}
        for n in range(1, 13)
    ]
    return {
        "quality_trend": TABLES["quality_trend"].frame(
            [_run("DECP-M-403", 1, date(2025, 12, 1)), _run("DECP-M-403", 2, date(2026, 1, 8))]
        ),
        "findings_changes": TABLES["findings_changes"].frame(changes),
        "quality_months": TABLES["quality_months"].frame(months),
        "feed_watch": TABLES["feed_watch"].frame(
            [_alert("b", "warning"), _alert("a", "critical"), _alert("c", "critical", now=False)]
        ),
    }


def test_changes_are_counted_since_the_run_before() -> None:
    found = trend(_tables())
    assert found.since == date(2025, 12, 1)
    assert (found.new, found.corrected, found.gone, found.changed_rules) == (2, 1, 1, 1)
    assert [(c.rule, c.new, c.corrected) for c in found.changes] == [("DECP-M-403", 2, 1), ("DECP-M-306", 0, 0)]


def test_the_day_of_the_run_before_is_that_of_the_changes() -> None:
    """Inputs that come back to an earlier state are an earlier run: the one before it is then not the last but one."""
    tables = _tables()
    changes = tables["findings_changes"].with_columns(since=pl.lit(date(2026, 2, 1)))
    assert trend(tables | {"findings_changes": changes}).since == date(2026, 2, 1)


def test_a_month_without_contracts_has_no_bar_and_the_worst_is_the_tallest() -> None:
    series = Series(("2025-01", "2025-02", "2025-03"), (0.1, None, 0.2))
    assert series.bars == ((0, HEIGHT / 2, HEIGHT / 2), (12, 0.0, float(HEIGHT)))


def test_a_rule_that_never_fails_has_bars_of_no_height() -> None:
    assert {height for _, _, height in Series(("2025-01", "2025-02"), (0.0, 0.0)).bars} == {0.5}


def test_alerts_are_told_gravest_first_and_history_is_counted() -> None:
    found = trend(_tables())
    assert [a["source"] for a in found.alerts] == ["a", "b"]
    assert found.past_alerts == 1


def test_the_first_run_has_nothing_to_compare_with() -> None:
    found = trend({})
    assert (found.since, found.changes, found.series, found.alerts) == (None, (), {}, ())


def test_the_page_tells_them() -> None:
    tables = {n: TABLES[n].frame([]) for n in ("contracts", "concessions", "ledger")} | _tables()
    page = render_report("Ville", _results("Bancs"), tables, data_date=DATA_DATE, source_names={"a": "Source A"})
    assert "2 constats nouveaux, 1 corrigé</strong>, 1 disparu avec leur ligne" in page
    assert "Silence de a" in page
    assert "Source A" in page
    label = re.search(r'aria-label="(Part des contrats en défaut par mois[^"]+)"', page)
    assert label is not None
    assert "de janvier 2025 à décembre 2025 : 1,0\u202f%, 2,0\u202f%" in label[1]
    assert page.count("<rect") == 12 + 2  # months of notification, and the two months of runs
