"""Small contracts, holders and lists for the tests of reconciliation."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import polars as pl

from procurement_assets.publishers import ContractList
from procurement_assets.quality.reconciliation.lists import LIST_SCHEMA, parse_list
from procurement_assets.schema import TABLES

BUYER = "21750001600019"
FIRM, OTHER = "80836899700041", "55208131766522"
DAY = date(2021, 3, 10)
COLUMNS = ContractList()


def contract(number: str, **given: Any) -> dict[str, Any]:
    """A contract row; `holders` (SIRETs) goes to the other table."""
    base = {
        "uid": BUYER + number, "id": number, "acheteur_id": BUYER, "acheteur_siren": BUYER[:9], "format": "2019",
        "objet": "Entretien des fontaines du bois", "dateNotification": DAY, "montant": 120_000.0,
        "nombre_titulaires": 1, "nombre_modifications": 0, "nombre_actes_sous_traitance": 0,
        "source": "minef-consolide", "sources": ["minef-consolide"], "holders": [FIRM],
    }  # fmt: skip
    return base | given


def tables(rows: list[dict[str, Any]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The tables `contracts` and `contract_titulaires`."""
    holders = [
        {
            "uid": r["uid"],
            "version": 0,
            "rang": n,
            "titulaire_id": h,
            "titulaire_id_publie": h,
            "titulaire_siren": h[:9],
        }
        for r in rows
        for n, h in enumerate(r["holders"], 1)
    ]
    bare = [{k: v for k, v in r.items() if k != "holders"} for r in rows]
    return (
        pl.DataFrame(bare, schema=TABLES["contracts"].schema),
        pl.DataFrame(holders, schema=TABLES["contract_titulaires"].schema),
    )


def listed(number: str, **given: Any) -> dict[str, Any]:
    """A row of the list as the portal gives it."""
    base = {
        "annee_de_notification": 2021, "numero_marche": number, "objet": "ENTRETIEN DES FONTAINES DU BOIS",
        "fournisseur_nom": "EAUX", "fournisseur_siret": FIRM, "montant_min": 0.0, "montant_max": 120_000.0,
        "date_notification": "2021-03-10", "is_multiattributaire": False,
    }  # fmt: skip
    return base | given


def as_list(rows: list[dict[str, Any]], name: str = "liste-ville") -> pl.DataFrame:
    """Rows of the portal as `lists.LIST_SCHEMA`."""
    made = parse_list(json.dumps(rows).encode(), COLUMNS)
    return made.with_columns(liste=pl.lit(name), ligne=pl.int_range(1, pl.len() + 1, dtype=pl.Int64)).select(
        list(LIST_SCHEMA)
    )
