"""The JSON Schema of our own profile: stricter than the official one, and merged as it."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import jsonschema_rs
import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procurement_assets.ocds.compile import Compiler
from procurement_assets.ocds.profile import profile_schema
from procurement_assets_tests.ocds.support import PROFILE, encoded, needs_shared, official, official_validator
from procurement_assets_tests.strategies import contracts


def test_the_profile_has_no_null_no_default_and_no_open_object() -> None:
    text = json.dumps(profile_schema())
    assert '"null"' not in text
    assert '"default"' not in text
    objects = [profile_schema(), *profile_schema()["definitions"].values()]
    assert all(o["additionalProperties"] is False for o in objects)


@needs_shared
def test_the_profile_merges_as_the_official_schema_on_every_field_we_write() -> None:
    ours, theirs = PROFILE.merge_rules, official().merge_rules
    paths = set(_paths(PROFILE.release, PROFILE.release["definitions"]))
    assert ours == {path: rule for path, rule in theirs.items() if path in paths}
    assert ours[("parties", "roles")] == "wholeListMerge"
    assert ("awards", "suppliers") not in ours


def _paths(node: Any, definitions: Any, path: tuple[str, ...] = ()) -> Any:
    node = definitions[node["$ref"].rpartition("/")[2]] if "$ref" in node else node
    for name, value in node.get("properties", {}).items():
        yield (*path, name)
        yield from _paths(value.get("items", value), definitions, (*path, name))


def _mutations(draw: st.DrawFn, node: Any) -> None:
    """Change one place of a release, at random: another value, a field less, a field more, an entry twice."""
    places: list[tuple[Any, Any]] = []

    def walk(value: Any) -> None:
        if isinstance(value, dict | list):
            for key in value if isinstance(value, dict) else range(len(value)):
                places.append((value, key))
                walk(value[key])

    walk(node)
    holder, key = draw(st.sampled_from(places))
    how = draw(st.sampled_from(["value", "value", "delete", "add", "twice", "empty"]))
    if how == "value":
        others = [p[k] for p, k in places]
        holder[key] = draw(
            st.one_of(
                st.sampled_from(others).map(deepcopy),
                st.sampled_from([None, "", "x", "#", 1, 1.0, -1, True, [], {}, "2024-02-30T00:00:00+01:00", "a b"]),
                st.text(max_size=3),
            )
        )
    elif how == "delete":
        del holder[key]
    elif how == "empty":
        holder[key] = type(holder[key])()
    elif isinstance(holder, dict):
        holder[draw(st.sampled_from(["id", "x", "name", "uri", "value", "decp"]))] = deepcopy(holder[key])
    else:
        holder.append(deepcopy(holder[key]))


@st.composite
def mutated_releases(draw: st.DrawFn) -> Any:
    """A release, or compiled release, of a contract, with a few changes."""
    group = encoded(draw(contracts()))
    line = draw(st.sampled_from([*group, Compiler(PROFILE).compile(group)]))
    release = msgspec.json.decode(line)
    for _ in range(draw(st.integers(0, 3))):
        _mutations(draw, release)
    return release


@needs_shared
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(mutated_releases())
def test_what_our_profile_accepts_the_official_schema_accepts(release: Any) -> None:
    ours = jsonschema_rs.Draft4Validator(PROFILE.release, validate_formats=True)
    theirs = official_validator()
    if ours.is_valid(release):
        assert theirs.is_valid(release), [e.message for e in theirs.iter_errors(release)]
