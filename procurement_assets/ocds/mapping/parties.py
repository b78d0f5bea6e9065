"""Section `parties`: the organisations of one contract, each once, with the union of its roles.

`parties[].roles` is a list of strings, so a later release replaces it whole (research/ocds.md §1.3): every release
writes all the roles that the party has had so far. A party has one name in all the releases of a contract, the first
published one, else the register's: its references repeat it exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from procurement_assets.decp.model import Contract, Operateur
from procurement_assets.decp.raw import Format
from procurement_assets.ocds.extension.model import DecpOperateur, DecpTitulaire
from procurement_assets.ocds.mapping.identity import Identity, identify, of_siret, published
from procurement_assets.ocds.mapping.values import text
from procurement_assets.ocds.model import Identifier, Organization, OrganizationReference
from procurement_assets.ocds.values import Role

_ROLES: tuple[Role, ...] = ("buyer", "supplier", "subcontractor")


class _Party(msgspec.Struct, eq=False, gc=False):
    """An organisation of one contract."""

    identity: Identity
    """From how it was first published."""
    name: str | None
    legal: str | None
    """Its name in the register, where it is known by its SIREN."""
    roles: list[Role] = []
    """So far; replaced, never changed: releases keep the list that they were given."""


class Parties:
    """The parties of one contract."""

    def __init__(self, contract: Contract, names: Mapping[str, str] | None) -> None:
        self._format = contract.format
        self._registered = names or {}
        self._parties: dict[str, _Party] = {}
        self.buyer = self._add("SIRET", contract.acheteur_id, contract.acheteur_nom, "buyer")
        self._parties[self.buyer].roles = ["buyer"]
        if contract.modifications or contract.actesSousTraitance:
            for holder in _operators(contract):
                self.id_of(holder)

    def _add(self, kind: str | None, number: str | None, name: str | None, fallback: str) -> str:
        # Nearly all are valid SIRETs: known by that alone, without hashing the name.
        identity = (of_siret(number) if kind == "SIRET" and number else None) or identify(kind, number, name, fallback)
        party_id = identity.party_id
        party = self._parties.get(party_id)
        if party is None:
            registered = self._registered
            self._parties[party_id] = _Party(
                identity,
                name or (_register_name(identity, registered) if registered else None),
                _legal_name(identity, registered) if registered else None,
            )
        elif name and not party.name:
            party.name = name
        return party_id

    def id_of(self, operator: Operateur, fallback: str = "unidentified") -> str:
        """The party id of an operator."""
        return self._add(operator.typeIdentifiant, operator.id, text(operator.denominationSociale), fallback)

    def ids_of(self, operators: Sequence[Operateur]) -> list[str]:
        """The party ids of holders, in order, repetitions collapsed; one without id or name is known by its rank."""
        if len(operators) == 1:
            return [self.id_of(operators[0], "unidentified-1")]
        return list(dict.fromkeys(self.id_of(o, f"unidentified-{n}") for n, o in enumerate(operators, start=1)))

    def give(self, role: Role, party_ids: Iterable[str]) -> None:
        """Parties take a role, from this release on."""
        for party_id in party_ids:
            party = self._parties[party_id]
            held = party.roles
            if not held:
                party.roles = [role]
            elif role not in held:
                party.roles = [r for r in _ROLES if r in held or r == role]

    def reference(self, party_id: str) -> OrganizationReference:
        """A reference to a party."""
        return OrganizationReference(id=party_id, name=self._parties[party_id].name)

    def organizations(self, party_ids: Sequence[str]) -> list[Organization]:
        """The `parties` of a release: the buyer, then those it refers to."""
        return [self._organization(p) for p in dict.fromkeys((self.buyer, *party_ids))]

    def _organization(self, party_id: str) -> Organization:
        party = self._parties[party_id]
        found = party.identity
        identifier = found.identifier
        if party.legal and identifier is not None:
            identifier = Identifier(
                scheme=identifier.scheme, id=identifier.id, legalName=party.legal, uri=identifier.uri
            )
        return Organization(
            id=party_id,
            name=party.name,
            identifier=identifier,
            additionalIdentifiers=found.additional,
            roles=party.roles,
        )

    def _gives_back(self, operator: Operateur, party_id: str) -> bool:
        """Whether `operator_of` the party is this operator: the same comparison, without making the party."""
        party = self._parties[party_id]
        found = party.identity
        unnamed = party.legal is not None and self._format == "2022"
        return (
            found.number == operator.id
            and found.kind == operator.typeIdentifiant
            and (None if unnamed else party.name) == operator.denominationSociale
        )

    def as_published(self, operators: Sequence[Operateur], party_ids: list[str]) -> list[DecpTitulaire] | None:
        """The holders for the local extension, only where their parties do not give them back (`operator_of`)."""
        if len(operators) == len(party_ids) and all(map(self._gives_back, operators, party_ids)):
            return None
        return listed(operators)

    def operator_as_published(self, operator: Operateur, party_id: str) -> DecpOperateur | None:
        """One operator for the local extension, only where its party does not give it back."""
        if self._gives_back(operator, party_id):
            return None
        made = _operateur(operator)
        return None if made == DecpOperateur() else made

    def buyer_as_published(self, contract: Contract) -> DecpOperateur | None:
        """The buyer for the local extension, only where its party does not give it back."""
        party = self._parties[self.buyer]
        unnamed = party.legal is not None and self._format == "2022"
        if party.identity.number == contract.acheteur_id and (
            (None if unnamed else party.name) == contract.acheteur_nom
        ):
            return None
        return DecpOperateur(id=contract.acheteur_id, denominationSociale=contract.acheteur_nom)


def _register_name(identity: Identity, registered: Mapping[str, str]) -> str | None:
    """The name that the register gives to a SIRET, else to its SIREN."""
    for identifier in (*(identity.additional or ()), identity.identifier):
        if identifier is not None and identifier.scheme == "FR-RCS" and identifier.id in registered:
            return registered[identifier.id]
    return None


def _legal_name(identity: Identity, registered: Mapping[str, str]) -> str | None:
    """The name in the register, of a party known by its SIREN."""
    identifier = identity.identifier
    if identifier is None or identifier.scheme != "FR-RCS":
        return None
    return registered.get(identifier.id or "") or None


def operator_of(party: Organization, format: Format) -> Operateur:
    """The operator that a party stands for.

    Its name is the published one, but for one: format 2022 has no names, so that of a party known to the register
    (`legalName`) is the register's.
    """
    kind, number = published(party.identifier, party.additionalIdentifiers)
    registered = party.identifier is not None and party.identifier.legalName is not None
    return Operateur(
        typeIdentifiant=kind,
        id=number,
        denominationSociale=None if registered and format == "2022" else party.name,
    )


def listed(operators: Iterable[Operateur]) -> list[DecpTitulaire] | None:
    """Holders as published, in the published order, by rank.

    Cleaning has removed what is empty or repeated; the schema refuses both, so they are never written.
    """
    said = list(dict.fromkeys(o for o in operators if _operateur(o) != DecpOperateur()))
    return [DecpTitulaire(id=str(n), titulaire=_operateur(o)) for n, o in enumerate(said, start=1)] or None


def _operateur(o: Operateur) -> DecpOperateur:
    return DecpOperateur(
        typeIdentifiant=text(o.typeIdentifiant), id=text(o.id), denominationSociale=text(o.denominationSociale)
    )


def _operators(contract: Contract) -> Iterable[Operateur]:
    """Identified operators of later events, whose names may be the first ones published."""
    yield from (o for o in contract.titulaires if o.id or o.denominationSociale)
    for modification in contract.modifications:
        yield from (o for o in modification.titulaires or () if o.id or o.denominationSociale)
    for act in contract.actesSousTraitance:
        if act.sousTraitant and (act.sousTraitant.id or act.sousTraitant.denominationSociale):
            yield act.sousTraitant
