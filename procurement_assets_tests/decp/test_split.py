"""Delimiting the records of a JSON file: the same pieces whatever the window, at constant memory."""

from __future__ import annotations

import io
import json
import random
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procurement_assets.decp.reader import read_file
from procurement_assets.decp.scan import Balance, is_record, next_record
from procurement_assets.decp.split import Piece, Splitter, holder_of
from procurement_assets_tests.decp.reading import Trickle, read

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5).map(lambda key: f"k{key}"), inner, max_size=3)
    ),
    max_leaves=12,
)
records = st.dictionaries(st.sampled_from(["id", "objet", "titulaires", "montant", "x"]), plain, min_size=1)


def full(number: int) -> dict[str, Any]:
    """A contract that is known by itself."""
    holder = {"titulaire": {"typeIdentifiant": "SIRET", "id": "81223113200026"}}
    fields = {"acheteur": {"id": "21750001600019"}, "nature": "Marché", "titulaires": [holder], "montant": 5.5}
    return {"id": f"2024L{number}", "objet": f"Lot n° {number}, à « définir »", **fields}


def pieces(data: bytes, window: int = 8 << 20, most: int = 1 << 20) -> list[Piece]:
    stream = Trickle(data, most)
    return list(Splitter(stream.read, window).pieces())


@settings(deadline=None)
@given(
    st.lists(records, max_size=12),
    st.sampled_from([None, 1]),
    st.sampled_from([1, 50, 8 << 20]),
    st.sampled_from([1, 17, 1 << 20]),
)
def test_the_pieces_are_the_bytes_of_the_items(items: list[Any], indent: int | None, window: int, most: int) -> None:
    data = json.dumps({"$schema": "s", "marches": items, "fin": [1, {"a": 2}]}, indent=indent).encode()
    found = pieces(data, window, most)
    assert [json.loads(piece.raw) for piece in found] == items
    assert all(piece.raw in data and piece.state == "whole" for piece in found)


def test_lists_of_both_kinds_are_told_apart_in_any_order() -> None:
    found = pieces(b'{"marches":{"contrat-concession":[{"id":1}],"n":0,"marche":[{"id":2},{"id":3}]}}')
    assert [(piece.raw, piece.holder) for piece in found] == [
        (b'{"id":1}', "concession"),
        (b'{"id":2}', "marche"),
        (b'{"id":3}', "marche"),
    ]


@pytest.mark.parametrize(
    ("key", "holder"),
    [
        ("marches", "marches"),
        ("Marchés", "marches"),
        ("marche", "marche"),
        ("contrat-concession", "concession"),
        ("contrats_concession", "concession"),
        ("marcheInnovant", None),
        ("source", None),
    ],
)
def test_a_list_of_records_is_known_by_its_name(key: str, holder: str | None) -> None:
    assert holder_of(key) == holder


def test_memory_does_not_grow_with_the_file() -> None:
    record = json.dumps({"id": "1", "acheteur": {"id": "2"}, "objet": "x" * 800}).encode()

    def chunks() -> Iterator[bytes]:
        yield b'{"marches":[' + record
        for _ in range(300):
            yield (b"," + record) * 64
        yield b"]}"

    source = chunks()
    tracemalloc.start()
    count = sum(1 for _ in Splitter(lambda: next(source, b""), window=1 << 18).pieces())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 1 + 300 * 64
    assert peak < 3 << 20


def test_one_bad_record_in_many_is_delimited_and_costs_no_other() -> None:
    good = [{"id": str(n), "objet": "x", "nature": "Marché", "procedure": "p"} for n in range(500)]
    data = json.dumps({"marches": good}).encode().replace(b'"id": "250", "objet": "x"', b'"id": "250", "objet": [')
    found = pieces(data, window=4096)
    assert len(found) == 500
    assert [n for n, piece in enumerate(found) if not is_record(piece.raw)] == [250]
    assert found[250].raw.startswith(b'{"id": "250"')
    assert json.loads(found[251].raw)["id"] == "251"


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("seed", range(4))
def test_a_record_that_lost_its_beginning_costs_no_other(indent: int | None, seed: int) -> None:
    """What is left of it may start within a text: the quotes of all that follows would be taken the wrong way round."""
    records = [full(i) for i in range(12)]
    rng = random.Random(seed)
    for _ in range(40):
        hurt = rng.randrange(1, 12)
        texts = [json.dumps(r, indent=indent, ensure_ascii=False) for r in records]
        texts[hurt] = texts[hurt][rng.randrange(1, len(texts[hurt]) - 1) :]
        found = read(f'{{"marches":[{",".join(texts)}]}}')
        others = [r["id"] for i, r in enumerate(records) if i != hurt]
        assert [r.id for r in found.canonical if r.id in others] == others


@pytest.mark.parametrize("stray", ['"', '",', '"a', '"\\"'])
def test_a_stray_quote_between_two_records_costs_none(stray: str) -> None:
    texts = [json.dumps(full(i)) for i in range(6)]
    found = read(f'{{"marches":[{",".join(texts[:3])},{stray}{",".join(texts[3:])}]}}')
    assert [r.id for r in found.canonical] == [json.loads(t)["id"] for t in texts]


def test_a_bracket_closes_only_its_own_kind() -> None:
    balance = Balance()
    data = b'{"a":[1,{"b":2}}, next'
    assert balance.feed(data, 0, len(data))
    assert data[: balance.end] == b'{"a":[1,{"b":2}}'[:15] + b"}"


def test_a_value_that_meets_the_end_of_what_is_around_it_never_closed() -> None:
    balance = Balance()
    data = b'{"a":1],"b"'
    assert balance.feed(data, 0, len(data))
    assert (balance.foreign, data[: balance.end]) == (True, b'{"a":1')


def test_a_scan_goes_on_where_it_stopped() -> None:
    data = b'{"a":"x\\"}{","b":[1,2]} tail'
    balance = Balance()
    fed = [balance.feed(data, 0, stop) for stop in range(1, len(data))]
    assert data[: balance.end] == b'{"a":"x\\"}{","b":[1,2]}'
    assert fed.index(True) == balance.end - 1


def test_the_next_record_is_found_behind_holders_and_modifications() -> None:
    data = (
        b'{"id":"1","x":[{"id":"2","typeIdentifiant":"SIRET"},{"montant":1,"titulaires":[]},'
        b'{"id":"3","objet":"o","nature":"n","procedure":"p"}]'
    )
    at = next_record(data, 0, len(data))
    assert data[at:].startswith(b'{"id":"3"')
    assert is_record(data[at:-1])


def test_records_are_read_from_a_stream_that_cannot_seek() -> None:
    stream = Trickle(b'[{"id":"1","objet":"x"}]', 3)
    assert not hasattr(stream, "seek")
    assert len(list(read_file(stream))) == 2  # type: ignore[arg-type]
    assert len(list(read_file(io.BytesIO(b'[{"id":"1","objet":"x"}]')))) == 2


def test_a_record_that_never_ends_is_scanned_no_further_than_its_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    scanned: list[int] = []
    feed = Balance.feed

    def counted(self: Balance, buffer: bytes, start: int, stop: int) -> bool:
        before = self.scanned
        ended = feed(self, buffer, start, stop)
        scanned.append(self.scanned - before)
        return ended

    monkeypatch.setattr(Balance, "feed", counted)
    sound = [json.dumps({"id": str(n), "acheteur": {"id": "2"}, "objet": "x", "nature": "y"}) for n in range(40_000)]
    data = '{"marches":[' + ",".join([*sound[:9], '{"id":"X","titulaires":[{"id":"1"}', *sound[9:]]) + "]}"
    found = pieces(data.encode())
    assert [piece.raw for piece in found if piece.state != "whole"] == [b'{"id":"X","titulaires":[{"id":"1"}']
    assert len(found) == 40_001
    assert sum(scanned) < 200_000 < len(data)


@pytest.mark.parametrize("size", [100, 100_000, 900_000])
def test_a_sound_record_of_any_size_is_whole_though_it_holds_another(size: int) -> None:
    inner = {"acheteur": {"id": "2"}, "objet": "x", "nature": "y"}
    record = {"id": "1", "acheteur": {"id": "2"}, "copie": inner, "objet": "x" * size}
    data = json.dumps({"marches": [record, record]}).encode()
    assert [(json.loads(piece.raw), piece.state) for piece in pieces(data)] == [(record, "whole")] * 2
