"""Names of the events of a contract, for release ids and for objects in lists: never a position.

A modification is named by its published id; without one, by its day; where two would have one name, the later also by
its day, then by its content. So an older modification that a source publishes late renames none of those published
before it. Many sources number modifications by rank, and renumber them when an older one appears: a modification that
is already published is therefore known by its content, then by its day, and keeps its name (docs/decisions.md,
"Release ids").
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Sequence
from typing import Any

import msgspec

from procurement_assets.decp.model import Acte, Modification, ModificationActe
from procurement_assets.ocds.mapping.identity import escape
from procurement_assets.ocds.mapping.values import text

UNDATED, UNNUMBERED = "sans-date", "sans-numero"


Named = Sequence[tuple[str, Modification]]
"""Modifications already published, each with its key."""


def modification_keys(modifications: Sequence[Modification], published: Named = ()) -> list[str]:
    """The key of each modification, all distinct; one that is published keeps its own."""
    kept = _kept(modifications, published) if published else {}
    taken = {key for key, _ in published}
    for n, m in enumerate(modifications):
        if n not in kept:
            kept[n] = _free(taken, m.id, _day(m), m)
            taken.add(kept[n])
    return [kept[n] for n in range(len(modifications))]


def _kept(modifications: Sequence[Modification], published: Named) -> dict[int, str]:
    """Position of a modification to the key under which it is published."""
    found: dict[int, str] = {}
    left = list(published)
    for fact in _FACTS:
        for n, m in enumerate(modifications):
            if n in found or (wanted := fact(m)) is None:
                continue
            same = next((entry for entry in left if fact(entry[1]) == wanted), None)
            if same is not None:
                found[n] = same[0]
                left.remove(same)
    return found


def _day(m: Modification) -> str | None:
    return m.date or m.datePublicationDonneesModification


def _content(m: Modification) -> bytes:
    return msgspec.json.encode(msgspec.structs.replace(m, id=None))


def _number(m: Modification) -> int | None:
    return m.id


_FACTS: tuple[Callable[[Modification], Any], ...] = (msgspec.json.encode, _content, _day, _number)
"""What makes two records one modification, the surest first."""


def act_key(act: Acte, taken: Container[str]) -> str:
    """The key of an act, not among those taken: its published id; `sans-numero` and its day without one."""
    day = act.dateNotification or act.datePublicationDonnees
    if act.id is None:
        return _free(taken, f"{UNNUMBERED}-{text(day) or UNDATED}", None, act)
    return _free(taken, act.id, day, act)


def change_key(change: ModificationActe, taken: Container[str]) -> str:
    """The key of a modification of an act, among those of the same act: its day."""
    return _free(taken, None, change.dateNotificationModificationSousTraitance or change.datePublicationDonnees, change)


def act_id(key: str) -> int | None:
    """The published id that a modification gives to an act known by its key alone."""
    return None if key.startswith(UNNUMBERED) else int(key)


def _free(taken: Container[str], name: int | str | None, day: str | None, what: msgspec.Struct) -> str:
    when = text(day) or UNDATED
    plain = escape(when if name is None else str(name))
    if plain not in taken:
        return plain
    dated = f"{escape(str(name))}-{escape(when)}" if name is not None and day else plain
    if dated not in taken:
        return dated
    marked = f"{dated}-{hashlib.sha256(msgspec.json.encode(what)).hexdigest()[:8]}"
    while marked in taken:
        marked += "-bis"
    return marked
