"""Cells as people and spreadsheets leave them: numbers that were ids, dates in French, apostrophes before ids."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from procurement_assets.decp.codelists import fold
from procurement_assets.decp.written import MONTHS, WRITTEN
from procurement_assets.portal.exports.neutral import STARTS

_NUMERIC = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})(?:[ T].*)?\Z")
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T].*)?\Z")
_GUARDED = re.compile(f"'(?='*{STARTS}|\\d)")
EPOCH = date(1899, 12, 30)
"""Day 0 of a spreadsheet's calendar."""
FIRST_SERIAL, LAST_SERIAL = 32_874, 73_050
"""Days 1990-01-01 and 2099-12-31 as a spreadsheet counts them."""


def text_of(cell: Any) -> str | None:
    """A cell as text: whole numbers without decimals, dates in ISO 8601, the guard of formulas and ids removed."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return "oui" if cell else "non"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, time | timedelta):
        return str(cell)
    text = str(cell).replace("\u00a0", " ").strip()
    return _GUARDED.sub("", text, count=1).strip() or None


def date_of(text: str) -> str | None:
    """A date as `YYYY-MM-DD`: ISO, `12/03/2024`, `12/03/24`, `12 mars 2024`, `lundi 1er avril 2024`, a day number."""
    folded = fold(text)
    if m := _ISO.match(text.strip()):
        year, month, day = map(int, m.groups())
    elif m := _NUMERIC.match(text.strip()):
        day, month, year = map(int, m.groups())
        year += 2000 if year < 100 else 0
    elif (m := WRITTEN.match(folded)) and m.group(2) in MONTHS:
        day, month, year = int(m.group(1)), MONTHS[m.group(2)], int(m.group(3))
    elif text.isascii() and text.strip().isdigit() and FIRST_SERIAL <= int(text) <= LAST_SERIAL:
        return (EPOCH + timedelta(days=int(text))).isoformat()
    else:
        return None
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None
