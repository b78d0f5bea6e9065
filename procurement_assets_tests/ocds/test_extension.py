"""The local extension is checked as OCDS extensions are; the same checks run on real extensions, so they are fair."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from procurement_assets.ocds.extension import build

REAL = "mirror/raw.githubusercontent.com/open-contracting-extensions"
EXCEPTED = {"beneficialOwners", "budget_and_spend", "eu", "organizationClassification", "partyDetails_scale", "ppp"}
"""Real extensions with fields whose title, description or type the checks miss."""


def fields(schema: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any], bool]]:
    """Object, field, its schema, and whether it is required."""
    for name, definition in {"Release": schema, **schema.get("definitions", {})}.items():
        for field, content in definition.get("properties", {}).items():
            yield name, field, content, field in definition.get("required", [])


def problems(files: dict[str, str]) -> list[str]:
    """What the checks of OCDS extensions would refuse in the files of an extension."""
    metadata, schema = json.loads(files["extension.json"]), json.loads(files["release-schema.json"])
    lists = {p.removeprefix("codelists/") for p in files if p.startswith("codelists/")}
    found = [f"no {key}" for key in ("name", "description") if not metadata.get(key, {}).get("en")]
    if "1.1" not in metadata["compatibility"]:
        found.append("not compatible with 1.1")
    if metadata["schemas"] != ["release-schema.json"] or set(metadata.get("codelists", [])) != lists:
        found.append("extension.json does not list the files present")
    if not files.get("README.md", "").startswith("# "):
        found.append("README.md without a title")
    for name, field, content, required in fields(schema):
        found += [f"{name}.{field}: {p}" for p in _field_problems(field, content, required, files)]
    for name in lists:
        found += [f"{name}: {p}" for p in _codelist_problems(files[f"codelists/{name}"])]
    return found


def _field_problems(field: str, content: dict[str, Any], required: bool, files: dict[str, str]) -> list[str]:
    found = [f"no {key}" for key in ("title", "description") if not content.get(key, "").strip()]
    if not re.fullmatch(r"[a-z][A-Za-z]*", field):
        found.append("not in camel case")
    kinds = content.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if not kinds and "$ref" not in content:
        found.append("no type")
    plain = kinds and "object" not in kinds and "$ref" not in content.get("items", {})
    if plain and ("null" in kinds) == required:
        found.append("null is allowed exactly where the field is optional")
    if ("codelist" in content) != ("openCodelist" in content):
        found.append("codelist without openCodelist")
    if "codelist" in content:
        text = files.get(f"codelists/{content['codelist']}")
        closed = content.get("enum", content.get("items", {}).get("enum"))
        if (closed is None) is not content["openCodelist"]:
            found.append("an enum is for closed lists")
        if text and closed and {c for c in closed if c} != {row["Code"] for row in csv.DictReader(io.StringIO(text))}:
            found.append("enum and code list differ")
    return found


def _codelist_problems(text: str) -> list[str]:
    reader = csv.DictReader(io.StringIO(text))
    rows = list(reader)
    found = [f"columns {reader.fieldnames}"] if not {"Code", "Title"} <= set(reader.fieldnames or ()) else []
    codes = [row["Code"] for row in rows]
    if len(codes) != len(set(codes)) or not all(codes):
        found.append("a code is missing or repeated")
    return found + [f"{row['Code']} has no title" for row in rows if not row["Title"]]


def _read(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): p.read_text(encoding="utf-8") for p in folder.rglob("*") if p.is_file()}


def test_the_local_extension_passes_the_checks() -> None:
    assert problems(_read(build.FOLDER)) == []


def test_real_extensions_pass_the_same_checks(shared: Path) -> None:
    refused = set()
    folders = [p.parent for p in (shared / REAL).glob("*/*/release-schema.json")]
    for folder in folders:
        if problems(_read(folder)):
            refused.add(folder.parent.name.removeprefix("ocds_").removesuffix("_extension"))
    assert len(folders) > 40
    assert refused == EXCEPTED


def test_the_checks_find_a_broken_extension() -> None:
    files = build.files()
    schema = build.release_schema()
    broken = json.loads(json.dumps(schema))
    del broken["definitions"]["DecpTender"]["properties"]["nature"]["title"]
    broken["definitions"]["DecpTender"]["properties"]["kind"]["enum"] = ["other"]
    del files["codelists/decpCcag.csv"]
    found = problems(files | {"release-schema.json": json.dumps(broken)})
    assert "DecpTender.nature: no title" in found
    assert "DecpTender.kind: enum and code list differ" in found
    assert "extension.json does not list the files present" in found


def test_references_and_code_lists_resolve() -> None:
    definitions = build.release_schema()["definitions"]
    for name, field, content, _ in fields(build.release_schema()):
        reference = content.get("$ref") or content.get("items", {}).get("$ref")
        if reference:
            assert reference.removeprefix("#/definitions/") in {*definitions, "Value"}, (name, field)
        if "codelist" in content:
            assert content["codelist"] in build.codelists()


def test_objects_in_lists_have_an_id_or_are_merged_whole() -> None:
    definitions = build.release_schema()["definitions"]
    for name, field, content, _ in fields(build.release_schema()):
        reference = content.get("items", {}).get("$ref")
        if reference and not content.get("wholeListMerge"):
            assert "id" in definitions[reference.removeprefix("#/definitions/")]["properties"], (name, field)


def test_every_text_is_in_both_languages_and_none_is_left_over() -> None:
    used = {(n, f) for n, f, _, _ in fields(build.release_schema()) if n.startswith("Decp")}
    told = {(n, f) for n, texts in build.TEXTS.items() if n != "Decp" for f in texts if f != "object"}
    assert told == used
    for name, texts in build.TEXTS.items():
        for field, values in texts.items():
            assert len(values) == 4, (name, field)
            assert all(v.strip() for v in values), (name, field)
    told_codes = [code for codes in build.CODES.values() for code in codes]
    codes = [row["Code"] for text in build.codelists().values() for row in csv.DictReader(io.StringIO(text))]
    assert sorted(told_codes) == sorted(codes)


def test_the_french_schema_is_the_same_but_for_its_texts() -> None:
    def bare(value: Any) -> Any:
        if isinstance(value, dict):
            texts = ("title", "description")
            return {k: bare(v) for k, v in value.items() if not (k in texts and isinstance(v, str))}
        return value

    assert bare(build.release_schema("en")) == bare(build.release_schema("fr"))
    assert build.release_schema("en") != build.release_schema("fr")


def test_the_readme_tells_every_field_and_list_in_both_languages() -> None:
    text = build.files()["README.md"]
    for language in ("en", "fr"):
        for _, field, content, _ in fields(build.release_schema(language)):
            assert f"| `{field}` | {content['title']} | {content['description']} |" in text
    for name in build.codelists():
        assert (text.count(f"(codelists/{name})"), text.count(f"(fr/codelists/{name})")) == (1, 1)
