"""The local extension under the checks that OCP runs on its own extensions: `jscc`, and the rules of its READMEs."""

from __future__ import annotations

import csv
import io
import json
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator, FormatChecker

from procurement_assets.lake import Lake
from procurement_assets.ocds.extension import build
from procurement_assets_tests.ocds.support import PUBLISHER, needs_shared, official

jscc = pytest.importorskip("jscc.testing.checks")
jsonref = pytest.importorskip("jsonref")

METADATA = {
    "type": "object",
    "required": ["name", "description", "documentationUrl", "contactPoint", "compatibility"],
    "additionalProperties": False,
    "properties": {
        **{
            key: {"type": "object", "required": ["en"], "additionalProperties": {"type": "string", "minLength": 1}}
            for key in ("name", "description")
        },
        "documentationUrl": {
            "type": "object",
            "required": ["en"],
            "additionalProperties": {"type": "string", "format": "uri", "pattern": "^https://"},
        },
        "contactPoint": {
            "type": "object",
            "required": ["name"],
            "minProperties": 2,
            "additionalProperties": False,
            "properties": {
                "name": {"type": "string", "minLength": 1},
                "email": {"type": "string", "format": "email"},
                "url": {"type": "string", "format": "uri"},
            },
        },
        "compatibility": {"type": "array", "minItems": 1, "items": {"type": "string", "pattern": r"^\d+\.\d+$"}},
        "codelists": {"type": "array", "minItems": 1, "items": {"type": "string", "pattern": r"^.+\.csv$"}},
        "schemas": {"type": "array", "minItems": 1, "items": {"enum": ["release-schema.json"]}},
    },
}
"""What OCP asks of `extension.json`."""
_COLUMNS = ["Code", "Title", "Description"]


def errors(schema: dict[str, Any], patched: dict[str, Any]) -> int:
    """How many things the checks of `jscc` refuse in the extension's schema, in its folder."""
    checks: list[Callable[[], int]] = [
        lambda: jscc.validate_array_items("extension", schema),
        lambda: jscc.validate_items_type("extension", schema),
        lambda: jscc.validate_codelist_enum("extension", schema),
        lambda: jscc.validate_letter_case("extension", schema),
        lambda: jscc.validate_merge_properties("extension", schema),
        lambda: jscc.validate_null_type("extension", schema),
        lambda: jscc.validate_metadata_presence("extension", schema, allow_missing=_allowed),
        lambda: jscc.validate_ref("extension", patched),
        lambda: jscc.validate_object_id("extension", jsonref.replace_refs(_of_ours(patched))),
        lambda: jscc.validate_schema_codelists_match(
            "extension", schema, Path.cwd(), is_extension=True, external_codelists=set()
        ),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return sum(check() for check in checks)


def _allowed(pointer: str) -> bool:
    """A patch has no title of its own, nor for the definitions that it adds to."""
    return not pointer or (pointer.startswith("/definitions/") and not pointer.startswith("/definitions/Decp"))


def _of_ours(patched: dict[str, Any]) -> dict[str, Any]:
    wanted = {n: d for n, d in patched["definitions"].items() if n.startswith("Decp") or n == "Value"}
    return {"definitions": wanted}


@needs_shared
def test_the_schema_passes_the_checks_of_ocp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(build.FOLDER)
    assert errors(build.release_schema("en"), official().release) == 0


@needs_shared
def test_the_checks_of_ocp_see_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(build.FOLDER)
    broken = json.loads(json.dumps(build.release_schema("en")))
    fields = broken["definitions"]["DecpTender"]["properties"]
    fields["nature"]["type"] = "string"
    fields["kind"]["enum"] = ["marche"]
    del fields["ccag"]["description"]
    fields["Bad_Name"] = {"title": "x", "description": "x", "type": ["string", "null"]}
    assert errors(broken, official().release) == 4


def test_extension_json_has_all_that_ocp_asks_for() -> None:
    validator = Draft4Validator(METADATA, format_checker=FormatChecker())
    for publisher in (None, PUBLISHER):
        found = json.loads(build.files(publisher)["extension.json"])
        assert [e.message for e in validator.iter_errors(found)] == []
    assert found["documentationUrl"]["en"] == "https://opendata.paris.fr/ocds/extensions/ocds_fr_decp/1.0/README.md"
    assert list(validator.iter_errors({k: v for k, v in found.items() if k != "contactPoint"}))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_code_is_explained_and_no_explanation_is_a_template(language: build.Language) -> None:
    seen: dict[tuple[str, str], str] = {}
    for name, text in build.codelists(language).items():
        reader = csv.DictReader(io.StringIO(text))
        assert reader.fieldnames == _COLUMNS
        for row in reader:
            about = row["Description"]
            assert len(about.split()) >= 5, (name, row["Code"])
            assert about.endswith("."), (name, row["Code"])
            assert all(cell == cell.strip() for cell in row.values())
            seen[name, row["Code"]] = re.sub(re.escape(row["Title"]), "", about)
    assert len(set(seen.values())) == len(seen)


def test_both_languages_have_the_same_codes_in_the_same_order() -> None:
    def codes(language: build.Language) -> dict[str, list[str]]:
        lists = build.codelists(language).items()
        return {name: [row["Code"] for row in csv.DictReader(io.StringIO(text))] for name, text in lists}

    assert codes("en") == codes("fr")


def _readme() -> str:
    return build.files()["README.md"]


@needs_shared
def test_the_examples_of_the_readme_are_valid_and_have_no_additional_field() -> None:
    closed = json.loads(json.dumps(official().release))

    def close(node: Any) -> None:
        for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            close(value)
        if isinstance(node, dict) and isinstance(node.get("properties"), dict):
            node["additionalProperties"] = False

    close(closed)
    examples = re.findall(r"```json\n(.+?)```", _readme(), re.DOTALL)
    assert examples
    minimal = {"ocid": "ocds-213czf-1", "id": "1", "date": "2001-02-03T04:05:06Z", "tag": ["planning"]}
    for text in examples:
        found = json.loads(text)
        assert text == json.dumps(found, ensure_ascii=False, indent=2) + "\n"
        release = minimal | {"initiationType": "tender"} | found
        assert [e.message for e in Draft4Validator(closed).iter_errors(release)] == []


def test_the_readme_names_only_what_is_in_the_schema() -> None:
    schema = build.release_schema()
    known = {f for d in schema["definitions"].values() for f in d["properties"]} | set(build.codelists())
    assert set(re.findall(r"`([^`\n]+)`", re.sub(r"```.+?```", "", _readme(), flags=re.DOTALL))) <= known
    codes = {r["Code"] for t in build.codelists().values() for r in csv.DictReader(io.StringIO(t))}
    assert [code for code in re.findall(r"'(\S+)'", _readme()) if code not in codes] == []


def test_a_publisher_serves_the_extension_where_its_packages_say(tmp_path: Path) -> None:
    folder = Path(str(build.write(Lake(tmp_path), PUBLISHER)))
    served = {str(p.relative_to(folder)): p.read_text(encoding="utf-8") for p in folder.rglob("*") if p.is_file()}
    assert served == build.files(PUBLISHER)
    place = folder.relative_to(tmp_path / "exports/paris").as_posix()
    assert build.url(PUBLISHER) == f"https://opendata.paris.fr/{place}/extension.json"
