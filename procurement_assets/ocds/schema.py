"""The release schema: the official one with our extensions, read at run time, else our profile's.

Official files come from their public addresses (`pins.toml`), through a `Fetch` that verifies the sha256 and caches
(`sources.reference.pinned`). Where one cannot be reached, everything goes on with the schema of our profile, and
`Schema.skipped_reason` says why the official one was not used: no result ever passes for official when it is not.

The official schema is made stricter in one way: open code lists become closed with the codes of the standard, of the
declared extensions and our own, so that a code nobody declared is an error (libcoveocds only reports it).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache, partial
from typing import Any, Literal

import msgspec
from ocdsmerge.rules import get_merge_rules

from procurement_assets.lake import Lake
from procurement_assets.ocds.extension import build
from procurement_assets.ocds.pins import Pinned, Pins, load_pins
from procurement_assets.ocds.profile import profile_schema
from procurement_assets.sources.errors import ReferenceUnavailable
from procurement_assets.sources.http import HttpClient
from procurement_assets.sources.reference import pinned

OWN_CODES = {"locationGazetteers.csv": tuple(build.GAZETTEERS)}
"""Codes that we add to open code lists, told in the publication policy."""

MergeRules = dict[tuple[str, ...], str]

Fetch = Callable[[str, str], bytes]
"""(url, sha256) to the bytes of an official file. Raises `ReferenceUnavailable`."""


class Schema(msgspec.Struct, frozen=True, dict=True):
    """What releases and compiled releases are checked against, and merged by."""

    source: Literal["official", "profile"]
    release: dict[str, Any]
    """JSON Schema (draft 4) of a release."""
    skipped_reason: str | None = None
    """Why the official schema was not used."""

    @cached_property
    def merge_rules(self) -> MergeRules:
        """The merge rules of the schema (OCDS, merging; research/ocds.md §1.3)."""
        rules: MergeRules = get_merge_rules(self.release)
        return rules


@lru_cache(maxsize=1)
def profile() -> Schema:
    """Our profile's schema; its merge rules equal the official ones on all that the project writes."""
    return Schema(source="profile", release=profile_schema())


_kept: dict[str, Schema] = {}
"""Root of a lake to its official schema: pinned by content, so reading and patching it once a process is enough."""


def schema_of(lake: Lake, http: HttpClient) -> Schema:
    """The official schema where it can be had, else our profile's; the official one is kept for the process."""
    root = str(lake.root)
    if root not in _kept:
        found = load_schema(lake_fetch(lake, http))
        if found.source != "official":
            return found
        _kept[root] = found
    return _kept[root]


def lake_fetch(lake: Lake, http: HttpClient) -> Fetch:
    """The fetch function of the pipeline: from the lake, else from the public address."""
    return partial(pinned, lake, http)


def load_schema(fetch: Fetch, pins: Pins | None = None) -> Schema:
    """The official schema with our extensions; the profile's where a file of it cannot be had."""
    pins = pins or load_pins()
    try:
        return Schema(source="official", release=official_schema(fetch, pins))
    except ReferenceUnavailable as error:
        return Schema(source="profile", release=profile_schema(), skipped_reason=str(error))


def official_schema(fetch: Fetch, pins: Pins) -> dict[str, Any]:
    """The release schema of OCDS 1.1.5 patched with every declared extension, codes closed."""
    schema: dict[str, Any] = _json(fetch, pins.standard, "release-schema.json")
    for extension in pins.extension:
        schema = merge_patch(schema, without_nulls(_json(fetch, extension, "release-schema.json")))
    schema = merge_patch(schema, build.release_schema())
    dangling = sorted(set(references(schema)) - {f"#/definitions/{name}" for name in schema["definitions"]})
    if dangling:
        raise ValueError(f"extensions refer to definitions that no declared extension has: {', '.join(dangling)}")
    _close_codelists(schema, partial(_codes, fetch, pins))
    return schema


def merge_patch(target: Any, patch: Any) -> Any:
    """JSON Merge Patch (RFC 7396), the way OCDS extensions change the schema."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def without_nulls(node: Any) -> Any:
    """A patch that removes nothing: an extension may not (OCDS, extensions). Nulls in `enum` lists stay."""
    if isinstance(node, dict):
        return {k: without_nulls(v) for k, v in node.items() if v is not None}
    return [without_nulls(n) for n in node] if isinstance(node, list) else node


def references(node: Any) -> Iterator[str]:
    """Every `$ref` of a schema."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def _json(fetch: Fetch, group: Pinned, name: str) -> Any:
    return json.loads(fetch(group.base + name, group.files[name]))


def _close_codelists(node: Any, codes: Callable[[str], list[str] | None]) -> None:
    """Give an `enum` to every field of an open code list, in place."""
    if isinstance(node, list):
        for value in node:
            _close_codelists(value, codes)
    if not isinstance(node, dict):
        return
    name = node.get("codelist")
    if isinstance(name, str) and node.get("openCodelist") is True:
        known = codes(name)
        if known is not None:
            field = node["items"] if "array" in node["type"] else node
            field.setdefault("enum", [*known, None])
    for value in node.values():
        _close_codelists(value, codes)


def _codes(fetch: Fetch, pins: Pins, name: str) -> list[str] | None:
    """The codes of a list in the standard, the extensions and our own additions; None for our own open lists."""
    found: list[str] = []
    for group in (pins.standard, *pins.extension):
        for file in (name, f"+{name}"):
            if file in group.codelists:
                path = f"codelists/{file}"
                found += _column(fetch(group.base + path, group.files[path]).decode("utf-8-sig"))
    if not found:
        return None
    found += OWN_CODES.get(name, ())
    return list(dict.fromkeys(found))


def _column(text: str) -> list[str]:
    return [row["Code"] for row in csv.DictReader(io.StringIO(text, newline=""))]
