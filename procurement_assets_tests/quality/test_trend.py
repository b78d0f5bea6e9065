"""The history of the rules: kept for ever, never recomputed, and what it says of new and corrected findings."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
import polars as pl
import pytest

from procurement_assets.lake import Lake
from procurement_assets.quality import trend
from procurement_assets.quality.catalogue import load_catalogue
from procurement_assets.quality.model import Rule
from procurement_assets.quality.results import RuleResult, findings, sources_of
from procurement_assets.quality.suites import run_rules
from procurement_assets.quality.trend import Run, TrendError, history, pointer_of, record_run, records_of
from procurement_assets.quality.trend_tables import build_trend, change_counts, monthly_trend
from procurement_assets.schema import TABLES
from procurement_assets_tests.quality.support import frame, row

AMOUNT = Rule(
    id="DECP-M-402", title="Le montant est positif", explanation="e", severity="critical", legal_basis="l", advice="a",
    column="montant", expectation="expect_column_values_to_be_between", arguments={"min_value": 1},
)  # fmt: skip
TITLE = msgspec.structs.replace(AMOUNT, id="DECP-M-204", column="objet", severity="warning")


def _contracts(uids: list[str], day: date = date(2025, 3, 10)) -> pl.DataFrame:
    return frame("contracts", [row("contracts", u, n, {"dateNotification": day}) for n, u in enumerate(uids)])


def _result(rule: Rule, contracts: pl.DataFrame, bad: list[str], error: str = "") -> RuleResult:
    failed = contracts.filter(pl.col("uid").is_in(bad)).select(
        pl.col("uid").alias("record"), "uid", rule.column, "source"
    )
    return RuleResult(
        rule=rule, table=TABLES["contracts"], in_scope=contracts.height, evaluated=contracts.height,
        failing=failed.height, failed=failed, error=error,
    )  # fmt: skip


Bad = tuple[tuple[Rule, list[str]], ...]


def _bad(*pairs: tuple[Rule, list[str]]) -> Bad:
    return pairs


def _run(lake: Lake, uids: list[str], bad: Bad, day: date, error: str = "", sha: str = "a") -> Run:
    """One run of a publisher: its tables, its findings, its history."""
    contracts = _contracts(uids)
    lake.write_table(contracts, "contracts", "p")
    lake.write_table(frame("concessions", []), "concessions", "p")
    lake.write_table(pl.DataFrame({"source": ["s"], "file_sha256": [sha * 64]}), "files", "p")
    results = [_result(rule, contracts, rows, error) for rule, rows in bad]
    found = findings(results)
    lake.write_table(found, "findings", "p")
    return record_run(lake, "p", results, found, day)


def _bytes(tmp_path: Path) -> dict[str, bytes]:
    return {str(f.relative_to(tmp_path)): f.read_bytes() for f in sorted(tmp_path.rglob("history/**/*")) if f.is_file()}


ONE, TWO, THREE = date(2026, 1, 8), date(2026, 1, 9), date(2026, 2, 3)


def test_a_run_keeps_figures_and_failing_rows(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    run = _run(lake, ["a", "b", "c"], _bad((AMOUNT, ["b"])), ONE)
    assert (run.rang, run.data_date) == (1, "2026-01-08")
    assert [(f.rule, f.evaluated, f.failing, f.status) for f in run.rules] == [("DECP-M-402", 3, 1, "warning")]
    kept = records_of(lake, "p", run.name)
    assert kept is not None
    assert kept.rows() == [("DECP-M-402", "contracts", "b", "b")]
    assert history(lake, "p") == [run]


def test_the_same_inputs_are_the_same_run_and_the_same_bytes(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    _run(lake, ["a", "b"], _bad((AMOUNT, ["b"])), ONE)
    _run(lake, ["a", "b"], _bad((AMOUNT, [])), TWO)
    before = _bytes(tmp_path)
    _run(lake, ["a", "b"], _bad((AMOUNT, [])), TWO)
    assert _bytes(tmp_path) == before
    assert len(before) == 5


@pytest.mark.parametrize("change", ["sha", "rule", "rows", "day"])
def test_other_inputs_are_another_run_and_leave_the_first_as_it_was(tmp_path: Path, change: str) -> None:
    lake = Lake(tmp_path)
    first = _run(lake, ["a", "b"], _bad((AMOUNT, ["b"])), ONE)
    kept = (tmp_path / f"quality/p/history/runs/{first.name}.json").read_bytes()
    rule = msgspec.structs.replace(AMOUNT, arguments={"min_value": 2}) if change == "rule" else AMOUNT
    second = _run(
        lake, ["a", "b"], _bad((rule, ["a"] if change == "rows" else ["b"])), TWO if change == "day" else ONE,
        sha="b" if change == "sha" else "a",
    )  # fmt: skip
    assert (second.rang, len(history(lake, "p"))) == (2, 2)
    assert (tmp_path / f"quality/p/history/runs/{first.name}.json").read_bytes() == kept
    pointer = pointer_of(lake, "p")
    assert pointer is not None
    assert (pointer.current, pointer.previous) == (second.name, first.name)


def test_new_corrected_and_vanished_findings_since_the_last_run(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    _run(lake, ["a", "b", "c", "d"], _bad((AMOUNT, ["a", "b", "c"])), ONE)
    _run(lake, ["a", "b", "d"], _bad((AMOUNT, ["a", "d"])), TWO)
    made = build_trend(lake, "p").changes
    assert made.select("record", "change", "since", "data_date").rows() == [
        ("b", "corrigé", ONE, TWO), ("c", "disparu", ONE, TWO), ("d", "nouveau", ONE, TWO),
    ]  # fmt: skip
    counts = change_counts(made).row(0, named=True)
    assert (counts["nouveau"], counts["corrigé"], counts["disparu"], counts["règle nouvelle"]) == (1, 1, 1, 0)


def test_a_rule_that_is_new_rewritten_or_withdrawn_is_not_taken_for_the_data(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    _run(lake, ["a", "b"], _bad((AMOUNT, ["a"])), ONE)
    rewritten = msgspec.structs.replace(AMOUNT, arguments={"min_value": 9})
    _run(lake, ["a", "b"], _bad((rewritten, ["b"]), (TITLE, ["a"])), TWO)
    assert build_trend(lake, "p").changes.select("rule", "record", "change").rows() == [
        ("DECP-M-204", "a", "règle nouvelle"),
        ("DECP-M-402", "a", "règle modifiée"),
        ("DECP-M-402", "b", "règle modifiée"),
    ]
    _run(lake, ["a", "b"], _bad((rewritten, ["b"])), THREE)
    assert build_trend(lake, "p").changes.select("rule", "change").rows() == [("DECP-M-204", "règle retirée")]


def test_a_rule_that_could_not_run_corrects_nothing(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    _run(lake, ["a"], _bad((AMOUNT, ["a"])), ONE)
    _run(lake, ["a"], _bad((AMOUNT, [])), TWO, error="division par zéro")
    assert build_trend(lake, "p").changes.is_empty()


def test_the_first_run_has_no_change(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    _run(lake, ["a"], _bad((AMOUNT, ["a"])), ONE)
    made = build_trend(lake, "p")
    assert (made.changes.height, made.previous) == (0, "")


def test_going_back_to_an_earlier_state_compares_with_the_run_before(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    first = _run(lake, ["a"], _bad((AMOUNT, ["a"])), ONE)
    _run(lake, ["a"], _bad((AMOUNT, [])), ONE)
    again = _run(lake, ["a"], _bad((AMOUNT, ["a"])), ONE)
    assert again == first
    made = build_trend(lake, "p")
    assert (made.current, made.trend.height) == (first.name, 2)
    assert made.changes["change"].to_list() == ["nouveau"]


def test_the_trend_by_month_is_the_last_run_of_each(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    for day, bad in ((ONE, ["a", "b"]), (TWO, ["a"]), (THREE, []), (date(2024, 12, 1), ["a"])):
        _run(lake, ["a", "b"], _bad((AMOUNT, bad)), day)
    made = monthly_trend(build_trend(lake, "p").trend)
    assert made.rows() == [
        ("DECP-M-402", "2026-01", 1, 2, 0.5, False), ("DECP-M-402", "2026-02", 0, 2, 0.0, False),
    ]  # fmt: skip


def test_the_series_by_month_of_notification_needs_no_history(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    _run(lake, ["a", "b"], _bad((AMOUNT, ["b"])), ONE)
    months = build_trend(lake, "p").months
    assert (months.height, months["mois"].min(), months["mois"].max()) == (12, "2025-02", "2026-01")
    assert months.filter(pl.col("contrats") > 0).rows() == [("DECP-M-402", "2025-03", 2, 1, 0.5)]


def test_a_contract_that_the_list_alone_has_counts_in_the_month_of_its_date(tmp_path: Path) -> None:
    lake, rule = Lake(tmp_path), next(r for r in load_catalogue().of("reconciliation") if r.id == "DECP-R-001")
    rows = [
        {"cle": "u1", "uid": "u1", "in_decp": True},
        {"cle": "n1", "uid": None, "in_decp": False, "date_liste": date(2025, 6, 3)},
        {"cle": "n2", "uid": None, "in_decp": False, "date_liste": date(2025, 6, 9)},
        {"cle": "n3", "uid": None, "in_decp": False, "date_liste": None},
    ]
    table = frame("reconciliation", [row("reconciliation", r["cle"], n, r) for n, r in enumerate(rows)])
    (result,) = run_rules(TABLES["reconciliation"], table, [rule], data_date=ONE)
    contracts = _contracts(["u1", "u2"], date(2025, 6, 1))
    found = findings([result], sources_of([contracts]))
    assert sorted(found.select("uid", "date").rows(), key=str) == [
        (None, None),
        (None, date(2025, 6, 3)),
        (None, date(2025, 6, 9)),
    ]
    for name, made in (("reconciliation", table), ("contracts", contracts), ("findings", found)):
        lake.write_table(made, name, "p")
    lake.write_table(frame("concessions", []), "concessions", "p")
    lake.write_table(pl.DataFrame({"source": ["s"], "file_sha256": ["a" * 64]}), "files", "p")
    record_run(lake, "p", [result], found, ONE)
    months = build_trend(lake, "p").months
    # Two contracts of DECP and two of the list alone; the row without a date has no month.
    assert months.filter(pl.col("contrats") > 0).rows() == [("DECP-R-001", "2025-06", 4, 2, 0.5)]


def test_failing_rows_are_kept_for_the_last_runs_only_and_figures_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trend, "KEPT_RECORDS", 3)
    lake = Lake(tmp_path)
    runs = [_run(lake, ["a"], _bad((AMOUNT, ["a"])), date(2026, 1, d)) for d in range(1, 8)]
    assert len(history(lake, "p")) == 7
    assert [records_of(lake, "p", r.name) is not None for r in runs] == [False] * 4 + [True] * 3


def test_a_damaged_history_says_which_file_and_what_to_do(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    run = _run(lake, ["a"], _bad((AMOUNT, ["a"])), ONE)
    (tmp_path / f"quality/p/history/runs/{run.name}.json").write_text("{")
    with pytest.raises(TrendError, match=f"{run.name}.json : histoire des contrôles illisible"):
        history(lake, "p")
    assert _run(lake, ["a"], _bad((AMOUNT, [])), TWO).rang == 2  # the findings of the next run do not wait for it
