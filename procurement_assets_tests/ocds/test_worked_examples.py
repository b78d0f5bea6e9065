"""The worked examples of the research (`../shared/oracles/decp_worked_examples`) beside ours, every difference told.

The table of differences is that of docs/decisions.md, "OCDS".
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from procurement_assets.decp.model import Acte, Contract, Execution, Lieu, Tarif
from procurement_assets.ocds.documentation.table import paths_in
from procurement_assets_tests.ocds.support import (
    COMPANY_A,
    COMPANY_B,
    SHARED,
    company,
    concession,
    marche,
    modified,
    needs_shared,
    released,
    tree,
)

EXAMPLES = SHARED / "oracles/decp_worked_examples"


def _marche() -> Contract:
    return marche(
        id="2024M0042",
        acheteur_nom="VILLE DE PARIS",
        codeCPV="45000000",
        nature="Marché",
        procedure="Appel d'offres ouvert",
        techniques=["Accord-cadre"],
        modalitesExecution=["Bons de commande"],
        idAccordCadre="1234567890",
        lieuExecution=Lieu(code="75000", typeCode="Code postal", nom="Paris"),
        dureeMois=48,
        formePrix="Forfaitaire",
        typesPrix=["Définitif ferme"],
        attributionAvance=True,
        tauxAvance=0.3,
        ccag="Travaux",
        offresRecues=4,
        marcheInnovant=True,
        sousTraitanceDeclaree=True,
        considerationsSociales=["Clause sociale", "Critère social"],
        considerationsEnvironnementales=["Clause environnementale"],
        titulaires=[company(COMPANY_A, "SOCIETE A")],
        actesSousTraitance=[
            Acte(
                id=1,
                sousTraitant=company("81111111100015", "SOUS-TRAITANT B"),
                datePublicationDonnees="2024-06-12",
                montant=123456.89,
            )
        ],
        modifications=[modified(montant=623457.87, dureeMois=60)],
    )


def _concession() -> Contract:
    return concession(
        acheteur_nom="VILLE DE PARIS",
        objet="Concession",
        procedure="Procédure négociée ouverte",
        dureeMois=12,
        montantSubventionPublique=50000.0,
        titulaires=[company(COMPANY_B, "CONCESSIONNAIRE")],
        considerationsEnvironnementales=["Critère environnemental"],
        donneesExecution=[
            Execution(
                datePublicationDonneesExecution="2024-04-18",
                depensesInvestissement=15300.0,
                tarifs=[Tarif(intituleTarif="Plein tarif", tarif=14.29)],
            )
        ],
    )


WHY = {
    "id": "named by the event alone: a date in it would change with a correction",
    "tag": "the execution of a concession is a release of its own, at its own date",
    "parties/id": "one party per establishment (SIRET): the buyer's services stay apart",
    "buyer/id": "one party per establishment",
    "awards/suppliers/id": "one party per establishment",
    "parties/identifier/legalName": "from the register only, when it is there",
    "parties/identifier/uri": "written for every French organisation",
    "parties/name": "every release has the buyer: it can be read alone",
    "parties/roles": "every release has the buyer: it can be read alone",
    "parties/identifier/id": "every release has the buyer; an id that is no SIRET keeps a local scheme",
    "parties/identifier/scheme": "an id that is no SIRET (wrong key) has the local scheme FR-DECP-SIRET",
    "parties/additionalIdentifiers/id": "every release has the buyer",
    "parties/additionalIdentifiers/scheme": "every release has the buyer",
    "parties/details/classifications/scheme": "not in DECP: enrichment",
    "parties/details/classifications/id": "not in DECP: enrichment",
    "parties/details/scale": "not in DECP: enrichment",
    "buyer/name": "every release has the buyer: it can be read alone",
    "tender/techniques/frameworkAgreement/value/amount": "the amount of a framework is a maximum: set apart for sums",
    "tender/techniques/frameworkAgreement/value/currency": "idem",
    "tender/items/deliveryAddresses/country": "not said by a postcode: nothing is added to what is published",
    "tender/contractTerms/financialTerms": "sentences for readers; the codes are in decp",
    "tender/contractTerms/otherTerms": "the CCAG is not a financial term",
    "awards/title": "the object, as for a marché",
    "awards/date": "as for a marché",
    "awards/items/id": "the object bought is also on the award",
    "awards/items/description": "the object bought is also on the award",
    "awards/items/classification/id": "the object bought is also on the award",
    "awards/items/classification/scheme": "the object bought is also on the award",
    "contracts/title": "the object, as for a marché",
    "contracts/period/startDate": "a modification repeats the start: a period is read whole",
    "contracts/period/endDate": "the end, on the eve at 23:59:59",
    "contracts/finance/type": "a subsidy is a grant",
    "contracts/finance/financingParty/id": "paid by the conceding authority",
    "contracts/finance/financingParty/name": "paid by the conceding authority",
    "contracts/tariffs/id": "tariffs stand in the implementation, where the year is published",
    "contracts/tariffs/title": "idem",
    "contracts/tariffs/paidBy": "idem",
    "contracts/tariffs/value/amount": "idem",
    "contracts/tariffs/value/currency": "idem",
    "contracts/amendments/description": "says what changed",
    "contracts/amendments/amendsReleaseID": "the release before it, the act of subcontracting",
    "awards/subcontracting/subcontracts/subcontractor/id": "one party per establishment; the example's SIRET has a "
    "wrong key",
    "awards/subcontracting/subcontracts/mainContractors/id": "one party per establishment",
}
"""Path to the reason of the difference. Paths of `decp` are the local extension, which the examples do not have."""

PAIRS = [
    ("2024M0042-initial", 0, 0),
    ("2024M0042-soustraitance-1", 1, 1),
    ("2024M0042-modification-1", 2, 2),
]


def _example(index: int) -> Any:
    return json.loads((EXAMPLES / "release_package.json").read_bytes())["releases"][index]


def _values(node: Any, path: str) -> list[Any]:
    found = [node]
    for part in path.split("/"):
        found = [n[part] for n in found if isinstance(n, dict) and part in n]
        found = [x for v in found for x in (v if isinstance(v, list) else [v])]
    return found


def _differences(theirs: Any, ours: Any) -> set[str]:
    paths = {*paths_in(theirs), *paths_in(ours)}
    return {p for p in paths if "/decp/" not in p and _values(theirs, p) != _values(ours, p)}


@needs_shared
@pytest.mark.parametrize(("name", "index", "rank"), PAIRS)
def test_the_marche_differs_only_as_explained(name: str, index: int, rank: int) -> None:
    theirs, ours = _example(index), tree(released(_marche())[rank])
    assert ours["id"] == f"ocds-abc123-21750001600019-{name}"
    assert (ours["ocid"], ours["date"]) == (theirs["ocid"], theirs["date"])
    assert sorted(_differences(theirs, ours) - set(WHY)) == []


@needs_shared
def test_the_concession_differs_only_as_explained() -> None:
    theirs = _example(3)
    first, year = (tree(r) for r in released(_concession()))
    year_paths = {p for p in _differences(theirs, first) if p.startswith("contracts/implementation/metrics")}
    assert sorted(_differences(theirs, first) - set(WHY) - year_paths) == []
    assert year["tag"] == ["implementation"]
    assert year["date"] == "2024-04-18T00:00:00+02:00"
    for path in year_paths - {"contracts/implementation/metrics/observations/period/endDate"}:
        assert _values(theirs, path) == _values(year, path), path
    tariffs = {p: _values(theirs, p) for p in paths_in(theirs) if p.startswith("contracts/tariffs")}
    assert tariffs
    for path, values in tariffs.items():
        assert _values(year, path.replace("contracts/tariffs", "contracts/implementation/tariffs")) == values


@needs_shared
def test_every_explanation_is_of_a_difference_that_exists() -> None:
    found = set[str]()
    for _, index, rank in PAIRS:
        found |= _differences(_example(index), tree(released(_marche())[rank]))
    found |= _differences(_example(3), tree(released(_concession())[0]))
    assert sorted(set(WHY) - found) == []


@needs_shared
def test_the_values_of_the_law_are_the_same() -> None:
    """Amounts, dates, procedure, considerations: where the two say the same thing, they say it alike."""
    theirs, ours = _example(0), tree(released(_marche())[0])
    for path in (
        "tender/procurementMethod",
        "tender/sustainability/goal",
        "tender/sustainability/strategies",
        "tender/techniques/frameworkAgreement/method",
        "tender/numberOfTenderers",
        "bids/statistics/value",
        "awards/value/amount",
        "contracts/dateSigned",
        "relatedProcesses/identifier",
    ):
        assert _values(theirs, path) == _values(ours, path) != [], path
