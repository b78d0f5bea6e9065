"""The command `publish`, and the settings of publication."""

from __future__ import annotations

from pathlib import Path

import pytest

from procurement_assets.__main__ import main
from procurement_assets.settings import SettingsError, load_settings
from procurement_assets_tests.publishing.support import lake_at, rows, write_exports

pytestmark = pytest.mark.usefixtures("small_table")


def test_a_dry_run_says_what_each_portal_would_get_and_where_the_plan_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lake = lake_at(tmp_path)
    write_exports(lake, rows(5), who="paris")
    monkeypatch.setenv("PROCUREMENT_LAKE", str(lake.root))
    assert main(["publish", "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert "Dossier de dépôt : non activé" in shown
    assert "produites pour la démonstration" in shown  # the tests' publishers are the demo's
    assert str(lake.root) in shown


def test_without_exports_the_dry_run_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PROCUREMENT_LAKE", str(tmp_path))
    assert main(["publish", "--dry-run"]) == 2
    error = capsys.readouterr().err
    assert "matérialiser les exports" in error
    assert error.count("\n") == 1


def test_an_unknown_publisher_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROCUREMENT_LAKE", str(tmp_path))
    assert main(["publish", "--dry-run", "--publisher", "inconnu"]) == 2


def test_nothing_is_published_by_default_and_keys_are_in_no_representation() -> None:
    assert load_settings({}).publish == ()
    secrets = {
        "PROCUREMENT_ODS_APIKEY": "cle-ods",
        "PROCUREMENT_DATAGOUV_APIKEY": "cle-datagouv",
        "PROCUREMENT_DEPOT_PASSWORD": "mot-de-passe",
    }
    settings = load_settings(secrets)
    assert (settings.ods_apikey, settings.datagouv_apikey, settings.depot_password) == tuple(secrets.values())
    assert not [s for s in secrets.values() if s in repr(settings)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PROCUREMENT_PUBLISH", "paris"),
        ("PROCUREMENT_PUBLISH", "paris:ckan"),
        ("PROCUREMENT_PUBLISH", ":depot"),
        ("PROCUREMENT_ACCEPT_DROP", "2026-01-20"),
        ("PROCUREMENT_MAX_ROW_DROP_PERCENT", "beaucoup"),
    ],
)
def test_a_wrong_setting_of_publication_names_the_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"{name}='{value}' : attendu"):
        load_settings({name: value})
