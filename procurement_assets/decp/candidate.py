"""A record of a file before its identity is decided: what `decp.identity` compares, and the record itself as JSON."""

from __future__ import annotations

import sys

import msgspec

from procurement_assets.decp.codelists import fold
from procurement_assets.decp.model import Contract

OBJET_COMPARED = 60
"""Characters of the folded objet that are compared: the State's consolidation cuts at 60 (research/decp.md §1.9)."""

_decode = msgspec.json.Decoder(Contract).decode


class Candidate(msgspec.Struct, eq=False, gc=False):
    """A normalised record of a file, before its identity is decided.

    It holds the record as JSON, a quarter of the memory of its objects: only a record that has something to be compared
    with is decoded before it is written.
    """

    source: str
    rank: int
    fichier: str
    fichier_date: str
    file_sha256: str
    position: int
    kind: str
    format: str
    uid: str
    id: str
    buyer: str
    amount: float | None
    content: bytes
    """Canonical JSON of the contract: what ties are decided on."""
    reason: str = "kept"

    @property
    def contract(self) -> Contract:
        """The contract, decoded anew."""
        return _decode(self.content)

    @property
    def holders(self) -> frozenset[str]:
        """Ids (else names) of the holders at the award."""
        return frozenset(t.id or t.denominationSociale or "" for t in self.contract.titulaires)

    @property
    def objet(self) -> str:
        """The start of the folded objet."""
        return fold((self.contract.objet or "")[: 2 * OBJET_COMPARED])[:OBJET_COMPARED].strip()

    @property
    def place(self) -> tuple[str, int]:
        """File and position: only to order identical records in the ledger."""
        return (self.file_sha256, self.position)


def candidate(
    contract: Contract, *, source: str, rank: int, fichier: str, fichier_date: str, file_sha256: str, position: int
) -> Candidate:
    """A candidate, with its canonical content."""
    return Candidate(
        source,
        rank,
        fichier,
        fichier_date,
        file_sha256,
        position,
        contract.kind,
        contract.format,
        contract.uid,
        contract.id,
        sys.intern(contract.acheteur_id),
        contract.amount,
        msgspec.json.encode(contract),
    )
