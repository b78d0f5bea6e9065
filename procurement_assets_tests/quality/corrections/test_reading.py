"""Correction files as they come back: every usual way to save them, every line told or used, nothing raised."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from upath import UPath

from procurement_assets.quality.corrections.cells import date_of, text_of
from procurement_assets.quality.corrections.columns import COLUMNS
from procurement_assets.quality.corrections.reading import read_file, read_received
from procurement_assets.quality.corrections.sheets import csv_bytes

HEADER = ("Identifiant unique", "Chemin du champ", "Valeur publiée", "Valeur corrigée", "Auteur", "Date", "Motif")
LINE = ("21750001600019A1", "montant", "10", "12345,67", "A. Durand", "12/03/2026", "acte d'engagement")


def csv_file(*lines: tuple[str, ...], delimiter: str = ";", encoding: str = "utf-8-sig", end: str = "\r\n") -> bytes:
    return end.join(delimiter.join(line) for line in (HEADER, *lines)).encode(encoding)


def xlsx_file(*lines: tuple[Any, ...], before: int = 0) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for _ in range(before):
        sheet.append(["Direction de la voirie"])
    for line in (HEADER, *lines):
        sheet.append(list(line))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def read(data: bytes, name: str = "f.csv") -> dict[str, Any]:
    (row,) = read_file(name, data)
    return row


def test_a_column_added_under_the_name_of_another_loses_no_correction() -> None:
    """Someone left « Valeur corrigée » empty and typed in a column of their own of the same name."""
    head, first, second = ";".join((*HEADER, "Correction")), (*LINE, ""), (*LINE[:3], "", *LINE[4:], "99")
    rows = read_file("f.csv", "\r\n".join((head, ";".join(first), ";".join(second))).encode())
    assert [(r["ligne"], r["valeur_corrigee"], r.get("refus")) for r in rows] == [
        (2, "12345,67", None),
        (3, "99", None),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_a_csv_of_any_usual_encoding_and_delimiter_is_read(encoding: str, delimiter: str, end: str) -> None:
    line = LINE if delimiter != "," else (*LINE[:3], '"12345,67"', *LINE[4:])
    row = read(csv_file(line, delimiter=delimiter, encoding=encoding, end=end))
    assert (row["uid"], row["champ"], row["valeur_publiee"]) == LINE[:3]
    assert (row["valeur_corrigee"], row["auteur"], row["date"], row["motif"]) == (
        "12345,67", "A. Durand", "2026-03-12", "acte d'engagement",
    )  # fmt: skip
    assert (row["ligne"], row.get("refus")) == (2, None)


def test_a_workbook_has_numbers_dates_and_booleans_in_its_cells() -> None:
    data = xlsx_file(
        ("u1", "montant", "10", 12345.67, "A", datetime(2026, 3, 12), "m"),
        ("u1", "titulaires[0].id", "x", 38235772100051.0, "A", date(2026, 3, 12), "m"),
        ("u1", "marcheInnovant", "non", True, "A", "12 mars 2026", "m"),
        ("u1", "dateNotification", None, datetime(2024, 2, 1), "A", 46093, "m"),
        before=3,
    )
    rows = read_file("f.xlsx", data)
    assert [r["valeur_corrigee"] for r in rows] == ["12345.67", "38235772100051", "oui", "2024-02-01"]
    assert {r["date"] for r in rows} == {"2026-03-12"}
    assert [(r["feuille"], r["ligne"]) for r in rows] == [("Sheet", n) for n in (5, 6, 7, 8)]


@pytest.mark.parametrize("kind", ["xlsx", "ods", "csv", "xls"])
def test_a_file_saved_by_libreoffice_is_read(tmp_path: Path, kind: str) -> None:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed: files saved by openpyxl are tested above")
    lines = (LINE, ("u1", "titulaires[0].id", "x", 38235772100051, "A", datetime(2026, 3, 12), "m"))
    (tmp_path / "retour.xlsx").write_bytes(xlsx_file(*lines))
    # 59: semicolon; 34: quotation mark; 76: UTF-8.
    asked = "csv:Text - txt - csv (StarCalc):59,34,76,1" if kind == "csv" else kind
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [office, profile, "--headless", "--convert-to", asked, "--outdir", str(tmp_path / "out")]
    subprocess.run([*command, str(tmp_path / "retour.xlsx")], check=True, capture_output=True, timeout=240)
    first, second = read_file(f"retour.{kind}", (tmp_path / "out" / f"retour.{kind}").read_bytes())
    assert (first["uid"], first["champ"], first["valeur_corrigee"]) == (LINE[0], "montant", "12345,67")
    assert (second["valeur_corrigee"], second["date"], second.get("refus")) == ("38235772100051", "2026-03-12", None)


def test_a_line_that_nobody_filled_says_nothing() -> None:
    assert read_file("f.csv", csv_file((*LINE[:3], "", "", "", ""), ("", "", "", "", "", "", ""))) == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (("", *LINE[1:]), "l'identifiant unique du contrat manque"),
        ((LINE[0], "acheteur_id", *LINE[2:]), "le champ « acheteur_id » ne peut pas être corrigé"),
        ((LINE[0], "", *LINE[2:]), "le champ « (vide) » ne peut pas être corrigé"),
        ((*LINE[:4], "", *LINE[5:]), "il manque : l'auteur"),
        ((*LINE[:4], "", "", ""), "il manque : l'auteur, la date, le motif"),
        ((*LINE[:5], "bientôt", LINE[6]), "« bientôt » n'est pas une date (JJ/MM/AAAA)"),
        ((*LINE[:5], "31/02/2026", LINE[6]), "« 31/02/2026 » n'est pas une date (JJ/MM/AAAA)"),
    ],
)
def test_a_filled_line_that_cannot_be_used_says_why(line: tuple[str, ...], reason: str) -> None:
    assert read(csv_file(line))["refus"] == reason


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("f.xlsx", b"not a workbook", "le classeur ne s'ouvre pas"),
        ("f.xlsx", b"PK\x03\x04" + bytes(200), "le classeur ne s'ouvre pas"),
        ("f.csv", b"", "il est vide"),
        ("f.csv", b"a;b\n1;2\n", "aucune feuille n'a les colonnes"),
        ("f.pdf", b"%PDF", "extension inconnue"),
        ("f", b"x", "extension inconnue"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_refused_line(name: str, data: bytes, reason: str) -> None:
    row = read(data, name)
    assert (row["ligne"], row["fichier"]) == (0, name)
    assert row["refus"].startswith("fichier illisible : ")
    assert reason in row["refus"]


def test_the_french_name_of_a_field_will_do_where_the_path_is_missing() -> None:
    header = ("Identifiant unique", "Champ", "Valeur corrigée", "Auteur", "Date", "Motif")
    lines = [header, ("u", "Code CPV", "45000000", "A", "12/03/2026", "m"), ("u", "Date", "x", "A", "12/03/2026", "m")]
    rows = read_file("f.csv", "\n".join(";".join(x) for x in lines).encode())
    assert (rows[0]["champ"], rows[0].get("refus")) == ("codeCPV", None)
    assert rows[1]["refus"] == "le champ « Date » ne peut pas être corrigé"


def test_guards_against_formulas_and_rounding_are_taken_off() -> None:
    row = read(csv_file(("'21750001600019000001", "objet", "'=1+1", "'-5 °C", *LINE[4:])))
    assert (row["uid"], row["valeur_publiee"], row["valeur_corrigee"]) == ("21750001600019000001", "=1+1", "-5 °C")
    assert text_of("'aujourd'hui'") == "'aujourd'hui'"
    for live in ("=1+1", "＝1+1", "'=1+1", "@SUM(1)", "+33 1 42 76"):
        (row,) = list(csv.reader(csv_bytes([{"objet": live}]).decode("utf-8-sig").splitlines()[1:], delimiter=";"))
        sent = row[[c.name for c in COLUMNS].index("objet")]
        assert (sent, text_of(sent)) == (f"'{live}", live)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("12/03/2026", "2026-03-12"),
        ("12-3-26", "2026-03-12"),
        ("2026-03-12", "2026-03-12"),
        ("2026-03-12T00:00:00", "2026-03-12"),
        ("12 mars 2026", "2026-03-12"),
        ("jeudi 12 mars 2026", "2026-03-12"),
        ("1er août 2026", "2026-08-01"),
        ("12 févr. 2026", "2026-02-12"),
        ("46093", "2026-03-12"),
        ("hier", None),
        ("31/02/2026", None),
        ("12 brumaire 2026", None),
    ],
)
def test_dates_are_read_as_french_people_write_them(text: str, iso: str | None) -> None:
    assert date_of(text) == iso


def test_a_folder_is_read_by_name_without_lock_and_hidden_files(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv"):
        (tmp_path / name).write_bytes(csv_file(LINE))
    for name in (".~lock.a.csv#", "~$a.xlsx", ".DS_Store"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    assert read_received(UPath(tmp_path)).select("fichier", "ligne").rows() == [("a.csv", 2), ("b.csv", 2)]
    assert read_received(UPath(tmp_path / "absent")).is_empty()


@given(st.binary(max_size=300), st.sampled_from(["f.xlsx", "f.csv", "f.ods", "f.xls", "f.xlsb"]))
def test_no_bytes_stop_the_reading(data: bytes, name: str) -> None:
    for row in read_file(name, data):
        assert row["refus"]


@given(st.lists(st.lists(st.text(max_size=12), min_size=7, max_size=7).map(tuple), max_size=4))
def test_no_cells_stop_the_reading(lines: list[tuple[str, ...]]) -> None:
    for row in read_file("f.csv", csv_file(*lines, encoding="utf-8")):
        assert row.get("refus") or (row["uid"] and row["champ"] and row["date"])


@pytest.mark.parametrize(
    ("signed", "refused"),
    [("31/12/2017", True), ("01/01/2018", False), ("12/03/26", False), ("31/12/99", True), ("31/12/2999", True)],
)
def test_a_correction_signed_in_an_impossible_year_is_refused(signed: str, refused: bool) -> None:
    """The last signed correction of a field wins: one of 2999 would win for ever."""
    row = read(csv_file((*LINE[:5], signed, LINE[6])))
    said = f"« {signed} » n'est pas la date d'une correction : vérifier l'année"
    assert row.get("refus") == (said if refused else None)
