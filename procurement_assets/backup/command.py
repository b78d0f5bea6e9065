"""`python -m procurement_assets backup --to FOLDER` and `restore --from FOLDER`: what they print is for people."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import Any

from procurement_assets.backup.model import BackupError
from procurement_assets.backup.restore import Restored, restore
from procurement_assets.backup.store import Store
from procurement_assets.backup.take import take
from procurement_assets.lake import Lake
from procurement_assets.settings import load_settings
from procurement_assets.storage_errors import StorageError, storage_told

_MB = 1e6


def add_commands(commands: Any) -> None:
    """Add both commands to the parser of `procurement_assets`."""
    back = commands.add_parser("backup", help="sauvegarder ce qui ne se refait pas : lac et instance Dagster")
    back.add_argument("--to", type=Path, required=True, metavar="DOSSIER", help="dossier des sauvegardes")
    back.add_argument("--keep", type=_kept, default=0, metavar="N", help="ne garder que les N dernières (toutes)")
    back.add_argument("--lake-only", action="store_true", help="sans l'instance Dagster")
    back.set_defaults(run=_backup)
    undo = commands.add_parser("restore", help="remettre une sauvegarde en place, vérifiée d'abord")
    undo.add_argument("--from", dest="source", type=Path, required=True, metavar="DOSSIER")
    undo.add_argument("--at", default="", metavar="DATE", help="début du nom de la sauvegarde (la dernière)")
    undo.add_argument("--dry-run", action="store_true", help="vérifier et dire ce qui serait fait, sans rien écrire")
    undo.add_argument("--force", action="store_true", help="mettre de côté ce qui est en place")
    undo.add_argument("--lake-only", action="store_true", help="sans l'instance Dagster")
    undo.set_defaults(run=_restore)


def _kept(text: str) -> int:
    """How many backups are kept, 0 for all. Raises ArgumentTypeError, in one line, for what is no number."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} : attendu un nombre de sauvegardes, 0 pour toutes")
    return int(text)


def dagster_home() -> Path:
    """The Dagster instance of the environment, else that of `make refresh`."""
    return Path(os.environ.get("DAGSTER_HOME") or Path.cwd() / ".dagster" / "main").resolve()


def _backup(args: argparse.Namespace) -> int:
    started = time.monotonic()
    store = Store(args.to.resolve())
    try:
        with storage_told(str(args.to)):
            taken = take(Lake(load_settings().lake), None if args.lake_only else dagster_home(), store)
    except StorageError as error:
        raise BackupError(str(error)) from error
    except OSError as error:
        raise BackupError(f"{error.filename or args.to} : {error.strerror or error} ; vérifier --to") from error
    manifest = taken.manifest
    print(f"Sauvegarde {taken.path.name} : {len(manifest.entries)} fichiers, {manifest.total_bytes / _MB:.1f} Mo")
    print(f"Nouveaux ou changés : {taken.read} fichiers, {taken.read_bytes / _MB:.1f} Mo")
    if manifest.database:
        print(f"À sauvegarder à part : {manifest.database}")
    if args.keep > 0:
        print(f"Anciennes sauvegardes oubliées : {store.keep_last(args.keep)}")
    print(f"Durée : {time.monotonic() - started:.1f} s")
    return 0


def _restore(args: argparse.Namespace) -> int:
    started = time.monotonic()
    home = None if args.lake_only else dagster_home()
    options = {"at": args.at, "force": args.force, "dry_run": args.dry_run}
    done = restore(Store(args.source.resolve()), load_settings().lake, home, **options)
    _tell(done, args.dry_run)
    print(f"Durée : {time.monotonic() - started:.1f} s")
    return 0


def _tell(done: Restored, dry_run: bool) -> None:
    manifest = done.manifest
    size = f"{len(manifest.entries)} fichiers, {manifest.total_bytes / _MB:.1f} Mo"
    print(f"Sauvegarde du {manifest.taken_at}, vérifiée : {size}")
    for place in done.places:
        print(f"{'Serait remis' if dry_run else 'Remis'} en place : {place}")
    for aside in done.aside:
        print(f"{'Serait mis' if dry_run else 'Mis'} de côté : {aside}")
    if manifest.database:
        print(f"À restaurer à part : {manifest.database}")
    if not dry_run:
        print("Ensuite : python -m procurement_assets refresh, qui refait les exports")
