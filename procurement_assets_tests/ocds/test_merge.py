"""Merging as trees gives the bytes of `ocdsmerge`, on anything: hypothesis on arbitrary releases and on corrections."""

from __future__ import annotations

import json
import warnings
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ocdsmerge import Merger
from ocdsmerge.exceptions import OCDSMergeError

from procurement_assets.decp.model import Contract
from procurement_assets.ocds.compile import Compiler, StateCompiler
from procurement_assets.ocds.merge import TreeMerger, Unmergeable
from procurement_assets_tests.ocds.support import PROFILE, SHARED, marche, modified, needs_shared, official
from procurement_assets_tests.ocds.test_corrected_round_trip import chains, published

RULES = {
    ("id",): "omitWhenMerged",
    ("date",): "omitWhenMerged",
    ("tag",): "omitWhenMerged",
    ("a",): "wholeListMerge",
    ("b", "c"): "wholeListMerge",
    ("b", "d"): "omitWhenMerged",
    ("e", "a"): "wholeListMerge",
    ("e", "e", "c"): "wholeListMerge",
}
KEYS = st.sampled_from(["a", "b", "c", "d", "e", "id"])
leaves = st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["x", "y", ""])
items = st.fixed_dictionaries(
    {"id": st.sampled_from(["1", "2", "3"])}, optional={"a": leaves, "c": leaves, "e": leaves}
)
values = st.recursive(
    leaves,
    lambda inner: (
        st.dictionaries(KEYS, inner, max_size=3)
        | st.lists(items, max_size=3)
        | st.lists(inner, max_size=2)
        | st.lists(
            st.builds(lambda i, d: {"id": i} | d, st.sampled_from(["1", "2"]), st.dictionaries(KEYS, inner)), max_size=2
        )
    ),
    max_leaves=8,
)
bodies = st.dictionaries(st.sampled_from(["a", "b", "c", "e"]), values, max_size=4)


def releases_of(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Releases with these bodies, in order."""
    return [
        {"ocid": "o", "id": str(n), "date": f"2024-01-{n:02d}T00:00:00Z", "tag": ["tender"], **body}
        for n, body in enumerate(found, start=1)
    ]


def by_ocdsmerge(found: list[dict[str, Any]], rules: Any) -> bytes | None:
    """The bytes of `ocdsmerge`; None where it refuses."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return msgspec.json.encode(Merger(merge_rules=rules).create_compiled_release(found))
        except (OCDSMergeError, AttributeError, TypeError):
            return None


CASES: list[list[dict[str, Any]]] = [
    [{"b": None, "c": 1}, {"b": {"c": 2}}],
    [{"b": {"c": 1, "e": 2}}, {"b": {"c": None, "e": None}}],
    [{"e": [{"id": "1", "a": [1]}]}, {"e": [{"id": "2"}, {"id": "1", "a": []}]}],
    [{"c": {"b": {}}}, {"c": []}, {"c": None}],
    [{"c": 1, "e": {"a": [1]}}, {"e": {"a": [], "b": 2}}, {"c": None}, {"c": [{"id": "x", "b": {"c": None}}]}],
]
"""Hard cases that are merged as trees."""


@settings(max_examples=2_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(bodies, min_size=1, max_size=4))
def test_arbitrary_releases_give_the_bytes_of_ocdsmerge(drawn: list[dict[str, Any]]) -> None:
    found = releases_of(drawn)
    try:
        ours = msgspec.json.encode(TreeMerger(RULES).compiled(found))
    except Unmergeable:
        return  # about half of what is drawn: types that change, objects without ids
    assert ours == by_ocdsmerge(found, RULES)
    assert found == releases_of(drawn)  # the releases are not touched


@pytest.mark.parametrize("case", CASES)
def test_hard_cases_are_merged_as_trees_and_give_the_bytes_of_ocdsmerge(case: list[dict[str, Any]]) -> None:
    found = releases_of(case)
    assert msgspec.json.encode(TreeMerger(RULES).compiled(found)) == by_ocdsmerge(found, RULES)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(chains())
def test_corrected_histories_give_the_bytes_of_ocdsmerge(states: list[Contract]) -> None:
    found = [msgspec.json.decode(line) for line in published(*states)]
    assert msgspec.json.encode(TreeMerger(PROFILE.merge_rules).compiled(found)) == by_ocdsmerge(
        found, PROFILE.merge_rules
    )


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(chains())
def test_releases_that_withdraw_nothing_are_merged_onto_the_first_with_the_same_bytes(states: list[Contract]) -> None:
    history = published(*states)
    expected = by_ocdsmerge([msgspec.json.decode(line) for line in history], PROFILE.merge_rules)
    assert Compiler(PROFILE).compile(history) == expected
    if not any(b"null" in line for line in history):
        merged = TreeMerger(PROFILE.merge_rules).continued([msgspec.json.decode(line) for line in history])
        assert msgspec.json.encode(merged) == expected


def test_a_merge_that_stops_half_way_is_done_again_from_the_bytes() -> None:
    first = published(marche(ccag="Travaux"))[0]
    release = msgspec.json.decode(first)
    # The title is merged before the id of an item turns out to be a number.
    said = {"id": release["tender"]["id"], "title": "y", "items": [{"id": 1, "description": "z"}]}
    later = release | {"date": "2030-01-01T00:00:00+01:00", "tender": said}
    group = [first, msgspec.json.encode(later)]
    expected = by_ocdsmerge([msgspec.json.decode(line) for line in group], PROFILE.merge_rules)
    assert b'"description":"z"' in (expected or b"")
    assert Compiler(PROFILE).compile(group) == expected


@needs_shared
@pytest.mark.parametrize(
    "case", sorted(p.stem for p in (SHARED / "oracles/ocds-merge/1.1").glob("*.json") if "-" not in p.stem)
)
def test_every_plain_case_of_ocds_merge_is_merged_as_trees_or_left_alone(case: str) -> None:
    found = json.loads((SHARED / f"oracles/ocds-merge/1.1/{case}.json").read_bytes())
    try:
        ours = TreeMerger(official().merge_rules).compiled(found)
    except Unmergeable:
        return
    assert msgspec.json.encode(ours) == by_ocdsmerge(found, official().merge_rules)


@pytest.mark.parametrize(
    "odd",
    [
        [{"c": 1}, {"c": {"a": 1}}],
        [{"c": [{"a": 1}]}],
        [{"c": [{"id": 1, "a": 1}]}],
        [{"c": {"a": 1}}, {"c": "x"}],
    ],
)
def test_what_is_odd_is_left_to_ocdsmerge(odd: list[dict[str, Any]]) -> None:
    with pytest.raises(Unmergeable):
        TreeMerger(RULES).compiled(releases_of(odd))


def test_releases_in_no_strict_order_are_left_to_ocdsmerge() -> None:
    one, two = releases_of([{"c": 1}, {"c": 2}])
    with pytest.raises(Unmergeable):
        TreeMerger(RULES).compiled([two, one])
    encoded = [msgspec.json.encode(r) for r in (two, one)]
    assert json.loads(Compiler(PROFILE).compile(encoded))["c"] == 2


def test_a_correction_that_empties_an_object_leaves_none_of_it() -> None:
    history = published(marche(modifications=[modified(montant=1.0)], ccag="Travaux"), marche())
    assert b"{}" not in StateCompiler(PROFILE).compile(history)
