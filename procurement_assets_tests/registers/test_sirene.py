from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement_assets.lake import Lake
from procurement_assets.registers.errors import RegisterDamagedError
from procurement_assets.registers.sirene import read_stock, wanted_sirens
from procurement_assets.schema import TABLES
from procurement_assets_tests.registers.conftest import holders, stock_file, unit


def test_only_what_is_wanted_is_kept_and_what_is_not_there_is_said(tmp_path: Path) -> None:
    path = stock_file(tmp_path / "s.parquet", unit("300000023"), unit("300000114"), unit("300000353"))
    found = read_stock(path, ["300000353", "300000023", "999999999"])
    assert found.select("siren", "connu").rows() == [("300000023", True), ("300000353", True), ("999999999", False)]
    assert found.row(2)[2:] == (None,) * (found.width - 2)
    assert found.select("denominationUniteLegale", "categorieJuridiqueUniteLegale", "dateDebut").row(0) == (
        "SOCIETE 300000023",
        "5710",
        date(2020, 1, 1),
    )


NATURAL = {
    "nomUniteLegale": "DURAND",
    "prenom1UniteLegale": "CLAUDE",
    "denominationUsuelle1UniteLegale": "CLAUDE DURAND JARDINS",
    "categorieJuridiqueUniteLegale": 1000,
}


@pytest.mark.parametrize(
    "changes",
    [
        NATURAL | {"denominationUniteLegale": None},
        NATURAL | {"denominationUniteLegale": "CLAUDE DURAND"},
        NATURAL | {"denominationUniteLegale": "CLAUDE DURAND", "categorieJuridiqueUniteLegale": 1300},
        NATURAL | {"denominationUniteLegale": "CLAUDE DURAND", "categorieJuridiqueUniteLegale": None},
        {"denominationUniteLegale": "DURAND ET FILS", "statutDiffusionUniteLegale": "P"},
        {"denominationUniteLegale": "DURAND ET FILS", "statutDiffusionUniteLegale": "N"},
        {"denominationUniteLegale": "DURAND ET FILS", "statutDiffusionUniteLegale": None},
    ],
)
def test_the_name_of_a_person_is_never_kept(tmp_path: Path, changes: dict[str, object]) -> None:
    path = stock_file(tmp_path / "s.parquet", unit("300000023", **changes), unit("300000114"))
    found = read_stock(path, ["300000023", "300000114"])
    assert found["denominationUniteLegale"].to_list() == [None, "SOCIETE 300000114"]
    assert "DURAND" not in str(found.to_dicts())


def test_a_file_without_diffusion_status_or_legal_category_gives_no_name(tmp_path: Path) -> None:
    bare = {"siren": "300000023", "denominationUniteLegale": "X", "etatAdministratifUniteLegale": "A"}
    found = read_stock(stock_file(tmp_path / "s.parquet", bare), ["300000023"])
    assert found.select("connu", "denominationUniteLegale", "dateDebut").rows() == [(True, None, None)]


def test_codes_written_as_numbers_get_their_zeros_back_and_nd_is_an_absence(tmp_path: Path) -> None:
    path = stock_file(
        tmp_path / "s.parquet",
        unit("x") | {"siren": 5520176, "categorieJuridiqueUniteLegale": 5, "activitePrincipaleUniteLegale": "[ND]"},
    )
    found = read_stock(path, ["005520176"])
    assert found.select("connu", "categorieJuridiqueUniteLegale", "activitePrincipaleUniteLegale").rows() == [
        (True, "0005", None)
    ]


def test_dates_written_as_texts_are_read_and_those_that_do_not_exist_are_empty(tmp_path: Path) -> None:
    texts = {"dateDebut": "2024-02-30", "dateCreationUniteLegale": "1998-12-31"}
    found = read_stock(stock_file(tmp_path / "s.parquet", unit("300000023", **texts)), ["300000023"])
    assert found.select("dateDebut", "dateCreationUniteLegale").rows() == [(None, date(1998, 12, 31))]


def test_a_unit_written_twice_keeps_its_latest_state(tmp_path: Path) -> None:
    ceased = unit("300000023", etatAdministratifUniteLegale="C", dateDebut=date(2024, 1, 1))
    found = read_stock(stock_file(tmp_path / "s.parquet", ceased, unit("300000023")), ["300000023"])
    assert found.select("etatAdministratifUniteLegale", "dateDebut").rows() == [("C", date(2024, 1, 1))]


@pytest.mark.parametrize("cut", [0, 4, 200, -4])
def test_a_file_that_is_cut_or_is_not_parquet_is_refused(tmp_path: Path, cut: int) -> None:
    path = stock_file(tmp_path / "s.parquet", *(unit(f"{n:09d}") for n in range(300_000_000, 300_000_500)))
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(RegisterDamagedError, match="Parquet illisible"):
        read_stock(path, ["300000023"])


@given(st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=4))
def test_a_file_with_other_bytes_is_read_or_refused_and_nothing_else(tmp_path_factory, changes) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path_factory.mktemp("stock")
    path = stock_file(folder / "s.parquet", *(unit(f"{n:09d}") for n in range(300_000_000, 300_000_050)))
    data = bytearray(path.read_bytes())
    for place, value in changes:
        data[place % len(data)] = value
    path.write_bytes(data)
    try:
        assert read_stock(path, ["300000005"]).height == 1
    except RegisterDamagedError:
        return


def test_sirens_written_as_texts_without_their_zeros_are_found(tmp_path: Path) -> None:
    path = stock_file(tmp_path / "s.parquet", unit("5520176"), unit("300000023"))
    assert read_stock(path, ["005520176"]).select("siren", "connu").rows() == [("005520176", True)]


def test_another_parquet_file_is_refused_and_says_what_it_lacks(tmp_path: Path) -> None:
    pl.DataFrame({"siret": ["1"]}).write_parquet(tmp_path / "s.parquet")
    with pytest.raises(RegisterDamagedError, match="ce n'est pas StockUniteLegale : colonne siren"):
        read_stock(tmp_path / "s.parquet", [])


@given(st.sets(st.integers(0, 999), max_size=30), st.sets(st.integers(0, 999), max_size=30))
def test_every_wanted_siren_has_one_row_and_no_other(tmp_path_factory, there: set[int], wanted: set[int]) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path_factory.mktemp("stock") / "s.parquet"
    units = [unit(f"{n:09d}") for n in sorted(there)]
    frame = pl.DataFrame(units) if units else pl.DataFrame([unit("000001000")])
    frame.write_parquet(path)
    found = read_stock(path, [f"{n:09d}" for n in wanted])
    assert found.select("siren", "connu").rows() == [(f"{n:09d}", n in there) for n in sorted(wanted)]


def test_the_sirens_of_all_publishers_and_tables_are_wanted(lake: Lake) -> None:
    holders(lake, "paris", "300000023", None, "300000114")
    holders(lake, "autre", "300000353")
    act = {"uid": "u", "acte_rang": 1, "version": 0, "sousTraitant_siren": "300000411", "acte_absent": False}
    lake.write_table(TABLES["subcontracts"].batch([act]), "subcontracts", "paris")
    assert wanted_sirens(lake) == {"300000023", "300000114", "300000353", "300000411"}


def test_a_lake_without_tables_wants_nobody(lake: Lake) -> None:
    assert wanted_sirens(lake) == set()
