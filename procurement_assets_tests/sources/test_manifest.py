from __future__ import annotations

import io

import msgspec
import polars as pl
import pytest

from procurement_assets.lake import Lake
from procurement_assets.sources.manifest import (
    SCHEMA,
    ManifestError,
    ManifestRow,
    manifest_path,
    read_manifest,
    write_manifest,
)

ROW = ManifestRow(
    source="s", resource_id="r", title="t", url="https://a.fr/t", status="kept", sha256="a" * 64, bytes=12, read=False
)


def test_what_is_written_is_read_back_in_order(lake: Lake) -> None:
    other = msgspec.structs.replace(ROW, resource_id="a", status="refused", sha256="", reason="page « HTML »")
    assert write_manifest(lake, "paris", [ROW, other]) == [other, ROW]
    assert read_manifest(lake, "paris") == [other, ROW]
    assert manifest_path(lake, "paris") == lake / "raw" / "manifest" / "paris.parquet"


def test_the_same_rows_give_the_same_bytes_in_any_order(lake: Lake) -> None:
    other = msgspec.structs.replace(ROW, resource_id="a")
    write_manifest(lake, "one", [ROW, other])
    write_manifest(lake, "two", [other, ROW])
    assert manifest_path(lake, "one").read_bytes() == manifest_path(lake, "two").read_bytes()


def test_before_the_first_refresh_there_is_nothing(lake: Lake) -> None:
    assert read_manifest(lake, "paris") == []


def test_an_empty_manifest_keeps_its_columns(lake: Lake) -> None:
    write_manifest(lake, "paris", [])
    assert read_manifest(lake, "paris") == []
    assert pl.read_parquet(io.BytesIO(manifest_path(lake, "paris").read_bytes())).schema == pl.Schema(SCHEMA)


def test_columns_of_another_version_do_not_stop_the_reading(lake: Lake) -> None:
    write_manifest(lake, "paris", [ROW])
    path = manifest_path(lake, "paris")
    frame = pl.read_parquet(io.BytesIO(path.read_bytes())).drop("reason").with_columns(later=pl.lit(1))
    with path.open("wb") as handle:
        frame.write_parquet(handle)
    assert read_manifest(lake, "paris") == [ROW]


@pytest.mark.parametrize("data", [b"", b"not parquet"])
def test_a_damaged_manifest_says_what_to_do(lake: Lake, data: bytes) -> None:
    write_manifest(lake, "paris", [ROW])
    manifest_path(lake, "paris").write_bytes(data)
    with pytest.raises(ManifestError, match="remettre une sauvegarde, ou le supprimer"):
        read_manifest(lake, "paris")


def test_it_works_in_a_bucket() -> None:
    lake = Lake("memory://manifest-test/lake")
    write_manifest(lake, "paris", [ROW])
    assert read_manifest(lake, "paris") == [ROW]
