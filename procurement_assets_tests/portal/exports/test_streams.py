"""Rows that pass a slice at a time: where the slices end changes no byte."""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement_assets.lake import Lake
from procurement_assets.portal.exports import changes, frames, history, parquet_files, streams, tables, text_files
from procurement_assets.portal.exports.streams import Beside, by_uid, conforming, cut, rows_of
from procurement_assets.portal.exports.tables import write_table_exports
from procurement_assets.schema import TABLES
from procurement_assets.schema.column import NonConformingError
from procurement_assets.schema.exports import DECP_VERSIONS
from procurement_assets_tests.portal.exports.conftest import BUYER, CONTRACTS, contract, fill, version, write_all

VERSIONS = TABLES["contract_versions"]


@pytest.fixture
def one_row_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every slice is one row."""
    for module in (streams, tables, history, frames):
        monkeypatch.setattr(module, "SLICE", 1)
    monkeypatch.setattr(changes, "BATCH", 1)


def table_of(lake: Lake, uids: list[str]) -> None:
    """Write versions whose contracts have these uids, in this order."""
    rows = [version(uid, n, date(2024, 1, 1), 1.0) for n, uid in enumerate(uids)]
    lake.write_table(VERSIONS.batch(rows), "contract_versions", "paris")


@pytest.mark.usefixtures("one_row_at_a_time")
def test_slices_of_one_row_give_the_same_bytes(lake: Lake, folder: Path) -> None:
    here = write_all(lake, fill(lake))
    names = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
    assert len(names) > 40
    assert [n for n in names if (here / n).read_bytes() != (folder / n).read_bytes()] == []


@given(heights=st.lists(st.integers(0, 7), min_size=1, max_size=8), rows=st.integers(1, 9))
def test_frames_are_cut_to_the_row(heights: list[int], rows: int) -> None:
    numbers = iter(range(sum(heights)))
    given_ = [pl.DataFrame({"n": [next(numbers) for _ in range(h)]}, schema={"n": pl.Int64}) for h in heights]
    found = list(cut(given_, rows))
    assert pl.concat(found)["n"].to_list() == list(range(sum(heights)))
    assert [f.height for f in found[:-1]] == [rows] * (len(found) - 1)
    assert found[-1].height <= rows


@pytest.mark.usefixtures("one_row_at_a_time")
def test_a_table_is_read_beside_another_up_to_a_uid(lake: Lake) -> None:
    table_of(lake, ["A", "A", "B", "D"])
    beside = Beside(lake, "contract_versions", "paris", ["uid", "version"])
    assert beside.upto("").height == 0
    assert beside.upto(f"{BUYER}A")["version"].to_list() == [0, 1]
    assert beside.upto(f"{BUYER}C")["version"].to_list() == [2]
    assert beside.upto(f"{BUYER}Z")["uid"].to_list() == [f"{BUYER}D"]
    assert beside.upto(f"{BUYER}Z").height == 0


def test_a_table_without_rows_gives_its_columns(lake: Lake) -> None:
    table_of(lake, [])
    (frame,) = rows_of(lake.table("contract_versions", "paris"))
    assert frame.schema == pl.Schema(VERSIONS.schema)


@pytest.mark.parametrize("rows", [1, 100])
def test_a_table_that_is_not_in_the_order_of_uid_stops(lake: Lake, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "SLICE", rows)
    table_of(lake, ["B", "A"])
    with pytest.raises(NonConformingError, match="order of uid"):
        list(by_uid(lake, "contract_versions", "paris"))


def test_a_table_that_was_never_made_names_its_asset(lake: Lake) -> None:
    with pytest.raises(FileNotFoundError, match="contract_versions"):
        Beside(lake, "contract_versions", "paris")


@pytest.mark.parametrize("uids", [["B", "A"], ["A", "A"]])
def test_slices_that_are_not_in_the_order_of_the_key_stop(uids: list[str]) -> None:
    parts = [VERSIONS.batch([version(uid, 0, date(2024, 1, 1), 1.0)]) for uid in uids]
    with pytest.raises(NonConformingError, match="order of the key"):
        list(conforming(parts, DECP_VERSIONS))


def test_parquet_has_whole_row_groups_whatever_the_slices(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, one_row_at_a_time: None
) -> None:
    monkeypatch.setattr(parquet_files, "ROW_GROUP", 2)
    write_table_exports(lake, fill(lake))
    file = pq.ParquetFile(Path(str(lake.exports("paris"))) / "decp_lignes.parquet")
    assert [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)] == [2, 2, 1]
    assert file.read(["id"])["id"].to_pylist() == ["2024A1", "2024A1", "2024A2", "2024A2", "2024A3"]
    none = pq.ParquetFile(Path(str(lake.exports("paris"))) / "decp_sous_traitance.parquet")
    assert (none.num_row_groups, none.metadata.num_rows) == (0, 0)


def test_lines_compressed_by_small_blocks_are_the_same_lines(
    lake: Lake, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_files, "BLOCK", 2)
    write_table_exports(lake, fill(lake))
    here = (Path(str(lake.exports("paris"))) / "decp_lignes.jsonl.gz").read_bytes()
    known = (folder / "decp_lignes.jsonl.gz").read_bytes()
    assert gzip.decompress(here) == gzip.decompress(known)
    assert len([json.loads(line) for line in gzip.decompress(here).splitlines()]) == 5


@pytest.mark.usefixtures("one_row_at_a_time")
def test_a_change_is_found_in_whichever_row_group_it_lies(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "ROW_GROUP", 1)
    write_table_exports(lake, fill(lake, CONTRACTS, "2026-01-08"))
    later = [CONTRACTS[0], CONTRACTS[1] | {"objet": "Autre"}, contract("2024A9")]
    write_table_exports(lake, fill(lake, later, "2026-01-09"))
    found = pl.concat(history.read_changes(lake, "paris")).filter(pl.col("date") == date(2026, 1, 9))
    rows: list[tuple[Any, ...]] = found.sort("uid").select("uid", "evenement", "champ", "nouvelle_valeur").rows()
    assert [(uid.removeprefix(BUYER), *rest) for uid, *rest in rows] == [
        ("2024A2", "modifié", "objet", "Autre"),
        ("2024A3", "disparu", None, None),
        ("2024A9", "nouveau", None, None),
    ]


def test_a_run_killed_once_the_history_has_rows_leaves_none_of_it(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(self: changes.Recorder) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(changes, "ROW_GROUP", 1)
        patch.setattr(changes.Recorder, "end", killed)
        with pytest.raises(KeyboardInterrupt):
            write_table_exports(lake, fill(lake))
    assert [p for p in (Path(str(lake.root)) / "exports_history").rglob("*") if p.is_file()] == []
    write_table_exports(lake, fill(lake))
    assert pl.concat(history.read_changes(lake, "paris")).height == 4
