"""Checks in Dagster, really run: on partitioned toy assets with tables written in a lake."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import msgspec
import polars as pl
import pytest

from procurement_assets.checks import ALL_RAN, LEDGER_SUMS, build_checks, check_name
from procurement_assets.lake import Lake
from procurement_assets.quality.catalogue import Catalogue, CatalogueError, load_catalogue
from procurement_assets.quality.ledger import NEEDED
from procurement_assets.quality.model import PREFIXES, Limit, Rule, Thresholds
from procurement_assets.resources.lake import LakeResource
from procurement_assets.schema import TABLES
from procurement_assets_tests.quality.support import BUYER, one_contract
from procurement_assets_tests.quality.test_ledger import sound

PARTITIONS = dg.StaticPartitionsDefinition(["paris", "national-2019"])
AMOUNT = Rule(
    id="DECP-M-403",
    title="Le montant n'est pas factice",
    explanation="Dix euros tiennent lieu de montant inconnu.",
    severity="critical",
    legal_basis="art. 1er",
    advice="Corriger le montant.",
    column="montant",
    expectation="expect_column_values_to_not_be_in_set",
    arguments={"value_set": [10]},
)
KEY = Rule(
    id="DECP-M-900",
    title="Bloquante",
    explanation="Un montant de moins de 10 euros arrête tout.",
    severity="critical",
    legal_basis="bonne pratique",
    advice="Corriger.",
    blocking=True,
    expression="montant >= 10",
)
BROKEN = Rule(
    id="DECP-M-901",
    title="En panne",
    explanation="Ne peut pas être exécutée.",
    severity="info",
    legal_basis="bonne pratique",
    advice="Réparer.",
    expression="CAST(objet AS INTEGER) > 0",
)


@pytest.fixture(scope="module")
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test() as made:
        yield made


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    made = Lake(tmp_path)
    for name in TABLES:
        made.write_table(TABLES[name].frame([]), name, "paris")
    return made


def _asset(name: str, deps: list[str], ran: list[str]) -> dg.AssetsDefinition:
    @dg.asset(name=name, deps=deps, partitions_def=PARTITIONS)
    def made() -> None:
        ran.append(name)

    return made


def _run(
    lake: Lake, instance: dg.DagsterInstance, *rules: Rule, keys: Any = None, partition: str | None = "paris"
) -> tuple[Any, list[str], dict[str, Any]]:
    """Run the job on a partition: the result, the assets that ran, the evaluations by name."""
    ran: list[str] = []
    catalogue = Catalogue({"contracts": rules}) if rules else load_catalogue()
    tables = [*NEEDED, *(t for t in PREFIXES if t not in NEEDED), "repairs"]
    selection = dg.AssetSelection.all() if keys is None else keys
    definitions = dg.Definitions(
        assets=[*(_asset(name, [], ran) for name in tables), _asset("aval", ["contracts", "ledger"], ran)],
        asset_checks=build_checks(PARTITIONS, catalogue),
        jobs=[dg.define_asset_job("tout", selection=selection)],
        resources={"lake": LakeResource(root=str(lake.root))},
        executor=dg.in_process_executor,
    )
    job = definitions.resolve_job_def("tout")
    result = job.execute_in_process(partition_key=partition, instance=instance, raise_on_error=False)
    return result, ran, {e.check_name: e for e in result.get_asset_check_evaluations()}


def _amount(lake: Lake, *values: float) -> None:
    frames = [
        one_contract(montant=v).with_columns(uid=pl.lit(f"{BUYER}X{n}"), id=pl.lit(f"X{n}"))
        for n, v in enumerate(values)
    ]
    lake.write_table(pl.concat(frames), "contracts", "paris")


def _unbalanced_is_fine(lake: Lake) -> None:
    """Give the ledger what the contracts ask, so that only rules can block."""
    contracts = lake.read_table("contracts", "paris")
    lines = [
        {
            "source": "s",
            "file_sha256": "a",
            "fichier": "a.json",
            "position": n,
            "uid": u,
            "outcome": "kept",
            "reason": "kept",
        }
        for n, u in enumerate(contracts["uid"])
    ]
    lake.write_table(pl.DataFrame(lines, schema=TABLES["ledger"].schema, orient="row"), "ledger", "paris")
    file = {"source": "s", "file_sha256": "a", "fichier": "a.json", "fichier_date": "2026-01-08", "found": len(lines)}
    lake.write_table(pl.DataFrame([file], schema=TABLES["files"].schema, orient="row"), "files", "paris")


def test_a_finding_warns_with_its_rows_and_what_is_downstream_runs(lake: Lake, instance: dg.DagsterInstance) -> None:
    _amount(lake, 10.0, 20.0, 10.0)
    _unbalanced_is_fine(lake)
    result, ran, checks = _run(lake, instance, AMOUNT, KEY)
    assert result.success
    assert "aval" in ran
    found = checks[check_name(AMOUNT)]
    assert (found.passed, found.severity, found.blocking, found.partition) == (
        False,
        dg.AssetCheckSeverity.WARN,
        False,
        "paris",
    )
    values = {k: v.value for k, v in found.metadata.items() if k != "premières lignes en défaut"}
    assert values["Data Docs"] == "http://127.0.0.1:3001/paris/contracts.html"
    assert values["attendu"] == "une autre valeur que : 10"
    assert values["lignes en défaut"] == 2
    assert values["lignes jugées"] == 3
    assert values["part en défaut"] == pytest.approx(2 / 3, abs=1e-6)
    assert (values["gravité"], values["base légale"], values["conseil"]) == (
        "critique",
        "art. 1er",
        "Corriger le montant.",
    )
    records = found.metadata["premières lignes en défaut"].records
    assert [r.data for r in records] == [{"record": f"{BUYER}X{n}", "montant": "10"} for n in (0, 2)]
    assert checks[check_name(KEY)].passed
    assert checks[ALL_RAN].passed
    assert checks[LEDGER_SUMS].passed


def test_a_blocking_finding_stops_what_is_downstream(lake: Lake, instance: dg.DagsterInstance) -> None:
    _amount(lake, 9.0, 20.0)
    _unbalanced_is_fine(lake)
    result, ran, checks = _run(lake, instance, AMOUNT, KEY)
    assert not result.success
    assert "aval" not in ran
    assert "contracts" in ran
    found = checks[check_name(KEY)]
    assert (found.passed, found.severity, found.blocking) == (False, dg.AssetCheckSeverity.ERROR, True)
    # The others were recorded all the same.
    assert checks[check_name(AMOUNT)].passed


def test_a_blocking_rule_blocks_above_its_threshold_and_warns_below(lake: Lake, instance: dg.DagsterInstance) -> None:
    """The gate, with figures: at most half of the rows may fail."""
    tolerant = msgspec.structs.replace(KEY, thresholds=Thresholds(blocking=Limit(share=0.5)))
    _amount(lake, 9.0, 20.0)
    _unbalanced_is_fine(lake)
    result, ran, checks = _run(lake, instance, tolerant)
    found = checks[check_name(tolerant)]
    assert (result.success, "aval" in ran, found.passed, found.severity) == (
        True,
        True,
        False,
        dg.AssetCheckSeverity.WARN,
    )
    _amount(lake, 9.0, 20.0, 8.0)
    _unbalanced_is_fine(lake)
    result, ran, checks = _run(lake, instance, tolerant)
    assert (result.success, "aval" in ran, checks[check_name(tolerant)].severity) == (
        False,
        False,
        dg.AssetCheckSeverity.ERROR,
    )


def test_a_rule_that_cannot_run_blocks_even_if_it_is_not_blocking(lake: Lake, instance: dg.DagsterInstance) -> None:
    _amount(lake, 20.0)
    _unbalanced_is_fine(lake)
    result, ran, checks = _run(lake, instance, AMOUNT, BROKEN)
    assert not result.success
    assert "aval" not in ran
    assert not checks[check_name(BROKEN)].passed
    told = checks[check_name(BROKEN)].metadata["erreur"].value
    assert "n'est pas de la forme attendue (INT32)" in told  # what DuckDB says, in French
    assert "lignes en défaut" in checks[check_name(BROKEN)].metadata
    assert (checks[ALL_RAN].passed, checks[ALL_RAN].metadata["règles en erreur"].value) == (False, 1)
    assert checks[check_name(AMOUNT)].passed


def test_a_ledger_that_does_not_add_up_stops_what_is_downstream(lake: Lake, instance: dg.DagsterInstance) -> None:
    tables = sound()
    for name, frame in tables.items():
        lake.write_table(frame, name, "paris")
    assert _run(lake, instance, AMOUNT)[0].success
    lake.write_table(tables["ledger"].filter(pl.col("uid") != "c0"), "ledger", "paris")
    result, ran, checks = _run(lake, instance, AMOUNT)
    assert not result.success
    assert "aval" not in ran
    found = checks[LEDGER_SUMS]
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert {k for k in found.metadata if k.startswith("en défaut")} >= {"en défaut : files", "en défaut : kept"}


def test_the_whole_catalogue_runs_on_empty_tables(lake: Lake, instance: dg.DagsterInstance) -> None:
    result, ran, checks = _run(lake, instance)
    assert result.success
    assert "aval" in ran
    assert {check_name(rule) for rule in load_catalogue().rules} <= set(checks)
    assert all(check.passed for check in checks.values())


def test_a_table_runs_with_one_of_its_checks(lake: Lake, instance: dg.DagsterInstance) -> None:
    _amount(lake, 10.0)
    keys = dg.AssetSelection.assets("contracts").without_checks() | _one_check()
    result, ran, checks = _run(lake, instance, AMOUNT, KEY, keys=keys)
    assert result.success
    assert (ran, list(checks)) == (["contracts"], [check_name(AMOUNT)])


def test_a_check_without_a_partition_says_what_to_do(lake: Lake, instance: dg.DagsterInstance) -> None:
    """Dagster 1.13 gives no partition to a run of checks alone (job_definition._get_partitions_def)."""
    result, _, checks = _run(lake, instance, AMOUNT, keys=_one_check(), partition=None)
    assert not result.success
    assert checks == {}
    (failure,) = [e for e in result.all_events if e.event_type_value == "STEP_FAILURE"]
    assert "sur la partition d'un éditeur" in str(failure.step_failure_data.user_failure_data)


def _one_check() -> dg.AssetSelection:
    return dg.AssetSelection.checks(dg.AssetCheckKey(dg.AssetKey("contracts"), check_name(AMOUNT)))


def test_a_broken_catalogue_stops_the_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "contracts.yml").write_text("table: contracts\nrules:\n  - id: DECP-M-1\n", encoding="utf-8")
    monkeypatch.setattr("procurement_assets.checks.load_catalogue", lambda: load_catalogue(tmp_path))
    with pytest.raises(CatalogueError, match=r"contracts\.yml:3: DECP-M-1: champ manquant"):
        build_checks(PARTITIONS)
