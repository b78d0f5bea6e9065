from __future__ import annotations

import csv
import io

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement_assets.registers.errors import RegisterDamagedError
from procurement_assets.registers.genericode import read_cpv
from procurement_assets.sample.registers import genericode
from procurement_assets_tests.decp.reading import SHARED, needs_shared
from procurement_assets_tests.registers.conftest import CODES, gc


def read(data: bytes) -> pl.DataFrame:
    return read_cpv(io.BytesIO(data))


def test_codes_have_their_labels_their_level_and_their_nearest_parent() -> None:
    found = read(gc(("45111200", "Préparation de chantier", "Site preparation"), ("45100000", "Préparation", "")))
    assert found.rows() == [
        ("03000000", "Produits agricoles", "Agricultural products", "division", None),
        ("03100000", "Horticulture", "Horticulture", "groupe", "03000000"),
        ("45000000", "Travaux de construction", "Construction work", "division", None),
        ("45100000", "Préparation", None, "groupe", "45000000"),
        ("45111200", "Préparation de chantier", "Site preparation", "sous-catégorie", "45100000"),
        ("45111291", "Travaux d'aménagement & voirie", "Site-development work", "sous-catégorie", "45111200"),
    ]


def test_languages_and_columns_that_are_not_needed_are_left_out() -> None:
    more = b'<Value ColumnRef="bul_label"><SimpleValue>\xd0\x9f</SimpleValue></Value><Value ColumnRef="code">'
    assert read(gc().replace(b'<Value ColumnRef="code">', more)).equals(read(gc()))


def test_a_check_digit_after_the_code_is_left_out() -> None:
    assert read(gc().replace(b"03000000<", b"03000000-1<")).equals(read(gc()))


def test_without_an_english_label_the_name_is_the_english_one() -> None:
    assert read(gc().replace(b"eng_label", b"deu_label"))["libelle_en"].to_list()[0] == "Agricultural products"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "XML illisible"),
        (b'{"codes": []}', "XML illisible"),
        (gc()[:-60], "XML illisible"),
        (b"<html><body/></html>", "aucune ligne"),
        (gc(("4511129", "x", "")), "« 4511129 » n'est pas un code CPV de huit chiffres"),
        (gc(("45000000", "x", "")), "le code 45000000 est écrit deux fois"),
        (gc(("45999999", "", "x")), "le code 45999999 n'a pas de libellé français"),
        (gc().replace(b"fra_label", b"fr_label"), "n'a pas de libellé français"),
    ],
)
def test_a_file_that_is_not_the_cpv_is_refused_and_says_why(data: bytes, said: str) -> None:
    with pytest.raises(RegisterDamagedError, match=said):
        read(data)


def test_an_entity_that_points_elsewhere_is_not_followed(tmp_path) -> None:  # type: ignore[no-untyped-def]
    secret = tmp_path / "secret"
    secret.write_text("SECRET")
    bomb = gc().replace(
        b"<gc:CodeList", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file://%s">]><gc:CodeList' % str(secret).encode()
    )
    try:
        found = read(bomb.replace(b"Horticulture<", b"Horticulture&e;<"))
    except RegisterDamagedError:
        return
    assert "SECRET" not in str(found.to_dicts())


_TEXT = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20)


@given(st.dictionaries(st.from_regex(r"[0-9]{8}", fullmatch=True), st.tuples(_TEXT, _TEXT), min_size=1, max_size=20))
def test_whatever_is_written_is_read_back(codes: dict[str, tuple[str, str]]) -> None:
    found = read(genericode((code, *labels) for code, labels in codes.items()).encode())
    assert found.select("code", "libelle_fr", "libelle_en").rows() == sorted(
        (c, *labels) for c, labels in codes.items()
    )


@needs_shared
def test_the_whole_cpv_is_read_as_the_reference_has_it() -> None:
    with (SHARED / "reference/cpv_2008_fr_en.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = read(genericode((r["code"], r["label_fr"], r["label_en"]) for r in rows).encode())
    assert found.height == 9454
    expected = sorted((r["code"], r["label_fr"], r["label_en"], r["parent"] or None) for r in rows)
    assert found.select("code", "libelle_fr", "libelle_en", "parent").rows() == expected
    assert found.filter(pl.col("niveau") == "division").height == 45
    assert len(CODES) == 4
