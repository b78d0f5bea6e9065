"""Taking a backup: everything as it was at one moment, reading only what changed since the last backup.

The lake is listed, copied and listed again until two lists are equal: what a run wrote meanwhile is copied too, so that
the history never names a segment that the backup lacks. The instance's databases are copied after the lake.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from upath import UPath

from procurement_assets.backup.instance import instance_files, is_sqlite, opened, outside_database
from procurement_assets.backup.model import FORMAT, BackupError, Entry, Manifest, is_kept
from procurement_assets.backup.store import Store
from procurement_assets.lake import Lake

PASSES = 6
"""Lists of the lake that may differ before a run is said to be writing in it."""
_RAW = re.compile(r"raw/sha256/[0-9a-f]{2}/([0-9a-f]{64})$")

Listing = dict[str, tuple[int, int]]
"""Path to size and date (ns)."""
Known = dict[tuple[str, str], Entry]
"""The entries of the last backup by root and path."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup did."""

    path: Path
    manifest: Manifest
    read: int
    """Files read: new or changed since the last backup."""
    read_bytes: int


def take(lake: Lake, home: Path | None, store: Store, *, now: Callable[[], datetime] | None = None) -> Taken:
    """Back up a lake and a Dagster instance (None: the lake alone) into a folder of backups.

    Raises `BackupError`: an empty lake, a raw file that is no longer what its name says, a lake that keeps changing.
    """
    if lake.is_local and store.folder.resolve().is_relative_to(Path(str(lake.root)).resolve()):
        raise BackupError(f"{store.folder} est dans le lac : sauvegarder ailleurs, au mieux sur une autre machine")
    moment = (now or (lambda: datetime.now(UTC)))()
    with store.alone():
        before: Known = {(e.root, e.path): e for e in store.read().entries} if store.manifests() else {}
        lake_entries = _Copier(store, before).settled(lake)
        read = [e for e in lake_entries if before.get(("lake", e.path)) != e]
        instance = _instance_entries(home, store, before) if home else []
        read += [e for e in instance if before.get(("dagster", e.path)) != e]
        manifest = Manifest(
            format=FORMAT,
            taken_at=moment.isoformat(timespec="seconds"),
            lake=str(lake.root),
            home=str(home or ""),
            database=outside_database(home) if home else "",
            entries=(*lake_entries, *instance),
        )
        path = store.write(manifest)
    return Taken(path=path, manifest=manifest, read=len(read), read_bytes=sum(e.bytes for e in read))


def listing(lake: Lake) -> Listing:
    """The files of the lake that are backed up, sorted by path."""
    found = {}
    for path, relative in _walk(lake.root):
        if is_kept(relative):
            try:
                stat = path.stat()
            except FileNotFoundError:
                continue  # replaced or removed since it was listed: the next list tells
            found[relative] = (stat.st_size, int(getattr(stat, "st_mtime_ns", 0)))
    return dict(sorted(found.items()))


def _walk(root: UPath) -> Iterator[tuple[UPath, str]]:
    start = root.path.rstrip("/")
    for path in root.rglob("*"):
        if path.is_file():
            yield path, path.path[len(start) + 1 :]


class _Copier:
    """Copies the files of the lake into the store; knows what it has already read."""

    def __init__(self, store: Store, before: Known) -> None:
        self.store = store
        self.known = {path: entry for (root, path), entry in before.items() if root == "lake"}

    def settled(self, lake: Lake) -> list[Entry]:
        """The entries of a lake that did not change while it was copied."""
        seen = listing(lake)
        if not seen:
            raise BackupError(f"{lake.root} : aucun fichier à sauvegarder ; vérifier PROCUREMENT_LAKE")
        for _ in range(PASSES):
            entries = [e for path, stat in seen.items() if (e := self._entry(lake, path, stat)) is not None]
            again = listing(lake)
            if again == seen:
                return entries
            seen = again
        raise BackupError(f"{lake.root} : un traitement écrit dans le lac ; relancer la sauvegarde quand il aura fini")

    def _entry(self, lake: Lake, path: str, stat: tuple[int, int]) -> Entry | None:
        size, mtime = stat
        known = self.known.get(path)
        if known and mtime and (known.bytes, known.mtime_ns) == stat and self.store.has(known):
            return known
        try:
            with (lake.root / path).open("rb") as handle:
                sha256, size = self.store.put(handle)
        except FileNotFoundError:
            return None
        raw = _RAW.match(path)
        if raw and raw.group(1) != sha256:
            raise BackupError(
                f"{lake.root}/{path} ne correspond plus à son nom (sha256 {sha256}) : le fichier brut est abîmé ; le"
                " remettre depuis une sauvegarde précédente, puis relancer"
            )
        entry = Entry(root="lake", path=path, bytes=size, sha256=sha256, mtime_ns=mtime)
        self.known[path] = entry
        return entry


def _instance_entries(home: Path, store: Store, before: Known) -> list[Entry]:
    if not home.is_dir():
        raise BackupError(f"{home} : pas d'instance Dagster ; vérifier DAGSTER_HOME, ou --lake-only")
    entries = []
    for name in instance_files(home):
        path = home / name
        try:
            stat = path.stat()
            known = before.get(("dagster", name))
            same = known and (known.bytes, known.mtime_ns) == (stat.st_size, stat.st_mtime_ns)
            if known and same and store.has(known) and not is_sqlite(path):
                entries.append(known)
                continue
            with opened(path) as handle:
                sha256, size = store.put(handle)
        except FileNotFoundError:
            continue  # a log of a run that was pruned meanwhile
        entries.append(Entry(root="dagster", path=name, bytes=size, sha256=sha256, mtime_ns=stat.st_mtime_ns))
    return entries
