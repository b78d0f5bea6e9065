"""Uniting the lists of two records of one contract, so that a state that only one of them published is not lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

from procurement_assets.decp.model import Acte, Contract, Execution, Modification, ModificationActe
from procurement_assets.decp.versions import order_changes, order_modifications

T = TypeVar("T")


def unite(winner: Contract, other: Contract) -> tuple[Contract, str]:
    """`winner` with the list entries that only `other` has, and what was taken, in French ("" for nothing).

    Two modifications are the same when their published ids are equal, or, without ids, their dates. Values of the
    winner are never changed.
    """
    modifications = _missing(winner.modifications, other.modifications, _same_modification)
    actes = _missing(winner.actesSousTraitance, other.actesSousTraitance, _same_acte)
    changes = _missing(
        winner.modificationsActesSousTraitance, other.modificationsActesSousTraitance, _same_modification_acte
    )
    years = _missing(winner.donneesExecution, other.donneesExecution, _same_year)
    if not (modifications or actes or changes or years):
        return winner, ""
    united = msgspec.structs.replace(
        winner,
        modifications=order_modifications([*winner.modifications, *modifications]),
        actesSousTraitance=[*winner.actesSousTraitance, *_sorted(actes)],
        modificationsActesSousTraitance=order_changes([*winner.modificationsActesSousTraitance, *changes]),
        donneesExecution=[*winner.donneesExecution, *_sorted(years)],
    )
    counts = ((modifications, "modifications"), (actes, "actes"), (changes, "modifications d'actes"), (years, "années"))
    return united, ", ".join(f"{len(found)} {label}" for found, label in counts if found)


def _missing(have: Iterable[T], offered: Iterable[T], same: Callable[[T, T], bool]) -> list[T]:
    known = list(have)
    return [o for o in offered if not any(same(o, k) for k in known)]


def _sorted(items: list[T]) -> list[T]:
    return sorted(items, key=msgspec.json.encode)


def _same_modification(a: Modification, b: Modification) -> bool:
    if a.id is not None and b.id is not None:
        return a.id == b.id
    if a.date is not None and b.date is not None:
        return a.date == b.date
    return msgspec.structs.replace(a, id=None) == msgspec.structs.replace(b, id=None)


def _same_acte(a: Acte, b: Acte) -> bool:
    return a == b or (a.id is not None and a.id == b.id)


def _same_modification_acte(a: ModificationActe, b: ModificationActe) -> bool:
    when = a.dateNotificationModificationSousTraitance
    return a == b or (a.id == b.id and when is not None and when == b.dateNotificationModificationSousTraitance)


def _same_year(a: Execution, b: Execution) -> bool:
    when = a.datePublicationDonneesExecution
    return a == b or (when is not None and when == b.datePublicationDonneesExecution)
