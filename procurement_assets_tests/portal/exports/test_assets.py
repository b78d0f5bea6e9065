"""The assets of the export set, materialised on a temporary lake, and their blocking checks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from procurement_assets.assets import portal
from procurement_assets.lake import Lake
from procurement_assets.portal.exports.manifest import manifest_faults, write_manifest
from procurement_assets.resources.lake import LakeResource
from procurement_assets_tests.portal.exports.conftest import fill

ASSETS = [
    *(portal.decp_exports, portal.workbook_export, portal.database_export, portal.change_feed),
    *(portal.export_metadata, portal.export_manifest),
]


@pytest.fixture
def filled(lake: Lake) -> Lake:
    """A lake with the tables."""
    fill(lake)
    return lake


def materialise(lake: Lake) -> dg.ExecuteInProcessResult:
    every: Sequence[Any] = [*ASSETS, *portal.CHECKS]
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize(
            every,
            partition_key="paris",
            instance=instance,
            resources={"lake": LakeResource(root=str(lake.root))},
            raise_on_error=False,
        )


def test_the_assets_write_the_export_set_and_say_what_is_in_it(filled: Lake) -> None:
    result = materialise(filled)
    assert result.success
    metadata = {
        e.asset_key.to_user_string(): e.step_materialization_data.materialization.metadata
        for e in result.get_asset_materialization_events()
    }
    assert metadata["decp_exports"]["decp_lignes.parquet (lignes)"].value == 5
    assert metadata["workbook_export"]["feuille Marchés (lignes)"].value == 3
    assert metadata["change_feed"]["événement nouveau"].value == 4
    assert len(metadata["export_manifest"]["sha256"].value) == 64
    assert {c.check_name: c.passed for c in result.get_asset_check_evaluations()} == {
        "manifeste_conforme": True,
        "data_package_valide": True,
    }
    assert manifest_faults(filled, "paris") == []


def test_a_file_that_is_not_what_the_manifest_says_blocks(filled: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    def spoiled(*given: Any) -> Any:
        files = write_manifest(*given)
        (Path(str(filled.exports("paris"))) / "decp.xlsx").write_bytes(b"x")
        return files

    monkeypatch.setattr(portal, "write_manifest", spoiled)
    result = materialise(filled)
    checks = {c.check_name: c for c in result.get_asset_check_evaluations()}
    assert not checks["manifeste_conforme"].passed
    assert checks["manifeste_conforme"].blocking
    assert checks["manifeste_conforme"].metadata["écarts"].value == 1
    assert checks["data_package_valide"].passed


def test_the_demo_says_in_its_manifest_that_it_is_not_to_be_published(filled: Lake) -> None:
    materialise(filled)
    manifest = json.loads((Path(str(filled.exports("paris"))) / "manifest.json").read_bytes())
    assert manifest["demo"] is True
    assert "placeholder" in manifest["unpublishable"]
    assert manifest["files_url"].startswith("https://demo.example.org/")
