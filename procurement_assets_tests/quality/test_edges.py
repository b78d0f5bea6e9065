"""The rules on the edges: exactly the threshold, the last day, absurd values, values that miss."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from procurement_assets.quality.catalogue import load_catalogue
from procurement_assets.quality.model import Limit, Rule
from procurement_assets.quality.results import RuleResult
from procurement_assets.quality.suites import run_rules
from procurement_assets.schema import TABLES
from procurement_assets_tests.quality.support import DATA_DATE, frame, related, row

CATALOGUE = load_catalogue()
VERSIONS = ("contract_versions", "concession_versions")


def outcomes(table: str, rows: list[dict[str, Any]], rules: tuple[Rule, ...] = ()) -> dict[str, RuleResult]:
    """Rule id to its result on these rows (overrides of `support.BASE`)."""
    plain, others = related([row(table, r.get("uid", f"e{n}"), n, r) for n, r in enumerate(rows)])
    chosen = rules or CATALOGUE.of(table)
    found = run_rules(TABLES[table], frame(table, plain), chosen, data_date=DATA_DATE, related=others)
    return {result.rule.id: result for result in found}


def modified(*changes: dict[str, Any], **award: Any) -> list[dict[str, Any]]:
    """Contracts of two versions: the award, then one of these changes of everything."""
    everything = ["montant", "dureeMois"]
    rows = []
    for n, change in enumerate(changes):
        rows += [{"uid": f"v{n}", **award}, {"uid": f"v{n}", "version": 1, "modifie": everything, **change}]
    return rows


ABSURD = 10**12
EDGES: dict[str, list[dict[str, Any]]] = {
    "amounts": [{"montant": a, "montant_actuel": a} for a in (0.0, -5.0, 0.01, float(ABSURD), 1e300)],
    "days": [
        {"dateNotification": d, "datePublicationDonnees": d}
        for d in (date(1, 1, 1), date(1900, 1, 1), date(2999, 12, 31), date(9999, 12, 31), None)
    ],
    "durations": [{"dureeMois": n, "dureeMois_actuelle": n} for n in (0, -3, ABSURD, 2**62, None)],
    "empty": [{"objet": "", "codeCPV": "", "techniques": [], "considerationsSociales": [], "id": ""}, {"id": "20 1"}],
}


@pytest.mark.parametrize("name", EDGES)
def test_no_value_stops_a_rule_of_contracts(name: str) -> None:
    """A rule that cannot run stops the publication: no published value may do it."""
    assert {r.rule.id: r.error for r in outcomes("contracts", EDGES[name]).values() if r.error} == {}


@pytest.mark.parametrize("table", VERSIONS)
def test_no_value_stops_a_rule_of_versions(table: str) -> None:
    rows = modified(
        {"dureeMois": ABSURD, "montant": float(ABSURD)},
        {"dureeMois": 2**62, "date": date(9999, 12, 31), "date_publication": date(9999, 12, 31)},
        {"dureeMois": -(10**9), "montant": -1.0, "date": date(1, 1, 1)},
        {"dureeMois": None, "montant": None, "date": None, "date_publication": None},
        date=date(9999, 12, 31),
    )
    assert {r.rule.id: r.error for r in outcomes(table, rows).values() if r.error} == {}


@pytest.mark.parametrize(
    ("table", "rule"), [("contract_versions", "DECP-V-307"), ("concession_versions", "DECP-CV-307")]
)
def test_without_a_duration_the_end_of_a_contract_is_not_known(table: str, rule: str) -> None:
    late = date(2026, 1, 1)
    found = outcomes(table, modified({"dureeMois": None, "date": late}, {"dureeMois": 1, "date": late}))[rule]
    assert (found.evaluated, found.failing, found.failed["uid"].to_list()) == (1, 1, ["v1"])


HALVES = ((1.16, 1.74), (7000.7, 10501.05), (100_000.0, 150_000.0))
"""An amount and half as much again: 1.5 × 1.16 is 1.7399999999999998 for a computer."""


@pytest.mark.parametrize(
    ("table", "rule"), [("contract_versions", "DECP-V-403"), ("concession_versions", "DECP-CV-403")]
)
@pytest.mark.parametrize(("before", "after"), HALVES)
def test_exactly_half_as_much_again_is_within_the_limit_and_a_cent_more_is_not(
    table: str, rule: str, before: float, after: float
) -> None:
    rows = modified({"montant": after}, {"montant": round(after + 0.01, 2)}, montant=before)
    assert outcomes(table, rows)[rule].failed["uid"].to_list() == ["v1"]


@pytest.mark.parametrize(
    ("table", "rule"), [("contract_versions", "DECP-V-402"), ("concession_versions", "DECP-CV-402")]
)
@pytest.mark.parametrize(("before", "after"), [(10.02, 100.2), (100.2, 10.02), (33.3, 3.33)])
def test_exactly_ten_times_more_or_less_is_another_order(table: str, rule: str, before: float, after: float) -> None:
    cent = 0.01 if after < before else -0.01
    rows = modified({"montant": after}, {"montant": round(after + cent, 2)}, montant=before)
    assert outcomes(table, rows)[rule].failed["uid"].to_list() == ["v0"]


def test_the_last_day_of_two_months_is_in_time() -> None:
    rows = [
        {"dateNotification": date(2024, 12, 31), "datePublicationDonnees": date(2025, 2, 28)},
        {"dateNotification": date(2024, 12, 31), "datePublicationDonnees": date(2025, 3, 1)},
        {"dateNotification": DATA_DATE, "datePublicationDonnees": DATA_DATE},
    ]
    found = outcomes("contracts", rows)
    assert found["DECP-M-306"].failed["uid"].to_list() == ["e1"]
    assert found["DECP-M-304"].failing == found["DECP-M-305"].failing == found["DECP-M-307"].failing == 0


@pytest.mark.parametrize(("amount", "right"), [(99_999.99, True), (100_000.0, False)])
def test_an_innovative_purchase_is_below_its_threshold_and_not_at_it(amount: float, right: bool) -> None:
    procedure = "Marché passé sans publicité ni mise en concurrence préalable"
    innovative = {"marcheInnovant": True, "procedure": procedure, "montant": amount}
    found = outcomes("contracts", [innovative])["DECP-M-711"]
    assert (found.evaluated, found.failing) == (1, int(not right))


PAIR = {"column_A": "datePublicationDonnees", "column_B": "dateNotification"}


@pytest.mark.parametrize(
    ("expectation", "more"),
    [
        ("expect_column_pair_values_a_to_be_greater_than_b", {"or_equal": True}),
        ("expect_column_pair_values_to_be_equal", {}),
    ],
)
def test_a_pair_with_a_value_that_misses_is_not_judged(expectation: str, more: dict[str, Any]) -> None:
    """data_quality/README.md: a missing value is not judged, in a pair as elsewhere."""
    texts = {"title": "t", "explanation": "e", "legal_basis": "b", "advice": "a"}
    rule = Rule(id="DECP-M-999", severity="info", expectation=expectation, arguments=PAIR | more, **texts)
    day = date(2025, 3, 10)
    rows = [
        {"datePublicationDonnees": day},
        {"datePublicationDonnees": date(2025, 3, 9)},
        {"datePublicationDonnees": None},
        {"dateNotification": None},
        {"datePublicationDonnees": None, "dateNotification": None},
    ]
    found = outcomes("contracts", rows, (rule,))["DECP-M-999"]
    assert (found.in_scope, found.evaluated, found.failing) == (5, 2, 1)
    assert found.failed["uid"].to_list() == ["e1"]


@pytest.mark.parametrize(("share", "rows"), [(0.29, 100), (0.57, 100), (0.07, 100), (0.01, 300), (0.0, 7)])
def test_a_share_is_tolerated_up_to_itself(share: float, rows: int) -> None:
    """0.29 of 100 is 28.999999999999996 for a computer, and 29 rows are tolerated."""
    limit, tolerated = Limit(share=share), round(share * rows)
    assert not limit.passed_by(tolerated, rows)
    assert limit.passed_by(tolerated + 1, rows)


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (5_500_000.0, "5\u202f500\u202f000"),
        (105_662.12, "105\u202f662,12"),
        (60.5, "60,50"),
        (1e12, "1" + "\u202f000" * 4),
    ],
)
def test_an_amount_that_is_expected_is_written_in_french(amount: float, said: str) -> None:
    over = {"montant": 9e12, "montant_max_liste": amount, "montant_position": "au-dessus"}
    found = outcomes("reconciliation", [over])["DECP-R-104"]
    assert found.expected().to_list() == [f"Au plus {said} euros."]


@pytest.mark.parametrize(("table", "rule"), [("contracts", "DECP-M-310"), ("reconciliation_mois", "DECP-RM-001")])
def test_exactly_the_share_of_a_usual_year_or_month_is_enough(table: str, rule: str) -> None:
    """The tenth of a usual year, the twentieth of a usual month."""
    if table == "contracts":
        # The median of 70, 7 and 70 contracts a year is 70; the first year is not judged.
        years = {2020: 70, 2021: 70, 2022: 7, 2023: 70}
        days = [date(year, 3, 1 + n % 28) for year, many in years.items() for n in range(many)]
        rows = [{"dateNotification": d, "datePublicationDonnees": d} for d in days]
    else:
        rows = [{"contrats_decp": 7, "contrats_mediane": 140.0}]
    found = outcomes(table, rows)[rule]
    assert found.evaluated > 0
    assert found.failing == 0


@pytest.mark.parametrize(
    ("kind", "code", "right"),
    [
        ("Code département", "2A", True),
        ("Code département", "1A", False),
        ("Code département", "974", True),
        ("Code département", "2A1", False),
        ("Code commune", "2B033", True),
        ("Code commune", "9A123", False),
        ("Code postal", "20090", True),
        ("Code postal", "2A090", False),
        ("Code pays", "FR", True),
        ("Code canton", "x", None),
    ],
)
def test_only_corsica_has_a_letter_in_its_codes(kind: str, code: str, right: bool | None) -> None:
    found = outcomes("contracts", [{"lieuExecution_typeCode": kind, "lieuExecution_code": code}])["DECP-M-604"]
    assert (found.evaluated, found.failing) == (int(right is not None), int(right is False))
