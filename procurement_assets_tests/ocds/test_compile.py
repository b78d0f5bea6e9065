"""Compiled releases and records."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ocdsmerge import Merger

from procurement_assets.decp.model import Contract, Modification
from procurement_assets.ocds.compile import Compiler, NotInOrderError, by_ocid
from procurement_assets.ocds.schema import Schema
from procurement_assets_tests.ocds.support import (
    PROFILE,
    PUBLISHER,
    SHARED,
    encoded,
    in_order,
    marche,
    needs_shared,
    official,
    real_contracts,
)
from procurement_assets_tests.strategies import contracts


def _by_ocdsmerge(group: list[bytes], schema: Schema) -> bytes:
    merger = Merger(merge_rules=schema.merge_rules)
    return msgspec.json.encode(merger.create_compiled_release([msgspec.json.decode(line) for line in group]))


def _by_ocdskit(groups: list[list[bytes]], schema: Schema) -> dict[str, Any]:
    from ocdskit.combine import merge

    releases = [msgspec.json.decode(line) for group in groups for line in group]
    package = {"uri": "x", "version": "1.1", "publisher": {"name": "x"}, "releases": releases}
    return {r["ocid"]: r for r in merge([package], schema=schema.release)}


def test_one_release_is_rewritten_as_ocdsmerge_would() -> None:
    group = encoded(marche(codeCPV="45000000", dureeMois=12, offresRecues=2))
    compiled = Compiler(PROFILE).compile(group)
    assert compiled == _by_ocdsmerge(group, PROFILE)
    assert compiled.startswith(
        b'{"tag":["compiled"],"id":"ocds-abc123-21750001600019-2024T05699-2024-05-25T00:00:00+02:00",'
        b'"date":"2024-05-25T00:00:00+02:00","ocid":"ocds-abc123-21750001600019-2024T05699","initiationType":"tender"'
    )


def test_a_release_with_another_header_is_merged_and_not_rewritten() -> None:
    line = b'{"id":"1","ocid":"ocds-abc123-x","date":"2024-01-01T00:00:00Z","tag":["award"],"language":"fr"}'
    assert json.loads(Compiler(PROFILE).compile([line])) == {
        "tag": ["compiled"],
        "id": "ocds-abc123-x-2024-01-01T00:00:00Z",
        "date": "2024-01-01T00:00:00Z",
        "ocid": "ocds-abc123-x",
        "language": "fr",
    }


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(contracts())
def test_every_compiled_release_has_the_bytes_of_ocdsmerge(contract: Contract) -> None:
    group = encoded(contract)
    assert Compiler(PROFILE).compile(group) == _by_ocdsmerge(group, PROFILE)


@needs_shared
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(contracts())
def test_the_profile_and_the_official_schema_compile_to_the_same_bytes(contract: Contract) -> None:
    group = encoded(contract)
    assert Compiler(PROFILE).compile(group) == Compiler(official()).compile(group)


@needs_shared
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(contracts(), min_size=10, max_size=15, unique_by=lambda c: c.uid))
def test_compiled_releases_of_generated_contracts_equal_ocdskit(generated: list[Contract]) -> None:
    groups = in_order(generated)
    compiled = {r["ocid"]: r for r in map(msgspec.json.decode, Compiler(PROFILE).compiled(groups))}
    assert compiled == _by_ocdskit(groups, official())


@needs_shared
def test_compiled_releases_of_real_contracts_equal_ocdskit() -> None:
    several = [c for c in real_contracts() if c.modifications or c.actesSousTraitance][:300]
    groups = in_order([*several, *(c for c in real_contracts()[::20] if not c.modifications)])
    compiled = {r["ocid"]: r for r in map(msgspec.json.decode, Compiler(official()).compiled(by_ocid(_lines(groups))))}
    assert len(compiled) == len(groups) >= 300
    assert compiled == _by_ocdskit(groups, official())


def _lines(groups: list[list[bytes]]) -> list[bytes]:
    return [line for group in groups for line in group]


def _oracles() -> list[str]:
    folder = SHARED / "oracles/ocds-merge/1.1"
    return sorted(p.stem for p in folder.glob("*.json") if not p.stem.endswith(("-compiled", "-versioned")))


@needs_shared
@pytest.mark.parametrize("case", _oracles())
def test_the_oracles_of_ocds_merge(case: str) -> None:
    folder = SHARED / "oracles/ocds-merge"
    schema = Schema(source="official", release=json.loads((folder / "release-schema-1__1__4.json").read_bytes()))
    releases = json.loads((folder / "1.1" / f"{case}.json").read_bytes())
    expected = json.loads((folder / "1.1" / f"{case}-compiled.json").read_bytes())
    lines = [json.dumps(r, separators=(",", ":")).encode() for r in releases]
    assert json.loads(Compiler(schema).compile(lines)) == expected


def test_a_record_has_the_releases_oldest_first_and_the_compiled_release() -> None:
    contract = marche(modifications=[Modification(datePublicationDonneesModification="2024-10-20", montant=1.0)])
    group = encoded(contract)
    record = json.loads(Compiler(PROFILE).record(group))
    assert list(record) == ["ocid", "releases", "compiledRelease"]
    assert [r["date"] for r in record["releases"]] == ["2024-05-25T00:00:00+02:00", "2024-10-20T00:00:00+02:00"]
    assert record["compiledRelease"]["contracts"][0]["value"]["amount"] == 1.0
    assert record["ocid"] == f"{PUBLISHER.ocid_prefix}-21750001600019-2024T05699"


def test_releases_are_grouped_by_process() -> None:
    two = encoded(marche(id="2", modifications=[Modification(montant=1.0)]))
    lines = [*encoded(marche(id="1")), *two]
    assert [len(g) for g in by_ocid(lines)] == [1, 2]
    assert list(by_ocid([])) == []


@pytest.mark.parametrize("order", [(1, 0), (0, 0), (2, 1, 0), (0, 2, 1)])
def test_releases_out_of_order_are_refused(order: tuple[int, ...]) -> None:
    lines = [*encoded(marche(id="1")), *encoded(marche(id="2", modifications=[Modification(montant=1.0)]))]
    with pytest.raises(NotInOrderError, match="comes after"):
        list(by_ocid([lines[n] for n in order]))
