"""From `decp_records` to the tables of marchés and concessions, the repairs and the ledger.

clean each record → leave out the buyers of others → decide identity → write versions, holders, acts → account for
every record of every file. See DESIGN §5 for the tables and `procurement_assets.schema` for their columns.
"""

from __future__ import annotations

import gc
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import polars as pl

from procurement_assets.decp.clean import clean
from procurement_assets.decp.identity import Candidate, Resolved, candidate, resolve
from procurement_assets.decp.model import Contract
from procurement_assets.decp.parse import read_record
from procurement_assets.decp.rows import all_rows
from procurement_assets.decp.rules import Repair
from procurement_assets.publishers import Publisher, Source
from procurement_assets.schema import TABLES, conform

Row = dict[str, Any]
CONTRACTS_HELD = 20_000
"""Contracts whose rows are held as dicts before they become frames."""
Place = tuple[str, int]
"""(file_sha256, position)."""

BUILT = (
    "contracts",
    "contract_versions",
    "contract_titulaires",
    "subcontracts",
    "concessions",
    "concession_versions",
    "concession_titulaires",
    "concession_execution",
    "normalised_records",
    "repairs",
    "ledger",
)
"""The tables that `build_tables` makes."""


class Built(msgspec.Struct):
    """The frames by table name, and the counts of each outcome."""

    frames: dict[str, pl.DataFrame]
    outcomes: dict[str, int]


def build_tables(
    records: Iterable[Mapping[str, Any]],
    quarantine: Iterable[Mapping[str, Any]],
    publisher: Publisher,
    sources: Sequence[Source],
) -> Built:
    """All tables of a publisher.

    `records`: rows of `decp_records`. `quarantine`: rows of `quarantine`, which go to the ledger as they are.
    """
    builder = _Builder(publisher, sources)
    with _without_collection():
        for row in records:
            builder.add(row)
        for row in quarantine:
            builder.tell(row, None, "quarantined", row["reason"], row["detail"])
        return builder.finish()


@contextmanager
def _without_collection() -> Iterator[None]:
    """Without the cyclic garbage collector: nothing here makes cycles, and its passes over millions of records that
    live to the end take two thirds of the time at 100,000."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class _Builder:
    """Collects candidates, then turns resolved contracts into rows."""

    def __init__(self, publisher: Publisher, sources: Sequence[Source]) -> None:
        self.publisher = publisher
        self.ranks = {s.id: s.rank for s in sources}
        self.zeros = {s.id: frozenset(s.zero_is_unknown) for s in sources}
        self.candidates: list[Candidate] = []
        self.repairs: dict[Place, tuple[Repair, ...]] = {}
        self.reading: dict[Place, tuple[str, str]] = {}
        self.rows: dict[str, list[Row]] = defaultdict(list)
        self.batches: dict[str, list[pl.DataFrame]] = defaultdict(list)

    def add(self, row: Mapping[str, Any]) -> None:
        """Clean one record and put it among the candidates, or in the ledger."""
        place = (row["file_sha256"], row["position"])
        cleaned = clean(read_record(row["record"]), self.zeros[row["source"]])
        contract = cleaned.contract
        out = self.out_of_scope(contract)
        if out is not None:
            self.tell(row, contract.uid, "out_of_scope", *out)
            return
        if cleaned.repairs:
            self.repairs[place] = cleaned.repairs
        if row["notes"]:
            self.reading[place] = (row["decode"], " ; ".join(row["notes"]))
        self.candidates.append(
            candidate(
                contract,
                source=row["source"],
                rank=self.ranks[row["source"]],
                fichier=row["fichier"],
                fichier_date=row["fichier_date"],
                file_sha256=place[0],
                position=place[1],
            )
        )

    def out_of_scope(self, contract: Contract) -> tuple[str, str] | None:
        """Why the buyer is not the publisher's: reason and detail; None where it is."""
        siren = contract.acheteur_id[:9]
        if not self.publisher.buyer_sirens or siren in self.publisher.buyer_sirens:
            return None
        name = self.publisher.other_bodies.get(siren)
        if name:
            return ("scope.other-body", name)
        return ("scope.other-buyer", f"acheteur {contract.acheteur_id}")

    def tell(
        self,
        row: Mapping[str, Any],
        uid: str | None,
        outcome: str,
        reason: str,
        detail: str | None,
        kept: Place | None = None,
    ) -> None:
        """Write a line of the ledger."""
        self.rows["ledger"].append(
            {
                "source": row["source"],
                "file_sha256": row["file_sha256"],
                "fichier": row["fichier"],
                "position": row["position"],
                "uid": uid,
                "outcome": outcome,
                "reason": reason,
                "detail": detail or None,
                "kept_file_sha256": kept[0] if kept else None,
                "kept_position": kept[1] if kept else None,
            }
        )

    def finish(self) -> Built:
        """Decide identities and write every row."""
        candidates, self.candidates = self.candidates, []
        for number, resolved in enumerate(resolve(candidates), start=1):
            self._write(resolved)
            if number % CONTRACTS_HELD == 0:
                self._flush()
        self._flush()
        frames = {name: conform(pl.concat(self.batches.pop(name)), TABLES[name]) for name in BUILT}
        outcomes = Counter(frames["ledger"]["outcome"].to_list())
        return Built(frames, dict(sorted(outcomes.items())))

    def _flush(self) -> None:
        """Turn the rows held into frames: a frame holds a row in a tenth of the memory of a dict."""
        for name in BUILT:
            self.batches[name].append(TABLES[name].batch(self.rows.pop(name, [])))

    def _write(self, resolved: Resolved) -> None:
        contract, winner = resolved.contract, resolved.members[0]
        sources = sorted({m.source for m in resolved.members}, key=lambda s: (s != winner.source, self.ranks[s], s))
        published = _published_ids(self.repairs.get(winner.place, ()))
        for table, row in all_rows(contract, sources, published):
            self.rows[table].append(row)
        record = winner.content if contract is winner.contract else msgspec.json.encode(contract)
        self.rows["normalised_records"].append({"uid": contract.uid, "kind": contract.kind, "record": record.decode()})
        for member, (outcome, reason, detail) in zip(resolved.members, resolved.outcomes, strict=True):
            kept = winner.place if member is not winner else None
            if reason == "kept" and member.place in self.reading:
                reason, detail = f"read.{self.reading[member.place][0]}", self.reading[member.place][1]
            self.tell(_row(member), contract.uid, outcome, reason, detail, kept)
            self.rows["repairs"].extend(_repair_rows(member, contract.uid, self.repairs.get(member.place, ())))


def _row(member: Candidate) -> Row:
    return {
        "source": member.source,
        "file_sha256": member.file_sha256,
        "fichier": member.fichier,
        "position": member.position,
    }


def _repair_rows(member: Candidate, uid: str, repairs: Iterable[Repair]) -> Iterator[Row]:
    # One rule may change one path twice only by a duplicate label; the last one is the one that stands.
    for r in {(r.path, r.rule): r for r in repairs}.values():
        yield {
            "source": member.source,
            "file_sha256": member.file_sha256,
            "position": member.position,
            "uid": uid,
            "path": r.path,
            "rule": r.rule,
            "original": json.dumps(r.original, ensure_ascii=False),
            "value": json.dumps(r.value, ensure_ascii=False),
        }


def _published_ids(repairs: Iterable[Repair]) -> dict[str, tuple[str, str]]:
    """Clean id of a holder to the id as published and the rule that changed it."""
    found: dict[str, tuple[str, str]] = {}
    for r in repairs:
        if r.path.startswith(("titulaires[", "modifications[")) and r.path.endswith("].id") and r.value is not None:
            found.setdefault(str(r.value), (str(r.original), r.rule))
    return found
