"""Events to releases (research/ocds.md §2.3, §2.4).

| event | tags | says |
|---|---|---|
| award | tender, award, contract | everything known at the award |
| act of subcontracting | awardUpdate | subcontractor, sum of the acts |
| modification of an act | awardUpdate | new values of the act, new sum |
| modification | contractAmendment | new value, new period, the amendment |
| … that adds holders | awardUpdate, contractAmendment | the same award, all its suppliers |
| … that replaces holders | awardUpdate, contractAmendment | a new award; the former is cancelled |
| year of a concession | implementation, then implementationUpdate | investment, tariffs |

Every release has the buyer and every party that it refers to, so that each can be read alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from procurement_assets.decp.model import Contract, Execution, Modification, Version
from procurement_assets.decp.versions import versions
from procurement_assets.ocds.extension.model import DecpAmendment, DecpAward, DecpContract
from procurement_assets.ocds.mapping.award import award
from procurement_assets.ocds.mapping.contract import (
    CONTRACT_ID,
    contract_period,
    contract_section,
    decp_execution,
    implementation,
)
from procurement_assets.ocds.mapping.dates import midnight, stamp, unplaced
from procurement_assets.ocds.mapping.identity import contract_ocid, escape
from procurement_assets.ocds.mapping.keys import Named, modification_keys
from procurement_assets.ocds.mapping.parties import Parties, listed
from procurement_assets.ocds.mapping.subcontracting import Subcontractors
from procurement_assets.ocds.mapping.tender import bids, framework, related_processes, tender
from procurement_assets.ocds.mapping.timeline import Event, award_day, events, moments
from procurement_assets.ocds.mapping.values import euros, position, text
from procurement_assets.ocds.model import Amendment, Award, Release
from procurement_assets.ocds.model import Contract as OcdsContract
from procurement_assets.ocds.values import Tag
from procurement_assets.publishers import Publisher


def releases(
    contract: Contract,
    publisher: Publisher,
    *,
    fallback_date: str,
    names: Mapping[str, str] | None = None,
    ocid: str | None = None,
    published: Named = (),
    links: Mapping[str, str] | None = None,
) -> list[Release]:
    """The releases of a contract, oldest first, with distinct ids and strictly increasing dates.

    `names`: SIRET or SIREN to the name in the register. `ocid`: the one already given to this contract, when it is
    kept (default: made from the buyer and the id). `fallback_date` (`YYYY-MM-DD`): the date of a contract that has
    none at all; pass the day it was first seen, so that it does not move from one snapshot to the next. `published`:
    its modifications that are already published, with their keys, which stay theirs. `links`: buyer and id of a
    framework to the ocid under which it is published, where they do not make it.
    """
    prefix = publisher.ocid_prefix
    ocid = ocid or contract_ocid(prefix, contract)
    start = award_day(contract, fallback_date)
    parties = Parties(contract, names)
    suppliers = parties.ids_of(contract.titulaires)
    related = framework(contract, prefix, ocid, links or {})
    first = _award_release(contract, parties, suppliers, ocid=ocid, related=related, moment=stamp(start))
    # Nine contracts in ten end here: nothing is prepared for events that they do not have.
    if not (
        contract.modifications
        or contract.actesSousTraitance
        or contract.modificationsActesSousTraitance
        or contract.donneesExecution
    ):
        return [first]
    return _Process(contract, ocid, parties, suppliers, first, published).releases(start)


def _award_release(
    contract: Contract, parties: Parties, suppliers: list[str], *, ocid: str, related: str | None, moment: str
) -> Release:
    """The release of the award: everything known at the award."""
    parties.give("supplier", suppliers)
    first = award(contract, parties, suppliers, number=1, date=contract.date, amount=contract.amount)
    return Release(
        ocid=ocid,
        id=f"{ocid}-initial",
        date=moment,
        tag=["tender", "award", "contract"],
        initiationType="tender",
        language="fr",
        parties=parties.organizations(suppliers),
        buyer=parties.reference(parties.buyer),
        tender=tender(contract, ocid, parties.buyer_as_published(contract), related),
        bids=bids(contract),
        awards=[first],
        contracts=[contract_section(contract, parties, first.id)],
        relatedProcesses=related_processes(related),
    )


class _Process:
    """One contracting process while the releases after the award are made: what the earlier releases have said."""

    def __init__(
        self,
        contract: Contract,
        ocid: str,
        parties: Parties,
        suppliers: list[str],
        first: Release,
        published: Named,
    ) -> None:
        self.contract = contract
        self.ocid = ocid
        self.parties = parties
        self.suppliers = suppliers
        self.award_number = 1
        self.done = [first]
        self.ids = {first.id}
        self.years: set[str] = set()
        self.versions = versions(contract)
        self.keys = modification_keys(contract.modifications, published)
        self.subcontractors = Subcontractors(contract, parties)

    def releases(self, start: date) -> list[Release]:
        happened = events(self.contract, start)
        for event, moment in zip(happened, moments(start, happened), strict=True):
            self._event(event, moment)
        return self.done

    def _release(
        self,
        key: str,
        moment: str,
        tags: list[Tag],
        party_ids: list[str],
        *,
        awards: list[Award] | None = None,
        contracts: list[OcdsContract] | None = None,
    ) -> None:
        release_id = f"{self.ocid}-{key}"
        while release_id in self.ids:  # two years published on one day, two acts with one id
            release_id += "-bis"
        self.ids.add(release_id)
        parties = self.parties
        self.done.append(
            Release(
                ocid=self.ocid,
                id=release_id,
                date=moment,
                tag=tags,
                initiationType="tender",
                language="fr",
                parties=parties.organizations(party_ids),
                buyer=parties.reference(parties.buyer),
                awards=awards,
                contracts=contracts,
            )
        )

    def _event(self, event: Event, moment: str) -> None:
        what = event.what
        if isinstance(what, Modification):
            self._modification(what, self.versions[event.rank], self.keys[event.rank - 1], moment)
        elif isinstance(what, Execution):
            self._execution(what, moment)
        else:
            said, key, party_ids = self.subcontractors.said(what, str(self.award_number), self.suppliers)
            self._release(key, moment, ["awardUpdate"], party_ids, awards=[said])

    def _modification(self, published: Modification, version: Version, key: str, moment: str) -> None:
        holders = self.parties.ids_of(published.titulaires) if published.titulaires else None
        amendment = self._amendment(published, version, key, holders)
        awards, party_ids = self._new_holders(holders, amendment, version) if holders else (None, [])
        section = OcdsContract(
            id=CONTRACT_ID,
            awardID=str(self.award_number),
            value=euros(version.montant) if published.amount is not None else None,
            period=contract_period(self.contract, version.dureeMois) if published.dureeMois is not None else None,
            amendments=[amendment],
            decp=self._months(version) if published.dureeMois is not None else None,
        )
        tags: list[Tag] = ["awardUpdate", "contractAmendment"] if awards else ["contractAmendment"]
        self._release(f"modification-{key}", moment, tags, party_ids, awards=awards, contracts=[section])

    def _months(self, version: Version) -> DecpContract:
        """The duration in force, and that of the award, which merging overwrites."""
        return DecpContract(dureeMois=version.dureeMois, dureeMoisInitiale=self.contract.dureeMois)

    def _new_holders(
        self, holders: list[str], amendment: Amendment, version: Version
    ) -> tuple[list[Award] | None, list[str]]:
        """The awards of a modification that changes the holders.

        An array merged by id cannot lose an object: a holder can be added to the award, but one that leaves needs a
        new award, and the former is cancelled (research/ocds.md §2.4).
        """
        before = self.suppliers
        if set(holders) == set(before):
            return None, holders
        self.parties.give("supplier", holders)
        self.suppliers = holders
        if set(before) <= set(holders):
            added = Award(
                id=str(self.award_number),
                suppliers=[self.parties.reference(h) for h in holders],
                decp=self._holders_at_award() if self.award_number == 1 else None,
            )
            return [added], holders
        former = Award(id=str(self.award_number), status="cancelled", amendments=[amendment])
        self.award_number += 1
        new = award(
            self.contract, self.parties, holders, number=self.award_number, date=version.date, amount=version.montant
        )
        return [former, new], holders

    def _holders_at_award(self) -> DecpAward:
        """The first holders of an award to which a modification adds some: merging unites the suppliers."""
        first = listed(self.contract.titulaires)
        return DecpAward(titulaires=first, nonPublies=None if first else ["titulaires"])

    def _amendment(self, published: Modification, version: Version, key: str, holders: list[str] | None) -> Amendment:
        changed = ", ".join(_CHANGED[c] for c in version.changed)
        return Amendment(
            id=key,
            date=midnight(published.date),
            rationale=text(published.objetModification),
            description=f"{_name(published)} : {changed}." if changed else None,
            amendsReleaseID=self.done[-1].id,
            releaseID=f"{self.ocid}-modification-{key}",
            decp=_decp_amendment(published, holders, self.parties),
        )

    def _execution(self, year: Execution, moment: str) -> None:
        key = escape(text(year.datePublicationDonneesExecution) or "sans-date")
        while key in self.years:
            key += "-bis"
        first = not self.years
        self.years.add(key)
        section = OcdsContract(
            id=CONTRACT_ID,
            awardID=str(self.award_number),
            implementation=implementation(year, key),
            decp=decp_execution(year, key, position(self.contract.donneesExecution, year)),
        )
        tag: Tag = "implementation" if first else "implementationUpdate"
        self._release(f"execution-{key}", moment, [tag], [], contracts=[section])


def _name(published: Modification) -> str:
    """How a reader knows a modification: by its number, else by its day; never by its rank, which may move."""
    if published.id is not None:
        return f"Modification n° {published.id}"
    return f"Modification du {published.date}" if published.date else "Modification"


_CHANGED = {"montant": "montant", "dureeMois": "durée", "titulaires": "titulaires"}


def _decp_amendment(published: Modification, holders: list[str] | None, parties: Parties) -> DecpAmendment | None:
    """`amendments[].decp` (local extension): what the modification published, changed or not."""
    both = published.dateNotificationModification and published.dateSignatureModification
    found = DecpAmendment(
        id=published.id,
        dateNotificationModification=unplaced(published.dateNotificationModification),
        dateSignatureModification=(
            published.dateSignatureModification if both else unplaced(published.dateSignatureModification)
        ),
        datePublicationDonneesModification=text(published.datePublicationDonneesModification),
        dureeMois=published.dureeMois,
        montant=euros(published.amount),
        titulaires=holders,
        titulairesPublies=parties.as_published(published.titulaires or (), holders) if holders else None,
    )
    return None if found == _NOTHING else found


_NOTHING = DecpAmendment()
