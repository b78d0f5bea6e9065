"""What a rule expects, in French, for each finding: from its YAML, else from its expectation, else its title."""

from __future__ import annotations

import re
from math import isfinite
from typing import Any

import polars as pl

from procurement_assets.quality.model import Rule
from procurement_assets.quality.sql import code_lists

LISTED = 12
"""Values of a list that are said in full; a longer list is counted."""


def expected_text(rule: Rule) -> str:
    """The expectation of a rule as one French phrase; `{column}` stands where the YAML puts it."""
    if rule.expected:
        return rule.expected
    if rule.expression:
        return rule.title
    return _of_expectation(rule)


def told_apart(rule: Rule) -> str:
    """What is expected, where it is the same for every row and the title does not already say it; else empty."""
    text = expected_text(rule)
    return "" if rule.placeholders or text == rule.title else text


def expected_for_all(rule: Rule) -> str:
    """`expected_text` where no row is at hand: what depends on the row is an ellipsis."""
    return re.sub(r"\{\w+\}", "…", expected_text(rule)) if rule.placeholders else expected_text(rule)


def expected_of(rule: Rule, failed: pl.DataFrame, texts: dict[str, pl.Series]) -> pl.Series:
    """`expected_text` for each failing row, its placeholders filled by `texts` (column to its values as text).

    Amounts are written as people read them, and not as data: « 5 500 000 », « 1 234,50 ».
    """
    text = expected_text(rule)
    if not rule.placeholders:
        return pl.Series("expected", [text] * failed.height, dtype=pl.String)
    names = [n for n in rule.placeholders if n in texts]
    values = pl.DataFrame({n: _spoken(failed[n], texts[n]).fill_null("(absent)") for n in names})
    filled = [_fill(text, row) for row in values.iter_rows(named=True)]
    return pl.Series("expected", filled, dtype=pl.String)


def _spoken(values: pl.Series, texts: pl.Series) -> pl.Series:
    """The texts of a column; decimal numbers in French, to the cent."""
    if values.dtype != pl.Float64:
        return texts
    return pl.Series([None if v is None else _decimal(v) for v in values], dtype=pl.String)


def _decimal(value: float) -> str:
    if not isfinite(value):
        return str(value)
    return _french(f"{int(value):,}" if value.is_integer() else f"{value:,.2f}")


def _fill(text: str, row: dict[str, str]) -> str:
    for name, value in row.items():
        text = text.replace("{" + name + "}", value)
    return text


def _of_expectation(rule: Rule) -> str:
    given = rule.arguments
    match rule.expectation:
        case "expect_column_values_to_not_be_null":
            return "une valeur"
        case "expect_column_values_to_be_null":
            return "aucune valeur"
        case "expect_column_values_to_be_in_set":
            return f"l'une des valeurs : {_values(given)}"
        case "expect_column_values_to_not_be_in_set":
            return f"une autre valeur que : {_values(given)}"
        case "expect_column_values_to_match_regex":
            return f"la forme {given['regex']}"
        case "expect_column_values_to_not_match_regex":
            return rule.title
        case "expect_column_value_lengths_to_equal":
            return f"{given['value']} caractères"
        case "expect_column_values_to_be_unique" | "expect_compound_columns_to_be_unique":
            return "une valeur qui ne se répète pas"
        case "expect_column_pair_values_to_be_equal":
            return f"{given['column_A']} égal à {given['column_B']}"
        case "expect_column_pair_values_a_to_be_greater_than_b":
            more = "supérieur ou égal" if given.get("or_equal") else "supérieur"
            return f"{given['column_A']} {more} à {given['column_B']}"
        case _:
            return _range(rule)


def _values(given: dict[str, Any]) -> str:
    values = list(code_lists()[given["code_list"]]) if "code_list" in given else list(given["value_set"])
    said = ", ".join(str(v) for v in values[:LISTED])
    return said if len(values) <= LISTED else f"{said}… ({len(values)} valeurs)"


def _range(rule: Rule) -> str:
    low, high = rule.arguments.get("min_value"), rule.arguments.get("max_value")
    unit = " caractères" if "lengths" in rule.expectation else ""
    strictly = {n: " (exclu)" if rule.arguments.get(f"strict_{n}") else "" for n in ("min", "max")}
    if low is not None and high is not None:
        return f"de {_number(low)}{strictly['min']} à {_number(high)}{strictly['max']}{unit}"
    if low is not None:
        return f"au moins {_number(low)}{strictly['min']}{unit}"
    if high is not None:
        return f"au plus {_number(high)}{strictly['max']}{unit}"
    return rule.title


def _number(value: Any) -> str:
    """A bound as people read it: thousands apart, a decimal comma; a date as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return _french(f"{value:,}")


def _french(text: str) -> str:
    """English digits grouping in French."""
    return text.replace(",", "\u202f").replace(".", ",")
