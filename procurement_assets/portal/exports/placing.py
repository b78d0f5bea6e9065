"""Whole files: made aside, then moved into place; a file whose bytes have not changed is left alone.

A file of the exports is always replaced and never rewritten in place: the publication holds links to the former ones.
"""

from __future__ import annotations

import filecmp
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from upath import UPath

from procurement_assets.lake import put_file

_BLOCK = 1 << 20


@contextmanager
def placed(target: UPath) -> Iterator[Path]:
    """A local path of the same name to write to; the file takes the place of `target` if the block ends well."""
    local = getattr(target, "protocol", "") in ("", "file", "local")
    if local:
        target.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=str(target.parent) if local else None))
    try:
        made = aside / target.name
        yield made
        if local:
            _move(made, Path(str(target)))
        elif not target.exists() or digest(target) != digest(UPath(made)):
            put_file(made, target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _move(made: Path, target: Path) -> None:
    if target.exists() and filecmp.cmp(made, target, shallow=False):
        return
    with made.open("rb") as handle:
        os.fsync(handle.fileno())
    made.replace(target)


def digest(path: UPath | Path) -> tuple[int, str]:
    """Bytes and sha256 of a file, read block by block."""
    size, found = 0, hashlib.sha256()
    with path.open("rb") as handle:
        while block := handle.read(_BLOCK):
            size += len(block)
            found.update(block)
    return size, found.hexdigest()
