"""A rule added as YAML alone is a check on the next load; a broken one stops the load with file, line and reason."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from procurement_assets.__main__ import main
from procurement_assets.definitions import defs
from procurement_assets.quality.catalogue import RULES_FOLDER
from procurement_assets.settings import SettingsError, load_settings


def _example() -> str:
    """The rule that the README gives as an example, without its heading."""
    text = (RULES_FOLDER / "README.md").read_text(encoding="utf-8")
    return text.split("```yaml\n")[1].split("```")[0].split("rules:\n")[1]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project's catalogue and the README's example, where PROCUREMENT_RULES says."""
    made = tmp_path / "regles"
    shutil.copytree(RULES_FOLDER, made)
    with (made / "contracts.yml").open("a", encoding="utf-8") as file:
        file.write("\n" + _example())
    monkeypatch.setenv("PROCUREMENT_RULES", str(made))
    return made


def test_a_rule_added_as_yaml_alone_is_a_check(folder: Path) -> None:
    graph = defs().resolve_asset_graph()
    (key,) = [k for k in graph.asset_check_keys if k.name.startswith("decp_m_599")]
    assert key.asset_key == dg.AssetKey("contracts")
    spec = graph.get_check_spec(key)
    assert "dix ans" in str(spec.description)
    assert spec.metadata["base légale"] == "bonne pratique"


def test_a_broken_rule_stops_the_load_with_file_line_and_reason(folder: Path, tmp_path: Path) -> None:
    """As Dagster itself loads the project: its last words are the line that says what to correct."""
    path = folder / "contracts.yml"
    before = path.read_text(encoding="utf-8")
    head, rule = before.split("- id: DECP-M-599")
    text = f"{head}- id: DECP-M-599{rule.replace('column: dureeMois', 'column: dureMois', 1)}"
    path.write_text(text, encoding="utf-8")
    line = next(n for n, words in enumerate(text.splitlines(), start=1) if words.endswith("column: dureMois"))
    home = tmp_path / "home"
    home.mkdir()
    command = [
        str(Path(sys.executable).with_name("dagster")),
        "definitions",
        "validate",
        "-m",
        "procurement_assets.definitions",
    ]
    done = subprocess.run(
        command, env={**os.environ, "DAGSTER_HOME": str(home)}, capture_output=True, text=True, check=False
    )
    told = done.stdout + done.stderr
    assert done.returncode != 0
    reason = f"{path}:{line}: DECP-M-599: colonne inconnue « dureMois » ; vouliez-vous « dureeMois » ?"
    assert reason in told
    assert "catalogue.py" not in told
    assert "duckdb" not in told.lower()


@pytest.mark.parametrize("command", [["refresh", "--publisher", "paris"], ["ui", "--port", "3999"]])
def test_a_command_tells_a_broken_rule_in_one_line(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
) -> None:
    (folder / "contracts.yml").write_text("table: contracts\nrules:\n\t- id: DECP-M-599\n", encoding="utf-8")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PROCUREMENT_LAKE", str(tmp_path / "lake"))
    assert main(command) == 2
    told = capsys.readouterr().err
    assert told.splitlines() == [
        f"procurement_assets: {folder}/contracts.yml:3: YAML illisible : une tabulation en début de ligne : "
        "indenter avec des espaces"
    ]


def test_a_folder_of_rules_that_is_not_there_is_told() -> None:
    with pytest.raises(SettingsError, match=r"PROCUREMENT_RULES=.*: ce dossier n'existe pas"):
        load_settings({"PROCUREMENT_RULES": "/nulle/part"})
