"""The later releases back to the lists of the record: modifications, acts, modifications of acts, execution years."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from procurement_assets.decp.model import Acte, Execution, Modification, ModificationActe, Operateur, Tarif
from procurement_assets.decp.raw import Kind
from procurement_assets.ocds.extension.model import DecpAmendment, DecpSubcontract
from procurement_assets.ocds.inverse.base import Known, amount, day, operator
from procurement_assets.ocds.model import Amendment, Implementation, Release, Subcontract

_T = TypeVar("_T")


def ordered(told: Iterable[tuple[int | None, _T]]) -> list[_T]:
    """The published order: the rank that is written (from 1), else the order in which they are told."""
    found = enumerate(told)
    return [what for _, what in sorted(((n if rank is None else rank - 1, what) for n, (rank, what) in found), key=_0)]


def _0(pair: tuple[int, object]) -> int:
    return pair[0]


def modifications(releases: Sequence[Release], parties: Known, kind: Kind) -> list[Modification]:
    """The modifications, by their number."""
    found = {int(a.id): a for r in releases for contract in r.contracts or () for a in contract.amendments or ()}
    return [_modification(found[n], parties, kind) for n in sorted(found)]


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
    if decp.titulairesPublies:
        return [operator(o) for o in decp.titulairesPublies]
    return [parties.operator(p) for p in decp.titulaires] if decp.titulaires else None


def _subcontracts(releases: Sequence[Release]) -> Iterator[tuple[Subcontract, bool]]:
    """The subcontracts in the order they are told, and whether each says only a modification."""
    for release in releases:
        for award in release.awards or ():
            for said in (award.subcontracting.subcontracts if award.subcontracting else None) or ():
                changed = said.decp is not None and bool(said.decp.modifications)
                yield said, changed and "compiled" not in release.tag


def acts(releases: Sequence[Release], parties: Known) -> list[Acte]:
    """The acts of subcontracting, in the published order."""
    return ordered(
        (said.decp.rang if said.decp else None, _act(said, parties))
        for said, only_change in _subcontracts(releases)
        if not only_change
    )


def _act(said: Subcontract, parties: Known) -> Acte:
    decp = said.decp or DecpSubcontract()
    who = None
    if decp.sousTraitant is not None:
        who = operator(decp.sousTraitant)
    elif said.subcontractor is not None:
        who = parties.operator(said.subcontractor.id)
    return Acte(
        id=decp.id,
        sousTraitant=who,
        dureeMois=decp.dureeMois,
        dateNotification=decp.dateNotification,
        datePublicationDonnees=decp.datePublicationDonnees,
        montant=amount(decp.montant),
        variationPrix=decp.variationPrix,
    )


def changes(releases: Sequence[Release]) -> list[ModificationActe]:
    """The modifications of acts, in the published order. An act known only by its modification is known by its key."""
    ids: dict[str, int | None] = {}
    told: list[tuple[int | None, ModificationActe]] = []
    for said, only_change in _subcontracts(releases):
        decp = said.decp or DecpSubcontract()
        if not only_change:
            ids[said.id] = decp.id
        for m in decp.modifications or ():
            known = ids[said.id] if said.id in ids else None if said.id == "sans-numero" else int(said.id)
            made = ModificationActe(
                id=known,
                dateNotificationModificationSousTraitance=m.dateNotificationModificationSousTraitance,
                datePublicationDonnees=m.datePublicationDonnees,
                dureeMois=m.dureeMois,
                montant=amount(m.montant),
            )
            told.append((m.rang, made))
    return ordered(told)


def executions(releases: Sequence[Release]) -> list[Execution]:
    """The years of execution of a concession, in the published order."""
    told = []
    for release in releases:
        for contract in release.contracts or ():
            years = contract.decp.donneesExecution if contract.decp else None
            for year in years or ():
                said = contract.implementation or Implementation()
                made = Execution(
                    datePublicationDonneesExecution=year.datePublicationDonneesExecution,
                    depensesInvestissement=_spent(said, year.id),
                    tarifs=_tariffs(said, year.id),
                )
                told.append((year.rang, made))
    return ordered(told)


def _spent(said: Implementation, key: str) -> float | None:
    for metric in said.metrics or ():
        for observation in metric.observations or ():
            if observation.id == key:
                return amount(observation.value)
    return None


def _tariffs(said: Implementation, key: str) -> list[Tarif]:
    """The tariffs of a year: `{key}-1`, `{key}-2`… (a day has hyphens: the key is all but the last part)."""
    return [
        Tarif(intituleTarif=t.title, tarif=amount(t.value))
        for t in said.tariffs or ()
        if t.id.rpartition("-")[0] == key
    ]
