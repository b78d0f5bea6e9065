"""Which process each contract is: the table `ocids`, kept in the lake and never recomputed (research/ocds.md §2.1).

An ocid once given belongs to its contract for ever, although its uid may change: an earlier lot that appears takes
the plain uid, an id of format 2019 that ends a family gives another smallest id, two sources unite. In order:

1. A known ocid goes to the contract that has most of the records it was made from (records known by the sha256 of
   their content, kept in `empreintes`); ties: the contract of the same uid, then the smallest uid.
2. An ocid that no record claims goes to the contract of the same uid: every record of it was rewritten.
3. Any other contract gets a new ocid, from its uid; where that one is another contract's, `_7E` (an escaped `~`) and
   eight characters of a hash of its uid and records are added.

A contract that no source has any more keeps its row. The day a contract was first seen never moves either.
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter, defaultdict
from collections.abc import Container, Mapping, Sequence

import msgspec
import polars as pl

from procurement_assets.lake import Lake
from procurement_assets.ocds.mapping.identity import ocid_of
from procurement_assets.schema import TABLES

DIGEST = 16
"""Characters kept of the sha256 of a record: 64 bits tell the records of the nation apart."""


class PrefixChangedError(ValueError):
    """The publisher's ocid prefix is not the one its ocids were given under."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table `ocids`."""

    ocid: str
    uid: str
    premier_vu: str
    """The day first seen, which dates a contract without any date."""
    dernier_vu: str
    """The date of the last snapshot that has it."""
    sources: list[str]
    empreintes: list[str]
    """sha256 of the content of its records, in the last snapshot that has it."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A contract of the current snapshot."""

    uid: str
    buyer: str
    first_seen: str
    sources: list[str]
    records: list[str]


def read_known(frame: pl.DataFrame, prefix: str) -> list[Known]:
    """The rows of the table; those of a lake from before the map was kept have only uid and ocid.

    Raises `PrefixChangedError`: under another prefix, every contract would be published as two processes.
    """
    other = frame.filter(~pl.col("ocid").str.starts_with(f"{prefix}-"))["ocid"].to_list()
    if other:
        raise PrefixChangedError(
            f"{len(other)} ocids ont été donnés sous un autre préfixe que {prefix!r} ({other[0]}) : un ocid est donné "
            "pour toujours. Remettre l'ancien ocid_prefix dans publishers.toml ; s'il était provisoire et que rien n'a "
            "été publié, sortir du lac ocds/PUBLIEUR/ et tables/ocids/PUBLIEUR.parquet, puis recommencer"
        )
    if "premier_vu" not in frame.columns:
        return []
    return [Known(**row) for row in frame.select(Known.__struct_fields__).to_dicts()]


def update(known: Sequence[Known], seen: Sequence[Seen], prefix: str, data_date: str) -> list[Known]:
    """The map after a snapshot: every known ocid, and those of the new contracts."""
    given = _given(known, seen)
    by_ocid = {k.ocid: k for k in known}
    current: dict[str, Known] = {}
    taken = set(by_ocid)
    for contract in sorted(seen, key=lambda s: s.uid):
        ocid = given.get(contract.uid) or _new(contract, prefix, taken)
        taken.add(ocid)
        before = by_ocid.get(ocid)
        current[ocid] = Known(
            ocid=ocid,
            uid=contract.uid,
            premier_vu=before.premier_vu if before else contract.first_seen,
            dernier_vu=data_date,
            sources=contract.sources,
            empreintes=contract.records,
        )
    uids = {k.uid for k in current.values()}
    claimed = {digest for k in current.values() for digest in k.empreintes}
    gone = [_without(_aside(k) if k.uid in uids else k, claimed) for k in known if k.ocid not in current]
    return sorted([*gone, *current.values()], key=lambda k: k.ocid)


def _without(gone: Known, claimed: set[str]) -> Known:
    """A contract that is gone, without the records that another one has now: a record has one owner."""
    kept = [digest for digest in gone.empreintes if digest not in claimed]
    return gone if len(kept) == len(gone.empreintes) else msgspec.structs.replace(gone, empreintes=kept)


def _aside(gone: Known) -> Known:
    """A contract that is gone, whose uid another one has now: `uid` stays unique in the table."""
    mark = hashlib.sha256(gone.ocid.encode()).hexdigest()[:8]
    return msgspec.structs.replace(gone, uid=f"{gone.uid}~{mark}")


def _given(known: Sequence[Known], seen: Sequence[Seen]) -> dict[str, str]:
    """Uid to the ocid it already has (rules 1 and 2)."""
    owner = {digest: k.ocid for k in known for digest in k.empreintes}
    uid_of = {k.ocid: k.uid for k in known}
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for contract in seen:
        for digest in contract.records:
            if digest in owner:
                votes[owner[digest]][contract.uid] += 1
    claims = sorted(
        (-count, uid != uid_of[ocid], uid, ocid) for ocid, counts in votes.items() for uid, count in counts.items()
    )
    given: dict[str, str] = {}
    taken: set[str] = set()
    for _, _, uid, ocid in claims:
        if uid not in given and ocid not in taken:
            given[uid] = ocid
            taken.add(ocid)
    current = {s.uid for s in seen}
    for k in known:
        if k.ocid not in taken and k.uid in current and k.uid not in given:
            given[k.uid] = k.ocid
    return given


def _new(contract: Seen, prefix: str, taken: Container[str]) -> str:
    uid, buyer = contract.uid, contract.buyer
    ocid = ocid_of(prefix, buyer, uid[len(buyer) :] if uid.startswith(buyer) and uid != buyer else uid)
    if ocid not in taken:
        return ocid
    content = [uid, *contract.records]
    while (marked := f"{ocid}_7E{_mark(content)}") in taken:  # an ocid that it had, and that another contract has now
        content.append("")
    return marked


def _mark(content: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(content).encode()).hexdigest()[:8]


def members(ledger: pl.DataFrame, records: pl.DataFrame) -> tuple[Mapping[str, list[str]], Mapping[str, list[str]]]:
    """Uid to its sources, and to the content digests of its records, sorted."""
    used = ledger.filter(pl.col("outcome").is_in(["kept", "merged", "superseded"]))
    key = ["source", "file_sha256", "position"]
    joined = used.select("uid", *key).join(records.select(*key, "content_sha256"), on=key, how="left")
    grouped = joined.group_by("uid").agg(
        pl.col("source").unique().sort(), pl.col("content_sha256").str.slice(0, DIGEST).drop_nulls().unique().sort()
    )
    sources: dict[str, list[str]] = {}
    digests: dict[str, list[str]] = {}
    shared: dict[tuple[str, ...], list[str]] = {}
    for uid, found, content in grouped.select("uid", "source", "content_sha256").iter_rows():
        uid = sys.intern(uid)  # a million contracts: one text for each uid, one list for each set of sources
        sources[uid] = shared.setdefault(tuple(found), found)
        digests[uid] = content
    return sources, digests


def write_ocids(lake: Lake, publisher: str, known: Sequence[Known]) -> None:
    """Write the table `ocids`: state, read again by the next run."""
    lake.write_table(TABLES["ocids"].frame([msgspec.structs.asdict(k) for k in known]), "ocids", publisher)


def write_vanished(lake: Lake, publisher: str, known: Sequence[Known], current: set[str]) -> int:
    """Write the table `vanished`: published contracts that no source has any more. Returns how many."""
    rows = [
        {"uid": k.uid, "ocid": k.ocid, "dernier_vu": k.dernier_vu, "sources": k.sources}
        for k in known
        if k.uid not in current
    ]
    lake.write_table(TABLES["vanished"].frame(rows), "vanished", publisher)
    return len(rows)
