"""Rule SQL (scopes and expressions) run by DuckDB over a frame in memory, with no access to files or network.

The code lists of `decp.codelists` are functions: `liste_techniques()` is the list of the labels of `TECHNIQUES`.
`regle_appliquee(regles_appliquees, 'date.order')` says whether a cleaning rule changed something, at any path or at the
one given (`'date.order dateNotification'`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import duckdb
import polars as pl

from procurement_assets.decp import codelists

ROW = "_ligne"
"""The row number that every query carries, so that a failing row is found again in its frame."""
VIEW = "lignes"


class SqlError(ValueError):
    """A scope or an expression is not usable SQL; the message is DuckDB's, on one line."""


def code_lists() -> dict[str, tuple[str, ...]]:
    """Every code list by name (`TECHNIQUES`), with its labels."""
    found = {n: v for n, v in vars(codelists).items() if isinstance(v, codelists.CodeList)}
    return {name: found[name].labels for name in sorted(found)}


def connection() -> duckdb.DuckDBPyConnection:
    """An in-memory connection that holds the code lists and cannot reach anything outside."""
    link = duckdb.connect(":memory:")
    for name, labels in code_lists().items():
        values = ", ".join("'" + label.replace("'", "''") + "'" for label in labels)
        link.execute(f"CREATE MACRO liste_{name.lower()}() AS [{values}]")
    link.execute(
        "CREATE MACRO regle_appliquee(regles, regle) AS "
        "len(list_filter(regles, lambda r: r = regle OR starts_with(r, regle || ' '))) > 0"
    )
    link.execute("SET enable_external_access = false")
    link.execute("SET lock_configuration = true")
    return link


def names_in(text: str, known: Iterable[str]) -> list[str]:
    """The known column names that an SQL text mentions (a superset is harmless), in the order of `known`."""
    words = {word.lower() for word in re.findall(r"\w+", text)}
    return [name for name in known if name.lower() in words]


@contextmanager
def probed(link: duckdb.DuckDBPyConnection, schema: Mapping[str, pl.DataType]) -> Iterator[None]:
    """A table of that schema under `VIEW`, with one row of empty values, while texts are checked on it."""
    link.register(VIEW, pl.DataFrame({n: [None] for n in schema}, schema=dict(schema)).to_arrow())
    try:
        yield
    finally:
        link.unregister(VIEW)


def check_boolean(link: duckdb.DuckDBPyConnection, text: str) -> None:
    """Raise `SqlError` unless `text` is a true-or-false expression over the table that is `probed`."""
    try:
        # A row with only empty values: names and types are checked, and so is what only fails when it runs.
        kinds = [row[0] for row in link.execute(f"SELECT typeof(({text}\n)) FROM {VIEW}").fetchall()]
    except duckdb.Error as error:
        raise SqlError(one_line(error)) from error
    if kinds != ["BOOLEAN"]:
        raise SqlError(f"le résultat n'est pas vrai ou faux, mais {', '.join(kinds)}")


def select(
    link: duckdb.DuckDBPyConnection, frame: pl.DataFrame, columns: Mapping[str, str], where: str = ""
) -> pl.DataFrame:
    """Name to SQL expression, over the rows of `frame` that `where` keeps, with their row number `ROW`."""
    source = frame.with_row_index(ROW).with_columns(pl.col(ROW).cast(pl.Int64))
    link.register(VIEW, source.to_arrow())
    made = "".join(f', ({text}\n) AS "{name}"' for name, text in columns.items())
    condition = f"WHERE ({where}\n)" if where else ""
    try:
        query = f"SELECT {ROW}{made} FROM {VIEW} {condition} ORDER BY {ROW}"
        return pl.DataFrame(pl.from_arrow(link.sql(query).to_arrow_table()))
    finally:
        link.unregister(VIEW)


def one_line(error: Exception) -> str:
    """DuckDB's reason, without the query it repeats."""
    text = str(error).split("\nLINE")[0]
    return " ".join(text.split())
