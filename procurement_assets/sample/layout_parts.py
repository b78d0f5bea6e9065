"""Parts of documents that several layouts share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from procurement_assets.decp.raw import RawOperateur, RawRecord

Doc = dict[str, Any]


def put(doc: Doc, record: RawRecord, names: Sequence[str]) -> None:
    """The named fields that are not empty."""
    for name in names:
        value = getattr(record, name)
        if value is not None:
            doc[name] = value


def items(structs: Sequence[Any] | None) -> list[Doc]:
    """Structures as dictionaries, without their empty fields."""
    return [fields(s) for s in structs or ()]


def fields(struct: Any) -> Doc:
    return {name: v for name in struct.__struct_fields__ if (v := getattr(struct, name)) is not None}


def holders(operators: Sequence[RawOperateur] | None) -> list[Doc]:
    """Holders or subcontractors."""
    found = []
    for h in operators or ():
        doc: Doc = {}
        if h.typeIdentifiant is not None:
            doc["typeIdentifiant"] = h.typeIdentifiant
        if h.id is not None:
            doc["id"] = h.id
        if h.denominationSociale is not None:
            doc["denominationSociale"] = h.denominationSociale
        found.append(doc)
    return found


def wrapped(wrapper: str, docs: Sequence[Doc]) -> list[Doc]:
    """Each in an object of one key."""
    return [{wrapper: doc} for doc in docs]


CONCESSION = (
    "nature",
    "objet",
    "procedure",
    "dureeMois",
    "dateSignature",
    "datePublicationDonnees",
    "dateDebutExecution",
    "valeurGlobale",
    "montantSubventionPublique",
)


def modification(change: Any, nested: bool) -> Doc:
    """One modification."""
    doc = fields(change)
    if "titulaires" in doc:
        after = holders(change.titulaires)
        doc["titulaires"] = wrapped("titulaire", after) if nested else after
    return doc


def act(deed: Any) -> Doc:
    """One act of subcontracting."""
    doc = fields(deed)
    if deed.sousTraitant is not None:
        doc["sousTraitant"] = holders([deed.sousTraitant])[0]
    return doc


def year(execution: Any, nested: bool) -> Doc:
    """One year of execution."""
    doc = fields(execution)
    if "tarifs" in doc:
        doc["tarifs"] = wrapped("tarif", items(execution.tarifs)) if nested else items(execution.tarifs)
    return doc


def type_label(record: RawRecord) -> str:
    """`_type` of format 2019."""
    return "Marché" if record.kind == "marche" else "Contrat de concession"
