"""From a record as read to a normalised one: the cleaning rules applied field by field (`decp.rules`).

`clean` never drops a field silently: what a rule changes is in the repairs, what no rule can read
stays as published. Only a record without a buyer or without an id has no identity (`refusal`): it goes to quarantine.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from procurement_assets.decp import codelists as lists
from procurement_assets.decp.clean_values import Cleaner, is_not_communicated
from procurement_assets.decp.identifiers import is_siret
from procurement_assets.decp.model import (
    Acte,
    Contract,
    Execution,
    Lieu,
    Modification,
    ModificationActe,
    Operateur,
    Tarif,
)
from procurement_assets.decp.raw import (
    RawActe,
    RawExecution,
    RawLieu,
    RawModification,
    RawModificationActe,
    RawOperateur,
    RawRecord,
)
from procurement_assets.decp.rules import Repair
from procurement_assets.decp.versions import once, order_changes, order_modifications


class Cleaned(msgspec.Struct, frozen=True):
    """A normalised record and what was changed to make it."""

    contract: Contract
    repairs: tuple[Repair, ...]


class Refused(msgspec.Struct, frozen=True):
    """A record that has no identity: `record.no-buyer` or `record.no-id`."""

    reason: str
    detail: str


def refusal(raw: RawRecord) -> Refused | None:
    """Why a record has no identity; None where it has one. The parse stage quarantines it with its bytes."""
    c = Cleaner()
    acheteur, identifier = _identity(c, raw)
    if acheteur is None:
        name = c.text("acheteur.nom", raw.acheteur_nom)
        said = f"ne donne pas le SIRET de son acheteur (« {name} »)" if name else "ne nomme pas son acheteur"
        return Refused("record.no-buyer", f"l'enregistrement {said}")
    if identifier is None:
        return Refused("record.no-id", f"l'enregistrement de l'acheteur {acheteur} n'a pas d'identifiant")
    return None


def clean(raw: RawRecord, zero_is_unknown: frozenset[str] = frozenset()) -> Cleaned:
    """The normalised record.

    `zero_is_unknown`: fields whose value 0 means "unknown" in the record's source. Raises ValueError where the record
    has no identity (`refusal`): such a record is quarantined before it comes here.
    """
    c = Cleaner(zero_is_unknown)
    acheteur, identifier = _identity(c, raw)
    if acheteur is None or identifier is None:
        raise ValueError("a record without buyer or id cannot be cleaned: see refusal()")
    contract = _concession(c, raw) if raw.kind == "concession" else _marche(c, raw)
    for name in ("actesSousTraitance", "modificationsActesSousTraitance", "donneesExecution"):
        entries = getattr(contract, name)
        if len(kept := once(entries)) < len(entries):  # their amounts would count twice
            c.note(name, "entry.duplicate", len(entries), len(kept))
            setattr(contract, name, kept)
    contract.id, contract.acheteur_id = identifier, acheteur
    contract.uid = acheteur + identifier
    return Cleaned(contract, tuple(c.repairs))


def _identity(c: Cleaner, raw: RawRecord) -> tuple[str | None, str | None]:
    """The buyer and the id; a mark of absence (NC) is neither."""
    acheteur = c.siret("acheteur.id", raw.acheteur_id)
    if acheteur is not None and is_not_communicated(acheteur):
        acheteur = None
    return acheteur, c.coded("id", raw.id)


def _common(c: Cleaner, raw: RawRecord) -> Contract:
    """What marchés and concessions share."""
    return Contract(
        kind=raw.kind,
        format=raw.format,
        uid="",
        id="",
        acheteur_id="",
        acheteur_nom=c.text("acheteur.nom", raw.acheteur_nom),
        objet=c.text("objet", raw.objet),
        lieuExecution=_lieu(c, raw.lieuExecution),
        dureeMois=c.whole("dureeMois", raw.dureeMois),
        datePublicationDonnees=c.date("datePublicationDonnees", raw.datePublicationDonnees),
        considerationsEnvironnementales=c.labels(
            "considerationsEnvironnementales", raw.considerationsEnvironnementales, lists.ENVIRONNEMENTALES
        ),
        titulaires=_operateurs(c, "titulaires", raw.titulaires),
        modifications=_modifications(c, raw),
    )


def _marche(c: Cleaner, raw: RawRecord) -> Contract:
    contract = _common(c, raw)
    contract.nature = c.label("nature", raw.nature, lists.NATURE_MARCHE)
    contract.procedure = c.label("procedure", raw.procedure, lists.PROCEDURE_MARCHE)
    contract.codeCPV = c.cpv("codeCPV", raw.codeCPV)
    contract.techniques = c.labels("techniques", raw.techniques, lists.TECHNIQUES)
    contract.modalitesExecution = c.labels("modalitesExecution", raw.modalitesExecution, lists.MODALITES_EXECUTION)
    contract.idAccordCadre = c.coded("idAccordCadre", raw.idAccordCadre)
    contract.dateNotification = c.date("dateNotification", raw.dateNotification or raw.dateSignature)
    contract.montant = c.number("montant", raw.montant if raw.montant is not None else raw.valeurGlobale)
    forme = lists.FORME_PRIX_2019 if raw.format == "2019" else lists.FORME_PRIX_2022
    contract.formePrix = c.label("formePrix", raw.formePrix, forme)
    contract.typesPrix = c.labels("typesPrix", raw.typesPrix, lists.TYPES_PRIX)
    contract.attributionAvance = c.boolean("attributionAvance", raw.attributionAvance)
    contract.tauxAvance = c.number("tauxAvance", raw.tauxAvance)
    contract.offresRecues = c.whole("offresRecues", raw.offresRecues)
    contract.marcheInnovant = c.boolean("marcheInnovant", raw.marcheInnovant)
    contract.ccag = c.label("ccag", raw.ccag, lists.CCAG)
    contract.sousTraitanceDeclaree = c.boolean("sousTraitanceDeclaree", raw.sousTraitanceDeclaree)
    contract.typeGroupementOperateurs = c.label(
        "typeGroupementOperateurs", raw.typeGroupementOperateurs, lists.GROUPEMENT
    )
    contract.origineUE = c.number("origineUE", raw.origineUE)
    contract.origineFrance = c.number("origineFrance", raw.origineFrance)
    contract.considerationsSociales = c.labels(
        "considerationsSociales", raw.considerationsSociales, lists.SOCIALES_MARCHE
    )
    contract.actesSousTraitance = [_acte(c, i, a) for i, a in enumerate(raw.actesSousTraitance or ())]
    changes = [_modification_acte(c, i, m) for i, m in enumerate(raw.modificationsActesSousTraitance or ())]
    contract.modificationsActesSousTraitance = order_changes(changes)
    return contract


def _concession(c: Cleaner, raw: RawRecord) -> Contract:
    contract = _common(c, raw)
    contract.nature = c.label("nature", raw.nature, lists.NATURE_CONCESSION)
    contract.procedure = c.label("procedure", raw.procedure, lists.PROCEDURE_CONCESSION)
    contract.codeCPV = c.cpv("codeCPV", raw.codeCPV)
    contract.dateSignature = c.date("dateSignature", raw.dateSignature or raw.dateNotification)
    contract.dateDebutExecution = c.date("dateDebutExecution", raw.dateDebutExecution)
    value = raw.valeurGlobale if raw.valeurGlobale is not None else raw.montant
    contract.valeurGlobale = c.number("valeurGlobale", value)
    contract.montantSubventionPublique = c.number("montantSubventionPublique", raw.montantSubventionPublique)
    contract.considerationsSociales = c.labels(
        "considerationsSociales", raw.considerationsSociales, lists.SOCIALES_CONCESSION
    )
    contract.donneesExecution = [_execution(c, i, e) for i, e in enumerate(raw.donneesExecution or ())]
    return contract


def _lieu(c: Cleaner, raw: RawLieu | None) -> Lieu | None:
    if raw is None:
        return None
    lieu = Lieu(
        code=c.coded("lieuExecution.code", raw.code),
        typeCode=c.label("lieuExecution.typeCode", raw.typeCode, lists.TYPE_CODE_LIEU),
        nom=c.text("lieuExecution.nom", raw.nom),
    )
    return None if lieu == Lieu() else lieu


def _operateur(c: Cleaner, path: str, raw: RawOperateur) -> Operateur:
    kind = c.label(f"{path}.typeIdentifiant", raw.typeIdentifiant, lists.TYPE_IDENTIFIANT)
    identifier = c.siret(f"{path}.id", raw.id) if kind in (None, "SIRET") else c.text(f"{path}.id", raw.id)
    if kind is None and identifier is not None and is_not_communicated(identifier):
        c.note(f"{path}.id", "null.nc", raw.id, None)
        identifier = None
    if kind is None and identifier is not None and is_siret(identifier):
        kind = "SIRET"
        c.note(f"{path}.typeIdentifiant", "id.type-deduced", raw.typeIdentifiant, kind)
    return Operateur(
        typeIdentifiant=kind,
        id=identifier,
        denominationSociale=c.text(f"{path}.denominationSociale", raw.denominationSociale),
    )


def _operateurs(c: Cleaner, path: str, raws: Iterable[RawOperateur] | None) -> list[Operateur]:
    """The holders in the published order, empty ones and repetitions removed."""
    result: list[Operateur] = []
    for i, raw in enumerate(raws or ()):
        found = _operateur(c, f"{path}[{i}]", raw)
        if found.id is None and found.denominationSociale is None:
            c.note(f"{path}[{i}]", "holder.empty", found.typeIdentifiant, None)
        elif any(_same(found, other) for other in result):
            c.note(f"{path}[{i}]", "holder.duplicate", found.id or found.denominationSociale, None)
        else:
            result.append(found)
    return result


def _same(a: Operateur, b: Operateur) -> bool:
    if a.id is None or b.id is None:
        return a == b
    return (a.typeIdentifiant, a.id) == (b.typeIdentifiant, b.id)


def _modifications(c: Cleaner, raw: RawRecord) -> list[Modification]:
    found = []
    for i, m in enumerate(raw.modifications or ()):
        modification = _modification(c, f"modifications[{i}]", m, raw.kind == "concession")
        if modification == Modification():
            c.note(f"modifications[{i}]", "modification.empty", None, None)
        else:
            found.append(modification)
    ordered = order_modifications(found)
    if len(ordered) < len(found):
        c.note("modifications", "modification.duplicate", len(found), len(ordered))
    return ordered


def _modification(c: Cleaner, path: str, raw: RawModification, concession: bool) -> Modification:
    """Under the names of its own family: platforms mix them (format-commande-publique#51)."""
    notified, signed = raw.dateNotificationModification, raw.dateSignatureModification
    montant, valeur = raw.montant, raw.valeurGlobale
    common = Modification(
        id=c.whole(f"{path}.id", raw.id),
        objetModification=c.text(f"{path}.objetModification", raw.objetModification),
        datePublicationDonneesModification=c.date(
            f"{path}.datePublicationDonneesModification", raw.datePublicationDonneesModification
        ),
        dureeMois=c.whole(f"{path}.dureeMois", raw.dureeMois),
        titulaires=_operateurs(c, f"{path}.titulaires", raw.titulaires) or None,
    )
    if concession:
        common.dateSignatureModification = c.date(f"{path}.dateSignatureModification", signed or notified)
        common.valeurGlobale = c.number(f"{path}.valeurGlobale", montant if valeur is None else valeur)
        if valeur is None and montant is not None:
            c.note(f"{path}.montant", "modification.amount-name", montant, None)
        return common
    common.dateNotificationModification = c.date(f"{path}.dateNotificationModification", notified or signed)
    if not notified and signed:
        c.note(f"{path}.dateSignatureModification", "modification.signature-date", signed, None)
    common.montant = c.number(f"{path}.montant", valeur if montant is None else montant)
    if montant is None and valeur is not None:
        c.note(f"{path}.valeurGlobale", "modification.amount-name", valeur, None)
    return common


def _acte(c: Cleaner, i: int, raw: RawActe) -> Acte:
    path = f"actesSousTraitance[{i}]"
    return Acte(
        id=c.whole(f"{path}.id", raw.id),
        sousTraitant=_operateur(c, f"{path}.sousTraitant", raw.sousTraitant) if raw.sousTraitant else None,
        dureeMois=c.whole(f"{path}.dureeMois", raw.dureeMois),
        dateNotification=c.date(f"{path}.dateNotification", raw.dateNotification),
        datePublicationDonnees=c.date(f"{path}.datePublicationDonnees", raw.datePublicationDonnees),
        montant=c.number(f"{path}.montant", raw.montant),
        variationPrix=c.label(f"{path}.variationPrix", raw.variationPrix, lists.VARIATION_PRIX),
    )


def _modification_acte(c: Cleaner, i: int, raw: RawModificationActe) -> ModificationActe:
    path = f"modificationsActesSousTraitance[{i}]"
    return ModificationActe(
        id=c.whole(f"{path}.id", raw.id),
        dateNotificationModificationSousTraitance=c.date(
            f"{path}.dateNotificationModificationSousTraitance", raw.dateNotificationModificationSousTraitance
        ),
        datePublicationDonnees=c.date(f"{path}.datePublicationDonnees", raw.datePublicationDonnees),
        dureeMois=c.whole(f"{path}.dureeMois", raw.dureeMois),
        montant=c.number(f"{path}.montant", raw.montant),
    )


def _execution(c: Cleaner, i: int, raw: RawExecution) -> Execution:
    path = f"donneesExecution[{i}]"
    return Execution(
        datePublicationDonneesExecution=c.date(
            f"{path}.datePublicationDonneesExecution", raw.datePublicationDonneesExecution
        ),
        depensesInvestissement=c.number(f"{path}.depensesInvestissement", raw.depensesInvestissement),
        tarifs=[
            Tarif(
                intituleTarif=c.text(f"{path}.tarifs[{j}].intituleTarif", t.intituleTarif),
                tarif=c.number(f"{path}.tarifs[{j}].tarif", t.tarif),
            )
            for j, t in enumerate(raw.tarifs or ())
        ],
    )
