"""Rows of records by pieces: the same file as one row after the other."""

from __future__ import annotations

import io
import json
from pathlib import Path

import msgspec
import polars as pl
import pytest

from procurement_assets.decp import record_rows
from procurement_assets.decp.raw import Note, ReadRecord
from procurement_assets.decp.reader import read_file
from procurement_assets.decp.record_rows import COLUMNS, RecordRows, note_text, record_row
from procurement_assets.lake import replacing
from procurement_assets.parquet import TableWriter
from procurement_assets.schema import TABLES, Table

TABLE = Table(
    name="t",
    title="",
    description="",
    key=("position",),
    columns=tuple(TABLES["decp_records"].column(n) for n in COLUMNS),
)
RECORDS = [
    {"id": str(n), "acheteur": {"id": "21750001600019"}, "objet": "é" * n, "montant": float(n), "inconnu": [n]}
    for n in range(25)
]


def records() -> list[ReadRecord]:
    data = json.dumps({"marches": RECORDS}, ensure_ascii=False).encode()
    return [item for item in read_file(io.BytesIO(data)) if isinstance(item, ReadRecord)]


@pytest.mark.parametrize(("objects", "batch"), [(1, 1), (2, 10), (3, 7), (7, 100), (25, 25), (1_000, 10)])
def test_pieces_and_batches_change_nothing_of_the_rows(
    tmp_path: Path, objects: int, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_rows, "_OBJECTS", objects)
    monkeypatch.setattr(record_rows, "BATCH", batch)
    path = tmp_path / "f.parquet"
    with replacing(path) as handle, TableWriter(handle, TABLE) as writer:
        rows = RecordRows(writer)
        for item in records():
            rows.append(item)
        rows.flush()
    frame = pl.read_parquet(path)
    assert writer.count == 25
    assert [msgspec.json.decode(r)["id"] for r in frame["record"]] == [r["id"] for r in RECORDS]
    assert frame.rows() == [(*r[:5], r[5].decode(), *r[6:]) for r in map(record_row, records())]


def test_the_file_is_the_one_that_rows_make_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_rows, "_OBJECTS", 4)
    for name in ("pieces", "rows"):
        with replacing(tmp_path / name) as handle, TableWriter(handle, TABLE) as writer:
            rows = RecordRows(writer)
            for item in records():
                if name == "pieces":
                    rows.append(item)
                else:
                    writer.append(dict(zip(COLUMNS, record_row(item), strict=True)))
            rows.flush()
    assert (tmp_path / "pieces").read_bytes() == (tmp_path / "rows").read_bytes()


def test_what_platforms_add_is_not_the_content() -> None:
    plain, added = (
        read_file(io.BytesIO(json.dumps({"marches": [{**RECORDS[0], **more}]}).encode()))
        for more in ({}, {"uid": "u", "source": "s"})
    )
    first, second = (record_row(next(r for r in items if isinstance(r, ReadRecord))) for items in (plain, added))
    at = COLUMNS.index("content_sha256")
    assert first[at] == second[at]
    assert first[5] != second[5]


def test_a_note_is_one_line() -> None:
    assert note_text(Note(rule="read.nan")) == "read.nan"
    assert note_text(Note(rule="read.nan", path="montant", detail="NaN")) == "read.nan montant : NaN"
