from __future__ import annotations

from pathlib import Path

import pytest

from procurement_assets.lake import Lake, replacing
from procurement_assets.sources.errors import RawCorrupted
from procurement_assets.sources.store import open_raw, raw_digest, store_file
from procurement_assets_tests.sources.conftest import sha256

DATA = b'{"marches": []}'


@pytest.fixture(params=["folder", "bucket"])
def any_lake(request: pytest.FixtureRequest, tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake" if request.param == "folder" else f"memory://store-{tmp_path.name}/lake")


def put(lake: Lake, folder: Path, data: bytes = DATA) -> tuple[str, int]:
    path = folder / "body.part"
    path.write_bytes(data)
    found = store_file(lake, path)
    assert not path.exists()
    return found


def test_a_file_is_stored_by_its_content(any_lake: Lake, tmp_path: Path) -> None:
    assert put(any_lake, tmp_path) == (sha256(DATA), len(DATA))
    with open_raw(any_lake, sha256(DATA), verify=True) as handle:
        assert handle.read() == DATA


def test_a_file_already_stored_is_not_rewritten(lake: Lake, tmp_path: Path) -> None:
    put(lake, tmp_path)
    before = lake.raw(sha256(DATA)).stat()
    put(lake, tmp_path)
    after = lake.raw(sha256(DATA)).stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)


def test_a_stored_file_of_the_wrong_size_is_replaced(any_lake: Lake, tmp_path: Path) -> None:
    put(any_lake, tmp_path)
    any_lake.raw(sha256(DATA)).write_bytes(b"{")
    put(any_lake, tmp_path)
    assert any_lake.raw(sha256(DATA)).read_bytes() == DATA


def test_an_empty_file_is_stored(any_lake: Lake, tmp_path: Path) -> None:
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert put(any_lake, tmp_path, b"") == (empty, 0)
    assert open_raw(any_lake, empty).read() == b""


def test_damaged_bytes_are_seen_when_verified(any_lake: Lake, tmp_path: Path) -> None:
    put(any_lake, tmp_path)
    any_lake.raw(sha256(DATA)).write_bytes(DATA.upper())
    with pytest.raises(RawCorrupted, match="le supprimer et relancer"):
        open_raw(any_lake, sha256(DATA), verify=True)


def test_an_absent_file_says_what_to_run(any_lake: Lake) -> None:
    with pytest.raises(FileNotFoundError, match="relancer l'actif des fichiers bruts"):
        open_raw(any_lake, "0" * 64)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63])
def test_only_a_sha256_names_a_raw_file(lake: Lake, name: str) -> None:
    with pytest.raises(ValueError, match="is not a sha256"):
        lake.raw(name)


def test_other_digests_are_computed_from_the_store(any_lake: Lake, tmp_path: Path) -> None:
    put(any_lake, tmp_path)
    assert raw_digest(any_lake, sha256(DATA), "sha256") == sha256(DATA)
    assert raw_digest(any_lake, sha256(DATA), "md5") == "1910a68446658eeaec2cf2a019eb6c15"


def _write_half(lake: Lake) -> None:
    with replacing(lake / "tables" / "x.bin") as handle:
        handle.write(b"half")
        raise RuntimeError("stopped")


def test_a_file_whose_writing_fails_is_left_as_it_was(any_lake: Lake) -> None:
    with replacing(any_lake / "tables" / "x.bin") as handle:
        handle.write(b"whole")
    with pytest.raises(RuntimeError, match="stopped"):
        _write_half(any_lake)
    assert (any_lake / "tables" / "x.bin").read_bytes() == b"whole"
    assert [p.name for p in (any_lake / "tables").iterdir()] == ["x.bin"]
