"""Columns computed for the rules: what SQL says badly (control keys, links between rows and tables), in Polars.

A rule names them as it names a column of the table. Each is described once, in French, for data_quality/README.md.
They judge the value as published: a repaired id stays wrong at its source, so its finding stays. Their families:
`derived_ids`, `derived_amounts`, `derived_published`, `derived_links`, `derived_registers`, `derived_versions`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import polars as pl

from procurement_assets.quality.derived_amounts import DERIVED_AMOUNTS
from procurement_assets.quality.derived_base import Derived, siret_key_is_right
from procurement_assets.quality.derived_ids import DERIVED_IDS
from procurement_assets.quality.derived_links import DERIVED_LINKS
from procurement_assets.quality.derived_published import DERIVED_PUBLISHED
from procurement_assets.quality.derived_registers import DERIVED_REGISTERS
from procurement_assets.quality.derived_versions import DERIVED_VERSIONS
from procurement_assets.schema import TABLES
from procurement_assets.schema.column import POLARS

__all__ = [
    "DATA_DATE",
    "DERIVED",
    "Derived",
    "derived_of",
    "derived_schema",
    "needs_of",
    "siret_key_is_right",
    "with_derived",
]

DERIVED: tuple[Derived, ...] = (
    *DERIVED_IDS,
    *DERIVED_LINKS,
    *DERIVED_AMOUNTS,
    *DERIVED_PUBLISHED,
    *DERIVED_REGISTERS,
    *DERIVED_VERSIONS,
)

DATA_DATE = "date_donnees"
"""On every table: the date of the data, that of the newest raw file. Rules use it as « today »: no clock."""


def derived_of(table: str) -> dict[str, Derived]:
    """The computed columns of a table, by name (`DATA_DATE` apart)."""
    return {d.name: d for d in DERIVED if table in d.tables}


def derived_schema(table: str) -> dict[str, pl.DataType]:
    """Name to type of what `with_derived` can add to a table."""
    return {d.name: POLARS[d.type] for d in derived_of(table).values()} | {DATA_DATE: pl.Date()}


def needs_of(table: str, wanted: Iterable[str]) -> tuple[str, ...]:
    """The other tables that these computed columns of a table read, in order."""
    known = derived_of(table)
    return tuple(dict.fromkeys(need for n in sorted(wanted) if n in known for need in known[n].needs))


def with_derived(
    frame: pl.DataFrame,
    table: str,
    wanted: Iterable[str],
    data_date: date | None,
    related: Mapping[str, pl.DataFrame] | None = None,
) -> pl.DataFrame:
    """The frame with the computed columns that are wanted. Without a data date, what compares with it is not judged.

    `related`: the other tables (`needs_of`); one that is not given counts as empty.
    """
    known, names = derived_of(table), set(wanted)
    chosen = [d for n, d in known.items() if n in names]
    others = {n: TABLES[n].frame([]) for d in chosen for n in d.needs} | dict(related or {})
    columns: list[pl.Expr | pl.Series] = []
    for d in chosen:
        made = d.make() if d.make else d.across(frame, others) if d.across else pl.lit(None)
        columns.append(made.cast(POLARS[d.type]).alias(d.name))
    if DATA_DATE in names:
        columns.append(pl.lit(data_date, dtype=pl.Date).alias(DATA_DATE))
    return frame.with_columns(columns)
