"""Table Schema (Data Package v2) of an exported table, from its column description."""

from __future__ import annotations

from typing import Any

from procurement_assets.portal.exports.spec import BY_NAME, About
from procurement_assets.schema import Column, Table

PROFILE = "https://datapackage.org/profiles/2.0/tableschema.json"
LIST_SEPARATOR = "|"
"""Between the values of a list in CSV: in no code label, no identifier, and not the separator of any spreadsheet."""


def table_schema(table: Table, about: About) -> dict[str, Any]:
    """The schema of the CSV file of a table, as JSON objects in a fixed order."""
    export = BY_NAME.get(table.name)
    key = list(table.key)
    found: dict[str, Any] = {
        "$schema": PROFILE,
        "name": table.name,
        "title": table.title,
        "description": table.description,
        "path": about.url(f"schema/{table.name}.json"),
        "fields": [_field(c) for c in table.columns],
        "missingValues": [""],
    }
    if all(table.column(name).required for name in key):
        found["primaryKey"] = key
    if export is not None and export.parent:
        parent = {"resource": export.parent, "fields": ["uid"]}
        found["foreignKeys"] = [{"fields": ["uid"], "reference": parent}]
    return found


def _field(column: Column) -> dict[str, Any]:
    kind = {"list": "list", "binary": "string"}.get(column.type, column.type)
    found: dict[str, Any] = {
        "name": column.name,
        "type": kind,
        "title": column.title,
        "description": column.description,
    }
    if column.type == "list":
        found |= {"itemType": "string", "delimiter": LIST_SEPARATOR}
    if column.type == "date":
        found["format"] = "default"
    if column.type == "boolean":
        found |= {"trueValues": ["true"], "falseValues": ["false"]}
    constraints = {"required": True} if column.required and column.type != "list" else {}
    if column.enum:
        constraints["enum"] = list(column.enum)  # type: ignore[assignment]
    if constraints:
        found["constraints"] = constraints
    if column.unit:
        found["unit"] = column.unit
    if column.source:
        found["source"] = column.source
    if column.ocds:
        found["ocds"] = column.ocds
    return found
