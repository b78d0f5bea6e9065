"""The regulatory code lists, and the reading of a label written in another way.

Labels are those of the schemas 1.5.0 and 2.0.4 (research/decp.md §1.2, §1.3), with the straight apostrophe. Real
feeds write them in capitals, without accents, with a curly apostrophe or under the name of an older arrêté
(§1.4, §1.7; research/data.md §3): `CodeList.match` reads those, and only those; an unknown value is left as it is.
Tests compare these lists with the official schemas.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import lru_cache

import msgspec


@lru_cache(maxsize=65_536)
def fold(text: str) -> str:
    """A label without case, accents, apostrophe style, dashes, underscores or repeated spaces."""
    decomposed = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("Œ", "OE"))
    bare = "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()
    return " ".join("".join(c if c.isalnum() else " " for c in bare).split())


class CodeList(msgspec.Struct, frozen=True):
    """A closed list of labels, with the older or misspelt ways to write them."""

    name: str
    labels: tuple[str, ...]
    synonyms: Mapping[str, str] = {}
    """Another way of writing, as seen in real feeds, to the label."""
    index: dict[str, str] = {}
    exact: dict[object, str] = {}
    """Each label to itself: most are written right, and every record then shares the list's own text."""

    def match(self, value: str) -> str | None:
        """The label that `value` writes, or None."""
        return self.index.get(fold(value))


def _list(name: str, labels: tuple[str, ...], synonyms: Mapping[str, str] | None = None) -> CodeList:
    synonyms = synonyms or {}
    index = {fold(label): label for label in labels} | {fold(k): v for k, v in synonyms.items()}
    return CodeList(name, labels, synonyms, index, {label: label for label in labels})


_SANS_PUBLICITE = "Marché passé sans publicité ni mise en concurrence préalable"
_NEGOCIATION = "Procédure avec négociation"

NATURE_MARCHE = _list(
    "nature (marché)",
    (
        "Marché",
        "Marché de partenariat",
        "Marché de défense ou de sécurité",
        "Accord-cadre",
        "Marché subséquent",
    ),
    {"Marchés subséquents": "Marché subséquent"},
)
"""The first three are those of format 2022; the last two stand in format 2019 only, and stay as published."""

NATURE_CONCESSION = _list(
    "nature (concession)",
    (
        "Concession de travaux",
        "Concession de service",
        "Concession de service public",
        "Délégation de service public",
    ),
)

PROCEDURE_MARCHE = _list(
    "procedure (marché)",
    (
        "Procédure adaptée",
        "Appel d'offres ouvert",
        "Appel d'offres restreint",
        _NEGOCIATION,
        _SANS_PUBLICITE,
        "Dialogue compétitif",
    ),
    {  # labels of the schemas before 1.5 (research/decp.md §1.4) and of the platforms (research/data.md §3)
        "Procédure concurrentielle avec négociation": _NEGOCIATION,
        "Procédure négociée avec mise en concurrence préalable": _NEGOCIATION,
        "Marché négocié sans publicité ni mise en concurrence préalable": _SANS_PUBLICITE,
        "Marché public négocié sans publicité ni mise en concurrence préalable": _SANS_PUBLICITE,
    },
)

PROCEDURE_CONCESSION = _list(
    "procedure (concession)",
    (
        "Procédure négociée ouverte",
        "Procédure non négociée ouverte",
        "Procédure négociée restreinte",
        "Procédure non négociée restreinte",
    ),
)

TYPE_CODE_LIEU = _list(
    "lieuExecution.typeCode",
    (
        "Code postal",
        "Code commune",
        "Code arrondissement",
        "Code canton",
        "Code département",
        "Code région",
        "Code pays",
    ),
)

FORME_PRIX_2019 = _list(
    "formePrix (2019)",
    ("Ferme", "Ferme et actualisable", "Révisable"),
    {"Ferme, actualisable": "Ferme et actualisable"},
)
FORME_PRIX_2022 = _list("formePrix (2022)", ("Unitaire", "Forfaitaire", "Mixte"))
TYPES_PRIX = _list("typesPrix", ("Définitif ferme", "Définitif actualisable", "Définitif révisable", "Provisoire"))
TECHNIQUES = _list(
    "techniques",
    (
        "Accord-cadre",
        "Concours",
        "Système de qualification",
        "Système d'acquisition dynamique",
        "Catalogue électronique",
        "Enchère électronique",
        "Sans objet",
    ),
)
MODALITES_EXECUTION = _list(
    "modalitesExecution",
    ("Tranches", "Bons de commande", "Marchés subséquents", "Sans objet"),
    {
        "Marché subséquent": "Marchés subséquents",
        "Tranche": "Tranches",
        "Marché à tranches": "Tranches",
        "Bon de commande": "Bons de commande",
    },
)
CCAG = _list(
    "ccag",
    (
        "Travaux",
        "Maitrise d'œuvre",
        "Fournitures courantes et services",
        "Marchés industriels",
        "Prestations intellectuelles",
        "Techniques de l'information et de la communication",
        "Pas de CCAG",
    ),
)
SOCIALES_MARCHE = _list(
    "considerationsSociales (marché)",
    ("Clause sociale", "Critère social", "Marché réservé", "Pas de considération sociale"),
)
SOCIALES_CONCESSION = _list(
    "considerationsSociales (concession)",
    ("Clause sociale", "Critère social", "Concession réservée", "Pas de considération sociale"),
)
ENVIRONNEMENTALES = _list(
    "considerationsEnvironnementales",
    ("Clause environnementale", "Critère environnemental", "Pas de considération environnementale"),
)
GROUPEMENT = _list("typeGroupementOperateurs", ("Conjoint", "Solidaire", "Pas de groupement"))
VARIATION_PRIX = _list("variationPrix", ("Ferme", "Actualisable", "Révisable"))
TYPE_IDENTIFIANT = _list(
    "typeIdentifiant",
    ("SIRET", "TVA", "TAHITI", "RIDET", "FRWF", "IREP", "UE", "HORS-UE"),
    {
        "TVA_INTRACOMMUNAUTAIRE": "TVA",
        "TVA intracommunautaire": "TVA",
        "FRW": "FRWF",
        "HORS_UE": "HORS-UE",
        "HORSUE": "HORS-UE",
    },
)
"""`UE` is of format 2019 only (research/decp.md §1.3)."""

BOOLEANS: Mapping[str, bool] = {
    "true": True,
    "oui": True,
    "1": True,
    "vrai": True,
    "false": False,
    "non": False,
    "0": False,
    "faux": False,
}
"""XML booleans are `oui,non,true,false,0,1` (research/decp.md §1.5)."""

NOT_COMMUNICATED = frozenset(
    {"nc", "nr", "n c", "non communique", "inx", "mq", "cdl", "nan", "null", "none", "n a", "na", "nd"}
)
"""Marks that stand for "no value" (research/decp.md §1.5, §1.7), folded: NC, MQ, CDL, INX, NaN…"""
