"""Lists of contracts in the ways they come: columns, types and files vary, nothing stops the rest."""

from __future__ import annotations

import contextlib
import hashlib
import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement_assets.decp.codelists import fold
from procurement_assets.lake import Lake, write_bytes
from procurement_assets.publishers import ContractList, PublishersError, Source, load_publishers
from procurement_assets.quality.reconciliation.lists import LIST_SCHEMA, ListError, fold_expr, parse_list, read_lists
from procurement_assets.sources.manifest import ManifestRow
from procurement_assets_tests.quality.reconciliation.support import COLUMNS, FIRM, listed


def test_the_portal_s_columns_are_read_and_typed() -> None:
    row = parse_list(json.dumps([listed("20212021S00001")]).encode(), COLUMNS).to_dicts()[0]
    assert row == {
        "numero": "20212021S00001", "annee": 2021, "objet": "ENTRETIEN DES FONTAINES DU BOIS", "titulaire": FIRM,
        "titulaire_nom": "EAUX", "plusieurs": False, "montant_min": 0.0, "montant_max": 120_000.0,
        "date": date(2021, 3, 10), "perimetre": None,
    }  # fmt: skip


def test_a_hash_for_a_siret_is_several_holders() -> None:
    row = parse_list(json.dumps([listed("1", fournisseur_siret="#")]).encode(), COLUMNS).to_dicts()[0]
    assert (row["titulaire"], row["plusieurs"]) == (None, True)


def test_a_csv_with_other_names_french_numbers_and_dates_is_the_same_list() -> None:
    head = "Numéro marché;Objet du marché;SIRET;Montant;Date de notification"
    text = f"{head}\n2021 S1;Eau;808 368 997 00041;1 234,56;10/03/2021\n"
    columns = ContractList(number=("numero_marche",), date=("date_de_notification",))
    row = parse_list(text.encode(), columns).to_dicts()[0]
    assert (row["numero"], row["titulaire"], row["montant_max"]) == ("2021S1", FIRM, 1234.56)
    assert (row["date"], row["annee"]) == (date(2021, 3, 10), 2021)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_csv_is_read_in_the_encodings_that_spreadsheets_save(encoding: str) -> None:
    text = "Numéro_marché;Objet;Montant max\n2021S1;Forêt à Saint-Rémy;1234,5\n"
    row = parse_list(text.encode(encoding), COLUMNS).to_dicts()[0]
    assert (row["numero"], row["objet"], row["montant_max"]) == ("2021S1", "Forêt à Saint-Rémy", 1234.5)


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("1.234.567,89", 1_234_567.89),
        ("1,234,567.89", 1_234_567.89),
        ("1.234,5 €", 1234.5),
        ("1.234.567", 1_234_567.0),
        ("1,234,567", 1_234_567.0),
        ("1234.5", 1234.5),
        ("1234,5", 1234.5),
        ("-12,5", -12.5),
        ("1.2.3,4,5", None),
    ],
)
def test_an_amount_is_read_with_either_sign_between_thousands(written: str, amount: float | None) -> None:
    row = parse_list(json.dumps([listed("A", montant_max=written)]).encode(), COLUMNS).to_dicts()[0]
    assert row["montant_max"] == amount


def test_values_of_other_types_and_bad_values_are_empty_and_never_stop() -> None:
    odd = {
        "montant_max": "12 000,50 €",
        "fournisseur_siret": 4839354500029,
        "date_notification": "2021-03-10T00:00:00Z",
    }
    bad = {"montant_max": "n.c.", "fournisseur_siret": "inconnu", "date_notification": "jamais"}
    rows = [listed("A", **odd), listed("B", **bad, annee_de_notification=None), {"numero_marche": "C"}]
    made = parse_list(json.dumps(rows).encode(), COLUMNS).sort("numero")
    assert made["montant_max"].to_list() == [12_000.5, None, None]
    assert made["titulaire"].to_list() == ["04839354500029", None, None]
    assert made["date"].to_list() == [date(2021, 3, 10), None, None]
    assert made["annee"].to_list() == [2021, None, None]


def test_an_element_that_is_no_object_does_not_lose_the_others() -> None:
    found = parse_list(b'[null, {"numero_marche": "20201", "objet": "Voirie"}, 3]', ContractList())
    assert found["numero"].to_list() == ["20201"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "vide"),
        (b"[{", "JSON illisible"),
        (b"[]", "aucune ligne"),
        (b"[{}, {}]", "aucune ligne"),
        (b'{"total": 3}', "ni numéro de marché, ni date et montant ; colonnes lues : total"),
        (b"a;b\n1;2\n", "ni numéro de marché"),
    ],
)
def test_a_list_that_says_nothing_is_refused_in_one_line(data: bytes, reason: str) -> None:
    with pytest.raises(ListError) as caught:
        parse_list(data, COLUMNS)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.text(alphabet=st.sampled_from("AÉèçœŒñ°'’-_/. 012abc\u00a0"), max_size=40))
def test_the_folding_of_a_column_is_that_of_the_code_lists(text: str) -> None:
    # The degree sign is a letter for neither; `fold` decomposes it no further.
    made = pl.DataFrame({"x": [text]}, schema={"x": pl.String}).select(fold_expr(pl.col("x"))).item()
    assert made == fold(text)


def _row(source: str, sha256: str) -> ManifestRow:
    return ManifestRow(source=source, resource_id="r", title="t", url="u", status="kept", sha256=sha256, read=False)


def test_one_bad_list_is_told_and_the_other_is_read(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    good, bad = json.dumps([listed("20212021S00001")]).encode(), b"<html>"
    shas = [hashlib.sha256(d).hexdigest() for d in (good, bad)]
    for sha, data in zip(shas, (good, bad), strict=True):
        write_bytes(lake.raw(sha), data)
    sources = [
        Source(id=i, name=i, kind="file", url="u", rank=9, read=False, contract_list=ContractList())
        for i in ("bonne", "mauvaise", "absente")
    ] + [Source(id="decp", name="decp", kind="file", url="u", rank=1)]
    lists = read_lists(lake, sources, [_row("bonne", shas[0]), _row("mauvaise", shas[1]), _row("decp", shas[0])])
    assert lists.read == ("bonne",)
    assert lists.frame["liste"].to_list() == ["bonne"]
    assert lists.unusable["mauvaise"].startswith("liste mauvaise : ni numéro de marché")
    assert lists.unusable["absente"] == "liste absente : aucun fichier n'est disponible dans le lac"


def test_a_list_of_contracts_is_never_read_as_decp(tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    entry = 'id = "l"\nname = "l"\nkind = "file"\nurl = "u"\nrank = 1\ncontract_list = {}'
    file.write_text(f"publisher = []\n[[source]]\n{entry}")
    with pytest.raises(PublishersError, match="read = false"):
        load_publishers(file)


@given(
    st.one_of(
        st.binary(max_size=80),
        st.text(max_size=80).map(str.encode),
        st.recursive(
            st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=12),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["numero_marche", "montant_max", "date_notification", "x"]), inner)
            ),
            max_leaves=8,
        ).map(lambda value: json.dumps([value]).encode()),
    )
)
def test_whatever_the_bytes_a_list_is_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(ListError):
        made = parse_list(data, COLUMNS)
        assert set(made.columns) | {"liste", "ligne"} == set(LIST_SCHEMA)
