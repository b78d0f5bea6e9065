"""A command that is stopped, or whose Dagster instance does not open: one line, and the run is over in the UI too."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import botocore.exceptions
import dagster as dg
import pytest
import sqlalchemy
from dagster._core.definitions.job_definition import JobDefinition

from procurement_assets.__main__ import INTERRUPTED, main
from procurement_assets.automation import step_cause
from procurement_assets.in_process import InstanceError, execute, opened_instance, stoppable
from procurement_assets.outside_errors import outside_cause


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an instance of the test."""
    monkeypatch.setattr(os, "environ", dict(os.environ))
    os.environ["DAGSTER_HOME"] = str(tmp_path)
    return tmp_path


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


def job_of(*assets: dg.AssetsDefinition) -> JobDefinition:
    return dg.Definitions(assets=assets, jobs=[dg.define_asset_job("tout")]).resolve_job_def("tout")


@dg.asset
def stopped() -> None:
    """Ctrl-C while a step works."""
    os.kill(os.getpid(), signal.SIGINT)


@dg.asset(deps=[stopped])
def after_it() -> None:
    """What comes after."""


@dg.asset
def wrong() -> None:
    """A step that fails by itself."""
    raise ValueError("faux")


def only_run(instance: dg.DagsterInstance) -> dg.DagsterRun:
    (run,) = instance.get_runs()
    return run


def test_ctrl_c_in_a_step_stops_the_command_and_the_run_is_over(instance: dg.DagsterInstance) -> None:
    with pytest.raises(KeyboardInterrupt):
        execute(job_of(stopped, after_it), instance)
    run = only_run(instance)
    assert run.is_finished
    assert instance.get_latest_materialization_event(dg.AssetKey("after_it")) is None
    (failure,) = [e for e in (r.dagster_event for r in instance.all_logs(run.run_id)) if e and e.is_step_failure]
    assert step_cause(failure).startswith("exécution interrompue (Ctrl-C")


def test_ctrl_c_before_the_first_step_leaves_no_run_that_seems_to_go_on(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dagster._core.execution.api.ExecuteRunWithPlanIterable.__iter__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        execute(job_of(after_it), instance)
    assert only_run(instance).status == dg.DagsterRunStatus.CANCELED


@dg.asset
def cut() -> None:
    """A library that raises its own error when it is cut."""
    try:
        os.kill(os.getpid(), signal.SIGINT)
    finally:
        raise ValueError("connexion occupée")


def test_what_a_library_says_when_it_is_cut_is_an_interruption(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KeyboardInterrupt):
        execute(job_of(cut), instance)

    def cut_outside() -> None:
        try:
            raise KeyboardInterrupt
        finally:
            raise ValueError("connexion occupée")

    monkeypatch.setattr("procurement_assets.__main__._demo", cut_outside)
    assert main(["demo"]) == INTERRUPTED


@dg.asset
def cut_query() -> None:
    """DuckDB, which raises its own error in the place of the signal's."""
    raise RuntimeError("Query interrupted")


def test_a_query_that_is_cut_is_an_interruption(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(KeyboardInterrupt):
        execute(job_of(cut_query), instance)

    def query() -> None:
        with contextlib.suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
        raise RuntimeError("Query interrupted")

    monkeypatch.setattr("procurement_assets.__main__._demo", query)
    assert main(["demo"]) == INTERRUPTED
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_signal_that_a_library_held_back_stops_the_command_before_the_next_job(
    instance: dg.DagsterInstance,
) -> None:
    with stoppable():
        with contextlib.suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            execute(job_of(after_it), instance)
    assert instance.get_runs() == []
    with stoppable():
        assert execute(job_of(wrong), instance).success is False


def test_a_step_that_fails_is_a_result_and_not_an_interruption(instance: dg.DagsterInstance) -> None:
    assert not execute(job_of(wrong), instance).success


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_command_started_in_the_background_can_be_stopped(number: signal.Signals) -> None:
    code = (
        "import signal, os; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "from procurement_assets.in_process import stoppable\n"
        "from dagster._utils.interrupts import capture_interrupts\n"
        "with stoppable():\n"
        "    with capture_interrupts(): pass\n"
        "    try:\n"
        f"        os.kill(os.getpid(), {int(number)}); print('alive')\n"
        "    except KeyboardInterrupt: print('stopped')\n"
        "print(signal.getsignal(signal.SIGINT) == signal.SIG_IGN)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["stopped", "True"]


def test_signals_are_as_before_when_the_command_ends() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stoppable():
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_command_that_is_stopped_says_so_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("procurement_assets.__main__._demo", stop)
    assert main(["demo"]) == INTERRUPTED == 130
    assert capsys.readouterr().err == (
        "procurement_assets: interrompu ; chaque fichier est entier. Relancer la même commande pour finir.\n"
    )


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            "faux: 1",
            "l'instance Dagster ne s'ouvre pas : Errors whilst loading dagster instance config",
        ),
        ("faux: {", "l'instance Dagster ne s'ouvre pas : while parsing a flow node"),
        (
            "storage: {custom: {module: dagster_postgres_absent, class: X}}",
            "PostgreSQL demande le paquet dagster-postgres",
        ),
    ],
)
def test_an_instance_that_does_not_open_is_told_in_one_line(home: Path, settings: str, told: str) -> None:
    (home / "dagster.yaml").write_text(settings)
    with pytest.raises(InstanceError) as caught, opened_instance():
        pass
    line = str(caught.value)
    assert line.startswith(f"DAGSTER_HOME='{home}' : {told}")
    assert "\n" not in line


def test_a_full_disk_under_the_instance_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full() -> None:
        cause = sqlite3.OperationalError("database or disk is full")
        raise sqlalchemy.exc.OperationalError("INSERT", {}, cause) from cause

    monkeypatch.setattr("procurement_assets.__main__._demo", full)
    assert main(["demo"]) == 2
    assert capsys.readouterr().err == (
        "procurement_assets: base de l'instance Dagster (DAGSTER_HOME) : le disque est plein. Libérer de la place ou "
        "agrandir le disque, puis relancer.\n"
    )


def test_a_defect_of_ours_keeps_its_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong_inside() -> None:
        try:
            Path("/absent/x").read_text()
        except OSError:
            raise ValueError("défaut") from None

    monkeypatch.setattr("procurement_assets.__main__._demo", wrong_inside)
    with pytest.raises(ValueError, match="défaut"):
        main(["demo"])


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (botocore.exceptions.NoCredentialsError(), "stockage objet : aucun identifiant"),
        (
            botocore.exceptions.EndpointConnectionError(endpoint_url="http://x"),
            "stockage objet : le serveur ne répond pas",
        ),
        (ImportError("Install s3fs to access S3"), "s3:// demande le paquet s3fs"),
        (PermissionError(13, "Permission denied", "/lac/tables"), "/lac/tables : les droits manquent"),
    ],
)
def test_what_the_machine_refuses_is_told_in_french(error: Exception, told: str) -> None:
    assert (outside_cause(error) or "").startswith(told)


def test_a_database_that_is_a_folder_is_told(home: Path) -> None:
    (home / "history" / "runs.db").mkdir(parents=True)
    with pytest.raises(InstanceError, match="une base ne peut pas être ouverte"), opened_instance():
        pass
