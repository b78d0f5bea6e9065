"""Later releases, their dates, and what merging them would lose (research/ocds.md §1.3, §2.3, §2.4)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from procurement_assets.decp.model import Acte, Contract, Execution, ModificationActe, Operateur
from procurement_assets.ocds.references import broken_references
from procurement_assets_tests.ocds.support import (
    COMPANY_B,
    PARIS,
    PARTY_A,
    PARTY_B,
    PARTY_CITY,
    company,
    compiled,
    concession,
    encoded,
    later,
    marche,
    modified,
    released,
    tree,
)
from procurement_assets_tests.strategies import contracts


def test_a_modification_says_what_it_changes_and_what_it_amends() -> None:
    contract = marche(
        dureeMois=48, modifications=[modified(montant=623457.87, dureeMois=60, objetModification="Ajout")]
    )
    [release] = later(contract)
    assert release["tag"] == ["contractAmendment"]
    assert release["date"] == "2024-10-20T00:00:00+02:00"
    ocid = release["ocid"]
    assert release["contracts"] == [
        {
            "id": "1",
            "awardID": "1",
            "period": {
                "startDate": "2024-05-15T00:00:00+02:00",
                "endDate": "2029-05-14T23:59:59+02:00",
                "durationInDays": 1826,
            },
            "value": {"amount": 623457.87, "currency": "EUR"},
            "amendments": [
                {
                    "id": "1",
                    "date": "2024-10-18T00:00:00+02:00",
                    "rationale": "Ajout",
                    "description": "Modification n° 1 : montant, durée.",
                    "amendsReleaseID": f"{ocid}-initial",
                    "releaseID": f"{ocid}-modification-1",
                    "decp": {
                        "id": 1,
                        "datePublicationDonneesModification": "2024-10-20",
                        "dureeMois": 60,
                        "montant": {"amount": 623457.87, "currency": "EUR"},
                    },
                }
            ],
            "decp": {"dureeMois": 60, "dureeMoisInitiale": 48},
        }
    ]


def test_the_award_keeps_its_amount_and_the_contract_takes_the_new_one() -> None:
    state = compiled(marche(modifications=[modified(montant=600000.0)]))
    assert state["awards"][0]["value"]["amount"] == 575000.0
    assert state["contracts"][0]["value"]["amount"] == 600000.0


def test_each_modification_amends_the_release_before_it() -> None:
    contract = marche(modifications=[modified(montant=1.0), modified(id=2, montant=2.0), modified(id=2, montant=3.0)])
    amendments = compiled(contract)["contracts"][0]["amendments"]
    suffixes = [(a["id"], a["amendsReleaseID"].split("5699-")[1]) for a in amendments]
    assert suffixes == [("1", "initial"), ("2", "modification-1"), ("2-2024-10-18", "modification-2")]


def test_an_added_holder_joins_the_award() -> None:
    contract = marche(modifications=[modified(titulaires=[company(), company(COMPANY_B)])])
    [release] = later(contract)
    assert release["tag"] == ["awardUpdate", "contractAmendment"]
    state = compiled(contract)
    assert [(a["id"], a["status"], [s["id"] for s in a["suppliers"]]) for a in state["awards"]] == [
        ("1", "active", [PARTY_A, PARTY_B])
    ]
    assert state["contracts"][0]["awardID"] == "1"


def test_a_replaced_holder_needs_a_new_award() -> None:
    contract = marche(modifications=[modified(titulaires=[company(COMPANY_B)], montant=600000.0)])
    state = compiled(contract)
    assert [(a["id"], a["status"], [s["id"] for s in a["suppliers"]]) for a in state["awards"]] == [
        ("1", "cancelled", [PARTY_A]),
        ("2", "active", [PARTY_B]),
    ]
    assert state["awards"][0]["amendments"][0]["description"] == "Modification n° 1 : montant, titulaires."
    assert state["awards"][1]["value"]["amount"] == 600000.0
    assert state["contracts"][0]["awardID"] == "2"
    assert [a["decp"]["titulaires"] for a in state["contracts"][0]["amendments"]] == [[PARTY_B]]


def test_the_same_holders_in_another_order_change_nothing() -> None:
    both = [company(), company(COMPANY_B)]
    [release] = later(marche(titulaires=both, modifications=[modified(titulaires=both[::-1])]))
    assert release["tag"] == ["contractAmendment"]
    assert "awards" not in release


def test_a_later_role_does_not_erase_the_earlier_ones() -> None:
    act = Acte(id=1, sousTraitant=company(PARIS), datePublicationDonnees="2024-06-12", montant=10.0)
    contract = marche(actesSousTraitance=[act], modifications=[modified(titulaires=[company(), company(PARIS)])])
    roles = {p["id"]: p["roles"] for p in compiled(contract)["parties"]}
    assert roles == {PARTY_CITY: ["buyer", "supplier", "subcontractor"], PARTY_A: ["supplier"]}


def test_events_of_one_day_are_a_second_apart_in_a_fixed_order() -> None:
    day = "2024-05-25"
    contract = marche(
        modifications=[modified(datePublicationDonneesModification=day, montant=1.0)],
        actesSousTraitance=[Acte(id=1, datePublicationDonnees=day)],
        modificationsActesSousTraitance=[ModificationActe(id=1, datePublicationDonnees=day, montant=1.0)],
    )
    found = [(r.date, r.id.split("5699-")[1]) for r in released(contract)]
    assert found == [
        ("2024-05-25T00:00:00+02:00", "initial"),
        ("2024-05-25T00:00:01+02:00", "soustraitance-1"),
        ("2024-05-25T00:00:02+02:00", "soustraitance-1-modification-2024-05-25"),
        ("2024-05-25T00:00:03+02:00", "modification-1"),
    ]


def test_a_modification_published_before_the_contract_still_comes_after_it() -> None:
    contract = marche(modifications=[modified(datePublicationDonneesModification="2019-01-01", montant=1.0)])
    assert [r.date for r in released(contract)] == ["2024-05-25T00:00:00+02:00", "2024-05-25T00:00:01+02:00"]


@pytest.mark.parametrize(
    ("fields", "date"),
    [
        ({}, "2024-05-25T00:00:00+02:00"),
        ({"datePublicationDonnees": None}, "2024-05-15T00:00:00+02:00"),
        ({"datePublicationDonnees": "0218-01-01"}, "2024-05-15T00:00:00+02:00"),
        (
            {"datePublicationDonnees": None, "dateNotification": None, "modifications": [modified(montant=1.0)]},
            "2024-10-20T00:00:00+02:00",
        ),
        ({"datePublicationDonnees": None, "dateNotification": None}, "2025-06-30T00:00:00+02:00"),
    ],
)
def test_the_date_of_the_first_release_falls_back_in_a_written_order(fields: dict[str, Any], date: str) -> None:
    assert released(marche(**fields))[0].date == date


def test_years_published_on_one_day_or_without_a_day_keep_distinct_ids() -> None:
    years = [Execution(datePublicationDonneesExecution=d, depensesInvestissement=1.0) for d in ("2024-05-01",) * 2]
    years.append(Execution(depensesInvestissement=3.0))
    contract = concession(donneesExecution=years)
    assert [r.id.split("C202401-")[1] for r in released(contract)[1:]] == [
        "execution-2024-05-01",
        "execution-2024-05-01-bis",
        "execution-sans-date",
    ]
    [metric] = compiled(contract)["contracts"][0]["implementation"]["metrics"]
    assert [o["id"] for o in metric["observations"]] == ["2024-05-01", "2024-05-01-bis", "sans-date"]


def test_an_ocid_given_before_is_kept() -> None:
    found = released(marche(modifications=[modified(montant=1.0)]), ocid="ocds-abc123-kept")
    assert {r.ocid for r in found} == {"ocds-abc123-kept"}
    assert found[1].contracts is not None
    [amendment] = found[1].contracts[0].amendments or []
    assert amendment.amendsReleaseID == "ocds-abc123-kept-initial"


def test_a_party_has_one_name_in_all_the_releases_of_a_contract() -> None:
    act = Acte(id=1, sousTraitant=Operateur(typeIdentifiant="SIRET", id=COMPANY_B, denominationSociale="B"))
    contract = marche(titulaires=[company(), company(COMPANY_B)], actesSousTraitance=[act])
    assert {p.name for r in released(contract) for p in r.parties if p.id == PARTY_B} == {"B"}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(contracts())
def test_any_contract_gives_releases_in_a_strict_order_with_no_dangling_reference(contract: Contract) -> None:
    found = released(contract)
    events = (
        len(contract.modifications)
        + len(contract.actesSousTraitance)
        + len(contract.modificationsActesSousTraitance)
        + len(contract.donneesExecution)
    )
    assert len(found) == 1 + events
    assert len({r.id for r in found}) == len(found)
    dates = [r.date for r in found]
    assert dates == sorted(set(dates))
    assert not [broken_references(tree(r)) for r in found if broken_references(tree(r))]
    assert broken_references(compiled(contract)) == []


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(contracts())
def test_the_same_contract_gives_the_same_bytes(contract: Contract) -> None:
    assert encoded(contract) == encoded(msgspec.json.decode(msgspec.json.encode(contract), type=Contract))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(contracts())
def test_compiling_loses_no_party_amendment_or_subcontract(contract: Contract) -> None:
    state = compiled(contract)
    said = [tree(r) for r in released(contract)]
    assert {p["id"] for r in said for p in r["parties"]} == {p["id"] for p in state["parties"]}
    assert len(state["contracts"][0].get("amendments", ())) == len(contract.modifications)
    keys = {
        s["id"] for r in said for a in r.get("awards", ()) for s in a.get("subcontracting", {}).get("subcontracts", ())
    }
    kept = {s["id"] for a in state["awards"] for s in a.get("subcontracting", {}).get("subcontracts", ())}
    assert kept == keys
