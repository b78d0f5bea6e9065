"""Official schema, our extension, our profile."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any, cast

import jsonschema_rs
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from procurement_assets.decp.model import Contract
from procurement_assets.lake import Lake
from procurement_assets.ocds.compile import Compiler
from procurement_assets.ocds.countries import COUNTRIES
from procurement_assets.ocds.extension import build
from procurement_assets.ocds.pins import PINS, as_toml, load_pins, repin
from procurement_assets.ocds.schema import (
    Fetch,
    lake_fetch,
    load_schema,
    merge_patch,
    official_schema,
    references,
    schema_of,
)
from procurement_assets.sources.errors import HttpError, ReferenceUnavailable
from procurement_assets.sources.http import HttpClient
from procurement_assets_tests.ocds.support import (
    MIRROR,
    PROFILE,
    encoded,
    fetch,
    needs_shared,
    official,
    official_validator,
)
from procurement_assets_tests.strategies import contracts


def test_without_the_official_files_the_profile_stands_in_and_says_why() -> None:
    def unreachable(url: str, _: str) -> bytes:
        raise ReferenceUnavailable(f"{url} is needed and is not in the lake yet: no network")

    schema = load_schema(unreachable)
    assert schema.source == "profile"
    assert schema.skipped_reason is not None
    assert "standard.open-contracting.org/schema/1__1__5/release-schema.json" in schema.skipped_reason
    assert "no network" in schema.skipped_reason


class _Http:
    """An HTTP client on the mirror, that can be cut off."""

    def __init__(self) -> None:
        self.reachable = True

    def get_bytes(self, url: str) -> bytes:
        """The file of the mirror."""
        if not self.reachable:
            raise HttpError(url, "no network", "unreachable")
        return (MIRROR / url.removeprefix("https://")).read_bytes()


@needs_shared
def test_official_files_are_read_once_then_kept_in_the_lake(tmp_path: Path) -> None:
    http: Any = _Http()
    lake = Lake(tmp_path)
    first = load_schema(lake_fetch(lake, http))
    http.reachable = False
    assert load_schema(lake_fetch(lake, http)) == first
    assert first.source == "official"
    elsewhere = load_schema(lake_fetch(Lake(tmp_path / "empty"), http))
    assert elsewhere.source == "profile"
    assert "PROCUREMENT_MIRROR" in (elsewhere.skipped_reason or "")


@needs_shared
def test_the_official_schema_has_every_declared_extension() -> None:
    schema = official()
    assert (schema.source, schema.skipped_reason) == ("official", None)
    definitions = schema.release["definitions"]
    assert definitions["Tender"]["properties"]["decp"]["$ref"] == "#/definitions/DecpTender"
    assert "sustainability" in definitions["Tender"]["properties"]
    assert "deliveryLocations" in definitions["Item"]["properties"]
    assert "statistics" in schema.release["properties"]["bids"]["properties"]


@needs_shared
def test_no_reference_of_the_patched_schema_dangles() -> None:
    schema = official().release
    assert set(references(schema)) <= {f"#/definitions/{name}" for name in schema["definitions"]}


@needs_shared
def test_an_extension_that_needs_another_one_is_refused() -> None:
    """`lots` refers to a definition of `submissionTerms` (research/ocds.md §2.0): here, one that is not declared."""
    pins = load_pins()
    without = msgspec.structs.replace(pins, extension=[e for e in pins.extension if e.id != "techniques"])

    def with_dangling(url: str, sha256: str) -> bytes:
        data = json.loads(fetch(url, sha256)) if url.endswith("release-schema.json") else None
        if data is not None and "ocds_finance" in url:
            data["definitions"]["Finance"]["properties"]["x"] = {"$ref": "#/definitions/Techniques"}
        return fetch(url, sha256) if data is None else json.dumps(data).encode()

    with pytest.raises(ValueError, match="#/definitions/Techniques"):
        official_schema(with_dangling, without)


@needs_shared
def test_our_patching_equals_that_of_the_official_tool() -> None:
    from ocdsextensionregistry.util import remove_nulls

    json_merge_patch = pytest.importorskip("json_merge_patch")
    pins = load_pins()
    base = json.loads(fetch(pins.standard.base + "release-schema.json", pins.standard.files["release-schema.json"]))
    ours: Any = base
    theirs = deepcopy(base)
    for extension in pins.extension:
        patch = json.loads(fetch(f"{extension.base}release-schema.json", extension.files["release-schema.json"]))
        remove_nulls(patch)
        ours = merge_patch(ours, patch)
        json_merge_patch.merge(theirs, patch)
    assert ours == theirs


@needs_shared
def test_the_pins_are_those_of_the_files() -> None:
    def read(url: str) -> bytes:
        return (MIRROR / url.removeprefix("https://")).read_bytes()

    assert as_toml(repin(load_pins(), read)) == PINS.read_text(encoding="utf-8")


@needs_shared
def test_the_country_codes_are_those_of_the_extension() -> None:
    countries = official().release["definitions"]["Address"]["properties"]["country"]["enum"]
    assert [c for c in countries if c] == list(COUNTRIES)


def test_the_files_of_the_local_extension_are_those_of_its_model() -> None:
    written = {
        str(path.relative_to(build.FOLDER)): path.read_text(encoding="utf-8")
        for path in build.FOLDER.rglob("*")
        if path.is_file()
    }
    assert written == build.files(), "run python -m procurement_assets.ocds.extension.build"


@needs_shared
def test_the_local_extension_adds_no_field_that_the_standard_has() -> None:
    """Its fields stand in `decp`; a field of the same name beside it would say the same thing twice."""
    definitions = official().release["definitions"]
    for name, patch in build.release_schema()["definitions"].items():
        if "type" not in patch:
            assert set(patch["properties"]) == {"decp"}, name
            beside = set(definitions[name]["properties"])
            inside = set(definitions[f"Decp{name}"]["properties"]) - {"id"}
            # `decp.techniques` holds only the labels that `tender.techniques` has no field for: see test_mapping.
            assert beside & inside <= {"techniques"}


@needs_shared
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(contracts())
def test_every_release_and_compiled_release_is_valid(contract: Contract) -> None:
    group = encoded(contract)
    for line in (*group, Compiler(PROFILE).compile(group)):
        release = msgspec.json.decode(line)
        assert [e.message for e in official_validator().iter_errors(release)] == []
        profile = jsonschema_rs.Draft4Validator(PROFILE.release, validate_formats=True)
        assert [e.message for e in profile.iter_errors(release)] == []


@needs_shared
@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("tender", "items", 0, "deliveryLocations", 0, "gazetteer", "scheme"), "FR-NOBODY"),
        (("parties", 0, "roles", 0), "mayor"),
        (("tender", "items", 0, "classification", "scheme"), "XPV"),
    ],
)
def test_a_code_that_nobody_declared_is_refused(path: tuple[Any, ...], value: str) -> None:
    from procurement_assets.decp.model import Lieu
    from procurement_assets_tests.ocds.support import marche

    contract = marche(codeCPV="45000000", lieuExecution=Lieu(code="75", typeCode="Code département"))
    release = msgspec.json.decode(encoded(contract)[0])
    assert official_validator().is_valid(release)
    node = release
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    assert not official_validator().is_valid(release)


@needs_shared
def test_the_official_schema_is_read_once_a_process_and_a_failure_is_never_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    reachable = False

    def taken(lake: Lake, http: object) -> Fetch:
        def get(url: str, sha256: str) -> bytes:
            asked.append(url)
            if not reachable:
                raise ReferenceUnavailable(url)
            return fetch(url, sha256)

        return get

    monkeypatch.setattr("procurement_assets.ocds.schema.lake_fetch", taken)
    lake, http = Lake(tmp_path), cast(HttpClient, None)
    assert schema_of(lake, http).source == "profile"
    reachable = True
    first = schema_of(lake, http)
    count = len(asked)
    assert first.source == "official"
    assert schema_of(lake, http) is first
    assert len(asked) == count
    assert first.merge_rules is first.merge_rules
