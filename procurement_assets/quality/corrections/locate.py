"""Which field of a contract a finding is about: from the table, the column and the key of a row to a path.

Values in force in `contract_versions` and `contract_titulaires` are carried forward: the path is that of the award or
modification that published them, since that is what its author can correct.
"""

from __future__ import annotations

from collections.abc import Callable

from procurement_assets.decp.correctable import FIELDS, field_of
from procurement_assets.decp.model import Contract, Modification
from procurement_assets.decp.paths import NoSuchFieldError, get
from procurement_assets.quality.results import SEPARATOR
from procurement_assets.schema import TABLES

_ROOT: dict[str, dict[str, str]] = {
    kind: {f.column: path for path, f in fields.items() if "[" not in path} for kind, fields in FIELDS.items()
}
_SAME: dict[str, str] = {
    "type": "codeCPV",
    "titulaire_id_publie": "titulaire_id",
    "titulaire_id_epure": "titulaire_id",
    "titulaire_siren": "titulaire_id",
    "nombre_titulaires": "nombre_titulaires",
    "nombre_concessionnaires": "nombre_titulaires",
    "nombre_actes_sous_traitance": "sousTraitanceDeclaree",
    "codeCPV_publie": "codeCPV",
    "objet_longueur_publiee": "objet",
    "anterieure_au_contrat": "date",
}
"""Columns that are made from another one."""
_IN_FORCE = {
    "montant_actuel": "montant",
    "montant_suspect": "montant",
    "valeurGlobale_actuelle": "montant",
    "dureeMois_actuelle": "dureeMois",
}
"""Columns of the current state, to those of the last version."""


def locate(contract: Contract, table: str, column: str | None, record: str) -> str | None:
    """The path of the field that a finding is about; None where no field of the contract can correct it."""
    if column is None or table not in TABLES:
        return None
    keys = record.rsplit(SEPARATOR, len(TABLES[table].key) - 1)
    find = _FINDERS.get(table)
    try:
        path = find(contract, _SAME.get(column, column), [_number(k) for k in keys[1:]]) if find else None
        if path is not None:
            get(contract, path)
    except (NoSuchFieldError, IndexError):
        return None
    return path if path is not None and field_of(contract, path) else None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


def _root(contract: Contract, column: str, _: list[int]) -> str | None:
    if column == "nombre_titulaires":
        return f"titulaires[{len(contract.titulaires)}].id"
    if column in _IN_FORCE:
        return _version(contract, _IN_FORCE[column], [len(contract.modifications)])
    return _ROOT[contract.kind].get(column)


def _version(contract: Contract, column: str, keys: list[int]) -> str | None:
    """The award or modification that published the value of a version."""
    number = min(keys[0], len(contract.modifications))
    concession = contract.kind == "concession"
    amount = "valeurGlobale" if concession else "montant"
    award = {
        "montant": amount,
        "dureeMois": "dureeMois",
        "date": "dateSignature" if concession else "dateNotification",
        "date_publication": "datePublicationDonnees",
    }
    changed = {
        "montant": amount,
        "dureeMois": "dureeMois",
        "date": "dateSignatureModification" if concession else "dateNotificationModification",
        "date_publication": "datePublicationDonneesModification",
        "objetModification": "objetModification",
    }
    if column in ("montant", "dureeMois"):
        number = _carried_from(contract, number, lambda m: getattr(m, changed[column]))
    if number == 0:
        return award.get(column)
    return f"modifications[{number - 1}].{changed[column]}" if column in changed else None


def _carried_from(contract: Contract, number: int, has: Callable[[Modification], object]) -> int:
    """The last version up to `number` that published a value, 0 for the award."""
    published = [n for n in range(1, number + 1) if has(contract.modifications[n - 1]) is not None]
    return max(published, default=0)


def _holder(contract: Contract, column: str, keys: list[int]) -> str | None:
    names = {
        "titulaire_id": "id",
        "titulaire_typeIdentifiant": "typeIdentifiant",
        "titulaire_nom": "denominationSociale",
    }
    if column not in names:
        return None
    number = _carried_from(contract, min(keys[0], len(contract.modifications)), lambda m: m.titulaires or None)
    before = f"modifications[{number - 1}]." if number else ""
    return f"{before}titulaires[{keys[1] - 1}].{names[column]}"


def _act(contract: Contract, column: str, keys: list[int]) -> str | None:
    rank, version = keys
    names = {
        "sousTraitant_id": "sousTraitant.id",
        "sousTraitant_typeIdentifiant": "sousTraitant.typeIdentifiant",
        "date": "dateNotification",
        "date_publication": "datePublicationDonnees",
        "montant": "montant",
        "dureeMois": "dureeMois",
        "variationPrix": "variationPrix",
    }
    known = version == 0 and rank <= len(contract.actesSousTraitance) and column in names
    return f"actesSousTraitance[{rank - 1}].{names[column]}" if known else None


def _execution(contract: Contract, column: str, keys: list[int]) -> str | None:
    year, tarif = keys
    if column in ("intituleTarif", "tarif"):
        return f"donneesExecution[{year - 1}].tarifs[{tarif - 1}].{column}" if tarif else None
    return f"donneesExecution[{year - 1}].{column}"


def _compared(contract: Contract, column: str, _: list[int]) -> str | None:
    """What a list of the publisher says otherwise: a fact of the award, or its only holder."""
    if column == "titulaires":
        return "titulaires[0].id" if len(contract.titulaires) == 1 else None
    return _ROOT[contract.kind].get(column)


_FINDERS: dict[str, Callable[[Contract, str, list[int]], str | None]] = {
    "contracts": _root,
    "concessions": _root,
    "contract_versions": _version,
    "concession_versions": _version,
    "contract_titulaires": _holder,
    "concession_titulaires": _holder,
    "subcontracts": _act,
    "concession_execution": _execution,
    "reconciliation": _compared,
}
