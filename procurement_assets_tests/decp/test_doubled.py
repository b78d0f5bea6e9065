"""A field written twice: told where a value would be lost, and only there; an ordinary record is never looked at."""

from __future__ import annotations

import json
from typing import Any

import pytest

from procurement_assets.decp import doubled
from procurement_assets_tests.decp.defects import nested, v1, v2, xml
from procurement_assets_tests.decp.reading import Result, read

HOLDER = {"titulaire": {"typeIdentifiant": "SIRET", "id": "81223113200026"}}
RICH = v2(
    uid="u",
    source="s",
    nature=None,
    objet='deux points : « null » et "guillemets": null',
    lieuExecution={"code": "75", "typeCode": None},
    titulaires=[HOLDER, HOLDER],
    techniques={"technique": ["Sans objet"]},
    considerationsSociales={"considerationSociale": ["Clause sociale", "Critère social"]},
    modifications=[{"modification": {"id": 1, "montant": 5, "titulaires": [HOLDER]}}, {"modification": {"id": 2}}],
    actesSousTraitance=[{"acteSousTraitance": {"id": 1, "sousTraitant": {"id": "x"}}}],
    modificationsActesSousTraitance=[{"modificationActeSousTraitance": {"id": 1, "montant": None}}],
)
CONCESSION = {
    "id": "1",
    "autoriteConcedante": {"id": "21750001600019"},
    "concessionnaires": [{"concessionnaire": {"id": "81223113200026"}}],
    "donneesExecution": [
        {"donneesAnnuelles": {"depensesInvestissement": 1, "tarifs": [{"tarif": {"intituleTarif": "a", "tarif": 2}}]}}
    ],
}
DOTTED: dict[str, Any] = {
    "id": "1",
    "acheteur.id": "21750001600019",
    "acheteur.nom": None,
    "objet": "a : b",
    "titulaires": [],
}


def twice(field: str, record: dict[str, Any] = RICH) -> bytes:
    """A record with one more field at its beginning, written as JSON text; indentation and colons vary."""
    text = json.dumps({"marches": {"marche": [record]}}, ensure_ascii=False, indent=1, separators=(" ,", " : "))
    at = text.index("[") + text[text.index("[") :].index("{") + 1
    return f"{text[:at]}{field},{text[at:]}".encode()


def notes(result: Result) -> list[tuple[str, str]]:
    return [(n.path, n.detail) for record in result.records for n in record.notes if n.rule == "read.duplicate-key"]


@pytest.mark.parametrize("record", [RICH, CONCESSION, DOTTED, v1(titulaires=[{"id": "1"}], modifications=[{"id": 1}])])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_a_record_with_each_field_once_is_not_looked_at(
    record: dict[str, Any], ascii_only: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doubled, "_has_two_values", lambda raw: pytest.fail(f"looked at: {raw!r}"))
    data = json.dumps({"marches": {"marche": [record]}}, ensure_ascii=ascii_only, indent=2).encode()
    result = read(data)
    assert [r.decode for r in result.records] == ["strict"]
    assert notes(result) == []


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ('"objet": "Tables"', ("objet", f'"Tables" puis {json.dumps(RICH["objet"], ensure_ascii=False)}')),
        ('"offresRecues": 5', ("offresRecues", "5 puis 2")),
        ('"nature": "Marché"', ("nature", '"Marché" puis null')),
        ('"offresRecues": true', ("offresRecues", "true puis 2")),
        (
            '"lieuExecution": {"code": "93"}',
            ("lieuExecution", '{"code": "93"} puis {"code": "75", "typeCode": null}'),
        ),
        (
            '"techniques": {"technique": [], "technique": ["Enchère"]}',
            ("technique", '[] puis ["Enchère"]'),
        ),
    ],
)
def test_two_values_are_told_and_the_last_is_kept(field: str, told: tuple[str, str]) -> None:
    result, plain = read(twice(field)), read(nested(RICH))
    assert notes(result)[0] == told
    assert [r.decode for r in result.records] == ["tolerant"]
    assert result.canonical == plain.canonical


def test_two_values_inside_an_item_of_a_list_are_told() -> None:
    data = nested(RICH).replace(b'"montant":5', b'"montant":4,"montant":5')
    assert notes(read(data)) == [("montant", "4 puis 5")]


@pytest.mark.parametrize("field", ['"offresRecues": 2', '"offresRecues": 2, "offresRecues": 2', '"offresRecues": null'])
def test_nothing_is_told_where_nothing_is_lost(field: str) -> None:
    result = read(twice(field))
    assert notes(result) == []
    assert [r.decode for r in result.records] == ["strict"]
    assert result.canonical == read(nested(RICH)).canonical


def test_true_is_not_one() -> None:
    data = nested(RICH).replace(b'"offresRecues":2', b'"offresRecues":true,"offresRecues":1')
    assert notes(read(data)) == [("offresRecues", "true puis 1")]


def test_the_notes_of_a_record_have_a_limit() -> None:
    again = ",".join(f'"montant":{n}' for n in range(5_000))
    assert len(notes(read(twice(again)))) == 50


def test_two_values_are_told_in_a_record_of_another_encoding() -> None:
    result = read(twice('"objet": "Tables"').decode().encode("cp1252"))
    assert [path for path, _ in notes(result)] == ["objet"]


def test_two_values_are_told_in_xml_as_in_json() -> None:
    result = read(xml("<objet>x</objet><montant>100</montant><montant>250</montant>"))
    assert notes(result) == [("montant", '"100" puis "250"')]
    assert [(r.montant, r.extras) for r in result.canonical] == [("250", {"montant": ["100", "250"]})]


def test_the_same_value_twice_in_xml_is_one() -> None:
    result = read(xml("<objet>x</objet><montant>100</montant><montant>100</montant><montant/>"))
    assert [(r.decode, r.notes, r.record.montant, r.record.extras) for r in result.records] == [
        ("strict", (), "100", None)
    ]
