"""The quality report: one page of HTML in French that a person reads, prints and shares.

Self-contained (its styles are inside, nothing is fetched), readable without JavaScript, and the same bytes for the
same data: its date is that of the data. Everything that comes from data is escaped. Its only links lead to the pages
of failing rows beside it (`report_rows`) and to the Data Docs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from procurement_assets.quality.report_compare import FIELDS_FR, comparison
from procurement_assets.quality.report_data import EXAMPLES, OUTCOMES_FR, REASONS_FR, WEIGHTS, example_rows, overview
from procurement_assets.quality.report_delays import delays
from procurement_assets.quality.report_history import history_of
from procurement_assets.quality.report_repairs import repairs_of
from procurement_assets.quality.report_rows import FOLDER, row_files
from procurement_assets.quality.report_text import environment, french_date, stylesheet
from procurement_assets.quality.report_trend import ALERTS_SHOWN, SIGNALS_FR, trend
from procurement_assets.quality.results import RuleResult
from procurement_assets.schema import TABLES

_ALWAYS = {
    "tables": TABLES,
    "weights": WEIGHTS,
    "outcomes": OUTCOMES_FR,
    "reasons": REASONS_FR,
    "examples": EXAMPLES,
    "example_rows": example_rows,
    "row_files": row_files,
    "rows_folder": FOLDER,
    "fields": FIELDS_FR,
    "alerts_shown": ALERTS_SHOWN,
    "signals": SIGNALS_FR,
}
"""What the page names whatever its data."""


def render_report(
    publisher: str,
    results: Sequence[RuleResult],
    tables: Mapping[str, pl.DataFrame],
    *,
    data_date: date | None,
    source_names: Mapping[str, str] | None = None,
    docs: str = "",
) -> str:
    """The page of what `report_facts` computes, with the links of `page_of`."""
    return page_of(report_facts(publisher, results, tables, data_date=data_date, source_names=source_names), docs)


def report_facts(
    publisher: str,
    results: Sequence[RuleResult],
    tables: Mapping[str, pl.DataFrame],
    *,
    data_date: date | None,
    source_names: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What the page tells of a publisher (its name), from the results of its rules and its tables.

    `tables` holds `contracts`, `concessions` and `ledger`, and those of reconciliation, repairs and corrections where
    there are any: a section without its table says that it has nothing to show. `source_names` gives the French name
    of each source.
    """
    return {
        "publisher": publisher,
        "data_date": french_date(data_date),
        "view": overview(results, tables),
        "results": results,
        "sources": dict(source_names or {}),
        "delays": delays(tables, data_date=data_date),
        "compared": comparison(tables),
        "repaired": repairs_of(tables),
        "trend": trend(tables),
        "history": history_of(tables),
        "titles": {r.rule.id: r.rule.title for r in results},
        "shown": {r.rule.id for r in results if r.failing and not r.error},
        "css": stylesheet(),
    }


def page_of(facts: Mapping[str, Any], docs: str = "") -> str:
    """The page of these facts. `docs`: where the Data Docs of the publisher are, seen from it.

    Empty: the copy that is given out, with no link to them nor to the pages of failing rows, which are the working
    group's.
    """
    return environment().get_template("quality_report.html").render(**facts, docs=docs, **_ALWAYS)
