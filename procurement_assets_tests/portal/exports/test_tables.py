"""The tables given out: their rows, and each format read back."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import date
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procurement_assets.lake import Lake
from procurement_assets.portal.exports.frames import corrections_frame
from procurement_assets.portal.exports.history import read_changes
from procurement_assets.portal.exports.neutral import harmless, neutralised, restored
from procurement_assets.portal.exports.spec import EXPORTS
from procurement_assets.portal.exports.tables import write_table_exports
from procurement_assets.portal.exports.text_files import csv_file, excel_csv_file, flattened, json_lines_file
from procurement_assets.schema import TABLES
from procurement_assets_tests.portal.exports.conftest import (
    BUYER,
    CONCESSION,
    CONTRACTS,
    LIVE,
    REPAIR,
    fill,
    ocids,
    write_all,
)


def read_csv(path: Path, separator: str = ",", encoding: str = "utf-8") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as handle:
        return list(csv.DictReader(handle, delimiter=separator))


def test_every_table_is_written_in_each_of_its_formats(folder: Path) -> None:
    for export in EXPORTS:
        for ending in export.formats:
            assert (folder / export.file(ending)).is_file()
    assert {p.name for p in folder.iterdir() if p.name.startswith(".")} == set()


def test_a_contract_row_has_its_current_holders_and_its_ocid(folder: Path) -> None:
    rows = pl.read_parquet(folder / "decp_marches.parquet").to_dicts()
    assert [r["id"] for r in rows] == ["2024A1", "2024A2", "2024A3"]
    assert rows[0]["titulaires_id"] == ["00123456700019", "39190347300034"]
    assert rows[1]["titulaires_id"] == ["44034824100033"]
    assert rows[1]["titulaires_nom"] == ["REPRENEUR"]
    assert rows[2]["titulaires_id"] == []
    assert rows[1]["ocid"] == f"ocds-xxxxxx-{BUYER}2024A2"


def test_lines_have_one_row_per_version_and_holder_under_the_names_of_decp_info(folder: Path) -> None:
    rows = pl.read_parquet(folder / "decp_lignes.parquet").to_dicts()
    keys = [(r["id"], r["modification_id"], r["titulaire_rang"]) for r in rows]
    assert keys == [("2024A1", 0, 1), ("2024A1", 0, 2), ("2024A2", 0, 1), ("2024A2", 1, 1), ("2024A3", 0, 0)]
    changed = rows[3]
    assert changed["montant"] == 2_500_000.0
    assert changed["dateNotification"] == date(2024, 9, 1)
    assert changed["donneesActuelles"]
    assert not rows[2]["donneesActuelles"]
    assert rows[0]["techniques"] == "Accord-cadre, Sans objet"
    assert rows[4]["titulaire_id"] is None
    peer = ("uid", "titulaire_id", "titulaire_typeIdentifiant", "codeCPV", "modification_id", "sourceDataset")
    assert set(peer) <= set(rows[0])


def test_corrections_say_what_the_rule_did_in_french(folder: Path) -> None:
    (row,) = read_csv(folder / "corrections.csv")
    assert (row["valeur_publiee"], row["valeur_retenue"]) == ('"3110000"', '"03110000"')
    assert row["explication"] == "Zéro initial du code CPV rétabli"


def test_a_correction_of_the_working_group_is_told_as_such() -> None:
    repairs = pl.DataFrame([REPAIR | {"rule": "correction.0123456789"}], schema=TABLES["repairs"].schema)
    assert corrections_frame(repairs)["explication"].to_list() == ["Correction du groupe de travail"]


def test_the_csv_is_plain_utf8_with_iso_dates_and_joined_lists(folder: Path) -> None:
    data = (folder / "decp_marches.csv").read_bytes()
    assert not data.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" not in data
    first, _, third = read_csv(folder / "decp_marches.csv")
    assert first["dateNotification"] == "2024-03-01"
    assert first["montant"] == "1234.5"
    assert first["codeCPV"] == "03110000"
    assert first["techniques"] == "Accord-cadre|Sans objet"
    assert first["marcheInnovant"] == "false"
    assert third["montant"] == ""


def test_the_excel_variant_opens_in_a_french_excel_with_its_codes_as_text(folder: Path) -> None:
    data = (folder / "decp_marches_excel.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.endswith(b"\r\n")
    first = read_csv(folder / "decp_marches_excel.csv", ";", "utf-8-sig")[0]
    assert first["dateNotification"] == "01/03/2024"
    assert first["montant"] == "1234,5"
    assert first["marcheInnovant"] == "FAUX"
    assert first["acheteur_id"] == f'="{BUYER}"'
    assert first["codeCPV"] == '="03110000"'
    assert first["objet"] == "Fourniture 2024A1"


TAKEN = [
    *("00123", "1E5", "2024-01-15", "12,5", "1 000", "12\u202f345", "10 %", "12 €", "(123)", "1/2", "12:30"),
    *("1 mai", "mars 2024", "Sept-1", "5-janv.", "12/2024", "VRAI", "faux", "true"),
]
LEFT = ["Travaux de mai", "3 lots de travaux", "mai", "Vrai besoin", "10 % du lot", "A12", "", "1" * 256]


@pytest.mark.parametrize("text", TAKEN)
def test_a_text_that_a_french_excel_would_take_for_another_value_stays_text(text: str, tmp_path: Path) -> None:
    assert excel_text(text, tmp_path) == f'="{text}"'


@pytest.mark.parametrize("text", LEFT)
def test_another_text_is_written_as_it_is_for_excel(text: str, tmp_path: Path) -> None:
    assert excel_text(text, tmp_path) == text


def excel_text(text: str, folder: Path) -> str:
    """A text as the variant for Excel has it."""
    with excel_csv_file(folder / "x.csv") as write:
        write(pl.DataFrame({"objet": [text], "montant": [1.0]}))
    return read_csv(folder / "x.csv", ";", "utf-8-sig")[0]["objet"]


def test_no_cell_of_a_spreadsheet_file_is_a_formula_but_a_code_kept_as_text(folder: Path) -> None:
    for path in folder.glob("*.csv"):
        separator, encoding = (";", "utf-8-sig") if path.name.endswith("_excel.csv") else (",", "utf-8")
        for row in read_csv(path, separator, encoding):
            for value in row.values():
                kept = value.startswith('="') and value.endswith('"') and value[2:-1].replace("-", "").isalnum()
                number = value.startswith("-") and value[1:].replace(",", ".", 1).replace(".", "", 1).isdigit()
                assert not value.startswith(("=", "+", "-", "@", "\t", "\r")) or kept or number, (path.name, value)
    row = read_csv(folder / "decp_marches.csv")[1]
    assert row["objet"] == f"'{LIVE}"


def test_parquet_and_json_lines_hold_the_text_as_it_is(folder: Path) -> None:
    assert pl.read_parquet(folder / "decp_marches.parquet")["objet"][1] == LIVE
    lines = [json.loads(line) for line in gzip.decompress((folder / "decp_marches.jsonl.gz").read_bytes()).splitlines()]
    assert lines[1]["objet"] == LIVE
    assert lines[0]["techniques"] == ["Accord-cadre", "Sans objet"]
    assert lines[0]["dateNotification"] == "2024-03-01"
    assert lines[2]["montant"] is None
    assert (folder / "decp_marches.jsonl.gz").read_bytes()[4:8] == b"\0\0\0\0", "no clock in the gzip header"


@given(st.text(max_size=30))
def test_making_a_text_harmless_can_be_undone(text: str) -> None:
    frame = pl.DataFrame({"t": [text]})
    safe = frame.select(neutralised(pl.col("t")))
    assert not safe["t"][0].startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
    assert safe.select(restored(pl.col("t")))["t"][0] == text
    assert safe["t"][0] == harmless(text)


def test_parquet_says_where_it_comes_from_and_has_a_page_index(folder: Path) -> None:
    file = pq.ParquetFile(folder / "decp_marches.parquet")
    about = {k.decode(): v.decode() for k, v in file.schema_arrow.metadata.items()}
    assert about["publisher"] == "Ville de Paris"
    assert about["license"] == "https://www.etalab.gouv.fr/licence-ouverte-open-licence"
    assert about["data_date"] == "2026-01-08T05:10:00+01:00"
    assert json.loads(about["labels"])["objet"] == "Objet"
    assert json.loads(about["table_schema"])["primaryKey"] == ["uid"]
    column = file.metadata.row_group(0).column(0)
    assert column.has_offset_index
    assert column.has_column_index
    assert column.compression == "ZSTD"
    assert [s.column_index for s in file.metadata.row_group(0).sorting_columns] == [0]
    assert file.schema_arrow.field("montant").metadata[b"unit"] == b"euros hors taxes"


def test_the_same_records_give_the_same_bytes(tmp_path: Path) -> None:
    first, second = Lake(tmp_path / "a"), Lake(tmp_path / "b")
    one, two = write_all(first, fill(first)), write_all(second, fill(second))
    names = sorted(str(p.relative_to(one)) for p in one.rglob("*") if p.is_file())
    assert [n for n in names if (one / n).read_bytes() != (two / n).read_bytes()] == []
    assert len(names) > 40


def test_a_second_run_leaves_every_file_alone(lake: Lake) -> None:
    about = fill(lake)
    folder = write_all(lake, about)
    before = {p: p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()}
    write_all(lake, about)
    assert {p: p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()} == before


def test_a_contract_without_ocid_stops_the_export(lake: Lake) -> None:
    about = fill(lake)
    lake.write_table(ocids([CONTRACTS[0], CONTRACTS[2], CONCESSION]), "ocids", "paris")
    with pytest.raises(KeyError, match="2024A2"):
        write_table_exports(lake, about)
    assert list(Path(str(lake.root)).rglob("*.csv")) == []
    assert pl.concat(read_changes(lake, "paris")).height == 0


TEXTS = st.one_of(st.none(), st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(TEXTS, st.none() | st.floats(allow_nan=False, allow_infinity=False)), max_size=6))
def test_any_text_and_number_come_back_from_the_csv(
    rows: list[tuple[str | None, float | None]], tmp_path: Path
) -> None:
    frame = pl.DataFrame(rows, schema={"texte": pl.String, "nombre": pl.Float64}, orient="row")
    with csv_file(tmp_path / "f.csv") as write:
        write(flattened(frame))
    read = read_csv(tmp_path / "f.csv")
    back = pl.DataFrame({"texte": [r["texte"] or None for r in read]}, schema={"texte": pl.String})
    assert back.select(restored(pl.col("texte")))["texte"].to_list() == [text for text, _ in rows]
    assert [float(r["nombre"]) if r["nombre"] else None for r in read] == [number for _, number in rows]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(TEXTS, max_size=6))
def test_any_text_comes_back_from_json_lines(rows: list[str | None], tmp_path: Path) -> None:
    with json_lines_file(tmp_path / "f.jsonl.gz") as write:
        write(pl.DataFrame({"texte": rows}, schema={"texte": pl.String}))
    lines = gzip.decompress((tmp_path / "f.jsonl.gz").read_bytes()).decode().split("\n")
    assert [json.loads(line)["texte"] for line in lines if line] == rows
