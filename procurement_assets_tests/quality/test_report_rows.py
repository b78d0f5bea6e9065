"""The failing rows of a rule, whole: a page and a CSV that a spreadsheet opens and does not run."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from upath import UPath

from procurement_assets.quality import report_rows
from procurement_assets.quality.catalogue import load_catalogue
from procurement_assets.quality.report_rows import row_files, write_rows
from procurement_assets.quality.results import RuleResult
from procurement_assets.quality.suites import run_rules
from procurement_assets.schema import TABLES
from procurement_assets_tests.pages import assert_accessible_and_alone
from procurement_assets_tests.quality.support import BUYER, DATA_DATE, frame, row


def _results(*objets: str) -> list[RuleResult]:
    rows = [
        row("contracts", f"{BUYER}X{n}", n, {"montant": 10.0, "objet": objet, "dateNotification": date(2025, 3, 10)})
        for n, objet in enumerate(objets)
    ]
    rules = [r for r in load_catalogue().of("contracts") if r.id in ("DECP-M-403", "DECP-M-901")]
    return run_rules(TABLES["contracts"], frame("contracts", rows), rules, data_date=DATA_DATE)


def _write(folder: Path, results: list[RuleResult]) -> int:
    return write_rows(UPath(folder), "Ville de Paris", results, data_date="8 janvier 2026", css="")


def test_every_failing_row_is_in_the_csv(tmp_path: Path) -> None:
    assert _write(tmp_path, _results("Bancs", "=1+1", "Lampes; rues", "-5 degrés")) == 1
    text = (tmp_path / "constats" / "DECP-M-403.csv").read_text(encoding="utf-8-sig")
    lines = text.splitlines()
    assert lines[0].split(";")[:3] == ["Clé", "Montant initial", "Objet"]
    assert [line.split(";")[1] for line in lines[1:]] == ["10"] * 4
    assert "'=1+1" in lines[2]
    assert '"Lampes; rues"' in lines[3]
    assert "'-5 degrés" in lines[4]


def test_the_csv_keeps_codes_whole_and_lets_amounts_be_added(tmp_path: Path) -> None:
    """A contract of 2019 has 28 digits: a spreadsheet keeps fifteen. An amount with a point is text in French."""
    uid = f"{BUYER}20151120001381"
    over = {"uid": uid, "montant_max_liste": 889_289.46, "montant": 1e12, "montant_position": "au-dessus"}
    rules = [r for r in load_catalogue().of("reconciliation") if r.id == "DECP-R-104"]
    rows = [row("reconciliation", uid, 0, over)]
    _write(tmp_path, run_rules(TABLES["reconciliation"], frame("reconciliation", rows), rules, data_date=DATA_DATE))
    contracts = [row("contracts", uid, 0, {"montant": 10.5, "codeCPV": "0311", "offresRecues": 0})]
    chosen = [r for r in load_catalogue().of("contracts") if r.id in ("DECP-M-602", "DECP-M-702")]
    _write(tmp_path / "c", run_rules(TABLES["contracts"], frame("contracts", contracts), chosen, data_date=DATA_DATE))
    folders = {"DECP-R-104": tmp_path, "DECP-M-602": tmp_path / "c", "DECP-M-702": tmp_path / "c"}
    told = {i: (f / "constats" / f"{i}.csv").read_text(encoding="utf-8-sig").splitlines() for i, f in folders.items()}
    amounts = told["DECP-R-104"][1].split(";")
    assert (amounts[1], amounts[3]) == ("1000000000000", "889289,46")
    assert told["DECP-M-602"][1].split(";")[:2] == [f"'{uid}", "'0311"]
    assert told["DECP-M-702"][1].split(";")[1] == "0"


def test_only_rules_with_failing_rows_have_files(tmp_path: Path) -> None:
    results = _results("Bancs")
    assert [row_files(r) is not None for r in results] == [True, False]
    _write(tmp_path, results)
    assert sorted(p.name for p in (tmp_path / "constats").iterdir()) == ["DECP-M-403.csv", "DECP-M-403.html"]


def test_the_files_of_a_rule_that_no_longer_fails_are_removed(tmp_path: Path) -> None:
    _write(tmp_path, _results("Bancs"))
    _write(tmp_path, [])
    assert list((tmp_path / "constats").iterdir()) == []


def test_a_long_page_says_what_it_leaves_to_the_csv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_rows, "SHOWN", 2)
    _write(tmp_path, _results("Un", "Deux", "Trois"))
    page = (tmp_path / "constats" / "DECP-M-403.html").read_text(encoding="utf-8")
    assert "2 premières lignes en défaut sur 3" in page
    assert page.count("<tr>") == 3
    assert_accessible_and_alone(page)
    assert "../quality_report.html#DECP-M-403" in page
    assert (tmp_path / "constats" / "DECP-M-403.csv").read_bytes().count(b"\r\n") == 4


def test_text_from_data_stays_text(tmp_path: Path) -> None:
    _write(tmp_path, _results("<script>alert(1)</script>"))
    assert "<script" not in (tmp_path / "constats" / "DECP-M-403.html").read_text(encoding="utf-8")


def test_what_is_expected_of_each_row_is_beside_its_value(tmp_path: Path) -> None:
    rows = [
        row("contracts", f"{BUYER}X{n}", n, {"dateNotification": date(2025, 1, n + 1), "datePublicationDonnees": late})
        for n, late in enumerate((date(2025, 6, 1), date(2025, 7, 1)))
    ]
    rules = [r for r in load_catalogue().of("contracts") if r.id == "DECP-M-306"]
    _write(tmp_path, run_rules(TABLES["contracts"], frame("contracts", rows), rules, data_date=DATA_DATE))
    lines = (tmp_path / "constats" / "DECP-M-306.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(";")[1:3] for line in lines] == [
        ["Date de publication", "Attendu"],
        ["2025-06-01", "2025-01-01 plus deux mois, au plus tard"],
        ["2025-07-01", "2025-01-02 plus deux mois, au plus tard"],
    ]
    page = (tmp_path / "constats" / "DECP-M-306.html").read_text(encoding="utf-8")
    assert '<th scope="col">Attendu</th>' in page
    assert '<td class="whole">2025-07-01</td>' in page
    assert "<td>2025-01-02 plus deux mois, au plus tard</td>" in page


def test_what_is_expected_of_all_rows_is_said_once_and_the_data_docs_are_linked(tmp_path: Path) -> None:
    write_rows(UPath(tmp_path), "Ville", _results("Bancs"), data_date="8 janvier 2026", css="", docs="../docs")
    page = (tmp_path / "constats" / "DECP-M-403.html").read_text(encoding="utf-8")
    assert "<dt>Attendu</dt><dd>une autre valeur que : 10</dd>" in page
    assert '<a href="../docs/contracts.html">Data Docs de la table Marchés</a>' in page
