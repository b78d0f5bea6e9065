"""The rows of the files of archives: made from that of their archive, each time that the source is refreshed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from procurement_assets.lake import Lake
from procurement_assets.publishers import Source
from procurement_assets.sources.archives import Member, members_of
from procurement_assets.sources.manifest import ManifestRow
from procurement_assets.sources.store import holds
from procurement_assets.sources.taking import set_gone

_NOT_IN_ARCHIVE = "le fichier n'est plus dans son archive"


def with_members(
    rows: Iterable[ManifestRow],
    previous: Sequence[ManifestRow],
    *,
    source: Source,
    lake: Lake,
    limit: int,
    stamp: str,
) -> list[ManifestRow]:
    """The rows of a source, each archive followed by its files; those that it no longer holds are `gone`."""
    out: list[ManifestRow] = []
    for row in rows:
        members = members_of(lake, row.sha256, limit) if source.read and row.sha256 else []
        if not members:
            out.append(msgspec.structs.replace(row, archive=""))
            continue
        out.append(msgspec.structs.replace(row, archive=row.resource_id))
        found = {m.resource_id: m for m in (_member_row(row, member) for member in members)}
        out += found.values()
        before = (r for r in previous if r.is_member and r.archive == row.resource_id and r.resource_id not in found)
        out += [set_gone(r, source, stamp, _NOT_IN_ARCHIVE) for r in before if holds(lake, r)]
    return out


def _member_row(archive: ManifestRow, member: Member) -> ManifestRow:
    kept = member.status == "kept"
    return msgspec.structs.replace(
        archive,
        archive=archive.resource_id,
        resource_id=f"{archive.resource_id}/{member.name}",
        title=f"{archive.title or archive.resource_id}/{member.name}",
        status=archive.status if kept else member.status,
        sha256=member.sha256,
        bytes=member.bytes,
        # These are the archive's.
        etag="",
        http_last_modified="",
        content_type="",
        published_checksum="",
        reason=archive.reason if kept else member.reason,
    )
