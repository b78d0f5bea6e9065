"""The description of a column and of a table, and the conformity of a frame to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Literal, Protocol, cast

import msgspec
import polars as pl
import pyarrow as pa

ColumnType = Literal["string", "integer", "number", "boolean", "date", "list", "binary"]

POLARS: dict[str, pl.DataType] = {
    "string": pl.String(),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "boolean": pl.Boolean(),
    "date": pl.Date(),
    "list": pl.List(pl.String),
    "binary": pl.Binary(),
}


ARROW: dict[str, pa.DataType] = {
    "string": pa.large_string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "list": pa.large_list(pa.large_string()),
    "binary": pa.large_binary(),
}


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column: what it is, once."""

    name: str
    type: ColumnType
    title: str
    """French label, as the portal shows it."""
    description: str
    """French description, one or two sentences."""
    required: bool = False
    """The table's maker never leaves it empty (a published value may be missing: that is a finding, not this)."""
    enum: tuple[str, ...] = ()
    source: str = ""
    """Path in the regulatory format (2022 where both have it)."""
    ocds: str = ""
    """Path in OCDS."""
    unit: str = ""


class ColumnOf(Protocol):
    """Makes a column of one type: name, French label, French description, then what else is to be said of it."""

    def __call__(
        self,
        name: str,
        title: str,
        description: str,
        source: str = "",
        ocds: str = "",
        *,
        required: bool = False,
        enum: tuple[str, ...] = (),
        unit: str = "",
    ) -> Column:
        """The column; each word is that of `Column`."""


def _column_of(kind: ColumnType) -> ColumnOf:
    def make(name: str, title: str, description: str, source: str = "", ocds: str = "", **said: Any) -> Column:
        return Column(
            name=name, type=kind, title=title, description=description, source=source, ocds=ocds, **said
        )  # fmt: skip

    return make


text, integer, number = _column_of("string"), _column_of("integer"), _column_of("number")
flag, day, texts, binary = _column_of("boolean"), _column_of("date"), _column_of("list"), _column_of("binary")


def count(name: str, title: str, description: str, *, unit: str = "", ocds: str = "") -> Column:
    """A column of counts: the table's maker always knows them."""
    return integer(name, title, description, required=True, unit=unit, ocds=ocds)


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table: its grain, its key and its columns in order."""

    name: str
    title: str
    description: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Name to Polars type, in order."""
        return {c.name: POLARS[c.type] for c in self.columns}

    def column(self, name: str) -> Column:
        """The column of that name. Raises KeyError."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name}.{name}")

    def frame(self, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
        """Rows as a frame of this table, sorted by its key."""
        return conform(self.batch(rows), self)

    def batch(self, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
        """Some rows as a frame with this table's columns; a column that a row does not name is empty.

        Column by column, each by the quicker way: Polars reads texts and numbers in half the time of Arrow, Arrow lists
        and dates in a tenth of the time of Polars.
        """
        return self.of_columns([_values(c.name, rows) for c in self.columns])

    def of_columns(self, columns: Iterable[Sequence[Any]]) -> pl.DataFrame:
        """The values of each column, in the table's order, as a frame."""
        return pl.DataFrame([_series(c, v) for c, v in zip(self.columns, columns, strict=True)])


def _series(column: Column, values: Sequence[Any]) -> pl.Series:
    if column.type in ("list", "date"):
        found = pl.from_arrow(pa.array(values, type=ARROW[column.type], from_pandas=False))
        return cast(pl.Series, found).alias(column.name).cast(POLARS[column.type])
    return pl.Series(column.name, values, dtype=POLARS[column.type])


def _values(name: str, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    """A column of rows, None where a row does not name it. Nearly all do: the quick way first."""
    try:
        return list(map(itemgetter(name), rows))
    except KeyError:
        return [row.get(name) for row in rows]


class NonConformingError(ValueError):
    """A frame does not have the columns or the types of its table."""


def conform(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """The frame in the table's column order, sorted by key.

    Raises `NonConformingError` where a column is missing, unknown or of another type, where a required column has an
    empty value, or where the key repeats: a table that breaks its own description is never written.
    """
    wanted = table.schema
    missing, unknown = wanted.keys() - set(frame.columns), set(frame.columns) - wanted.keys()
    if missing or unknown:
        raise NonConformingError(f"table {table.name}: missing {sorted(missing)}, unknown {sorted(unknown)}")
    wrong = {n: str(frame.schema[n]) for n, t in wanted.items() if frame.schema[n] != t}
    if wrong:
        raise NonConformingError(f"table {table.name}: columns of another type: {wrong}")
    empty = [c.name for c in table.columns if c.required and frame[c.name].null_count()]
    if empty:
        raise NonConformingError(f"table {table.name}: empty values in required columns {empty}")
    ordered = frame.select(list(wanted)).sort(list(table.key), nulls_last=True)
    if ordered.select(table.key).is_duplicated().any():
        raise NonConformingError(f"table {table.name}: the key {table.key} repeats")
    return ordered


def data_dictionary(tables: Iterable[Table]) -> pl.DataFrame:
    """The dictionary of the tables: one row per column, in French, for exports and docs."""
    rows = [
        {
            "table": t.name,
            "colonne": c.name,
            "type": c.type,
            "libellé": c.title,
            "description": c.description,
            "unité": c.unit,
            "obligatoire": c.required,
            "valeurs": " | ".join(c.enum),
            "source DECP": c.source,
            "chemin OCDS": c.ocds,
        }
        for t in tables
        for c in t.columns
    ]
    return pl.DataFrame(rows)
