"""Small registers in the real forms of their files, behind a scripted host that stands for every public one."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pytest_httpserver import HTTPServer

from procurement_assets.lake import Lake
from procurement_assets.registers.model import Register
from procurement_assets.sample.registers import genericode
from procurement_assets.schema import TABLES
from procurement_assets.sources.http import HttpClient
from procurement_assets_tests.sources.conftest import Host

NOW = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
LATER = datetime(2027, 1, 1, 3, 0, tzinfo=UTC)
CODES = [
    ("03000000", "Produits agricoles", "Agricultural products"),
    ("03100000", "Horticulture", "Horticulture"),
    ("45000000", "Travaux de construction", "Construction work"),
    ("45111291", "Travaux d'aménagement & voirie", "Site-development work"),
]
DEPARTEMENTS = [
    {"code": "75", "region": "11", "chefLieu": "75056", "nom": "Paris", "typeLiaison": 0, "zone": "metro"},
    {"code": "2A", "region": "94", "chefLieu": "2A004", "nom": "Corse-du-Sud", "typeLiaison": 0, "zone": "metro"},
    {"code": "974", "region": "04", "chefLieu": "97411", "nom": "La Réunion", "typeLiaison": 0, "zone": "drom"},
]
REGIONS = [
    {"code": "11", "chefLieu": "75056", "nom": "Île-de-France", "typeLiaison": 1, "zone": "metro"},
    {"code": "04", "chefLieu": "97411", "nom": "La Réunion", "typeLiaison": 0, "zone": "drom"},
]


def gc(*more: tuple[str, str, str]) -> bytes:
    return genericode([*CODES, *more]).encode()


def as_json(rows: list[dict[str, Any]]) -> bytes:
    return json.dumps(rows, ensure_ascii=False).encode()


def unit(siren: str, **changes: Any) -> dict[str, Any]:
    """A unit as INSEE's stock gives it: numbers for the legal category, names of people in columns of their own."""
    return {
        "siren": siren,
        "statutDiffusionUniteLegale": "O",
        "dateCreationUniteLegale": date(2001, 5, 2),
        "prenom1UniteLegale": None,
        "nomUniteLegale": None,
        "denominationUniteLegale": f"SOCIETE {siren}",
        "denominationUsuelle1UniteLegale": None,
        "categorieJuridiqueUniteLegale": 5710,
        "activitePrincipaleUniteLegale": "81.30Z",
        "trancheEffectifsUniteLegale": "12",
        "anneeEffectifsUniteLegale": 2023,
        "categorieEntreprise": "PME",
        "economieSocialeSolidaireUniteLegale": "N",
        "dateDernierTraitementUniteLegale": datetime(2026, 11, 2, 8, 30),
        "etatAdministratifUniteLegale": "A",
        "dateDebut": date(2020, 1, 1),
        **changes,
    }


def stock_file(path: Path, *units: dict[str, Any]) -> Path:
    pl.DataFrame(list(units), infer_schema_length=None).write_parquet(path)
    return path


def stock_bytes(*units: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame(list(units), infer_schema_length=None).write_parquet(buffer)
    return buffer.getvalue()


def holders(lake: Lake, publisher: str, *sirens: str | None) -> None:
    """Tables of a publisher whose holders have these SIRENs."""
    rows = [{"uid": f"u{n}", "version": 0, "rang": 1, "titulaire_siren": siren} for n, siren in enumerate(sirens)]
    lake.write_table(TABLES["contract_titulaires"].frame(rows), "contract_titulaires", publisher)


def register(kind: str, *addresses: str, id: str = "essai") -> Register:
    return Register(
        id=id,
        name="Registre d'essai",
        publisher="Producteur",
        licence="Licence Ouverte 2.0",
        licence_url="https://exemple.fr/licence",
        kind=kind,  # type: ignore[arg-type]
        addresses=addresses or ("https://a.exemple.fr/liste",),
    )


@pytest.fixture
def host(httpserver: HTTPServer) -> Host:
    return Host(httpserver)


@pytest.fixture
def client(host: Host) -> HttpClient:
    return HttpClient(mirror=host.url, attempts=2, backoff=0.0, sleep=lambda _: None)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")
