"""When each event of a contract was published: the dates of its releases, in a strict total order.

Rules (docs/decisions.md, "Release dates"):
1. The day of a release is the publication of the event; where it is missing or not believable (half the records of
   AIFE, research/data.md), its notification or signature.
2. The award, with neither, takes the first day known of a later event; without any, `fallback_date`, which the caller
   passes: the day the contract was first seen.
3. Another event with neither takes the day of the event before it in its own chain.
4. Order is by day, then subcontracting before modification before execution (research/ocds.md §2.1), then rank. An
   event never comes before the award, a modification never before the preceding one, a modification of an act never
   before the act: a day that says otherwise is a defect, and gives way.
5. Releases of one day are one second apart, from midnight in Paris.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from procurement_assets.decp.model import Acte, Contract, Execution, Modification, ModificationActe
from procurement_assets.ocds.mapping.dates import FIRST_YEAR, LAST_YEAR, day, stamp

Happening = Modification | Acte | ModificationActe | Execution
_RANKS = {Acte: 1, ModificationActe: 2, Modification: 3, Execution: 4}


class Event(NamedTuple):
    """Something that happened after the award."""

    day: date
    kind: int
    rank: int
    """Place in its chain, from 1."""
    what: Happening


def award_day(contract: Contract, fallback_date: str) -> date:
    """The day of the first release."""
    own = day(contract.datePublicationDonnees) or day(contract.date)
    if own is not None:
        return own
    later = [found for what in _happenings(contract) if (found := _own_day(what)) is not None]
    if later:
        return min(later)
    fallback = day(fallback_date)
    if fallback is None:
        raise ValueError(f"fallback_date {fallback_date!r}: expected a day from {FIRST_YEAR} to {LAST_YEAR}")
    return fallback


def events(contract: Contract, start: date) -> list[Event]:
    """What happened after the award, in order."""
    found: list[Event] = []
    _chain(found, contract.modifications, start)
    years = sorted(contract.donneesExecution, key=lambda y: y.datePublicationDonneesExecution or "9999")
    _chain(found, years, start)
    acts: dict[int | None, date] = {}
    for rank, act in enumerate(contract.actesSousTraitance, start=1):
        when = max(start, _own_day(act) or start)
        acts.setdefault(act.id, when)
        found.append(Event(when, _RANKS[Acte], rank, act))
    for rank, change in enumerate(contract.modificationsActesSousTraitance, start=1):
        after = acts.get(change.id, start)
        acts[change.id] = when = max(after, _own_day(change) or after)
        found.append(Event(when, _RANKS[ModificationActe], rank, change))
    return sorted(found, key=lambda e: e[:3])


def moments(start: date, happened: list[Event]) -> Iterator[str]:
    """The date of the release of each event: days, and seconds within a day. That of the award is `stamp(start)`."""
    previous, seconds = start, 0
    for event in happened:
        seconds = seconds + 1 if event.day == previous else 0
        previous = event.day
        yield stamp(previous, seconds)


def _chain(found: list[Event], chain: Sequence[Modification | Execution], start: date) -> None:
    when = start
    for rank, what in enumerate(chain, start=1):
        when = max(when, _own_day(what) or when)
        found.append(Event(when, _RANKS[type(what)], rank, what))


def _happenings(contract: Contract) -> Iterator[Happening]:
    yield from contract.modifications
    yield from contract.actesSousTraitance
    yield from contract.modificationsActesSousTraitance
    yield from contract.donneesExecution


def _own_day(what: Happening) -> date | None:
    if isinstance(what, Modification):
        return day(what.datePublicationDonneesModification) or day(what.date)
    if isinstance(what, Execution):
        return day(what.datePublicationDonneesExecution)
    if isinstance(what, Acte):
        return day(what.datePublicationDonnees) or day(what.dateNotification)
    return day(what.datePublicationDonnees) or day(what.dateNotificationModificationSousTraitance)
