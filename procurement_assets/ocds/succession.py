"""Which published process a contract goes on, where neither its records nor its uid tell.

The uid of a contract can change with its content: one of several lots under one id has a mark of its content in it,
and the ids of format 2019 count modifications (`decp.identity`). When the record of such a contract is rewritten, the
contract is compared with what is published, by the same facts that make two records of one snapshot one contract. A
source can also give its contracts other ids:

| the current contract has | it goes on the process when |
|---|---|
| the published id | they agree on two of {holders, objet, amount} |
| of format 2019, that id but for its last two digits | objet and a holder agree, and the digits count modifications |
| another id | they say all the same (but the day of publication), and nothing else does |
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

import msgspec
import polars as pl

from procurement_assets.decp.candidate import counts_modifications, holders_of, objet_of
from procurement_assets.decp.model import Contract
from procurement_assets.ocds.compile import by_ocid, place_of
from procurement_assets.ocds.current import contracts_of
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


class Comparison:
    """The contracts of a snapshot beside what is published, read only where the map of ocids has to ask.

    Both questions: ocids that are free and uids of contracts without one, to uid and ocid of those that are one.
    """

    def __init__(self, history: History, records: str | bytes) -> None:
        """`records`: the path or the bytes of the table `normalised_records`."""
        self._history = history
        self._records = records

    def of_family(self, ocids: Collection[str], uids: Collection[str]) -> dict[str, str]:
        """Ids that are the same, or that count modifications."""
        return successors(dict(self._published(ocids)), list(contracts_of(self._records, uids)))

    def of_content(self, ocids: Collection[str], uids: Collection[str]) -> dict[str, str]:
        """Ids that have nothing in common."""
        found = renamed(self._published(ocids), contracts_of(self._records, uids))
        if found:
            # What a third contract says too is a repeated order, by which none of them is known.
            waiting = frozenset(uids)
            for other in contracts_of(self._records):
                if other.uid not in waiting:
                    found.pop(_said(other), None)
        return dict(found.values())

    def _published(self, ocids: Collection[str]) -> Iterator[tuple[str, Contract]]:
        """What the releases of some processes say now. One that a killed run named and never published says nothing."""
        wanted = frozenset(ocids)
        with self._history.lines() as lines:
            for group in by_ocid(line for line in lines if place_of(line)[0] in wanted):
                yield place_of(group[0])[0], decp_of(group)


def renamed(
    published: Iterable[tuple[str, Contract]], current: Iterable[Contract]
) -> dict[bytes | None, tuple[str, str]]:
    """What a contract and a process say under two ids (`_said`), to the uid of the one and the ocid of the other."""
    before, after = _by_content(published), _by_content((c.uid, c) for c in current)
    return {said: (uid, ocid) for said, uid in after.items() if uid and (ocid := before.get(said))}


def _by_content(named: Iterable[tuple[str, Contract]]) -> dict[bytes | None, str]:
    """What contracts say to their names; to nothing where two say the same."""
    found: dict[bytes | None, str] = {}
    for name, contract in named:
        said = _said(contract)
        found[said] = "" if said in found or said is None else name
    return found


def _said(contract: Contract) -> bytes | None:
    """The digest of what a contract says beside its id; None for one that says too little to be known by it."""
    if not (contract.objet and contract.titulaires and contract.date and contract.amount):
        return None
    said = msgspec.structs.replace(contract, id="", uid="", datePublicationDonnees=None)
    return hashlib.sha256(msgspec.json.encode(said)).digest()


def successors(published: Mapping[str, Contract], current: Iterable[Contract]) -> dict[str, str]:
    """Uid of a contract to the ocid that it goes on, one to one, the most facts first.

    `published`: what the releases of each process say. `current`: the contracts without a process.
    """
    candidates = defaultdict(list)
    for ocid, before in published.items():
        candidates[_near(before)].append((ocid, before))
    pairs = sorted(
        (-facts, contract.uid, ocid)
        for contract in current
        for ocid, before in candidates.get(_near(contract), ())
        if (facts := _agreement(before, contract))
    )
    found: dict[str, str] = {}
    taken: set[str] = set()
    for _, uid, ocid in pairs:
        if uid not in found and ocid not in taken:
            found[uid] = ocid
            taken.add(ocid)
    return found


def _near(contract: Contract) -> tuple[str, str, str]:
    """What two states of one contract have in common for certain: only those are compared."""
    return contract.kind, contract.acheteur_id, contract.id[:-2]


def _agreement(before: Contract, after: Contract) -> int:
    """How sure it is that two states that are `_near` are of one contract: 0 where they are not."""
    if before.id != after.id:
        return 1 if _is_sequence(before, after) else 0
    facts = [(holders_of(c), objet_of(c), c.amount) for c in (before, after)]
    same = sum(a == b and a not in (frozenset(), "", None) for a, b in zip(*facts, strict=True))
    return same if same > 1 else 0


def _is_sequence(before: Contract, after: Contract) -> bool:
    """Whether two ids of format 2019 are those of one contract before and after a modification."""
    if {before.format, after.format} != {"2019"} or before.id[:-2] != after.id[:-2]:
        return False
    if not (before.id[-2:].isdecimal() and after.id[-2:].isdecimal()):
        return False
    return objet_of(before) == objet_of(after) != "" and counts_modifications([before, after])
