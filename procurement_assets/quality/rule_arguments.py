"""Whether the arguments of a rule can be what its expectation needs of its column: said at the load, not at the run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from procurement_assets.quality.model import Rule
from procurement_assets.quality.rule_words import near
from procurement_assets.quality.sql import code_lists


def argument_fault(rule: Rule, schema: Mapping[str, pl.DataType]) -> str:
    """What is wrong with the arguments of a rule that names a known expectation; empty where nothing is."""
    given = dict(rule.arguments)
    name = given.pop("code_list", None)
    if name is not None:
        if name not in code_lists():
            return f"liste inconnue « {name} »{near(name, code_lists())}"
        given["value_set"] = list(code_lists()[name])
    unknown = [a for a in given if a not in rule.type.arguments]
    if unknown:
        takes = ", ".join(rule.type.arguments) or "aucun"
        return f"argument inconnu « {unknown[0]} » ; {rule.expectation} prend : {takes}"
    needed = set(rule.type.required) | set(rule.type.arguments[:2] if rule.type.columns == "pair" else ())
    missing = sorted(needed - given.keys())
    if missing:
        return f"argument manquant « {missing[0]} »"
    return _regex_fault(given) or _range_fault(rule, given, schema) or _set_fault(rule, given, schema)


def column_fault(rule: Rule, schema: Mapping[str, pl.DataType]) -> str:
    """Why the expectation cannot judge the column; empty where it can."""
    kind = schema.get(rule.column)
    text = any(word in rule.expectation for word in ("regex", "lengths"))
    if text and kind is not None and kind != pl.String:
        return f"« {rule.column} » n'est pas un texte : écrire une `expression`"
    measured = any(word in rule.expectation for word in ("values_to_be_between", "median", "sum"))
    if measured and kind is not None and not (kind.is_numeric() or kind.is_temporal()):
        return f"« {rule.column} » n'est ni un nombre ni une date : écrire une `expression`"
    return ""


def _regex_fault(given: Mapping[str, Any]) -> str:
    try:
        re.compile(str(given.get("regex", "")))
    except re.error as error:
        return f"expression régulière incorrecte : {error}"
    return ""


def _range_fault(rule: Rule, given: Mapping[str, Any], schema: Mapping[str, pl.DataType]) -> str:
    if "min_value" not in rule.type.arguments:
        return ""
    bounds = {n: given[n] for n in ("min_value", "max_value") if given.get(n) is not None}
    if not bounds:
        return "argument manquant : `min_value`, `max_value`, ou les deux"
    dates = "values_to_be_between" in rule.expectation and schema.get(rule.column) == pl.Date
    for name, value in bounds.items():
        if dates and not _is_date(value):
            return f"`{name}` doit être une date (2025-12-31), et non « {value} »"
        if not dates and (isinstance(value, bool) or not isinstance(value, int | float)):
            return f"`{name}` doit être un nombre, et non « {value} »"
    if len(bounds) == 2 and bounds["min_value"] > bounds["max_value"]:
        return "`min_value` est plus grand que `max_value`"
    return ""


def _is_date(value: Any) -> bool:
    try:
        date.fromisoformat(str(value))
    except ValueError:
        return False
    return True


def _set_fault(rule: Rule, given: Mapping[str, Any], schema: Mapping[str, pl.DataType]) -> str:
    """A value of another type than the column's is in no row: the rule would fail everywhere, or never."""
    if "value_set" not in given:
        return ""
    values, kind = given["value_set"], schema.get(rule.column)
    if not isinstance(values, list) or not values:
        return "`value_set` doit être une liste de valeurs ([a, b])"
    if kind == pl.String:
        wrong = [v for v in values if not isinstance(v, str)]
        return f"« {rule.column} » est un texte : mettre « {wrong[0]} » entre guillemets" if wrong else ""
    if kind is not None and kind.is_numeric():
        wrong = [v for v in values if isinstance(v, bool) or not isinstance(v, int | float)]
        return f"« {rule.column} » est un nombre, et non « {wrong[0]} »" if wrong else ""
    return ""
