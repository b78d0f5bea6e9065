"""The files of the local extension `ocds_fr_decp`, made from its typed model: one description, no copy by hand.

    python -m procurement_assets.ocds.extension.build

rewrites `ocds_fr_decp/` (`extension.json`, `release-schema.json` and `codelists/*.csv` in English, the same in French
in `fr/`, `README.md`), with the texts of `texts.toml` and `codes.toml`. A test fails when the files are older than the
model. Each publisher serves its copy beside its data (`write`), at `url(publisher)`.
"""

from __future__ import annotations

import csv
import io
import json
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import msgspec
from upath import UPath

from procurement_assets.decp import codelists as lists
from procurement_assets.lake import Lake, write_bytes
from procurement_assets.ocds.extension import model, readme
from procurement_assets.publishers import Publisher, load_publishers

FOLDER = Path(__file__).with_name("ocds_fr_decp")
_PUBLISHERS = Path(__file__).parents[2] / "publishers.toml"
VERSION = "1.0"
PLACE = f"ocds/extensions/ocds_fr_decp/{VERSION}"
"""Folder of the extension beside the data of a publisher."""


def _read(name: str) -> dict[str, dict[str, Any]]:
    return tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))


TEXTS = _read("texts.toml")
"""Titles and descriptions of the fields, in English and French."""
CODES = _read("codes.toml")
"""Field to its codes: title in English, explanations in English and French."""

Language = Literal["en", "fr"]

_PATCHED = {
    "Tender": model.DecpTender,
    "Award": model.DecpAward,
    "Contract": model.DecpContract,
    "Subcontract": model.DecpSubcontract,
    "Amendment": model.DecpAmendment,
}
"""OCDS definition that gets a `decp` object, and which."""

_CODELISTS: dict[str, tuple[str, tuple[lists.CodeList, ...]]] = {
    "nature": ("decpNature.csv", (lists.NATURE_MARCHE, lists.NATURE_CONCESSION)),
    "techniques": ("decpTechnique.csv", (lists.TECHNIQUES,)),
    "modalitesExecution": ("decpModaliteExecution.csv", (lists.MODALITES_EXECUTION,)),
    "considerationsSociales": (
        "decpConsiderationSociale.csv",
        (lists.SOCIALES_MARCHE, lists.SOCIALES_CONCESSION),
    ),
    "considerationsEnvironnementales": ("decpConsiderationEnvironnementale.csv", (lists.ENVIRONNEMENTALES,)),
    "ccag": ("decpCcag.csv", (lists.CCAG,)),
    "formePrix": ("decpFormePrix.csv", (lists.FORME_PRIX_2022, lists.FORME_PRIX_2019)),
    "typesPrix": ("decpTypePrix.csv", (lists.TYPES_PRIX,)),
    "typeGroupementOperateurs": ("decpTypeGroupement.csv", (lists.GROUPEMENT,)),
    "variationPrix": ("decpVariationPrix.csv", (lists.VARIATION_PRIX,)),
    "typeCode": ("decpTypeCodeLieu.csv", (lists.TYPE_CODE_LIEU,)),
}
"""Field to its open code list. Open: a published value outside the list is kept (and found by the quality rules)."""

GAZETTEERS = {
    "FR-LAPOSTE-CP": "Code postal (La Poste)",
    "FR-COG-COM": "Commune (code officiel géographique, Insee)",
    "FR-COG-ARR": "Arrondissement (code officiel géographique, Insee)",
    "FR-COG-CAN": "Canton (code officiel géographique, Insee)",
    "FR-COG-DEP": "Département (code officiel géographique, Insee)",
    "FR-COG-REG": "Région (code officiel géographique, Insee)",
}
"""Codes that we add to the open code list `locationGazetteers` of the extension location, told in the publication
policy. Not a `+` list of this extension: those may only add to lists of the standard (libcoveocds refuses others)."""


def url(publisher: Publisher) -> str:
    """Where the publisher serves the extension: what `extensions` of its packages says."""
    return f"{publisher.about.files_url}{PLACE}/extension.json"


@lru_cache(maxsize=2)
def release_schema(language: Language = "en") -> dict[str, Any]:
    """The extension's patch of the release schema, with its texts in a language."""
    _, components = msgspec.json.schema_components(_PATCHED.values(), ref_template="#/definitions/{name}")
    head = _text("Decp", "decp", language)
    definitions: dict[str, Any] = {
        name: {"properties": {"decp": head | {"$ref": f"#/definitions/{decp.__name__}"}}}
        for name, decp in _PATCHED.items()
    }
    definitions |= {name: _definition(name, c, language) for name, c in sorted(components.items()) if name != "Euros"}
    return {"definitions": definitions}


def _text(name: str, field: str, language: Language) -> dict[str, Any]:
    texts = TEXTS[name][field]
    title, description = texts[:2] if language == "en" else texts[2:]
    return {"title": title, "description": description}


def _definition(name: str, component: dict[str, Any], language: Language) -> dict[str, Any]:
    required = component.get("required", [])
    properties = {
        field: _text(name, field, language) | _field(field, schema, field in required)
        for field, schema in component["properties"].items()
    }
    head = _text(name, "object", language) | {"type": "object"}
    return head | ({"required": required} if required else {}) | {"properties": properties, "minProperties": 1}


def _field(field: str, schema: dict[str, Any], required: bool) -> dict[str, Any]:
    """A field in the style of OCDS extensions: null is allowed where the field may be left out."""
    described = {k: v for k, v in schema.items() if k not in ("anyOf", "default")}
    inner: dict[str, Any] = described | next(a for a in schema.get("anyOf", [{}]) if a != {"type": "null"})
    inner.pop("pattern", None)
    if "$ref" in inner:
        return inner | {"$ref": inner["$ref"].replace("/Euros", "/Value")}
    kind = inner.get("type", "string")
    of_objects = kind == "array" and "$ref" in inner["items"]
    if kind == "array" and not of_objects:
        inner["items"] = {"type": "string", "minLength": 1}
    if field in _CODELISTS:
        inner |= {"codelist": _CODELISTS[field][0], "openCodelist": True}
    if "enum" in inner:
        inner |= {"codelist": f"decp{field.capitalize()}.csv", "openCodelist": False}
        inner["enum"] = [*inner["enum"]] + ([] if required else [None])
    return inner | {"type": kind if required or of_objects else [kind, "null"]}


_CLOSED = {
    "kind": ("decpKind.csv", {"concession": "Concession", "marche": "Marché public"}),
    "format": ("decpFormat.csv", {"2019": "Arrêtés de 2017 à 2019", "2022": "Arrêtés du 22 décembre 2022"}),
}
"""Field to its closed code list: codes that are not regulatory labels, with their French titles."""


@lru_cache(maxsize=2)
def codelists(language: Language = "en") -> dict[str, str]:
    """The extension's code lists: file name to CSV text, with titles and explanations in a language."""
    files = {
        name: _csv(field, {label: label for values in groups for label in values.labels}, language)
        for field, (name, groups) in _CODELISTS.items()
    }
    files |= {name: _csv(field, titles, language) for field, (name, titles) in _CLOSED.items()}
    return dict(sorted(files.items()))


def _csv(field: str, french: dict[str, str], language: Language) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("Code", "Title", "Description"))
    for code, title in french.items():
        english, about, explained = CODES[field][code]
        writer.writerow((code, english, about) if language == "en" else (code, title, explained))
    return out.getvalue()


def metadata(publisher: Publisher) -> dict[str, Any]:
    """The `extension.json` that a publisher serves (OCDS, extension metadata)."""
    about = publisher.about
    where = {"email": about.contact_email} if about.contact_email else {"url": about.contact_url or publisher.uri}
    readme_url = url(publisher).replace("extension.json", "README.md")
    return {
        "name": {"en": "French essential procurement data (DECP)", "fr": "Données essentielles (DECP)"},
        "description": {
            "en": "Adds the fields of the French regulatory procurement data (DECP) that OCDS has no field for.",
            "fr": "Ajoute les champs des données essentielles de la commande publique sans équivalent dans OCDS.",
        },
        "documentationUrl": {"en": readme_url, "fr": readme_url},
        "compatibility": ["1.1"],
        "codelists": list(codelists()),
        "schemas": ["release-schema.json"],
        "contactPoint": {"name": about.contact_name or publisher.name} | where,
    }


def files(publisher: Publisher | None = None) -> dict[str, str]:
    """Every file of the extension: path in its folder to text. Default: as the City of Paris serves it."""
    publisher = publisher or load_publishers(_PUBLISHERS).publishers["paris"]
    about = metadata(publisher)
    written = {
        "README.md": readme.text(about, release_schema("en"), release_schema("fr")),
        "extension.json": _json(about),
        "release-schema.json": _json(release_schema("en")),
        "fr/release-schema.json": _json(release_schema("fr")),
    }
    written |= {f"codelists/{name}": text for name, text in codelists("en").items()}
    return written | {f"fr/codelists/{name}": text for name, text in codelists("fr").items()}


def write(lake: Lake, publisher: Publisher) -> UPath:
    """Write the extension beside the publisher's data, `exports/PUBLISHER/ocds/extensions/…`; returns the folder."""
    folder = lake.exports(publisher.id) / PLACE
    for path, text in files(publisher).items():
        write_bytes(folder / path, text.encode())
    return folder


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    for path, text in files().items():
        target = FOLDER / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
