"""The extension's `README.md`, English then French, from its metadata and its schemas: never older than the model."""

from __future__ import annotations

import json
from typing import Any

_EXAMPLE = {
    "tender": {
        "id": "2024001",
        "decp": {"kind": "marche", "format": "2022", "nature": "Marché", "ccag": "Travaux", "tauxAvance": 0.1},
    },
    "contracts": [{"id": "1", "awardID": "1", "decp": {"dureeMois": 48}}],
}

_WORDS = {
    "en": {
        "example": "Example",
        "fields": "Fields",
        "head": "Field | Title | Description | Code list",
        "lists": "Code lists",
        "lists_text": "Codes are the regulatory labels, kept to the letter. Lists other than `decpKind.csv` and "
        "`decpFormat.csv` are open.",
        "language": "The schema and the code lists have their texts in English; the same files with French texts are "
        "in the folder [fr](fr/). Field names are those of the French orders (arrêtés), inside an object `decp`.",
        "contact": "Issues",
        "contact_text": "Report issues to the publisher of the data",
        "changes": "Changelog",
        "changes_text": "### 1.0\n\nFirst version.",
    },
    "fr": {
        "example": "Exemple",
        "fields": "Champs",
        "head": "Champ | Titre | Description | Liste de codes",
        "lists": "Listes de codes",
        "lists_text": "Les codes sont les libellés réglementaires, à la lettre. Hors `decpKind.csv` et "
        "`decpFormat.csv`, les listes sont ouvertes.",
        "language": "Le schéma et les listes de codes portent leurs textes en anglais ; les mêmes fichiers avec les "
        "textes en français sont dans le dossier [fr](fr/). Les noms de champs sont ceux des arrêtés, dans un objet "
        "`decp`.",
        "contact": "Signaler un problème",
        "contact_text": "S'adresser à l'éditeur des données",
        "changes": "Historique",
        "changes_text": "### 1.0 (fr)\n\nPremière version.",
    },
}


def text(metadata: dict[str, Any], english: dict[str, Any], french: dict[str, Any]) -> str:
    """The README in both languages."""
    return "\n\n".join((*_parts(metadata, english, "en"), *_parts(metadata, french, "fr"))) + "\n"


def _parts(metadata: dict[str, Any], schema: dict[str, Any], language: str) -> list[str]:
    words = _WORDS[language]
    example = json.dumps(_EXAMPLE, ensure_ascii=False, indent=2)
    folder = "fr/" if language == "fr" else ""
    contact = ", ".join(metadata["contactPoint"].values())
    return [
        f"# {metadata['name'][language]}",
        metadata["description"][language],
        words["language"],
        f"## {words['example']}",
        f"```json\n{example}\n```",
        f"## {words['fields']}",
        *(_table(name, definition, words["head"]) for name, definition in schema["definitions"].items()),
        f"## {words['lists']}",
        words["lists_text"],
        "\n".join(f"- [{name}]({folder}codelists/{name})" for name in metadata["codelists"]),
        f"## {words['contact']}",
        f"{words['contact_text']} : {contact}." if language == "fr" else f"{words['contact_text']}: {contact}.",
        f"## {words['changes']}",
        words["changes_text"],
    ]


def _table(name: str, definition: dict[str, Any], head: str) -> str:
    lines = [f"### {name}", ""]
    if "description" in definition:
        lines += [definition["description"], ""]
    lines += [f"| {head} |", "| --- | --- | --- | --- |"]
    for field, schema in definition["properties"].items():
        codelist = f"`{schema['codelist']}`" if "codelist" in schema else ""
        lines.append(f"| `{field}` | {schema['title']} | {schema['description']} | {codelist} |")
    return "\n".join(lines)
