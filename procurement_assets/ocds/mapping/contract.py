"""Section `contracts`: the signed contract, its period, its value in force, a concession's money."""

from __future__ import annotations

from procurement_assets.decp.model import Contract, Execution
from procurement_assets.ocds.extension.model import DecpContract, DecpExecution
from procurement_assets.ocds.mapping.dates import day, midnight, period, stamp, unplaced
from procurement_assets.ocds.mapping.parties import Parties
from procurement_assets.ocds.mapping.values import euros, text
from procurement_assets.ocds.model import Contract as OcdsContract
from procurement_assets.ocds.model import Finance, Implementation, Metric, Observation, Period, Tariff

CONTRACT_ID = "1"


def contract_section(contract: Contract, parties: Parties, award_id: str) -> OcdsContract:
    """`contracts[0]` at the start. Status stays `active`: DECP never says that a contract has ended."""
    return OcdsContract(
        id=CONTRACT_ID,
        awardID=award_id,
        title=text(contract.objet),
        status="active",
        period=contract_period(contract, contract.dureeMois),
        value=euros(contract.amount),
        dateSigned=midnight(contract.date),
        finance=finance(contract, parties),
        decp=decp_contract(contract),
    )


def contract_period(contract: Contract, months: int | None) -> Period | None:
    """`period`: from the start of execution (concession) or the notification (marché)."""
    start = contract.dateDebutExecution if day(contract.dateDebutExecution) else contract.date
    return period(start, months)


def finance(contract: Contract, parties: Parties) -> list[Finance] | None:
    """`finance` (extension): `montantSubventionPublique`, a grant of the conceding authority."""
    grant = euros(contract.montantSubventionPublique)
    if grant is None:
        return None
    payer = parties.reference(parties.buyer)
    title = "Montant de la subvention publique"
    return [Finance(id="subvention", title=title, value=grant, financingParty=payer, type="grant")]


def decp_contract(contract: Contract) -> DecpContract | None:
    """`contracts[].decp` (local extension): months, publication day, days that no standard field could hold."""
    both = contract.dateNotification and contract.dateSignature
    found = DecpContract(
        dureeMois=contract.dureeMois,
        datePublicationDonnees=text(contract.datePublicationDonnees),
        dateNotification=unplaced(contract.dateNotification),
        dateSignature=contract.dateSignature if both else unplaced(contract.dateSignature),
        dateDebutExecution=_start(contract),
    )
    return None if found == _EMPTY else found


def _start(contract: Contract) -> str | None:
    """The start of execution, where `period.startDate` does not tell it: not believable, or the day of signature,
    with which the period starts when no start is published."""
    start = contract.dateDebutExecution
    return start if start == contract.date else unplaced(start)


_EMPTY = DecpContract()


def implementation(year: Execution, key: str) -> Implementation | None:
    """`implementation` (extensions metrics and tariffs): investment and tariffs of a published year.

    DECP gives the day of publication, not the year observed: the observation ends on that day.
    """
    published = day(year.datePublicationDonneesExecution)
    metrics = tariffs = None
    spent = euros(year.depensesInvestissement)
    if spent is not None:
        until = Period(endDate=stamp(published, 86_399)) if published else None
        seen = Observation(id=key, period=until, value=spent)
        metrics = [Metric(id="depensesInvestissement", title="Dépenses d'investissement", observations=[seen])]
    if year.tarifs:
        tariffs = [
            Tariff(
                id=f"{key}-{n}",
                title=text(tarif.intituleTarif),
                paidBy="user",
                value=euros(tarif.tarif),
                notes=f"Publié le {published.isoformat()}." if published else None,
            )
            for n, tarif in enumerate(year.tarifs, start=1)
        ]
    return Implementation(metrics=metrics, tariffs=tariffs) if metrics or tariffs else None


def decp_execution(year: Execution, key: str, rank: int) -> DecpContract:
    """`contracts[].decp.donneesExecution`: that this year was published, when, and its place in the list."""
    return DecpContract(
        donneesExecution=[
            DecpExecution(id=key, datePublicationDonneesExecution=text(year.datePublicationDonneesExecution), rang=rank)
        ]
    )
