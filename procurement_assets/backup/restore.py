"""Restoring a backup: verified byte by byte first, written beside its place, then put in place by one rename.

Nothing is overwritten: a lake that is not empty is refused, and with `force` it is set aside, never deleted.
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import msgspec

from procurement_assets.backup.model import BackupError, Entry, Manifest
from procurement_assets.backup.store import Store

_HARMLESS = {"dagster.yaml"}
"""Files that any command puts into an empty Dagster home."""


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What a restoring did, or would do."""

    manifest: Manifest
    places: tuple[Path, ...]
    """The folders now in place."""
    aside: tuple[Path, ...] = ()
    """What was there before, set aside."""


def restore(
    store: Store, lake: str, home: Path | None, *, at: str = "", force: bool = False, dry_run: bool = False
) -> Restored:
    """Put a backup in place. `home` None: the lake alone. `at`: start of the backup's name; default: the last.

    Raises `BackupError` before anything is written: no such backup, a damaged one (the file is named), a place that is
    not empty (without `force`), a lake that is not a folder.
    """
    if "://" in lake:
        raise BackupError(
            f"{lake} : restaurer dans un dossier (PROCUREMENT_LAKE), puis le copier vers le stockage objet"
        )
    manifest = store.read(at)
    store.verify(manifest)
    places = [(Path(lake), manifest.of("lake"))]
    if home is not None and manifest.of("dagster"):
        places.append((home, manifest.of("dagster")))
    taken = [place for place, _ in places if _in_use(place)]
    if taken and not force:
        listed = ", ".join(str(p) for p in taken)
        raise BackupError(f"{listed} : pas vide, rien n'a été écrit ; --force le met de côté sans l'effacer")
    if dry_run:
        return Restored(manifest=manifest, places=tuple(p for p, _ in places), aside=tuple(taken))
    ready = [(place, _written(store, place, entries)) for place, entries in places]
    aside = tuple(filter(None, (_swap(place, new) for place, new in ready)))
    return Restored(manifest=manifest, places=tuple(p for p, _ in places), aside=aside)


def _in_use(place: Path) -> bool:
    return place.is_dir() and any(p.name not in _HARMLESS for p in place.iterdir())


def _written(store: Store, place: Path, entries: tuple[Entry, ...]) -> Path:
    """The files beside their place, under a name that no run reads; what a killed restoring left is not used."""
    new = place.with_name(f".{place.name}.restauration-{uuid.uuid4().hex[:8]}")
    for entry in entries:
        store.copy(entry, new / entry.path)
    return new


def _swap(place: Path, new: Path) -> Path | None:
    """Put `new` in place; returns where what was there is now."""
    place.parent.mkdir(parents=True, exist_ok=True)
    aside = None
    if _in_use(place):
        aside = place.with_name(f"{place.name}.avant-restauration-{uuid.uuid4().hex[:8]}")
        place.rename(aside)
    elif place.is_dir():
        for file in place.iterdir():
            file.unlink()
        place.rmdir()
    new.rename(place)
    descriptor = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return aside
