"""What a correction may change: each field of a contract with its type, and the reading of the value a person typed.

A typed value passes the same rules as a published one, and more: what a rule would only flag is refused here, with a
reason that the author can act on. Amounts are accepted: correcting one is a person's act, never a rule's.
Identity (`id`, `acheteur.id`) cannot be corrected: it names the contract.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal

import msgspec

from procurement_assets.decp import codelists as lists
from procurement_assets.decp.clean_values import Cleaner
from procurement_assets.decp.codelists import CodeList, fold
from procurement_assets.decp.cpv import is_cpv
from procurement_assets.decp.identifiers import is_siret
from procurement_assets.decp.model import Contract
from procurement_assets.decp.paths import NoSuchFieldError, get, pattern

FieldType = Literal["text", "label", "labels", "cpv", "identifier", "amount", "whole", "share", "boolean", "date"]
EMPTY_WORDS = frozenset({"vide", "effacer", "a vider", "supprimer la valeur"})
"""What a person writes to empty a field, folded."""
MOST = 1e12
"""Euros: above, a typing slip."""


class RefusedValueError(ValueError):
    """A typed value that cannot be used; the message is French and says what is expected."""


class Field(msgspec.Struct, frozen=True):
    """A field that may be corrected, and the column of the tables that describes it."""

    table: str
    column: str
    type: FieldType
    labels: Callable[[Contract], CodeList] | None = None


def _by_kind(marche: CodeList, concession: CodeList) -> Callable[[Contract], CodeList]:
    return lambda c: concession if c.kind == "concession" else marche


def _forme_prix(c: Contract) -> CodeList:
    return lists.FORME_PRIX_2019 if c.format == "2019" else lists.FORME_PRIX_2022


def _one(codelist: CodeList) -> Callable[[Contract], CodeList]:
    return lambda _: codelist


_SHARED: dict[str, Field] = {
    "acheteur_nom": Field("contracts", "acheteur_nom", "text"),
    "nature": Field("contracts", "nature", "label", _by_kind(lists.NATURE_MARCHE, lists.NATURE_CONCESSION)),
    "objet": Field("contracts", "objet", "text"),
    "codeCPV": Field("contracts", "codeCPV", "cpv"),
    "procedure": Field("contracts", "procedure", "label", _by_kind(lists.PROCEDURE_MARCHE, lists.PROCEDURE_CONCESSION)),
    "lieuExecution.code": Field("contracts", "lieuExecution_code", "text"),
    "lieuExecution.typeCode": Field("contracts", "lieuExecution_typeCode", "label", _one(lists.TYPE_CODE_LIEU)),
    "lieuExecution.nom": Field("contracts", "lieuExecution_nom", "text"),
    "dureeMois": Field("contracts", "dureeMois", "whole"),
    "datePublicationDonnees": Field("contracts", "datePublicationDonnees", "date"),
    "considerationsSociales": Field(
        "contracts", "considerationsSociales", "labels", _by_kind(lists.SOCIALES_MARCHE, lists.SOCIALES_CONCESSION)
    ),
    "considerationsEnvironnementales": Field(
        "contracts", "considerationsEnvironnementales", "labels", _one(lists.ENVIRONNEMENTALES)
    ),
    "modifications[].objetModification": Field("contract_versions", "objetModification", "text"),
    "modifications[].datePublicationDonneesModification": Field("contract_versions", "date_publication", "date"),
    "modifications[].dureeMois": Field("contract_versions", "dureeMois", "whole"),
}
_MARCHE: dict[str, Field] = {
    "techniques": Field("contracts", "techniques", "labels", _one(lists.TECHNIQUES)),
    "modalitesExecution": Field("contracts", "modalitesExecution", "labels", _one(lists.MODALITES_EXECUTION)),
    "idAccordCadre": Field("contracts", "idAccordCadre", "text"),
    "dateNotification": Field("contracts", "dateNotification", "date"),
    "montant": Field("contracts", "montant", "amount"),
    "formePrix": Field("contracts", "formePrix", "label", _forme_prix),
    "typesPrix": Field("contracts", "typesPrix", "labels", _one(lists.TYPES_PRIX)),
    "attributionAvance": Field("contracts", "attributionAvance", "boolean"),
    "tauxAvance": Field("contracts", "tauxAvance", "share"),
    "offresRecues": Field("contracts", "offresRecues", "whole"),
    "marcheInnovant": Field("contracts", "marcheInnovant", "boolean"),
    "ccag": Field("contracts", "ccag", "label", _one(lists.CCAG)),
    "sousTraitanceDeclaree": Field("contracts", "sousTraitanceDeclaree", "boolean"),
    "typeGroupementOperateurs": Field("contracts", "typeGroupementOperateurs", "label", _one(lists.GROUPEMENT)),
    "origineUE": Field("contracts", "origineUE", "share"),
    "origineFrance": Field("contracts", "origineFrance", "share"),
    "modifications[].dateNotificationModification": Field("contract_versions", "date", "date"),
    "modifications[].montant": Field("contract_versions", "montant", "amount"),
    "actesSousTraitance[].dateNotification": Field("subcontracts", "date", "date"),
    "actesSousTraitance[].datePublicationDonnees": Field("subcontracts", "date_publication", "date"),
    "actesSousTraitance[].montant": Field("subcontracts", "montant", "amount"),
    "actesSousTraitance[].dureeMois": Field("subcontracts", "dureeMois", "whole"),
    "actesSousTraitance[].variationPrix": Field("subcontracts", "variationPrix", "label", _one(lists.VARIATION_PRIX)),
}
_CONCESSION: dict[str, Field] = {
    "dateSignature": Field("concessions", "dateSignature", "date"),
    "dateDebutExecution": Field("concessions", "dateDebutExecution", "date"),
    "valeurGlobale": Field("concessions", "valeurGlobale", "amount"),
    "montantSubventionPublique": Field("concessions", "montantSubventionPublique", "amount"),
    "modifications[].dateSignatureModification": Field("concession_versions", "date", "date"),
    "modifications[].valeurGlobale": Field("concession_versions", "montant", "amount"),
    "donneesExecution[].datePublicationDonneesExecution": Field(
        "concession_execution", "datePublicationDonneesExecution", "date"
    ),
    "donneesExecution[].depensesInvestissement": Field("concession_execution", "depensesInvestissement", "amount"),
    "donneesExecution[].tarifs[].intituleTarif": Field("concession_execution", "intituleTarif", "text"),
    "donneesExecution[].tarifs[].tarif": Field("concession_execution", "tarif", "amount"),
}


def _operator(prefix: str, table: str, column: str) -> dict[str, Field]:
    return {
        f"{prefix}.typeIdentifiant": Field(table, f"{column}_typeIdentifiant", "label", _one(lists.TYPE_IDENTIFIANT)),
        f"{prefix}.id": Field(table, f"{column}_id", "identifier"),
    }


def _holders(table: str) -> dict[str, Field]:
    found = _operator("titulaires[]", table, "titulaire") | _operator(
        "modifications[].titulaires[]", table, "titulaire"
    )
    return found | {"titulaires[].denominationSociale": Field(table, "titulaire_nom", "text")}


FIELDS: dict[str, dict[str, Field]] = {
    "marche": _SHARED
    | _MARCHE
    | _holders("contract_titulaires")
    | _operator("actesSousTraitance[].sousTraitant", "subcontracts", "sousTraitant"),
    "concession": _SHARED | _CONCESSION | _holders("concession_titulaires"),
}
"""Path without ranks to field, for each kind of contract."""


def field_of(contract: Contract, path: str) -> Field | None:
    """The field at a path, None where it may not be corrected."""
    return FIELDS[contract.kind].get(pattern(path))


def show(value: Any) -> str | None:
    """A value of a contract as a person reads it in a correction file, and as `read_value` reads it back."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return " ; ".join(value) if isinstance(value, list) else str(value)


def same(a: Any, b: Any) -> bool:
    """Whether two values of a field are the same; amounts to the cent, lists in any order."""
    if isinstance(a, int | float) and isinstance(b, int | float) and not isinstance(a, bool):
        return abs(a - b) < 0.005
    if isinstance(a, list) and isinstance(b, list):
        return sorted(a) == sorted(b)
    return bool(a == b)


def read_published(contract: Contract, path: str, text: str | None) -> Any:
    """The value that a published text gives: cleaned as any published value, never refused."""
    field = field_of(contract, path)
    if field is None or text is None or not text.strip():
        return None
    cleaner = Cleaner()
    if field.type == "labels" and field.labels is not None:
        return cleaner.labels(path, _parts(text), field.labels(contract))
    if field.type == "identifier":
        typed = _type_beside(contract, path)
        return cleaner.siret(path, text) if typed in (None, "SIRET") else cleaner.text(path, text)
    return _clean(cleaner, field, contract, path, text)


def _clean(c: Cleaner, field: Field, contract: Contract, path: str, text: str) -> Any:
    if field.type == "label" and field.labels is not None:
        return c.label(path, text, field.labels(contract))
    if field.type == "share" and text.rstrip().endswith("%"):
        number = c.number(path, text.rstrip().removesuffix("%"))
        return None if number is None else round(number / 100, 6)
    readers: dict[str, Callable[[str, str], Any]] = {
        "cpv": c.cpv,
        "amount": c.number,
        "share": c.number,
        "whole": c.whole,
        "boolean": c.boolean,
        "date": c.date,
    }
    return readers.get(field.type, c.text)(path, text)


def read_value(contract: Contract, path: str, text: str) -> Any:
    """The value that a person typed for a field. Raises `RefusedValueError`, in French."""
    field = field_of(contract, path)
    if field is None:
        raise RefusedValueError(f"le champ « {path} » ne peut pas être corrigé")
    if fold(text) in EMPTY_WORDS:
        return None
    value = read_published(contract, path, text)
    if value is None:
        raise RefusedValueError(f"« {text} » ne se lit pas comme {EXPECTED[field.type]}")
    _check(contract, path, field, text, value)
    return value


EXPECTED: dict[str, str] = {
    "text": "un texte",
    "label": "un libellé de la liste",
    "labels": "une liste de libellés",
    "cpv": "un code CPV (huit chiffres)",
    "identifier": "un identifiant",
    "amount": "un montant en euros (12345,67)",
    "whole": "un nombre entier",
    "share": "une part entre 0 et 1 (ou en %)",
    "boolean": "oui ou non",
    "date": "une date (JJ/MM/AAAA) entre 1990 et 2099",
}
"""What each type expects, in French."""


def _check(contract: Contract, path: str, field: Field, text: str, value: Any) -> None:
    """What a published value may break and a correction may not."""
    if field.labels is not None:
        codelist = field.labels(contract)
        unknown = [v for v in (value if isinstance(value, list) else [value]) if v not in codelist.labels]
        if unknown:
            raise RefusedValueError(f"« {unknown[0]} » n'est pas dans la liste : {' | '.join(codelist.labels)}")
    if field.type == "cpv" and not is_cpv(value):
        raise RefusedValueError(f"« {text} » n'est pas un code CPV : huit chiffres d'une division qui existe")
    if field.type == "identifier" and _type_beside(contract, path) in (None, "SIRET") and not is_siret(value):
        raise RefusedValueError(
            f"« {text} » n'est pas un SIRET (14 chiffres, clé juste) ; pour un identifiant étranger, corriger aussi le "
            "type d'identifiant"
        )
    if field.type == "amount" and not 0 <= value < MOST:
        raise RefusedValueError(f"« {text} » n'est pas un montant possible")
    if field.type == "whole" and not 0 <= value <= 100_000:
        raise RefusedValueError(f"« {text} » n'est pas un nombre possible")
    if field.type == "share" and not 0 <= value <= 1:
        raise RefusedValueError(f"« {text} » n'est pas {EXPECTED['share']}")


def _type_beside(contract: Contract, path: str) -> str | None:
    """The type of the identifier at a path; a holder to add has a SIRET."""
    try:
        found = get(contract, path.rpartition(".")[0] + ".typeIdentifiant")
    except NoSuchFieldError:
        return "SIRET"
    return found if isinstance(found, str) else None


def _parts(text: str) -> list[str]:
    """The labels of a list typed in one cell."""
    return [p.strip() for p in re.split(r"[;|,\n]", text) if p.strip()]
