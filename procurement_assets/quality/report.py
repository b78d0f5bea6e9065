"""The quality report: one page of HTML in French that a person reads, prints and shares.

Self-contained (its styles are inside, nothing is fetched), readable without JavaScript, and the same bytes for the
same data: its date is that of the data. Everything that comes from data is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path

import jinja2
import polars as pl

from procurement_assets.quality.derived import derived_of
from procurement_assets.quality.report_data import EXAMPLES, OUTCOMES_FR, REASONS_FR, WEIGHTS, example_rows, overview
from procurement_assets.quality.results import RECORD, RuleResult
from procurement_assets.schema import TABLES

TEMPLATES = Path(__file__).resolve().parent / "templates"
SEVERITY_FR = {"critical": "Critique", "warning": "À corriger", "info": "À savoir"}
TEXT_SHOWN = 140
_THIN = "\u202f"  # narrow no-break space, between thousands and before French signs
_MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)


def render_report(
    publisher: str,
    results: Sequence[RuleResult],
    tables: Mapping[str, pl.DataFrame],
    *,
    data_date: date | None,
    source_names: Mapping[str, str] | None = None,
) -> str:
    """The page for a publisher (its name), from the results of its rules and its tables.

    `tables` holds `contracts`, `concessions` and `ledger`; `source_names` gives the French name of each source.
    """
    return (
        _environment()
        .get_template("quality_report.html")
        .render(
            publisher=publisher,
            data_date=french_date(data_date),
            view=overview(results, tables),
            results=results,
            tables=TABLES,
            sources=dict(source_names or {}),
            severities=SEVERITY_FR,
            weights=WEIGHTS,
            outcomes=OUTCOMES_FR,
            reasons=REASONS_FR,
            examples=EXAMPLES,
            example_rows=example_rows,
            css=(TEMPLATES / "quality_report.css").read_text(encoding="utf-8"),
        )
    )


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": number,
        "percent": percent,
        "euros": euros,
        "short": short,
        "day": french_date,
    }
    environment.globals |= {"column_title": column_title}
    return environment


def number(value: int) -> str:
    """1234567 as « 1 234 567 »."""
    return f"{value:,}".replace(",", _THIN)


def percent(share: float) -> str:
    """0.1234 as « 12,3 % »; a share that is not nil never reads as nil, nor one short of all as all."""
    text = f"{share * 100:.1f}"
    if share > 0 and text == "0.0":
        return f"<{_THIN}0,1{_THIN}%"
    if share < 1 and text == "100.0":
        text = "99.9"
    return text.replace(".", ",") + f"{_THIN}%"


def euros(amount: float) -> str:
    """An amount with its order of magnitude: « 1,2 Md€ », « 34,5 M€ », « 980 k€ »."""
    for size, unit, digits in ((1e9, "Md€", 1), (1e6, "M€", 1), (1e3, "k€", 0)):
        if abs(amount) >= size:
            return f"{amount / size:.{digits}f}".replace(".", ",") + _THIN + unit
    return f"{amount:.0f}{_THIN}€"


def french_date(day: date | None) -> str:
    """« 8 janvier 2026 », « 1er mars 2025 »."""
    if day is None:
        return "date inconnue"
    return f"{'1er' if day.day == 1 else day.day} {_MONTHS[day.month - 1]} {day.year}"


def short(value: str | None) -> str:
    """A value for a cell: « (vide) », or cut with an ellipsis."""
    if value is None or value == "":
        return "(vide)"
    return value if len(value) <= TEXT_SHOWN else value[: TEXT_SHOWN - 1] + "…"


def column_title(table: str, name: str) -> str:
    """The French label of a column, computed ones included."""
    titles = {c.name: c.title for c in TABLES[table].columns} | {n: d.title for n, d in derived_of(table).items()}
    return titles.get(name, "Clé" if name == RECORD else name)
