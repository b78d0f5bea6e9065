"""Section `awards[].subcontracting` (extension): acts of subcontracting and their modifications.

An act stays on the award on which it was declared, even when a later modification replaces the holders.
"""

from __future__ import annotations

from procurement_assets.decp.model import Acte, Contract, Execution, Modification, ModificationActe
from procurement_assets.ocds.extension.model import DecpAward, DecpSubcontract, DecpSubcontractModification
from procurement_assets.ocds.mapping.keys import UNNUMBERED, act_key, change_key
from procurement_assets.ocds.mapping.parties import Parties
from procurement_assets.ocds.mapping.values import euros, position, text, total
from procurement_assets.ocds.model import Award, OrganizationReference, Subcontract, Subcontracting


class Subcontractors:
    """The acts of one contract, as the releases tell them."""

    def __init__(self, contract: Contract, parties: Parties) -> None:
        self.contract = contract
        self.parties = parties
        self.awards: dict[str, str] = {}
        self.amounts: dict[str, float | None] = {}
        self.changes: dict[str, set[str]] = {}
        self.keys: dict[int | None, str] = {}
        self.acts: dict[str, Acte] = {}

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
        key = act_key(act, self.awards)
        self.keys.setdefault(act.id, key)
        self.acts[key] = act
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
        return self._award(key, subcontract), f"soustraitance-{key}", party_ids

    def _change(self, change: ModificationActe, award_id: str) -> tuple[Award, str, list[str]]:
        """A modification of an act; of an act that was never published, the act is known by its id alone."""
        key = self.keys.setdefault(change.id, UNNUMBERED if change.id is None else str(change.id))
        self.awards.setdefault(key, award_id)
        self.amounts[key] = change.montant if change.montant is not None else self.amounts.get(key)
        told = self.changes.setdefault(key, set())
        name = change_key(change, told)
        told.add(name)
        act = self.acts.get(key, _UNKNOWN)
        subcontract = Subcontract(
            id=key,
            decp=DecpSubcontract(
                dureeMois=change.dureeMois,
                dureeMoisInitiale=act.dureeMois if change.dureeMois is not None else None,
                montant=euros(change.montant),
                montantInitial=euros(act.montant) if change.montant is not None else None,
                modifications=[
                    DecpSubcontractModification(
                        id=name,
                        dateNotificationModificationSousTraitance=text(
                            change.dateNotificationModificationSousTraitance
                        ),
                        datePublicationDonnees=text(change.datePublicationDonnees),
                        dureeMois=change.dureeMois,
                        montant=euros(change.montant),
                        rang=position(self.contract.modificationsActesSousTraitance, change),
                    )
                ],
            ),
        )
        return self._award(key, subcontract), f"soustraitance-{key}-modification-{name}", []

    def _award(self, key: str, subcontract: Subcontract) -> Award:
        award_id = self.awards[key]
        # `hasSubcontracting` becomes true: what the contract declared is kept beside it.
        declared = self.contract.sousTraitanceDeclaree if award_id == "1" else None
        value = euros(total(amount for k, amount in self.amounts.items() if self.awards[k] == award_id))
        return Award(
            id=award_id,
            hasSubcontracting=True,
            subcontracting=Subcontracting(value=value, subcontracts=[subcontract]),
            decp=None if declared is None else DecpAward(sousTraitanceDeclaree=declared),
        )

    def _decp_act(self, act: Acte, party: OrganizationReference | None) -> DecpSubcontract:
        who = None
        if act.sousTraitant is not None and party is not None:
            who = self.parties.operator_as_published(act.sousTraitant, party.id)
        return DecpSubcontract(
            id=act.id,
            dateNotification=text(act.dateNotification),
            datePublicationDonnees=text(act.datePublicationDonnees),
            dureeMois=act.dureeMois,
            montant=euros(act.montant),
            variationPrix=text(act.variationPrix),
            sousTraitant=who,
            rang=position(self.contract.actesSousTraitance, act),
        )


_UNKNOWN = Acte()
"""An act that only its modifications tell."""
