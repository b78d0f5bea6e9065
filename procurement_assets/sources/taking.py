"""Taking one offered file: what needs no request, what is downloaded, what becomes of a failure.

| what happens | known good bytes | never seen |
|---|---|---|
| announced checksum is that of the bytes held, or 304 | `unchanged` | |
| whole verified body | `kept` | `kept` |
| page in place of data, too large, access refused | `stale` | `refused` |
| 404, 410 | `gone` | `refused` |
| no network, server failing | `stale` | `SourceUnavailable`: nothing can be said of the file |
"""

from __future__ import annotations

import hashlib
import logging
from datetime import UTC
from email.utils import parsedate_to_datetime

import msgspec
from upath import UPath

from procurement_assets.lake import Lake, write_bytes
from procurement_assets.publishers import Source
from procurement_assets.sources.errors import HttpError, NotData, NotFound, Refused, SourceUnavailable, Unreachable
from procurement_assets.sources.http import FetchResult, HttpClient
from procurement_assets.sources.manifest import ManifestRow
from procurement_assets.sources.offers import Offer, digest, verifiable
from procurement_assets.sources.parts import Part, open_part, parts_folder
from procurement_assets.sources.store import holds, raw_digest, store_file

log = logging.getLogger(__name__)

CHECKSUM_DIFFERS = "somme de contrôle annoncée différente de celle des octets gardés, que le serveur confirme"
DOWNLOADS = 4
"""Whole downloads of a file whose bytes do not agree with what is announced, before it is refused."""


def take(
    offer: Offer, known: ManifestRow | None, *, source: Source, lake: Lake, http: HttpClient, stamp: str
) -> ManifestRow:
    """The manifest row of an offered file, once its bytes are in the store. See the module's table."""
    known = _last_good(offer, known, source, lake)
    if offer.ignored:
        return _left_out(offer, known, source, stamp)
    if not offer.url:
        return _failed(offer, known, source, Refused("", "no address", "aucune adresse dans la liste"), stamp)
    if known and _is_announced(lake, known, offer.checksum):
        return _unchanged(offer, known, source, stamp)
    try:
        with open_part(parts_folder(lake), offer.url) as part:
            result, doubt = download(offer, known, http, part)
            if result.not_modified and known:
                return _unchanged(offer, known, source, stamp, reason=doubt)
            sha256, size = store_file(lake, part.path)
            part.discard()
    except Unreachable as error:
        if known is None:
            raise SourceUnavailable(
                f"source {source.id!r} ({source.name}) : le fichier {offer.title!r} n'a jamais été reçu et ne peut pas "
                f"l'être de {error.url} : {error.reason}. Les fichiers déjà reçus sont gardés : relancer quand "
                "l'adresse répondra."
            ) from error
        return _failed(offer, known, source, error, stamp)
    except HttpError as error:
        return _failed(offer, known, source, error, stamp)
    row = _kept(offer, result, source, stamp, sha256=sha256, size=size, doubt=doubt)
    write_bytes(_receipt_path(lake, row.source, row.resource_id), msgspec.json.encode(row))
    return row


def download(offer: Offer, known: ManifestRow | None, http: HttpClient, part: Part) -> tuple[FetchResult, str]:
    """A verified body in `part`, or "not modified"; with it, what the manifest has to say of a doubt.

    An announced checksum can lag behind the file. Bytes that differ from it, or whose end nothing marked, are accepted
    when a second download from scratch gives the same.
    """
    same_address = known is not None and known.url == offer.url
    etag, last_modified = (known.etag, known.http_last_modified) if known and same_address else ("", "")
    seen, cut = "", False
    for count in range(DOWNLOADS):
        result = http.fetch(offer.url, part, etag=etag, last_modified=last_modified, fresh=count > 0)
        if result.not_modified:
            # The server vouches for the bytes held; the listing announces others.
            return result, CHECKSUM_DIFFERS if verifiable(offer.checksum) else ""
        cut = not _ends_as_expected(part, offer.last_byte)
        if not cut:
            agrees = _agrees(part, offer, result)
            if agrees:
                return result, ""
            sha256 = digest(part.path, "sha256")
            if sha256 == seen:
                return result, CHECKSUM_DIFFERS if verifiable(offer.checksum) else ""
            seen = sha256
        log.warning("%s: download %d does not agree with what is announced; once more", offer.url, count + 1)
        part.discard()
    if cut:
        raise NotData(offer.url, f"ends early, {DOWNLOADS} times", f"fichier tronqué ({DOWNLOADS} téléchargements)")
    raise Refused(offer.url, "other bytes at each download", "octets différents à chaque téléchargement")


def _agrees(part: Part, offer: Offer, result: FetchResult) -> bool:
    """The bytes are those announced; where nothing is announced, the end of the body was marked."""
    announced = verifiable(offer.checksum)
    if announced is None:
        return result.head.length_known
    algorithm, value = announced
    return digest(part.path, algorithm) == value


def _ends_as_expected(part: Part, last_byte: bytes) -> bool:
    if not last_byte:
        return True
    with part.path.open("rb") as handle:
        handle.seek(max(part.size - 1024, 0))
        return handle.read().rstrip().endswith(last_byte)


def _is_announced(lake: Lake, known: ManifestRow, announced: str) -> bool:
    """The listing announces the bytes already held: no request is needed."""
    if not announced:
        return False
    if known.published_checksum == announced and not known.reason:
        return True
    check = verifiable(announced)
    return check is not None and raw_digest(lake, known.sha256, check[0]) == check[1]


def _last_good(offer: Offer, known: ManifestRow | None, source: Source, lake: Lake) -> ManifestRow | None:
    """The last good bytes of a file: by the manifest, or by the receipt of a refresh that did not reach its end."""
    try:
        receipt = msgspec.json.decode(_receipt_path(lake, source.id, offer.resource_id).read_bytes(), type=ManifestRow)
    except (FileNotFoundError, msgspec.MsgspecError):
        receipt = None
    candidates = [r for r in (known, receipt) if r is not None and holds(lake, r)]
    return max(candidates, key=lambda r: r.fetched_at, default=None)


def _receipt_path(lake: Lake, source_id: str, resource_id: str) -> UPath:
    key = hashlib.sha256(f"{source_id}\n{resource_id}".encode()).hexdigest()
    return lake / "raw" / "http" / "receipts" / f"{key}.json"


def _row(offer: Offer, source: Source, stamp: str) -> ManifestRow:
    return ManifestRow(
        source=source.id,
        resource_id=offer.resource_id,
        title=offer.title,
        url=offer.url,
        status="refused",
        published_at=offer.published_at,
        created_at=offer.created_at,
        checked_at=stamp,
        read=source.read,
    )


def _kept(
    offer: Offer, result: FetchResult, source: Source, stamp: str, *, sha256: str, size: int, doubt: str
) -> ManifestRow:
    """The row of bytes downloaded in this run."""
    return msgspec.structs.replace(
        _row(offer, source, stamp),
        status="kept",
        sha256=sha256,
        bytes=size,
        published_at=offer.published_at or moment(result.head.last_modified),
        etag=result.head.etag,
        http_last_modified=result.head.last_modified,
        content_type=result.head.content_type,
        published_checksum=offer.checksum,
        fetched_at=stamp,
        reason=doubt,
    )


def moment(http_date: str) -> str:
    """A date of HTTP in ISO 8601, UTC; empty where it is none. What dates a file of which no listing says anything."""
    try:
        return parsedate_to_datetime(http_date).astimezone(UTC).isoformat()
    except ValueError:
        return ""


def _unchanged(offer: Offer, known: ManifestRow, source: Source, stamp: str, *, reason: str = "") -> ManifestRow:
    """The same bytes, with what the listing now says of them."""
    same_address = known.url == offer.url
    return msgspec.structs.replace(
        _row(offer, source, stamp),
        status="unchanged",
        sha256=known.sha256,
        bytes=known.bytes,
        published_at=offer.published_at or known.published_at,
        # Validators are an address's own.
        etag=known.etag if same_address else "",
        http_last_modified=known.http_last_modified if same_address else "",
        content_type=known.content_type,
        published_checksum=offer.checksum,
        fetched_at=known.fetched_at,
        reason=reason,
    )


def _failed(offer: Offer, known: ManifestRow | None, source: Source, error: HttpError, stamp: str) -> ManifestRow:
    """The row of a file that could not be had: the last good bytes stay in use where there are some."""
    if known is None:
        log.warning("source %s: %r refused: %s", source.id, offer.title, error)
        return msgspec.structs.replace(_row(offer, source, stamp), reason=error.reason)
    if isinstance(error, NotFound):
        return set_gone(known, source, stamp, error.reason)
    log.warning("source %s: %r is stale, bytes of %s still used: %s", source.id, offer.title, known.fetched_at, error)
    return msgspec.structs.replace(known, status="stale", reason=error.reason, checked_at=stamp, read=source.read)


def set_gone(known: ManifestRow, source: Source, stamp: str, reason: str) -> ManifestRow:
    """The row of a file that is no longer offered; its bytes stay in use."""
    if known.status != "gone":
        log.warning("source %s: %r is gone, its last bytes are still used: %s", source.id, known.title, reason)
    return msgspec.structs.replace(known, status="gone", reason=reason, checked_at=stamp, read=source.read)


def still_wanted(known: ManifestRow, source: Source) -> bool:
    """The settings still ask for a file that the listing no longer offers as it was."""
    return not source.titles or known.title in source.titles


def _left_out(offer: Offer, known: ManifestRow | None, source: Source, stamp: str) -> ManifestRow:
    """A file left out. One that was read until now and that the settings still ask for is `gone`: a change of title or
    of type on the platform must not take contracts away."""
    if known is not None and still_wanted(known, source):
        return set_gone(known, source, stamp, offer.ignored)
    return msgspec.structs.replace(_row(offer, source, stamp), status="ignored", reason=offer.ignored)
