"""Old runs out of a real Dagster instance on SQLite: which go, which stay, and the place they gave back."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from procurement_assets.__main__ import main
from procurement_assets.prune import KEPT_PER_PARTITION, old_runs

PARTS = dg.StaticPartitionsDefinition(["paris", "other"])


@dg.asset(partitions_def=PARTS)
def daily() -> None:
    """Made by every run."""


@dg.asset(partitions_def=PARTS)
def monthly() -> None:
    """Made by the first run only."""


JOBS = {
    name: dg.Definitions(
        assets=[daily, monthly], jobs=[dg.define_asset_job("refresh", selection=chosen)]
    ).resolve_job_def("refresh")
    for name, chosen in (("all", [daily, monthly]), ("some", [daily]))
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An instance with one run of everything, then many runs of `daily`, and one of another partition."""
    (tmp_path / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    with dg.DagsterInstance.get() as instance:
        for job in ("all", *["some"] * (KEPT_PER_PARTITION + 3)):
            JOBS[job].execute_in_process(instance=instance, partition_key="paris")
        JOBS["some"].execute_in_process(instance=instance, partition_key="other")
    return tmp_path


def runs(home: Path) -> list[str]:
    with sqlite3.connect(home / "history" / "runs.db") as connection:
        found = [row[0] for row in connection.execute("select run_id from runs order by id")]
    connection.close()
    return found


def test_runs_go_unless_they_are_the_last_or_hold_what_an_asset_is_now(home: Path) -> None:
    before = runs(home)
    later = datetime.now(UTC) + timedelta(days=1)
    with dg.DagsterInstance.get() as instance:
        gone = [r.dagster_run.run_id for r in old_runs(instance, later)]
    assert gone == before[1:4]  # not the first, which made `monthly`; not the last five; not the other partition's
    with dg.DagsterInstance.get() as instance:
        assert old_runs(instance, datetime.now(UTC) - timedelta(days=1)) == []


def test_the_command_tells_first_and_then_forgets_events_and_files(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = runs(home)
    assert main(["prune", "--days", "0", "--dry-run"]) == 0
    assert "seraient oubliées : 3" in capsys.readouterr().out
    assert runs(home) == before
    assert main(["prune", "--days", "0"]) == 0
    assert "oubliées : 3" in capsys.readouterr().out
    assert runs(home) == [before[0], *before[4:]]
    shards = {p.stem for p in (home / "history" / "runs").glob("*.db")} - {"index"}
    assert shards == {before[0], *before[4:]}
    with dg.DagsterInstance.get() as instance:
        assert instance.get_latest_materialization_event(dg.AssetKey("monthly")) is not None
        assert instance.get_latest_materialization_event(dg.AssetKey("daily")) is not None
        assert instance.all_logs(before[1]) == []
    assert main(["prune", "--days", "0"]) == 0
    assert "oubliées : 0" in capsys.readouterr().out


def test_without_an_instance_it_says_where_it_looked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "none"))
    assert main(["prune"]) == 2
    assert str(tmp_path / "none") in capsys.readouterr().err
