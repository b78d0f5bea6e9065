"""The content-addressed store of raw files: `Lake.raw(sha256)`, written once, never rewritten."""

from __future__ import annotations

import hashlib
import logging
import os
from pathlib import Path
from typing import BinaryIO

from procurement_assets.lake import Lake, put_file
from procurement_assets.sources.errors import RawCorrupted
from procurement_assets.sources.manifest import ManifestRow
from procurement_assets.sources.offers import digest

log = logging.getLogger(__name__)


def store_file(lake: Lake, path: Path) -> tuple[str, int]:
    """Move a local file into the store; its sha256 and size. Nothing is written where the store already has it.

    On a local disk the bytes and the folder entry are synced: a row of the manifest never names a file that a power
    failure can take away.
    """
    sha256, size = digest(path, "sha256"), path.stat().st_size
    target = lake.raw(sha256)
    if not has_raw(lake, sha256, size):
        if lake.is_local:
            _move(path, Path(str(target)))
        else:
            put_file(path, target)
    path.unlink(missing_ok=True)
    return sha256, size


def _move(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with path.open("rb") as handle:
        os.fsync(handle.fileno())
    path.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def has_raw(lake: Lake, sha256: str, size: int) -> bool:
    """Whether the store has these bytes.

    A file of another size than expected is the trace of a damage: it counts as absent, and is replaced.
    """
    path = lake.raw(sha256)
    try:
        found = path.stat().st_size
    except FileNotFoundError:
        return False
    if found != size:
        log.warning("%s holds %d bytes, %d expected: damaged, taken for absent", path, found, size)
    return bool(found == size)


def holds(lake: Lake, row: ManifestRow) -> bool:
    """Whether the bytes of a row are in the store."""
    return bool(row.sha256) and has_raw(lake, row.sha256, row.bytes)


def open_raw(lake: Lake, sha256: str, *, verify: bool = False) -> BinaryIO:
    """A raw file, open for reading. `verify` reads it once before, and raises `RawCorrupted` if it is not its name's.

    Raises FileNotFoundError, saying what to run, when it is not in the store.
    """
    path = lake.raw(sha256)
    if not path.exists():
        raise FileNotFoundError(f"{path} manque : relancer l'actif des fichiers bruts, qui le reprendra à sa source")
    if verify:
        found = raw_digest(lake, sha256, "sha256")
        if found != sha256:
            raise RawCorrupted(
                f"{path} a l'empreinte sha256 {found} : le supprimer et relancer l'actif des fichiers bruts"
            )
    return path.open("rb")


def raw_digest(lake: Lake, sha256: str, algorithm: str) -> str:
    """Hex digest of a raw file by another algorithm."""
    computed = hashlib.new(algorithm, usedforsecurity=False)
    with lake.raw(sha256).open("rb") as handle:
        while chunk := handle.read(1024 * 1024):
            computed.update(chunk)
    return computed.hexdigest()
