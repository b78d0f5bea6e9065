"""Section `awards[].subcontracting` (extension): acts of subcontracting and their modifications.

An act stays on the award on which it was declared, even when a later modification replaces the holders.
"""

from __future__ import annotations

from procurement_assets.decp.model import Acte, Contract, Execution, Modification, ModificationActe
from procurement_assets.ocds.extension.model import DecpSubcontract, DecpSubcontractModification
from procurement_assets.ocds.mapping.parties import Parties
from procurement_assets.ocds.mapping.values import displaced, euros, text, total
from procurement_assets.ocds.model import Award, OrganizationReference, Subcontract, Subcontracting


class Subcontractors:
    """The acts of one contract, as the releases tell them."""

    def __init__(self, contract: Contract, parties: Parties) -> None:
        self.contract = contract
        self.parties = parties
        self.awards: dict[str, str] = {}
        self.amounts: dict[str, float | None] = {}
        self.changes: dict[str, int] = {}
        self.keys: dict[int | None, str] = {}
        self.told = [0, 0]
        """How many acts and how many modifications of acts were told."""

    def said(
        self, what: Acte | ModificationActe | Modification | Execution, award_id: str, suppliers: list[str]
    ) -> tuple[Award, str, list[str]]:
        """The award of the release, the end of the release's id, the parties it refers to."""
        if isinstance(what, Acte):
            return self._act(what, award_id, suppliers)
        if isinstance(what, ModificationActe):
            return self._change(what, award_id)
        raise TypeError(type(what).__name__)

    def _act(self, act: Acte, award_id: str, suppliers: list[str]) -> tuple[Award, str, list[str]]:
        key = self._new_key(act.id)
        self.keys.setdefault(act.id, key)
        self.awards[key] = award_id
        self.amounts[key] = act.montant
        # DECP does not say who of several holders subcontracts: said only when there is one.
        main = suppliers if len(suppliers) == 1 else []
        party_ids = [*main]
        subcontractor = None
        if act.sousTraitant is not None:
            party_id = self.parties.id_of(act.sousTraitant, f"unidentified-subcontractor-{key}")
            self.parties.give("subcontractor", [party_id])
            subcontractor = self.parties.reference(party_id)
            party_ids.append(party_id)
        subcontract = Subcontract(
            id=key,
            subcontractor=subcontractor,
            mainContractors=[self.parties.reference(m) for m in main] or None,
            decp=self._decp_act(act, subcontractor),
        )
        self.told[0] += 1
        return self._award(key, subcontract), f"soustraitance-{key}", party_ids

    def _change(self, change: ModificationActe, award_id: str) -> tuple[Award, str, list[str]]:
        """A modification of an act; of an act that was never published, the act is known by its id alone."""
        if change.id not in self.keys:
            self.keys[change.id] = self._new_key(change.id)
        key = self.keys[change.id]
        self.awards.setdefault(key, award_id)
        self.amounts[key] = change.montant if change.montant is not None else self.amounts.get(key)
        self.changes[key] = rank = self.changes.get(key, 0) + 1
        subcontract = Subcontract(
            id=key,
            decp=DecpSubcontract(
                dureeMois=change.dureeMois,
                montant=euros(change.montant),
                modifications=[
                    DecpSubcontractModification(
                        id=str(rank),
                        dateNotificationModificationSousTraitance=text(
                            change.dateNotificationModificationSousTraitance
                        ),
                        datePublicationDonnees=text(change.datePublicationDonnees),
                        dureeMois=change.dureeMois,
                        montant=euros(change.montant),
                        rang=displaced(self.contract.modificationsActesSousTraitance, change, self.told[1]),
                    )
                ],
            ),
        )
        self.told[1] += 1
        return self._award(key, subcontract), f"soustraitance-{key}-modification-{rank}", []

    def _award(self, key: str, subcontract: Subcontract) -> Award:
        award_id = self.awards[key]
        value = euros(total(amount for k, amount in self.amounts.items() if self.awards[k] == award_id))
        return Award(
            id=award_id,
            hasSubcontracting=True,
            subcontracting=Subcontracting(value=value, subcontracts=[subcontract]),
        )

    def _new_key(self, published: int | None) -> str:
        """The id of a subcontract: the published one; `sans-numero` without; a second act with it is `-2`, `-3`…"""
        base = "sans-numero" if published is None else str(published)
        key, n = base, 1
        while key in self.awards:
            n += 1
            key = f"{base}-{n}"
        return key

    def _decp_act(self, act: Acte, party: OrganizationReference | None) -> DecpSubcontract | None:
        who = None
        if act.sousTraitant is not None and party is not None:
            who = self.parties.as_published([act.sousTraitant], [party.id])
        found = DecpSubcontract(
            id=act.id,
            dateNotification=text(act.dateNotification),
            datePublicationDonnees=text(act.datePublicationDonnees),
            dureeMois=act.dureeMois,
            montant=euros(act.montant),
            variationPrix=text(act.variationPrix),
            sousTraitant=who[0] if who else None,
            rang=displaced(self.contract.actesSousTraitance, act, self.told[0]),
        )
        return None if found == _NOTHING else found


_NOTHING = DecpSubcontract()
