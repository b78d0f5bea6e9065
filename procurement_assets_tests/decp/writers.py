"""Writers of the layouts, for tests only: the same canonical record in each way of writing it.

They are the inverse of the reader, written apart from it: what both agree on is what the layouts mean.
"""

from __future__ import annotations

import random
from typing import Any
from xml.sax.saxutils import escape

import msgspec

from procurement_assets.decp.raw import RawRecord

Plain = dict[str, Any]

CODE_LISTS = {
    "techniques": "technique",
    "modalitesExecution": "modaliteExecution",
    "typesPrix": "typePrix",
    "considerationsSociales": "considerationSociale",
    "considerationsEnvironnementales": "considerationEnvironnementale",
}
ITEMS = {
    "titulaires": "titulaire",
    "concessionnaires": "concessionnaire",
    "modifications": "modification",
    "actesSousTraitance": "acteSousTraitance",
    "modificationsActesSousTraitance": "modificationActeSousTraitance",
    "donneesExecution": "donneesAnnuelles",
    "tarifs": "tarif",
}


def flat(record: RawRecord) -> Plain:
    """Schema 1.x: plain arrays and objects."""
    plain: Plain = msgspec.to_builtins(record)
    for field in ("kind", "format", "extras"):
        plain.pop(field, None)
    concession = record.kind == "concession"
    party = {key: plain.pop(f"acheteur_{key}") for key in ("id", "nom") if f"acheteur_{key}" in plain}
    if party:
        plain["autoriteConcedante" if concession else "acheteur"] = party
    if concession and "titulaires" in plain:
        plain["concessionnaires"] = plain.pop("titulaires")
    return plain


def dotted(record: RawRecord) -> Plain:
    """The State's consolidation of 2019: the buyer in dotted keys."""
    plain = flat(record)
    for name in ("acheteur", "autoriteConcedante"):
        for key, value in plain.pop(name, {}).items():
            plain[f"{name}.{key}"] = value
    return plain


def schema_2_0_0(record: RawRecord) -> Plain:
    """Schema 2.0.0: flat, with its own names."""
    plain = flat(record)
    for name, item in CODE_LISTS.items():
        if name in plain and not name.startswith("considerations"):
            plain[item] = plain.pop(name)
    for acte in plain.get("modificationsActesSousTraitance", []):
        for new, old in (
            ("dateNotificationModificationSousTraitance", "dateNotificationModificationActeSousTraitance"),
            ("datePublicationDonnees", "datePublicationDonneesModificationActeSousTraitance"),
        ):
            if new in acte:
                acte[old] = acte.pop(new)
    return plain


def nested(record: RawRecord) -> Plain:
    """Schemas 2.0.1 and later: lists of single-key objects, code lists in objects."""
    wrapped = _wrap(flat(record))
    assert isinstance(wrapped, dict)
    for name, item in CODE_LISTS.items():
        if name in wrapped:
            wrapped[name] = {item: wrapped[name]}
    return wrapped


def consolidated(record: RawRecord) -> Plain:
    """The State's consolidation: as nested, in a flat array, with its type."""
    kind = "Contrat de concession" if record.kind == "concession" else "Marché"
    return nested(record) | {"_type": kind, "source": "data.gouv.fr_atexo"}


def _wrap(value: object) -> object:
    if isinstance(value, dict):
        return {
            key: [{ITEMS[key]: _wrap(item)} for item in inner] if key in ITEMS else _wrap(inner)
            for key, inner in value.items()
        }
    return value


def xml(record: RawRecord) -> str:
    """One element, as the XSD of both formats have it."""
    return _element("contrat-concession" if record.kind == "concession" else "marche", flat(record))


def _element(name: str, value: object) -> str:
    if isinstance(value, dict):
        inner = "".join(_element(key, item) for key, item in value.items())
    elif isinstance(value, list):
        item = CODE_LISTS.get(name) or ITEMS[name]
        inner = "".join(_element(item, one) for one in value)
    else:
        inner = escape(str(value))
    return f"<{name}>{inner}</{name}>"


def shuffled(value: object, chance: random.Random) -> Any:
    """The same value with the keys of every object in another order."""
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        return {key: shuffled(value[key], chance) for key in keys}
    if isinstance(value, list):
        return [shuffled(item, chance) for item in value]
    return value
