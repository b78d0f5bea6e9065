"""The lake: one root folder or bucket, and where each thing lies in it. Writing is whole or not at all.

    raw/sha256/AB/ABCD…          raw files by content, never rewritten (`sources.snapshots`)
    raw/manifest/PUBLISHER.parquet  what each source offers and what is held of it (`sources.manifest`)
    raw/http/…                   last listings and last answers by address, so that nothing is downloaded twice
    raw/archives/…               what each zip archive holds, by its sha256 (`sources.archives`)
    raw/parts/…                  downloads under way (local lakes only)
    parsed/VERSION/SHA256.parquet  records of a raw file already read, by reader version
    registers/…                  public lists that the tables are compared with: CPV, SIRENE… (`registers.store`)
    reference/…                  schemas, code lists and extensions, pinned by sha256
    tables/TABLE/PUBLISHER.parquet
    ocds/PUBLISHER/…             releases and compiled releases (JSON Lines)
    quality/PUBLISHER/…          figures of every run, profiles of raw files: kept, never made again (`quality.trend`)
    corrections/PUBLISHER/a_corriger, recues   correction files, sent and come back (`quality.corrections.folder`)
    exports/PUBLISHER/…          what is given out
    exports_history/PUBLISHER/…  what each publication changed, never rewritten (`portal.exports.history`)

A file is written under a temporary name in the same folder, then renamed: a reader sees the old bytes or the new
ones, never half. A file whose bytes have not changed is left alone, so that its date says when its content changed.
"""

from __future__ import annotations

import io
import os
import re
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import polars as pl
from upath import UPath

from procurement_assets.storage_errors import storage_told

ROW_GROUP = 122_880
"""Rows of a row group: DuckDB's own, so that it reads with every core."""
DOCUMENTS = {"normalised_records": 16_384}
"""Tables whose rows are whole documents, read a few thousand at a time (`ocds.current`): rows of a row group."""
_BUFFER = 1 << 20
"""Bytes written at once: a release is three times the usual buffer, and each would be a call to the system."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Lake:
    """Paths and whole-file writing under one root (`/folder` or `s3://bucket/prefix`)."""

    def __init__(self, root: str | Path) -> None:
        self.root = UPath(root)

    @property
    def is_local(self) -> bool:
        """Whether the lake is a folder of this machine."""
        return _is_local(self.root)

    def __truediv__(self, relative: str) -> UPath:
        return self.root / relative

    def table(self, table: str, publisher: str) -> UPath:
        """Where a table of a publisher lies."""
        return self.root / "tables" / table / f"{publisher}.parquet"

    def exports(self, publisher: str) -> UPath:
        """The folder of what a publisher gives out."""
        return self.root / "exports" / publisher

    def ocds(self, publisher: str) -> UPath:
        """The folder of a publisher's OCDS working files."""
        return self.root / "ocds" / publisher

    def raw(self, sha256: str) -> UPath:
        """Where a raw file lies, by the sha256 of its bytes."""
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"{sha256!r} is not a sha256: a manifest row without bytes has no raw file")
        return self.root / "raw" / "sha256" / sha256[:2] / sha256

    def write_table(self, frame: pl.DataFrame, table: str, publisher: str) -> UPath:
        """Write a table as Parquet (zstd). The same rows give the same bytes."""
        path = self.table(table, publisher)
        buffer = io.BytesIO()
        frame.write_parquet(buffer, compression="zstd", statistics=True, row_group_size=DOCUMENTS.get(table, ROW_GROUP))
        write_bytes(path, buffer.getvalue())
        return path

    def read_table(self, table: str, publisher: str, columns: list[str] | None = None) -> pl.DataFrame:
        """A table of a publisher. Raises FileNotFoundError, naming the asset to run, where it was never made."""
        with self.existing_table(table, publisher).open("rb") as handle:
            return pl.read_parquet(handle, columns=columns)

    def existing_table(self, table: str, publisher: str) -> UPath:
        """Where a table lies, for whoever reads it by parts. Raises FileNotFoundError as `read_table` does."""
        path = self.table(table, publisher)
        if not path.exists():
            raise FileNotFoundError(f"{path} manque : matérialiser d'abord l'actif qui fait la table {table!r}")
        return path


def write_bytes(path: UPath | Path, data: bytes) -> bool:
    """Write a whole file; return False where it already held exactly these bytes (it is then left alone)."""
    target = UPath(path)
    if target.exists() and target.stat().st_size == len(data) and target.read_bytes() == data:
        return False
    with replacing(target) as handle:
        handle.write(data)
    return True


@contextmanager
def replacing(path: UPath | Path) -> Iterator[BinaryIO]:
    """A handle on a temporary file that takes the place of `path` when the block ends without an error.

    On a local disk the file is synced and renamed. On object storage it is written to a local temporary file and sent
    when the block ends: closing an object that is open for writing would put what it holds so far, even on an error.

    Raises `StorageError` where the disk is full, read-only or forbidden.
    """
    target = UPath(path)
    if _is_local(target):
        temporary = Path(str(target.parent)) / f".{target.name}.{uuid.uuid4().hex}.part"
        with storage_told(str(target), str(temporary)), _renamed(temporary, Path(str(target))) as handle:
            yield handle
        return
    with storage_told(tempfile.gettempdir()), tempfile.NamedTemporaryFile(prefix="procurement-assets-") as local:
        yield cast(BinaryIO, local)
        local.flush()
        put_file(local.name, target)


@contextmanager
def _renamed(temporary: Path, target: Path) -> Iterator[BinaryIO]:
    """A handle on `temporary`, synced and renamed when the block ends; gone where the block fails."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with temporary.open("wb", buffering=_BUFFER) as handle:
            yield handle
            handle.flush()
            os.fsync(handle.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def put_file(local: str | Path, path: UPath) -> None:
    """Copy a local file to object storage, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.fs.put_file(str(local), path.path)


def _is_local(path: UPath) -> bool:
    return getattr(path, "protocol", "") in ("", "file", "local")
