"""The assets of reconciliation, of the watch and of the trend, materialised on small lakes of the demo's publisher."""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from procurement_assets.assets import reconciliation, watch
from procurement_assets.lake import Lake, write_bytes
from procurement_assets.quality.results import findings
from procurement_assets.quality.trend import record_run
from procurement_assets.resources.lake import LakeResource
from procurement_assets.schema import TABLES
from procurement_assets.sources.manifest import ManifestRow, write_manifest
from procurement_assets_tests.quality.reconciliation.support import contract, listed, tables
from procurement_assets_tests.quality.watch.histories import history

SOURCES = ("demo-maximilien", "demo-consolidation", "demo-liste-marches")
PARIS = "paris"


def _manifest(lake: Lake, rows: list[dict[str, Any]] | None, **status: str) -> None:
    """The demo's three sources; the list holds `rows`, the status of a source is by its last word."""
    files = []
    for source in SOURCES:
        data = json.dumps(rows or []).encode() if source.endswith("marches") else source.encode()
        sha = hashlib.sha256(data).hexdigest()
        write_bytes(lake.raw(sha), data)
        said: Any = status.get(source.split("-")[-1], "kept")
        files.append(
            ManifestRow(source=source, resource_id=source, title=source, url="u", status=said, sha256=sha,
                        read=not source.endswith("marches"))
        )  # fmt: skip
    write_manifest(lake, PARIS, files)


def _lake(root: Path, contracts: list[dict[str, Any]]) -> Lake:
    lake = Lake(root)
    made, holders = tables(contracts)
    lake.write_table(made, "contracts", PARIS)
    lake.write_table(holders, "contract_titulaires", PARIS)
    for name in ("concessions", "ledger", "decp_records"):
        lake.write_table(pl.DataFrame(schema=TABLES[name].schema), name, PARIS)
    files = {"source": ["demo-maximilien"], "file_sha256": ["a" * 64], "fichier_date": ["2026-01-08T00:00:00"]}
    lake.write_table(pl.DataFrame(files, schema_overrides=TABLES["files"].schema), "files", PARIS)
    return lake


def _feed(feed: pl.DataFrame) -> list[dict[str, Any]]:
    return [
        contract(f"2025S{n:05}", source=SOURCES[0], sources=[SOURCES[0]], dateNotification=notified,
                 datePublicationDonnees=published, montant=amount)
        for n, (_, notified, published, amount) in enumerate(feed.iter_rows())
    ]  # fmt: skip


def _checks(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    events = [e for e in result.all_events if e.event_type_value == "ASSET_CHECK_EVALUATION"]
    return {e.asset_check_evaluation_data.check_name: e.asset_check_evaluation_data for e in events}


def _materialize(lake: Lake, *assets: Any) -> dg.ExecuteInProcessResult:
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize(
            assets, resources={"lake": LakeResource(root=str(lake.root))}, partition_key=PARIS, instance=instance
        )


def test_reconciliation_tables_say_which_lists_were_read(tmp_path: Path) -> None:
    lake = _lake(tmp_path, [contract("2021S00001")])
    _manifest(lake, [listed("20212021S00001"), listed("20212021S00002")])
    result = _materialize(lake, reconciliation.build_reconciliation_tables, *reconciliation.CHECKS)
    assert result.success
    made = {e.asset_key.to_user_string(): e.materialization for e in result.get_asset_materialization_events()}
    assert made["reconciliation"].metadata["listes lues"].value == "demo-liste-marches"
    assert made["reconciliation"].metadata["numero.annee"].value == 1
    assert made["reconciliation"].metadata["dagster/partition_row_count"].value == 2
    assert _checks(result)["listes_lisibles"].passed


def test_a_list_that_cannot_be_read_warns_and_stops_nothing(tmp_path: Path) -> None:
    lake = _lake(tmp_path, [contract("2021S00001")])
    _manifest(lake, [{"titre": "rien"}])
    result = _materialize(lake, reconciliation.build_reconciliation_tables, *reconciliation.CHECKS)
    assert result.success
    check = _checks(result)["listes_lisibles"]
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "ni numéro de marché" in check.description


def test_a_steady_feed_passes_every_check(tmp_path: Path) -> None:
    lake = _lake(tmp_path, _feed(history(1)))
    _manifest(lake, [listed("1")])
    checks = _checks(_materialize(lake, watch.watch_feeds, *watch.CHECKS))
    assert set(checks) == set(watch.CHECKED)
    assert [name for name, check in checks.items() if not check.passed] == []


@pytest.mark.parametrize("fault", ["flux_volume", "flux_silencieux", "flux_depublie", "flux_montants"])
def test_a_fault_warns_in_the_same_run(tmp_path: Path, fault: str) -> None:
    feed = history(1)
    october = pl.col("notification").dt.truncate("1mo") == date(2025, 10, 1)
    if fault == "flux_volume":
        feed = feed.filter(~october)
    if fault == "flux_silencieux":
        feed = feed.filter(pl.col("publication") <= date(2026, 1, 8) - timedelta(days=40))
    if fault == "flux_montants":
        feed = feed.with_columns(montant=pl.when(october).then(pl.col("montant") * 100).otherwise("montant"))
    lake = _lake(tmp_path, _feed(feed))
    _manifest(lake, [listed("1")], **({"maximilien": "gone"} if fault == "flux_depublie" else {}))
    result = _materialize(lake, watch.watch_feeds, *watch.CHECKS)
    assert result.success
    check = _checks(result)[fault]
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert check.description
    assert check.metadata["alertes"].value >= 1


def test_the_trend_tables_come_from_the_history(tmp_path: Path) -> None:
    lake = _lake(tmp_path, [contract("2021S00001")])
    lake.write_table(findings([]), "findings", PARIS)
    record_run(lake, PARIS, [], findings([]), date(2026, 1, 8))
    result = _materialize(lake, watch.trend_of_quality)
    assert result.success
    made = {e.asset_key.to_user_string(): e.materialization for e in result.get_asset_materialization_events()}
    assert set(made) == {"quality_trend", "findings_changes", "quality_months"}
    assert made["quality_trend"].metadata["exécution"].value.startswith("000001-2026-01-08-")
    assert made["findings_changes"].metadata["exécution précédente"].value == "aucune"
