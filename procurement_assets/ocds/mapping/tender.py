"""Section `tender`, and `bids` and `relatedProcesses` beside it: the procedure, its terms, its place."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from procurement_assets.decp.model import Contract, Lieu
from procurement_assets.ocds.countries import COUNTRIES
from procurement_assets.ocds.extension.model import DecpLieu, DecpOperateur, DecpTender
from procurement_assets.ocds.mapping import coded, codes
from procurement_assets.ocds.mapping.identity import gives_uid, ocid_of, ocid_parts
from procurement_assets.ocds.mapping.values import euros, text
from procurement_assets.ocds.model import (
    Address,
    Bids,
    Classification,
    FrameworkAgreement,
    Gazetteer,
    Item,
    Location,
    RelatedProcess,
    Statistic,
    SubmissionTerms,
    Techniques,
    Tender,
)
from procurement_assets.ocds.values import GazetteerScheme, Method

_COUNTRIES = frozenset(COUNTRIES)
_CATALOGUE = SubmissionTerms(electronicCatalogPolicy="allowed")


def tender(contract: Contract, ocid: str, buyer: DecpOperateur | None, related: str | None) -> Tender:
    """`tender`: always complete, since DECP publishes awarded contracts.

    `buyer`: as published, where its party does not tell it. `related`: the ocid of its framework.
    """
    # Each coded list is looked up once, here, for the standard fields and for the extension.
    considered = coded.considerations(
        tuple(contract.considerationsSociales or ()),
        tuple(contract.considerationsEnvironnementales or ()),
        contract.marcheInnovant is True,
        contract.kind,
    )
    listed = coded.techniques(tuple(contract.techniques or ()), contract.nature)
    ways = coded.ways(tuple(contract.modalitesExecution or ()), listed.framework)
    terms = coded.terms(
        contract.formePrix,
        tuple(contract.typesPrix or ()),
        contract.attributionAvance,
        contract.tauxAvance,
        contract.ccag,
    )
    where = contract.lieuExecution
    place = NOWHERE if where is None else _place(where)
    title = text(contract.objet)
    return Tender(
        id=contract.id,
        title=title,
        status="complete",
        items=items(title, contract.codeCPV, place),
        procurementMethod=method(contract),
        procurementMethodDetails=text(contract.procedure),
        mainProcurementCategory=codes.category(contract.codeCPV, contract.nature),
        numberOfTenderers=_offers(contract),
        legalBasis=legal_basis(contract.nature),
        techniques=techniques(contract, listed, ways),
        submissionTerms=_CATALOGUE if listed.catalogue else None,
        hasSustainability=considered.has,
        sustainability=considered.goals,
        contractTerms=terms.said,
        decp=DecpTender(
            kind=contract.kind,
            format=contract.format,
            nature=text(contract.nature),
            techniques=listed.left,
            modalitesExecution=ways.left,
            idAccordCadre=_unlinked(contract, related) if contract.idAccordCadre else None,
            considerationsSociales=considered.social_left,
            considerationsEnvironnementales=considered.environmental_left,
            marcheInnovant=contract.marcheInnovant,
            lieuExecution=place.decp,
            ccag=text(contract.ccag),
            formePrix=text(contract.formePrix),
            typesPrix=terms.types,
            attributionAvance=contract.attributionAvance,
            tauxAvance=contract.tauxAvance,
            offresRecues=_odd_offers(contract),
            uid=None if gives_uid(ocid, contract.acheteur_id, contract.uid) else contract.uid,
            acheteur=buyer,
        ),
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


def _odd_offers(contract: Contract) -> int | None:
    """A number of offers that cannot be one, for the local extension."""
    offers = contract.offresRecues
    return offers if offers is not None and offers < 0 else None


def bids(contract: Contract) -> Bids | None:
    """`bids.statistics`: `offresRecues` is exactly the number of bids (`tender.numberOfTenderers` approximates)."""
    offers = _offers(contract)
    return None if offers is None else Bids(statistics=[Statistic(id="bids", measure="bids", value=offers)])


class Place(NamedTuple):
    """A place of execution: in the standard fields, and what they do not tell of it."""

    locations: list[Location] | None = None
    addresses: list[Address] | None = None
    decp: DecpLieu | None = None


NOWHERE = Place()


def items(title: str | None, cpv: str | None, place: Place = NOWHERE) -> list[Item] | None:
    """One item: the object of the contract, its CPV code, and for the tender its place of execution."""
    if not cpv and place.locations is None and place.addresses is None:
        return None
    return [
        Item(
            id="1",
            description=title,
            classification=_cpv(cpv),
            deliveryLocations=place.locations,
            deliveryAddresses=place.addresses,
        )
    ]


@lru_cache(maxsize=16_384)
def _cpv(code: str | None) -> Classification | None:
    return Classification(scheme="CPV", id=code) if code else None


@lru_cache(maxsize=65_536)
def _place(lieu: Lieu) -> Place:
    """`deliveryLocations` and `deliveryAddresses` (extension location)."""
    scheme = _gazetteer(lieu)
    return Place(_locations(lieu, scheme), _addresses(lieu, scheme), _decp_lieu(lieu, scheme))


def _locations(lieu: Lieu, scheme: GazetteerScheme | None) -> list[Location] | None:
    """The code in its gazetteer."""
    if scheme is None or lieu.code is None:
        return None
    return [
        Location(
            description=f"{lieu.typeCode} {lieu.code}", gazetteer=Gazetteer(scheme=scheme, identifiers=[lieu.code])
        )
    ]


def _addresses(lieu: Lieu, scheme: GazetteerScheme | None) -> list[Address] | None:
    """The published name, the code where there is a field for it."""
    name = text(lieu.nom)
    postal = lieu.code if scheme == "FR-LAPOSTE-CP" else None
    country = lieu.code if scheme == "ISO2" else None
    return [Address(description=name, postalCode=postal, country=country)] if name or postal or country else None


def _decp_lieu(lieu: Lieu, scheme: GazetteerScheme | None) -> DecpLieu | None:
    """A code without a gazetteer, for the local extension."""
    if scheme is not None or not (lieu.code or lieu.typeCode):
        return None
    return DecpLieu(code=text(lieu.code), typeCode=text(lieu.typeCode))


def _gazetteer(lieu: Lieu) -> GazetteerScheme | None:
    scheme = codes.GAZETTEERS.get(lieu.typeCode or "") if lieu.code else None
    return None if scheme == "ISO2" and lieu.code not in _COUNTRIES else scheme


def techniques(contract: Contract, listed: coded.Techniques, ways: coded.Ways) -> Techniques | None:
    """`techniques` (extension). The amount of a framework is its maximum or an estimate: it is repeated in
    `frameworkAgreement.value` so that statistics can set it apart."""
    if not listed.framework:
        return None if listed.dynamic is None else _without_framework(listed.dynamic, listed.auction)
    amount = euros(contract.amount)
    agreement = None
    if amount is not None or ways.method is not None:
        agreement = FrameworkAgreement(method=ways.method, value=amount)
    return Techniques(
        hasFrameworkAgreement=True,
        frameworkAgreement=agreement,
        hasDynamicPurchasingSystem=listed.dynamic,
        hasElectronicAuction=listed.auction,
    )


@lru_cache(maxsize=8)
def _without_framework(dynamic: bool | None, auction: bool | None) -> Techniques:
    return Techniques(hasFrameworkAgreement=False, hasDynamicPurchasingSystem=dynamic, hasElectronicAuction=auction)


def framework(contract: Contract, prefix: str, ocid: str, links: Mapping[str, str]) -> str | None:
    """The ocid of the framework of a call-off: the one it is published under (`links`), else the one that its id and
    buyer give, in our data or not. None for a contract that names itself."""
    number = contract.idAccordCadre
    if not number or number == contract.id:
        return None
    found = links.get(contract.acheteur_id + number) or ocid_of(prefix, contract.acheteur_id, number)
    return None if found == ocid else found


def related_processes(ocid: str | None) -> list[RelatedProcess] | None:
    """`relatedProcesses`: the framework of a call-off."""
    if ocid is None:
        return None
    return [RelatedProcess(id="1", relationship=["framework"], scheme="ocid", identifier=ocid)]


def _unlinked(contract: Contract, related: str | None) -> str | None:
    """`idAccordCadre`, for the local extension, where the ocid of the framework does not tell it."""
    told = related is not None and ocid_parts(related)[2] == contract.idAccordCadre
    return None if told else text(contract.idAccordCadre)
