"""Rule SQL (scopes and expressions) run by DuckDB over a frame in memory, with no access to files or network.

The code lists of `decp.codelists` are functions: `liste_techniques()` is the list of the labels of `TECHNIQUES`.
`regle_appliquee(regles_appliquees, 'date.order')` says whether a cleaning rule changed something, at any path or at the
one given (`'date.order dateNotification'`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date

import duckdb
import polars as pl

from procurement_assets.decp import codelists

ROW = "_ligne"
"""The row number that every query carries, so that a failing row is found again in its frame."""
VIEW = "lignes"
_SAMPLE = "_exemple"
_CLOCK = re.compile(
    r"\b(current_(?:date|time|timestamp|localtime|localtimestamp)|localtime|localtimestamp)\b"
    r"|\b(now|today|transaction_timestamp|get_current_\w+|random|uuid\w*|gen_random_uuid|nextval|currval|setseed)\s*\("
    r"|\b(age)\s*\([^,()]*(?:\([^()]*\)[^,()]*)*\)",
    re.IGNORECASE,
)
"""What gives another result at another time: the same data would have other findings."""


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
    """A table of that schema under `VIEW`, with one row of empty values, while texts are checked on it; beside it, one
    with a value of each type."""
    link.register(VIEW, pl.DataFrame({n: [None] for n in schema}, schema=dict(schema)).to_arrow())
    link.register(_SAMPLE, pl.DataFrame({n: [_sample(t)] for n, t in schema.items()}, schema=dict(schema)).to_arrow())
    try:
        yield
    finally:
        link.unregister(_SAMPLE)
        link.unregister(VIEW)


def _sample(kind: pl.DataType) -> object:
    if isinstance(kind, pl.List):
        return ["1"]
    return date(2024, 1, 1) if kind == pl.Date else True if kind == pl.Boolean else "1" if kind == pl.String else 1


def check_boolean(link: duckdb.DuckDBPyConnection, text: str, *, scope: bool = False) -> None:
    """Raise `SqlError` unless `text` is a true-or-false expression over each row of the table that is `probed`.

    `scope`: the text chooses rows instead of judging them, so it sees one row at a time.
    """
    if not _without_texts(text).strip():
        raise SqlError("vide")
    if said := _CLOCK.search(_without_texts(text)):
        name = next(part for part in said.groups() if part)
        raise SqlError(f"« {name} » change d'une exécution à l'autre : prendre `date_donnees`, la date des données")
    query = f"SELECT {VIEW} FROM {VIEW} WHERE ({text}\n)" if scope else f"SELECT {VIEW}, ({text}\n) FROM {VIEW}"
    try:
        # A row with only empty values: names and types are checked, and so is what only fails when it runs.
        kinds = [row[0] for row in link.execute(f"SELECT typeof(({text}\n)) FROM {VIEW}").fetchall()]
        if kinds == ["BOOLEAN"]:
            link.execute(query).fetchall()
    except duckdb.Error as error:
        raise SqlError(one_line(error)) from error
    if kinds != ["BOOLEAN"]:
        raise SqlError(f"le résultat n'est pas vrai ou faux, mais {', '.join(kinds) or 'rien'}")
    _check_constants(link, text)


def _check_constants(link: duckdb.DuckDBPyConnection, text: str) -> None:
    """Raise `SqlError` where a text between apostrophes is not of the type it stands for, or no regular expression.

    That only fails on a row with values; any other failure there may be the sample's fault, and is left to the run.
    """
    try:
        link.execute(f"SELECT ({text}\n) FROM {_SAMPLE} AS {VIEW}").fetchall()
    except (duckdb.ConversionException, duckdb.InvalidInputException) as error:
        said = one_line(error)
        if any(f"'{constant}'" in said or f'"{constant}"' in said or said.endswith(f": {constant}")
               for constant in _texts(text) if constant != "1"):  # fmt: skip
            raise SqlError(said) from error
    except duckdb.Error:
        return


_TEXT = re.compile(r"'((?:[^']|'')*)'")


def _texts(text: str) -> list[str]:
    """What stands between apostrophes."""
    return [found.replace("''", "'") for found in _TEXT.findall(text)]


def _without_texts(text: str) -> str:
    """SQL without what stands between apostrophes, nor names between quotation marks, nor comments."""
    return re.sub(r"--[^\n]*|\"[^\"]*\"", " ", _TEXT.sub("''", text))


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
