"""The workbook: a read-me, the dictionary, a sheet per table; frozen header, filters, real dates and numbers.

Written by `rustpy-xlsxwriter` whatever the size: a tenth of the CPU and a sixth of the memory of `xlsxwriter`
(research/perf.md §2g), row by row. Text is made harmless (`neutral`) though a cell of text is never run: people save
sheets as CSV. Headers are the French labels; a note on each says the field's name. Identifiers are text, and Excel is
told that this is meant. A table that has more rows than a sheet can hold is left out, and the read-me says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from math import ceil
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
from rustpy_xlsxwriter import FastExcel, Format

from procurement_assets.portal.exports.spec import About, Export
from procurement_assets.portal.exports.text_files import flattened
from procurement_assets.portal.exports.xlsx_properties import fix_properties
from procurement_assets.portal.policy import french_day
from procurement_assets.schema import Column, data_dictionary

SHEET_ROWS = 1_048_575
"""Rows of a sheet, without the header."""
CELL_TEXT = 32_767
"""Characters of a cell, as UTF-16 counts them: a character outside the basic plane is two."""
FIRST_DAY = date(1900, 1, 1)
"""Excel knows no day before it."""
LINE = 15.0
"""Height of a line, in points."""
_CUT = "… (suite dans le fichier CSV)"
_ASTRAL = "[\U00010000-\U0010ffff]"
_WIDTHS = {"date": 12.0, "number": 16.0, "integer": 11.0, "boolean": 10.0, "list": 24.0, "string": 18.0}
_WIDE = {"objet": 60.0, "uid": 32.0, "ocid": 40.0}


class Sheet(msgspec.Struct, frozen=True):
    """An export that has a sheet, its rows not read yet."""

    export: Export
    rows: int
    read: Callable[[], pl.DataFrame]

    @property
    def fits(self) -> bool:
        """Whether a sheet can hold its rows."""
        return self.rows <= SHEET_ROWS


def write_workbook(path: Path, sheets: Sequence[Sheet], about: About) -> dict[str, int]:
    """Write the workbook; returns the rows of each data sheet."""
    book = FastExcel(str(path)).freeze(row=1)
    _text_sheet(book, "Lisez-moi", _read_me(sheets, about), [30.0, 110.0])
    _text_sheet(book, "Dictionnaire", _dictionary(s.export for s in sheets), _DICTIONARY_WIDTHS)
    shown = [s for s in sheets if s.fits]
    for sheet in shown:
        _data_sheet(book, sheet.export, sheet.read())
    book.save()
    fix_properties(path, title=about.portal.title, author=about.publisher.name, created=f"{about.day}T00:00:00Z")
    return {s.export.sheet: s.rows for s in shown}


def _data_sheet(book: FastExcel, export: Export, frame: pl.DataFrame) -> None:
    columns = export.table.columns
    titles = {c.name: c.title for c in columns}
    texts = [c.title for c in columns if c.type in ("string", "list")]
    book.sheet(
        export.sheet,
        _shown(_cut(flattened(frame)).rename(titles)),
        column_widths={c.title: _WIDE.get(c.name, _WIDTHS[c.type]) for c in columns},
        column_formats={c.title: _format(c) for c in columns},
        header_format=_header(),
        notes={c.title: _note(c) for c in columns},
        ignore_errors=texts,
        autofilter=True,
        page_setup={"landscape": True, "repeat_rows": 0},
    )


def _cut(frame: pl.DataFrame) -> pl.DataFrame:
    """Text that a cell can hold."""
    texts = [n for n, t in frame.schema.items() if t == pl.String]
    return frame.with_columns(
        pl.when(_units(pl.col(n)) > CELL_TEXT).then(pl.concat_str(_kept(pl.col(n)), pl.lit(_CUT))).otherwise(pl.col(n))
        for n in texts
    )


def _units(column: pl.Expr) -> pl.Expr:
    """The length of texts in UTF-16."""
    return column.str.len_chars() + column.str.count_matches(_ASTRAL)


def _kept(column: pl.Expr) -> pl.Expr:
    """The start of texts that are too long. Where characters count double, half as many surely fit."""
    room = CELL_TEXT - len(_CUT)
    start = column.str.slice(0, room)
    return pl.when(start.str.contains(_ASTRAL)).then(column.str.slice(0, room // 2)).otherwise(start)


def _shown(frame: pl.DataFrame) -> pl.DataFrame | Iterator[dict[str, Any]]:
    """The rows as they are written: a day that Excel does not know is text, where a date would leave the cell empty."""
    days = [n for n, t in frame.schema.items() if t == pl.Date]
    if frame.filter(pl.any_horizontal(pl.lit(False), *(pl.col(n) < FIRST_DAY for n in days))).is_empty():
        return frame
    return ({k: _early(v) for k, v in row.items()} for row in frame.iter_rows(named=True))


def _early(value: Any) -> Any:
    known = not isinstance(value, date) or value >= FIRST_DAY
    return value if known else f"{value.day:02d}/{value.month:02d}/{value.year:04d}"


def _format(column: Column) -> Format:
    codes = {"date": "dd/mm/yyyy", "integer": "0", "string": "@", "list": "@", "boolean": "General"}
    number = "#,##0.00" if column.unit.startswith("euro") else "0.####"
    return Format().set_num_format(codes.get(column.type, number))


def _header() -> Format:
    return Format().set_bold().set_text_wrap().set_background_color("#DDE6F0").set_border_bottom("thin")


def _note(column: Column) -> dict[str, str]:
    """The note of a header. A note starts with its author's name: here, the field's."""
    unit = f" Unité : {column.unit}." if column.unit else ""
    return {"author": column.name, "text": f"{column.description}{unit}"}


def _text_sheet(book: FastExcel, name: str, frame: pl.DataFrame, widths: list[float]) -> None:
    """A sheet of text: whole texts on several lines, rows as high as their longest text."""
    rows = flattened(frame)
    heights = {i: LINE * max(map(_lines, row, widths)) for i, row in enumerate(rows.iter_rows(), start=1)}
    book.sheet(
        name,
        rows,
        column_widths=widths,
        column_formats=[Format().set_text_wrap().set_align("top") for _ in widths],
        header_format=_header(),
        row_heights={i: height for i, height in heights.items() if height > LINE},
        page_setup={"landscape": True, "fit_to_pages": (1, 0)},
    )


def _lines(text: str | None, width: float) -> int:
    """Lines that a text takes in a column of some width, in characters."""
    return sum(max(1, ceil(len(part) / width)) for part in (text or "").split("\n"))


_DICTIONARY_WIDTHS = [22.0, 26.0, 10.0, 32.0, 70.0, 18.0, 11.0, 40.0, 44.0, 44.0]


def _dictionary(exports: Iterable[Export]) -> pl.DataFrame:
    shown = list(exports)
    rows = data_dictionary(e.table for e in shown).with_columns(
        pl.col("table").replace({e.name: e.sheet for e in shown}),
        pl.col("obligatoire").cast(pl.String).replace({"true": "oui", "false": "non"}),
    )
    return rows.rename({c: c[0].upper() + c[1:] for c in rows.columns} | {"table": "Feuille"})


def _read_me(sheets: Sequence[Sheet], about: About) -> pl.DataFrame:
    portal = about.portal
    rows = [
        ("Titre", portal.title),
        ("Description", portal.description),
        ("Producteur", about.publisher.name),
        ("Date des données", french_day(about.data_date)),
        ("Licence", f"{portal.license_name} ({about.license_url})"),
        ("À citer", about.attribution),
        ("Contact", about.contact),
        ("Fichiers", f"{portal.files_url} : les mêmes données en CSV, Parquet, JSON, et au standard OCDS"),
        *((f"Feuille « {s.export.sheet} »", _about_sheet(s)) for s in sheets),
        *_ADVICE,
    ]
    return pl.DataFrame(rows, schema=["Sujet", "Texte"], orient="row")


def _about_sheet(sheet: Sheet) -> str:
    count = f"{sheet.rows:,}".replace(",", "\u202f")
    if not sheet.fits:
        return f"{count} lignes : plus qu'une feuille ne peut en contenir ; voir {sheet.export.file('.csv')}."
    return f"{count} lignes. {sheet.export.table.description}"


_ADVICE = (
    ("Sommer des montants", "Seulement dans la feuille « Marchés », une ligne par marché. Un montant d'accord-cadre "
     "est un maximum, pas une dépense. Laisser de côté les lignes dont « Montant suspect » est rempli."),
    ("Identifiants", "SIRET, codes et identifiants sont du texte, pour garder leurs zéros."),
    ("Apostrophe en tête d'un texte", "Un texte qui commence par =, +, -, @ ou une tabulation est précédé d'une "
     "apostrophe, pour qu'aucun tableur ne l'exécute comme une formule."),
    ("Listes", "Les valeurs d'une liste sont séparées par | ."),
    ("En-têtes", "Le nom technique et la définition d'une colonne sont dans la note de son en-tête et dans la feuille "
     "« Dictionnaire »."),
)  # fmt: skip
