"""XML: contracts delimited in the bytes and parsed one by one."""

from __future__ import annotations

import pytest

from procurement_assets.decp import xml
from procurement_assets.decp.raw import RawExecution, RawOperateur, RawTarif
from procurement_assets_tests.decp.reading import Trickle, read

CONCESSION = """<contrat-concession><id>1</id><autoriteConcedante><id>2</id></autoriteConcedante>
 <donneesExecution><donneesAnnuelles><depensesInvestissement>15.3</depensesInvestissement><tarifs>
  <tarif><intituleTarif>Plein</intituleTarif><tarif>9.10</tarif></tarif>
  <tarif><intituleTarif>Réduit</intituleTarif><tarif>4</tarif></tarif></tarifs></donneesAnnuelles></donneesExecution>
 <concessionnaires><concessionnaire><id>3</id></concessionnaire></concessionnaires></contrat-concession>"""


def test_marches_and_concessions_come_in_the_order_of_the_file() -> None:
    document = f"<marches><marche><id>a</id></marche>{CONCESSION}<marche><id>b</id></marche></marches>"
    result = read(document)
    assert [(record.kind, record.id) for record in result.canonical] == [
        ("marche", "a"),
        ("concession", "1"),
        ("marche", "b"),
    ]
    assert result.summary.container == "xml"


def test_tariffs_of_a_concession_keep_their_amount_as_published() -> None:
    record = read(f"<marches>{CONCESSION}</marches>").canonical[0]
    assert record.donneesExecution == [
        RawExecution(
            depensesInvestissement="15.3",
            tarifs=[RawTarif(intituleTarif="Plein", tarif="9.10"), RawTarif(intituleTarif="Réduit", tarif="4")],
        )
    ]
    assert record.titulaires == [RawOperateur(id="3")]


def test_the_raw_bytes_are_those_of_the_element() -> None:
    result = read(f"<marches>\n {CONCESSION} </marches>", most=5)
    assert [record.raw for record in result.records] == [CONCESSION.encode()]


def test_a_single_contract_without_a_list_is_read() -> None:
    result = read(CONCESSION)
    assert len(result.records) == 1
    assert "read.single-record" in result.rules


@pytest.mark.parametrize("most", [1, 3, 1 << 20])
def test_comments_and_instructions_hide_what_they_hold(most: int) -> None:
    hidden = "<?xml version='1.0'?><!-- <marche><id>0</id></marche> -->"
    document = f"{hidden}<marches><marche><id>1</id><!-- x --></marche></marches>"
    assert [record.id for record in read(document, most).canonical] == ["1"]


def test_a_document_type_is_passed_over_with_what_it_declares() -> None:
    document = '<!DOCTYPE m [<!ENTITY e "<marche><id>0</id></marche>">]><marches><marche><id>1</id></marche></marches>'
    assert [record.id for record in read(document, most=4).canonical] == ["1"]


def test_a_comment_never_closed_hides_nothing() -> None:
    assert [record.id for record in read("<marches><!-- x <marche><id>1</id></marche></marches>").canonical] == ["1"]


def test_markup_inside_a_text_leaves_the_text() -> None:
    result = read("<marches><marche><id>1</id><objet>Lot <b>1</b> bis</objet></marche></marches>")
    assert result.canonical[0].objet == "Lot 1 bis"
    assert "read.xml-recovered" in result.rules


def test_attributes_are_kept_apart() -> None:
    record = read('<marches><marche source="x"><id>1</id></marche></marches>').canonical[0]
    assert record.extras == {"@source": "x"}


def test_an_element_cut_in_its_middle_costs_no_neighbour() -> None:
    result = read("<marches><marche><id>1</id></marche><marche><id>2</id><obj<marche><id>3</id></marche></marches>")
    assert [record.record.id for record in result.records if record.decode == "strict"] == ["1", "3"]
    assert result.summary.found == 3


def test_an_element_inside_another_of_the_same_name_is_kept_to_its_list() -> None:
    result = read("<marches><marches><marche><id>1</id></marche></marches></marches>")
    assert [record.id for record in result.canonical] == ["1"]


@pytest.mark.parametrize(
    ("raw", "declared", "expected"),
    [
        ("é".encode(), "iso-8859-1", ("é", "utf-8")),
        (b"\xe9", "iso-8859-1", ("é", "windows-1252")),
        (b"\x80", "iso-8859-1", ("€", "windows-1252")),
        (b"\xa4", "iso-8859-15", ("€", "iso8859-15")),
        (b"\xe9", "utf-8", ("é", "windows-1252")),
        (b"\xe9", "no-such-encoding", ("é", "windows-1252")),
        (b"\x81", "", ("\x81", "windows-1252")),
        (b"\x8e", "macroman", ("é", "mac-roman")),
    ],
)
def test_the_bytes_decide_the_encoding_before_the_declaration(
    raw: bytes, declared: str, expected: tuple[str, str]
) -> None:
    assert xml.decode(raw, declared) == expected


def test_the_prefixes_of_the_root_are_those_of_its_contracts() -> None:
    document = b'<m:marches xmlns:m="urn:m" xmlns:xsi="urn:x"><m:marche xsi:t="1"><m:id>1</m:id></m:marche></m:marches>'
    splitter = xml.XmlSplitter(Trickle(document, 10).read)
    found = list(splitter.pieces())
    parsed = xml.parse(found[0].raw.decode(), splitter.namespaces)
    assert parsed is not None
    assert (parsed.value, parsed.notes) == ({"id": "1"}, ())
