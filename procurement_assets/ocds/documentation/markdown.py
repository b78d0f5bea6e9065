"""The mapping as Markdown, in French and in English."""

from __future__ import annotations

from typing import Literal

from procurement_assets.ocds.documentation.table import Row, extension_of, rows

Language = Literal["fr", "en"]

SECTIONS: dict[Language, dict[str, str]] = {
    "fr": {
        "identity": "Identité",
        "release": "Publication (release)",
        "parties": "Organisations",
        "tender": "Procédure et conditions",
        "awards": "Attribution",
        "contracts": "Contrat",
        "modifications": "Modifications",
        "subcontracting": "Sous-traitance",
        "execution": "Exécution des concessions",
    },
    "en": {
        "identity": "Identity",
        "release": "Release",
        "parties": "Organisations",
        "tender": "Procedure and terms",
        "awards": "Award",
        "contracts": "Contract",
        "modifications": "Modifications",
        "subcontracting": "Subcontracting",
        "execution": "Execution of concessions",
    },
}

_HEAD = {
    "fr": """# Des DECP à OCDS : table de correspondance

Chaque champ des données essentielles de la commande publique (schémas 2.0.4 et 1.5.0, marchés et concessions), le
chemin OCDS 1.1.5 où il se trouve, l'extension que ce chemin demande, la transformation et ce qui est perdu.
Les chemins OCDS s'écrivent comme dans `ocdskit mapping-sheet` ; `ocds_fr_decp` est l'extension locale de la Ville.
La même table par chemin OCDS : `mapping.csv` et `mapping.xlsx`.

Fichier produit par `python -m procurement_assets.ocds.documentation` : ne pas le modifier à la main.
""",
    "en": """# From DECP to OCDS: mapping table

Every field of the French essential procurement data (schemas 2.0.4 and 1.5.0, contracts and concessions), the path of
OCDS 1.1.5 where it stands, the extension that this path needs, the transformation and what is lost.
OCDS paths are written as in `ocdskit mapping-sheet`; `ocds_fr_decp` is the City's local extension.
The same table by OCDS path: `mapping.csv` and `mapping.xlsx`.

Made by `python -m procurement_assets.ocds.documentation`: not to be edited by hand.
""",
}
_COLUMNS = {
    "fr": ("DECP 2022", "DECP 2019", "OCDS", "Extension", "Transformation", "Perte"),
    "en": ("DECP 2022", "DECP 2019", "OCDS", "Extension", "Transformation", "Loss"),
}
_NOTHING = {"fr": "aucune", "en": "none"}


def markdown(language: Language) -> str:
    """The whole document."""
    parts = [_HEAD[language]]
    for section, title in SECTIONS[language].items():
        parts.append(f"## {title}\n\n" + "\n".join(_table([r for r in rows() if r.section == section], language)))
    return "\n".join(p.rstrip("\n") + "\n" for p in parts)


def transformation(row: Row, language: Language) -> str:
    """How the field becomes its paths, or why it has none."""
    no_home = row.no_home_fr if language == "fr" else row.no_home_en
    return " ".join(filter(None, (row.fr if language == "fr" else row.en, no_home)))


def loss(row: Row, language: Language) -> str:
    """What is lost."""
    return (row.loss_fr if language == "fr" else row.loss_en) or _NOTHING[language]


def source(row: Row, language: Language) -> str:
    """What a row comes from when it is not a field of DECP."""
    return row.source_fr if language == "fr" else row.source_en


def _table(found: list[Row], language: Language) -> list[str]:
    columns = _COLUMNS[language]
    return [
        "| " + " | ".join(columns) + " |",
        "|" + "---|" * len(columns),
        *("| " + " | ".join(_cells(row, language)) + " |" for row in found),
    ]


def _cells(row: Row, language: Language) -> list[str]:
    said = source(row, language)
    extensions = list(dict.fromkeys(filter(None, map(extension_of, row.ocds))))
    cells = [
        _codes(row.v2022) or (f"*{said}*" if said else "–"),
        _codes(row.v2019) or "–",
        _codes(row.ocds) or "–",
        ", ".join(extensions) or "–",
        transformation(row, language),
        loss(row, language),
    ]
    return [cell.replace("|", "\\|") for cell in cells]


def _codes(paths: list[str]) -> str:
    return "<br>".join(f"`{path}`" for path in paths)
