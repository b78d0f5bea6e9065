"""Publication in the graph: off by default, stopped by a blocking check, told in the UI."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from procurement_assets.alerts import message
from procurement_assets.assets import publish as wiring
from procurement_assets.assets.partitions import publisher_partitions
from procurement_assets.automation import alert_on_failure, failure_alert
from procurement_assets.definitions import defs
from procurement_assets.lake import Lake
from procurement_assets.resources.lake import LakeResource
from procurement_assets.settings import Settings
from procurement_assets_tests.publishing.graph import QUIET, Run, failure_context, instance, lake, new_instance, run
from procurement_assets_tests.publishing.ods_server import Server
from procurement_assets_tests.publishing.support import rows, write_exports

__all__ = ["instance", "lake", "new_instance", "run"]

pytestmark = pytest.mark.usefixtures("small_table")


def _metadata(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, Any]:
    events = [e for e in result.all_events if e.is_step_materialization]
    found = {e.asset_key.to_user_string(): e.step_materialization_data.materialization.metadata for e in events}
    return {k: v.value for k, v in found[asset].items()}


def _materialised(result: dg.ExecuteInProcessResult) -> set[str]:
    return {e.asset_key.to_user_string() for e in result.all_events if e.is_step_materialization and e.asset_key}


def test_with_nothing_switched_on_it_says_so_shows_the_plan_and_asks_nothing(
    run: Run, lake: Lake, server: Server
) -> None:
    result = run()
    assert result.success
    assert server.requests == []
    for target in ("opendatasoft", "datagouv", "depot"):
        assert _metadata(result, f"publication_{target}")["état"] == "non activé"
    shown = _metadata(result, "publication_plan")
    assert shown["opendatasoft"] == "non activé : rien n'est envoyé"
    assert f"`http://{server.domain}/api/automation/v1.0/datasets/`" in shown["plan"]
    folder = lake / "publication/paris"
    assert "Plan de publication" in (folder / "plan.html").read_text()
    assert lake.read_table("publications", "paris").height == 0


def test_where_the_blocking_checks_never_ran_nothing_is_sent(
    lake: Lake, server: Server, new_instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROCUREMENT_PUBLISH", "paris:opendatasoft")
    job = defs().resolve_job_def("publication")
    result = job.execute_in_process(
        instance=new_instance, partition_key="paris", run_config=QUIET, raise_on_error=False
    )
    assert not result.success
    (failed,) = [e for e in result.all_events if e.is_step_failure]
    told = failed.step_failure_data.error.message
    assert "contrôles bloquants en échec ou sans résultat : " in told
    assert "(jamais exécuté)" in told
    assert "autres (jamais exécutés)" in told
    assert [r for r in server.requests if r[0] != "GET"] == []


def test_switched_on_it_publishes_and_the_calendar_says_with_which_checks(
    run: Run, lake: Lake, server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PROCUREMENT_PUBLISH", "paris:opendatasoft,paris:depot")
    monkeypatch.setenv("PROCUREMENT_DEPOT", str(tmp_path / "depot" / "{publisher}"))
    result = run()
    assert result.success
    assert _metadata(result, "publication_opendatasoft")["état"] == "publié et relu"
    assert len(server.portal.public_view()["decp-ville"]["records"]) == 20
    assert (tmp_path / "depot" / "paris" / "courant" / "index.csv").is_file()
    again = run(**{wiring.FULL: "complete"})
    assert _metadata(again, "publication_opendatasoft")["état"] == "déjà en ligne, relu"
    assert _metadata(again, "publication_opendatasoft")["relecture"] == "complète"
    table = lake.read_table("publications", "paris")
    assert table.select("cible", "numero", "resultat", "lignes").rows() == [
        ("depot", 1, "publié", 20),
        ("depot", 2, "vérifié", 20),
        ("opendatasoft", 1, "publié", 20),
        ("opendatasoft", 2, "vérifié", 20),
    ]
    assert set(table["run"]) == {result.run_id, again.run_id}


def test_a_blocking_check_that_fails_in_the_run_stops_every_portal_and_shows_why(
    lake: Lake, server: Server, monkeypatch: pytest.MonkeyPatch, run: Run, instance: dg.DagsterInstance
) -> None:
    monkeypatch.setenv("PROCUREMENT_PUBLISH", "paris:opendatasoft")
    assert run().success
    good = server.portal.public_view()
    write_exports(lake, rows(21), who="paris")
    server.requests.clear()

    @dg.asset(partitions_def=publisher_partitions)
    def export_manifest() -> None: ...

    @dg.asset_check(asset=export_manifest, blocking=True, partitions_def=publisher_partitions)
    def sommes_du_registre() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=False, description="il manque une ligne au registre")

    found = dg.Definitions(
        assets=[export_manifest, *wiring.ASSETS],
        asset_checks=[sommes_du_registre, *wiring.CHECKS],
        jobs=[dg.define_asset_job("tout", selection=dg.AssetSelection.all())],
        resources={"lake": LakeResource(root=str(lake.root))},
        executor=dg.in_process_executor,
    )
    result = found.resolve_job_def("tout").execute_in_process(
        instance=instance, partition_key="paris", run_config=QUIET, raise_on_error=False
    )
    assert not result.success
    assert _materialised(result) == {"export_manifest"}
    assert server.requests == []
    assert server.portal.public_view() == good
    alert = failure_alert(failure_context(result, instance))
    assert alert.checks == (("export_manifest, sommes_du_registre", "il manque une ligne au registre"),)
    subject, text = message(alert, Settings(lake="x"))
    assert subject == "[procurement_assets] échec de tout pour paris"
    assert "contrôle bloquant export_manifest, sommes_du_registre : il manque une ligne au registre" in text
    assert "rien n'est publié tant qu'il échoue" in text
    alert_on_failure(failure_context(result, instance))
    (event,) = instance.fetch_observations(dg.AssetKey("publication_opendatasoft"), limit=5).records
    told = event.event_log_entry.asset_observation
    assert told is not None
    assert told.partition == "paris"
    assert told.metadata["état"].value == "rien n'a été envoyé, la dernière publication reste en ligne"
    assert "sommes_du_registre : il manque une ligne au registre" in str(told.metadata["pourquoi"].value)
    assert instance.fetch_observations(dg.AssetKey("publication_depot"), limit=5).records == []  # not switched on


def test_a_publication_alone_is_refused_where_the_last_result_of_a_blocking_check_is_a_failure(
    run: Run, server: Server, monkeypatch: pytest.MonkeyPatch, instance: dg.DagsterInstance, lake: Lake
) -> None:
    monkeypatch.setenv("PROCUREMENT_PUBLISH", "paris:opendatasoft")
    _report_failure(instance)
    result = run()
    assert not result.success
    assert {m for m, _ in server.requests} <= {"GET"}
    assert server.portal.datasets == {}
    assert (
        "contrôles bloquants en échec ou sans résultat : export_manifest, manifeste_conforme"
        in (_metadata(result, "publication_plan")["opendatasoft, refus"])
    )
    subject, text = message(failure_alert(failure_context(result, instance)), Settings(lake="x"))
    assert subject == "[procurement_assets] publication arrêtée pour paris"
    assert "- publication_opendatasoft : publication refusée sur" in text
    assert "docs/publication.md" in text
    row = lake.read_table("publications", "paris").row(0, named=True)
    assert (row["resultat"], row["controles_en_echec"]) == ("refusé", 1)


def _report_failure(instance: dg.DagsterInstance) -> None:
    instance.report_runless_asset_event(
        dg.AssetCheckEvaluation(
            asset_key=dg.AssetKey("export_manifest"),
            check_name="manifeste_conforme",
            passed=False,
            metadata={},
            severity=dg.AssetCheckSeverity.ERROR,
            partition="paris",
        )
    )


def test_a_drop_fails_its_check_until_a_person_accepts_it(
    run: Run, server: Server, monkeypatch: pytest.MonkeyPatch, instance: dg.DagsterInstance, lake: Lake
) -> None:
    monkeypatch.setenv("PROCUREMENT_PUBLISH", "paris:opendatasoft")
    assert run().success
    manifest = write_exports(lake, rows(10), who="paris")
    result = run()
    assert not result.success
    check = next(e for e in result.get_asset_check_evaluations() if not e.passed)
    assert check.check_name == "baisse_depuis_la_derniere_publication"
    assert f"PROCUREMENT_ACCEPT_DROP=paris:{manifest[:12]}" in (check.description or "")
    assert "publication_opendatasoft" not in _materialised(result)
    assert len(server.portal.public_view()["decp-ville"]["records"]) == 20
    assert "10 lignes, contre 20" in message(failure_alert(failure_context(result, instance)), Settings(lake="x"))[1]
    monkeypatch.setenv("PROCUREMENT_ACCEPT_DROP", f"paris:{manifest[:12]}")
    assert run().success
    assert len(server.portal.public_view()["decp-ville"]["records"]) == 10


def test_a_failed_read_back_fails_the_run_and_is_told(
    run: Run, server: Server, monkeypatch: pytest.MonkeyPatch, instance: dg.DagsterInstance, lake: Lake
) -> None:
    monkeypatch.setenv("PROCUREMENT_PUBLISH", "paris:opendatasoft")
    assert run().success
    write_exports(lake, rows(21), who="paris")
    server.portal.publish_ends = ["wrong"]
    result = run()
    assert not result.success
    text = message(failure_alert(failure_context(result, instance)), Settings(lake="x"))[1]
    assert "nombre de lignes : attendu 21, lu 20" in text
    assert "version précédente restaurée" in text
    assert lake.read_table("publications", "paris")["resultat"].to_list() == ["publié", "restauré"]


def test_where_one_portal_fails_the_calendar_says_in_the_ui_what_is_online_where(
    run: Run, server: Server, monkeypatch: pytest.MonkeyPatch, lake: Lake, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    monkeypatch.setenv("PROCUREMENT_PUBLISH", "paris:opendatasoft,paris:depot")
    monkeypatch.setenv("PROCUREMENT_DEPOT", str(tmp_path / "depot"))
    assert run().success
    write_exports(lake, rows(21), who="paris", data_date="2026-01-21")
    server.fault = lambda *_: 401
    result = run()
    assert not result.success
    assert {"publication_depot", "publications"} <= _materialised(result)
    assert "publication_opendatasoft" not in _materialised(result)
    event = instance.get_latest_materialization_event(dg.AssetKey("publications"))
    assert event is not None
    assert event.run_id == result.run_id
    table = event.asset_materialization.metadata["par portail"]  # type: ignore[union-attr]
    shown = [{k: r.data[k] for k in ("cible", "resultat", "date_donnees", "lignes")} for r in table.records]  # type: ignore[union-attr]
    assert shown == [
        {"cible": "depot", "resultat": "publié", "date_donnees": "2026-01-21", "lignes": 21},
        {"cible": "opendatasoft", "resultat": "échec", "date_donnees": "2026-01-20", "lignes": 20},
    ]
    assert "clé refusée (401)" in str(table.records[1].data["detail"])  # type: ignore[union-attr]
    last = {r["cible"]: r["resultat"] for r in lake.read_table("publications", "paris").sort("numero").to_dicts()}
    assert last == {"depot": "publié", "opendatasoft": "échec"}


def test_the_weekly_verification_reads_everything_back_on_sunday_in_paris() -> None:
    from datetime import UTC, datetime

    schedule = defs().resolve_schedule_def("verification_hebdomadaire")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 8 * * 0", "Europe/Paris")
    context = dg.build_schedule_context(
        scheduled_execution_time=datetime(2026, 11, 22, 7, 0, tzinfo=UTC), repository_def=defs().get_repository_def()
    )
    requests = schedule.evaluate_tick(context).run_requests or []
    assert [(r.partition_key, r.tags[wiring.FULL]) for r in requests] == [("paris", "complete")]


def test_the_daily_job_publishes() -> None:
    job = defs().resolve_job_def("refresh")
    names = {n.name for n in job.graph.nodes}
    assert {"publication_plan", "publication_opendatasoft", "publication_datagouv", "publication_depot"} <= names
