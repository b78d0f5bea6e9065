"""The records of a publisher before their identity is decided: what `decp.identity` compares.

Millions of records wait at once. On the shelf a record is a number: its key facts are in columns, its content and what
was told of it are on disk (`decp.spill`). It is an object, a candidate, only while identities are decided, then while
its contract is written.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Collection, Hashable, Iterator, Sequence
from typing import Generic, TypeVar

import msgspec

from procurement_assets.decp import told as telling
from procurement_assets.decp.codelists import fold
from procurement_assets.decp.model import Contract
from procurement_assets.decp.spill import Spill
from procurement_assets.decp.told import NOTHING, Told

OBJET_COMPARED = 60
"""Characters of the folded objet that are compared: the State's consolidation cuts at 60 (research/decp.md §1.9)."""
KEPT = "kept"
"""The reason of a record that no rule of identity moved."""
_SIRENS = re.compile(rb'"id":"(\d{9})\d{5}"')
"""The SIRENs of the identifiers of a contract as JSON."""

T = TypeVar("T", bound=Hashable)
_decode = msgspec.json.Decoder(Contract).decode


class Origin(msgspec.Struct, frozen=True, cache_hash=True):
    """The file that a record was read from."""

    source: str
    rank: int
    fichier: str
    fichier_date: str
    file_sha256: str


class _Few(Generic[T]):
    """A column of few distinct values."""

    def __init__(self) -> None:
        self._values: list[T] = []
        self._numbers: dict[T, int] = {}
        self._column = array("I")

    def append(self, value: T) -> None:
        number = self._numbers.get(value)
        if number is None:
            number = self._numbers[value] = len(self._values)
            self._values.append(value)
        self._column.append(number)

    def __getitem__(self, row: int) -> T:
        return self._values[self._column[row]]


class Shelf:
    """The records of a publisher, by number in the order in which they were put there."""

    def __init__(self, spill: Spill) -> None:
        self._spill = spill
        # Few distinct ones: all the records of a buyer in a file.
        self._shared = _Few[tuple[Origin, str, str, str]]()
        self._positions = array("q")
        self._amounts = array("d")
        self._ids = bytearray()
        self._ends = array("Q", [0])
        self._lines = array("Q")
        self._has_told = array("B")

    def __len__(self) -> int:
        return len(self._positions)

    def add(self, contract: Contract, origin: Origin, position: int, told: Told = NOTHING) -> int:
        """Put a record on the shelf; return its number."""
        self._shared.append((origin, contract.kind, contract.format, contract.acheteur_id))
        self._positions.append(position)
        self._amounts.append(math.nan if contract.amount is None else contract.amount)
        self._ids += contract.id.encode()
        self._ends.append(len(self._ids))
        self._lines.append(0)
        self._has_told.append(0)
        number = len(self) - 1
        self.replace(number, contract, told)
        return number

    def replace(self, number: int, contract: Contract, told: Told) -> None:
        """Put another content, and what is told of it, in the place of those of a record; its key facts stay."""
        self._lines[number] = self._spill.put(msgspec.json.encode(contract))
        self._has_told[number] = bool(told.repairs or told.reading)
        if self._has_told[number]:
            self._spill.put(telling.written(told))

    def candidate(self, number: int, reason: str = KEPT) -> Candidate:
        """A record as an object."""
        origin, kind, format_, buyer = self._shared[number]
        amount = self._amounts[number]
        return Candidate(
            self,
            number,
            origin,
            self._positions[number],
            kind,
            format_,
            buyer + self._ids[self._ends[number] : self._ends[number + 1]].decode(),
            buyer,
            None if math.isnan(amount) else amount,
            reason,
        )

    def content(self, number: int) -> bytes:
        """The content of a record."""
        return self._spill.get(self._lines[number])

    def told(self, number: int) -> Told:
        """What reading and cleaning told of a record."""
        return telling.read(self._spill.get(self._lines[number] + 1)) if self._has_told[number] else NOTHING

    def naming(self, sirens: Collection[str]) -> Iterator[Contract]:
        """The contracts that have an identifier of one of these SIRENs: the others are not decoded to see it.

        One whose content was replaced comes as it was too.
        """
        wanted = {s.encode() for s in sirens}
        for line in self._spill.lines():
            # A line is a contract, or what was told of one: a list.
            if line.startswith(b"{") and not wanted.isdisjoint(_SIRENS.findall(line)):
                yield contract_of(line)


class Candidate(msgspec.Struct, eq=False, gc=False):
    """A normalised record of a file, before its identity is decided."""

    shelf: Shelf
    number: int
    origin: Origin
    position: int
    kind: str
    format: str
    uid: str
    """The uid as published: the buyer's SIRET and the id."""
    buyer: str
    amount: float | None
    reason: str = KEPT

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
        return self.shelf.content(self.number)

    @property
    def contract(self) -> Contract:
        """The contract, decoded anew."""
        return contract_of(self.content)

    @property
    def told(self) -> Told:
        """What reading and cleaning told of the record."""
        return self.shelf.told(self.number)

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


def contract_of(content: bytes) -> Contract:
    """The contract that canonical JSON is."""
    return _decode(content)


def holders_of(contract: Contract) -> frozenset[str]:
    """Ids (else names) of the holders at the award."""
    return frozenset(t.id or t.denominationSociale or "" for t in contract.titulaires)


def objet_of(contract: Contract) -> str:
    """The start of the folded objet."""
    return fold((contract.objet or "")[: 2 * OBJET_COMPARED])[:OBJET_COMPARED].strip()


def counts_modifications(contracts: Sequence[Contract]) -> bool:
    """Whether the last two digits of ids count the modifications of one contract: every later number has one, a number
    counts them exactly, and a holder is common to all."""
    numbered = [(int(c.id[-2:]), len(c.modifications)) for c in contracts]
    if any(number > 0 and not count for number, count in numbered):
        return False
    exact = any(number > 0 and number == count for number, count in numbered)
    everyone = [holders_of(c) | {t.id or "" for m in c.modifications for t in m.titulaires or ()} for c in contracts]
    return exact and bool(frozenset.intersection(*everyone) - {""})
