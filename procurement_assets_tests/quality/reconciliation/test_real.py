"""The City's real DECP beside its real list: the figures of research/data.md §3, from the rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from procurement_assets.decp.parse import build_records
from procurement_assets.decp.tables import build_tables
from procurement_assets.lake import Lake
from procurement_assets.parquet import read_rows
from procurement_assets.publishers import ContractList, Publishers, load_publishers
from procurement_assets.quality.reconciliation.build import Reconciliation, build_reconciliation
from procurement_assets.quality.reconciliation.lists import LIST_SCHEMA, parse_list, read_lists
from procurement_assets.quality.reconciliation.measure import measure_rules
from procurement_assets.quality.reconciliation.pairing import match, prepare_contracts, prepare_rows
from procurement_assets.quality.reconciliation.years import totals
from procurement_assets.settings import PACKAGE, load_settings
from procurement_assets.sources.manifest import read_manifest
from procurement_assets.sources.snapshots import refresh_publisher
from procurement_assets_tests.conftest import Mirror

PARIS = "paris"


@pytest.fixture(scope="module")
def publishers() -> Publishers:
    return load_publishers(PACKAGE / "publishers.toml")


@pytest.fixture(scope="module")
def lake(publishers: Publishers, start_mirror: Callable[..., Mirror], tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The tables of Paris from the mirror, without OCDS nor checks."""
    lake = Lake(tmp_path_factory.mktemp("lake"))
    settings = load_settings({"PROCUREMENT_MIRROR": start_mirror().address, "PROCUREMENT_LAKE": str(lake.root)})
    rows = refresh_publisher(publishers, PARIS, lake=lake, settings=settings, now=datetime(2026, 1, 9, tzinfo=UTC))
    build_records(lake, PARIS, rows)
    with lake.table("decp_records", PARIS).open("rb") as read, lake.table("quarantine", PARIS).open("rb") as bad:
        built = build_tables(
            read_rows(read), read_rows(bad), publishers.publishers[PARIS], publishers.sources_of(PARIS)
        )
    with built:
        for table in built.tables.values():
            table.save(lake, PARIS)
    return lake


@pytest.fixture(scope="module")
def made(lake: Lake, publishers: Publishers) -> Reconciliation:
    return build_reconciliation(lake, PARIS, publishers.sources_of(PARIS))


def test_the_contracts_of_the_city_s_list_that_decp_lacks(made: Reconciliation) -> None:
    """1,551 of 5,385 by number; one of them is the contract 2022T09491, numbered with another letter in the list."""
    found = totals(made.frames["reconciliation_annees"], 2019, 2022)
    assert (found["contrats_liste"], found["liste_sans_numero_dans_decp"]) == (5385, 1551)
    assert (found["liste_seulement"], found["apparies_par_faits"]) == (1550, 1)
    assert dict(made.by_rule) == {"faits.tous": 1, "numero.egal": 3835}


def test_what_agrees_where_both_know_the_contract(made: Reconciliation) -> None:
    """Six of the amounts that agree are a cent apart."""
    found = totals(made.frames["reconciliation_annees"], 2019, 2022)
    shares = [round(100 * found[n], 1) for n in ("part_montants_egaux", "part_dates_egales", "part_titulaires_egaux")]
    assert shares == [82.3, 99.0, 90.7]


def test_one_amount_has_two_zeros_too_many(made: Reconciliation) -> None:
    rows = made.frames["reconciliation"].filter(pl.col("montant_glissement") == "×100")
    assert rows.select("cle", "montant", "montant_max_liste").rows() == [
        ("2175000160001920191050000015", 550_000_000.0, 5_500_000.0)
    ]


def test_the_year_2023_is_missing(made: Reconciliation) -> None:
    months = made.frames["reconciliation_mois"]
    empty = months.filter(pl.col("contrats_decp") < 0.05 * pl.col("contrats_mediane"))
    assert empty["mois"].to_list() == [f"2023-{m:02}" for m in range(1, 13)]
    assert months["mois"].to_list()[-1] == "2025-12"


def test_the_match_rules_without_numbers(lake: Lake, publishers: Publishers) -> None:
    """docs/decisions.md, "Reconciliation": the figures there are these."""
    rows = read_lists(lake, publishers.sources_of(PARIS), read_manifest(lake, PARIS)).frame
    contracts = prepare_contracts(lake.read_table("contracts", PARIS), lake.read_table("contract_titulaires", PARIS))
    measure = measure_rules(contracts, prepare_rows(rows))
    assert (measure.truth, measure.found, measure.right) == (3835, 3734, 3734)
    assert (measure.orphans, measure.false_alarms) == (1918, 6)


def test_the_rules_in_format_2022(lake: Lake, shared: Path) -> None:
    """52 real rows of the list of 2023-2024, whose abridged titles and other amounts make it harder: 46 join by number;
    numbers hidden, 37 are found, all right."""
    data = (shared / "reference" / "decp_defect_samples" / "paris_portal_marches.json").read_bytes()
    rows = parse_list(data, ContractList()).filter(pl.col("annee") >= 2023).with_columns(liste=pl.lit("l"))
    rows = rows.with_columns(ligne=pl.int_range(1, pl.len() + 1, dtype=pl.Int64)).select(list(LIST_SCHEMA))
    contracts = prepare_contracts(lake.read_table("contracts", PARIS), lake.read_table("contract_titulaires", PARIS))
    found = match(contracts, prepare_rows(rows))
    assert dict(found.pairs["regle"].value_counts().iter_rows()) == {"numero.annee": 46}
    measure = measure_rules(contracts, prepare_rows(rows))
    assert (measure.truth, measure.found, measure.right, measure.false_alarms) == (46, 37, 37, 0)
