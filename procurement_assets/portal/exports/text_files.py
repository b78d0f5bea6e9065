"""CSV, CSV for a French Excel, JSON Lines: rows written a slice at a time.

`X.csv`        UTF-8, comma, header, ISO dates, decimal point, `true`/`false`, lists joined by `|`, empty for no value
`X_excel.csv`  what a French Excel opens with a double click: UTF-8 with its mark, semicolon, decimal comma, dates as
               dd/mm/yyyy, `VRAI`/`FAUX`, and codes and identifiers as `="00123"`, the only way to keep their zeros
`X.jsonl.gz`   one JSON object a line, every column named, lists as lists

Both CSV files are made harmless for spreadsheets (`neutral`). A list element cannot hold the separator: there it is
written `¦`. The exact text of everything is in Parquet and JSON Lines.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl

from procurement_assets.ocds.packages import gzipped
from procurement_assets.portal.exports.neutral import neutralised
from procurement_assets.portal.exports.table_schema import LIST_SEPARATOR

SLICE = 50_000
"""Rows held as text at a time."""
_STAND_IN = "¦"
_CODE = r"^[0-9][0-9A-Za-z./:_~-]*$"
"""Text without a space that starts with a digit: Excel would read a number or a date in it."""


def write_csv(path: Path, frame: pl.DataFrame) -> None:
    """CSV for machines and people, as said above."""
    with path.open("wb") as handle:
        for number, part in enumerate(_slices(frame)):
            flat = flattened(part)
            flat.write_csv(handle, include_header=number == 0, line_terminator="\n", quote_style="necessary")


def write_excel_csv(path: Path, frame: pl.DataFrame) -> None:
    """CSV for a French Excel, as said above."""
    with path.open("wb") as handle:
        for number, part in enumerate(_slices(frame)):
            flat = _french(flattened(part))
            flat.write_csv(
                handle,
                include_bom=number == 0,
                include_header=number == 0,
                separator=";",
                line_terminator="\r\n",
                decimal_comma=True,
                float_scientific=False,
                date_format="%d/%m/%Y",
                quote_style="necessary",
            )


def write_json_lines(path: Path, frame: pl.DataFrame) -> None:
    """JSON Lines, compressed; the same rows give the same bytes."""
    with path.open("wb") as raw, gzipped(raw) as out:
        for part in frame.iter_slices(SLICE):
            lines = part.select(pl.struct(pl.all()).struct.json_encode()).to_series()
            out.write("".join(f"{line}\n" for line in lines).encode())


def flattened(frame: pl.DataFrame) -> pl.DataFrame:
    """Lists joined, text made harmless: what a spreadsheet can hold."""
    lists = [n for n, t in frame.schema.items() if isinstance(t, pl.List)]
    texts = [n for n, t in frame.schema.items() if t == pl.String]
    element = pl.element().str.replace_all(LIST_SEPARATOR, _STAND_IN, literal=True)
    joined = frame.with_columns(pl.col(lists).list.eval(element).list.join(LIST_SEPARATOR))
    return joined.with_columns(neutralised(pl.col(n)) for n in (*lists, *texts))


def _slices(frame: pl.DataFrame) -> list[pl.DataFrame]:
    """Slices, at least one, so that a file without rows has its header."""
    return list(frame.iter_slices(SLICE)) or [frame]


def _french(frame: pl.DataFrame) -> pl.DataFrame:
    texts = [n for n, t in frame.schema.items() if t == pl.String]
    flags = [n for n, t in frame.schema.items() if t == pl.Boolean]
    return frame.with_columns(
        *(_kept_as_text(pl.col(n)).alias(n) for n in texts),
        *(pl.col(n).cast(pl.String).replace_strict({"true": "VRAI", "false": "FAUX"}).alias(n) for n in flags),
    )


def _kept_as_text(column: pl.Expr) -> pl.Expr:
    return pl.when(column.str.contains(_CODE)).then(pl.format('="{}"', column)).otherwise(column)


WRITERS: dict[str, Callable[[Path, pl.DataFrame], None]] = {
    ".csv": write_csv,
    "_excel.csv": write_excel_csv,
    ".jsonl.gz": write_json_lines,
}
"""Ending of a file to what writes it."""
