"""The cleaning rules, as data: id, French title, what is done, where the defect was seen.

Every value that a rule changes leaves a `Repair` (path, original, value, rule), so a repair can be explained and
undone; amounts are never changed beyond how they are written. Ids are for ever: tables and reports quote them.
"""

from __future__ import annotations

import re

import msgspec

from procurement_assets.decp.raw import Scalar
from procurement_assets.decp.siren import REASONS, Confidence


class CleaningRule(msgspec.Struct, frozen=True):
    """A cleaning rule."""

    id: str
    title: str
    """French, as the working group reads it."""
    source: str
    """Where the defect is described."""
    confidence: Confidence = "certaine"
    """A rule of this catalogue changes a value only where it is sure; what is less sure is a suggestion."""


class Repair(msgspec.Struct, frozen=True):
    """A value changed by a rule."""

    path: str
    rule: str
    original: Scalar
    value: Scalar


_RULES = (
    CleaningRule("text.space", "Espaces, tabulations et retours à la ligne réduits", "research/data.md §3 (Paris)"),
    CleaningRule("text.entities", "Entités HTML remplacées par leur caractère", "research/data.md §3 (PES, Paris)"),
    CleaningRule("text.control", "Caractères de contrôle retirés", "research/decp.md §1.7"),
    CleaningRule("text.cdata", "Balises CDATA écrites dans le texte, retirées", "research/decp.md §1.7"),
    CleaningRule("null.nc", "Marque « non communiqué » (NC, MQ, CDL, INX…) lue comme vide", "research/decp.md §1.7"),
    CleaningRule(
        "zero.unknown", "Zéro qui tient lieu d'inconnu dans cette source, lu comme vide", "research/decp.md §1.9"
    ),
    CleaningRule("number.text", "Nombre écrit comme du texte", "research/decp.md §1.7"),
    CleaningRule("number.invalid", "Nombre illisible, lu comme vide", "research/decp.md §1.7"),
    CleaningRule("duration.ceil", "Durée fractionnaire arrondie au mois supérieur", "research/decp.md §1.7"),
    CleaningRule("boolean.text", "Booléen écrit comme du texte ou un nombre", "research/decp.md §1.5"),
    CleaningRule("boolean.invalid", "Booléen illisible, lu comme vide", "research/decp.md §1.5"),
    CleaningRule("date.timezone", "Fuseau horaire retiré de la date", "research/decp.md §1.2"),
    CleaningRule("date.time", "Heure retirée de la date", "research/decp.md §3.2"),
    CleaningRule(
        "date.order",
        "Date écrite autrement (jj/mm/aaaa, mois en lettres, chiffres seuls)",
        "research/decp.md §1.7",
    ),
    CleaningRule("date.invalid", "Date qui n'existe pas, lue comme vide", "research/decp.md §1.6"),
    CleaningRule("date.incredible", "Date hors de 1990-2099, lue comme vide", "research/decp.md §1.7"),
    CleaningRule("code.label", "Libellé ramené à celui de la liste de codes", "research/decp.md §1.4, §1.7"),
    CleaningRule("list.duplicate", "Valeur répétée retirée de la liste", "research/decp.md §1.7"),
    CleaningRule("list.joined", "Libellés joints dans un seul texte, séparés", "research/decp.md §1.5"),
    CleaningRule("cpv.key", "Clé du code CPV retirée", "research/decp.md §2"),
    CleaningRule("cpv.leading-zero", "Zéro initial du code CPV rétabli", "research/decp.md §1.9"),
    CleaningRule("siret.separators", "Espaces et séparateurs retirés de l'identifiant", "research/decp.md §1.7"),
    CleaningRule(
        "siret.decimal", "Identifiant écrit comme un nombre décimal, ramené à ses chiffres", "research/decp.md §1.7"
    ),
    CleaningRule(
        "siret.zeros", "Zéros de remplissage retirés devant le SIRET (deux clés justes)", "research/decp.md §1.7"
    ),
    CleaningRule("siret.leading-zero", "Zéro initial du SIRET rétabli (clé juste)", "research/decp.md §1.7"),
    CleaningRule("id.type-deduced", "Type d'identifiant déduit : SIRET à la clé juste", "research/decp.md §3.1"),
    CleaningRule("holder.empty", "Titulaire vide retiré", "research/decp.md §1.7"),
    CleaningRule("holder.duplicate", "Titulaire répété retiré", "research/decp.md §2 (001b)"),
    CleaningRule(
        "modification.signature-date",
        "Date de signature d'une modification de marché lue comme sa notification",
        "research/decp.md §1.7 (#51)",
    ),
    CleaningRule(
        "modification.amount-name",
        "Montant de modification publié sous le nom de l'autre famille",
        "research/decp.md §1.7",
    ),
    CleaningRule("modification.duplicate", "Modification répétée à l'identique retirée", "research/data.md §3"),
    CleaningRule(
        "entry.duplicate",
        "Acte spécial, modification d'acte ou année d'exécution répétés à l'identique, retirés",
        "research/data.md §3",
    ),
    CleaningRule("modification.empty", "Modification vide retirée", "research/decp.md §1.7"),
)

_SIREN = tuple(
    CleaningRule(rule, f"SIREN retrouvé : {reason}", "research/data.md §3") for rule, reason in REASONS.items()
)

CLEANING_RULES: dict[str, CleaningRule] = {r.id: r for r in (*_RULES, *_SIREN)}

_XSD = {
    "number.text": re.compile(r"[+-]?\d+(?:\.\d*)?\Z"),
    "boolean.text": re.compile(r"(?:true|false|1|0|oui|non)\Z"),
}
"""How an XML file writes what its schema calls a number or a boolean."""


def is_how_xml_writes(repair: Repair) -> bool:
    """Whether a repair only types a text: in XML every value is text, and this is no defect of the file."""
    written = _XSD.get(repair.rule)
    return written is not None and isinstance(repair.original, str) and written.match(repair.original) is not None
