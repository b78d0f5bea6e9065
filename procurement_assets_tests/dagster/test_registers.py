"""The registers in the graph: their job, their schedule, their lineage, what a run says where one cannot be had."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import msgspec
import pytest

from procurement_assets.__main__ import main
from procurement_assets.assets import registers as wiring
from procurement_assets.definitions import defs
from procurement_assets.lake import Lake
from procurement_assets.registers.model import load_registers
from procurement_assets.registers.refresh import NOBODY
from procurement_assets.registers.store import read_register, register_path
from procurement_assets.run_registers import run_registers, try_missing
from procurement_assets.sample.registers import genericode
from procurement_assets.settings import PACKAGE, Settings, load_settings
from procurement_assets_tests.conftest import Mirror
from procurement_assets_tests.registers.conftest import holders, stock_bytes, unit

REGISTERS = ("registre_cpv", "registre_departements", "registre_regions", "registre_sirene")
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
DEMO = load_registers(PACKAGE / "sample" / "registers.toml")
REAL = load_registers(PACKAGE / "registers.toml")


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    monkeypatch.setenv("PROCUREMENT_LAKE", str(tmp_path / "lake"))
    monkeypatch.setenv("PROCUREMENT_HTTP_BACKOFF_SECONDS", "0")
    monkeypatch.setenv("PROCUREMENT_HTTP_ATTEMPTS", "2")
    monkeypatch.delenv("PROCUREMENT_MIRROR", raising=False)
    monkeypatch.delenv("PROCUREMENT_OFFLINE", raising=False)
    return Lake(tmp_path / "lake")


def run(instance: dg.DagsterInstance, **more: Any) -> dg.ExecuteInProcessResult:
    job = defs().resolve_job_def("registers")
    return job.execute_in_process(instance=instance, run_config=QUIET, raise_on_error=False, **more)


def made(result: dg.ExecuteInProcessResult) -> set[str]:
    return {e.asset_key.to_user_string() for e in result.all_events if e.is_step_materialization and e.asset_key}


def checks(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    return {c.asset_key.to_user_string(): c for c in result.get_asset_check_evaluations()}


def test_the_registers_have_a_job_of_their_own_and_are_not_in_the_daily_refresh() -> None:
    daily = {k.to_user_string() for k in defs().resolve_job_def("refresh").asset_layer.selected_asset_keys}
    monthly = {k.to_user_string() for k in defs().resolve_job_def("registers").asset_layer.selected_asset_keys}
    assert monthly == {*REGISTERS, "registres"}
    assert daily & monthly == set()
    assert {"findings", "contracts"} <= daily


def test_what_reads_the_registers_is_in_the_lineage() -> None:
    graph = defs().resolve_asset_graph()
    parents = {k.to_user_string() for k in graph.get(dg.AssetKey("findings")).parent_keys}
    assert set(REGISTERS) <= parents
    sirene = {k.to_user_string() for k in graph.get(dg.AssetKey("registre_sirene")).parent_keys}
    assert sirene == {"source/registre_sirene", "contract_titulaires", "concession_titulaires", "subcontracts"}


def test_registers_are_asked_for_on_the_first_of_each_month_at_four_in_paris_before_the_refresh() -> None:
    schedule = defs().resolve_schedule_def("registres_mensuels")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 4 1 * *", "Europe/Paris")
    assert schedule.default_status == dg.DefaultScheduleStatus.STOPPED  # the tests load the demo's publishers
    assert schedule.job_name == "registers"
    context = dg.build_schedule_context(scheduled_execution_time=datetime(2026, 12, 1, 3, 0, tzinfo=UTC))
    requests = schedule.evaluate_tick(context).run_requests or []
    assert [(r.run_key, r.partition_key) for r in requests] == [("registers-2026-12-01", None)]


def test_the_demo_makes_every_register_without_a_request(
    lake: Lake, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROCUREMENT_OFFLINE", "1")
    monkeypatch.setattr(wiring, "REGISTERS", DEMO)
    result = run(instance)
    assert result.success
    assert made(result) == {*REGISTERS, "registres"}
    assert all(c.passed for c in checks(result).values())
    assert all(read_register(lake, name).height for name in REGISTERS)
    event = next(e for e in result.all_events if e.is_step_materialization and e.asset_key.path == ["registre_cpv"])
    metadata = event.step_materialization_data.materialization.metadata
    assert metadata["dagster/row_count"].value == read_register(lake, "registre_cpv").height


def test_a_run_in_which_one_register_is_absent_makes_the_others_and_fails_with_the_reason(
    lake: Lake, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROCUREMENT_OFFLINE", "1")
    monkeypatch.setattr(wiring, "REGISTERS", DEMO | {"cpv": REAL["cpv"]})
    result = run(instance)
    assert not result.success
    assert made(result) == {*REGISTERS[1:], "registres"}
    failed = checks(result)["registre_cpv"]
    assert not failed.passed
    assert failed.severity == dg.AssetCheckSeverity.WARN
    assert "Aucun n'est en place" in failed.description
    assert "hors ligne (PROCUREMENT_OFFLINE)" in failed.description
    said = result.all_events[-1]
    step = next(e for e in result.all_events if e.is_step_failure)
    assert "registre cpv absent : https://raw.githubusercontent.com" in step.step_failure_data.error.to_string()
    assert said.event_type_value == "PIPELINE_FAILURE"
    table = read_register(lake, "registres")
    assert dict(table.select("registre", "etat").iter_rows())["cpv"] == "absent"


def test_a_register_that_cannot_be_had_again_warns_and_the_last_good_one_stays(
    lake: Lake, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROCUREMENT_OFFLINE", "1")
    monkeypatch.setattr(wiring, "REGISTERS", DEMO)
    run(instance)
    before = register_path(lake, "registre_cpv").read_bytes()
    monkeypatch.setattr(wiring, "REGISTERS", DEMO | {"cpv": REAL["cpv"]})
    result = run(instance)
    assert result.success
    assert not checks(result)["registre_cpv"].passed
    assert checks(result)["registre_cpv"].description.startswith("Le dernier bon reste en place")
    assert register_path(lake, "registre_cpv").read_bytes() == before


def settings() -> Settings:
    return load_settings()


def test_around_a_first_refresh_they_are_tried_once(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], shared: Path,
    start_mirror: Callable[..., Mirror],
) -> None:  # fmt: skip
    """The mirror of the real data does not serve them."""
    mirror = start_mirror()
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.setenv("PROCUREMENT_MIRROR", mirror.address)
    try_missing("paris", settings())
    said = capsys.readouterr().out
    assert "absent  cpv, 0 lignes : https://raw.githubusercontent.com/OP-TED/eForms-SDK/1.15.1/codelists/cpv.gc" in said
    assert "sirene" not in said
    assert len(mirror.requests()) == 5  # CPV, and two addresses of the departments and of the regions
    try_missing("paris", settings(), of_tables=True)
    assert capsys.readouterr().out == f"  absent  sirene, 0 lignes : {NOBODY}\n"
    holders(lake, "paris", "300000023")
    try_missing("paris", settings(), of_tables=True)
    assert "absent  sirene, 0 lignes : https://www.data.gouv.fr/api/1/datasets/r/" in capsys.readouterr().out
    asked = len(mirror.requests())
    assert asked == 7
    try_missing("paris", settings(), of_tables=True)
    assert capsys.readouterr().out.startswith("Registres absents : sirene (déjà demandés en vain")
    try_missing("paris", settings())
    said = capsys.readouterr().out
    assert "Registres absents : cpv, departements, regions (déjà demandés en vain" in said
    assert len(mirror.requests()) == asked
    try_missing("inconnu", settings())
    assert capsys.readouterr().out == ""


def test_offline_they_are_told_and_not_asked_for(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.setenv("PROCUREMENT_OFFLINE", "1")
    try_missing("paris", settings())
    said = capsys.readouterr().out
    assert said.startswith("Registres absents : cpv, departements, regions (PROCUREMENT_OFFLINE).")
    assert not (lake / "registers").exists()


def overlay(folder: Path, shared: Path) -> None:
    """Every register at its real address: the whole CPV as Genericode, the lists of the State, a small stock."""
    with (shared / "reference" / "cpv_2008_fr_en.csv").open(encoding="utf-8") as file:
        codes = [(r["code"], r["label_fr"], r["label_en"]) for r in csv.DictReader(file)]
    files = {
        REAL["cpv"].addresses[0]: genericode(codes).encode(),
        # The second address: the first one does not answer.
        REAL["departements"].addresses[1]: (shared / "reference" / "departements.json").read_bytes(),
        REAL["regions"].addresses[0]: (shared / "reference" / "regions.json").read_bytes(),
        # The address that stays sends to that of the month's file, as on the real portal.
        REAL["sirene"].addresses[0] + ".redirect": REAL["sirene"].addresses[1].encode(),
        REAL["sirene"].addresses[1]: stock_bytes(unit("300000023"), unit("300000114")),
    }
    for address, data in files.items():
        path = folder / address.removeprefix("https://")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def test_the_command_fetches_them_from_a_mirror_and_says_what_became_of_each(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], shared: Path,
    start_mirror: Callable[..., Mirror],
) -> None:  # fmt: skip
    overlay(tmp_path / "overlay", shared)
    mirror = start_mirror("--overlay", str(tmp_path / "overlay"))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.setenv("PROCUREMENT_MIRROR", mirror.address)
    assert run_registers(settings(), tmp_path) == 1
    assert f"absent  sirene, 0 lignes : {NOBODY}" in capsys.readouterr().out
    holders(lake, "paris", "300000023", "300000015")
    assert main(["registers"]) == 0
    said = capsys.readouterr().out
    for line in ("cpv, 9454", "departements, 109", "regions, 26", "sirene, 2"):
        assert f"  à jour  {line} lignes" in said
    assert dict(read_register(lake, "registre_sirene").select("siren", "connu").iter_rows()) == {
        "300000015": False,
        "300000023": True,
    }
    states = read_register(lake, "registres")
    assert states["etat"].to_list() == ["à jour"] * 4
    used = dict(states.select("registre", "adresse").iter_rows())
    assert used["departements"] == REAL["departements"].addresses[1]
    assert used["sirene"] == REAL["sirene"].addresses[0]
    downloaded = [r for r in mirror.requests() if r["status"] == 200]
    assert main(["registers"]) == 0
    assert [r for r in mirror.requests() if r["status"] == 200] == downloaded


def test_a_broken_file_of_registers_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from procurement_assets import run_registers as command
    from procurement_assets.registers.model import RegistersError

    def broken(*_: Any) -> int:
        raise RegistersError("registers.toml : deux registres ont le même id : cpv")

    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.setattr(command, "run_registers", broken)
    assert main(["registers"]) == 2
    assert capsys.readouterr().err == "procurement_assets: registers.toml : deux registres ont le même id : cpv\n"


def test_the_state_file_is_for_people_too(lake: Lake, instance: dg.DagsterInstance, monkeypatch: Any) -> None:
    monkeypatch.setattr(wiring, "REGISTERS", {"regions": DEMO["regions"]})
    run(instance, asset_selection=[dg.AssetKey("registre_regions")])
    state = json.loads((lake / "registers" / "state" / "regions.json").read_bytes())
    assert state["etat"] == "à jour"
    assert state["nom"] == msgspec.structs.asdict(DEMO["regions"])["name"]
