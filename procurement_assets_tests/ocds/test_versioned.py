"""Versioned releases: the oracles of ocds-merge, real contracts, and a judge that is awake."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from ocdsmerge import Merger
from ocdsmerge.rules import get_merge_rules

from procurement_assets.lake import Lake
from procurement_assets.ocds.compile import Compiler
from procurement_assets.ocds.schema import Schema
from procurement_assets.ocds.versioned import NAME, Versioner, validate_versioned, versioned_schema, write_versioned
from procurement_assets_tests.ocds.cases import every_field
from procurement_assets_tests.ocds.support import (
    PROFILE,
    SHARED,
    encoded,
    fetch,
    in_order,
    marche,
    modified,
    needs_shared,
    official,
    real_contracts,
)

ORACLES = SHARED / "oracles/ocds-merge"
NO_STANDARD_RESULT = "identifier-merge-no-id"
"""A case that has a result for the strategy APPEND only."""


def _cases(folder: str) -> list[str]:
    results = ("-compiled", "-versioned", "-append", "-by-position")
    return sorted(p.stem for p in (ORACLES / folder).glob("*.json") if not p.stem.endswith(results))


def _schema(name: str) -> Schema:
    return Schema(source="official", release=json.loads((ORACLES / name).read_bytes()))


def _read(folder: str, name: str) -> Any:
    return json.loads((ORACLES / folder / f"{name}.json").read_bytes())


def _lines(releases: list[Any]) -> list[bytes]:
    return [json.dumps(r, separators=(",", ":")).encode() for r in releases]


@needs_shared
def test_the_oracles_are_all_there() -> None:
    assert (len(_cases("1.0")), len(_cases("1.1")), len(_cases("schema"))) == (1, 17, 15)


@needs_shared
@pytest.mark.parametrize(
    ("folder", "schema", "case"),
    [("1.1", "release-schema-1__1__4.json", c) for c in _cases("1.1")]
    + [("1.0", "release-schema-1__0__3.json", c) for c in _cases("1.0")]
    + [("schema", "schema.json", c) for c in _cases("schema") if c != NO_STANDARD_RESULT],
)
@pytest.mark.filterwarnings("ignore:Multiple objects have the `id` value")
def test_compiled_and_versioned_are_those_of_ocds_merge(folder: str, schema: str, case: str) -> None:
    """1.1 is our version. 1.0 (whole-list suppliers) and `schema` (made-up fields) hold too: rules come from the
    schema given, none is written in our code. `schema` has one of the two results, or both."""
    rules, lines = _schema(schema), _lines(_read(folder, case))
    judged = 0
    for made, result in ((Compiler(rules).compile, "compiled"), (Versioner(rules).version, "versioned")):
        if (ORACLES / folder / f"{case}-{result}.json").exists():
            assert json.loads(made(lines)) == _read(folder, f"{case}-{result}")
            judged += 1
    assert judged == 2 if folder.startswith("1") else judged >= 1


@needs_shared
@pytest.mark.filterwarnings("ignore:Multiple objects have the `id` value")
def test_the_results_of_optional_merge_strategies_do_not_apply_to_us() -> None:
    """APPEND and MERGE_BY_POSITION are overrides of ocdsmerge for flawed publishers: OCDS merging has none, we use
    none, and the standard strategy gives another result on these cases."""
    others = [p.stem for p in (ORACLES / "schema").glob("*.json") if p.stem.endswith(("-append", "-by-position"))]
    assert len(others) == 3
    for name in others:
        case = name.removesuffix("-append").removesuffix("-by-position")
        assert json.loads(Compiler(_schema("schema.json")).compile(_lines(_read("schema", case)))) != _read(
            "schema", name
        )


@needs_shared
def test_our_extended_schema_gives_the_oracles_of_1_1_too() -> None:
    """OCDS 1.1.5 with our extensions merges the fields of 1.1 as the core schema does."""
    for case in _cases("1.1"):
        lines = _lines(_read("1.1", case))
        assert json.loads(Compiler(official()).compile(lines)) == _read("1.1", f"{case}-compiled"), case
        assert json.loads(Versioner(official()).version(lines)) == _read("1.1", f"{case}-versioned"), case


def test_a_value_that_changed_has_its_two_states() -> None:
    group = encoded(marche(modifications=[modified(montant=600000.0)]))
    found = json.loads(Versioner(PROFILE).version(group))
    ocid = "ocds-abc123-21750001600019-2024T05699"
    assert found["ocid"] == ocid
    assert found["contracts"][0]["value"]["amount"] == [
        {
            "releaseID": f"{ocid}-initial",
            "releaseDate": "2024-05-25T00:00:00+02:00",
            "releaseTag": ["tender", "award", "contract"],
            "value": 575000.0,
        },
        {
            "releaseID": f"{ocid}-modification-1",
            "releaseDate": "2024-10-20T00:00:00+02:00",
            "releaseTag": ["contractAmendment"],
            "value": 600000.0,
        },
    ]
    assert len(found["awards"][0]["value"]["amount"]) == 1


@needs_shared
def test_versioned_releases_of_real_contracts_are_all_valid_and_equal_ocdsmerge() -> None:
    contracts = [*every_field(), *(c for c in real_contracts() if c.modifications or c.actesSousTraitance)]
    contracts += [c for c in real_contracts()[::10] if not (c.modifications or c.actesSousTraitance)]
    groups = in_order(contracts)
    made = list(Versioner(official()).versioned(groups))
    report = validate_versioned(made, official())
    assert (report.checked, report.invalid, report.by_rule) == (len(groups), 0, {})
    assert report.checked > 500
    merger = Merger(merge_rules=get_merge_rules(official().release))
    for group, line in zip(groups[::25], made[::25], strict=True):
        assert json.loads(line) == merger.create_versioned_release([json.loads(r) for r in group])


@needs_shared
def test_our_schema_is_the_official_versioned_one_where_no_extension_changes_it() -> None:
    """The pinned official file is the judge of the tool that made ours."""
    from procurement_assets.ocds.pins import load_pins

    standard = load_pins().standard
    name = "versioned-release-validation-schema.json"
    theirs = json.loads(fetch(standard.base + name, standard.files[name]))
    ours = versioned_schema(official())
    assert set(theirs["properties"]) <= set(ours["properties"])
    assert set(theirs["definitions"]) <= set(ours["definitions"])
    for kept in ("RelatedProcessUnversioned", "StringNullDateTimeVersioned", "Milestone"):
        if kept in theirs["definitions"]:
            assert set(theirs["definitions"][kept].get("properties", {})) <= set(
                ours["definitions"][kept].get("properties", {})
            )


@needs_shared
def test_what_is_wrong_is_seen() -> None:
    line = json.loads(Versioner(official()).version(encoded(every_field()[0])))
    line["tender"]["title"] = "not versioned"
    line["contracts"][0]["dateSigned"][0]["value"] = "yesterday"
    report = validate_versioned([msgspec.json.encode(line)], official())
    assert report.invalid == 1
    assert {p.path for p in report.problems} == {"tender/title", "contracts/0/dateSigned/0/value"}


def test_without_the_official_schema_nothing_passes_for_checked() -> None:
    offline = Schema(source="profile", release=PROFILE.release, skipped_reason="offline")
    report = validate_versioned([b"{}"], offline)
    assert (report.checked, report.skipped_reason) == (0, "offline")
    with pytest.raises(ValueError, match="offline"):
        versioned_schema(offline)


def test_the_file_has_one_line_for_each_process(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.ocds("paris").mkdir(parents=True)
    groups = in_order(every_field())
    (lake.ocds("paris") / "releases.jsonl").write_bytes(b"".join(line + b"\n" for g in groups for line in g))
    assert write_versioned(lake, "paris", PROFILE) == 2
    lines = gzip.decompress((lake.exports("paris") / "ocds" / NAME).read_bytes()).splitlines()
    assert [json.loads(line)["ocid"] for line in lines] == [json.loads(g[0])["ocid"] for g in groups]
