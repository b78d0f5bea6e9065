"""Text that a spreadsheet would run as a formula, made harmless: the rule, and how to undo it.

A cell that starts with `=`, `+`, `-`, `@`, a tab, a carriage return or a line feed (or the full-width forms of the four
signs, which some spreadsheets read alike) can be a formula that calls a program or an address (OWASP, "CSV injection").
In the files that a spreadsheet opens (CSV and XLSX), such a text gets an apostrophe in front; so does a text that
already starts with apostrophes before such a character, so that the rule can be undone without a doubt: remove one
apostrophe from any text that matches `^'+[=+\\-@\\t\\r\\n＝＋－＠]`. Numbers and dates are never touched. Parquet, JSON
Lines, DuckDB and OCDS files hold the text as it is.
"""

from __future__ import annotations

import re

import polars as pl

STARTS = "[=+\\-@\t\r\n＝＋－＠]"
_LIVE = f"^'*{STARTS}"
_NEUTRAL = f"^'+{STARTS}"


def neutralised(column: pl.Expr) -> pl.Expr:
    """A column of text with an apostrophe in front of what a spreadsheet would run."""
    return pl.when(column.str.contains(_LIVE)).then(pl.concat_str(pl.lit("'"), column)).otherwise(column).name.keep()


def restored(column: pl.Expr) -> pl.Expr:
    """The text as it was before `neutralised`."""
    return pl.when(column.str.contains(_NEUTRAL)).then(column.str.slice(1)).otherwise(column).name.keep()


def harmless(text: str) -> str:
    """One text, by the same rule as `neutralised`."""
    return f"'{text}" if re.match(_LIVE, text) else text
