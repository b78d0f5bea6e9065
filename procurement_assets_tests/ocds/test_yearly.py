"""Files by year: what they hold, their limits, their manifest, and what disappears."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from procurement_assets.lake import Lake
from procurement_assets.ocds.compile import Compiler
from procurement_assets.ocds.packages import package, write_record_package
from procurement_assets.ocds.packaging import Limits
from procurement_assets.ocds.produce import COMPILED, RELEASES, write_compiled
from procurement_assets.ocds.validate import validate
from procurement_assets.ocds.yearly import MANIFEST, folder_of, write_yearly
from procurement_assets_tests.ocds.support import (
    PROFILE,
    PUBLISHER,
    in_order,
    marche,
    modified,
    needs_shared,
    official,
    real_contracts,
)

DATE = "2025-06-30"
LATE = modified(dateNotificationModification="2025-01-10", datePublicationDonneesModification="2025-01-12", montant=6e5)


def _three() -> list[list[bytes]]:
    """Two processes of 2024, one of them modified in 2025, and one of 2023."""
    return in_order(
        [
            marche(id="A", modifications=[LATE]),
            marche(id="B", dateNotification="2023-03-01", datePublicationDonnees="2023-03-05"),
            marche(id="C"),
        ]
    )


def _lake(path: Path, groups: list[list[bytes]]) -> Lake:
    lake = Lake(path)
    lake.ocds("paris").mkdir(parents=True, exist_ok=True)
    (lake.ocds("paris") / RELEASES).write_bytes(b"".join(line + b"\n" for g in groups for line in g))
    write_compiled(lake, "paris", PROFILE)
    return lake


def _bytes(lake: Lake) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder_of(lake, "paris").iterdir(), key=lambda p: p.name)}


def _json(lake: Lake, name: str) -> Any:
    data = (folder_of(lake, "paris") / name).read_bytes()
    return json.loads(gzip.decompress(data) if name.endswith(".gz") else data)


def _lines(lake: Lake, name: str) -> list[Any]:
    return [json.loads(x) for x in gzip.decompress((folder_of(lake, "paris") / name).read_bytes()).splitlines()]


def test_a_process_stays_in_the_year_of_its_first_release(tmp_path: Path) -> None:
    lake = _lake(tmp_path, _three())
    written = write_yearly(lake, PUBLISHER, DATE)
    names = [
        f"{s}_{y}.{e}.gz" for s, e in (("releases", "jsonl"), ("compiled_releases", "jsonl")) for y in (2023, 2024)
    ]
    names += [f"{s}_package_{y}.json.gz" for s in ("release", "record") for y in (2023, 2024)]
    assert [f.name for f in written] == names
    assert [r["date"][:10] for r in _lines(lake, "releases_2024.jsonl.gz")] == [
        "2024-05-25",
        "2025-01-12",
        "2024-05-25",
    ]
    assert len(_lines(lake, "compiled_releases_2024.jsonl.gz")) == 2
    records = _json(lake, "record_package_2024.json.gz")["records"]
    assert [len(r["releases"]) for r in records] == [2, 1]
    assert records[0]["compiledRelease"]["contracts"][0]["value"]["amount"] == 6e5


def test_a_package_says_its_address_its_date_its_licence_and_its_extensions(tmp_path: Path) -> None:
    lake = _lake(tmp_path, _three())
    write_yearly(lake, PUBLISHER, DATE)
    found = _json(lake, "release_package_2023.json.gz")
    assert len(found.pop("releases")) == 1
    assert found["uri"] == "https://opendata.paris.fr/ocds/release_package_2023.json.gz"
    assert found["publishedDate"] == "2025-06-30T00:00:00+02:00"
    assert found["license"] == PUBLISHER.license
    assert found["publicationPolicy"] == PUBLISHER.publication_policy
    assert found["extensions"][-1].endswith("/ocds_fr_decp/1.0/extension.json")


def test_the_manifest_tells_sizes_sums_counts_and_dates(tmp_path: Path) -> None:
    lake = _lake(tmp_path, _three())
    write_yearly(lake, PUBLISHER, DATE)
    manifest = _json(lake, MANIFEST)
    assert manifest["publishedDate"] == "2025-06-30T00:00:00+02:00"
    assert [f["name"] for f in manifest["files"]] == sorted(
        (f["name"] for f in manifest["files"]), key=[f["name"] for f in manifest["files"]].index
    )
    for file in manifest["files"]:
        data = (folder_of(lake, "paris") / file["name"]).read_bytes()
        assert (file["bytes"], file["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
        assert file["unzipped_bytes"] == len(gzip.decompress(data))
        assert file["url"] == f"https://opendata.paris.fr/ocds/{file['name']}"
    records = next(f for f in manifest["files"] if f["name"] == "record_package_2024.json.gz")
    assert {k: records[k] for k in ("kind", "year", "part", "processes", "entries", "first_date", "last_date")} == {
        "kind": "record_package",
        "year": 2024,
        "part": 1,
        "processes": 2,
        "entries": 2,
        "first_date": "2024-05-25T00:00:00+02:00",
        "last_date": "2025-01-12T00:00:00+01:00",
    }
    assert set(_bytes(lake)) == {MANIFEST, *(f["name"] for f in manifest["files"])}


def test_the_same_data_give_the_same_bytes_and_leave_the_files_alone(tmp_path: Path) -> None:
    one, two = _lake(tmp_path / "1", _three()), _lake(tmp_path / "2", _three())
    write_yearly(one, PUBLISHER, DATE)
    write_yearly(two, PUBLISHER, DATE)
    assert _bytes(one) == _bytes(two)
    before = {p.name: p.stat().st_mtime_ns for p in folder_of(one, "paris").iterdir()}
    write_yearly(one, PUBLISHER, DATE)
    assert {p.name: p.stat().st_mtime_ns for p in folder_of(one, "paris").iterdir()} == before


def test_a_year_that_disappears_takes_its_files_and_nothing_else(tmp_path: Path) -> None:
    lake = _lake(tmp_path, _three())
    write_yearly(lake, PUBLISHER, DATE)
    foreign = folder_of(lake, "paris") / "releases_of_another_kind.jsonl.gz"
    foreign.write_bytes(b"kept")
    _lake(tmp_path, [g for g in _three() if b"-B-initial" not in g[0]])
    write_yearly(lake, PUBLISHER, DATE)
    assert sorted(n for n in _bytes(lake) if "2023" in n) == []
    assert len([n for n in _bytes(lake) if "2024" in n]) == 4
    assert foreign.read_bytes() == b"kept"


def test_no_process_leaves_an_empty_manifest_and_no_empty_file(tmp_path: Path) -> None:
    lake = _lake(tmp_path, [])
    assert write_yearly(lake, PUBLISHER, DATE) == []
    assert set(_bytes(lake)) == {MANIFEST}
    assert _json(lake, MANIFEST)["files"] == []


def test_an_error_leaves_the_last_publication_in_place(tmp_path: Path) -> None:
    lake = _lake(tmp_path, _three())
    write_yearly(lake, PUBLISHER, DATE)
    before = _bytes(lake)
    path = lake.ocds("paris") / "releases.jsonl"
    path.write_bytes(path.read_bytes() + b'{"broken')
    with pytest.raises(msgspec.DecodeError):
        write_yearly(lake, PUBLISHER, DATE)
    assert _bytes(lake) == before


@pytest.mark.parametrize(
    "limits",
    [Limits(contracts=7), Limits(zipped=9_000), Limits(unzipped=40_000), Limits(contracts=9, zipped=6_000)],
)
def test_a_package_that_reaches_a_limit_is_cut_into_parts(tmp_path: Path, limits: Limits) -> None:
    groups = in_order(marche(id=f"M{n:03}", objet=hashlib.sha256(bytes([n])).hexdigest() * 4) for n in range(60))
    lake = _lake(tmp_path, groups)
    written = write_yearly(lake, PUBLISHER, DATE, limits)
    packages = [f for f in written if f.kind == "record_package"]
    assert len(packages) > 2
    assert [f.name for f in packages[:2]] == ["record_package_2024.json.gz", "record_package_2024_2.json.gz"]
    assert [f.part for f in packages] == list(range(1, len(packages) + 1))
    for file in written:
        assert file.entries
        if "package" in file.kind:
            assert file.bytes <= limits.zipped
            assert file.unzipped_bytes <= limits.unzipped
            assert file.contracts <= limits.contracts
    records = [r["ocid"] for f in packages for r in _json(lake, f.name)["records"]]
    assert records == [json.loads(g[0])["ocid"] for g in groups]
    assert len([f for f in written if f.kind == "releases"]) == 1
    write_yearly(lake, PUBLISHER, DATE)
    assert not [n for n in _bytes(lake) if n.endswith("_2.json.gz")]


def test_one_process_over_the_limit_is_still_published(tmp_path: Path) -> None:
    lake = _lake(tmp_path, _three())
    written = write_yearly(lake, PUBLISHER, DATE, Limits(unzipped=10))
    assert [f.processes for f in written if f.kind == "record_package"] == [1, 1, 1]


def test_the_default_limits_are_those_of_the_guidance() -> None:
    assert Limits() == Limits(unzipped=1_000_000_000, zipped=10_000_000, contracts=250_000)


@needs_shared
def test_real_contracts_by_year_are_valid_and_complete(tmp_path: Path) -> None:
    groups = in_order(real_contracts()[:1500])
    lake = _lake(tmp_path, groups)
    written = write_yearly(lake, PUBLISHER, DATE, Limits(contracts=200))
    by_kind = {k: [f for f in written if f.kind == k] for k in {f.kind for f in written}}
    assert {k: sum(f.processes for f in fs) for k, fs in by_kind.items()} == dict.fromkeys(by_kind, len(groups))
    seen = []
    for file in by_kind["record_package"]:
        for found in _json(lake, file.name)["records"]:
            assert found["releases"][0]["date"][:4] == str(file.year)
            seen.append(found["ocid"])
    assert sorted(seen) == [json.loads(g[0])["ocid"] for g in groups]
    lines = [msgspec.json.encode(x) for f in by_kind["compiled_releases"] for x in _lines(lake, f.name)]
    assert validate(lines, official(), workers=1, ordered=False).ok


def test_packages_have_the_bytes_of_the_writer_of_packages(tmp_path: Path) -> None:
    lake = _lake(tmp_path, _three())
    write_yearly(lake, PUBLISHER, DATE)
    groups = [g for g in _three() if b"-B-initial" not in g[0]]
    about = package(
        PUBLISHER,
        uri="https://opendata.paris.fr/ocds/record_package_2024.json.gz",
        published_date="2025-06-30T00:00:00+02:00",
    )
    out = io.BytesIO()
    write_record_package(out, Compiler(PROFILE).records(groups), about)
    assert gzip.decompress((folder_of(lake, "paris") / "record_package_2024.json.gz").read_bytes()) == out.getvalue()


def test_object_storage_has_the_same_files_as_a_disk(tmp_path: Path) -> None:
    local, remote = _lake(tmp_path, _three()), Lake("memory://pkg-yearly")
    for name in (RELEASES, COMPILED):
        (remote.ocds("paris") / name).write_bytes((local.ocds("paris") / name).read_bytes())
    write_yearly(local, PUBLISHER, DATE)
    write_yearly(remote, PUBLISHER, DATE)
    write_yearly(remote, PUBLISHER, DATE)
    assert _bytes(remote) == _bytes(local)
