"""Section `awards`: who holds the contract, for how much at first, and who works under them."""

from __future__ import annotations

from procurement_assets.decp.model import Contract
from procurement_assets.ocds.extension.model import DecpAward, DecpTitulaire
from procurement_assets.ocds.mapping.dates import midnight
from procurement_assets.ocds.mapping.parties import Parties
from procurement_assets.ocds.mapping.tender import items
from procurement_assets.ocds.mapping.values import euros, text
from procurement_assets.ocds.model import Award


def award(
    contract: Contract, parties: Parties, suppliers: list[str], *, number: int, date: str | None, amount: float | None
) -> Award:
    """An award. Several suppliers are a consortium (OCDS, guidance on buyers and suppliers).

    DECP has no date of award decision: notification (or signature) stands for it (research/ocds.md §2.1).
    """
    title = text(contract.objet)
    return Award(
        id=str(number),
        title=title,
        status="active",
        date=midnight(date),
        value=euros(amount),
        suppliers=[parties.reference(s) for s in suppliers] or None,
        items=items(title, contract.codeCPV),
        hasSubcontracting=contract.sousTraitanceDeclaree,
        decp=decp_award(contract, parties.as_published(contract.titulaires, suppliers) if number == 1 else None),
    )


def decp_award(contract: Contract, holders: list[DecpTitulaire] | None = None) -> DecpAward | None:
    """`awards[].decp` (local extension)."""
    kind, ue, france = text(contract.typeGroupementOperateurs), contract.origineUE, contract.origineFrance
    if kind is None and ue is None and france is None and not holders:
        return None
    return DecpAward(typeGroupementOperateurs=kind, origineUE=ue, origineFrance=france, titulaires=holders or None)
