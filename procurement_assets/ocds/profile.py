"""The JSON Schema of our own profile of OCDS, made from the typed model.

Stricter than the official schema: nothing beyond the fields and codes that the project writes, no null, no empty
text or list. It stands in where the official schemas cannot be reached (the demo), and gives the same merge rules
(`wholeListMerge` and `omitWhenMerged` are on the model's fields). A test proves that what it accepts the official
schema with our extensions accepts. Draft 4, as OCDS: there 1.0 is not an integer.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from procurement_assets.ocds.model import Release

Schema = dict[str, Any]


@lru_cache(maxsize=1)
def profile_schema() -> Schema:
    """The JSON Schema of a release, or compiled release, of our profile."""
    raw = msgspec.json.schema(Release)
    definitions = {name: _tightened(definition) for name, definition in raw["$defs"].items()}
    release = definitions.pop("Release")
    return {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "title": "Release of the profile of procurement_assets: OCDS 1.1.5 and its extensions",
        **release,
        "definitions": definitions,
    }


def _tightened(node: Any) -> Any:
    """Without null alternatives and defaults; references as in draft 4."""
    if isinstance(node, list):
        return [_tightened(n) for n in node]
    if not isinstance(node, dict):
        return node
    kept = {k: v for k, v in node.items() if k != "default"}
    if "anyOf" in kept:
        alternatives = [a for a in kept.pop("anyOf") if a != {"type": "null"}]
        if len(alternatives) != 1:
            raise ValueError(f"a field of the profile has several types: {alternatives}")
        kept |= alternatives[0]
    if "$ref" in kept:
        return {"$ref": kept["$ref"].replace("#/$defs/", "#/definitions/")}
    if "enum" in kept:
        kept.setdefault("type", "string")  # the merge rules of an array depend on the type of its items
    if kept.get("type") == "object" and not kept.get("required"):
        kept["minProperties"] = 1
        kept.pop("required", None)  # draft 4: never an empty list
    return {k: _tightened(v) for k, v in kept.items()}
