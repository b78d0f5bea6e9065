"""The package: files held to their manifest, frozen before anything is sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from procurement_assets.lake import Lake
from procurement_assets.portal.publishing.package import PackageError, keep_only, kept_package, load_package
from procurement_assets_tests.publishing.support import lake_at, rows, write_exports

pytestmark = pytest.mark.usefixtures("small_table")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake with exports."""
    found = lake_at(tmp_path)
    write_exports(found, rows(5))
    return found


def _manifest(lake: Lake, change: Any) -> None:
    path = Path(str(lake.exports("ville") / "manifest.json"))
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def test_only_the_files_of_the_manifest_are_in_the_package(lake: Lake) -> None:
    (lake.exports("ville") / "brouillon.csv").write_text("x")
    package = load_package(lake, "ville")
    assert [f.name for f in package.files] == [
        "decp_marches.csv",
        "decp_marches.parquet",
        "ocds/2025.json",
        "politique_publication.html",
    ]


def test_a_file_other_than_its_manifest_says_refuses(lake: Lake) -> None:
    (lake.exports("ville") / "ocds" / "2025.json").write_text("{}")
    with pytest.raises(PackageError, match=r"2025\.json ne correspond pas à son manifeste"):
        load_package(lake, "ville")
    (lake.exports("ville") / "ocds" / "2025.json").unlink()
    with pytest.raises(PackageError, match="manque alors que le manifeste le nomme"):
        load_package(lake, "ville")


def test_what_was_frozen_stays_when_the_exports_change(lake: Lake) -> None:
    package = load_package(lake, "ville")
    before = package.read("decp_marches.csv")
    write_exports(lake, rows(9))
    assert package.read("decp_marches.csv") == before
    assert kept_package(lake, "ville", package.manifest_sha256) == package


def test_a_frozen_file_that_was_damaged_is_frozen_again(lake: Lake) -> None:
    package = load_package(lake, "ville")
    frozen = next(Path(package.store).glob(f"*/{package.file('decp_marches.csv').sha256}"))
    frozen.unlink()
    frozen.write_text("abîmé")
    assert load_package(lake, "ville").read("decp_marches.csv").startswith(b"uid,")


def test_a_frozen_file_that_is_gone_is_told_in_one_line(lake: Lake) -> None:
    package = load_package(lake, "ville")
    keep_only(lake, "ville", set())
    with pytest.raises(PackageError, match=r"decp_marches\.csv : ses octets gelés ont disparu"):
        package.read("decp_marches.csv")


def test_frozen_files_that_no_publication_needs_are_forgotten(lake: Lake) -> None:
    old = load_package(lake, "ville")
    write_exports(lake, rows(6))
    new = load_package(lake, "ville")
    assert keep_only(lake, "ville", {new.manifest_sha256}) == 4  # three files and the manifest; the policy is the same
    assert kept_package(lake, "ville", old.manifest_sha256) is None
    assert new.read("decp_marches.csv").count(b"ocds-a1b2c3") == 6


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda m: m["files"][0].update(name="../../etc/passwd"), "inacceptables"),
        (lambda m: m["files"][0].update(name="/etc/passwd"), "inacceptables"),
        (lambda m: m["files"][0].update(name="a.csv\r\nDELE index.csv"), "inacceptables"),
        (lambda m: m["files"][0].update(sha256="../x"), "inacceptables"),
        (lambda m: m["files"].append(m["files"][0]), "noms répétés"),
        (lambda m: m.update(files=[]), "ne nomme aucun fichier"),
        (lambda m: m.pop("files"), "manifeste illisible"),
        (lambda m: m.update(publisher="autre"), "le manifeste est celui de « autre »"),
    ],
)
def test_a_manifest_that_cannot_be_right_refuses(lake: Lake, change: Any, expected: str) -> None:
    _manifest(lake, change)
    with pytest.raises(PackageError, match=expected):
        load_package(lake, "ville")


def test_without_exports_the_message_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="matérialiser les exports"):
        load_package(lake_at(tmp_path), "ville")
