"""The counts of Great Expectations (and of the SQL before it) against plain Polars, on frames of mixed defects.

Scopes and expressions are written a second time, in Polars, by hand (`counts`); expectations are computed by `_judged`.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import polars as pl
import pytest
from polars import col

from procurement_assets.decp import codelists
from procurement_assets.quality.catalogue import load_catalogue
from procurement_assets.quality.derived import derived_schema
from procurement_assets.quality.model import Rule
from procurement_assets.quality.sql import names_in
from procurement_assets.quality.suites import run_rules
from procurement_assets.schema import TABLES
from procurement_assets_tests.quality.cases import CASES
from procurement_assets_tests.quality.counts import contracts, others, scopes
from procurement_assets_tests.quality.counts.helpers import epure, python
from procurement_assets_tests.quality.reconciliation import counts as reconciliation
from procurement_assets_tests.quality.support import DATA_DATE, frame, row

CATALOGUE = load_catalogue()
SCOPES = scopes.SCOPES | reconciliation.SCOPES
EXPRESSIONS = contracts.EXPRESSIONS | others.EXPRESSIONS | reconciliation.EXPRESSIONS
_DERIVED = {
    "titulaire_id_epure": python("titulaire_id_publie", epure, pl.String),
}


def _judged(rule: Rule) -> tuple[pl.Expr, pl.Expr]:
    """(is judged, is right) of a rule, without Great Expectations nor SQL."""
    if rule.expression:
        right = EXPRESSIONS[rule.id]
        return right.is_not_null(), right
    value, given = _DERIVED.get(rule.column, col(rule.column)), rule.arguments
    there = value.is_not_null()
    match rule.expectation:
        case "expect_column_values_to_not_be_null":
            return pl.lit(True), there
        case "expect_column_values_to_be_in_set" | "expect_column_values_to_not_be_in_set":
            allowed = list(
                getattr(codelists, given["code_list"]).labels if "code_list" in given else given["value_set"]
            )
            if rule.column in ("montant", "valeurGlobale"):
                allowed = [float(v) for v in allowed]
            inside = value.is_in(allowed)
            return there, ~inside if "not" in rule.expectation else inside
        case "expect_column_values_to_be_between":
            low, high = given.get("min_value"), given.get("max_value")
            if isinstance(low, str):
                low = pl.lit(low).str.to_date()
            above = (value > low if given.get("strict_min") else value >= low) if low is not None else True
            below = (value < high if given.get("strict_max") else value <= high) if high is not None else True
            return there, above & below
        case "expect_column_values_to_match_regex":
            return there, value.str.contains(given["regex"])
        case "expect_column_values_to_not_match_regex":
            return there, ~value.str.contains(given["regex"])
        case "expect_column_value_lengths_to_be_between":
            return there, value.str.len_chars() >= given["min_value"]
        case "expect_column_values_to_be_unique":
            return there, ~value.is_duplicated()
        case "expect_compound_columns_to_be_unique":
            return pl.lit(True), pl.len().over(given["column_list"]) == 1
    raise AssertionError(rule.expectation)


def _mixed(table: str, size: int, seed: int) -> pl.DataFrame:
    """Rows that each carry up to three of the table's cases, good and bad."""
    draw = random.Random(seed)
    pool = [r for rule in CATALOGUE.of(table) for rows in CASES[rule.id] for r in rows]
    found: list[dict[str, Any]] = []
    versions: Counter[str] = Counter()
    for number in range(size):
        overrides: dict[str, Any] = {}
        for chosen in draw.sample(pool, k=min(len(pool), draw.randint(0, 3))):
            overrides |= {k: v for k, v in chosen.items() if not k.startswith("+")}
        made = row(table, f"u{draw.randint(0, size // 2)}", number, overrides)
        if table.endswith("versions"):  # windows order by version: two rows of one version have no order
            made["version"] = versions[made["uid"]] + (draw.random() < 0.05)
            versions[made["uid"]] = made["version"] + 1
        found.append(made)
    return frame(table, found)


_BY_CASES = {"DECP-CE-303"}
"""A window that Polars has no plain form of: its cases alone tell (test_rules)."""


def _computed(rule: Rule) -> bool:
    """Whether the rule rests on a computed column that is not written a second time here: its cases tell."""
    own = {"titulaire_id_epure", "date_donnees", "premiere_apparition"}
    known = set(derived_schema(CATALOGUE.table_of(rule.id))) - own
    named = names_in(" ".join((rule.scope, rule.expression, rule.column)), known)
    return bool(named) and rule.id not in EXPRESSIONS


def test_few_rules_rest_on_cases_alone() -> None:
    """A rule that names no computed column is counted a second time, whatever its table."""
    plain = [r for r in CATALOGUE.rules if r.expression and not _computed(r) and r.id not in _BY_CASES]
    assert [r.id for r in plain if r.id not in EXPRESSIONS] == []


@pytest.mark.parametrize("table", CATALOGUE.tables)
def test_counts_are_those_of_plain_polars(table: str) -> None:
    data = _mixed(table, 400, seed=len(table))
    rules = [r for r in CATALOGUE.of(table) if not (r.id in _BY_CASES or _computed(r))]
    for result in run_rules(TABLES[table], data, rules, data_date=DATA_DATE, slice_rows=150):
        rule = result.rule
        judged, right = _judged(rule)
        kept = data.with_row_index("_n").with_columns(**(others.AWARD if table.endswith("versions") else {}))
        in_scope = kept.filter(SCOPES[rule.scope].fill_null(False))
        # Windows of expressions run over the rows in scope, as SQL does.
        marked = in_scope.select("_n", judged.alias("judged"), right.alias("right"))
        bad = marked.filter(pl.col("judged") & ~pl.col("right"))
        expected = (in_scope.height, int(marked["judged"].sum()), bad.height)
        assert (result.in_scope, result.evaluated, result.failing) == expected, rule.id
        names = [n for n in result.failed.columns if n in data.columns]
        assert result.failed.select(names).equals(data.select(names)[bad["_n"].to_list()]), rule.id
