"""Rules run over a table by Great Expectations.

Great Expectations is imported inside (7.5 s, 280 MB), runs on its pandas engine, and is given only the columns a
suite names. Rules of one scope are one suite. Row rules are run on slices of the table, so that memory stays bounded;
rules about the whole table (uniqueness) on their own narrow columns. Scopes and expressions are computed before, by
DuckDB, on the whole table. A failing row comes back as its row number: always distinct, and much lighter than its key.
"""

from __future__ import annotations

import logging
import os
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

import duckdb
import polars as pl

from procurement_assets.data_date import latest_date
from procurement_assets.quality.catalogue import Catalogue
from procurement_assets.quality.derived import derived_schema, needs_of, with_derived
from procurement_assets.quality.derived_registers import REGISTERS
from procurement_assets.quality.expectations import class_name
from procurement_assets.quality.model import Rule
from procurement_assets.quality.outcome import Outcome, read_outcome
from procurement_assets.quality.results import LIST_DAY, RECORD, RuleResult, record_of
from procurement_assets.quality.rule_words import sql_reason
from procurement_assets.quality.sql import ROW, code_lists, connection, names_in, one_line, select
from procurement_assets.schema import TABLES, Table

SLICE = 250_000
"""Rows given to Great Expectations at once."""
SUITE = 12
"""Rules of a suite at most, so that few columns are in memory at once. Both were measured on 1,000,000 contracts."""


def run_catalogue(
    catalogue: Catalogue, frames: Mapping[str, pl.DataFrame], *, data_date: date | None
) -> list[RuleResult]:
    """Every rule of the catalogue over the tables that are given, in the order of the catalogue.

    The tables are each other's related ones: give `repairs` too, which rules on published values read.
    """
    found: list[RuleResult] = []
    for table, rules in catalogue.tables.items():
        if table in frames:
            found += run_rules(TABLES[table], frames[table], rules, data_date=data_date, related=frames)
    return found


def run_rules(
    table: Table,
    frame: pl.DataFrame,
    rules: Sequence[Rule],
    *,
    data_date: date | None,
    related: Mapping[str, pl.DataFrame] | None = None,
    slice_rows: int = SLICE,
) -> list[RuleResult]:
    """The result of each rule over the frame of a table, in the order of the rules.

    `data_date` stands for today: the date of the newest raw file. `related`: the tables that computed columns read
    (`needs`). A rule that cannot be run gives a result with an `error`; it never hides the others.
    """
    source = with_derived(frame, table.name, names_used(table, rules), data_date, related)
    outcomes = run_outcomes(table, source, rules, slice_rows=slice_rows)
    given = related or {}
    absent = [n for n in needs(table.name, rules) if n in REGISTERS and (n not in given or given[n].is_empty())]
    return [result_of(table, source, rule, outcomes[rule.id], absent) for rule in rules]


def needs(table: str, rules: Sequence[Rule]) -> tuple[str, ...]:
    """The other tables that the rules of a table read."""
    return needs_of(table, names_used(TABLES[table], rules))


def run_outcomes(
    table: Table, source: pl.DataFrame, rules: Sequence[Rule], *, slice_rows: int = SLICE
) -> dict[str, Outcome]:
    """The outcome of each rule by id, over a table that has its computed columns."""
    if not rules:
        return {}
    runner = _Runner(table, source, slice_rows)
    by_scope: dict[str, list[Rule]] = defaultdict(list)
    for rule in rules:
        by_scope[rule.scope].append(rule)
    outcomes: dict[str, Outcome] = {}
    for scope, group in by_scope.items():
        outcomes |= runner.run(scope, group)
    return outcomes


def data_date_of(files: pl.DataFrame) -> date | None:
    """The date of the data: that of the newest raw file (table `files`); None where no source says one."""
    newest = latest_date(files)
    return None if newest is None else date.fromisoformat(newest[:10])


class _Runner:
    """One table, one connection, one Great Expectations context."""

    def __init__(self, table: Table, frame: pl.DataFrame, slice_rows: int) -> None:
        self.table, self.frame, self.slice_rows = table, frame, slice_rows
        self.link = connection()
        self.gx = _great_expectations()

    def run(self, scope: str, rules: Sequence[Rule]) -> dict[str, Outcome]:
        """The outcomes of the rules of one scope."""
        row_rules = [r for r in rules if r.type.kind == "row"]
        groups = [row_rules[i : i + SUITE] for i in range(0, len(row_rules), SUITE)]
        groups += [[r] for r in rules if r.type.kind != "row"]
        found: dict[str, Outcome] = {}
        for group in groups:
            found |= self._run_group(scope, group)
        return found

    def _run_group(self, scope: str, rules: Sequence[Rule]) -> dict[str, Outcome]:
        """The outcomes of rules of one scope and one kind."""
        try:
            chosen = self._select(scope, rules)
        except duckdb.Error as error:
            if len(rules) == 1:
                return {rules[0].id: Outcome(error=sql_reason(one_line(error), self.frame.columns))}
            # One expression fails on some value: alone, each rule says whether it is the one.
            return {k: v for rule in rules for k, v in self._run_group(scope, [rule]).items()}
        found: dict[str, Outcome] = {}
        for part in self._slices(chosen, rules):
            for rule_id, outcome in self.gx.validate(part, rules).items():
                found[rule_id] = found.get(rule_id, Outcome()).plus(outcome)
        return found

    def _select(self, scope: str, rules: Sequence[Rule]) -> pl.DataFrame:
        """Row number, the columns and the expressions of the rules, over the rows in scope."""
        texts = [scope, *(r.expression for r in rules)]
        names = list(dict.fromkeys(n for r in rules for n in r.columns))
        needed = [n for n in self.frame.columns if n in names or n in names_in(" ".join(texts), self.frame.columns)]
        made = {n: self._column(n) for n in names} | {r.id: r.expression for r in rules if r.expression}
        # A table of no column has no rows for Polars: the first one stands for all.
        return select(self.link, self.frame.select(needed or self.frame.columns[:1]), made, scope)

    def _column(self, name: str) -> str:
        """A list is given as text: only its absence can be judged (`catalogue`), and a column of lists is pickled whole
        by the library, for half of the time of a run."""
        if isinstance(self.frame.schema[name], pl.List):
            return f"""array_to_string("{name}", ' | ')"""
        return f'"{name}"'

    def _slices(self, chosen: pl.DataFrame, rules: Sequence[Rule]) -> Iterator[pl.DataFrame]:
        step = self.slice_rows if rules[0].type.kind == "row" else max(chosen.height, 1)
        for start in range(0, max(chosen.height, 1), step):
            yield chosen.slice(start, step)


@cache
def _great_expectations() -> _GreatExpectations:
    """One context for the process: it holds no data, and a new one costs half a second."""
    return _GreatExpectations()


class _GreatExpectations:
    """The library, quiet, with one ephemeral context."""

    def __init__(self) -> None:
        # Read when the library is imported: nothing about the data leaves the City.
        os.environ["GX_ANALYTICS_ENABLED"] = "false"
        import great_expectations as gx
        from great_expectations.data_context.types.base import ProgressBarsConfig

        logging.getLogger("great_expectations").setLevel(logging.ERROR)
        self.gx: Any = gx
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        asset = context.data_sources.add_pandas("lignes").add_dataframe_asset("lignes")
        self.batches: Any = asset.add_batch_definition_whole_dataframe("lignes")

    def validate(self, part: pl.DataFrame, rules: Sequence[Rule]) -> dict[str, Outcome]:
        """The outcomes of the rules on these rows."""
        suite, errors = self.gx.ExpectationSuite(name="regles"), {}
        for rule in rules:
            try:
                suite.add_expectation(self.expectation(rule, part))
            except (TypeError, ValueError) as error:
                errors[rule.id] = Outcome(in_scope=part.height, error=" ".join(str(error).split()))
        if len(errors) == len(rules):
            return errors
        pandas = part.drop(ROW).to_pandas()
        pandas.index = part[ROW].to_numpy()  # unnamed: the library then gives back bare row numbers
        batch = self.batches.get_batch({"dataframe": pandas})
        report = batch.validate(suite, result_format={"result_format": "COMPLETE"})
        by_id = {rule.id: rule for rule in rules}
        found = {}
        for result in report.results:
            rule = by_id[result.expectation_config.meta["rule"]]
            found[rule.id] = read_outcome(rule, result, part.height)
        return found | errors

    def expectation(self, rule: Rule, part: pl.DataFrame) -> Any:
        """The library's object for a rule."""
        import great_expectations.expectations as catalogue

        arguments = dict(rule.arguments)
        if rule.expression:
            arguments = {"column": rule.id, "value_set": [True]}
        elif rule.type.columns == "column":
            arguments["column"] = rule.column
        elif rule.type.columns == "pair":
            arguments["ignore_row_if"] = "either_value_is_missing"  # a missing value is not judged
        code_list = arguments.pop("code_list", None)
        if code_list:
            arguments["value_set"] = list(code_lists()[code_list])
        if not rule.expression and part.schema.get(rule.column) == pl.Date:
            arguments = {n: _timestamps(v) if n in _DATED else v for n, v in arguments.items()}
        kind = getattr(catalogue, class_name(rule.expectation_name))
        return kind(
            **arguments, meta={"rule": rule.id}, description=rule.title, notes=rule.explanation, severity=rule.severity
        )


_DATED = ("min_value", "max_value", "value_set")
"""The arguments that are dates where the column is one."""


def _timestamps(value: Any) -> Any:
    """A date, or a list of dates, as the pandas engine compares them."""
    import pandas as pd

    return [pd.Timestamp(v) for v in value] if isinstance(value, list) else pd.Timestamp(value)


def names_used(table: Table, rules: Sequence[Rule]) -> list[str]:
    """The computed columns that the rules name anywhere."""
    texts = [t for r in rules for t in (r.scope, r.expression, r.column, *r.show, *r.columns, *r.placeholders)]
    return names_in(" ".join(texts), derived_schema(table.name))


def result_of(
    table: Table, frame: pl.DataFrame, rule: Rule, outcome: Outcome, absent: Collection[str] = ()
) -> RuleResult:
    """A result with its failing rows, read again in the frame (with its computed columns). `absent`: the registers that
    are not there."""
    rows = sorted(outcome.rows)
    names = [*table.key, "uid", "source", LIST_DAY, rule.column, *rule.show, *rule.placeholders]
    failed = frame.select([n for n in dict.fromkeys(names) if n in frame.columns])[rows]
    failed = failed.insert_column(0, record_of(failed, table).alias(RECORD))
    return RuleResult(
        rule=rule,
        table=table,
        in_scope=outcome.in_scope,
        evaluated=outcome.evaluated,
        failing=outcome.failing,
        failed=failed,
        observed=outcome.observed,
        error=outcome.error,
        missing=tuple(n for n in needs(table.name, [rule]) if n in absent),
    )
