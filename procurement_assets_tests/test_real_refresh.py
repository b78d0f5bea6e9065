"""The whole way on the City's real data, through the mirror, as `make refresh` runs it: counts, bytes, requests."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from procurement_assets.backup.restore import restore
from procurement_assets.backup.store import Store
from procurement_assets.backup.take import take
from procurement_assets.lake import Lake
from procurement_assets_tests.conftest import Mirror
from procurement_assets_tests.real import digests, refresh, table


@pytest.fixture(scope="module")
def paris(start_mirror: Callable[..., Mirror], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Mirror]:
    """A lake after one refresh of Paris."""
    lake, mirror = tmp_path_factory.mktemp("real") / "lake", start_mirror()
    done = refresh(lake, mirror)
    assert done.returncode == 0, done.stdout + done.stderr
    return lake, mirror


def test_every_real_record_of_paris_is_in_the_ledger(paris: tuple[Path, Mirror]) -> None:
    lake, _ = paris
    ledger = table(lake, "ledger")
    by_source = dict(ledger.group_by("source").len().iter_rows())
    assert by_source == {"minef-consolide": 3850, "maximilien": 1054 + 1152}
    assert dict(ledger.group_by("outcome").len().iter_rows()) == {"kept": 6050, "merged": 5, "superseded": 1}
    assert ledger.select("file_sha256", "position").is_duplicated().sum() == 0
    assert table(lake, "contracts").height == 6050


def test_a_contract_in_two_yearly_files_keeps_all_its_modifications(paris: tuple[Path, Mirror]) -> None:
    lake, _ = paris
    versions = table(lake, "contract_versions").filter(pl.col("uid") == "21750001600019202420241").sort("version")
    assert versions["dureeMois"].to_list() == [48, 48, 24, 24, 24]
    assert versions["date"].cast(pl.String).to_list()[1:] == ["2024-10-03", "2025-03-10", "2025-07-15", "2025-09-22"]


def test_sixty_cpv_codes_get_their_leading_zero_back(paris: tuple[Path, Mirror]) -> None:
    lake, _ = paris
    repairs = table(lake, "repairs").filter(pl.col("rule") == "cpv.leading-zero")
    assert repairs.height == 60
    assert set(repairs["original"].str.len_chars()) == {9}  # seven digits in quotation marks


def test_a_second_refresh_downloads_nothing_and_ends_with_the_same_bytes(paris: tuple[Path, Mirror]) -> None:
    lake, mirror = paris
    before, asked = digests(lake, "exports", "tables", "ocds"), len(mirror.requests())
    done = refresh(lake, mirror)
    assert done.returncode == 0, done.stdout + done.stderr
    assert digests(lake, "exports", "tables", "ocds") == before
    assert [r["status"] for r in mirror.requests()[asked:] if r["status"] != 304] == []


def test_restored_from_a_backup_and_refreshed_offline_the_lake_has_the_same_bytes(
    paris: tuple[Path, Mirror], tmp_path: Path
) -> None:
    lake, mirror = paris
    store, again = Store(tmp_path / "backups"), tmp_path / "lake"
    take(Lake(lake), lake.with_name(lake.name + "-dagster"), store)
    restore(store, str(again), again.with_name(again.name + "-dagster"))
    assert digests(again, "ocds") == {p: d for p, d in digests(lake, "ocds").items() if "/history/" in p}
    assert not (again / "exports").exists()
    asked = len(mirror.requests())
    done = refresh(again, mirror, PROCUREMENT_OFFLINE="1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert digests(again, "exports", "tables", "ocds") == digests(lake, "exports", "tables", "ocds")
    assert len(mirror.requests()) == asked


def test_with_faults_the_result_is_the_same_bytes(
    paris: tuple[Path, Mirror], start_mirror: Callable[..., Mirror], tmp_path: Path
) -> None:
    lake, _ = paris
    faulty = start_mirror("--faults", "0.3", "--seed", "3")
    done = refresh(tmp_path / "lake", faulty)
    assert done.returncode == 0, done.stdout + done.stderr
    assert any(r["fault"] for r in faulty.requests())
    assert digests(tmp_path / "lake", "exports", "tables", "ocds") == digests(lake, "exports", "tables", "ocds")


def shuffled_overlay(shared: Path, folder: Path) -> Path:
    """The mirror's files of Paris with their records shuffled, and their listings reversed, checksums to match."""
    dice = random.Random(7)
    for dataset in ("67272093922b37b9b2f1b653", "5cd57bf68b4c4179299eb0e9"):
        listing_path = Path("www.data.gouv.fr/api/2/datasets") / dataset / "resources" / "index.json"
        listing = json.loads((shared / "mirror" / listing_path).read_bytes())
        listing["data"].reverse()
        for resource in listing["data"]:
            path = resource["url"].removeprefix("https://")
            content = json.loads((shared / "mirror" / path).read_bytes())
            records = content["marches"]["marche"] if isinstance(content["marches"], dict) else content["marches"]
            dice.shuffle(records)
            data = json.dumps(content, ensure_ascii=False, indent=1).encode()
            resource["checksum"]["value"] = hashlib.sha1(data).hexdigest()
            resource["filesize"] = resource["extras"]["analysis:content-length"] = len(data)
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        (folder / listing_path).parent.mkdir(parents=True, exist_ok=True)
        (folder / listing_path).write_text(json.dumps(listing))
    return folder


def test_shuffled_files_and_records_give_the_same_exports(
    paris: tuple[Path, Mirror], shared: Path, start_mirror: Callable[..., Mirror], tmp_path: Path
) -> None:
    lake, _ = paris
    mirror = start_mirror("--overlay", str(shuffled_overlay(shared, tmp_path / "overlay")))
    done = refresh(tmp_path / "lake", mirror)
    assert done.returncode == 0, done.stdout + done.stderr
    # The trend names each run after its raw files.
    provenance = ("ledger", "repairs", "decp_records", "files", "findings", "quarantine", "quality_trend")
    folders = [
        "exports",
        "ocds",
        *(f"tables/{t.name}" for t in (lake / "tables").iterdir() if t.name not in provenance),
    ]
    assert digests(tmp_path / "lake", *folders) == digests(lake, *folders)


def test_the_exports_are_all_there_and_hold_every_contract(paris: tuple[Path, Mirror]) -> None:
    lake, _ = paris
    exports = lake / "exports" / "paris"
    assert {f.name for f in exports.iterdir()} >= {
        "decp_marches.csv",
        "decp_marches.parquet",
        "decp_concessions.csv",
        "decp_concessions.parquet",
        "releases.jsonl.gz",
        "compiled_releases.jsonl.gz",
        "record_package.json",
        "quality_report.html",
        "rapport_qualite.html",
    }
    assert pl.read_parquet(exports / "decp_marches.parquet").height == 6050
    assert pl.read_csv(exports / "decp_marches.csv", infer_schema=False).height == 6050


def test_an_unknown_publisher_gets_one_line(start_mirror: Callable[..., Mirror], tmp_path: Path) -> None:
    done = refresh(tmp_path / "lake", start_mirror(), "lyon")
    assert done.returncode == 2
    assert "aucun publieur ne s'appelle 'lyon'" in done.stderr
    assert "Traceback" not in done.stderr
