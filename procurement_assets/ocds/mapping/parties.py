"""Section `parties`: the organisations of one contract, each once, with the union of its roles.

`parties[].roles` is a list of strings, so a later release replaces it whole (research/ocds.md §1.3): every release
writes all the roles that the party has had so far. A party has one name in all the releases of a contract, the first
published one, else the register's: its references repeat it exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from procurement_assets.decp.model import Contract, Operateur
from procurement_assets.decp.raw import Format
from procurement_assets.ocds.extension.model import DecpOperateur, DecpTitulaire
from procurement_assets.ocds.mapping.identity import Identity, identify, published
from procurement_assets.ocds.mapping.values import text
from procurement_assets.ocds.model import Identifier, Organization, OrganizationReference
from procurement_assets.ocds.values import Role

_ROLES: tuple[Role, ...] = ("buyer", "supplier", "subcontractor")


_Published = tuple[str | None, str | None, str | None, str]
"""What an organisation was first published as: the arguments of `identify`."""


@lru_cache(maxsize=8_192)
def _organization(said: _Published, name: str | None, legal: str | None, roles: tuple[Role, ...]) -> Organization:
    """A party. Shared by the contracts that have it: nothing changes it once it is made."""
    party_id, identifier, additional = identify(*said)
    if legal and identifier is not None:
        identifier = Identifier(scheme=identifier.scheme, id=identifier.id, legalName=legal, uri=identifier.uri)
    return Organization(
        id=party_id, name=name, identifier=identifier, additionalIdentifiers=additional, roles=list(roles)
    )


@lru_cache(maxsize=8_192)
def _operator(said: _Published, name: str | None, registered: bool, format: Format) -> Operateur:
    """`operator_of` the party, without making it."""
    return operator_of(_organization(said, name, "-" if registered else None, ()), format)


class Parties:
    """The parties of one contract."""

    def __init__(self, contract: Contract, names: Mapping[str, str] | None) -> None:
        self._format = contract.format
        self._registered = names or {}
        self._identities: dict[str, _Published] = {}
        self._names: dict[str, str | None] = {}
        self._roles: dict[str, tuple[Role, ...]] = {}
        self.buyer = self._known(contract.acheteur_id, contract.acheteur_nom)
        self._roles[self.buyer] = ("buyer",)
        for holder in _operators(contract):
            self.id_of(holder)

    def _known(self, siret: str, name: str | None) -> str:
        return self._add(("SIRET", siret, name, "buyer"), name)

    def _add(self, said: _Published, name: str | None) -> str:
        identity = identify(*said)
        party_id = identity.party_id
        if party_id not in self._identities:
            self._identities[party_id] = said
            self._names[party_id] = name or self._register_name(identity)
        elif name and not self._names[party_id]:
            self._names[party_id] = name
        return party_id

    def _register_name(self, identity: Identity) -> str | None:
        if not self._registered:
            return None
        for identifier in (*(identity.additional or ()), identity.identifier):
            if identifier is not None and identifier.scheme == "FR-RCS" and identifier.id in self._registered:
                return self._registered[identifier.id]
        return None

    def id_of(self, operator: Operateur, fallback: str = "unidentified") -> str:
        """The party id of an operator."""
        name = text(operator.denominationSociale)
        return self._add((operator.typeIdentifiant, operator.id, name, fallback), name)

    def ids_of(self, operators: Iterable[Operateur]) -> list[str]:
        """The party ids of holders, in order, repetitions collapsed; one without id or name is known by its rank."""
        operators = list(operators)
        if len(operators) == 1:
            return [self.id_of(operators[0], "unidentified-1")]
        return list(dict.fromkeys(self.id_of(o, f"unidentified-{n}") for n, o in enumerate(operators, start=1)))

    def give(self, role: Role, party_ids: Iterable[str]) -> None:
        """Parties take a role, from this release on."""
        for party_id in party_ids:
            held = self._roles.get(party_id, ())
            if role not in held:
                self._roles[party_id] = tuple(r for r in _ROLES if r in held or r == role)

    def reference(self, party_id: str) -> OrganizationReference:
        """A reference to a party."""
        return OrganizationReference(id=party_id, name=self._names[party_id])

    def organizations(self, party_ids: Iterable[str]) -> list[Organization]:
        """The `parties` of a release: the buyer, then those it refers to."""
        return [self._organization(p) for p in dict.fromkeys((self.buyer, *party_ids))]

    def _organization(self, party_id: str) -> Organization:
        said = self._identities[party_id]
        return _organization(said, self._names[party_id], self._legal_name(said), self._roles.get(party_id, ()))

    def _legal_name(self, said: _Published) -> str | None:
        """The name in the register, of a party known by its SIREN."""
        if not self._registered:
            return None
        identifier = identify(*said).identifier
        if identifier is None or identifier.scheme != "FR-RCS":
            return None
        return self._registered.get(identifier.id or "") or None

    def _gives_back(self, operator: Operateur, party_id: str) -> bool:
        """Whether `operator_of` the party is this operator."""
        said = self._identities[party_id]
        found = _operator(said, self._names[party_id], self._legal_name(said) is not None, self._format)
        return found == operator

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
        said = self._identities[self.buyer]
        found = _operator(said, self._names[self.buyer], self._legal_name(said) is not None, self._format)
        if found.id == contract.acheteur_id and found.denominationSociale == contract.acheteur_nom:
            return None
        return DecpOperateur(id=contract.acheteur_id, denominationSociale=contract.acheteur_nom)


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
    if contract.modifications or contract.actesSousTraitance:
        yield from (o for o in contract.titulaires if o.id or o.denominationSociale)
        for modification in contract.modifications:
            yield from (o for o in modification.titulaires or () if o.id or o.denominationSociale)
        for act in contract.actesSousTraitance:
            if act.sousTraitant and (act.sousTraitant.id or act.sousTraitant.denominationSociale):
                yield act.sousTraitant
