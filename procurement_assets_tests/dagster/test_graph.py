"""The graph: it loads, says what it is, materialises the demo on a temporary lake, and blocks where it must."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest
import yaml

from procurement_assets.definitions import defs
from procurement_assets.lake import Lake
from procurement_assets.schema import TABLES


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lake, dg.ExecuteInProcessResult]]:
    """The demo's publisher, materialised once, without any request."""
    root = tmp_path_factory.mktemp("lake")
    with pytest.MonkeyPatch.context() as patch, dg.DagsterInstance.ephemeral() as instance:
        patch.setenv("PROCUREMENT_OFFLINE", "1")
        patch.setenv("PROCUREMENT_LAKE", str(root))
        result = _refresh(instance)
        yield Lake(str(root)), result


def _refresh(instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    job = defs().resolve_job_def("refresh")
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    return job.execute_in_process(instance=instance, partition_key="paris", run_config=quiet, raise_on_error=False)


def _checks(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    events = [e for e in result.all_events if e.event_type_value == "ASSET_CHECK_EVALUATION"]
    return {e.asset_check_evaluation_data.check_name: e.asset_check_evaluation_data for e in events}


def test_every_asset_has_a_french_description_an_owner_a_kind_and_a_group() -> None:
    graph = defs().resolve_asset_graph()
    for key in graph.materializable_asset_keys:
        node = graph.get(key)
        assert node.description, key
        assert node.owners == ["team:dsin"], key
        assert node.kinds, key
        assert node.group_name != "default", key
        assert "dagster/code_references" in node.metadata, key


def test_every_table_shows_its_columns_and_where_they_come_from() -> None:
    graph = defs().resolve_asset_graph()
    for key in graph.materializable_asset_keys:
        name = key.to_user_string()
        if name in TABLES:
            schema = graph.get(key).metadata["dagster/column_schema"]
            assert [c.name for c in schema.columns] == [c.name for c in TABLES[name].columns]
            assert all(c.description for c in schema.columns)
    lineage = graph.get(dg.AssetKey("contracts")).metadata["dagster/column_lineage"]
    assert dg.AssetKey("decp_records") in {d.asset_key for d in lineage.deps_by_column["codeCPV"]}


def test_the_daily_job_starts_at_half_past_five_in_paris_for_each_enabled_publisher() -> None:
    schedule = defs().resolve_schedule_def("refresh_quotidien")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 5 * * *", "Europe/Paris")
    context = dg.build_schedule_context(
        scheduled_execution_time=datetime(2026, 11, 23, 4, 30, tzinfo=UTC), repository_def=defs().get_repository_def()
    )
    requests = schedule.evaluate_tick(context).run_requests or []
    assert [(r.partition_key, r.run_key) for r in requests] == [("paris", "paris-2026-11-23")]


def test_the_exports_have_a_freshness_policy() -> None:
    graph = defs().resolve_asset_graph()
    for name in ("decp_exports", "ocds_exports"):
        policy = graph.get(dg.AssetKey(name)).freshness_policy_or_from_metadata
        assert policy is not None
        assert policy.deadline_cron == "0 7 * * *"


def test_the_demo_runs_to_the_end_and_shows_every_outcome(demo: tuple[Lake, dg.ExecuteInProcessResult]) -> None:
    lake, result = demo
    assert result.success
    ledger = lake.read_table("ledger", "paris")
    assert set(ledger["outcome"]) == {"kept", "merged", "superseded", "out_of_scope", "quarantined"}
    contracts = lake.read_table("contracts", "paris").height + lake.read_table("concessions", "paris").height
    assert ledger.filter(pl.col("outcome") == "kept").height == contracts
    assert lake.read_table("concessions", "paris").height > 0
    assert lake.read_table("subcontracts", "paris").height > 0


def test_without_network_the_official_check_says_it_was_skipped_and_why(
    demo: tuple[Lake, dg.ExecuteInProcessResult],
) -> None:
    _, result = demo
    check = _checks(result)["publications_valides"]
    assert check.passed
    assert check.metadata["schéma"].value == "profil de la Ville"
    assert "contrôle sauté" in check.metadata["schéma officiel"].value
    assert "PROCUREMENT_OFFLINE" in check.metadata["schéma officiel"].value


def test_a_failed_rule_shows_its_rows_as_a_table(demo: tuple[Lake, dg.ExecuteInProcessResult]) -> None:
    _, result = demo
    failed = [c for name, c in _checks(result).items() if not c.passed and name.startswith("decp_t_202")]
    assert len(failed) == 1
    table = failed[0].metadata["premières lignes en défaut"]
    assert len(table.value.records) == min(50, failed[0].metadata["lignes en défaut"].value)


def test_the_record_package_says_what_it_is(demo: tuple[Lake, dg.ExecuteInProcessResult]) -> None:
    lake, _ = demo
    package = json.loads((lake.exports("paris") / "record_package.json").read_bytes())
    assert package["version"] == "1.1"
    assert package["license"] == "https://www.etalab.gouv.fr/licence-ouverte-open-licence"
    assert package["publishedDate"].startswith("2026-01-20T")
    assert len(package["records"]) == lake.read_table("ocids", "paris").height


def test_a_blocking_check_stops_what_is_downstream_and_leaves_the_last_exports(
    demo: tuple[Lake, dg.ExecuteInProcessResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger loses a line: its sums block, the exports of the last good run stay, the report is written."""
    lake, _ = demo
    monkeypatch.setenv("PROCUREMENT_OFFLINE", "1")
    monkeypatch.setenv("PROCUREMENT_LAKE", str(lake.root))
    before = {f.name: f.stat().st_mtime_ns for f in Path(str(lake.exports("paris"))).iterdir() if f.is_file()}
    from procurement_assets.assets import tables
    from procurement_assets.decp.table_file import TableFile
    from procurement_assets.portal.exports.manifest import manifest_faults

    real = tables.build_tables

    def lossy(*args: Any, **kwargs: Any) -> Any:
        built = real(*args, **kwargs)
        with built.tables["ledger"] as whole:
            cut = TableFile(whole.table)
            cut.write(whole.frame().slice(1))
        built.tables["ledger"] = cut.finish()
        return built

    monkeypatch.setattr(tables, "build_tables", lossy)
    with dg.DagsterInstance.ephemeral() as instance:
        result = _refresh(instance)
    assert not result.success
    sums = _checks(result)["ledger_sums"]
    assert not sums.passed
    assert sums.blocking
    materialised = {e.asset_key.to_user_string() for e in result.all_events if e.is_step_materialization}
    assert "quality_report" in materialised
    stopped = {"ocds_releases", "ocds_exports", "decp_exports", "publication_plan", "publication_opendatasoft"}
    assert not materialised & stopped
    after = {f.name: f.stat().st_mtime_ns for f in Path(str(lake.exports("paris"))).iterdir() if f.is_file()}
    for reports in (before, after):
        del reports["quality_report.html"]
    assert after == before
    assert manifest_faults(lake, "paris") == []


def test_a_failed_run_makes_an_alert_that_names_the_step(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from procurement_assets.automation import failure_alert

    @dg.op
    def lecture() -> None:
        raise ValueError("fichier illisible : f.json")

    @dg.job
    def refresh() -> None:
        lecture()

    with dg.DagsterInstance.ephemeral() as instance:
        result = refresh.execute_in_process(
            instance=instance, raise_on_error=False, tags={"dagster/partition": "paris"}
        )
        context = dg.build_run_status_sensor_context(
            sensor_name="alerte_echec",
            dagster_event=result.get_run_failure_event(),
            dagster_instance=instance,
            dagster_run=result.dagster_run,
        ).for_run_failure()
        alert = failure_alert(context)
    assert (alert.job, alert.publisher) == ("refresh", "paris")
    assert alert.steps == (("lecture", "ValueError: fichier illisible : f.json"),)


def test_telemetry_and_analytics_are_off() -> None:
    instance = yaml.safe_load((Path(__file__).parents[2] / "dagster.yaml").read_text())
    assert instance["telemetry"]["enabled"] is False
    defs()
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"
