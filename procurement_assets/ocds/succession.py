"""Which published process a contract goes on, where neither its records nor its uid tell.

The uid of a contract can change with its content: one of several lots under one id has a mark of its content in it,
and the ids of format 2019 count modifications (`decp.identity`). When the record of such a contract is rewritten, the
contract is compared with what is published, by the same facts that make two records of one snapshot one contract:

| the current contract has | it goes on the process when |
|---|---|
| the published id | they agree on two of {holders, objet, amount} |
| of format 2019, that id but for its last two digits | objet and a holder agree, and the digits count modifications |
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import polars as pl

from procurement_assets.decp.candidate import holders_of, objet_of
from procurement_assets.decp.model import Contract, Modification
from procurement_assets.ocds.compile import by_ocid, place_of
from procurement_assets.ocds.history import History
from procurement_assets.ocds.inverse import decp_of

_MARK = r"(~[0-9a-f]{8,16})+$"
"""What `decp.identity` and `ocds.ocid_map` add to a uid."""
_COUNT = r"[0-9]{2}$"


def family(uid: str = "uid") -> pl.Expr:
    """What uids have in common that can be of one contract: the buyer and the id, without its last two digits."""
    return pl.col(uid).str.replace(_MARK, "").str.replace(_COUNT, "")


def contested(free: pl.DataFrame, waiting: pl.DataFrame) -> list[str]:
    """The families in which the same uid is not enough to tell: a lot among them, or a uid that changed.

    `free`: the processes that no record claims. `waiting`: the contracts that claim none by their records.
    """
    before, after = (frame.select("uid", family=family()) for frame in (free, waiting))
    shared = [a.join(b, on="family", how="semi") for a, b in ((before, after), (after, before))]
    marked = pl.concat(shared).filter(pl.col("uid").str.contains(_MARK))
    gone, come = (a.join(b, on="uid", how="anti") for a, b in (shared, shared[::-1]))
    moved = gone.join(come, on="family", how="semi")
    return sorted({*marked["family"], *moved["family"]})


def published_contracts(history: History, ocids: Collection[str]) -> dict[str, Contract]:
    """What the releases of some processes say now. One that a killed run named and never published has none."""
    wanted = frozenset(ocids)
    with history.lines() as lines:
        groups = by_ocid(line for line in lines if place_of(line)[0] in wanted)
        return {place_of(group[0])[0]: decp_of(group) for group in groups}


def successors(published: Mapping[str, Contract], current: Iterable[Contract]) -> dict[str, str]:
    """Uid of a contract to the ocid that it goes on, one to one, the most facts first.

    `published`: what the releases of each process say. `current`: the contracts without a process.
    """
    pairs = sorted(
        (-facts, contract.uid, ocid)
        for contract in current
        for ocid, before in published.items()
        if (facts := _agreement(before, contract))
    )
    found: dict[str, str] = {}
    taken: set[str] = set()
    for _, uid, ocid in pairs:
        if uid not in found and ocid not in taken:
            found[uid] = ocid
            taken.add(ocid)
    return found


def _agreement(before: Contract, after: Contract) -> int:
    """How sure it is that two states are of one contract: 0 where they are not."""
    if (before.kind, before.acheteur_id) != (after.kind, after.acheteur_id):
        return 0
    if before.id != after.id:
        return 1 if _is_sequence(before, after) else 0
    facts = [(holders_of(c), objet_of(c), c.amount) for c in (before, after)]
    same = sum(a == b and a not in (frozenset(), "", None) for a, b in zip(*facts, strict=True))
    return same if same > 1 else 0


def _is_sequence(*members: Contract) -> bool:
    """Whether two ids of format 2019 are those of one contract before and after a modification."""
    numbers = [(c.id[-2:], len(c.modifications)) for c in members]
    if len({(c.format, c.id[:-2]) for c in members}) > 1 or members[0].format != "2019":
        return False
    if not all(number.isdecimal() and (count or not int(number)) for number, count in numbers):
        return False
    exact = any(int(number) == count for number, count in numbers if int(number))
    objets = {objet_of(c) for c in members}
    holders = [holders_of(c).union(*map(_ids, c.modifications)) - {""} for c in members]
    return exact and len(objets) == 1 and objets != {""} and bool(frozenset.intersection(*holders))


def _ids(modification: Modification) -> set[str]:
    return {holder.id or "" for holder in modification.titulaires or ()}
