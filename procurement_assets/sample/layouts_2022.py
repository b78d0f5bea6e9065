"""Documents of format 2022 (research/decp.md §1.3, §1.4): schemas 2.0.0 to 2.0.4, the State's consolidation, XML."""

from __future__ import annotations

from collections.abc import Sequence

from procurement_assets.decp.raw import RawRecord, Scalar
from procurement_assets.sample.layout_parts import (
    CONCESSION,
    Doc,
    act,
    holders,
    items,
    modification,
    put,
    type_label,
    wrapped,
    year,
)

_MARCHE_2022 = (
    "nature",
    "objet",
    "codeCPV",
    "procedure",
    "dureeMois",
    "dateNotification",
    "datePublicationDonnees",
    "montant",
    "formePrix",
    "attributionAvance",
    "tauxAvance",
    "offresRecues",
    "marcheInnovant",
    "ccag",
    "sousTraitanceDeclaree",
    "typeGroupementOperateurs",
    "origineUE",
    "origineFrance",
    "idAccordCadre",
)
_NESTED_LISTS = (
    ("considerationsSociales", "considerationSociale"),
    ("considerationsEnvironnementales", "considerationEnvironnementale"),
    ("modalitesExecution", "modaliteExecution"),
    ("techniques", "technique"),
    ("typesPrix", "typePrix"),
)
_FLAT_LISTS = (
    ("techniques", "technique"),
    ("modalitesExecution", "modaliteExecution"),
    ("typesPrix", "typePrix"),
    ("considerationsSociales", "considerationsSociales"),
    ("considerationsEnvironnementales", "considerationsEnvironnementales"),
)


def nested(record: RawRecord, source: str, acts: str = "modificationActeSousTraitance") -> Doc:
    """Schema 2.0.1 and later."""
    doc: Doc = {}
    if record.id is not None:
        doc["id"] = record.id
    marche = record.kind == "marche"
    doc["acheteur" if marche else "autoriteConcedante"] = {"id": record.acheteur_id}
    put(doc, record, _MARCHE_2022 if marche else CONCESSION)
    if record.lieuExecution is not None:
        doc["lieuExecution"] = {"code": record.lieuExecution.code, "typeCode": record.lieuExecution.typeCode}
    if record.titulaires is not None:
        if marche:
            doc["titulaires"] = [{"titulaire": h} for h in holders(record.titulaires)]
        else:
            doc["concessionnaires"] = [{"concessionnaire": h} for h in holders(record.titulaires)]
    for name, wrapper in _NESTED_LISTS:
        values = getattr(record, name)
        if values is not None:
            doc[name] = {wrapper: values}
    if record.modifications:
        doc["modifications"] = [{"modification": modification(m, True)} for m in record.modifications]
    if record.actesSousTraitance:
        doc["actesSousTraitance"] = wrapped("acteSousTraitance", [act(a) for a in record.actesSousTraitance])
    if record.modificationsActesSousTraitance:
        doc["modificationsActesSousTraitance"] = wrapped(acts, items(record.modificationsActesSousTraitance))
    if record.donneesExecution:
        doc["donneesExecution"] = wrapped("donneesAnnuelles", [year(y, True) for y in record.donneesExecution])
    return doc


def consolidated(record: RawRecord, source: str) -> Doc:
    """The State's consolidation of 2024 and later: the nested record in a flat list, unknown numbers as 0.0."""
    doc = nested(record, source)
    doc["_type"] = type_label(record)
    if record.kind == "marche":
        for name in ("tauxAvance", "origineUE", "origineFrance"):
            doc.setdefault(name, 0.0)
    if source:
        doc["source"] = source
    return doc


_LABELS_200 = {
    "Système d'acquisition dynamique": "Système d’acquisition dynamique",
    "Techniques de l'information et de la communication": "Techniques de l’information et de la communication",
    "Maitrise d'œuvre": "Maîtrise d'œuvre",
    "Bons de commande": "Bon de commande",
    "Marchés subséquents": "Marché subséquent",
    "Tranches": "Marché à tranches",
}
"""Labels of schema 2.0.0 that later schemas changed (research/decp.md §1.4)."""
_ABSENT_200 = frozenset(
    {"Sans objet", "Pas de considération sociale", "Pas de considération environnementale", "Pas de CCAG"}
)


def flat(record: RawRecord, source: str) -> Doc:
    """Schema 2.0.0: plain arrays, null or an empty array where nothing applies, typographic apostrophes."""
    marche = record.kind == "marche"
    doc: Doc = {"id": record.id}
    doc["acheteur" if marche else "autoriteConcedante"] = {"id": record.acheteur_id}
    put(doc, record, _MARCHE_2022 if marche else CONCESSION)
    if record.lieuExecution is not None:
        doc["lieuExecution"] = {"code": record.lieuExecution.code, "typeCode": record.lieuExecution.typeCode}
    lists = _FLAT_LISTS if marche else _FLAT_LISTS[3:]
    for name, key in lists:
        doc[key] = _labels_200(getattr(record, name))
    doc["titulaires" if marche else "concessionnaires"] = holders(record.titulaires)
    doc["modifications"] = [modification(m, False) for m in record.modifications or ()]
    if not marche:
        doc["donneesExecution"] = [year(y, False) for y in record.donneesExecution or ()]
        return doc
    for name in ("idAccordCadre", "origineUE", "origineFrance"):
        doc.setdefault(name, None)
    doc["ccag"] = (_labels_200([record.ccag]) or [None])[0]
    if record.typeGroupementOperateurs == "Pas de groupement":
        doc["typeGroupementOperateurs"] = None
    doc["actesSousTraitance"] = [act(a) for a in record.actesSousTraitance or ()]
    doc["modificationsActesSousTraitance"] = [
        _renamed(m, _RENAMED_200) for m in items(record.modificationsActesSousTraitance)
    ]
    return doc


_RENAMED_200 = {
    "dateNotificationModificationSousTraitance": "dateNotificationModificationActeSousTraitance",
    "datePublicationDonnees": "datePublicationDonneesModificationActeSousTraitance",
}


def _renamed(doc: Doc, names: dict[str, str]) -> Doc:
    return {names.get(key, key): value for key, value in doc.items()}


def _labels_200(values: Sequence[Scalar] | None) -> list[Scalar]:
    return [_LABELS_200.get(str(v), v) for v in values or () if v not in _ABSENT_200]


def xml_2(record: RawRecord, source: str) -> Doc:
    """XML of schema 2.0.x: the nested record; the XSD has one name in the plural where the JSON schema has not."""
    return nested(record, source, acts="modificationActesSousTraitance")
