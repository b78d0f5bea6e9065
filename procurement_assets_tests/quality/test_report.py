"""The report: figures that add up, text that stays text, the same bytes, a page that can be read by all."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from procurement_assets.lake import Lake
from procurement_assets.quality.build import PUBLIC_REPORT, REPORT, build_quality, build_report, give_out_report
from procurement_assets.quality.catalogue import load_catalogue
from procurement_assets.quality.report import render_report
from procurement_assets.quality.report_data import overview
from procurement_assets.quality.report_text import (
    counted,
    decimal,
    euros,
    french_date,
    french_month,
    is_whole,
    number,
    percent,
    signed,
)
from procurement_assets.quality.suites import run_catalogue
from procurement_assets.schema import TABLES
from procurement_assets_tests.pages import assert_accessible_and_alone
from procurement_assets_tests.quality.support import BUYER, DATA_DATE, frame, row
from procurement_assets_tests.quality.test_ledger import sound

EVIL = "<script>alert('&')</script> & \"lot\" <b>1</b>"


def _tables() -> dict[str, pl.DataFrame]:
    rows = [
        {"montant": 10.0, "montant_actuel": 10.0, "montant_suspect": "montant.factice", "objet": EVIL},
        {"montant": 10.0, "montant_actuel": 10.0, "montant_suspect": "montant.factice", "source": EVIL},
        {"offresRecues": 0, "dateNotification": date(2024, 5, 2), "datePublicationDonnees": date(2024, 5, 9)},
        {"dateNotification": None},
        {},
    ]
    made = [row("contracts", f"{BUYER}X{n}", n, overrides) for n, overrides in enumerate(rows)]
    return {
        **{n: t.frame([]) for n, t in TABLES.items()},
        "ledger": sound()["ledger"],
        "contracts": frame("contracts", made),
    }


@pytest.fixture(scope="module")
def found() -> tuple[Any, dict[str, pl.DataFrame]]:
    tables = _tables()
    catalogue = load_catalogue()
    used = {name: tables[name] for name in catalogue.tables if name != "ledger"}
    return run_catalogue(catalogue, used, data_date=DATA_DATE), tables


SAID: Any = {"data_date": DATA_DATE, "source_names": {"maximilien": "Maximilien"}, "docs": "../../data_docs/paris"}


@pytest.fixture(scope="module")
def page(found: Any) -> str:
    results, tables = found
    return render_report("Ville de <Paris>", results, tables, **SAID)


def test_figures(found: Any) -> None:
    view = overview(*found)
    assert (view.contracts, view.concessions, view.records, view.files_refused) == (5, 0, 6, 1)
    assert {r.rule.id: r.failing for r in view.defects} == {"DECP-M-403": 2, "DECP-M-301": 1, "DECP-M-702": 1}
    assert [r.rule.severity for r in view.defects] == ["critical", "critical", "warning"]
    assert [(p.result.rule.id, p.contracts, p.amount, p.effect) for p in view.priorities] == [
        ("DECP-M-403", 2, 0.0, 8),
        ("DECP-M-301", 1, 100_000.0, 4),
        ("DECP-M-702", 1, 100_000.0, 1),
    ]
    assert (view.total.contracts, view.total.any_defect, view.total.critical) == (5, 4, 3)
    assert [(g.name, g.contracts, g.critical) for g in view.by_year] == [
        ("2024", 1, 0),
        ("2025", 3, 2),
        ("sans date", 1, 1),
    ]
    assert sum(g.contracts for g in view.by_source) == sum(g.contracts for g in view.by_year) == 5
    assert sum(count for _, _, count in view.outcomes) == view.records
    assert len(view.ok) + len(view.defects) + len(view.unused) + len(view.errors) == len(found[0])


def test_text_from_data_stays_text(page: str) -> None:
    assert "<script" not in page
    assert "&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;" in page
    assert "Ville de &lt;Paris&gt;" in page


def test_same_data_same_bytes(found: Any, page: str) -> None:
    results, tables = found
    shuffled = {n: t.sample(fraction=1, shuffle=True, seed=1) for n, t in tables.items()}
    again = render_report("Ville de <Paris>", results, shuffled, **SAID)
    assert again == page
    assert "8 janvier 2026" in page


def test_the_page_is_well_formed_accessible_and_alone(page: str) -> None:
    read = assert_accessible_and_alone(page)
    assert {link for link in read.links if not link.startswith("#")} == {
        "../../data_docs/paris/index.html",
        *(f"constats/{rule}.{kind}" for rule in ("DECP-M-403", "DECP-M-301", "DECP-M-702") for kind in ("html", "csv")),
    }


def test_the_copy_that_is_given_out_leads_to_no_page_that_is_not(found: Any) -> None:
    results, tables = found
    read = assert_accessible_and_alone(render_report("Ville", results, tables, **(SAID | {"docs": ""})))
    assert [link for link in read.links if not link.startswith("#")] == []


def test_a_rule_that_needs_an_absent_register_says_so(page: str) -> None:
    assert re.search(r"DECP-M-611 Le code CPV existe \(registre CPV[^)]* absent\)", page)


def test_rules_without_a_row_to_judge_are_told_by_table(found: Any, page: str) -> None:
    """Sixty ids of concessions say less than that there is no concession."""
    assert re.search(r"<li>Concessions : toutes \(\d+ règles\)\.</li>", page)
    told = page[page.index("Règles sans ligne à juger") :]
    assert "DECP-C-" not in told
    view = overview(*found)
    assert sum(len(u.rules) for u in view.unjudged) == len(view.unused)


def test_a_day_a_siret_and_an_amount_are_not_cut(page: str) -> None:
    assert '<td class="whole">2024-05-02</td>' in page or '<td class="whole">10</td>' in page
    assert [is_whole(v) for v in ("2024-10-25", "80836899700041", "1036697.42")] == [True, True, True]
    assert [is_whole(v) for v in (None, "Bons de commande", "A" * 15)] == [False, False, False]


@pytest.mark.parametrize(("n", "said"), [(0, "0 ligne"), (1, "1 ligne"), (2, "2 lignes"), (1234, "1\u202f234 lignes")])
def test_a_count_agrees_with_its_noun(n: int, said: str) -> None:
    assert counted(n, "ligne", "lignes") == said


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_contrasts_are_those_rgaa_asks(page: str) -> None:
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", page))
    pairs = [(c, "#ffffff") for c in ("ink", "soft", "blue", "red", "amber")]
    pairs += [("soft", "#f4f6fa"), ("red", "#fdf0f1"), ("amber", "#fdf5e6"), ("ink", "#f4f6fa")]
    for name, ground in pairs:
        low, high = sorted((_luminance(colours[name]), _luminance(ground)))
        assert (high + 0.05) / (low + 0.05) >= 4.5, (name, ground)


def test_french_figures() -> None:
    assert number(1234567) == "1\u202f234\u202f567"
    assert percent(0.1234) == "12,3\u202f%"
    assert percent(0.0001) == "<\u202f0,1\u202f%"
    assert percent(0.99999) == "99,9\u202f%"
    assert (percent(0), percent(1)) == ("0,0\u202f%", "100,0\u202f%")
    assert [euros(v) for v in (1.25e9, 34.5e6, 980_400, 12)] == [
        "1,2\u202fMd€",
        "34,5\u202fM€",
        "980\u202fk€",
        "12\u202f€",
    ]
    assert [euros(v) for v in (999.4, 999.5, 999_499, 999_999, 999_949_999, 999_950_000)] == [
        "999\u202f€",
        "1\u202fk€",
        "999\u202fk€",
        "1,0\u202fM€",
        "999,9\u202fM€",
        "1,0\u202fMd€",
    ]
    assert (french_month("2025-03"), french_month("sans date")) == ("mars 2025", "sans date")
    assert [signed(v) for v in (12, -3, 0)] == ["+12", "−3", "0"]
    assert [decimal(v) for v in (12.5, 12.0, 0.04)] == ["12,5", "12", "0"]
    assert [french_date(d) for d in (date(2026, 3, 1), None)] == ["1er mars 2026", "date inconnue"]


def test_findings_and_report_are_written(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    for name, data in _tables().items():
        lake.write_table(data, name, "paris")
    made = build_quality(lake, "paris")
    page = build_report(lake, "paris", name="Ville de Paris")
    assert (lake.exports("paris") / REPORT).read_text(encoding="utf-8") == page
    assert lake.read_table("findings", "paris").equals(made.findings)
    assert made.findings.filter(pl.col("rule") == "DECP-M-403").height == 2
    assert made.counts["warning"] >= 3
    assert "error" not in made.counts
    before = (lake.exports("paris") / REPORT).read_bytes()
    build_quality(lake, "paris")
    build_report(lake, "paris", name="Ville de Paris")
    assert (lake.exports("paris") / REPORT).read_bytes() == before


def test_the_public_copy_is_given_out_only_when_asked(tmp_path: Path) -> None:
    """A run that a check stops writes the report; what was published keeps the copy that its sums say."""
    lake = Lake(tmp_path)
    for name, data in _tables().items():
        lake.write_table(data, name, "paris")
    public = lake.exports("paris") / PUBLIC_REPORT
    give_out_report(lake, "paris")
    build_report(lake, "paris", name="Ville de Paris")
    assert not public.exists()
    give_out_report(lake, "paris")
    first = public.read_text(encoding="utf-8")
    assert "Ville de Paris" in first
    assert "constats/" not in first
    build_report(lake, "paris", name="Ville de Lyon")
    assert public.read_text(encoding="utf-8") == first
    assert "Ville de Lyon" in (lake.exports("paris") / REPORT).read_text(encoding="utf-8")


def test_a_report_on_nothing_can_be_read() -> None:
    empty = {n: TABLES[n].frame([]) for n in ("contracts", "concessions", "ledger")}
    page = render_report("Personne", [], empty, data_date=None)
    assert "Rien à corriger." in page
    assert "date inconnue" in page
