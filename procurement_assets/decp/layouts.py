"""From the typed structures of a layout, flat or nested, to the canonical record (`strict.py` decodes them).

Only top-level fields that the platforms are known to add (`source`, `uuid`, `_type`, `$schema`) are let through, to
`extras`.
"""

from __future__ import annotations

from typing import NamedTuple

from procurement_assets.decp.classify import Shape, classify
from procurement_assets.decp.layout_types import (
    Common,
    Flat,
    FlatModificationActe,
    Nested,
    NestedAnnuelles,
    NestedModification,
    Value,
)
from procurement_assets.decp.raw import (
    Layout,
    Note,
    RawActe,
    RawExecution,
    RawModification,
    RawModificationActe,
    RawOperateur,
    RawRecord,
    Scalar,
)
from procurement_assets.decp.split import Holder

_NO_OPERATEUR, _NO_MODIFICATION, _NO_EXECUTION = RawOperateur(), RawModification(), RawExecution()
_NO_ACTE, _NO_MODIFICATION_ACTE = RawActe(), RawModificationActe()


class Canonical(NamedTuple):
    """A strictly decoded record made canonical."""

    record: RawRecord
    layout: Layout
    note: Note | None


def from_flat(flat: Flat, holder: Holder | None) -> Canonical | None:
    """The canonical record of a flat one."""
    dotted_marche = flat.acheteur_id is not None or flat.acheteur_nom is not None
    dotted_concession = flat.autorite_id is not None or flat.autorite_nom is not None
    shape = Shape(
        holder=holder,
        dotted=dotted_marche or dotted_concession,
        marche_fields=flat.acheteur is not None or dotted_marche or bool(flat.titulaires),
        concession_fields=flat.autoriteConcedante is not None or dotted_concession or bool(flat.concessionnaires),
    )
    both = shape.dotted and (flat.acheteur is not None or flat.autoriteConcedante is not None)
    if both or (shape.marche_fields and shape.concession_fields):
        return None  # two parties where one is expected: the tolerant reader keeps both
    record = _common(flat)
    if dotted_marche:
        record.acheteur_id, record.acheteur_nom = flat.acheteur_id, flat.acheteur_nom
    elif dotted_concession:
        record.acheteur_id, record.acheteur_nom = flat.autorite_id, flat.autorite_nom
    record.titulaires = flat.concessionnaires or flat.titulaires
    if record.titulaires is None:
        record.titulaires = flat.concessionnaires
    record.modifications = flat.modifications
    record.donneesExecution = flat.donneesExecution
    record.techniques = _items(flat.technique)
    record.modalitesExecution = _items(flat.modaliteExecution)
    record.typesPrix = _items(flat.typePrix)
    record.considerationsSociales = _items(flat.considerationsSociales)
    record.considerationsEnvironnementales = _items(flat.considerationsEnvironnementales)
    record.actesSousTraitance = flat.actesSousTraitance
    if flat.modificationsActesSousTraitance is not None:
        record.modificationsActesSousTraitance = [_flat_acte(acte) for acte in flat.modificationsActesSousTraitance]
    return _finish(record, shape)


def from_nested(nested: Nested, holder: Holder | None) -> Canonical | None:
    """The canonical record of a nested one."""
    shape = Shape(
        holder=holder,
        marche_fields=nested.acheteur is not None or bool(nested.titulaires),
        concession_fields=nested.autoriteConcedante is not None or bool(nested.concessionnaires),
    )
    if shape.marche_fields and shape.concession_fields:
        return None
    record = _common(nested)
    if nested.concessionnaires:
        record.titulaires = [holder_.concessionnaire for holder_ in nested.concessionnaires]
    elif nested.titulaires is not None:
        record.titulaires = [holder_.titulaire for holder_ in nested.titulaires]
    elif nested.concessionnaires is not None:
        record.titulaires = []
    if nested.modifications is not None:
        record.modifications = [_modification(item.modification) for item in nested.modifications]
    if nested.donneesExecution is not None:
        record.donneesExecution = [_execution(item.donneesAnnuelles) for item in nested.donneesExecution]
    if nested.techniques is not None:
        record.techniques = _items(nested.techniques.technique)
    if nested.modalitesExecution is not None:
        record.modalitesExecution = _items(nested.modalitesExecution.modaliteExecution)
    if nested.typesPrix is not None:
        record.typesPrix = _items(nested.typesPrix.typePrix)
    if nested.considerationsSociales is not None:
        record.considerationsSociales = _items(nested.considerationsSociales.considerationSociale)
    if nested.considerationsEnvironnementales is not None:
        record.considerationsEnvironnementales = _items(
            nested.considerationsEnvironnementales.considerationEnvironnementale
        )
    if nested.actesSousTraitance is not None:
        record.actesSousTraitance = [item.acteSousTraitance for item in nested.actesSousTraitance]
    if nested.modificationsActesSousTraitance is not None:
        record.modificationsActesSousTraitance = [
            item.modificationActeSousTraitance for item in nested.modificationsActesSousTraitance
        ]
    # Empty lists look the same with and without wrappers: they show nothing.
    shape.wrapped = bool(
        record.titulaires
        or record.techniques is not None
        or record.considerationsSociales is not None
        or record.considerationsEnvironnementales is not None
        or record.modalitesExecution is not None
        or record.typesPrix is not None
        or record.modifications
        or record.actesSousTraitance
        or record.modificationsActesSousTraitance
        or record.donneesExecution
    )
    return _finish(record, shape)


def _items(values: list[Value] | None) -> list[Scalar] | None:
    """The same list: only its type is wider."""
    return values  # type: ignore[return-value]


def _common(source: Common) -> RawRecord:
    party = source.acheteur or source.autoriteConcedante
    extras: dict[str, object] = {}
    if source.source is not None:
        extras["source"] = source.source
    if source.uuid is not None:
        extras["uuid"] = source.uuid
    if source.type_ is not None:
        extras["_type"] = source.type_
    if source.schema_ is not None:
        extras["$schema"] = source.schema_
    return RawRecord(
        kind="marche",
        format="2019",
        id=source.id,
        uid=source.uid,
        acheteur_id=party.id if party else None,
        acheteur_nom=party.nom if party else None,
        nature=source.nature,
        objet=source.objet,
        codeCPV=source.codeCPV,
        procedure=source.procedure,
        idAccordCadre=source.idAccordCadre,
        lieuExecution=source.lieuExecution,
        dureeMois=source.dureeMois,
        dateNotification=source.dateNotification,
        dateSignature=source.dateSignature,
        dateDebutExecution=source.dateDebutExecution,
        datePublicationDonnees=source.datePublicationDonnees,
        montant=source.montant,
        valeurGlobale=source.valeurGlobale,
        montantSubventionPublique=source.montantSubventionPublique,
        formePrix=source.formePrix,
        attributionAvance=source.attributionAvance,
        tauxAvance=source.tauxAvance,
        offresRecues=source.offresRecues,
        marcheInnovant=source.marcheInnovant,
        ccag=source.ccag,
        sousTraitanceDeclaree=source.sousTraitanceDeclaree,
        typeGroupementOperateurs=source.typeGroupementOperateurs,
        origineUE=source.origineUE,
        origineFrance=source.origineFrance,
        extras=extras or None,
    )


def _finish(record: RawRecord, shape: Shape) -> Canonical | None:
    if record.id is None and record.objet is None and not (shape.marche_fields or shape.concession_fields):
        return None  # perhaps no contract at all: the tolerant reader says which
    if _has_empty_item(record):
        return None
    layout, note = classify(record, shape)
    return Canonical(record, layout, note)


def _has_empty_item(record: RawRecord) -> bool:
    """True if a list holds `{}`: no holder, no modification, and the tolerant reader says so."""
    # Each list is asked for its own structure: `in` compares item by item, and stops at once where there is none.
    return (
        (record.titulaires is not None and _NO_OPERATEUR in record.titulaires)
        or (record.modifications is not None and _NO_MODIFICATION in record.modifications)
        or (record.actesSousTraitance is not None and _NO_ACTE in record.actesSousTraitance)
        or (
            record.modificationsActesSousTraitance is not None
            and _NO_MODIFICATION_ACTE in record.modificationsActesSousTraitance
        )
        or (record.donneesExecution is not None and _NO_EXECUTION in record.donneesExecution)
    )


def _flat_acte(acte: FlatModificationActe) -> RawModificationActe:
    notified, published = acte.dateNotificationModificationSousTraitance, acte.datePublicationDonnees
    return RawModificationActe(
        id=acte.id,
        dateNotificationModificationSousTraitance=(
            acte.dateNotificationModificationActeSousTraitance if notified is None else notified
        ),
        datePublicationDonnees=(
            acte.datePublicationDonneesModificationActeSousTraitance if published is None else published
        ),
        dureeMois=acte.dureeMois,
        montant=acte.montant,
    )


def _modification(item: NestedModification) -> RawModification:
    return RawModification(
        id=item.id,
        objetModification=item.objetModification,
        dateNotificationModification=item.dateNotificationModification,
        dateSignatureModification=item.dateSignatureModification,
        datePublicationDonneesModification=item.datePublicationDonneesModification,
        dureeMois=item.dureeMois,
        montant=item.montant,
        valeurGlobale=item.valeurGlobale,
        titulaires=None if item.titulaires is None else [holder.titulaire for holder in item.titulaires],
    )


def _execution(item: NestedAnnuelles) -> RawExecution:
    return RawExecution(
        datePublicationDonneesExecution=item.datePublicationDonneesExecution,
        depensesInvestissement=item.depensesInvestissement,
        tarifs=None if item.tarifs is None else [tarif.tarif for tarif in item.tarifs],
    )
