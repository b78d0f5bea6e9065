"""The reader as a whole: the same contract in every layout, arbitrary bytes, and the limits."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procurement_assets.decp import raw as types
from procurement_assets.decp.raw import RawRecord
from procurement_assets.decp.reader import read_file, read_path
from procurement_assets_tests.decp import writers
from procurement_assets_tests.decp.reading import Trickle, read, sorted_out

# -- records in the canonical structure ------------------------------------------------------------------------------

words = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=12).map(
    lambda text: f"a{text}z"
)
scalars = st.one_of(
    words, st.integers(-(10**20), 10**20), st.floats(allow_nan=False, allow_infinity=False), st.booleans()
)
"""Values as published: anything simple. Texts begin and end with a letter, since XML does not keep outer spaces."""


def structs(struct: type, value: st.SearchStrategy[Any], **lists: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    fields = {name: value for name in struct.__struct_fields__ if name not in lists}  # type: ignore[attr-defined]
    return st.builds(struct, **fields, **{name: st.none() | strategy for name, strategy in lists.items()})


def some(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(strategy, min_size=1, max_size=2)


def canonical(year: str, kind: str, value: st.SearchStrategy[Any]) -> st.SearchStrategy[RawRecord]:
    """Records of a legal format, with the fields that it has."""
    holders = some(structs(types.RawOperateur, value))
    tariffs = some(structs(types.RawTarif, value))
    fields: dict[str, st.SearchStrategy[Any]] = {
        "kind": st.just(kind),
        "format": st.just(year),
        "id": value,
        "acheteur_id": value,
        "objet": value,
        "nature": st.none() | words,
        "procedure": st.none() | value,
        "dureeMois": st.none() | value,
        "datePublicationDonnees": st.none() | value,
        "titulaires": holders,
        "modifications": st.none() | some(structs(types.RawModification, value, titulaires=holders)),
    }
    if kind == "concession":
        fields |= {name: st.none() | value for name in ("dateSignature", "valeurGlobale", "montantSubventionPublique")}
        fields["donneesExecution"] = st.none() | some(structs(types.RawExecution, value, tarifs=tariffs))
    else:
        fields |= {name: st.none() | value for name in ("codeCPV", "montant", "dateNotification", "uid")}
        fields["lieuExecution"] = st.none() | structs(types.RawLieu, value)
    if year == "2019":
        return st.builds(RawRecord, **fields | {"acheteur_nom": st.none() | value, "formePrix": st.none() | value})
    # No separator: a single XML item that has one is a joined list, which the reader separates.
    codes = some(words.map(lambda word: re.sub("[,;|]", " ", word)))
    fields |= dict.fromkeys(("considerationsSociales", "considerationsEnvironnementales"), codes)
    if kind == "marche":
        fields |= {name: st.none() | codes for name in ("techniques", "modalitesExecution", "typesPrix")}
        fields |= {name: st.none() | value for name in ("offresRecues", "tauxAvance", "ccag", "marcheInnovant")}
        acte = structs(types.RawActe, value, sousTraitant=structs(types.RawOperateur, value))
        fields["actesSousTraitance"] = st.none() | some(acte)
        fields["modificationsActesSousTraitance"] = st.none() | some(structs(types.RawModificationActe, value))
    return st.builds(RawRecord, **fields)


def mixed(year: str, value: st.SearchStrategy[Any] = scalars) -> st.SearchStrategy[list[RawRecord]]:
    either = canonical(year, "marche", value) | canonical(year, "concession", value)
    return st.lists(either, min_size=1, max_size=6)


def bare(records: list[RawRecord]) -> list[dict[str, Any]]:
    """Without what platforms add, for comparison."""
    return [writers.flat(record) | {"kind": record.kind, "format": record.format} for record in records]


quick = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
form = st.fixed_dictionaries(
    {
        "indent": st.sampled_from([None, 0, 2]),
        "ensure_ascii": st.booleans(),
        "separators": st.sampled_from([None, (",", ":")]),
    }
)
windows = st.sampled_from([1, 60, 700, 8 << 20])


# -- the same records whatever the layout ----------------------------------------------------------------------------


@quick
@given(records=mixed("2019"), form=form, window=windows, seed=st.integers(0, 99), most=st.sampled_from([1, 50, 9999]))
def test_format_2019_reads_the_same_flat_and_dotted_in_any_order_and_indentation(
    records: list[RawRecord], form: dict[str, Any], window: int, seed: int, most: int
) -> None:
    for write, layout in ((writers.flat, "v1-flat"), (writers.dotted, "v1-dotted")):
        marches = writers.shuffled([write(record) for record in records], random.Random(seed))
        result = read(json.dumps({"marches": marches}, **form), most, window=window)
        assert bare(result.canonical) == bare(records)
        assert {record.layout for record in result.records} == {layout}
        assert {record.decode for record in result.records} == {"strict"}


@quick
@given(records=mixed("2022"), form=form, window=windows, seed=st.integers(0, 99), most=st.sampled_from([1, 50, 9999]))
def test_format_2022_reads_the_same_in_its_three_layouts_in_any_order_and_indentation(
    records: list[RawRecord], form: dict[str, Any], window: int, seed: int, most: int
) -> None:
    chance = random.Random(seed)
    layouts = (
        (writers.schema_2_0_0, "v2-flat"),
        (writers.nested, "v2-nested"),
        (writers.consolidated, "v2-consolidated"),
    )
    for write, layout in layouts:
        written = [(record.kind, writers.shuffled(write(record), chance)) for record in records]
        marches: Any = [plain for _, plain in written]
        expected = records
        if layout == "v2-nested":
            lists = [("marche", "marche"), ("contrat-concession", "concession")]
            chance.shuffle(lists)
            marches = {name: [plain for kind, plain in written if kind == wanted] for name, wanted in lists}
            expected = [record for _, wanted in lists for record in records if record.kind == wanted]
        result = read(json.dumps({"marches": marches}, **form), most, window=window)
        assert bare(result.canonical) == bare(expected)
        assert {record.layout for record in result.records} == {layout}
        assert {record.decode for record in result.records} == {"strict"}


@quick
@given(records=mixed("2019", words) | mixed("2022", words), most=st.sampled_from([1, 64, 9999]))
def test_xml_reads_the_same_as_json_where_values_are_texts(records: list[RawRecord], most: int) -> None:
    document = "<marches>" + "\n".join(writers.xml(record) for record in records) + "</marches>"
    result = read(document, most)
    assert bare(result.canonical) == bare(records)
    assert {record.layout for record in result.records} <= {"xml-1", "xml-2"}
    assert {record.decode for record in result.records} == {"strict"}


@quick
@given(records=mixed("2022"))
def test_the_tolerant_reader_reads_a_sound_record_as_the_strict_one(records: list[RawRecord]) -> None:
    sound = read(json.dumps({"marches": [writers.consolidated(record) for record in records]}))
    unknown = read(json.dumps({"marches": [writers.consolidated(record) | {"inconnu": 1} for record in records]}))
    assert {record.decode for record in unknown.records} == {"tolerant"}
    for record in unknown.canonical:
        assert record.extras is not None
        assert record.extras.pop("inconnu") == 1
    assert unknown.canonical == sound.canonical


# -- any bytes -------------------------------------------------------------------------------------------------------

SOUND = json.dumps(
    {
        "marches": {
            "marche": [
                {"id": f"2024S{n}", "acheteur": {"id": "1"}, "objet": "Été", "titulaires": [{"titulaire": {"id": "2"}}]}
                for n in range(4)
            ]
        }
    },
    ensure_ascii=False,
).encode()
SOUND_XML = "<marches>" + "".join(f"<marche><id>{n}</id><objet>Été</objet></marche>" for n in range(4)) + "</marches>"
GRAINS = st.sampled_from(
    [*(bytes([byte]) for byte in b'{}[],:"\\<>&/\0'), b"NaN", b"</marche>", b"\xe9", b"\xff\xfe", b"]]>"]
)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([1, 9999]))
def test_arbitrary_bytes_never_raise_and_are_counted(data: bytes, most: int) -> None:
    read(data, most)


@settings(max_examples=300, deadline=None)
@given(st.data(), st.sampled_from([SOUND, SOUND_XML.encode()]), st.sampled_from([20, 8 << 20]))
def test_mutations_of_a_valid_file_never_raise_and_are_counted(data: st.DataObject, sound: bytes, window: int) -> None:
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(sound)))
        gone = data.draw(st.integers(0, 12))
        sound = sound[:at] + data.draw(GRAINS) + sound[at + gone :]
    read(sound, window=window)


@pytest.mark.parametrize("sound", [SOUND, SOUND_XML.encode()], ids=["json", "xml"])
def test_a_file_cut_anywhere_keeps_the_records_that_were_complete(sound: bytes) -> None:
    ends = [record.raw for record in read(sound).records]
    for cut in range(len(sound)):
        result = read(sound[:cut])
        complete = sum(sound.index(raw) + len(raw) <= cut for raw in ends)
        assert [record.raw for record in result.records] == ends[:complete]
        # One record cut short, or the file itself where it was cut before the first record.
        assert len(result.quarantined) <= 1
        assert all(reason.startswith("file.") for reason in result.reasons)


@pytest.mark.parametrize("damage", ["\\", '"', "}", "]", "{", "[", "NaN", ",,", "\x00", "]}", "}}", '":'])
def test_damage_in_one_record_costs_no_other(damage: str) -> None:
    records = [{"id": f"{n}", "acheteur": {"id": "1"}, "objet": f"x{n}", "nature": "Marché"} for n in range(30)]
    sound = json.dumps({"marches": records}, ensure_ascii=False)
    for place in ('"x15"', '"objet": "x15"', '15", "acheteur"'):
        at = sound.index(place) + 1
        result = read(sound[:at] + damage + sound[at:], window=400)
        read_ids = {record.record.id for record in result.records}
        assert {f"{n}" for n in range(30) if n != 15} <= read_ids


# -- limits ----------------------------------------------------------------------------------------------------------


def test_a_record_over_the_limit_is_quarantined_with_its_beginning_and_the_next_is_read() -> None:
    huge = json.dumps({"id": "1", "objet": "x" * 300_000})
    result = read(f'{{"marches":[{huge},{{"id":"2","objet":"y"}}]}}', most=4096, limit=100_000)
    assert [(item.position, item.reason, item.detail) for item in result.quarantined] == [
        (0, "record.too-large", f"{len(huge)} octets")
    ]
    assert result.quarantined[0].raw == huge[: len(result.quarantined[0].raw)].encode()
    assert [record.record.id for record in result.records] == ["2"]


def test_an_xml_record_over_the_limit_is_quarantined_and_the_next_is_read() -> None:
    huge = f"<marche><objet>{'x' * 300_000}</objet></marche>"
    result = read(f"<marches>{huge}<marche><id>2</id></marche></marches>", most=4096, limit=100_000)
    assert result.reasons == ["record.too-large"]
    assert [record.record.id for record in result.records] == ["2"]


def test_utf_16_cut_inside_a_character_is_read_up_to_there() -> None:
    result = read('{"marches":[{"id":"1","objet":"x"}]}'.encode("utf-16") + b"x")
    assert [record.record.id for record in result.records] == ["1"]
    assert "read.invalid-bytes" in result.rules


def test_the_encoding_of_a_file_with_one_foreign_text_says_both() -> None:
    data = '{"marches":[{"id":"1","objet":"é"},{"id":"2","objet":"X"}]}'.encode().replace(b"X", b"\xe9")
    result = read(data)
    assert result.summary.encoding == "utf-8+windows-1252"
    assert [record.record.objet for record in result.records] == ["é", "é"]


def test_a_file_wholly_in_another_encoding_says_so() -> None:
    assert read('{"marches":[{"id":"1","objet":"é"}]}'.encode("latin-1")).summary.encoding == "windows-1252"


def test_a_field_of_both_kinds_of_contract_is_kept_apart() -> None:
    record = read(
        json.dumps([{"id": "1", "acheteur": {"id": "a"}, "autoriteConcedante": {"id": "b"}, "_type": "Marché"}])
    ).canonical[0]
    assert (record.kind, record.acheteur_id) == ("marche", "a")
    assert record.extras == {"_type": "Marché", "autoriteConcedante": {"id": "b"}}


def test_a_structure_in_place_of_a_value_is_kept_apart() -> None:
    result = read(json.dumps([{"id": "1", "objet": {"fr": "Chaises", "en": "Chairs"}}]))
    assert result.canonical[0].objet is None
    assert result.canonical[0].extras == {"objet": {"fr": "Chaises", "en": "Chairs"}}
    assert "read.unexpected-structure" in result.rules


def test_the_summary_tells_the_size_and_the_layouts_of_the_file(tmp_path: Any) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(SOUND)
    summary = sorted_out(read_path(path)).summary
    assert (summary.size, summary.container, summary.layouts, summary.found) == (len(SOUND), "json", ("v2-nested",), 4)


def test_records_come_out_before_the_file_is_read_to_its_end() -> None:
    one = json.dumps({"id": "1", "objet": "x" * 1000}).encode()
    stream = Trickle(b'{"marches":[' + b",".join([one] * 20_000) + b"]}", 1 << 20)
    first = next(read_file(stream))  # type: ignore[arg-type]
    assert first.position == 0  # type: ignore[union-attr]
    assert len(stream.read()) > 0
