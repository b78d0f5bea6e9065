"""The date of the data, the run date everywhere: no clock enters what is written (docs/decisions.md, "Files")."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl

PARIS = ZoneInfo("Europe/Paris")


def latest_date(files: pl.DataFrame) -> str | None:
    """The latest date that the sources give for the files read (table `files`, column `fichier_date`), as they write
    it; None where they give none that can be read. A date without an offset is of Paris."""
    readable = [(moment, text) for text in files["fichier_date"] if (moment := _moment(text)) is not None]
    return max(readable)[1] if readable else None


def _moment(text: str | None) -> float | None:
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=PARIS)).timestamp()
