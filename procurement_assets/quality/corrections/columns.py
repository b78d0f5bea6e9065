"""The columns of a correction file, as sent and as understood when it comes back."""

from __future__ import annotations

import msgspec

from procurement_assets.decp.codelists import fold


class SheetColumn(msgspec.Struct, frozen=True):
    """A column of the file."""

    name: str
    """Name in the rows of `outgoing`."""
    title: str
    width: int
    typed: bool = False
    """A person fills it."""


COLUMNS: tuple[SheetColumn, ...] = (
    SheetColumn("severity", "Gravité", 11),
    SheetColumn("id", "Identifiant du contrat", 18),
    SheetColumn("title", "Constat", 36),
    SheetColumn("objet", "Objet", 42),
    SheetColumn("contract_date", "Date du contrat", 12),
    SheetColumn("field", "Champ", 20),
    SheetColumn("published", "Valeur publiée", 22),
    SheetColumn("proposed", "Valeur proposée", 22),
    SheetColumn("value", "Valeur corrigée", 24, typed=True),
    SheetColumn("author", "Auteur", 18, typed=True),
    SheetColumn("date", "Date", 12, typed=True),
    SheetColumn("reason", "Motif", 30, typed=True),
    SheetColumn("advice", "Conseil", 44),
    SheetColumn("expected", "Valeur attendue", 32),
    SheetColumn("legal_basis", "Base légale", 32),
    SheetColumn("holders", "Titulaires", 22),
    SheetColumn("direction", "Direction ou service", 18),
    SheetColumn("acheteur_id", "SIRET de l'acheteur", 17),
    SheetColumn("rule", "Règle", 14),
    SheetColumn("uid", "Identifiant unique", 32),
    SheetColumn("path", "Chemin du champ", 24),
)
"""What a person reads and fills first; what the machine needs to find the field again last."""

READ: dict[str, str] = {
    "identifiant unique": "uid",
    "uid": "uid",
    "chemin du champ": "champ",
    "chemin": "champ",
    "champ technique": "champ",
    "champ": "libelle",
    "valeur publiee": "valeur_publiee",
    "valeur corrigee": "valeur_corrigee",
    "correction": "valeur_corrigee",
    "auteur": "auteur",
    "auteur de la correction": "auteur",
    "date": "date",
    "date de la correction": "date",
    "motif": "motif",
    "motif de la correction": "motif",
}
"""Folded header of a file that comes back to the column of `corrections_recues` (`libelle`: the French field)."""
NEEDED = ("uid", "valeur_corrigee")
"""Without these a row is not the header."""


def header_of(cells: list[str | None]) -> dict[str, list[int]] | None:
    """Column to its positions where the cells are a header, else None. Of two equal headers, the first that is filled
    on a line counts there."""
    found: dict[str, list[int]] = {}
    for position, cell in enumerate(cells):
        name = READ.get(fold(cell or ""))
        if name is not None:
            found.setdefault(name, []).append(position)
    if any(n not in found for n in NEEDED) or not ("champ" in found or "libelle" in found):
        return None
    return found
