"""What is laid aside on disk while tables are made: the same tables whatever is held, and nothing left behind."""

from __future__ import annotations

import os
import random
import tempfile
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest

from procurement_assets.decp import gathered as gathering
from procurement_assets.decp.candidate import Origin, Shelf
from procurement_assets.decp.gathered import gathered
from procurement_assets.decp.model import Contract, Operateur
from procurement_assets.decp.raw import RawOperateur
from procurement_assets.decp.rules import Repair
from procurement_assets.decp.spill import Spill
from procurement_assets.decp.table_file import TableFile
from procurement_assets.decp.tables import build_tables
from procurement_assets.decp.told import Told
from procurement_assets.lake import Lake
from procurement_assets.schema import TABLES
from procurement_assets.schema.column import NonConformingError
from procurement_assets_tests.decp.test_tables import PARIS, SOURCES, record, row

VERSIONS, LEDGER = TABLES["contract_versions"], TABLES["ledger"]


def versions(*keys: tuple[str, int]) -> pl.DataFrame:
    known = {"titulaires": [], "modifie": [], "anterieure_au_contrat": False}
    return VERSIONS.batch([{"uid": uid, "version": version} | known for uid, version in keys])


def told(position: int, **fields: Any) -> dict[str, Any]:
    base = {"source": "a", "file_sha256": "f", "fichier": "f.json", "outcome": "kept", "reason": "kept"}
    return base | {"position": position} | fields


def keys_of(frame: pl.DataFrame) -> list[tuple[Any, ...]]:
    return frame.select("uid", "version").rows()


def test_lines_are_read_back_from_where_they_lie_between_writes() -> None:
    with Spill() as spill:
        assert spill.put(b"one") == 0
        assert spill.get(0) == b"one"
        assert spill.put("deux é".encode()) == 1
        assert (spill.get(1), spill.get(0)) == ("deux é".encode(), b"one")
        assert list(spill.lines()) == [b"one", "deux é".encode()]
        assert spill.get(spill.put(b"")) == b""
        assert list(spill.lines()) == [b"one", "deux é".encode(), b""]


def test_what_was_told_of_a_record_is_read_back_as_it_was() -> None:
    repairs = tuple(Repair("p", "r", value, "é\n") for value in (10**30, float("inf"), 0.1, 3, True, None, '"id":"'))
    contract = Contract(kind="marche", format="2022", uid="b1", id="1", acheteur_id="b", montant=2.5)
    origin = Origin("a", 1, "f", "2025", "sha")
    with Spill() as spill:
        shelf = Shelf(spill)
        shelf.add(contract, origin, 0)
        number = shelf.add(contract, origin, 1, Told(repairs, ("tolerant", "une note")))
        found = shelf.candidate(number)
        assert shelf.candidate(0).told == Told()
        assert found.told == Told(repairs, ("tolerant", "une note"))
        assert [type(r.original) for r in found.told.repairs] == [int, float, float, int, bool, type(None), str]
        assert (found.contract, found.uid, found.amount, found.place) == (contract, "b1", 2.5, ("sha", 1))
        shelf.replace(number, contract, Told())
        assert found.told == Told()


def test_only_contracts_that_name_a_wanted_siren_are_read_to_learn_it() -> None:
    def of(siret: str) -> Contract:
        return Contract(kind="marche", format="2022", uid="", id="", acheteur_id="", titulaires=[Operateur(id=siret)])

    with Spill() as spill:
        shelf = Shelf(spill)
        for siret in ("38235772100051", "73282932000074"):
            trap = Told((Repair("titulaires[0].id", "r", '{"id":"38235772100051"}', siret),))
            shelf.add(of(siret), Origin("a", 1, "f", "", "s"), 0, trap)
        found = [c.titulaires[0].id for c in shelf.naming({"382357721"})]
    assert found == ["38235772100051"]


def test_row_groups_are_full_whatever_the_parts() -> None:
    keys = [(f"u{n:02d}", 0) for n in range(11)]
    for part in (1, 3, 11):
        with TableFile(VERSIONS, row_group=4) as table:
            for start in range(0, len(keys), part):
                table.write(versions(*reversed(keys[start : start + part])))
            assert keys_of(table.finish().frame()) == keys
            groups = pq.ParquetFile(table._file).metadata
            assert [groups.row_group(i).num_rows for i in range(groups.num_row_groups)] == [4, 4, 3]


@pytest.mark.parametrize("second", [("u1", 0), ("u1", 1), ("u0", 5)])
def test_a_part_that_does_not_follow_the_last_is_refused(second: tuple[str, int]) -> None:
    with TableFile(VERSIONS) as table:
        table.write(versions(("u1", 1)))
        with pytest.raises(NonConformingError, match="comes after"):
            table.write(versions(second))


def test_an_empty_table_has_its_columns(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    with TableFile(VERSIONS) as table:
        table.finish().save(lake, "p")
    found = lake.read_table("contract_versions", "p")
    assert (found.height, dict(found.schema)) == (0, VERSIONS.schema)


def test_a_table_is_put_in_the_lake_whole_and_left_alone_where_it_is_there(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    path = Path(str(lake.table("contract_versions", "p")))

    def save(*keys: tuple[str, int]) -> None:
        with TableFile(VERSIONS) as table:
            table.write(versions(*keys))
            table.finish().save(lake, "p")

    save(("u1", 0))
    assert keys_of(lake.read_table("contract_versions", "p")) == [("u1", 0)]
    os.utime(path, ns=(1, 1))
    save(("u1", 0))
    assert path.stat().st_mtime_ns == 1
    save(("u2", 0))
    assert keys_of(lake.read_table("contract_versions", "p")) == [("u2", 0)]
    assert [f.name for f in path.parent.iterdir()] == ["p.parquet"]


def test_rows_of_a_contract_that_come_in_several_parts_are_all_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "HELD", 2)
    monkeypatch.setattr(gathering, "PART", 3)
    keys = [("a", n) for n in range(9)] + [("b", 0), ("c", 0), ("c", 1), ("d", 0)]
    rows = gathered(VERSIONS)
    rows.extend(versions(*keys).to_dicts())
    with rows.finish() as table:
        assert keys_of(table.frame()) == keys


def test_accounts_come_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "HELD", 3)
    places = [(file, position) for file in ("é", "a", "Z") for position in (10, 9, 2, 1)]
    random.Random(1).shuffle(places)
    rows = gathered(LEDGER, row_group=5)
    rows.extend(told(position, file_sha256=file, detail=f"{file}{position}") for file, position in places)
    with rows.finish() as table:
        found = table.frame()
    assert found.select("file_sha256", "position").rows() == sorted(places)
    assert found["detail"].to_list() == [f"{file}{position}" for file, position in sorted(places)]
    assert dict(found.schema) == LEDGER.schema


def test_an_account_told_twice_is_refused_even_where_a_row_group_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "HELD", 1)
    for places in ([0, 1, 1], [0, 0, 1]):
        rows = gathered(LEDGER, row_group=2)
        rows.extend(told(position) for position in places)
        with pytest.raises(NonConformingError), rows.file:
            rows.finish()


def _records() -> list[dict[str, Any]]:
    spaced = [RawOperateur(typeIdentifiant="SIRET", id=i) for i in ("382 357 721 00051", "40144985540144")]
    rows = [row(record(i % 40, montant=1000.5 + i % 7, titulaires=spaced[: 1 + i % 2]), i) for i in range(90)]
    return rows + [row(record(i, objet="Autre  objet"), i, source="b") for i in range(50)]


def test_the_same_bytes_whatever_is_held(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def bytes_of(folder: str) -> dict[str, bytes]:
        lake = Lake(tmp_path / folder)
        with build_tables(_records(), [], PARIS, SOURCES) as built:
            return {name: table.save(lake, "p").read_bytes() for name, table in built.tables.items()}

    expected = bytes_of("whole")
    monkeypatch.setattr(gathering, "HELD", 7)
    monkeypatch.setattr(gathering, "PART", 20)
    assert bytes_of("parts") == expected


def test_nothing_is_left_open_nor_on_disk_where_a_record_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(ValueError, match="truncated"):
        build_tables([*_records(), row(record(1), 999) | {"record": "{"}], [], PARIS, SOURCES)
    with build_tables(_records(), [], PARIS, SOURCES) as built:
        assert sum(built.outcomes.values()) == 140
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert list(tmp_path.iterdir()) == []
