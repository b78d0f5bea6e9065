"""Reading correction files as people send them back: XLSX, XLS, ODS (calamine) and CSV of any usual encoding.

Nothing stops the reading: a file or a line that cannot be used becomes a row with its reason in French, and a line
whose « Valeur corrigée » is empty was not filled in and says nothing.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl
from upath import UPath

from procurement_assets.decp.codelists import fold
from procurement_assets.decp.correctable import FIELDS
from procurement_assets.decp.paths import NoSuchFieldError, pattern, steps
from procurement_assets.quality.corrections.cells import date_of, text_of
from procurement_assets.quality.corrections.columns import header_of
from procurement_assets.quality.spreadsheet import decoded
from procurement_assets.schema import TABLES

SPREADSHEETS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
TEXTS = (".csv", ".txt", ".tsv")
LARGEST = 50_000_000
"""Bytes of a file: a correction file is far smaller."""
FIRST_SIGNED, LAST_SIGNED = "2018-01-01", "2049-12-31"
"""Essential data are published since 2018. Of two corrections the later counts: an absurd year would win for ever."""
HEADER_WITHIN = 30
"""Rows at the top of a sheet among which the header is looked for."""
DELIMITERS = ";\t,|"
_HIDDEN = (".", "~$")

Row = dict[str, Any]
Cells = list[str | None]


class UnreadableError(ValueError):
    """A file that cannot be used; the message is French."""


def read_received(folder: UPath) -> pl.DataFrame:
    """The table `corrections_recues`: every filled line of every file of a folder, by name. No folder, no line."""
    rows: list[Row] = []
    names = sorted(p.name for p in folder.iterdir()) if folder.exists() else []
    for name in names:
        path = folder / name
        if not name.startswith(_HIDDEN) and path.is_file():
            rows.extend(read_file(name, path.read_bytes()))
    return TABLES["corrections_recues"].frame(rows)


def read_file(name: str, data: bytes) -> list[Row]:
    """The rows of one file."""
    sha = hashlib.sha256(data).hexdigest()
    base = {"fichier": name, "file_sha256": sha}
    try:
        found: list[Row] = []
        known = False
        for sheet, cells in _sheets(name, data):
            lines = list(_lines(cells))
            known = known or lines != [None]
            found.extend(base | {"feuille": sheet} | line for line in lines if line is not None)
        if not known:
            raise UnreadableError(
                "aucune feuille n'a les colonnes « Identifiant unique », « Chemin du champ » et « Valeur corrigée »"
            )
    except UnreadableError as error:
        return [base | {"feuille": "", "ligne": 0, "refus": f"fichier illisible : {error}"}]
    return found


def _sheets(name: str, data: bytes) -> Iterator[tuple[str, Iterable[Cells]]]:
    """Each sheet of a file: its name and its rows of text."""
    suffix = name[name.rfind(".") :].lower() if "." in name else ""
    if len(data) > LARGEST:
        raise UnreadableError(f"il dépasse {LARGEST // 1_000_000} Mo")
    if not data:
        raise UnreadableError("il est vide")
    if suffix in SPREADSHEETS:
        yield from _workbook(data)
    elif suffix in TEXTS:
        yield "", _csv(data)
    else:
        raise UnreadableError("extension inconnue ; attendu : .xlsx, .ods, .xls ou .csv")


def _workbook(data: bytes) -> Iterator[tuple[str, Iterable[Cells]]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        for name in book.sheet_names:
            # Every row from the first one of the sheet, so that line numbers are the spreadsheet's.
            rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            yield name, [[text_of(cell) for cell in row] for row in rows]
    except CalamineError as error:
        raise UnreadableError(f"le classeur ne s'ouvre pas ({' '.join(str(error).split())[:120]})") from error


def _csv(data: bytes) -> list[Cells]:
    text = decoded(data)
    head = next((line for line in text.splitlines()[:HEADER_WITHIN] if "corrig" in fold(line)), "")
    delimiter = max(DELIMITERS, key=head.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise UnreadableError(f"CSV mal formé ({error})") from error
    return [[text_of(cell) for cell in row] for row in rows]


def _lines(cells: Iterable[Cells]) -> Iterator[Row | None]:
    """The filled lines under the header; only None where there is no header."""
    header: dict[str, list[int]] | None = None
    for number, row in enumerate(cells, start=1):
        if header is None:
            header = header_of(row) if number <= HEADER_WITHIN else None
            if header is None and number > HEADER_WITHIN:
                break
            continue
        said = {name: next((row[n] for n in at if n < len(row) and row[n]), None) for name, at in header.items()}
        if said.get("valeur_corrigee") is not None:
            yield _line(number, said)
    if header is None:
        yield None


def _line(number: int, said: dict[str, str | None]) -> Row:
    """One filled line, with its refusal where it cannot be used."""
    path = _path(said.get("champ"), said.get("libelle"))
    when = said.get("date")
    row: Row = {
        "ligne": number,
        "uid": said.get("uid"),
        "champ": path or said.get("champ") or said.get("libelle"),
        "valeur_publiee": said.get("valeur_publiee"),
        "valeur_corrigee": said.get("valeur_corrigee"),
        "auteur": said.get("auteur"),
        "date": date_of(when) if when else None,
        "motif": said.get("motif"),
    }
    if row["uid"] is None:
        row["refus"] = "l'identifiant unique du contrat manque"
    elif path is None:
        row["refus"] = f"le champ « {row['champ'] or '(vide)'} » ne peut pas être corrigé"
    elif missing := [title for name, title in _SIGNED.items() if not said.get(name)]:
        row["refus"] = f"il manque : {', '.join(missing)}"
    elif row["date"] is None:
        row["refus"] = f"« {when} » n'est pas une date (JJ/MM/AAAA)"
    elif not FIRST_SIGNED <= row["date"] <= LAST_SIGNED:
        row["refus"] = f"« {when} » n'est pas la date d'une correction : vérifier l'année"
    return row


_SIGNED = {"auteur": "l'auteur", "date": "la date", "motif": "le motif"}


def _path(path: str | None, label: str | None) -> str | None:
    """The path of a field: as written where there is one, else from its French name where only one field has it."""
    if path is not None:
        try:
            steps(path)
        except NoSuchFieldError:
            return None
        return path if any(pattern(path) in fields for fields in FIELDS.values()) else None
    by_title: dict[str, set[str]] = {}
    for fields in FIELDS.values():
        for name, field in fields.items():
            if "[" not in name:
                by_title.setdefault(fold(TABLES[field.table].column(field.column).title), set()).add(name)
    found = by_title.get(fold(label or ""), set())
    return next(iter(found)) if len(found) == 1 else None
