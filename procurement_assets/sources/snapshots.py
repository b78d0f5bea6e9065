"""Refreshing sources: the listing, then each file, then the manifest. The store itself is `sources.store`.

A listing that cannot be had, or that is not whole, never counts as empty: `SourceUnavailable` is raised and the rows
of the source stay as they were.
"""

from __future__ import annotations

import logging
import tempfile
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from procurement_assets.lake import Lake
from procurement_assets.publishers import Publishers, Source
from procurement_assets.settings import Settings
from procurement_assets.sources.datagouv import list_resources
from procurement_assets.sources.errors import HttpError, NotFound, SourceEmptied, SourceUnavailable
from procurement_assets.sources.http import HttpClient
from procurement_assets.sources.manifest import ManifestRow, read_manifest, write_manifest
from procurement_assets.sources.members import with_members
from procurement_assets.sources.offers import Offer
from procurement_assets.sources.opendatasoft import list_export
from procurement_assets.sources.parts import parts_folder
from procurement_assets.sources.store import holds, open_raw, store_file
from procurement_assets.sources.taking import set_gone, still_wanted, take
from procurement_assets.storage_errors import storage_told

log = logging.getLogger(__name__)

__all__ = ["SourceEmptied", "SourceUnavailable", "open_raw", "read_manifest", "refresh_publisher", "refresh_source"]

_NOT_LISTED = "le fichier n'est plus dans la liste de la source"


def refresh_publisher(
    publishers: Publishers,
    publisher_id: str,
    *,
    lake: Lake,
    settings: Settings,
    now: datetime,
    http: HttpClient | None = None,
) -> list[ManifestRow]:
    """Refresh every source of a publisher and write its manifest; its rows, by source and resource.

    Every source is tried. When some fail, the manifest is written with the last rows of these and the new rows of the
    others, then `SourceUnavailable` is raised, naming all of them. Offline, a source of which files are held stays as
    it is (a lake restored from a backup, docs/operations.md).
    """
    client = http or HttpClient.from_settings(settings)
    previous = read_manifest(lake, publisher_id)
    rows: list[ManifestRow] = []
    failures: list[SourceUnavailable] = []
    for source in publishers.sources_of(publisher_id):
        held = [r for r in previous if r.source == source.id]
        if client.offline and source.kind != "sample" and any(holds(lake, r) for r in held):
            log.warning("source %s: PROCUREMENT_OFFLINE is set: the %d files held are used", source.id, len(held))
            rows += held
            continue
        try:
            with storage_told(str(lake / "raw") if lake.is_local else tempfile.gettempdir()):
                rows += refresh_source(source, lake=lake, http=client, previous=previous, now=now)
        except SourceUnavailable as failure:
            log.error("%s", failure)
            failures.append(failure)
            rows += [r for r in previous if r.source == source.id]
    written = write_manifest(lake, publisher_id, rows)
    if len(failures) == 1:
        raise failures[0]
    if failures:
        raise SourceUnavailable("\n".join(str(f) for f in failures))
    return written


def refresh_source(
    source: Source, *, lake: Lake, http: HttpClient, previous: Sequence[ManifestRow], now: datetime
) -> list[ManifestRow]:
    """The new manifest rows of a source, its files being in the store. `previous`: the last rows (of any source).

    Raises `SourceUnavailable` when its listing cannot be had or a file never held cannot be fetched.
    """
    if now.tzinfo is None:
        raise ValueError("now needs a time zone")
    stamp = now.astimezone(UTC).isoformat(timespec="seconds")
    own = [r for r in previous if r.source == source.id]
    before = {r.resource_id: r for r in own if not r.is_member}
    if source.kind == "sample":
        return _refresh_sample(source, lake, before, stamp)
    try:
        offers = _offers(source, lake, http)
    except NotFound as error:
        rows = _gone(before, source, lake, stamp, f"la source n'est plus publiée : {error.reason}")
        if rows:
            return with_members(rows, own, source=source, lake=lake, limit=http.max_bytes, stamp=stamp)
        raise _unavailable(source, error) from error
    except HttpError as error:
        raise _unavailable(source, error) from error
    in_use = [r for r in before.values() if r.sha256 and r.status != "gone"]
    if in_use and not offers:
        raise SourceEmptied(
            f"source {source.id!r} ({source.name}) : sa liste est vide, alors qu'elle offrait {len(in_use)} fichiers. "
            "C'est tenu pour une panne de la plateforme : rien n'a changé. Si elle a vraiment été vidée, retirer la "
            "source de publishers.toml."
        )
    rows = [
        take(offer, before.pop(offer.resource_id, None), source=source, lake=lake, http=http, stamp=stamp)
        for offer in offers
    ]
    rows += _gone(before, source, lake, stamp, _NOT_LISTED)
    rows = with_members(rows, own, source=source, lake=lake, limit=http.max_bytes, stamp=stamp)
    log.info("source %s: %s", source.id, dict(Counter(r.status for r in rows)))
    return rows


def _offers(source: Source, lake: Lake, http: HttpClient) -> list[Offer]:
    if source.kind == "datagouv":
        return list_resources(source, lake=lake, http=http)
    if source.kind == "opendatasoft":
        return list_export(source, lake=lake, http=http)
    return [Offer(resource_id=source.id, title=source.name, url=source.url)]


def _gone(rows: dict[str, ManifestRow], source: Source, lake: Lake, stamp: str, reason: str) -> list[ManifestRow]:
    """Rows of the files no longer offered: those whose bytes are held and that the settings still ask for."""
    return [set_gone(r, source, stamp, reason) for r in rows.values() if still_wanted(r, source) and holds(lake, r)]


def _unavailable(source: Source, error: HttpError) -> SourceUnavailable:
    return SourceUnavailable(
        f"source {source.id!r} ({source.name}) : sa liste ne peut pas être lue à {error.url} : {error.reason}. Rien "
        "n'a changé : les derniers fichiers servent encore. Vérifier l'adresse dans publishers.toml et le réseau "
        "(PROCUREMENT_MIRROR tient lieu des hôtes publics), puis relancer."
    )


def _refresh_sample(source: Source, lake: Lake, before: dict[str, ManifestRow], stamp: str) -> list[ManifestRow]:
    """Generated files. Those of other settings are not kept as `gone`: the rows are exactly what the settings make."""
    # Imported here: the generator is not needed to read real sources.
    from procurement_assets.sample import write_sample_files

    rows = []
    with tempfile.TemporaryDirectory(prefix="sample-", dir=parts_folder(lake)) as folder:
        for file in write_sample_files(source, Path(folder)):
            sha256, size = store_file(lake, Path(file.path))
            known = before.get(file.title)
            same = known is not None and known.sha256 == sha256
            rows.append(
                ManifestRow(
                    source=source.id,
                    resource_id=file.title,
                    title=file.title,
                    url=f"sample://{source.id}/{file.title}",
                    status="unchanged" if same else "kept",
                    sha256=sha256,
                    bytes=size,
                    published_at=file.published_at,
                    created_at=file.published_at,
                    fetched_at=known.fetched_at if known and same else stamp,
                    checked_at=stamp,
                    read=source.read,
                )
            )
    return rows
