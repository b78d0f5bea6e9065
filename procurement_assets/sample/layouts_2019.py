"""Documents of format 2019 (research/decp.md §1.2): schemas 1.3 to 1.5, the State's consolidation of 2019, XML 1.x."""

from __future__ import annotations

from procurement_assets.decp.raw import RawRecord
from procurement_assets.sample.layout_parts import (
    CONCESSION,
    Doc,
    fields,
    holders,
    modification,
    put,
    type_label,
    wrapped,
    year,
)

_MARCHE_2019 = (
    "nature",
    "objet",
    "codeCPV",
    "procedure",
    "dureeMois",
    "dateNotification",
    "datePublicationDonnees",
    "montant",
    "formePrix",
)


def v1(record: RawRecord, source: str) -> Doc:
    """Schemas 1.3 to 1.5: names of buyers, places and holders; `modifications` always there."""
    marche = record.kind == "marche"
    doc: Doc = {}
    put(doc, record, ("id", "uid"))
    doc["_type"] = type_label(record)
    if source:
        doc["source"] = source
    buyer = {"id": record.acheteur_id, "nom": record.acheteur_nom}
    doc["acheteur" if marche else "autoriteConcedante"] = buyer
    put(doc, record, _MARCHE_2019 if marche else CONCESSION)
    if record.lieuExecution is not None:
        doc["lieuExecution"] = fields(record.lieuExecution)
    if record.titulaires is not None:
        doc["titulaires" if marche else "concessionnaires"] = holders(record.titulaires)
    doc["modifications"] = [modification(m, False) for m in record.modifications or ()]
    if not marche:
        doc["donneesExecution"] = [year(y, False) for y in record.donneesExecution or ()]
    return doc


_UPPER_NATURES = str.maketrans("éèêàçÉÈ", "eeeacEE")


def upper_bare(label: str) -> str:
    """A label in capitals without accents, as the consolidation of 2019 writes natures and kinds of code."""
    return label.translate(_UPPER_NATURES).upper()


def dotted(record: RawRecord, source: str) -> Doc:
    """The State's consolidation of 2019: `acheteur.id` as one key, durations as text, natures in capitals."""
    doc = v1(record, source)
    del doc["_type"]
    for key in ("acheteur", "autoriteConcedante"):
        if key in doc:
            doc[f"{key}.id"] = doc.pop(key)["id"]
    if isinstance(doc.get("nature"), str):
        doc["nature"] = upper_bare(doc["nature"])
    if doc.get("dureeMois") is not None:
        doc["dureeMois"] = str(doc["dureeMois"])
    if isinstance(doc.get("lieuExecution", {}).get("typeCode"), str):
        doc["lieuExecution"]["typeCode"] = upper_bare(doc["lieuExecution"]["typeCode"])
    return doc


def xml_1(record: RawRecord, source: str) -> Doc:
    """XML of schema 1.x: the flat record, every list item in its element."""
    doc = v1(record, "")
    del doc["_type"]
    _wrap(doc, "titulaires", "titulaire")
    _wrap(doc, "concessionnaires", "concessionnaire")
    for change in doc["modifications"]:
        _wrap(change, "titulaires", "titulaire")
    _wrap(doc, "modifications", "modification")
    for entry in doc.get("donneesExecution", ()):
        _wrap(entry, "tarifs", "tarif")
    _wrap(doc, "donneesExecution", "donneesAnnuelles")
    return doc


def _wrap(doc: Doc, key: str, wrapper: str) -> None:
    if key in doc:
        doc[key] = wrapped(wrapper, doc[key])
