"""The workbook and the database: real types, read-me, dictionary, comments, keys, and LibreOffice's own reading."""

from __future__ import annotations

import csv
import shutil
import subprocess
import zipfile
from datetime import date, datetime
from pathlib import Path

import duckdb
import openpyxl
import polars as pl
import pytest

from procurement_assets.portal.exports import workbook
from procurement_assets.portal.exports.database import steady_identifier, write_database
from procurement_assets.portal.exports.spec import BY_NAME, EXPORTS, About, Export
from procurement_assets.portal.exports.workbook import Sheet, write_workbook
from procurement_assets_tests.portal.exports.conftest import BUYER, LIVE, PUBLISHERS
from procurement_assets_tests.portal.exports.conftest import row as row_of

SHEETS = ["Lisez-moi", "Dictionnaire", *(e.sheet for e in EXPORTS if e.sheet)]
ABOUT = About(publisher=PUBLISHERS.publishers["paris"], data_date="2026-01-08T05:10:00+01:00")


def sheet_of(export: Export, frame: pl.DataFrame) -> Sheet:
    """The rows of an export as those of a sheet."""
    return Sheet(export, frame.height, lambda: frame)


def cells(folder: Path, sheet: str, name: str = "decp.xlsx") -> list[dict[str, openpyxl.cell.Cell]]:
    rows = list(openpyxl.load_workbook(folder / name)[sheet].iter_rows())
    return [dict(zip([c.value for c in rows[0]], row, strict=True)) for row in rows[1:]]


def test_the_workbook_has_a_read_me_a_dictionary_and_the_tables(folder: Path) -> None:
    book = openpyxl.load_workbook(folder / "decp.xlsx")
    assert book.sheetnames == SHEETS
    for name in SHEETS:
        assert book[name].freeze_panes == "A2", name
    for name in SHEETS[2:]:
        assert book[name].auto_filter.ref is not None, name
    said = {r[0]: r[1] for r in book["Lisez-moi"].iter_rows(values_only=True)}
    assert said["Date des données"] == "8 janvier 2026"
    assert said["Licence"].startswith("Licence Ouverte")
    assert said["Feuille « Marchés »"].startswith("3 lignes.")
    words = list(book["Dictionnaire"].iter_rows(values_only=True))
    assert ("Marchés", "montant") in {(w[0], w[1]) for w in words}
    assert words[0][:4] == ("Feuille", "Colonne", "Type", "Libellé")


def test_dates_and_numbers_are_real_and_identifiers_are_text(folder: Path) -> None:
    first, second, third = cells(folder, "Marchés")
    assert first["Date de notification"].value == datetime(2024, 3, 1)
    assert first["Date de notification"].number_format == "dd/mm/yyyy"
    assert second["Montant actuel"].value == 2_500_000.0
    assert second["Montant actuel"].data_type == "n"
    assert first["Marché innovant"].value is False
    assert (first["Code CPV"].value, first["Code CPV"].data_type) == ("03110000", "s")
    assert first["SIRET de l'acheteur"].value == BUYER
    assert first["Identifiants des titulaires"].value == "00123456700019|39190347300034"
    assert third["Montant initial"].value is None
    assert first["Montant initial"].comment is None
    header = openpyxl.load_workbook(folder / "decp.xlsx")["Marchés"]
    notes = [c.comment.text for c in header[1] if c.comment is not None]
    assert any(note.startswith("montant_actuel:\n") and "Unité : euros hors taxes." in note for note in notes)


def test_no_cell_is_a_formula_and_a_text_that_looks_like_one_is_marked(folder: Path) -> None:
    book = openpyxl.load_workbook(folder / "decp.xlsx")
    assert [c.coordinate for s in book for r in s.iter_rows() for c in r if c.data_type == "f"] == []
    assert [r["Objet"].value for r in cells(folder, "Marchés")][1:] == [f"'{LIVE}", "'- Lot 1 ; « étude »"]


def test_the_workbook_bears_the_date_of_the_data_and_no_clock(folder: Path) -> None:
    with zipfile.ZipFile(folder / "decp.xlsx") as book:
        assert book.testzip() is None
        core = book.read("docProps/core.xml").decode()
        assert {i.date_time for i in book.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert core.count("2026-01-08T00:00:00Z") == 2
    assert "<dc:creator>Ville de Paris</dc:creator>" in core


def test_a_table_larger_than_a_sheet_is_left_out_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "SHEET_ROWS", 1)
    export = BY_NAME["decp_versions"]
    frame = pl.DataFrame(schema=export.table.schema)
    two = pl.concat([frame, pl.DataFrame([{"uid": "a"}, {"uid": "b"}])], how="diagonal").select(frame.columns)
    assert write_workbook(tmp_path / "b.xlsx", [sheet_of(export, two)], ABOUT) == {}
    book = openpyxl.load_workbook(tmp_path / "b.xlsx")
    assert book.sheetnames == ["Lisez-moi", "Dictionnaire"]
    said = {r[0]: r[1] for r in book["Lisez-moi"].iter_rows(values_only=True)}
    assert said["Feuille « Versions »"].startswith("2 lignes : plus qu'une feuille ne peut en contenir")


def test_a_text_longer_than_a_cell_is_cut_and_says_so(tmp_path: Path) -> None:
    export = BY_NAME["decp_versions"]
    frame = pl.DataFrame(schema=export.table.schema)
    long = pl.DataFrame([{"uid": "a", "objetModification": "x" * 40_000}])
    write_workbook(tmp_path / "b.xlsx", [sheet_of(export, pl.concat([frame, long], how="diagonal"))], ABOUT)
    sheet = openpyxl.load_workbook(tmp_path / "b.xlsx")["Versions"]
    text = sheet.cell(2, 4).value
    assert len(text) == 32_767
    assert text.endswith("… (suite dans le fichier CSV)")


def test_a_text_is_measured_as_excel_measures_it(tmp_path: Path) -> None:
    export = BY_NAME["decp_versions"]
    frame = pl.DataFrame(schema=export.table.schema)
    texts = ["💶" * 16_383, "💶" * 16_384, "a" * 32_767]
    rows = pl.DataFrame([{"uid": str(i), "objetModification": t} for i, t in enumerate(texts)])
    write_workbook(tmp_path / "b.xlsx", [sheet_of(export, pl.concat([frame, rows], how="diagonal"))], ABOUT)
    sheet = openpyxl.load_workbook(tmp_path / "b.xlsx")["Versions"]
    first, second, third = (sheet.cell(row, 4).value for row in (2, 3, 4))
    assert (first, third) == (texts[0], texts[2])
    assert second == "💶" * (len(second) - 29) + "… (suite dans le fichier CSV)"
    assert 16_000 < len(second.encode("utf-16-le")) // 2 <= 32_767


def test_a_day_before_1900_is_text_since_excel_knows_none(tmp_path: Path) -> None:
    export = BY_NAME["decp_versions"]
    frame = pl.DataFrame(schema=export.table.schema)
    days = [date(1900, 1, 1), date(24, 5, 2), None]
    rows = pl.DataFrame([{"uid": str(i), "date": d, "montant": 1.5} for i, d in enumerate(days)])
    write_workbook(tmp_path / "b.xlsx", [sheet_of(export, pl.concat([frame, rows], how="diagonal"))], ABOUT)
    found = cells(tmp_path, "Versions", "b.xlsx")
    name = next(c.title for c in export.table.columns if c.name == "date")
    amount = next(c.title for c in export.table.columns if c.name == "montant")
    assert [r[name].value for r in found] == [datetime(1900, 1, 1), "02/05/0024", None]
    assert [(r[amount].value, r[amount].data_type) for r in found] == [(1.5, "n")] * 3


def test_libreoffice_opens_the_workbook_with_the_same_values(folder: Path, tmp_path: Path) -> None:
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("soffice is not installed: apt-get install --no-install-recommends libreoffice-calc")
    # All sheets (-1), comma, quotes, UTF-8, values as they are stored and not as they look.
    options = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [soffice, profile, "--headless", "--convert-to", options, "--outdir", str(tmp_path)]
    subprocess.run([*command, str(folder / "decp.xlsx")], check=True, capture_output=True, timeout=180)
    with (tmp_path / "decp-Marchés.csv").open(encoding="utf-8", newline="") as handle:
        read = list(csv.DictReader(handle))
    frame = pl.read_parquet(folder / "decp_marches.parquet")
    titles = {c.title: c.name for c in BY_NAME["decp_marches"].table.columns}
    assert [titles[t] for t in read[0]] == frame.columns
    for shown, row in zip(read, frame.to_dicts(), strict=True):
        assert shown["Identifiant unique"] == row["uid"]
        assert shown["Code CPV"] == (row["codeCPV"] or "")
        assert float(shown["Montant actuel"] or 0) == (row["montant_actuel"] or 0)
        assert shown["Identifiants des titulaires"] == "|".join(row["titulaires_id"])
    assert read[1]["Objet"] == f"'{LIVE}"
    for sheet in SHEETS:
        assert (tmp_path / f"decp-{sheet}.csv").is_file(), sheet


def test_the_database_has_every_table_with_its_comments_and_key(folder: Path) -> None:
    with duckdb.connect(str(folder / "procurement.duckdb"), read_only=True) as database:
        tables = dict(database.execute("SELECT table_name, comment FROM duckdb_tables()").fetchall())
        assert set(tables) == {*(e.name for e in EXPORTS), "dictionnaire", "lisez_moi"}
        assert all(tables.values())
        keys = database.execute(
            "SELECT table_name, constraint_column_names FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY'"
        ).fetchall()
        assert ("decp_lignes", ["uid", "modification_id", "titulaire_rang"]) in keys
        bare = database.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE comment IS NULL AND table_name LIKE 'decp%'"
        ).fetchall()
        assert bare == []
        assert database.execute("SELECT objet FROM decp_marches WHERE id = '2024A2'").fetchone() == (LIVE,)
        assert database.execute("SELECT techniques[1], dateNotification::VARCHAR FROM decp_marches").fetchone() == (
            "Accord-cadre",
            "2024-03-01",
        )
        assert database.execute("SELECT texte FROM lisez_moi WHERE sujet = 'producteur'").fetchone() == (
            "Ville de Paris",
        )


def test_an_unknown_header_of_the_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "other.duckdb"
    path.write_bytes(b"\1" * 8 + b"DUCK" + b"\0" * 8000)
    before = path.read_bytes()
    assert not steady_identifier(path)
    assert path.read_bytes() == before


def test_a_table_larger_than_a_sheet_is_not_even_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read() -> pl.DataFrame:
        raise AssertionError("read in vain")

    monkeypatch.setattr(workbook, "SHEET_ROWS", 1)
    assert write_workbook(tmp_path / "b.xlsx", [Sheet(BY_NAME["decp_versions"], 2, read)], ABOUT) == {}


@pytest.mark.parametrize("rows", [1, 2047, 5000])
def test_frames_of_any_size_give_the_same_database(tmp_path: Path, rows: int) -> None:
    table = BY_NAME["decp_versions"].table
    frame = table.frame([row_of(table, uid=f"{i:06d}") for i in range(5000)])
    found = {}
    for name, frames in (("whole", [frame]), ("cut", list(frame.iter_slices(rows)))):
        (tmp_path / name).mkdir()
        path = tmp_path / name / "procurement.duckdb"
        assert write_database(path, [(table, frames)], ABOUT) == {table.name: 5000}
        found[name] = path.read_bytes()
    assert found["whole"] == found["cut"]
