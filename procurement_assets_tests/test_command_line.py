"""The command line: what a person meets who types something wrong, and the demo on a server of the City."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from procurement_assets import __main__ as command_line
from procurement_assets.__main__ import main


@pytest.fixture
def a_file(tmp_path: Path) -> Path:
    """A file, where a folder is expected: unwritable for everyone, root too."""
    path = tmp_path / "fichier"
    path.write_text("x")
    return path


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lake and an instance of the test; what a command writes to the environment does not stay."""
    monkeypatch.setattr(os, "environ", dict(os.environ))
    os.environ["PROCUREMENT_LAKE"] = str(tmp_path / "lac")
    os.environ["DAGSTER_HOME"] = str(tmp_path / "instance")
    os.environ["PROCUREMENT_OFFLINE"] = "1"


def _one_line(capsys: pytest.CaptureFixture[str]) -> str:
    told = capsys.readouterr().err.strip()
    assert "\n" not in told
    assert "Traceback" not in told
    return told


def test_a_lake_that_cannot_be_written_is_told_before_any_request(
    a_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.environ["PROCUREMENT_LAKE"] = str(a_file / "lac")
    assert main(["refresh"]) == 2
    assert _one_line(capsys) == (
        f"procurement_assets: PROCUREMENT_LAKE='{a_file}/lac' : écriture impossible, "
        "un fichier est à la place d'un dossier"
    )


def test_an_instance_that_cannot_be_written_is_told(a_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.environ["DAGSTER_HOME"] = str(a_file / "instance")
    assert main(["refresh"]) == 2
    assert _one_line(capsys).startswith(f"procurement_assets: DAGSTER_HOME='{a_file}/instance' : écriture impossible")


def test_an_instance_has_the_settings_of_the_project_whatever_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_line, "ROOT", tmp_path / "ailleurs")
    assert command_line._dagster_home("main") == tmp_path / "instance"
    project = Path(command_line.__file__).parents[1]
    assert (tmp_path / "instance" / "dagster.yaml").read_text() == (project / "dagster.yaml").read_text()


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_port_that_is_taken_is_told(taken_port: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ui", "--port", str(taken_port)]) == 2
    assert _one_line(capsys) == f"procurement_assets: port {taken_port} : il est déjà pris ; --port en nomme un autre"
    os.environ["PROCUREMENT_DOCS_URL"] = f"http://127.0.0.1:{taken_port}"
    assert main(["docs"]) == 1
    told = _one_line(capsys)
    assert told.endswith(f"port {taken_port} : il est déjà pris ; PROCUREMENT_DOCS_URL en nomme un autre")


def test_pages_that_cannot_be_kept_are_told_and_the_port_is_not_blamed(
    a_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.environ["PROCUREMENT_LAKE"] = str(a_file)
    assert main(["docs"]) == 1
    assert _one_line(capsys).endswith(f"Data Docs, {a_file}/data_docs : un fichier est à la place d'un dossier")


def test_trying_the_lake_leaves_nothing_in_it(tmp_path: Path) -> None:
    from procurement_assets.settings import load_settings

    command_line._needs_writable(load_settings())
    assert list((tmp_path / "lac").iterdir()) == []


def test_a_backup_to_a_place_that_cannot_be_written_is_told(
    tmp_path: Path, a_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "lac" / "corrections" / "paris" / "recues" / "a.csv"
    kept.parent.mkdir(parents=True)
    kept.write_text("x")
    assert main(["backup", "--to", str(a_file / "sauvegardes"), "--lake-only"]) == 2
    assert "vérifier --to" in _one_line(capsys)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["prune", "--days", "-3"], "'-3' : attendu un nombre de jours, 0 au moins"),
        (["prune", "--days", "9999999"], "'9999999' : attendu un nombre de jours, 0 au moins"),
        (["backup", "--to", "x", "--keep", "-3"], "'-3' : attendu un nombre de sauvegardes, 0 pour toutes"),
        (["backup", "--to", "x", "--keep", "dix"], "'dix' : attendu un nombre de sauvegardes, 0 pour toutes"),
        (["ui", "--port", "99999"], "'99999' : attendu un nombre entier de 1 à 65535"),
        (["ui", "--port", "0"], "'0' : attendu un nombre entier de 1 à 65535"),
    ],
)
def test_a_number_out_of_its_range_is_told(
    arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert capsys.readouterr().err.rstrip().endswith(expected)


def test_the_demo_has_its_own_instance_and_folders_whatever_the_server_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_line, "ROOT", tmp_path)
    real = {
        "DAGSTER_HOME": str(tmp_path / "vrai"),
        "PROCUREMENT_CORRECTIONS": str(tmp_path / "groupe"),
        "PROCUREMENT_ALERT_EMAIL": "groupe@paris.fr",
        "PROCUREMENT_MIRROR": "http://127.0.0.1:1",
        "PROCUREMENT_PUBLISH": "paris:depot",
    }
    os.environ.update(real)
    command_line._use_demo()
    assert command_line._dagster_home("demo") == tmp_path / ".dagster" / "demo"
    assert os.environ["PROCUREMENT_LAKE"] == str(tmp_path / "lake" / "demo")
    assert not set(real) - {"DAGSTER_HOME"} & set(os.environ)
