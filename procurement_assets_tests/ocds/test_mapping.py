"""The award release: what each DECP field becomes (research/ocds.md §2.1, §2.2, §2.6)."""

from __future__ import annotations

from typing import Any

import pytest

from procurement_assets.decp.model import Lieu
from procurement_assets_tests.ocds.support import (
    COMPANY_A,
    PARIS,
    first,
    marche,
    released,
    tree,
)

OCID = "ocds-abc123-21750001600019-2024T05699"


def test_a_simple_contract_becomes_one_release() -> None:
    [release] = released(
        marche(
            codeCPV="45000000",
            dureeMois=48,
            procedure="Appel d'offres ouvert",
            offresRecues=4,
            nature="Marché",
            acheteur_nom="VILLE DE PARIS",
        )
    )
    siren = "217500016"
    assert tree(release) == {
        "ocid": OCID,
        "id": f"{OCID}-initial",
        "date": "2024-05-25T00:00:00+02:00",
        "tag": ["tender", "award", "contract"],
        "initiationType": "tender",
        "language": "fr",
        "parties": [
            {
                "id": "FR-RCS-217500016-00019",
                "name": "VILLE DE PARIS",
                "identifier": {
                    "scheme": "FR-RCS",
                    "id": siren,
                    "uri": f"https://annuaire-entreprises.data.gouv.fr/entreprise/{siren}",
                },
                "additionalIdentifiers": [{"scheme": "FR-RCS", "id": PARIS}],
                "roles": ["buyer"],
            },
            {
                "id": "FR-RCS-552045999-00869",
                "identifier": {
                    "scheme": "FR-RCS",
                    "id": "552045999",
                    "uri": "https://annuaire-entreprises.data.gouv.fr/entreprise/552045999",
                },
                "additionalIdentifiers": [{"scheme": "FR-RCS", "id": COMPANY_A}],
                "roles": ["supplier"],
            },
        ],
        "buyer": {"id": "FR-RCS-217500016-00019", "name": "VILLE DE PARIS"},
        "tender": {
            "id": "2024T05699",
            "title": "Travaux",
            "status": "complete",
            "items": [
                {"id": "1", "description": "Travaux", "classification": {"scheme": "CPV", "id": "45000000"}},
            ],
            "procurementMethod": "open",
            "procurementMethodDetails": "Appel d'offres ouvert",
            "mainProcurementCategory": "works",
            "numberOfTenderers": 4,
            "decp": {"kind": "marche", "format": "2022", "nature": "Marché"},
        },
        "bids": {"statistics": [{"id": "bids", "measure": "bids", "value": 4}]},
        "awards": [
            {
                "id": "1",
                "title": "Travaux",
                "status": "active",
                "date": "2024-05-15T00:00:00+02:00",
                "value": {"amount": 575000.0, "currency": "EUR"},
                "suppliers": [{"id": "FR-RCS-552045999-00869"}],
                "items": [
                    {"id": "1", "description": "Travaux", "classification": {"scheme": "CPV", "id": "45000000"}},
                ],
            }
        ],
        "contracts": [
            {
                "id": "1",
                "awardID": "1",
                "title": "Travaux",
                "status": "active",
                "period": {
                    "startDate": "2024-05-15T00:00:00+02:00",
                    "endDate": "2028-05-14T23:59:59+02:00",
                    "durationInDays": 1461,
                },
                "value": {"amount": 575000.0, "currency": "EUR"},
                "dateSigned": "2024-05-15T00:00:00+02:00",
                "decp": {"dureeMois": 48, "datePublicationDonnees": "2024-05-25"},
            }
        ],
    }


@pytest.mark.parametrize(
    ("procedure", "offers", "method"),
    [
        ("Appel d'offres ouvert", 3, "open"),
        ("Appel d'offres restreint", 3, "selective"),
        ("Procédure avec négociation", 3, "selective"),
        ("Dialogue compétitif", 3, "selective"),
        ("Marché passé sans publicité ni mise en concurrence préalable", 3, "limited"),
        ("Marché passé sans publicité ni mise en concurrence préalable", None, "limited"),
        ("Marché passé sans publicité ni mise en concurrence préalable", 1, "direct"),
        ("Procédure adaptée", 3, None),
        ("Autre", 3, None),
    ],
)
def test_the_procedure_keeps_its_label_and_gives_a_method_where_one_fits(
    procedure: str, offers: int | None, method: str | None
) -> None:
    tender = first(marche(procedure=procedure, offresRecues=offers))["tender"]
    assert tender["procurementMethodDetails"] == procedure
    assert tender.get("procurementMethod") == method


@pytest.mark.parametrize(
    ("cpv", "category"), [("45000000", "works"), ("03121000", "goods"), ("48000000", "goods"), ("72000000", "services")]
)
def test_the_cpv_division_gives_the_category(cpv: str, category: str) -> None:
    assert first(marche(codeCPV=cpv))["tender"]["mainProcurementCategory"] == category


def test_a_framework_with_orders_and_its_ceiling() -> None:
    contract = marche(techniques=["Accord-cadre"], modalitesExecution=["Bons de commande", "Tranches"])
    tender = first(contract)["tender"]
    assert tender["techniques"] == {
        "hasFrameworkAgreement": True,
        "frameworkAgreement": {
            "method": "withoutReopeningCompetition",
            "value": {"amount": 575000.0, "currency": "EUR"},
        },
        "hasDynamicPurchasingSystem": False,
        "hasElectronicAuction": False,
    }
    assert tender["decp"]["modalitesExecution"] == ["Bons de commande", "Tranches"]
    assert "techniques" not in tender["decp"]


def test_no_technique_is_not_an_unknown_technique() -> None:
    known = first(marche(techniques=["Sans objet"]))["tender"]["techniques"]
    assert known == {"hasFrameworkAgreement": False, "hasDynamicPurchasingSystem": False, "hasElectronicAuction": False}
    assert "techniques" not in first(marche())["tender"]


def test_techniques_without_a_field_go_to_the_local_extension() -> None:
    tender = first(marche(techniques=["Concours", "Catalogue électronique", "Sans objet"]))["tender"]
    assert tender["decp"]["techniques"] == ["Concours", "Sans objet"]
    assert tender["submissionTerms"] == {"electronicCatalogPolicy": "allowed"}


def test_a_framework_of_format_2019_is_known_by_its_nature() -> None:
    tender = first(marche(format="2019", nature="Accord-cadre"))["tender"]
    assert tender["techniques"] == {
        "hasFrameworkAgreement": True,
        "frameworkAgreement": {"value": {"amount": 575000.0, "currency": "EUR"}},
    }


@pytest.mark.parametrize(
    ("social", "environmental", "has"),
    [
        (["Clause sociale"], ["Pas de considération environnementale"], True),
        (["Pas de considération sociale"], ["Pas de considération environnementale"], False),
        (["Pas de considération sociale"], None, None),
        (None, None, None),
    ],
)
def test_sustainability_is_false_only_when_both_considerations_are_denied(
    social: list[str] | None, environmental: list[str] | None, has: bool | None
) -> None:
    tender = first(marche(considerationsSociales=social, considerationsEnvironnementales=environmental))["tender"]
    assert tender.get("hasSustainability") is has


def test_considerations_become_goals_and_strategies() -> None:
    tender = first(
        marche(
            considerationsSociales=["Critère social", "Clause sociale", "Marché réservé"],
            considerationsEnvironnementales=["Critère environnemental"],
            marcheInnovant=True,
        )
    )["tender"]
    assert tender["sustainability"] == [
        {"goal": "social", "strategies": ["contractPerformanceConditions", "awardCriteria", "reservedParticipation"]},
        {"goal": "environmental", "strategies": ["awardCriteria"]},
        {"goal": "economic.innovativePurchase"},
    ]


@pytest.mark.parametrize(
    ("lieu", "locations", "addresses"),
    [
        (
            Lieu(code="75012", typeCode="Code postal", nom="Paris"),
            [
                {
                    "description": "Code postal 75012",
                    "gazetteer": {"scheme": "FR-LAPOSTE-CP", "identifiers": ["75012"]},
                }
            ],
            [{"description": "Paris", "postalCode": "75012"}],
        ),
        (
            Lieu(code="75", typeCode="Code département"),
            [{"description": "Code département 75", "gazetteer": {"scheme": "FR-COG-DEP", "identifiers": ["75"]}}],
            None,
        ),
        (
            Lieu(code="FR", typeCode="Code pays"),
            [{"description": "Code pays FR", "gazetteer": {"scheme": "ISO2", "identifiers": ["FR"]}}],
            [{"country": "FR"}],
        ),
    ],
)
def test_the_place_is_a_code_of_a_gazetteer(lieu: Lieu, locations: Any, addresses: Any) -> None:
    [item] = first(marche(lieuExecution=lieu))["tender"]["items"]
    assert item.get("deliveryLocations") == locations
    assert item.get("deliveryAddresses") == addresses


def test_a_place_without_a_gazetteer_is_kept_as_published() -> None:
    tender = first(marche(lieuExecution=Lieu(code="99109", typeCode="Code pays")))["tender"]
    assert "items" not in tender
    assert tender["decp"]["lieuExecution"] == {"code": "99109", "typeCode": "Code pays"}


def test_a_call_off_is_linked_to_its_framework() -> None:
    release = first(marche(idAccordCadre="2023 AC/1"))
    assert release["relatedProcesses"] == [
        {
            "id": "1",
            "relationship": ["framework"],
            "scheme": "ocid",
            "identifier": "ocds-abc123-21750001600019-2023_20AC_2F1",
        }
    ]


def test_a_contract_that_names_itself_as_its_framework_is_not_linked_to_itself() -> None:
    release = first(marche(idAccordCadre="2024T05699"))
    assert "relatedProcesses" not in release
    assert release["tender"]["decp"]["idAccordCadre"] == "2024T05699"


def test_price_advance_and_terms_are_text_for_readers_and_codes_for_machines() -> None:
    tender = first(
        marche(
            formePrix="Forfaitaire",
            typesPrix=["Définitif ferme", "Provisoire"],
            attributionAvance=True,
            tauxAvance=0.3,
            ccag="Travaux",
        )
    )["tender"]
    assert tender["contractTerms"] == {
        "financialTerms": "Forme du prix : Forfaitaire. Types de prix : Définitif ferme, Provisoire. Avance : 30 %.",
        "otherTerms": "CCAG : Travaux.",
    }
    assert tender["decp"]["formePrix"] == "Forfaitaire"
    assert tender["decp"]["typesPrix"] == ["Définitif ferme", "Provisoire"]
    assert (tender["decp"]["attributionAvance"], tender["decp"]["tauxAvance"]) == (True, 0.3)


def test_an_unknown_amount_is_not_zero() -> None:
    release = first(marche(montant=None))
    assert "value" not in release["awards"][0]
    assert "value" not in release["contracts"][0]
    assert first(marche(montant=0.0))["contracts"][0]["value"] == {"amount": 0.0, "currency": "EUR"}


def test_a_date_that_cannot_be_believed_is_kept_in_the_local_extension_alone() -> None:
    contract = first(marche(dateNotification="0218-03-07", dureeMois=12))["contracts"][0]
    assert "dateSigned" not in contract
    assert "period" not in contract
    assert contract["decp"]["dateNotification"] == "0218-03-07"


def test_false_is_written() -> None:
    release = first(marche(sousTraitanceDeclaree=False, marcheInnovant=False, attributionAvance=False))
    assert release["awards"][0]["hasSubcontracting"] is False
    assert release["tender"]["decp"]["marcheInnovant"] is False
    assert release["tender"]["decp"]["attributionAvance"] is False
