"""The compiled release back to the fields of the record: procedure, terms, buyer, holders, dates, amounts.

What merging cannot remove is told apart: an award is one that counts when `awards_in_force` names it, a holder of the
extension has a `titulaire`, and `nonPublies` names the fields that a leftover of the standard must not give.
"""

from __future__ import annotations

import re

from procurement_assets.decp import codelists as lists
from procurement_assets.decp.model import Contract, Lieu, Operateur
from procurement_assets.ocds.extension.model import DecpContract, DecpOperateur, DecpTender, DecpTitulaire
from procurement_assets.ocds.mapping import codes
from procurement_assets.ocds.mapping.identity import ocid_parts, uid_of
from procurement_assets.ocds.mapping.parties import operator_of
from procurement_assets.ocds.model import Award, Item, Organization, OrganizationReference, Release, Tender
from procurement_assets.ocds.model import Contract as OcdsContract
from procurement_assets.ocds.values import Euros, Goal, Strategy

_TYPES = {scheme: kind for kind, scheme in codes.GAZETTEERS.items()}


class Known:
    """The parties of a process: id to the operator that each stands for."""

    def __init__(self, release: Release) -> None:
        self._parties: dict[str, Organization] = {p.id: p for p in release.parties}
        tender = release.tender
        self._format = tender.decp.format if tender is not None and tender.decp is not None else "2022"

    def operator(self, party_id: str) -> Operateur:
        """The operator as published."""
        return operator_of(self._parties[party_id], self._format)


def amount(value: Euros | None) -> float | None:
    """The number of a `Value`."""
    return None if value is None else value.amount


def day(moment: str | None) -> str | None:
    """The day of a date-time of Paris."""
    return None if moment is None else moment[:10]


def operator(found: DecpOperateur) -> Operateur:
    """An operator of the local extension."""
    return Operateur(typeIdentifiant=found.typeIdentifiant, id=found.id, denominationSociale=found.denominationSociale)


def titulaires(said: list[DecpTitulaire] | None) -> list[Operateur]:
    """The holders of a list of the local extension, in the published order."""
    return [operator(t.titulaire) for t in sorted(said or (), key=_rank) if t.titulaire is not None]


def _rank(holder: DecpTitulaire) -> int:
    return int(holder.id)


_ALIAS = re.compile(r"(.+)-correction-(\d+)\Z")


def awards_in_force(release: Release) -> list[Award]:
    """The awards that count, by number: up to that of the contract, each under the id of its last correction.

    An award that a correction replaced, or that the source withdrew, stays in the compiled release, cancelled.
    """
    latest: dict[str, tuple[int, Award]] = {}
    for award in release.awards or ():
        alias = _ALIAS.match(award.id)
        base, rank = (alias[1], int(alias[2])) if alias else (award.id, 0)
        if base not in latest or latest[base][0] < rank:
            latest[base] = (rank, award)
    signed = release.contracts[0].awardID if release.contracts else "1"
    alias = _ALIAS.match(signed)
    last = int(alias[1] if alias else signed)
    return [latest[str(n)][1] for n in range(1, last + 1) if str(n) in latest]


def operators(award: Award, parties: Known) -> list[Operateur]:
    """The holders of an award, as first published."""
    if award.decp is not None:
        if "titulaires" in (award.decp.nonPublies or ()):
            return []
        if said := titulaires(award.decp.titulaires):
            return said
    references: list[OrganizationReference] = award.suppliers or []
    return [parties.operator(r.id) for r in references]


def base(release: Release, parties: Known) -> Contract:
    """The record at the award."""
    tender = release.tender
    if tender is None or tender.decp is None:
        raise ValueError("a release without tender.decp was not made from DECP")
    decp = tender.decp
    buyer = operator(decp.acheteur) if decp.acheteur else parties.operator(release.buyer.id)
    siret = buyer.id or ""
    contract = Contract(
        kind=decp.kind,
        format=decp.format,
        uid=decp.uid or uid_of(release.ocid, siret),
        id=tender.id,
        acheteur_id=siret,
        acheteur_nom=buyer.denominationSociale,
    )
    _procedure(contract, release, tender, decp)
    _terms(contract, tender, decp)
    for award in awards_in_force(release)[:1]:
        _award(contract, award, parties)
    for signed in (release.contracts or [])[:1]:
        _signed(contract, signed)
    return contract


def _procedure(contract: Contract, release: Release, tender: Tender, decp: DecpTender) -> None:
    contract.nature = decp.nature
    contract.objet = tender.title
    contract.procedure = tender.procurementMethodDetails
    item = tender.items[0] if tender.items else None
    if item is not None:
        contract.codeCPV = item.classification.id if item.classification else None
    contract.lieuExecution = _lieu(item, decp)
    contract.techniques = _techniques(tender, decp)
    contract.modalitesExecution = _ways(tender, decp)
    related = release.relatedProcesses
    framework = related[0].identifier if related else None
    contract.idAccordCadre = decp.idAccordCadre or (ocid_parts(framework)[2] if framework else None)
    # Not `bids.statistics`, whose value merging cannot remove.
    offers = tender.numberOfTenderers
    contract.offresRecues = decp.offresRecues if offers is None else offers


def _terms(contract: Contract, tender: Tender, decp: DecpTender) -> None:
    order = lists.SOCIALES_CONCESSION if contract.kind == "concession" else lists.SOCIALES_MARCHE
    social = codes.labels_of(_strategies(tender, "social"), codes.social_labels(contract.kind))
    contract.considerationsSociales = codes.whole(decp.considerationsSociales, social, codes.SOCIAL_STRATEGIES, order)
    environmental = codes.labels_of(_strategies(tender, "environmental"), codes.ENVIRONMENTAL_STRATEGIES)
    contract.considerationsEnvironnementales = codes.whole(
        decp.considerationsEnvironnementales, environmental, codes.ENVIRONMENTAL_STRATEGIES, lists.ENVIRONNEMENTALES
    )
    contract.marcheInnovant = decp.marcheInnovant
    contract.ccag = decp.ccag
    contract.formePrix = decp.formePrix
    contract.typesPrix = decp.typesPrix
    contract.attributionAvance = decp.attributionAvance
    contract.tauxAvance = decp.tauxAvance


def _strategies(tender: Tender, goal: Goal) -> list[Strategy]:
    return [s for g in tender.sustainability or () if g.goal == goal for s in g.strategies or ()]


def _techniques(tender: Tender, decp: DecpTender) -> list[str] | None:
    said = tender.techniques
    if said is None:
        return decp.techniques
    catalogue = tender.submissionTerms is not None and tender.submissionTerms.electronicCatalogPolicy == "allowed"
    yes = {
        codes.FRAMEWORK: said.hasFrameworkAgreement,
        codes.DYNAMIC_PURCHASING: said.hasDynamicPurchasingSystem,
        codes.AUCTION: said.hasElectronicAuction,
        codes.CATALOGUE: catalogue,
    }
    homes = codes.technique_homes(decp.nature)
    found = codes.whole(decp.techniques, [label for label in homes if yes[label]], homes, lists.TECHNIQUES)
    # False, and no technique at all: `Sans objet` was published.
    return [codes.NOTHING] if found is None and said.hasDynamicPurchasingSystem is False else found


def _ways(tender: Tender, decp: DecpTender) -> list[str] | None:
    said = tender.techniques
    framework = said is not None and said.hasFrameworkAgreement is True
    agreement = said.frameworkAgreement if said is not None else None
    way = next((k for k, v in codes.FRAMEWORK_METHODS.items() if agreement is not None and v == agreement.method), None)
    told = [label for label, yes in zip((codes.ORDERS, codes.CALL_OFFS), way or (), strict=False) if yes]
    return codes.whole(decp.modalitesExecution, told, codes.way_homes(framework), lists.MODALITES_EXECUTION)


def _lieu(item: Item | None, decp: DecpTender) -> Lieu | None:
    address = item.deliveryAddresses[0] if item is not None and item.deliveryAddresses else None
    name = address.description if address is not None and not _withdrawn(decp, "lieuExecution.nom") else None
    location = item.deliveryLocations[0] if item is not None and item.deliveryLocations else None
    if location is not None and location.gazetteer is not None:
        gazetteer = location.gazetteer
        return Lieu(code=gazetteer.identifiers[0], typeCode=_TYPES[gazetteer.scheme], nom=name)
    published = decp.lieuExecution
    code, kind = (published.code, published.typeCode) if published is not None else (None, None)
    return Lieu(code=code, typeCode=kind, nom=name) if code or kind or name else None


def _withdrawn(decp: DecpTender, field: str) -> bool:
    return decp.nonPublies is not None and field in decp.nonPublies


def _award(contract: Contract, award: Award, parties: Known) -> None:
    contract.titulaires = operators(award, parties)
    contract.sousTraitanceDeclaree = award.hasSubcontracting
    if tells_subcontracting(award):
        contract.sousTraitanceDeclaree = award.decp.sousTraitanceDeclaree if award.decp is not None else None
    if award.decp is not None:
        contract.typeGroupementOperateurs = award.decp.typeGroupementOperateurs
        contract.origineUE = award.decp.origineUE
        contract.origineFrance = award.decp.origineFrance
    if contract.kind == "concession":
        contract.valeurGlobale = amount(award.value)
    else:
        contract.montant = amount(award.value)


def tells_subcontracting(award: Award) -> bool:
    """Whether acts of subcontracting were published on an award, or modifications of acts, and not withdrawn since."""
    said = (award.subcontracting.subcontracts if award.subcontracting else None) or ()
    return any(s.decp.rang is not None or any(m.rang for m in s.decp.modifications or ()) for s in said if s.decp)


def _signed(contract: Contract, signed: OcdsContract) -> None:
    decp = signed.decp or DecpContract()
    own = day(signed.dateSigned)
    if contract.kind == "concession":
        contract.dateNotification = decp.dateNotification
        contract.dateSignature = decp.dateSignature or own
    else:
        contract.dateNotification = decp.dateNotification or own
        contract.dateSignature = decp.dateSignature
    start = day(signed.period.startDate) if signed.period is not None else None
    contract.dateDebutExecution = decp.dateDebutExecution or (start if start != own else None)
    changed = any(a.decp is not None and a.decp.dureeMois is not None for a in signed.amendments or ())
    contract.dureeMois = decp.dureeMoisInitiale if changed else decp.dureeMois
    contract.datePublicationDonnees = decp.datePublicationDonnees
    grant = signed.finance[0] if signed.finance else None
    contract.montantSubventionPublique = amount(grant.value) if grant is not None else None
