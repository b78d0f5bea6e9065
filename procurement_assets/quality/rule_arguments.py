"""Whether the arguments of a rule can be what its expectation needs of its column: said at the load, not at the run."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from procurement_assets.quality.model import Rule
from procurement_assets.quality.rule_words import near, regex_reason
from procurement_assets.quality.sql import code_lists


class Fault(NamedTuple):
    """What is wrong, and of which argument."""

    argument: str
    reason: str


def argument_fault(rule: Rule, schema: Mapping[str, pl.DataType]) -> Fault | None:
    """What is wrong with the arguments of a rule that names a known expectation; None where nothing is."""
    given = dict(rule.arguments)
    if "code_list" in given:
        if "value_set" in given:
            return Fault("code_list", "`code_list` ou `value_set`, pas les deux")
        name = given.pop("code_list")
        if not isinstance(name, str) or name not in code_lists():
            return Fault("code_list", f"liste inconnue « {name} »{near(name, code_lists())}")
        given["value_set"] = list(code_lists()[name])
    for unknown in [a for a in given if a not in rule.type.arguments]:
        takes = ", ".join(rule.type.arguments) or "aucun"
        return Fault(unknown, f"argument inconnu « {unknown} » ; {rule.expectation} prend : {takes}")
    needed = set(rule.type.required) | set({"pair": ("column_A", "column_B")}.get(rule.type.columns, ()))
    needed |= {"column_list"} if rule.type.columns == "list" else set()
    for missing in sorted(needed - given.keys()):
        return Fault("", f"argument manquant « {missing} »")
    return (
        _kind_fault(given) or _pair_fault(given, schema) or _range_fault(rule, given, schema)
        or _set_fault(rule, given, schema)
    )  # fmt: skip


def column_fault(rule: Rule, schema: Mapping[str, pl.DataType]) -> str:
    """Why the expectation cannot judge the column; empty where it can."""
    kind = schema.get(rule.column)
    if kind is None:
        return ""
    if any(word in rule.expectation for word in ("regex", "lengths")) and kind != pl.String:
        return f"« {rule.column} » n'est pas un texte : écrire une `expression`"
    if any(word in rule.expectation for word in ("median", "sum")) and not kind.is_numeric():
        return f"« {rule.column} » n'est pas un nombre : il n'a ni médiane ni somme"
    if "values_to_be_between" in rule.expectation and not (kind.is_numeric() or kind.is_temporal()):
        return f"« {rule.column} » n'est ni un nombre ni une date : écrire une `expression`"
    return ""


def _kind_fault(given: Mapping[str, Any]) -> Fault | None:
    """Arguments that are of one kind whatever the expectation."""
    for name, value in given.items():
        if name in ("strict_min", "strict_max", "or_equal") and not isinstance(value, bool):
            return Fault(name, f"`{name}` vaut true ou false, et non « {_said(value)} »")
        if name == "value" and not _is_count(value):
            return Fault(name, f"`{name}` doit être un nombre entier de caractères, et non « {_said(value)} »")
        if name in ("column_A", "column_B", "regex") and not isinstance(value, str):
            return Fault(name, f"`{name}` doit être un texte entre guillemets, et non « {_said(value)} »")
        if name == "column_list" and not _is_column_list(value):
            return Fault(name, "`column_list` doit être une liste de deux colonnes au moins ([a, b]), sans répétition")
    try:
        re.compile(given.get("regex", ""))
    except re.error as error:
        return Fault("regex", f"expression régulière incorrecte : {regex_reason(str(error))}")
    return None


def _pair_fault(given: Mapping[str, Any], schema: Mapping[str, pl.DataType]) -> Fault | None:
    """Two columns that cannot be compared."""
    first, second = schema.get(given.get("column_A", "")), schema.get(given.get("column_B", ""))
    if first is None or second is None or first == second or (first.is_numeric() and second.is_numeric()):
        return None
    return Fault(
        "column_B", f"« {given['column_A']} » et « {given['column_B']} » ne se comparent pas : types différents"
    )


def _range_fault(rule: Rule, given: Mapping[str, Any], schema: Mapping[str, pl.DataType]) -> Fault | None:
    if "min_value" not in rule.type.arguments:
        return None
    bounds = {n: given[n] for n in ("min_value", "max_value") if given.get(n) is not None}
    if not bounds:
        return Fault("", "argument manquant : `min_value`, `max_value`, ou les deux")
    dates = "values_to_be_between" in rule.expectation and schema.get(rule.column) == pl.Date
    counts = any(word in rule.expectation for word in ("lengths", "row_count", "unique_value_count"))
    for name, value in bounds.items():
        if dates and not _is_date(value):
            return Fault(name, f"`{name}` doit être une date (2025-12-31), et non « {_said(value)} »")
        if not dates and not _is_number(value):
            return Fault(name, f"`{name}` doit être un nombre, et non « {_said(value)} »")
        if counts and not _is_count(value):
            return Fault(name, f"`{name}` doit être un nombre entier, 0 ou plus, et non « {_said(value)} »")
        if "proportion" in rule.expectation and not 0 <= value <= 1:
            return Fault(name, f"`{name}` est une part de 0 à 1, et non « {_said(value)} »")
    if len(bounds) == 2 and bounds["min_value"] > bounds["max_value"]:
        return Fault("min_value", "`min_value` est plus grand que `max_value`")
    return None


def _set_fault(rule: Rule, given: Mapping[str, Any], schema: Mapping[str, pl.DataType]) -> Fault | None:
    """A value of another type than the column's is in no row: the rule would fail everywhere, or never."""
    if "value_set" not in given:
        return None
    values, kind = given["value_set"], schema.get(rule.column)
    if not isinstance(values, list) or not values:
        return Fault("value_set", "`value_set` doit être une liste de valeurs ([a, b])")
    if None in values:
        return Fault("value_set", "une valeur absente n'est pas jugée : la retirer de `value_set`")
    for value in values:
        reason = ""
        if kind == pl.String and not isinstance(value, str):
            reason = f"est un texte : mettre « {_said(value)} » entre guillemets"
        elif kind == pl.Boolean and not isinstance(value, bool):
            reason = f"vaut true ou false, et non « {_said(value)} »"
        elif kind == pl.Date and not _is_date(value):
            reason = f"est une date (2025-12-31), et non « {_said(value)} »"
        elif kind is not None and kind.is_numeric() and not _is_number(value):
            reason = f"est un nombre, et non « {_said(value)} »"
        if reason:
            return Fault("code_list" if "code_list" in rule.arguments else "value_set", f"« {rule.column} » {reason}")
    return None


def _said(value: Any) -> str:
    """A value as YAML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "rien" if value is None else str(value)


def _is_date(value: Any) -> bool:
    """A date written in full: the engine that runs rules reads 20250101 and 2025-W01-1 otherwise."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_column_list(value: Any) -> bool:
    texts = isinstance(value, list) and all(isinstance(v, str) for v in value)
    return texts and len(value) > 1 and len(set(value)) == len(value)
