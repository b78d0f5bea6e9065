"""The failing rows of each rule, whole: a page to read and a CSV to work with, linked from the quality report.

`constats/RULE.html` shows the first `SHOWN` rows; `constats/RULE.csv` holds them all, for a French spreadsheet
(UTF-8 with a mark, `;`). A rule that no longer fails leaves no files: those of earlier runs are removed.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from upath import UPath

from procurement_assets.lake import write_bytes
from procurement_assets.quality.report_data import example_rows
from procurement_assets.quality.report_text import column_title, environment
from procurement_assets.quality.results import RuleResult
from procurement_assets.quality.spreadsheet import french_number, guarded

FOLDER = "constats"
SHOWN = 2_000
"""Rows on a page: more are slow to open; the CSV has no limit."""


@dataclass(frozen=True)
class RowFiles:
    """The two files of a rule, by name within `constats/`."""

    page: str
    table: str


def row_files(result: RuleResult) -> RowFiles | None:
    """The files of a rule's failing rows; None where there is none (no failing row, or a figure of the table)."""
    if result.error or result.failed.is_empty():
        return None
    return RowFiles(f"{result.rule.id}.html", f"{result.rule.id}.csv")


def write_rows(
    folder: UPath, publisher: str, results: Sequence[RuleResult], *, data_date: str, css: str, docs: str = ""
) -> int:
    """Write the files of every rule with failing rows under `folder`/constats; returns how many rules have some.

    `docs`: where the Data Docs are, seen from these pages.
    """
    target = folder / FOLDER
    written: set[str] = set()
    for result in results:
        files = row_files(result)
        if files is None:
            continue
        rows = example_rows(result, result.failed.height)
        told = {"publisher": publisher, "data_date": data_date, "css": css, "docs": docs}
        page = _page(result, rows[:SHOWN], len(rows), files, told)
        write_bytes(target / files.page, page.encode("utf-8"))
        write_bytes(target / files.table, _csv(result, rows))
        written |= {files.page, files.table}
    _remove_others(target, written)
    return len(written) // 2


def _page(
    result: RuleResult, rows: Sequence[Mapping[str, str | None]], total: int, files: RowFiles, told: Mapping[str, str]
) -> str:
    return environment().get_template("rule_rows.html").render(r=result, rows=rows, total=total, files=files, **told)


def _csv(result: RuleResult, rows: Sequence[Mapping[str, str | None]]) -> bytes:
    """All failing rows: the columns of the report under their French titles."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    if rows:
        writer.writerow([column_title(result.table.name, name) for name in rows[0]])
        numbers = {name for name, kind in result.failed.schema.items() if kind.is_numeric()}
        writer.writerows([[_cell(value, name in numbers) for name, value in row.items()] for row in rows])
    return text.getvalue().encode("utf-8-sig")


def _cell(value: str | None, number: bool) -> str:
    """A number as a French spreadsheet reads it; a text that it takes for no number and no formula."""
    text = value or ""
    return french_number(text) if number else guarded(text)


def _remove_others(folder: UPath, kept: set[str]) -> None:
    if not folder.exists():
        return
    for path in sorted(folder.iterdir(), key=lambda p: p.name):
        if path.name not in kept and path.suffix in (".html", ".csv"):
            path.unlink()
