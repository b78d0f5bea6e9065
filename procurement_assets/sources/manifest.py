"""The manifest: one row per file that a source offers, with what was kept of it and when.

It is the raw layer's memory: `refresh` reads the last manifest to know what needs no download, and everything after
it reads raw files through it and never by listing a folder.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Literal

import msgspec
import polars as pl
from upath import UPath

from procurement_assets.lake import Lake, write_bytes

Status = Literal["kept", "unchanged", "stale", "refused", "ignored", "gone"]
"""`kept`: downloaded in this run. `unchanged`: already held, nothing was downloaded. `stale`: the source refused it
this time, the last good bytes are still used. `refused`: never had a usable body (HTML page, over the size limit, not
found). `ignored`: the source's settings leave it out. `gone`: no longer offered; the last bytes are kept and read."""


class ManifestRow(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a source. Key: `source`, `resource_id`.

    Only `fetched_at` and `checked_at` come from a clock, and no table after the raw layer reads them.
    """

    source: str
    resource_id: str
    title: str
    url: str
    """Public address (never the mirror's)."""
    status: Status
    sha256: str = ""
    """Of the bytes kept, "" where there are none: the raw file lies at `Lake.raw(sha256)`."""
    bytes: int = 0
    etag: str = ""
    http_last_modified: str = ""
    content_type: str = ""
    published_checksum: str = ""
    """`type:value` as the listing gives it, e.g. `sha1:3811…`."""
    published_at: str = ""
    """`last_modified` of the listing (ISO 8601), else of the file itself as its server tells it: the date of the data,
    used where a run date is needed."""
    created_at: str = ""
    fetched_at: str = ""
    """When these bytes were downloaded (UTC, ISO 8601)."""
    checked_at: str = ""
    reason: str = ""
    """For `stale`, `refused`, `ignored`, `gone`: why, in one French sentence. For `kept` and `unchanged`: a doubt about
    the bytes (an announced checksum that is not theirs), "" without one."""
    read: bool = True
    """False where the source is kept raw and not read as DECP."""
    archive: str = ""
    """For a file of an archive and for the archive itself: the `resource_id` of the archive."""

    @property
    def is_member(self) -> bool:
        """Whether it is a file of an archive."""
        return self.archive not in ("", self.resource_id)

    @property
    def is_archive(self) -> bool:
        """Whether its files are read in its place."""
        return self.archive == self.resource_id


SCHEMA: dict[str, pl.DataType] = {
    f.name: {"bytes": pl.Int64(), "read": pl.Boolean()}.get(f.name, pl.String())
    for f in msgspec.structs.fields(ManifestRow)
}
"""Columns of the manifest's Parquet file."""


class ManifestError(Exception):
    """The manifest of a publisher cannot be read."""


def manifest_path(lake: Lake, publisher_id: str) -> UPath:
    """Where the manifest of a publisher lies."""
    return lake / "raw" / "manifest" / f"{publisher_id}.parquet"


def read_manifest(lake: Lake, publisher_id: str) -> list[ManifestRow]:
    """The last manifest of a publisher, by source and resource; [] before the first refresh.

    Columns that a later version added are left out, those that an earlier version did not have take their default.
    """
    path = manifest_path(lake, publisher_id)
    if not path.exists():
        return []
    try:
        frame = pl.read_parquet(io.BytesIO(path.read_bytes()))
        rows = frame.select(c for c in frame.columns if c in SCHEMA).to_dicts()
        return msgspec.convert(rows, list[ManifestRow])
    except (pl.exceptions.PolarsError, msgspec.ValidationError) as error:
        raise ManifestError(
            f"{path} est illisible ({error}) : remettre une sauvegarde, ou le supprimer et relancer « refresh » "
            "(les fichiers bruts restent ; les lignes des fichiers qui ne sont plus offerts sont perdues)"
        ) from error


def write_manifest(lake: Lake, publisher_id: str, rows: Iterable[ManifestRow]) -> list[ManifestRow]:
    """Write the manifest of a publisher; the rows as written, by source and resource."""
    ordered = sorted(rows, key=lambda r: (r.source, r.resource_id))
    frame = pl.DataFrame([msgspec.structs.asdict(r) for r in ordered], schema=SCHEMA)
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd")
    write_bytes(manifest_path(lake, publisher_id), buffer.getvalue())
    return ordered
