"""The mapping in OCP's field-level layout: one row per OCDS field, from ocdskit's mapping sheet, our columns beside.

The base is the release schema of OCDS 1.1.5 with every declared extension, each field marked with the extension that
adds it, as `ocdskit mapping-sheet --extension-field` gives it. A field that DECP does not feed has empty columns: the
sheet is also the inventory of what OCDS could hold and DECP does not say.
"""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]
from ocdskit.mapping_sheet import mapping_sheet

from procurement_assets.ocds.documentation.markdown import loss, source, transformation
from procurement_assets.ocds.documentation.table import LOCAL, Row, rows
from procurement_assets.ocds.extension import build
from procurement_assets.ocds.pins import Pinned, Pins, load_pins
from procurement_assets.ocds.schema import Fetch, merge_patch, without_nulls

MARK = "extension"
OURS = (
    "DECP 2022",
    "DECP 2019",
    "source",
    "transformation (fr)",
    "transformation (en)",
    "perte (fr)",
    "loss (en)",
)
_WIDTHS = {"path": 48, "title": 28, "description": 60, "transformation (fr)": 60, "transformation (en)": 60}


def sheet(fetch: Fetch, pins: Pins | None = None) -> tuple[list[str], list[dict[str, str]]]:
    """Columns and rows of the field-level mapping."""
    columns, found = mapping_sheet(
        marked_schema(fetch, pins or load_pins()), infer_required=True, extension_field=MARK, include_codelist=True
    )
    mapped = [{c: _text(row.get(c)) for c in columns} | _ours(row["path"]) for row in found]
    return [*columns, *OURS], mapped


def marked_schema(fetch: Fetch, pins: Pins) -> dict[str, Any]:
    """The extended release schema, each added field with the name of its extension."""
    schema: dict[str, Any] = _json(fetch, pins.standard)
    for extension in pins.extension:
        schema = merge_patch(schema, _marked(without_nulls(_json(fetch, extension)), extension.id))
    return dict(merge_patch(schema, _marked(build.release_schema(), LOCAL)))


def as_csv(columns: list[str], found: list[dict[str, str]]) -> str:
    """The sheet as CSV."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(found)
    return out.getvalue()


def as_xlsx(columns: list[str], found: list[dict[str, str]]) -> bytes:
    """The sheet as a workbook: the same bytes for the same sheet."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_urls": False, "strings_to_formulas": False})
    book.set_properties({"title": "DECP - OCDS", "created": datetime(2024, 1, 1)})
    bold, wrap = book.add_format({"bold": True, "bg_color": "#dfe6f1"}), book.add_format({"text_wrap": True})
    wrap.set_align("top")
    for title, kept in (("OCDS", found), ("Champs alimentés", [r for r in found if r["transformation (fr)"]])):
        page = book.add_worksheet(title)
        page.write_row(0, 0, columns, bold)
        for number, row in enumerate(kept, start=1):
            page.write_row(number, 0, [row[c] for c in columns], wrap)
        page.freeze_panes(1, 2)
        page.autofilter(0, 0, len(kept), len(columns) - 1)
        for number, column in enumerate(columns):
            page.set_column(number, number, _WIDTHS.get(column, 18))
    book.close()
    return out.getvalue()


def _ours(path: str) -> dict[str, str]:
    """Our columns for an OCDS path: every row of the table that goes there."""
    found = [row for row in rows() if path in row.ocds]
    return dict(
        zip(
            OURS,
            (
                "\n".join(p for row in found for p in row.v2022),
                "\n".join(p for row in found for p in row.v2019),
                "\n".join(filter(None, (source(row, "fr") for row in found))),
                _said(found, [transformation(row, "fr") for row in found]),
                _said(found, [transformation(row, "en") for row in found]),
                _said(found, [loss(row, "fr") for row in found]),
                _said(found, [loss(row, "en") for row in found]),
            ),
            strict=True,
        )
    )


def _said(found: list[Row], texts: list[str]) -> str:
    return "\n".join(dict.fromkeys(texts)) if found else ""


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple, set)):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _json(fetch: Fetch, group: Pinned) -> Any:
    return json.loads(fetch(group.base + "release-schema.json", group.files["release-schema.json"]))


def _marked(node: Any, name: str) -> Any:
    """A patch whose fields say which extension adds them."""
    if isinstance(node, list):
        return [_marked(n, name) for n in node]
    if not isinstance(node, dict):
        return node
    found = {key: _marked(value, name) for key, value in node.items()}
    properties = found.get("properties")
    if isinstance(properties, dict):
        found["properties"] = {k: {**v, MARK: name} if isinstance(v, dict) else v for k, v in properties.items()}
    return found
