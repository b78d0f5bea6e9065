"""A rule is run once for one state of the data, by whoever asks first; anything that changes is run again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest

from procurement_assets.lake import Lake
from procurement_assets.quality import store
from procurement_assets.quality.catalogue import Catalogue
from procurement_assets.quality.model import Rule
from procurement_assets.quality.store import Checked, kept_outcomes
from procurement_assets.schema import TABLES
from procurement_assets_tests.quality.support import BUYER, frame, row


def rule(number: int, **fields: Any) -> Rule:
    given = {"title": "Titre", "explanation": "E.", "severity": "warning", "legal_basis": "b", "advice": "Corriger."}
    return Rule(id=f"DECP-M-9{number:02}", **(given | {"column": "montant", "expression": "montant > 10"} | fields))


A, B = rule(1), rule(2, expression="montant < 1000")
HOLDERS = rule(3, column="titulaires_inexploitables", expression="titulaires_inexploitables = 0")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    made = Lake(tmp_path)
    for name in TABLES:
        made.write_table(TABLES[name].frame([]), name, "paris")
    _amounts(made, 5.0, 50.0, 5000.0)
    return made


def _amounts(lake: Lake, *values: float) -> None:
    rows = [row("contracts", f"{BUYER}X{n}", n, {"montant": v}) for n, v in enumerate(values)]
    lake.write_table(frame("contracts", rows), "contracts", "paris")


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the rules that were really run, in order."""
    found: list[str] = []
    real = store.run_outcomes

    def spy(table: Any, source: Any, rules: Any) -> Any:
        found.extend(r.id for r in rules)
        return real(table, source, rules)

    monkeypatch.setattr(store, "run_outcomes", spy)
    return found


def _counts(lake: Lake, *rules: Rule) -> list[tuple[int, int, list[str]]]:
    results = Checked(lake, "paris").results("contracts", rules)
    return [(r.failing, r.evaluated, r.failed["uid"].to_list()) for r in results]


def test_what_the_checks_ran_is_not_run_again(lake: Lake, ran: list[str]) -> None:
    first = _counts(lake, A, B)
    assert first == [(1, 3, [f"{BUYER}X0"]), (1, 3, [f"{BUYER}X2"])]
    assert ran == [A.id, B.id]
    assert _counts(lake, A, B) == first
    assert [r.rule.id for r in Checked(lake, "paris").all_results(Catalogue({"contracts": (A, B)}))] == [A.id, B.id]
    assert ran == [A.id, B.id]


def test_a_subset_is_kept_and_the_rest_is_run_when_it_is_asked_for(lake: Lake, ran: list[str]) -> None:
    _counts(lake, B)
    assert _counts(lake, A, B)[0] == (1, 3, [f"{BUYER}X0"])
    assert ran == [B.id, A.id]
    assert set(kept_outcomes(lake, "paris", "contracts")) == {A.id, B.id}


def test_another_table_or_another_rule_is_run_again(lake: Lake, ran: list[str]) -> None:
    _counts(lake, A, B)
    _amounts(lake, 5.0, 6.0)
    assert [c[0] for c in _counts(lake, A, B)] == [2, 0]
    stricter = msgspec.structs.replace(A, expression="montant > 5")
    assert [c[0] for c in _counts(lake, stricter, B)] == [1, 0]
    assert ran == [A.id, B.id, A.id, B.id, A.id]


def test_a_change_in_a_related_table_is_seen(lake: Lake, ran: list[str]) -> None:
    assert _counts(lake, A, HOLDERS)[1][0] == 0
    bad = [row("contract_titulaires", f"{BUYER}X1", 0, {"titulaire_id_publie": "1"})]
    lake.write_table(frame("contract_titulaires", bad), "contract_titulaires", "paris")
    assert _counts(lake, A, HOLDERS)[1] == (1, 3, [f"{BUYER}X1"])
    assert ran == [A.id, HOLDERS.id, HOLDERS.id]


def test_another_date_of_the_data_is_another_state(lake: Lake, ran: list[str]) -> None:
    _counts(lake, A)
    file = {"source": "s", "file_sha256": "a", "fichier": "a", "fichier_date": "2026-01-08", "found": 0}
    lake.write_table(pl.DataFrame([file], schema=TABLES["files"].schema, orient="row"), "files", "paris")
    _counts(lake, A)
    assert ran == [A.id, A.id]


def test_a_rule_that_could_not_run_is_tried_again(lake: Lake, ran: list[str]) -> None:
    broken = rule(4, column="objet", expression="CAST(objet AS INTEGER) > 0")
    for _ in range(2):
        (result,) = Checked(lake, "paris").results("contracts", [broken])
        assert result.error
    assert ran == [broken.id, broken.id]
    assert kept_outcomes(lake, "paris", "contracts") == {}


def test_a_damaged_file_is_as_good_as_none(lake: Lake, ran: list[str]) -> None:
    _counts(lake, A)
    (lake / "quality/paris/outcomes/contracts.json").write_bytes(b"{half")
    assert _counts(lake, A)[0][0] == 1
    assert ran == [A.id, A.id]


def test_a_missing_table_is_told_unless_it_is_optional(lake: Lake) -> None:
    lake.table("contracts", "paris").unlink()
    with pytest.raises(FileNotFoundError, match="contracts"):
        Checked(lake, "paris").results("contracts", [A])
    (result,) = Checked(lake, "paris", frozenset({"contracts"})).results("contracts", [A])
    assert (result.in_scope, result.passed) == (0, True)
