"""CSV, CSV for a French Excel, JSON Lines: rows written a slice at a time.

`X.csv`        UTF-8, comma, header, ISO dates, decimal point, `true`/`false`, lists joined by `|`, empty for no value
`X_excel.csv`  what a French Excel opens with a double click: UTF-8 with its mark, semicolon, decimal comma, dates as
               dd/mm/yyyy, `VRAI`/`FAUX`, and codes and identifiers as `="00123"`, the only way to keep their zeros
               (so is any text that Excel would take for a number, a date or a truth value)
`X.jsonl.gz`   one JSON object a line, every column named, lists as lists

Both CSV files are made harmless for spreadsheets (`neutral`). A list element cannot hold the separator: there it is
written `¦`. The exact text of everything is in Parquet and JSON Lines.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import polars as pl

from procurement_assets.ocds.packages import gzipped
from procurement_assets.portal.exports.neutral import neutralised
from procurement_assets.portal.exports.spec import CSV, EXCEL_CSV, JSON_LINES
from procurement_assets.portal.exports.table_schema import LIST_SEPARATOR

Write = Callable[[pl.DataFrame], None]
"""Adds a slice of rows to a file. A file is given at least one slice, which may be empty, so that it has its header."""
BLOCK = 50_000
"""Lines compressed at once."""
_STAND_IN = "¦"
_MONTH = (
    "janv(?:ier|\\.)?|jan|f[ée]v(?:rier|r\\.?|\\.)?|mars?|avr(?:il|\\.)?|mai|juin|juil(?:let|\\.)?|ao[uû]t|"
    "sept?(?:embre|\\.)?|oct(?:obre|\\.)?|nov(?:embre|\\.)?|d[ée]c(?:embre|\\.)?"
)
_CODE = (
    # A code, without a space, that starts with a digit: 00123, 1E5, 2024-01-15.
    r"^(?:[0-9][0-9A-Za-z./:_~-]*"
    # A number as French texts write it, in brackets when negative, with its unit: 12,5 or (1 000) or 10 %.
    r"|[(]?[0-9][0-9 .,/:()\u00a0\u202f-]*[%€]?"
    # A day or a month in words: 1 mai, mars 2024, SEPT-1.
    rf"|(?i:[0-9]{{1,2}}[ ./-]*(?:{_MONTH})|(?:[0-9]{{1,2}}[ ./-]*)?(?:{_MONTH})[ ./-]*[0-9]{{1,4}})"
    r"|(?i:vrai|faux|true|false))$"
)
"""Text in which a French Excel would read a number, a date or a truth value."""
_LONGEST = 255
"""Characters that a text in a formula can have: a longer one is no number either."""


@contextmanager
def csv_file(path: Path) -> Iterator[Write]:
    """CSV for machines and people, as said above, of rows that are `flattened`."""
    with path.open("wb") as handle:

        def write(part: pl.DataFrame) -> None:
            part.write_csv(handle, include_header=handle.tell() == 0, line_terminator="\n", quote_style="necessary")

        yield write


@contextmanager
def excel_csv_file(path: Path) -> Iterator[Write]:
    """CSV for a French Excel, as said above, of rows that are `flattened`."""
    with path.open("wb") as handle:

        def write(part: pl.DataFrame) -> None:
            first = handle.tell() == 0
            _french(part).write_csv(
                handle,
                include_bom=first,
                include_header=first,
                separator=";",
                line_terminator="\r\n",
                decimal_comma=True,
                float_scientific=False,
                date_format="%d/%m/%Y",
                quote_style="necessary",
            )

        yield write


@contextmanager
def json_lines_file(path: Path) -> Iterator[Write]:
    """JSON Lines, compressed, `BLOCK` lines at a time: what the compressor gives depends on what it gets at once."""
    lines, count = io.BytesIO(), 0

    with path.open("wb") as raw, gzipped(raw) as out:

        def compress() -> None:
            nonlocal count
            with lines.getbuffer() as text:
                out.write(text)
            lines.seek(0)
            lines.truncate()
            count = 0

        def write(part: pl.DataFrame) -> None:
            nonlocal count
            while part.height:
                piece = part.head(BLOCK - count)
                piece.write_ndjson(lines)
                part, count = part.slice(piece.height), count + piece.height
                if count == BLOCK:
                    compress()

        yield write
        compress()


def flattened(frame: pl.DataFrame) -> pl.DataFrame:
    """Lists joined, text made harmless: what a spreadsheet can hold."""
    lists = [n for n, t in frame.schema.items() if isinstance(t, pl.List)]
    texts = [n for n, t in frame.schema.items() if t == pl.String]
    element = pl.element().str.replace_all(LIST_SEPARATOR, _STAND_IN, literal=True)
    joined = frame.with_columns(pl.col(lists).list.eval(element).list.join(LIST_SEPARATOR))
    return joined.with_columns(neutralised(pl.col(n)) for n in (*lists, *texts))


def _french(frame: pl.DataFrame) -> pl.DataFrame:
    texts = [n for n, t in frame.schema.items() if t == pl.String]
    flags = [n for n, t in frame.schema.items() if t == pl.Boolean]
    return frame.with_columns(
        *(_kept_as_text(pl.col(n)).alias(n) for n in texts),
        *(pl.col(n).cast(pl.String).replace_strict({"true": "VRAI", "false": "FAUX"}).alias(n) for n in flags),
    )


def _kept_as_text(column: pl.Expr) -> pl.Expr:
    taken = (column.str.len_chars() <= _LONGEST) & column.str.contains(_CODE)
    return pl.when(taken).then(pl.format('="{}"', column)).otherwise(column)


FILES: dict[str, Callable[[Path], AbstractContextManager[Write]]] = {
    CSV: csv_file,
    EXCEL_CSV: excel_csv_file,
    JSON_LINES: json_lines_file,
}
"""Ending of a file to what writes it."""
FLAT = frozenset({CSV, EXCEL_CSV})
"""Endings of the files that are given rows that are `flattened`."""
