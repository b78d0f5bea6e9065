"""Which kind of contract a record is, under which legal format, in which layout: told from its content alone.

The same functions serve the strict and the tolerant readers, so the way a record was decoded changes nothing here
(research/decp.md §1.1, §1.4).
"""

from __future__ import annotations

import msgspec

from procurement_assets.decp.raw import Format, Kind, Layout, Note, RawRecord
from procurement_assets.decp.split import Holder


class Shape(msgspec.Struct):
    """What the structure of a record showed, beside its values."""

    holder: Holder | None = None
    wrapped: bool = False
    """Some list of the record uses the wrappers of format 2022 (`titulaires[].titulaire`, `techniques.technique`)."""
    dotted: bool = False
    """The buyer is written with a dotted key (`acheteur.id`), as in the State's consolidation of 2019."""
    marche_fields: bool = False
    """`acheteur` or `titulaires` is there."""
    concession_fields: bool = False
    """`autoriteConcedante` or `concessionnaires` is there."""
    xml: bool = False


_TYPES: dict[str, Kind] = {
    "marché": "marche",
    "marche": "marche",
    "marché défense et sécurité": "marche",  # 1.0.0 to 1.1.5
    "contrat de concession": "concession",
    "contrat-concession": "concession",
    "concession": "concession",
}
_CONCESSION_NATURES = ("concession", "délégation", "delegation")


def kind_of(record: RawRecord, shape: Shape) -> tuple[Kind, Note | None]:
    """The parties decide where they are unambiguous, then the list, `_type`, the nature and the dates."""
    extras = record.extras
    declared = extras.get("_type") if extras else None
    by_type = _TYPES.get(declared.strip().lower()) if isinstance(declared, str) else None
    by_list: Kind | None = shape.holder if shape.holder == "marche" or shape.holder == "concession" else None
    by_fields: Kind | None = None
    if shape.concession_fields != shape.marche_fields:
        by_fields = "concession" if shape.concession_fields else "marche"
    kind = by_fields or by_list or by_type or _kind_by_values(record)
    for other, where in ((by_list, f"liste {shape.holder}"), (by_type, f"_type {declared}")):
        if other is not None and other != kind:
            return kind, Note(rule="read.kind-conflict", detail=where)
    return kind, None


def _kind_by_values(record: RawRecord) -> Kind:
    nature = record.nature
    if isinstance(nature, str) and nature.strip().lower().startswith(_CONCESSION_NATURES):
        return "concession"
    signed = record.dateSignature is not None or record.valeurGlobale is not None
    return "concession" if signed and record.dateNotification is None and record.montant is None else "marche"


def format_of(record: RawRecord, shape: Shape) -> Format:
    """Format 2022 if the record has a field that only it knows, or the structure that came with it in JSON."""
    if (
        record.techniques is not None
        or record.considerationsSociales is not None
        or record.considerationsEnvironnementales is not None
        or record.modalitesExecution is not None
        or record.typesPrix is not None
        or record.offresRecues is not None
        or record.ccag is not None
        or record.marcheInnovant is not None
        or record.attributionAvance is not None
        or record.tauxAvance is not None
        or record.sousTraitanceDeclaree is not None
        or record.typeGroupementOperateurs is not None
        or record.origineUE is not None
        or record.origineFrance is not None
        or record.idAccordCadre is not None
        or record.actesSousTraitance is not None
        or record.modificationsActesSousTraitance is not None
    ):
        return "2022"
    if shape.xml:  # XML wraps its lists in both formats
        return "2019"
    if not shape.wrapped and shape.holder not in ("marche", "concession"):
        return "2019"
    return "2019" if _only_2019(record) else "2022"


def _only_2019(record: RawRecord) -> bool:
    """True for names, which format 2022 removed, and for the old values of `formePrix`."""
    price = record.formePrix
    return (
        record.acheteur_nom is not None
        or (record.lieuExecution is not None and record.lieuExecution.nom is not None)
        or any(holder.denominationSociale is not None for holder in record.titulaires or ())
        or (isinstance(price, str) and price.strip().lower().startswith(("ferme", "révisable", "revisable")))
    )


def layout_of(record: RawRecord, shape: Shape) -> Layout:
    """The layout of a record whose format is known."""
    if shape.xml:
        return "xml-2" if record.format == "2022" else "xml-1"
    if record.format == "2019":
        return "v1-dotted" if shape.dotted else "v1-flat"
    if shape.holder == "marche" or shape.holder == "concession":
        return "v2-nested"
    typed = record.extras is not None and "_type" in record.extras
    if shape.holder == "marches":
        return "v2-consolidated" if shape.wrapped or typed else "v2-flat"
    if not shape.wrapped:
        return "v2-flat"
    return "v2-consolidated" if typed else "v2-nested"


def classify(record: RawRecord, shape: Shape) -> tuple[Layout, Note | None]:
    """Set the kind and the format of a record; return its layout."""
    record.kind, note = kind_of(record, shape)
    record.format = format_of(record, shape)
    return layout_of(record, shape), note
