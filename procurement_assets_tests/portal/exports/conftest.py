"""A small lake of our own, with every table that the exports read, and the exports made from it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from procurement_assets.lake import Lake
from procurement_assets.portal.exports.catalogue import write_catalogue
from procurement_assets.portal.exports.data_package import write_data_package, write_schemas
from procurement_assets.portal.exports.feed import write_feed
from procurement_assets.portal.exports.manifest import write_manifest
from procurement_assets.portal.exports.spec import About
from procurement_assets.portal.exports.tables import (
    write_database_export,
    write_table_exports,
    write_workbook_export,
)
from procurement_assets.publishers import load_publishers
from procurement_assets.schema import TABLES
from procurement_assets.schema.column import Table
from procurement_assets.settings import PACKAGE

BUYER = "21750001600019"
PUBLISHERS = load_publishers(PACKAGE / "publishers.toml")

_EMPTY = {"string": "", "integer": 0, "number": 0.0, "boolean": False, "list": [], "date": date(2024, 1, 1)}


def row(table: Table, **values: Any) -> dict[str, Any]:
    """A row of a table: what a test says, the least for the other required columns, nothing for the rest."""
    return {c.name: _EMPTY[c.type] for c in table.columns if c.required} | values


def contract(number: str, **values: Any) -> dict[str, Any]:
    """A marché of 2024."""
    known = {
        "uid": f"{BUYER}{number}",
        "id": number,
        "acheteur_id": BUYER,
        "acheteur_siren": BUYER[:9],
        "format": "2022",
        "nature": "Marché",
        "objet": f"Fourniture {number}",
        "codeCPV": "03110000",
        "type": "Fournitures",
        "procedure": "Procédure adaptée",
        "techniques": ["Accord-cadre", "Sans objet"],
        "dureeMois": 12,
        "dateNotification": date(2024, 3, 1),
        "datePublicationDonnees": date(2024, 3, 15),
        "montant": 1234.5,
        "montant_actuel": 1234.5,
        "marcheInnovant": False,
        "source": "maximilien",
        "sources": ["maximilien"],
    }
    return row(TABLES["contracts"], **(known | values))


def holder(number: str, version: int, rank: int, id_: str, name: str | None = None) -> dict[str, Any]:
    """A holder of a marché."""
    return row(
        TABLES["contract_titulaires"],
        uid=f"{BUYER}{number}",
        version=version,
        rang=rank,
        titulaire_id=id_,
        titulaire_typeIdentifiant="SIRET",
        titulaire_nom=name,
    )


def version(number: str, number_of_version: int, day: date, amount: float) -> dict[str, Any]:
    """A version of a marché."""
    return row(
        TABLES["contract_versions"],
        uid=f"{BUYER}{number}",
        version=number_of_version,
        date=day,
        date_publication=day,
        montant=amount,
        dureeMois=12,
    )


LIVE = '=HYPERLINK("http://x";"y")'
CONTRACTS = [
    contract("2024A1"),
    contract("2024A2", objet=LIVE, montant=2_000_000.0, montant_actuel=2_500_000.0, nombre_modifications=1),
    contract("2024A3", objet="- Lot 1 ; « étude »", montant=None, montant_actuel=None, codeCPV=None, type=None),
]
VERSIONS = [
    version("2024A1", 0, date(2024, 3, 1), 1234.5),
    version("2024A2", 0, date(2024, 3, 1), 2_000_000.0),
    version("2024A2", 1, date(2024, 9, 1), 2_500_000.0),
    version("2024A3", 0, date(2024, 3, 1), 0.0),
]
HOLDERS = [
    holder("2024A1", 0, 1, "00123456700019", "@SUM(A1)"),
    holder("2024A1", 0, 2, "39190347300034", "A|B"),
    holder("2024A2", 0, 1, "51921940600021"),
    holder("2024A2", 1, 1, "44034824100033", "REPRENEUR"),
]
CONCESSION = row(
    TABLES["concessions"],
    uid=f"{BUYER}C1",
    id="C1",
    acheteur_id=BUYER,
    acheteur_siren=BUYER[:9],
    format="2022",
    nature="Concession de service",
    objet="Kiosques",
    dateSignature=date(2024, 5, 2),
    datePublicationDonnees=date(2024, 5, 3),
    valeurGlobale=500_000.0,
    valeurGlobale_actuelle=500_000.0,
    source="maximilien",
    sources=["maximilien"],
)
REPAIR = {
    "source": "maximilien",
    "file_sha256": "0" * 64,
    "position": 0,
    "uid": f"{BUYER}2024A1",
    "path": "codeCPV",
    "rule": "cpv.leading-zero",
    "original": '"3110000"',
    "value": '"03110000"',
}
FILE = {
    "source": "maximilien",
    "file_sha256": "0" * 64,
    "fichier": "decp-2024.json",
    "fichier_date": "2026-01-08T05:10:00+01:00",
    "url": "https://example.org/decp-2024.json",
    "encoding": "utf-8",
    "container": "json",
}


def fill(lake: Lake, contracts: list[dict[str, Any]] | None = None, day: str = "2026-01-08") -> About:
    """Write the tables of the lake; returns what the exports say of where they come from."""
    rows: dict[str, list[dict[str, Any]]] = {
        "contracts": CONTRACTS if contracts is None else contracts,
        "contract_versions": VERSIONS,
        "contract_titulaires": HOLDERS,
        "concessions": [CONCESSION],
        "concession_titulaires": [row(TABLES["concession_titulaires"], uid=f"{BUYER}C1", rang=1, titulaire_id="X")],
        "concession_versions": [row(TABLES["concession_versions"], uid=f"{BUYER}C1")],
        "repairs": [REPAIR],
        "files": [FILE],
    }
    known = {r["uid"] for r in rows["contracts"]}
    for name in ("contract_versions", "contract_titulaires"):
        rows[name] = [r for r in rows[name] if r["uid"] in known]
    for name in ("subcontracts", "concession_execution", *rows):
        table = TABLES[name]
        frame = table.frame([row(table, **r) for r in rows.get(name, [])])
        lake.write_table(frame, name, "paris")
    lake.write_table(ocids([*rows["contracts"], *rows["concessions"]]), "ocids", "paris")
    return About(publisher=PUBLISHERS.publishers["paris"], data_date=f"{day}T05:10:00+01:00")


def ocids(contracts: list[dict[str, Any]]) -> pl.DataFrame:
    """The table `ocids` of some contracts."""
    table = TABLES["ocids"]
    return table.frame([row(table, uid=c["uid"], ocid=f"ocds-xxxxxx-{c['uid']}") for c in contracts])


def write_all(lake: Lake, about: About) -> Path:
    """The whole export set; returns its folder."""
    write_table_exports(lake, about)
    write_workbook_export(lake, about)
    write_database_export(lake, about)
    write_feed(lake, about)
    write_schemas(lake, about)
    write_data_package(lake, about, PUBLISHERS.sources_of("paris"))
    write_catalogue(lake, about)
    write_manifest(lake, about)
    return Path(str(lake.exports("paris")))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """An empty lake."""
    return Lake(tmp_path / "lake")


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake with the whole export set, to be read only."""
    lake = Lake(tmp_path_factory.mktemp("exports") / "lake")
    write_all(lake, fill(lake))
    return lake


@pytest.fixture(scope="session")
def folder(made: Lake) -> Path:
    """Its export folder."""
    return Path(str(made.exports("paris")))
