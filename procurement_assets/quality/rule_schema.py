"""The JSON Schema of a rule file, from the typed model: what an editor uses to complete and to underline.

`python -m procurement_assets.quality.rule_schema > data_quality/rules.schema.json` writes it.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from typing import Any

import msgspec

from procurement_assets.quality import model
from procurement_assets.quality.expectations import EXPECTATIONS
from procurement_assets.quality.sql import code_lists


def rule_file_schema() -> dict[str, Any]:
    """The schema, with French descriptions, the known tables, expectations and code lists."""
    _, components = msgspec.json.schema_components([model.RuleFile], ref_template="#/$defs/{name}")
    rule = components["Rule"]["properties"]
    for name, text in _docs(model.Rule).items():
        rule[name]["description"] = text
    for name, text in _docs(model.Limit).items():
        components["Limit"]["properties"][name]["description"] = text
    rule["id"]["pattern"] = "^(" + "|".join(model.PREFIXES.values()) + r")-\d{3}$"
    rule["expectation"]["enum"] = ["", *EXPECTATIONS]
    rule["arguments"]["properties"] = {"code_list": {"enum": list(code_lists())}}
    components["RuleFile"]["properties"]["table"]["enum"] = list(model.PREFIXES)
    for part in components.values():
        part.pop("description", None)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Règles de qualité d'une table",
        "$ref": "#/$defs/RuleFile",
        "$defs": components,
    }


def _docs(struct: type) -> dict[str, str]:
    """The text written under each field of a class."""
    found = re.findall(r'^    (\w+): [^\n]*\n    """(.*?)"""', inspect.getsource(struct), re.S | re.M)
    return {name: " ".join(text.split()) for name, text in found}


def as_text() -> str:
    """The schema as the file holds it."""
    return json.dumps(rule_file_schema(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(as_text())
