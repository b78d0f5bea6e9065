"""Versions of a contract from its modifications: in order, each with what it changed, values carried forward.

Order (docs/decisions.md, "Order of modifications"): by date of notification or signature, else of publication; then by
published id; then by content. So the order never depends on the file, two modifications of one day have two numbers,
and a modification dated before the contract still comes after the award (peers' defect, research/decp.md §3.2 no. 8).
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from procurement_assets.decp.model import Contract, Modification, ModificationActe, Operateur, Version

T = TypeVar("T")

_LAST = "9999-99-99"


def order_modifications(modifications: list[Modification]) -> list[Modification]:
    """The modifications in order, exact repetitions removed (the same id, dates and values)."""
    seen: dict[bytes, Modification] = {msgspec.json.encode(m): m for m in modifications}
    return [m for _, m in sorted(seen.items(), key=_rank)]


def _rank(item: tuple[bytes, Modification]) -> tuple[str, int, str, bytes]:
    content, m = item
    when = m.date or m.datePublicationDonneesModification or _LAST
    return (when, m.id if m.id is not None else 10**9, m.datePublicationDonneesModification or _LAST, content)


def once(entries: list[T]) -> list[T]:
    """The entries of a list, exact repetitions removed."""
    return list({msgspec.json.encode(entry): entry for entry in entries}.values()) if len(entries) > 1 else entries


def order_changes(changes: list[ModificationActe]) -> list[ModificationActe]:
    """The modifications of each subcontracting act in order, at the places that the act's have in the list.

    By date of notification, else of publication; then of publication; then by amount and content, since they have no
    id of their own.
    """
    if len(changes) < 2:
        return changes
    mine: dict[int | None, list[ModificationActe]] = {}
    for change in sorted(changes, key=_change_rank, reverse=True):
        mine.setdefault(change.id, []).append(change)
    return [mine[change.id].pop() for change in changes]


def _change_rank(m: ModificationActe) -> tuple[str, str, bool, float, bytes]:
    published = m.datePublicationDonnees or _LAST
    when = m.dateNotificationModificationSousTraitance or published
    return (when, published, m.montant is None, m.montant or 0.0, msgspec.json.encode(m))


def versions(contract: Contract) -> list[Version]:
    """All versions of a contract, the award first. `contract.modifications` must be in order."""
    current = Version(
        number=0,
        date=contract.date,
        published=contract.datePublicationDonnees,
        montant=contract.amount,
        dureeMois=contract.dureeMois,
        titulaires=tuple(contract.titulaires),
    )
    result = [current]
    for number, modification in enumerate(contract.modifications, start=1):
        current = _apply(current, number, modification)
        result.append(current)
    return result


def _apply(before: Version, number: int, m: Modification) -> Version:
    montant = before.montant if m.amount is None else m.amount
    duree = before.dureeMois if m.dureeMois is None else m.dureeMois
    titulaires = tuple(m.titulaires) if m.titulaires else before.titulaires
    changed = []
    if montant != before.montant:
        changed.append("montant")
    if duree != before.dureeMois:
        changed.append("dureeMois")
    if _ids(titulaires) != _ids(before.titulaires):
        changed.append("titulaires")
    return Version(
        number=number,
        modification_id=m.id if m.id is not None else number,
        objetModification=m.objetModification,
        date=m.date,
        published=m.datePublicationDonneesModification,
        montant=montant,
        dureeMois=duree,
        titulaires=titulaires,
        changed=tuple(changed),
    )


def _ids(titulaires: tuple[Operateur, ...]) -> list[tuple[str, str]]:
    return sorted((t.typeIdentifiant or "", t.id or t.denominationSociale or "") for t in titulaires)
