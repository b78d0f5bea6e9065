"""Rows that break no rule, one per table; tests override what they need."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import polars as pl

from procurement_assets.schema import TABLES

BUYER = "21750001600019"
SUPPLIER = "80836899700041"
DATA_DATE = date(2026, 1, 8)
Row = Mapping[str, Any]

_CONTRACT = {
    "acheteur_id": BUYER,
    "acheteur_siren": BUYER[:9],
    "format": "2022",
    "objet": "Entretien des espaces verts du bois de Vincennes",
    "dureeMois": 24,
    "dureeMois_actuelle": 24,
    "datePublicationDonnees": date(2025, 3, 20),
    "considerationsSociales": ["Clause sociale"],
    "considerationsEnvironnementales": ["Critère environnemental"],
    "nombre_modifications": 0,
    "source": "maximilien",
    "sources": ["maximilien"],
}
_VERSION = {
    "version": 0,
    "date": date(2025, 3, 10),
    "date_publication": date(2025, 3, 20),
    "montant": 100_000.0,
    "dureeMois": 24,
    "titulaires": [SUPPLIER],
    "modifie": [],
    "anterieure_au_contrat": False,
}
_HOLDER = {
    "version": 0,
    "rang": 1,
    "titulaire_typeIdentifiant": "SIRET",
    "titulaire_id": SUPPLIER,
    "titulaire_id_publie": SUPPLIER,
    "titulaire_siren": SUPPLIER[:9],
}

BASE: dict[str, Row] = {
    "contracts": {
        **_CONTRACT,
        "nature": "Marché",
        "codeCPV": "77310000",
        "type": "Services",
        "procedure": "Appel d'offres ouvert",
        "techniques": ["Sans objet"],
        "modalitesExecution": ["Bons de commande"],
        "lieuExecution_code": "75",
        "lieuExecution_typeCode": "Code département",
        "dateNotification": date(2025, 3, 10),
        "montant": 100_000.0,
        "montant_actuel": 100_000.0,
        "formePrix": "Unitaire",
        "typesPrix": ["Définitif révisable"],
        "attributionAvance": True,
        "tauxAvance": 0.05,
        "offresRecues": 3,
        "marcheInnovant": False,
        "ccag": "Fournitures courantes et services",
        "sousTraitanceDeclaree": False,
        "typeGroupementOperateurs": "Pas de groupement",
        "origineUE": 0.8,
        "origineFrance": 0.5,
        "nombre_titulaires": 1,
        "nombre_actes_sous_traitance": 0,
    },
    "contract_versions": _VERSION,
    "contract_titulaires": _HOLDER,
    "subcontracts": {
        "acte_rang": 1,
        "acte_id": 1,
        "version": 0,
        "acte_absent": False,
        "sousTraitant_typeIdentifiant": "SIRET",
        "sousTraitant_id": SUPPLIER,
        "date": date(2025, 5, 2),
        "date_publication": date(2025, 5, 12),
        "montant": 20_000.0,
        "dureeMois": 6,
        "variationPrix": "Ferme",
    },
    "concessions": {
        **_CONTRACT,
        "nature": "Concession de service",
        "procedure": "Procédure négociée ouverte",
        "dateSignature": date(2025, 3, 10),
        "dateDebutExecution": date(2025, 6, 1),
        "valeurGlobale": 2_000_000.0,
        "valeurGlobale_actuelle": 2_000_000.0,
        "montantSubventionPublique": 0.0,
        "nombre_concessionnaires": 1,
        "nombre_annees_execution": 0,
    },
    "concession_versions": _VERSION,
    "concession_titulaires": _HOLDER,
    "concession_execution": {
        "annee_rang": 1,
        "datePublicationDonneesExecution": date(2025, 12, 1),
        "depensesInvestissement": 10_000.0,
        "tarif_rang": 1,
        "intituleTarif": "Entrée plein tarif",
        "tarif": 4.5,
    },
    "ledger": {
        "source": "maximilien",
        "file_sha256": "a" * 64,
        "fichier": "decp-2025.json",
        "outcome": "kept",
        "reason": "kept",
    },
    "reconciliation": {
        "liste": "paris-liste-marches",
        "numero_marche": "20252025S00001",
        "annee": 2025,
        "etat": "des deux côtés",
        "in_decp": True,
        "in_list": True,
        "annee_couverte": True,
        "regle": "numero.annee",
        "score": 1.0,
        "candidats": 0,
        "sources": ["maximilien"],
        "source": "maximilien",
        "objet": "Entretien des espaces verts du bois de Vincennes",
        "objet_liste": "ENTRETIEN DES ESPACES VERTS DU BOIS DE VINCENNES",
        "titulaires": [SUPPLIER],
        "titulaire_liste": SUPPLIER,
        "titulaire_liste_nom": "JARDINS",
        "dateNotification": date(2025, 3, 10),
        "date_liste": date(2025, 3, 10),
        "jours_ecart": 0,
        "montant": 100_000.0,
        "montant_min_liste": 0.0,
        "montant_max_liste": 100_000.0,
        "montant_rapport": 1.0,
        "montant_ecart": 0.0,
        "montant_position": "maximum",
        "montant_accord": True,
        "date_accord": True,
        "titulaire_accord": True,
        "entreprise_accord": True,
        "objet_accord": True,
        "objet_similarite": 1.0,
        "ecarts": [],
    },
    "reconciliation_mois": {"annee": 2025, "contrats_decp": 80, "contrats_liste": 90, "contrats_mediane": 78.0},
}


_UNITS = (
    # siren, known, state, since
    (SUPPLIER[:9], True, "A", date(2014, 1, 1)),
    ("300000106", True, "C", date(2025, 3, 9)),
    ("300000114", True, "C", date(2025, 3, 10)),
    ("300000122", False, None, None),
)
REGISTERS: dict[str, list[Row]] = {
    "registre_cpv": [{"code": "77310000", "libelle_fr": "Services de plantation", "niveau": "catégorie"}],
    "registre_departements": [{"code": c, "nom": c, "region": "11", "zone": "metro"} for c in ("75", "2A", "2B")],
    "registre_regions": [{"code": "11", "nom": "Île-de-France", "zone": "metro"}],
    "registre_sirene": [
        {"siren": s, "connu": known, "etatAdministratifUniteLegale": state, "dateDebut": since}
        for s, known, state, since in _UNITS
    ],
}
"""The registers that the cases are judged with."""


def row(table: str, name: str, position: int, overrides: Row) -> dict[str, Any]:
    """A row of a table that breaks no rule, but for the overrides; `name` makes its key."""
    base = {**BASE[table], "uid": name}
    if "id" in TABLES[table].schema:
        base["id"] = f"X{position}"
    if table == "ledger":
        base["position"] = position
    if table == "reconciliation":
        base["cle"] = name
    if table == "reconciliation_mois":
        base["mois"] = f"{1990 + position}-01"
    return {**base, **overrides}


def frame(table: str, rows: Iterable[Row]) -> pl.DataFrame:
    """A frame of a table, without the checks of `Table.frame`: tests need keys that repeat and values that miss."""
    return pl.DataFrame([dict(r) for r in rows], schema=TABLES[table].schema, orient="row")


def related(rows: Iterable[Row]) -> tuple[list[dict[str, Any]], dict[str, pl.DataFrame]]:
    """The rows without what is not a column, and the tables made of it: repairs, holders, acts, contracts; with the
    registers, and the versions that holders are of."""
    plain: list[dict[str, Any]] = []
    made: dict[str, list[dict[str, Any]]] = {
        n: [] for n in ("repairs", "ledger", "contract_titulaires", "subcontracts")
    }
    made |= {"contracts": [], "contract_versions": [], "concession_versions": []}
    for n, given in enumerate(rows):
        uid = given["uid"]
        place = {"source": "maximilien", "file_sha256": "a" * 64, "position": n}
        if "+repairs" in given:
            made["ledger"].append({**BASE["ledger"], **place, "uid": uid})
        for path, rule, original in given.get("+repairs", ()):
            change = {"path": path, "rule": rule, "original": json.dumps(original), "value": "null"}
            made["repairs"].append({**place, "uid": uid, **change})
        for rank, siret in enumerate(given.get("+titulaires", ()), start=1):
            holder = {"uid": uid, "rang": rank, "titulaire_id": siret, "titulaire_id_publie": siret}
            made["contract_titulaires"].append({**_HOLDER, **holder})
        for rank, amount in enumerate(given.get("+actes", ()), start=1):
            made["subcontracts"].append({**BASE["subcontracts"], "uid": uid, "acte_rang": rank, "montant": amount})
        if "+marche" in given:
            made["contracts"].append(row("contracts", uid, n, given["+marche"]))
        for versions in ("contract_versions", "concession_versions"):
            made[versions].append({**_VERSION, "uid": uid, "version": given.get("version", 0)})
        plain.append({k: v for k, v in given.items() if not k.startswith("+")})
    return plain, {n: frame(n, rows) for n, rows in (made | REGISTERS).items()}


def one_contract(**overrides: Any) -> pl.DataFrame:
    """A table of one contract."""
    return frame("contracts", [row("contracts", f"{BUYER}X0", 0, overrides)])
