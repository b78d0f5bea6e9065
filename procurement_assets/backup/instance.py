"""The files of a Dagster instance, and SQLite databases copied whole while they are in use.

SQLite's online backup reads a database page by page under its own locks: a run may go on meanwhile. An instance whose
storage is PostgreSQL has no database here: `pg_dump` makes its copy (docs/operations.md), and the backup says so.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import yaml

from procurement_assets.backup.model import BackupError

_BESIDE = ("-wal", "-shm", "-journal")
SECONDS = 60.0
"""How long a locked database is waited for."""


def instance_files(home: Path) -> list[str]:
    """The files of an instance, sorted; what SQLite keeps beside a database goes with the database."""
    found = [p for p in home.rglob("*") if p.is_file() and not p.name.endswith(_BESIDE)]
    return sorted(p.relative_to(home).as_posix() for p in found)


def outside_database(home: Path) -> str:
    """What to do beside this backup where the instance's storage is not SQLite; empty where there is nothing to do."""
    path = home / "dagster.yaml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else None
    storage = (settings or {}).get("storage") or {}
    if "postgres" in storage:
        return "PostgreSQL : pg_dump --format=custom de la base de Dagster (docs/operations.md)"
    return f"stockage {', '.join(storage)} : à sauvegarder par ses propres moyens" if storage else ""


def is_sqlite(path: Path) -> bool:
    """Whether a file is an SQLite database (its first bytes say so)."""
    with path.open("rb") as handle:
        return handle.read(16) == b"SQLite format 3\x00"


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file of the instance: a database as it is at one moment, another file as it is.

    Raises `BackupError` where a database is locked for longer than `SECONDS` or damaged.
    """
    if not is_sqlite(path):
        with path.open("rb") as handle:
            yield handle
        return
    with tempfile.TemporaryDirectory(prefix="procurement-assets-") as folder:
        copy = Path(folder) / "copy.db"
        try:
            source = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=SECONDS)
            target = sqlite3.connect(copy)
            try:
                source.backup(target)
                target.execute("PRAGMA journal_mode=DELETE")
                (state,) = target.execute("PRAGMA quick_check(1)").fetchone()
            finally:
                target.close()
                source.close()
        except sqlite3.Error as error:
            raise BackupError(f"{path} : base illisible ({error}) ; relancer, ou arrêter Dagster d'abord") from error
        if state != "ok":
            raise BackupError(f"{path} : base abîmée ({state}) ; la restaurer depuis une sauvegarde précédente")
        with copy.open("rb") as handle:
            yield handle
