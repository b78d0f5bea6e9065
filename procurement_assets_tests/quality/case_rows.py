"""How the rows of a case are written: overrides of `support.BASE`, and what stands beside the table."""

from __future__ import annotations

from datetime import date
from typing import Any

Rows = list[dict[str, Any]]


def one(**overrides: Any) -> Rows:
    return [overrides]


def repaired(path: str, rule: str, original: str) -> Rows:
    """A contract of which a cleaning rule changed a value (table `repairs`)."""
    return [{REPAIRS: [(path, rule, original)]}]


def cut(kind: str, length: int) -> Rows:
    """A subject of that length as published, a repeated space included that the table no longer has."""
    published = "A" * (length - 3) + "  A"
    form = {"format": "2019", "formePrix": "Ferme"} if kind == "2019" else {}
    return [{**form, "objet": "A" * (length - 3) + " A", REPAIRS: [("objet", "text.space", published)]}]


def concession_cut(kind: str, length: int) -> Rows:
    return [{k: v for k, v in rows.items() if k != "formePrix"} for rows in cut(kind, length)]


def years(*years: int) -> Rows:
    """Twenty-five contracts notified each of these years, of a publisher of its own."""
    return [
        {
            ALONE: True,
            "dateNotification": date(y, 3, 10),
            "datePublicationDonnees": date(y, 3, 20),
            "uid": f"{y}-{n:02}",
        }
        for y in (2021, *years)
        for n in range(25)
    ]


def same_amount(count: int, amount: float) -> Rows:
    return [{"montant": amount, "uid": f"meme{amount:.0f}-{n:02}"} for n in range(count)]


def versions(*rows: dict[str, Any]) -> Rows:
    return [{"version": n, **r} for n, r in enumerate(rows)]


REPAIRS, HOLDERS, ACTS = "+repairs", "+titulaires", "+actes"
"""Not columns: rows of another table that the case needs (`support.related`)."""
CONTRACT = "+marche"
"""The overrides of the contract that an act belongs to."""
ALONE = "+seul"
"""The rule looks at the whole table: the case is judged in a table of its own."""
INNOVATIVE = {
    "marcheInnovant": True,
    "procedure": "Marché passé sans publicité ni mise en concurrence préalable",
}
SOCIAL, GREEN = "considerationsSociales", "considerationsEnvironnementales"
NO_SOCIAL, NO_GREEN = "Pas de considération sociale", "Pas de considération environnementale"
LA_POSTE = "35600000049837"  # fails Luhn; the sum of its digits is a multiple of 5
BAD_KEY = "80836899700042"
CEASED_BEFORE, CEASED_THAT_DAY, UNKNOWN = "300000106", "300000114", "300000122"
"""SIRENs of the register SIRENE of the tests (`support.REGISTERS`)."""
DAY = date
