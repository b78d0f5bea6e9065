"""What our Opendatasoft portal reads of a request and answers: bodies, pages of lists, Explore, refusals."""

from __future__ import annotations

import csv
import io
import json
import re
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import unquote

from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from procurement_assets_tests.publishing.ods_state import Dataset, Portal


class RefusalError(Exception):
    """An answer other than success."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def explore(portal: Portal, path: str, params: dict[str, str], has_key: bool) -> tuple[int, Any]:
    """Explore v2.1: what the public, or who has a key, reads of a dataset."""
    match = re.fullmatch(r"/catalog/datasets/([^/]+)/(records|exports/csv)", path)
    dataset = portal.by_slug(unquote(match.group(1))) if match else None
    if match is None or dataset is None or dataset.public is None or (dataset.restricted and not has_key):
        raise RefusalError(404, "not_found", "Unknown dataset")
    records = dataset.public["records"]
    select = [s.strip() for s in params["select"].split(",")]
    if match.group(2) == "records":
        row: dict[str, Any] = {}
        for expression in select:
            what, _, name = expression.partition(" as ")
            column = re.fullmatch(r"sum\((\w+)\)", what)
            if column:
                row[name] = sum(float(r[column[1]] or 0) for r in records)
            elif what == "count(*)":
                row[name] = len(records)
        return 200, {"total_count": 1, "results": [row]}
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=params.get("delimiter", ";"), lineterminator="\r\n")
    writer.writerow(select)
    writer.writerows([[r[s] for s in select] for r in records])
    return 200, buffer.getvalue().encode()


def shown(dataset: Dataset) -> dict[str, Any]:
    """A dataset as the Automation API tells it."""
    return {
        "uid": dataset.uid,
        "dataset_id": dataset.slug,
        "is_published": dataset.public is not None,
        "is_restricted": dataset.restricted,
        "metadata": dataset.draft["metadata"],
    }


def page(results: list[Any], params: dict[str, str]) -> dict[str, Any]:
    """One page of a list."""
    offset, limit = int(params.get("offset", 0)), int(params.get("limit", 20))
    return {"total_count": len(results), "next": None, "previous": None, "results": results[offset : offset + limit]}


def parse(http: BaseHTTPRequestHandler, raw: bytes) -> tuple[str, Any]:
    """(kind, body): JSON, or a form whose files are (name, bytes)."""
    kind = http.headers.get("Content-Type", "")
    if kind.startswith("multipart/form-data"):
        mimetype, options = parse_options_header(kind)
        _, fields, files = FormDataParser().parse(io.BytesIO(raw), mimetype, len(raw), options)
        form: dict[str, Any] = dict(fields.items())
        form |= {name: (file.filename, file.read()) for name, file in files.items()}
        return "form", form
    if raw:
        return "json", json.loads(raw)
    return "", None
