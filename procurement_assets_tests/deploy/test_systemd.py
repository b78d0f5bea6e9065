"""The units of deploy/systemd and the settings beside them: systemd accepts them, they agree with each other."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from procurement_assets.__main__ import _parser
from procurement_assets.settings import load_settings
from procurement_assets_tests.conftest import ROOT

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
SERVICES = [p for p in UNITS if p.suffix == ".service"]


def read(path: Path) -> configparser.ConfigParser:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(path.read_text())
    return unit


def test_systemd_accepts_every_unit(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed (Debian's package systemd)")
    for path in UNITS:
        # The programs are where a server has them, not here: any program of this machine stands for them.
        (tmp_path / path.name).write_text(
            re.sub(r"/opt/procurement-assets/\.venv/bin/\S+", "/bin/true", path.read_text())
        )
    command = ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / p.name) for p in UNITS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "procurement" in line]
    assert (done.returncode, ours) == (0, []), done.stderr


@pytest.mark.parametrize("path", SERVICES, ids=lambda p: p.stem)
def test_a_service_has_no_more_rights_than_it_needs(path: Path) -> None:
    service = read(path)["Service"]
    expected = {"User": "procurement", "ProtectSystem": "strict", "NoNewPrivileges": "yes", "CapabilityBoundingSet": ""}
    assert {name: service.get(name) for name in expected} == expected
    assert service["EnvironmentFile"] == "/etc/procurement-assets/environment"
    assert re.fullmatch(r"\d+[MG]", service["MemoryMax"])
    if shutil.which("systemd-analyze"):
        command = ["systemd-analyze", "security", "--offline=true", "--threshold=25", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-400:]  # an exposure of 2.5 out of 10 at most


@pytest.mark.parametrize("path", SERVICES, ids=lambda p: p.stem)
def test_a_server_listens_on_this_machine_only_and_a_command_exists(path: Path) -> None:
    command = read(path)["Service"]["ExecStart"].split()
    if "procurement_assets" in command and "-m" in command and command[0].endswith("/python"):
        assert _parser().parse_args(command[command.index("procurement_assets") + 1 :]).run
    elif "-p" in command:
        assert command[command.index("-h") + 1] == "127.0.0.1"


def test_nginx_and_the_units_agree_on_ports_and_prefixes() -> None:
    text = (DEPLOY / "nginx" / "procurement-assets.conf").read_text()
    passed = dict(
        re.findall(r"location (/\w+/) \{[^}]*?(?:\{[^}]*\}[^}]*)?proxy_pass\s+http://127\.0\.0\.1:(\d+)", text)
    )
    served = {}
    for name in ("procurement-webserver", "procurement-webserver-readonly"):
        command = read(DEPLOY / "systemd" / f"{name}.service")["Service"]["ExecStart"].split()
        served[f"{command[command.index('-l') + 1]}/"] = command[command.index("-p") + 1]
        assert ("--read-only" in command) == name.endswith("readonly")
    assert passed == served | {"/qualite/": "3001"}


def test_the_workspace_names_the_port_of_the_code_server() -> None:
    (entry,) = yaml.safe_load((DEPLOY / "workspace.server.yaml").read_text())["load_from"]
    command = read(DEPLOY / "systemd" / "procurement-code-server.service")["Service"]["ExecStart"].split()
    assert str(entry["grpc_server"]["port"]) == command[command.index("-p") + 1]
    assert entry["grpc_server"]["location_name"] == command[command.index("--location-name") + 1]


def test_the_instance_on_postgresql_differs_from_the_projects_by_its_storage_only() -> None:
    ours = yaml.safe_load((ROOT / "dagster.yaml").read_text())
    server = yaml.safe_load((DEPLOY / "dagster.postgres.yaml").read_text())
    storage = server.pop("storage")
    assert server == ours
    assert storage["postgres"]["postgres_db"]["scheme"] == "postgresql+psycopg2"
    assert set(storage["postgres"]["postgres_db"]["password"]) == {"env"}


def test_the_example_of_an_environment_is_read_and_holds_no_secret() -> None:
    lines = (DEPLOY / "environment.example").read_text().splitlines()
    values = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert load_settings(values).ui_url == "https://dagster.example.org/dagster"
    assert [n for n, v in values.items() if v and re.search("PASSWORD|KEY|TOKEN", n)] == []
