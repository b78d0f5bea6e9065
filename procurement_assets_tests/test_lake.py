"""The lake: whole files or nothing, the same bytes for the same rows, on disk and on object storage."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from procurement_assets.lake import Lake, replacing, write_bytes
from procurement_assets.parquet import TableWriter, read_rows
from procurement_assets.schema import TABLES, Column, Table, data_dictionary
from procurement_assets.schema.column import NonConformingError, conform

TABLE = Table(
    name="t",
    title="T",
    description="",
    key=("k",),
    columns=(
        Column(name="k", type="string", required=True, title="Clé", description=""),
        Column(name="d", type="date", title="Date", description=""),
        Column(name="l", type="list", title="Liste", description=""),
    ),
)


@pytest.mark.parametrize("root", ["disk", "memory://lake-test"])
def test_a_table_comes_back_as_it_was_written(root: str, tmp_path: Path) -> None:
    lake = Lake(str(tmp_path) if root == "disk" else root)
    frame = TABLE.frame([{"k": "b", "d": None, "l": ["x"]}, {"k": "a", "d": None, "l": []}])
    lake.write_table(frame, "t", "paris")
    assert lake.read_table("t", "paris").equals(frame)
    assert frame["k"].to_list() == ["a", "b"]


def test_a_missing_table_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="matérialiser d'abord l'actif qui fait la table 'contracts'"):
        Lake(str(tmp_path)).read_table("contracts", "paris")


def test_a_write_that_fails_leaves_the_old_bytes_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "f"
    write_bytes(path, b"old")

    def fail_half_way() -> None:
        with replacing(path) as handle:
            handle.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


def test_the_same_bytes_are_not_written_twice(tmp_path: Path) -> None:
    path = tmp_path / "f"
    assert write_bytes(path, b"x")
    before = path.stat().st_mtime_ns
    assert not write_bytes(path, b"x")
    assert path.stat().st_mtime_ns == before


def test_rows_stream_through_parquet_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("procurement_assets.parquet.BATCH", 2)
    rows = [{"k": str(i), "d": None, "l": ["a", str(i)]} for i in range(5)]
    with replacing(tmp_path / "t.parquet") as handle, TableWriter(handle, TABLE) as writer:
        for row in rows:
            writer.append(row)
    assert writer.count == 5
    with (tmp_path / "t.parquet").open("rb") as handle:
        assert list(read_rows(handle)) == rows


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pl.DataFrame({"k": ["a"]}), "missing"),
        (pl.DataFrame({"k": [1], "d": [None], "l": [["x"]]}), "another type"),
        (pl.DataFrame({"k": [None], "d": [None], "l": [["x"]]}, schema=TABLE.schema), "empty values"),
        (pl.DataFrame({"k": ["a", "a"], "d": [None] * 2, "l": [["x"]] * 2}, schema=TABLE.schema), "repeats"),
    ],
)
def test_a_frame_that_breaks_its_description_is_never_written(frame: pl.DataFrame, message: str) -> None:
    with pytest.raises(NonConformingError, match=message):
        conform(frame, TABLE)


def test_every_column_is_described_once_and_in_french() -> None:
    dictionary = data_dictionary(TABLES.values())
    assert dictionary.filter(pl.col("libellé").str.len_chars() == 0).is_empty()
    assert dictionary.filter(pl.col("description").str.len_chars() == 0).is_empty()
    for table in TABLES.values():
        names = [c.name for c in table.columns]
        assert len(names) == len(set(names)), table.name
        assert set(table.key) <= set(names), table.name
