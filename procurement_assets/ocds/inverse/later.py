"""The later events back to the lists of the record: modifications, acts, modifications of acts, execution years.

Merging cannot remove an object from a list: what the source withdrew has lost its `releaseID` (a modification), its
`rang` (the others) or its `paidBy` (a tariff), and is not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from procurement_assets.decp.model import Acte, Execution, Modification, ModificationActe, Operateur, Tarif
from procurement_assets.decp.raw import Kind
from procurement_assets.decp.versions import order_modifications
from procurement_assets.ocds.extension.model import DecpAmendment, DecpSubcontract
from procurement_assets.ocds.inverse.base import Known, amount, awards_in_force, day, operator, titulaires
from procurement_assets.ocds.mapping.keys import act_id
from procurement_assets.ocds.model import Amendment, Implementation, Release, Subcontract

_T = TypeVar("_T")


def _ordered(told: Iterable[tuple[int, _T]]) -> list[_T]:
    """The published order."""
    return [what for _, what in sorted(told, key=_first)]


def _first(pair: tuple[int, object]) -> int:
    return pair[0]


def modifications(release: Release, parties: Known, kind: Kind) -> list[Modification]:
    """The modifications, in the order of normalised records (docs/decisions.md, "Order of modifications")."""
    return order_modifications([m for _, m in named_modifications(release, parties, kind)])


def named_modifications(release: Release, parties: Known, kind: Kind) -> list[tuple[str, Modification]]:
    """The modifications and the keys under which they are published."""
    said = (a for contract in release.contracts or () for a in contract.amendments or () if a.releaseID is not None)
    return [(a.id, _modification(a, parties, kind)) for a in said]


def _modification(a: Amendment, parties: Known, kind: Kind) -> Modification:
    decp = a.decp or DecpAmendment()
    made = Modification(
        id=decp.id,
        objetModification=a.rationale,
        datePublicationDonneesModification=decp.datePublicationDonneesModification,
        dureeMois=decp.dureeMois,
        titulaires=_holders(decp, parties),
    )
    notified, signed = decp.dateNotificationModification, decp.dateSignatureModification
    if kind == "concession":
        made.dateNotificationModification, made.dateSignatureModification = notified, signed or day(a.date)
        made.valeurGlobale = amount(decp.montant)
    else:
        made.dateNotificationModification, made.dateSignatureModification = notified or day(a.date), signed
        made.montant = amount(decp.montant)
    return made


def _holders(decp: DecpAmendment, parties: Known) -> list[Operateur] | None:
    if not decp.titulaires:
        return None
    return titulaires(decp.titulairesPublies) or [parties.operator(p) for p in decp.titulaires]


def _subcontracts(release: Release) -> Iterator[tuple[Subcontract, DecpSubcontract]]:
    for award in awards_in_force(release):
        for said in (award.subcontracting.subcontracts if award.subcontracting else None) or ():
            if said.decp is not None:
                yield said, said.decp


def acts(release: Release, parties: Known) -> list[Acte]:
    """The acts of subcontracting, in the published order."""
    return _ordered(
        (decp.rang, _act(said, decp, parties)) for said, decp in _subcontracts(release) if decp.rang is not None
    )


def _act(said: Subcontract, decp: DecpSubcontract, parties: Known) -> Acte:
    """An act as first published: its modifications, which are apart, say the values in force."""
    who = None
    if decp.sousTraitant is not None:
        who = operator(decp.sousTraitant)
    elif said.subcontractor is not None and "sousTraitant" not in (decp.nonPublies or ()):
        who = parties.operator(said.subcontractor.id)
    later = [m for m in decp.modifications or () if m.rang is not None]
    longer, dearer = any(m.dureeMois is not None for m in later), any(m.montant is not None for m in later)
    return Acte(
        id=decp.id,
        sousTraitant=who,
        dureeMois=decp.dureeMoisInitiale if longer else decp.dureeMois,
        dateNotification=decp.dateNotification,
        datePublicationDonnees=decp.datePublicationDonnees,
        montant=amount(decp.montantInitial if dearer else decp.montant),
        variationPrix=decp.variationPrix,
    )


def changes(release: Release) -> list[ModificationActe]:
    """The modifications of acts, in the published order. An act known only by its modification is known by its key."""
    told: list[tuple[int, ModificationActe]] = []
    for said, decp in _subcontracts(release):
        for m in decp.modifications or ():
            if m.rang is None:
                continue
            made = ModificationActe(
                id=decp.id if decp.rang is not None else act_id(said.id),
                dateNotificationModificationSousTraitance=m.dateNotificationModificationSousTraitance,
                datePublicationDonnees=m.datePublicationDonnees,
                dureeMois=m.dureeMois,
                montant=amount(m.montant),
            )
            told.append((m.rang, made))
    return _ordered(told)


def executions(release: Release) -> list[Execution]:
    """The years of execution of a concession, in the published order."""
    told = []
    for contract in release.contracts or ():
        said = contract.implementation or Implementation()
        for year in (contract.decp.donneesExecution if contract.decp else None) or ():
            if year.rang is None:
                continue
            made = Execution(
                datePublicationDonneesExecution=year.datePublicationDonneesExecution,
                depensesInvestissement=_spent(said, year.id),
                tarifs=_tariffs(said, year.id),
            )
            told.append((year.rang, made))
    return _ordered(told)


def _spent(said: Implementation, key: str) -> float | None:
    for metric in said.metrics or ():
        for observation in metric.observations or ():
            if observation.id == key:
                return amount(observation.value)
    return None


def _tariffs(said: Implementation, key: str) -> list[Tarif]:
    """The tariffs of a year: `{key}-1`, `{key}-2`… (a day has hyphens: the key is all but the last part)."""
    return _ordered(
        (int(t.id.rpartition("-")[2]), Tarif(intituleTarif=t.title, tarif=amount(t.value)))
        for t in said.tariffs or ()
        if t.paidBy is not None and t.id.rpartition("-")[0] == key
    )
