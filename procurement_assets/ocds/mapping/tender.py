"""Section `tender`, and `bids` and `relatedProcesses` beside it: the procedure, its terms, its place."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from procurement_assets.decp.model import Contract, Lieu
from procurement_assets.ocds.countries import COUNTRIES
from procurement_assets.ocds.extension.model import DecpLieu, DecpOperateur, DecpTender
from procurement_assets.ocds.mapping import codes, left
from procurement_assets.ocds.mapping.identity import gives_uid, ocid_of
from procurement_assets.ocds.mapping.values import euros, labels, text
from procurement_assets.ocds.model import (
    Address,
    Bids,
    Classification,
    ContractTerms,
    FrameworkAgreement,
    Gazetteer,
    Item,
    Location,
    RelatedProcess,
    Statistic,
    SubmissionTerms,
    Sustainability,
    Techniques,
    Tender,
)
from procurement_assets.ocds.values import GazetteerScheme, Goal, Method, Strategy

_COUNTRIES = frozenset(COUNTRIES)


def tender(contract: Contract, ocid: str | None = None, buyer: DecpOperateur | None = None) -> Tender:
    """`tender`: always complete, since DECP publishes awarded contracts."""
    goals = sustainability(
        labels(contract.considerationsSociales),
        labels(contract.considerationsEnvironnementales),
        contract.marcheInnovant is True,
    )
    catalogue = codes.CATALOGUE in (contract.techniques or ())
    title = text(contract.objet)
    return Tender(
        id=contract.id,
        title=title,
        status="complete",
        items=items(title, contract.codeCPV, contract.lieuExecution),
        procurementMethod=method(contract),
        procurementMethodDetails=text(contract.procedure),
        mainProcurementCategory=codes.category(contract.codeCPV, contract.nature),
        numberOfTenderers=_offers(contract),
        legalBasis=legal_basis(contract.nature),
        techniques=techniques(contract),
        submissionTerms=SubmissionTerms(electronicCatalogPolicy="allowed") if catalogue else None,
        hasSustainability=goals.has,
        sustainability=goals.goals,
        contractTerms=contract_terms(contract),
        decp=decp_tender(contract, goals, ocid, buyer),
    )


def method(contract: Contract) -> Method | None:
    """`procurementMethod` (`codes.PROCEDURES`); without competition and with one offer, it is literally `direct`."""
    if contract.procedure == codes.WITHOUT_COMPETITION and contract.offresRecues == 1:
        return "direct"
    return codes.PROCEDURES.get(contract.procedure or "")


@lru_cache(maxsize=64)
def legal_basis(nature: str | None) -> Classification | None:
    """`legalBasis` (extension): the directive, where the nature alone tells it."""
    celex = codes.LEGAL_BASIS.get(nature or "")
    return Classification(scheme="CELEX", id=celex) if celex else None


def _offers(contract: Contract) -> int | None:
    offers = contract.offresRecues
    return offers if offers is not None and offers >= 0 else None


def bids(contract: Contract) -> Bids | None:
    """`bids.statistics`: `offresRecues` is exactly the number of bids (`tender.numberOfTenderers` approximates)."""
    offers = _offers(contract)
    return None if offers is None else Bids(statistics=[Statistic(id="bids", measure="bids", value=offers)])


def items(title: str | None, cpv: str | None, where: Lieu | None = None) -> list[Item] | None:
    """One item: the object of the contract, its CPV code, and for the tender its place of execution."""
    locations, addresses = (None, None) if where is None else (_locations(where), _addresses(where))
    if not cpv and locations is None and addresses is None:
        return None
    return [
        Item(
            id="1",
            description=title,
            classification=_cpv(cpv),
            deliveryLocations=locations,
            deliveryAddresses=addresses,
        )
    ]


@lru_cache(maxsize=16_384)
def _cpv(code: str | None) -> Classification | None:
    return Classification(scheme="CPV", id=code) if code else None


@lru_cache(maxsize=65_536)
def _locations(lieu: Lieu) -> list[Location] | None:
    """`deliveryLocations` (extension location): the code in its gazetteer."""
    scheme = _gazetteer(lieu)
    if scheme is None or lieu.code is None:
        return None
    return [
        Location(
            description=f"{lieu.typeCode} {lieu.code}", gazetteer=Gazetteer(scheme=scheme, identifiers=[lieu.code])
        )
    ]


@lru_cache(maxsize=65_536)
def _addresses(lieu: Lieu) -> list[Address] | None:
    """`deliveryAddresses` (extension location): the published name, the code where there is a field for it."""
    scheme = _gazetteer(lieu)
    name = text(lieu.nom)
    postal = lieu.code if scheme == "FR-LAPOSTE-CP" else None
    country = lieu.code if scheme == "ISO2" else None
    return [Address(description=name, postalCode=postal, country=country)] if name or postal or country else None


def _gazetteer(lieu: Lieu) -> GazetteerScheme | None:
    scheme = codes.GAZETTEERS.get(lieu.typeCode or "") if lieu.code else None
    return None if scheme == "ISO2" and lieu.code not in _COUNTRIES else scheme


def techniques(contract: Contract) -> Techniques | None:
    """`techniques` (extension). `Sans objet` makes the three booleans false; unknown leaves them out.

    Format 2019 has no techniques, but `nature` says `Accord-cadre`. The amount of a framework is its maximum or an
    estimate: it is repeated in `frameworkAgreement.value` so that statistics can set it apart.
    """
    listed = contract.techniques
    framework = contract.nature == codes.FRAMEWORK or bool(listed and codes.FRAMEWORK in listed)
    if not listed and not framework:
        return None
    agreement = None
    if framework:
        amount = euros(contract.amount)
        way = codes.FRAMEWORK_METHODS.get(_orders(contract))
        if amount is not None or way is not None:
            agreement = FrameworkAgreement(method=way, value=amount)
    return Techniques(
        hasFrameworkAgreement=framework,
        frameworkAgreement=agreement,
        hasDynamicPurchasingSystem=codes.DYNAMIC_PURCHASING in listed if listed else None,
        hasElectronicAuction=codes.AUCTION in listed if listed else None,
    )


def _orders(contract: Contract) -> tuple[bool, bool]:
    ways = contract.modalitesExecution or ()
    return codes.ORDERS in ways, codes.CALL_OFFS in ways


class Goals(NamedTuple):
    """`hasSustainability` and `sustainability`, and the strategies of its two goals that have some."""

    has: bool | None
    goals: list[Sustainability] | None
    social: tuple[Strategy, ...]
    environmental: tuple[Strategy, ...]


@lru_cache(maxsize=4_096)
def sustainability(social: tuple[str, ...], environmental: tuple[str, ...], innovative: bool) -> Goals:
    """`hasSustainability` and `sustainability` (extension).

    False only when both considerations say that there is none; unknown leaves it out (research/ocds.md §2.2).
    """
    goals: list[Sustainability] = []
    told: dict[str, tuple[Strategy, ...]] = {}
    considered: tuple[tuple[Goal, dict[str, Strategy], tuple[str, ...]], ...] = (
        ("social", codes.SOCIAL_STRATEGIES, social),
        ("environmental", codes.ENVIRONMENTAL_STRATEGIES, environmental),
    )
    for goal, table, found in considered:
        strategies = list(dict.fromkeys(s for label, s in table.items() if label in found))
        told[goal] = tuple(strategies)
        if strategies:
            goals.append(Sustainability(goal=goal, strategies=strategies))
    if innovative:
        goals.append(Sustainability(goal=codes.INNOVATION_GOAL))
    none = codes.NO_SOCIAL in social and codes.NO_ENVIRONMENTAL in environmental
    return Goals(
        has=True if goals else False if none else None,
        goals=goals or None,
        social=told["social"],
        environmental=told["environmental"],
    )


def contract_terms(contract: Contract) -> ContractTerms | None:
    """`contractTerms` (extension): price form, advance and CCAG as French text; the codes are in `decp`."""
    financial, other = _terms(
        contract.formePrix, labels(contract.typesPrix), contract.attributionAvance, contract.tauxAvance, contract.ccag
    )
    return ContractTerms(financialTerms=financial, otherTerms=other) if financial or other else None


@lru_cache(maxsize=16_384)
def _terms(
    form: str | None, types: tuple[str, ...], advance: bool | None, rate: float | None, ccag: str | None
) -> tuple[str | None, str | None]:
    parts = []
    if form:
        parts.append(f"Forme du prix : {form}.")
    if types:
        parts.append(f"Types de prix : {', '.join(types)}.")
    if advance is not None:
        known = advance and rate
        parts.append(f"Avance : {rate * 100:g} %." if known and rate else f"Avance : {'oui' if advance else 'non'}.")
    return " ".join(parts) or None, f"CCAG : {ccag}." if ccag else None


def related_processes(contract: Contract, prefix: str) -> list[RelatedProcess] | None:
    """`relatedProcesses`: the framework of a call-off, by the ocid its id and buyer give, in our data or not."""
    if not _linked(contract) or contract.idAccordCadre is None:
        return None
    ocid = ocid_of(prefix, contract.acheteur_id, contract.idAccordCadre)
    return [RelatedProcess(id="1", relationship=["framework"], scheme="ocid", identifier=ocid)]


def _linked(contract: Contract) -> bool:
    return bool(contract.idAccordCadre) and contract.idAccordCadre != contract.id


def decp_tender(
    contract: Contract, goals: Goals, ocid: str | None = None, buyer: DecpOperateur | None = None
) -> DecpTender:
    """`tender.decp` (local extension): what has no standard field."""
    where, offers = contract.lieuExecution, contract.offresRecues
    types = labels(contract.typesPrix)
    return DecpTender(
        kind=contract.kind,
        format=contract.format,
        nature=text(contract.nature),
        techniques=left.techniques_left(labels(contract.techniques), contract.nature) if contract.techniques else None,
        modalitesExecution=left.ways_left(labels(contract.modalitesExecution), _is_framework(contract))
        if contract.modalitesExecution
        else None,
        idAccordCadre=None if _linked(contract) else text(contract.idAccordCadre),
        considerationsSociales=left.social_left(labels(contract.considerationsSociales), contract.kind, goals.social)
        if contract.considerationsSociales
        else None,
        considerationsEnvironnementales=left.environmental_left(
            labels(contract.considerationsEnvironnementales), goals.environmental
        )
        if contract.considerationsEnvironnementales
        else None,
        marcheInnovant=contract.marcheInnovant,
        lieuExecution=_decp_lieu(where) if where is not None else None,
        ccag=text(contract.ccag),
        formePrix=text(contract.formePrix),
        typesPrix=list(types) if types else None,
        attributionAvance=contract.attributionAvance,
        tauxAvance=contract.tauxAvance,
        offresRecues=offers if offers is not None and offers < 0 else None,
        uid=contract.uid if ocid is not None and not gives_uid(ocid, contract.acheteur_id, contract.uid) else None,
        acheteur=buyer,
    )


def _is_framework(contract: Contract) -> bool:
    return contract.nature == codes.FRAMEWORK or bool(contract.techniques and codes.FRAMEWORK in contract.techniques)


def _decp_lieu(lieu: Lieu) -> DecpLieu | None:
    if _gazetteer(lieu) is not None or not (lieu.code or lieu.typeCode):
        return None
    return DecpLieu(code=text(lieu.code), typeCode=text(lieu.typeCode))
