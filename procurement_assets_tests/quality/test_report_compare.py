"""What the report says of reconciliation: years by list, months nearly empty, disagreements."""

from __future__ import annotations

from typing import Any

import polars as pl

from procurement_assets.quality.catalogue import load_catalogue
from procurement_assets.quality.report import render_report
from procurement_assets.quality.report_compare import NEARLY_EMPTY, EmptyMonths, comparison
from procurement_assets.quality.report_data import overview
from procurement_assets.quality.suites import run_rules
from procurement_assets.schema import TABLES
from procurement_assets_tests.quality.support import DATA_DATE


def _filled(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows of a table, what they do not say being 0, empty or false."""
    blank = {"integer": 0, "number": 0.0, "boolean": False, "string": "", "list": [], "date": None}
    base = {c.name: blank[c.type] if c.required else None for c in TABLES[name].columns}
    return TABLES[name].frame([base | row for row in rows])


def _tables() -> dict[str, pl.DataFrame]:
    year = {"liste": "liste", "annee_couverte": True, "contrats_liste": 10, "contrats_decp": 9, "des_deux_cotes": 8}
    counts = [3, 80, 0, 1, 78, 82, 79]
    months = [
        {"mois": f"2023-{n:02d}", "annee": 2023, "contrats_decp": c, "contrats_mediane": 79.0}
        for n, c in enumerate(counts, 1)
    ]
    pair = {"contrats_communs": 8, "contrats_a": 9, "part_de_a": 8 / 9}
    said = {"uid": "1", "source_a": "decp", "source_b": "liste"}
    return {
        "reconciliation_annees": _filled(
            "reconciliation_annees",
            [
                year | {"annee": 2021, "liste_seulement": 2, "part_liste_absente": 0.2, "montants_egaux": 4},
                year | {"annee": 2022, "liste_seulement": 1, "part_liste_absente": 0.1, "montants_egaux": 8},
                year | {"annee": 2012, "annee_couverte": False, "liste_seulement": 10, "part_montants_egaux": None},
            ],
        ),
        "reconciliation_mois": _filled("reconciliation_mois", months),
        "reconciliation_sources": _filled(
            "reconciliation_sources",
            [
                {"source_a": "decp", "source_b": "decp", "contrats_communs": 9},
                {"source_a": "decp", "source_b": "liste", **pair},
                {"source_a": "liste", "source_b": "decp", **pair},
            ],
        ),
        "reconciliation_champs": _filled(
            "reconciliation_champs",
            [said | {"cle": "1", "champ": "date"}, *(said | {"cle": c, "champ": "montant"} for c in "12")],
        ),
    }


def test_each_list_has_its_years_newest_first() -> None:
    found = comparison(_tables())
    assert [(liste, [row["annee"] for row in rows]) for liste, rows in found.by_list] == [("liste", [2022, 2021, 2012])]


def test_the_headline_is_of_the_years_that_both_sides_cover() -> None:
    found = comparison(_tables())
    assert found.span == (2021, 2022)
    assert found.covered is not None
    assert (found.covered["liste_seulement"], found.covered["contrats_liste"]) == (3, 20)
    assert (found.covered["part_liste_absente"], found.covered["part_montants_egaux"]) == (0.15, 0.75)


def test_months_nearly_empty_are_told_as_runs() -> None:
    assert comparison(_tables()).empty_months == (
        EmptyMonths("2023-01", "2023-01", 3, 79.0),
        EmptyMonths("2023-03", "2023-04", 1, 79.0),
    )


def test_a_month_is_nearly_empty_where_the_rule_says_so() -> None:
    rule = next(r for r in load_catalogue().of("reconciliation_mois") if r.id == "DECP-RM-001")
    assert rule.expression == f"contrats_decp >= {NEARLY_EMPTY} * contrats_mediane"


def test_two_sources_are_a_pair_once() -> None:
    found = comparison(_tables())
    assert [(p["source_a"], p["source_b"], p["contrats_communs"]) for p in found.pairs] == [("decp", "liste", 8)]
    assert [(f["champ"], f["n"]) for f in found.fields] == [("montant", 2), ("date", 1)]


def test_a_publisher_without_list_has_a_section_that_says_so() -> None:
    assert comparison({}).is_empty
    empty = {n: TABLES[n].frame([]) for n in ("contracts", "concessions", "ledger")}
    assert "Rien à rapprocher" in render_report("Personne", [], empty, data_date=None)


def test_the_page_tells_the_headline_and_the_runs() -> None:
    tables = {n: TABLES[n].frame([]) for n in ("contracts", "concessions", "ledger")} | _tables()
    page = render_report("Ville", [], tables, data_date=DATA_DATE, source_names={"liste": "Liste de la Ville"})
    assert "3 contrats sur 20 de la liste (15,0\u202f%) sont absents" in page
    assert "de mars 2023 à avril 2023 : 1 contrat, quand un mois habituel en compte 79" in page
    assert "Liste de la Ville, par année de notification" in page


def test_contracts_absent_from_decp_are_among_the_corrections_to_make_first() -> None:
    rule = next(r for r in load_catalogue().of("reconciliation") if r.id == "DECP-R-001")
    base = {"liste": "liste", "annee": 2021, "in_list": True, "annee_couverte": True}
    rows = _filled(
        "reconciliation",
        [base | {"cle": str(n), "numero_marche": str(n), "montant_max_liste": 1_000.0 * n} for n in range(1, 4)],
    )
    results = run_rules(TABLES["reconciliation"], rows, [rule], data_date=DATA_DATE)
    tables = {n: TABLES[n].frame([]) for n in ("contracts", "concessions", "ledger")}
    (first,) = overview(results, tables).priorities
    assert (first.result.rule.id, first.contracts, first.amount, first.share) == ("DECP-R-001", 3, 6_000.0, 1.0)
