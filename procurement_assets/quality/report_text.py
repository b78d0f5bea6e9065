"""How the quality pages write figures, dates and names in French, and the templates they are laid out with."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import jinja2

from procurement_assets.quality.derived import derived_of
from procurement_assets.quality.expected import told_apart
from procurement_assets.quality.results import RECORD
from procurement_assets.schema import TABLES

TEMPLATES = Path(__file__).resolve().parent / "templates"
SEVERITY_FR = {"critical": "Critique", "warning": "À corriger", "info": "À savoir"}
TEXT_SHOWN = 140
WHOLE = 14
"""Characters of the longest value that is never cut: a SIRET."""
EXPECTED = "expected"
"""The name, among the columns of a row, of what the rule expects of it."""
_THIN = "\u202f"  # narrow no-break space, between thousands and before French signs
MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)


@cache
def environment() -> jinja2.Environment:
    """The templates of the quality pages: everything from data is escaped, an unknown name is an error."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "number": number,
        "counted": counted,
        "signed": signed,
        "percent": percent,
        "euros": euros,
        "short": short,
        "day": french_date,
        "month": french_month,
        "decimal": decimal,
    }
    made.tests["whole"] = is_whole
    made.globals |= {"column_title": column_title, "severities": SEVERITY_FR, "share": share, "expected": told_apart}
    return made


@cache
def stylesheet() -> str:
    """The styles of the quality pages, written inside each of them."""
    return (TEMPLATES / "quality_report.css").read_text(encoding="utf-8")


def number(value: int) -> str:
    """1234567 as « 1 234 567 »."""
    return f"{value:,}".replace(",", _THIN)


def counted(value: int, one: str, many: str) -> str:
    """A number and its noun: « 1 ligne », « 1 234 lignes »; nil is singular in French."""
    return f"{number(value)} {one if abs(value) < 2 else many}"


def signed(value: int) -> str:
    """A change: « +12 », « −3 », « 0 »."""
    sign = "+" if value > 0 else "−" if value < 0 else ""
    return sign + number(abs(value))


def decimal(value: float, digits: int = 1) -> str:
    """12.5 as « 12,5 », 12.0 as « 12 »."""
    text = f"{value:.{digits}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", ",")


def percent(share: float) -> str:
    """0.1234 as « 12,3 % »; a share that is not nil never reads as nil, nor one short of all as all."""
    text = f"{share * 100:.1f}"
    if share > 0 and text == "0.0":
        return f"<{_THIN}0,1{_THIN}%"
    if share < 1 and text == "100.0":
        text = "99.9"
    return text.replace(".", ",") + f"{_THIN}%"


def share(value: float | None) -> str:
    """A share that may not exist (a denominator of zero): « – »."""
    return "–" if value is None else percent(value)


def euros(amount: float) -> str:
    """An amount with its order of magnitude: « 1,2 Md€ », « 34,5 M€ », « 980 k€ »."""
    # From where the unit below would be rounded to a thousand: 999,999 euros are 1,0 M€ and not 1000 k€.
    for size, least, unit, digits in ((1e9, 999.95e6, "Md€", 1), (1e6, 999.5e3, "M€", 1), (1e3, 999.5, "k€", 0)):
        if abs(amount) >= least:
            return f"{amount / size:.{digits}f}".replace(".", ",") + _THIN + unit
    return f"{amount:.0f}{_THIN}€"


def french_date(day: date | None) -> str:
    """« 8 janvier 2026 », « 1er mars 2025 »."""
    if day is None:
        return "date inconnue"
    return f"{'1er' if day.day == 1 else day.day} {MONTHS[day.month - 1]} {day.year}"


def french_month(month: str) -> str:
    """`2025-03` as « mars 2025 »; anything else as it is."""
    year, _, number_of_month = month.partition("-")
    if not (number_of_month.isdigit() and 1 <= int(number_of_month) <= 12):
        return month
    return f"{MONTHS[int(number_of_month) - 1]} {year}"


def short(value: str | None) -> str:
    """A value for a cell: « (vide) », or cut with an ellipsis."""
    if value is None or value == "":
        return "(vide)"
    return value if len(value) <= TEXT_SHOWN else value[: TEXT_SHOWN - 1] + "…"


def is_whole(value: str | None) -> bool:
    """Whether a cell is a figure, a day or a short code, which a narrow screen must not cut in two."""
    return value is not None and len(value) <= WHOLE and " " not in value


def column_title(table: str, name: str) -> str:
    """The French label of a column, computed ones included."""
    titles = {c.name: c.title for c in TABLES[table].columns} | {n: d.title for n, d in derived_of(table).items()}
    return titles.get(name, {RECORD: "Clé", EXPECTED: "Attendu"}.get(name, name))
