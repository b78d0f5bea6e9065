"""Writing correction files: XLSX and CSV that a buyer opens in Excel or LibreOffice, corrects and sends back.

Identifiers are text (no 1E+13), dates are date cells, coded fields have their list, no cell is a formula. The same rows
give the same bytes: the only date inside is that of the data. Nothing is protected: a protected sheet cannot be sorted.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from procurement_assets.quality.corrections.columns import COLUMNS
from procurement_assets.quality.corrections.outgoing import Batch
from procurement_assets.quality.spreadsheet import guarded

SHEET, READ_ME, LISTS = "À corriger", "Lisez-moi", "Listes"
FROZEN = 2
"""Columns that stay in sight: the severity and the contract."""
LINE_HEIGHT, MOST_LINES = 13.5, 5
"""Points of a line of text in a row, and the most lines it shows."""
CELL = 32_000
"""Characters: Excel takes 32,767 in a cell."""
DATED = "contract_date"
NO_DATE = date(1990, 1, 1)
"""Date inside a workbook made from data that say no date."""

INSTRUCTIONS = (
    "Ce classeur liste ce qui est à vérifier et à corriger dans les données essentielles de la commande publique.",
    "Une ligne est un constat (une règle que la valeur publiée ne respecte pas) ou une suggestion.",
    "",
    "Comment corriger",
    "1. Écrire la bonne valeur dans « Valeur corrigée » ; laisser vide ce qui est juste ou que vous ne savez pas.",
    "2. Remplir « Auteur », « Date » et « Motif » : les trois sont nécessaires.",
    "3. Ne pas changer « Identifiant unique », « Chemin du champ », « Valeur publiée » : ils disent quoi corriger.",
    "4. Renvoyer le fichier (XLSX, ODS ou CSV) ; vous pouvez trier, filtrer et supprimer des lignes.",
    "",
    "Formes attendues",
    "Date : JJ/MM/AAAA. Montant : 12345,67 (euros hors taxes). Part : 0,3 ou 30 %. Oui ou non.",
    "SIRET : 14 chiffres, clé juste. Plusieurs libellés dans une cellule : séparés par un point-virgule.",
    "Pour vider un champ : écrire VIDE.",
    "Identifiant du titulaire sans valeur publiée : écrire le SIRET du titulaire à ajouter.",
    "",
    "Ce qui se passe ensuite",
    "La correction est appliquée aux tables, aux exports et aux données OCDS, avec son auteur, sa date et son motif.",
    "Si la source publie ensuite une autre valeur, elle est gardée et la contradiction est signalée.",
    "Corriger aussi dans le logiciel d'origine : la correction devient alors sans objet, ce qui est le but.",
)


def csv_bytes(rows: Sequence[dict[str, Any]]) -> bytes:
    """The rows as CSV for French Excel: semicolons, UTF-8 with its mark, codes and formulas guarded by « ' »."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    writer.writerow([c.title for c in COLUMNS])
    for row in rows:
        writer.writerow([guarded(_french(c.name, row.get(c.name))) for c in COLUMNS])
    return buffer.getvalue().encode("utf-8-sig")


def _french(name: str, value: Any) -> str:
    text = _text(value)
    return date.fromisoformat(text).strftime("%d/%m/%Y") if name == DATED and text else text


def _text(value: Any) -> str:
    return "" if value is None else str(value)[:CELL]


def xlsx_bytes(batch: Batch, data_date: date | None, source_name: str) -> bytes:
    """A batch as a workbook: what to correct, a read-me, and the lists of the coded fields (hidden)."""
    import xlsxwriter  # type: ignore[import-untyped]

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(buffer, options)
    # Without a date of its own the workbook would hold the clock.
    book.set_properties({"title": "Corrections DECP", "created": datetime.combine(data_date or NO_DATE, time())})
    sheet, read_me, lists = (book.add_worksheet(name) for name in (SHEET, READ_ME, LISTS))
    ranges = _write_lists(lists, batch.rows)
    _write_rows(book, sheet, batch.rows, ranges)
    _write_read_me(book, read_me, batch, source_name, data_date)
    book.close()
    return buffer.getvalue()


def _write_lists(sheet: Any, rows: Sequence[dict[str, Any]]) -> dict[tuple[str, ...], str]:
    """One column per code list; the address of each as a range."""
    found = sorted({row["labels"] for row in rows if row["labels"]})
    ranges = {}
    for column, labels in enumerate(found):
        for line, label in enumerate(labels):
            sheet.write_string(line, column, label)
        letter = _letter(column)
        ranges[labels] = f"={LISTS}!${letter}$1:${letter}${len(labels)}"
    sheet.hide()
    return ranges


def _letter(column: int) -> str:
    from xlsxwriter.utility import xl_col_to_name  # type: ignore[import-untyped]

    return str(xl_col_to_name(column))


def _write_rows(book: Any, sheet: Any, rows: Sequence[dict[str, Any]], ranges: dict[tuple[str, ...], str]) -> None:
    base = {"font_size": 10, "valign": "top", "text_wrap": True}
    given = book.add_format(base | {"num_format": "@"})
    day = book.add_format(base | {"num_format": "dd/mm/yyyy", "align": "left"})
    typed = book.add_format(base | {"num_format": "@", "bg_color": "#FFF8DC", "border": 1, "border_color": "#C8B560"})
    typed_day = book.add_format(
        base
        | {"num_format": "dd/mm/yyyy", "align": "left", "bg_color": "#FFF8DC", "border": 1, "border_color": "#C8B560"}
    )
    head = book.add_format(
        {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#1F3A5F", "font_color": "white"}
    )
    for column, c in enumerate(COLUMNS):
        sheet.set_column(column, column, c.width)
        sheet.write_string(0, column, c.title, head)
    for line, row in enumerate(rows, start=1):
        for column, c in enumerate(COLUMNS):
            value = row.get(c.name)
            if c.typed:
                is_day = c.name == "date" or (c.name == "value" and row["type"] == "date")
                sheet.write_blank(line, column, None, typed_day if is_day else typed)
            elif c.name == DATED and value:
                sheet.write_datetime(line, column, datetime.fromisoformat(value), day)
            else:
                sheet.write_string(line, column, _text(value), given)
        sheet.set_row(line, LINE_HEIGHT * _lines(row))
        _validate(sheet, line, row, ranges)
    sheet.set_row(0, 2 * LINE_HEIGHT)
    sheet.freeze_panes(1, FROZEN)
    sheet.autofilter(0, 0, max(1, len(rows)), len(COLUMNS) - 1)


def _lines(row: dict[str, Any]) -> int:
    """Lines of text that a row takes, at most `MOST_LINES`: said in the file, since not every program works it out."""
    return min(MOST_LINES, max(1 + len(_text(row.get(c.name))) // c.width for c in COLUMNS))


def _validate(sheet: Any, line: int, row: dict[str, Any], ranges: dict[tuple[str, ...], str]) -> None:
    """The list of a coded field in « Valeur corrigée »; another value gives a warning, never a refusal."""
    column = next(i for i, c in enumerate(COLUMNS) if c.name == "value")
    source: Any = ranges.get(row["labels"]) or (["oui", "non"] if row["type"] == "boolean" else None)
    if source is not None:
        told = {
            "error_type": "warning",
            "error_title": "Hors liste",
            "error_message": "Choisir un libellé de la liste.",
        }
        sheet.data_validation(line, column, line, column, {"validate": "list", "source": source} | told)


def _write_read_me(book: Any, sheet: Any, batch: Batch, source_name: str, data_date: date | None) -> None:
    title, plain = book.add_format({"bold": True, "font_size": 14}), book.add_format({"text_wrap": True})
    bold = book.add_format({"bold": True})
    sheet.set_column(0, 0, 110)
    who = f"{source_name}, {batch.direction}" if batch.direction else source_name
    sheet.write_string(0, 0, f"À corriger : {who}", title)
    day = f"Données au {data_date.strftime('%d/%m/%Y')}, " if data_date else ""
    sheet.write_string(1, 0, f"{day}{len(batch.rows)} lignes.")
    line = 3
    for text in INSTRUCTIONS:
        heading = bool(text) and not text.endswith((".", ":")) and not text[0].isdigit()
        sheet.write_string(line, 0, text, bold if heading else plain)
        line += 1
    if batch.not_correctable:
        sheet.write_string(
            line + 1, 0, "Constats que ce fichier ne peut pas corriger (voir le rapport de qualité)", bold
        )
        for offset, (rule, count) in enumerate(batch.not_correctable.items(), start=2):
            sheet.write_string(line + offset, 0, f"{rule} : {count}")
