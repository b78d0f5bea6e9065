"""Fixtures of the tests that publish through Dagster: a lake, an instance on the disk, the job `publication`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import dagster as dg
import pytest

from procurement_assets.assets import publish_checks
from procurement_assets.assets.partitions import PUBLISHERS
from procurement_assets.definitions import defs
from procurement_assets.lake import Lake
from procurement_assets.portal.publishing import targets
from procurement_assets.portal.publishing.datagouv import Datagouv
from procurement_assets.portal.publishing.depot_ftp import FtpDepot
from procurement_assets.portal.publishing.opendatasoft import Opendatasoft
from procurement_assets_tests.publishing.ods_server import KEY, Server
from procurement_assets_tests.publishing.support import lake_at, publisher, quick_session, rows, write_exports

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
FTP_KEY = "mot-de-passe-du-depot-31"
DATAGOUV_KEY = "udata_cle-nationale-31415"
Run = Callable[..., dg.ExecuteInProcessResult]


@pytest.fixture
def lake(tmp_path: Path, server: Server, small_table: None, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """A lake whose exports of the publisher `paris` may be published on our portal."""
    monkeypatch.setitem(PUBLISHERS.publishers, "paris", publisher(server.domain, id="paris"))
    quick = partial(Opendatasoft, session=quick_session(2), sleep=lambda _: None)
    monkeypatch.setattr(targets, "Opendatasoft", quick)
    monkeypatch.setattr(targets, "FtpDepot", partial(FtpDepot, sleep=lambda _: None))
    monkeypatch.setattr(targets, "Datagouv", partial(Datagouv, session=quick_session(2), sleep=lambda _: None))
    found = lake_at(tmp_path)
    write_exports(found, rows(20), who="paris")
    monkeypatch.setenv("PROCUREMENT_LAKE", str(found.root))
    monkeypatch.setenv("PROCUREMENT_ODS_APIKEY", KEY)
    monkeypatch.setenv("PROCUREMENT_DEPOT_PASSWORD", FTP_KEY)
    monkeypatch.setenv("PROCUREMENT_DATAGOUV_APIKEY", DATAGOUV_KEY)
    return found


@pytest.fixture
def new_instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """An instance with its storage on the disk, in which nothing was ever run."""
    home = tmp_path / "home"
    home.mkdir()
    with dg.DagsterInstance.local_temp(str(home)) as found:
        yield found


def _evaluation(passed: dg.AssetCheckEvaluation) -> dg.DagsterEvent:
    kind = dg.DagsterEventType.ASSET_CHECK_EVALUATION.value
    return dg.DagsterEvent(event_type_value=kind, job_name="refresh", event_specific_data=passed)


@pytest.fixture
def instance(new_instance: dg.DagsterInstance) -> dg.DagsterInstance:
    """An instance where every blocking check passed for `paris`, as a refresh leaves it."""
    for key, blocking in publish_checks._checks().items():
        if blocking:
            passed = dg.AssetCheckEvaluation(
                asset_key=key.asset_key, check_name=key.name, passed=True, metadata={}, blocking=True, partition="paris"
            )
            new_instance.report_dagster_event(_evaluation(passed), run_id="refresh")
    return new_instance


@pytest.fixture
def run(lake: Lake, instance: dg.DagsterInstance) -> Run:
    """Run the publication of `paris`."""

    def run_once(**tags: str) -> dg.ExecuteInProcessResult:
        job = defs().resolve_job_def("publication")
        return job.execute_in_process(
            instance=instance, partition_key="paris", run_config=QUIET, raise_on_error=False, tags=tags
        )

    return run_once


def failure_context(result: dg.ExecuteInProcessResult, instance: dg.DagsterInstance) -> dg.RunFailureSensorContext:
    """What the sensor of failures is given after this run."""
    return dg.build_run_status_sensor_context(
        sensor_name="alerte_echec",
        dagster_event=result.get_run_failure_event(),
        dagster_instance=instance,
        dagster_run=instance.get_run_by_id(result.run_id),  # type: ignore[arg-type]
    ).for_run_failure()
