"""A folder of backups.

    objects/AB/SHA256              bytes, by content: what two backups share is there once
    manifests/DATE-SHA8.json       one backup; the end of its name is the start of its own sha256

An object is written under a temporary name and renamed; a manifest is written after all its objects. A backup that was
killed leaves objects that the next one uses, and no manifest.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from procurement_assets.backup.model import FORMAT, BackupError, Entry, Manifest
from procurement_assets.lake import replacing

_BLOCK = 1 << 20


class Store:
    """A folder of backups on a disk (of another machine, mounted, for a backup worth its name)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def object(self, sha256: str) -> Path:
        """Where the bytes of a sha256 lie."""
        return self.folder / "objects" / sha256[:2] / sha256

    def put(self, source: BinaryIO) -> tuple[str, int]:
        """Keep the bytes of a stream; returns their sha256 and number. Bytes already kept are not written again."""
        waiting = self.folder / "objects" / ".new"
        digest, size = hashlib.sha256(), 0
        with replacing(waiting) as handle:
            while block := source.read(_BLOCK):
                digest.update(block)
                size += len(block)
                handle.write(block)
        sha256 = digest.hexdigest()
        target = self.object(sha256)
        if target.is_file() and target.stat().st_size == size:
            waiting.unlink()
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            waiting.replace(target)
        return sha256, size

    def has(self, entry: Entry) -> bool:
        """Whether the bytes of an entry are there, by their number: `verify` reads them."""
        path = self.object(entry.sha256)
        return path.is_file() and path.stat().st_size == entry.bytes

    def write(self, manifest: Manifest) -> Path:
        """Write the manifest of a backup whose objects are all there."""
        data = msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"
        stamp = manifest.taken_at.replace("-", "").replace(":", "").replace("+0000", "Z")
        path = self.folder / "manifests" / f"{stamp}-{hashlib.sha256(data).hexdigest()[:8]}.json"
        with replacing(path) as handle:
            handle.write(data)
        return path

    def manifests(self) -> list[Path]:
        """The manifests, oldest first."""
        return sorted((self.folder / "manifests").glob("*.json"))

    def read(self, name: str = "") -> Manifest:
        """The backup whose name starts so, by default the last. Raises `BackupError` where it is absent or damaged."""
        found = [p for p in self.manifests() if p.name.startswith(name)]
        if not found:
            raise BackupError(f"{self.folder} : aucune sauvegarde{f' {name}' if name else ''} ; vérifier le dossier")
        path = found[-1]
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest()[:8] != path.stem.rpartition("-")[2]:
            raise BackupError(f"{path} est abîmé ; utiliser une autre sauvegarde (--at DATE)")
        manifest = msgspec.json.decode(data, type=Manifest)
        if manifest.format != FORMAT:
            raise BackupError(f"{path} : format {manifest.format}, cette version lit le format {FORMAT}")
        return manifest

    def verify(self, manifest: Manifest) -> None:
        """Read every object of a backup. Raises `BackupError`, naming the first file that is missing or damaged."""
        seen: set[str] = set()
        for entry in manifest.entries:
            if entry.sha256 in seen:
                continue
            seen.add(entry.sha256)
            path = self.object(entry.sha256)
            where = f"{entry.root}/{entry.path} (objet {path})"
            if not path.is_file():
                raise BackupError(f"sauvegarde abîmée : {where} manque ; rien n'a été écrit ; essayer une autre (--at)")
            with path.open("rb") as handle:
                if hashlib.file_digest(handle, "sha256").hexdigest() != entry.sha256:
                    raise BackupError(
                        f"sauvegarde abîmée : {where} ne correspond plus à son empreinte ; rien n'a été écrit ;"
                        " essayer une autre (--at)"
                    )

    def copy(self, entry: Entry, target: Path) -> None:
        """Write the bytes of an entry, with the date of its source."""
        target.parent.mkdir(parents=True, exist_ok=True)
        with self.object(entry.sha256).open("rb") as source, target.open("wb") as handle:
            shutil.copyfileobj(source, handle, _BLOCK)
            handle.flush()
            os.fsync(handle.fileno())
        if entry.mtime_ns:
            os.utime(target, ns=(entry.mtime_ns, entry.mtime_ns))

    def keep_last(self, count: int) -> int:
        """Forget all but the last backups, and the objects that only they held; returns how many were forgotten."""
        forgotten = self.manifests()[:-count]
        kept = [self.read(p.name) for p in self.manifests()[-count:]]
        used = {e.sha256 for m in kept for e in m.entries}
        for path in forgotten:
            path.unlink()
        for path in (self.folder / "objects").glob("??/*"):
            if path.name not in used:
                path.unlink()
        return len(forgotten)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """One backup at a time in a folder. Raises `BackupError` where another is under way."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise BackupError(f"{self.folder} : une autre sauvegarde est en cours ; attendre sa fin") from error
            yield
