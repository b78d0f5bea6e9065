"""A record of a file before its identity is decided: what `decp.identity` compares, and where the record itself lies.

A million records are candidates at once: memory holds their keys, the disk what is read of few of them before they are
written (`decp.spill`): the record, and what reading and cleaning told of it.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Collection, Iterator

import msgspec

from procurement_assets.decp.codelists import fold
from procurement_assets.decp.model import Contract
from procurement_assets.decp.rules import Repair
from procurement_assets.decp.spill import Spill

OBJET_COMPARED = 60
"""Characters of the folded objet that are compared: the State's consolidation cuts at 60 (research/decp.md §1.9)."""

_SIRENS = re.compile(rb'"id":"(\d{9})\d{5}"')
"""The SIRENs of the identifiers of a contract as JSON."""

_decode = msgspec.json.Decoder(Contract).decode


class Origin(msgspec.Struct, frozen=True):
    """The file that a record was read from: one for all its records."""

    source: str
    rank: int
    fichier: str
    fichier_date: str
    file_sha256: str


class Told(msgspec.Struct, frozen=True):
    """What reading and cleaning told of a record."""

    repairs: tuple[Repair, ...] = ()
    reading: tuple[str, str] | None = None
    """How it was decoded, and the notes of the reader."""


_NOTHING = Told()


class Candidate(msgspec.Struct, eq=False, gc=False):
    """A normalised record of a file, before its identity is decided."""

    origin: Origin
    position: int
    kind: str
    format: str
    uid: str
    """The uid as published: the buyer's SIRET and the id."""
    buyer: str
    amount: float | None
    spill: Spill
    line: int = -1
    """The number of the record among what is laid aside."""
    has_told: bool = False
    """Whether what was told of it is the next line."""
    reason: str = "kept"

    @property
    def id(self) -> str:
        """The id as published."""
        return self.uid[len(self.buyer) :]

    @property
    def source(self) -> str:
        """The source of the record."""
        return self.origin.source

    @property
    def content(self) -> bytes:
        """Canonical JSON of the contract: what ties are decided on."""
        return self.spill.get(self.line)

    @property
    def contract(self) -> Contract:
        """The contract, decoded anew."""
        return contract_of(self.content)

    @property
    def told(self) -> Told:
        """What reading and cleaning told of the record."""
        return _read_told(self.spill.get(self.line + 1)) if self.has_told else _NOTHING

    @property
    def holders(self) -> frozenset[str]:
        """Ids (else names) of the holders at the award."""
        return holders_of(self.contract)

    @property
    def objet(self) -> str:
        """The start of the folded objet."""
        return objet_of(self.contract)

    @property
    def place(self) -> tuple[str, int]:
        """File and position: only to order identical records in the ledger."""
        return (self.origin.file_sha256, self.position)

    def lay_aside(self, contract: Contract, told: Told) -> None:
        """Put the contract and what was told of it on disk, in the place of what was there."""
        self.line = self.spill.put(msgspec.json.encode(contract))
        self.has_told = bool(told.repairs or told.reading)
        if self.has_told:
            self.spill.put(_written(told))


def candidate(contract: Contract, origin: Origin, position: int, spill: Spill, told: Told = _NOTHING) -> Candidate:
    """A candidate, its record laid aside."""
    made = Candidate(
        origin,
        position,
        contract.kind,
        contract.format,
        contract.uid,
        sys.intern(contract.acheteur_id),
        contract.amount,
        spill,
    )
    made.lay_aside(contract, told)
    return made


def contract_of(content: bytes) -> Contract:
    """The contract that canonical JSON is."""
    return _decode(content)


def contracts_naming(spill: Spill, sirens: Collection[str]) -> Iterator[Contract]:
    """The contracts laid aside that have an identifier of one of these SIRENs: the others are not decoded to see it."""
    wanted = {s.encode() for s in sirens}
    for line in spill.lines():
        # A line is a contract, or what was told of one: a list.
        if line.startswith(b"{") and not wanted.isdisjoint(_SIRENS.findall(line)):
            yield contract_of(line)


def _written(told: Told) -> bytes:
    # The standard library's JSON writes every number that a repair may hold, an infinite one included.
    return json.dumps([[msgspec.structs.astuple(r) for r in told.repairs], told.reading]).encode()


def _read_told(text: bytes) -> Told:
    repairs, reading = json.loads(text)
    return Told(tuple(Repair(*r) for r in repairs), None if reading is None else (reading[0], reading[1]))


def holders_of(contract: Contract) -> frozenset[str]:
    """Ids (else names) of the holders at the award."""
    return frozenset(t.id or t.denominationSociale or "" for t in contract.titulaires)


def objet_of(contract: Contract) -> str:
    """The start of the folded objet."""
    return fold((contract.objet or "")[: 2 * OBJET_COMPARED])[:OBJET_COMPARED].strip()
