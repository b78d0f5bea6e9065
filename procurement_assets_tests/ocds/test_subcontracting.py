"""Acts of subcontracting and their modifications."""

from __future__ import annotations

from procurement_assets.decp.model import Acte, ModificationActe
from procurement_assets_tests.ocds.support import (
    COMPANY_A,
    COMPANY_B,
    PARIS,
    PARTY_A,
    PARTY_B,
    company,
    compiled,
    later,
    marche,
    modified,
)


def test_acts_of_subcontracting_add_up_on_the_award() -> None:
    acts = [
        Acte(id=1, sousTraitant=company(COMPANY_B), datePublicationDonnees="2024-06-12", montant=100.10, dureeMois=6),
        Acte(id=2, sousTraitant=company(COMPANY_B), datePublicationDonnees="2024-06-12", montant=50.20),
    ]
    change = ModificationActe(id=1, datePublicationDonnees="2024-07-01", montant=200.0)
    contract = marche(actesSousTraitance=acts, modificationsActesSousTraitance=[change])
    one, two, three = later(contract)
    assert [r["tag"] for r in (one, two, three)] == [["awardUpdate"]] * 3
    assert [r["date"] for r in (one, two, three)] == [
        "2024-06-12T00:00:00+02:00",
        "2024-06-12T00:00:01+02:00",
        "2024-07-01T00:00:00+02:00",
    ]
    sums = [r["awards"][0]["subcontracting"]["value"]["amount"] for r in (one, two, three)]
    assert sums == [100.10, 150.30, 250.20]
    subcontracts = compiled(contract)["awards"][0]["subcontracting"]["subcontracts"]
    assert subcontracts == [
        {
            "id": "1",
            "subcontractor": {"id": PARTY_B},
            "mainContractors": [{"id": PARTY_A}],
            "decp": {
                "id": 1,
                "datePublicationDonnees": "2024-06-12",
                "dureeMois": 6,
                "montant": {"amount": 200.0, "currency": "EUR"},
                "rang": 1,
                "montantInitial": {"amount": 100.1, "currency": "EUR"},
                "modifications": [
                    {
                        "id": "2024-07-01",
                        "datePublicationDonnees": "2024-07-01",
                        "montant": {"amount": 200.0, "currency": "EUR"},
                        "rang": 1,
                    }
                ],
            },
        },
        {
            "id": "2",
            "subcontractor": {"id": PARTY_B},
            "mainContractors": [{"id": PARTY_A}],
            "decp": {
                "id": 2,
                "datePublicationDonnees": "2024-06-12",
                "montant": {"amount": 50.2, "currency": "EUR"},
                "rang": 2,
            },
        },
    ]


def test_the_main_contractor_of_an_act_is_not_guessed_among_several_holders() -> None:
    act = Acte(id=1, sousTraitant=company(PARIS), montant=10.0)
    [release] = later(marche(titulaires=[company(), company(COMPANY_B)], actesSousTraitance=[act]))
    [subcontract] = release["awards"][0]["subcontracting"]["subcontracts"]
    assert "mainContractors" not in subcontract


def test_a_modification_of_an_act_never_published_is_kept() -> None:
    [release] = later(marche(modificationsActesSousTraitance=[ModificationActe(id=7, montant=5.0)]))
    assert release["id"].endswith("-soustraitance-7-modification-sans-date")
    [subcontract] = release["awards"][0]["subcontracting"]["subcontracts"]
    assert (subcontract["id"], subcontract["decp"]["montant"]["amount"]) == ("7", 5.0)


def test_two_acts_with_one_id_are_two_subcontracts() -> None:
    acts = [
        Acte(id=1, sousTraitant=company(siret), dateNotification=day, montant=1.0)
        for siret, day in ((COMPANY_A, "2024-06-01"), (COMPANY_B, "2024-07-01"))
    ]
    subcontracts = compiled(marche(actesSousTraitance=acts))["awards"][0]["subcontracting"]["subcontracts"]
    assert [(s["id"], s["decp"]["id"], s["subcontractor"]["id"]) for s in subcontracts] == [
        ("1", 1, PARTY_A),
        ("1-2024-07-01", 1, PARTY_B),
    ]


def test_an_act_after_a_replacement_is_on_the_new_award() -> None:
    acts = [
        Acte(id=1, sousTraitant=company(PARIS), datePublicationDonnees="2024-06-12", montant=1.0),
        Acte(id=2, sousTraitant=company(PARIS), datePublicationDonnees="2024-12-12", montant=2.0),
    ]
    contract = marche(actesSousTraitance=acts, modifications=[modified(titulaires=[company(COMPANY_B)])])
    found = {a["id"]: a["subcontracting"]["value"]["amount"] for a in compiled(contract)["awards"]}
    assert found == {"1": 1.0, "2": 2.0}
