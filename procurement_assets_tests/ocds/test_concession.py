"""Concessions: money, start, years of execution (research/ocds.md §2.6)."""

from __future__ import annotations

from procurement_assets.decp.model import Execution, Tarif
from procurement_assets_tests.ocds.support import (
    concession,
    first,
    released,
    tree,
)

OCID = "ocds-abc123-21750001600019-2024T05699"


def test_a_concession_has_its_start_its_grant_and_its_legal_basis() -> None:
    release = first(concession(dureeMois=12, montantSubventionPublique=50000.0, procedure="Procédure négociée ouverte"))
    contract, tender = release["contracts"][0], release["tender"]
    assert release["tag"] == ["tender", "award", "contract"]
    assert contract["dateSigned"] == "2024-04-02T00:00:00+02:00"
    assert contract["period"]["startDate"] == "2024-04-01T00:00:00+02:00"
    assert contract["value"] == {"amount": 1030000.0, "currency": "EUR"}
    assert contract["finance"] == [
        {
            "id": "subvention",
            "title": "Montant de la subvention publique",
            "value": {"amount": 50000.0, "currency": "EUR"},
            "financingParty": {"id": "FR-RCS-217500016-00019"},
            "type": "grant",
        }
    ]
    assert tender["legalBasis"] == {"scheme": "CELEX", "id": "32014L0023"}
    assert tender["mainProcurementCategory"] == "services"
    assert tender["procurementMethod"] == "open"


def test_years_of_a_concession_are_implementation_releases() -> None:
    years = [
        Execution(
            datePublicationDonneesExecution="2025-04-18",
            depensesInvestissement=15300.0,
            tarifs=[Tarif(intituleTarif="Plein tarif", tarif=14.29)],
        ),
        Execution(datePublicationDonneesExecution="2024-04-18", depensesInvestissement=100.0),
    ]
    _, one, two = (tree(r) for r in released(concession(donneesExecution=years)))
    assert (one["tag"], two["tag"]) == (["implementation"], ["implementationUpdate"])
    assert (one["id"][-20:], two["id"][-20:]) == ("execution-2024-04-18", "execution-2025-04-18")
    assert two["contracts"] == [
        {
            "id": "1",
            "awardID": "1",
            "implementation": {
                "metrics": [
                    {
                        "id": "depensesInvestissement",
                        "title": "Dépenses d'investissement",
                        "observations": [
                            {
                                "id": "2025-04-18",
                                "period": {"endDate": "2025-04-18T23:59:59+02:00"},
                                "value": {"amount": 15300.0, "currency": "EUR"},
                            }
                        ],
                    }
                ],
                "tariffs": [
                    {
                        "id": "2025-04-18-1",
                        "title": "Plein tarif",
                        "paidBy": "user",
                        "value": {"amount": 14.29, "currency": "EUR"},
                        "notes": "Publié le 2025-04-18.",
                    }
                ],
            },
            "decp": {
                # Published first: the releases go by date, the rank keeps the published order.
                "donneesExecution": [{"id": "2025-04-18", "datePublicationDonneesExecution": "2025-04-18", "rang": 1}],
            },
        }
    ]
