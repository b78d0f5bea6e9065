"""From `decp_records` to the tables of marchés and concessions, the repairs and the ledger.

clean each record → leave out the buyers of others → decide identity → apply the working group's corrections → write
versions, holders, acts → account for every record of every file. See DESIGN §5 for the tables and
`procurement_assets.schema` for their columns.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from procurement_assets.decp.accounting import (
    Place,
    ledger_row,
    place_row,
    published_ids,
    repair_rows,
    siren_repairs,
    suggestion_rows,
)
from procurement_assets.decp.candidate import Origin, Shelf
from procurement_assets.decp.clean import clean
from procurement_assets.decp.closing import Closing
from procurement_assets.decp.corrections import Corrections, correction_row, received
from procurement_assets.decp.cpv import is_cut, may_be_cut
from procurement_assets.decp.gathered import gathered
from procurement_assets.decp.identifiers import is_siret
from procurement_assets.decp.identity import Resolved, resolved
from procurement_assets.decp.model import Contract, Operateur
from procurement_assets.decp.parse import read_record
from procurement_assets.decp.rows import all_rows
from procurement_assets.decp.rules import Repair, is_how_xml_writes
from procurement_assets.decp.siren import KnownSirens, Recovered, hidden_sirens, operators, recover
from procurement_assets.decp.spill import Spill
from procurement_assets.decp.suggest import Found, holders
from procurement_assets.decp.table_file import TableFile
from procurement_assets.decp.told import Told
from procurement_assets.publishers import Publisher, Source
from procurement_assets.schema import TABLES

COLUMNS_READ = ("source", "file_sha256", "fichier", "fichier_date", "position", "layout", "decode", "record", "notes")
"""Columns of `decp_records` that `build_tables` reads."""
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
    "suggestions",
    "corrections_traitees",
    "ledger",
)
"""The tables that `build_tables` makes."""


class Built(msgspec.Struct, Closing):
    """The tables by name, to be put in the lake or read, and the counts of each outcome. Closed, it leaves nothing."""

    tables: dict[str, TableFile]
    outcomes: dict[str, int]

    def close(self) -> None:
        """Give the disk back."""
        for table in self.tables.values():
            table.close()


def build_tables(
    records: Iterable[Mapping[str, Any]],
    quarantine: Iterable[Mapping[str, Any]],
    publisher: Publisher,
    sources: Sequence[Source],
    *,
    corrections: Iterable[Mapping[str, Any]] = (),
    listed: Iterable[str] = (),
) -> Built:
    """All tables of a publisher, whole or not at all.

    `records`: rows of `decp_records` (`COLUMNS_READ`). `quarantine`: rows of `quarantine`, which go to the ledger as
    they are. `corrections`: rows of `corrections_recues`. `listed`: SIRETs of the publisher's other lists (see
    `decp.listed`): they confirm a SIREN that a malformed identifier hides.
    """
    with Spill() as spill, _without_collection():
        builder = _Builder(publisher, sources, spill)
        try:
            builder.correct(corrections)
            for row in records:
                builder.add(row)
            for row in quarantine:
                builder.tell(row, None, "quarantined", row["reason"], row["detail"])
            return builder.finish(listed)
        except BaseException:
            builder.close()
            raise


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

    def __init__(self, publisher: Publisher, sources: Sequence[Source], spill: Spill) -> None:
        self.publisher = publisher
        self.ranks = {s.id: s.rank for s in sources}
        self.zeros = {s.id: frozenset(s.zero_is_unknown) for s in sources}
        self.shelf = Shelf(spill)
        self.origins: dict[tuple[str, str, str, str], Origin] = {}
        self.cutting: set[str] = set()
        self.perhaps_cut: list[int] = []
        self.rows = {name: gathered(TABLES[name]) for name in BUILT}
        self.outcomes: Counter[str] = Counter()
        self.corrections = Corrections()
        self.known = KnownSirens()
        self.malformed: set[str] = set()
        self.recovered: dict[Operateur, Recovered | None] = {}

    def correct(self, corrections: Iterable[Mapping[str, Any]]) -> None:
        """Take the corrections received; those refused are told at once."""
        well_formed, refused = received(corrections)
        self.rows["corrections_traitees"].extend(refused)
        self.corrections = Corrections(well_formed)
        self.malformed.update(i for i in self.corrections.typed if not is_siret(i))

    def add(self, row: Mapping[str, Any]) -> None:
        """Clean one record and put it among the candidates, or in the ledger."""
        cleaned = clean(read_record(row["record"]), self.zeros[row["source"]])
        contract = cleaned.contract
        out = self.out_of_scope(contract)
        if out is not None:
            self.tell(row, contract.uid, "out_of_scope", *out)
            return
        repairs = cleaned.repairs
        if repairs and str(row.get("layout", "")).startswith("xml"):
            repairs = tuple(r for r in repairs if not is_how_xml_writes(r))
        reading = (row["decode"], " ; ".join(row["notes"])) if row["notes"] else None
        self.malformed.update(t.id for t in operators(contract) if t.id and not is_siret(t.id))
        number = self.shelf.add(contract, self._origin(row), row["position"], Told(repairs, reading))
        if is_cut(contract.codeCPV):
            self.cutting.add(row["file_sha256"])
        if repairs and _zero_that_may_be_an_end(repairs) is not None:
            self.perhaps_cut.append(number)

    def _origin(self, row: Mapping[str, Any]) -> Origin:
        """The file of a record: one object for all its records."""
        key = (row["source"], row["fichier"], row["fichier_date"], row["file_sha256"])
        found = self.origins.get(key)
        if found is None:
            found = self.origins[key] = Origin(key[0], self.ranks[key[0]], *key[1:])
        return found

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
        self.outcomes[outcome] += 1
        self.rows["ledger"].append(ledger_row(row, uid, outcome, reason, detail, kept))

    def recover(self, who: Operateur) -> Recovered | None:
        """`siren.recover` with what is known, each malformed identifier once."""
        if who.id not in self.malformed:
            return None
        if who not in self.recovered:
            self.recovered[who] = recover(who, self.known)
        return self.recovered[who]

    def _learn(self, listed: Iterable[str]) -> None:
        """The SIRENs that malformed identifiers may hide, looked for in every valid SIRET of the publisher."""
        hidden = hidden_sirens(self.malformed)
        self.known = KnownSirens(hidden)
        if not hidden:
            return
        for contract in self.shelf.naming(hidden):
            self.known.add_contract(contract)
        for siret in listed:
            self.known.add(siret)

    def _withhold(self) -> None:
        """In a file that cuts CPV codes, a code that may be one without its end stays as published."""
        for c in map(self.shelf.candidate, self.perhaps_cut):
            if c.origin.file_sha256 not in self.cutting:
                continue
            told = c.told
            zero = _zero_that_may_be_an_end(told.repairs)
            if zero is not None:
                contract = msgspec.structs.replace(c.contract, codeCPV=str(zero.value)[1:])
                left = tuple(r for r in told.repairs if r is not zero)
                self.shelf.replace(c.number, contract, Told(left, told.reading))
        self.perhaps_cut = []

    def finish(self, listed: Iterable[str]) -> Built:
        """Decide identities, apply corrections and write every row."""
        self._withhold()
        self._learn(listed)
        for contract in resolved(map(self.shelf.candidate, range(len(self.shelf)))):
            self._write(contract)
        self.rows["corrections_traitees"].extend(map(correction_row, self.corrections.finish()))
        tables = {name: rows.finish() for name, rows in self.rows.items()}
        return Built(tables, dict(sorted(self.outcomes.items())))

    def close(self) -> None:
        """Give the disk back, where the tables are not to be."""
        for rows in self.rows.values():
            rows.file.close()

    def _write(self, decided: Resolved) -> None:
        winner = decided.members[0]
        contract, corrected = self.corrections.apply(decided.contract)
        others = {m.source for m in decided.members} - {winner.source}
        sources = [winner.source, *sorted(others, key=lambda s: (self.ranks[s], s))]
        cleaned = winner.told.repairs
        for table, row in all_rows(contract, sources, published_ids((*cleaned, *corrected)), self.recover):
            self.rows[table].append(row)
        record = decided.content if contract is decided.contract else msgspec.json.encode(contract)
        self.rows["normalised_records"].append({"uid": contract.uid, "kind": contract.kind, "record": record.decode()})
        found = self._recovered(contract)
        self.rows["suggestions"].extend(suggestion_rows(contract, winner.source, cleaned, found))
        self._account(decided, contract.uid, (*corrected, *siren_repairs(found)))

    def _recovered(self, contract: Contract) -> list[Found]:
        """What the malformed identifiers of a contract are, with their paths."""
        if not any(t.id in self.malformed for t in operators(contract)):
            return []
        return [(path, who, r) for path, who in holders(contract) if (r := self.recover(who)) is not None]

    def _account(self, decided: Resolved, uid: str, made: tuple[Repair, ...]) -> None:
        """The ledger and the repairs of every record of a contract; `made`: repairs of the contract itself."""
        winner = decided.members[0]
        for member, (outcome, reason, detail) in zip(decided.members, decided.outcomes, strict=True):
            told = member.told
            kept = winner.place if member is not winner else None
            if reason == "kept" and told.reading is not None:
                reason, detail = f"read.{told.reading[0]}", told.reading[1]
            self.tell(place_row(member), uid, outcome, reason, detail, kept)
            repairs = (*told.repairs, *(made if member is winner else ()))
            self.rows["repairs"].extend(repair_rows(member, uid, repairs))


def _zero_that_may_be_an_end(repairs: Iterable[Repair]) -> Repair | None:
    """The zero given back to a CPV code that may have lost its last digit instead."""
    return next((r for r in repairs if r.rule == "cpv.leading-zero" and may_be_cut(r.original)), None)
