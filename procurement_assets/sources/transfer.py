"""From one HTTP answer to a download under way: what is accepted, what is tried again, what is refused.

requests does not compare Content-Length with what arrived, and takes a maintenance page served as 200 for data; this
module does not. Range rules: RFC 9110 §13 and §14; validators: §8.8.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from email.utils import parsedate_to_datetime

import requests
import urllib3

from procurement_assets.sources.errors import TooLarge, Transient
from procurement_assets.sources.parts import BodyHead, Part

CHUNK = 64 * 1024

_HTML = re.compile(r"(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html[\s>])", re.IGNORECASE | re.DOTALL)
# Bodies that platforms publish or serve in place of a file (research/decp.md §1.7: "Internal server error" as data).
_ERROR_TEXT = re.compile(
    r"(?:internal server error|bad gateway|(?:503 )?service (?:temporarily )?unavailable|gateway time-?out"
    r"|too many requests|upstream connect error|no healthy upstream|proxy error|access denied)",
    re.IGNORECASE,
)
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")


def page_in_place_of_data(start: bytes, content_type: str) -> str:
    """What stands in place of data, by its first bytes; "" for data.

    A JSON or XML body labelled text/html is data: badly set servers do that. An HTML body labelled JSON is a page.
    """
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = start[:2048].decode("utf-16", errors="replace")
    else:
        text = start[:2048].removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    text = text.lstrip()
    if _HTML.match(text):
        return "an HTML page"
    if content_type.partition(";")[0].strip().lower() in ("text/html", "application/xhtml+xml") and (
        text[:1] not in ("{", "[", "<") or not text
    ):
        return "a text labelled text/html"
    if len(start) < 1024 and _ERROR_TEXT.match(text):
        return f"an error text ({text[:60].strip()!r})"
    return ""


def receive(response: requests.Response, part: Part, *, url: str, limit: int) -> None:
    """Read the body of a 200, 206 or 416 into the part; it is whole when this returns.

    Raises `Transient` (another attempt may do better, and goes on from what the part holds) and `TooLarge`.
    """
    if response.status_code == 416:
        _settle_unsatisfiable(response, part)
        return
    total = _continued_total(response, part) if response.status_code == 206 else None
    resumed = response.status_code == 206
    announced = content_length(response)
    held = part.size if resumed else 0
    if announced is not None and held + announced > limit:
        part.discard()
        raise too_large(url, held + announced, limit)
    chunks = _chunks(response)
    start = next(chunks, b"")
    if not resumed:
        page = page_in_place_of_data(start, response.headers.get("Content-Type", ""))
        if page:  # before the part is touched: what it holds can still be resumed
            raise Transient(f"{page} was served in place of data", _PAGE_REASON, page=True)
        part.begin(body_head(response))
    received = _append(part, start, chunks, url=url, limit=limit)
    if announced is not None and not _encoded(response) and received != announced:
        raise _cut(f"{received} bytes received of {announced} announced")
    if total is not None and part.size != total:
        part.discard()
        raise _cut(f"the file holds {total} bytes, {held + received} were put together")


_PAGE_REASON = "le serveur envoie une page ou un message d'erreur à la place des données"


def too_large(url: str, size: int, limit: int) -> TooLarge:
    """The error for a body over the size limit."""
    mega = 1024 * 1024
    return TooLarge(
        url,
        f"{size} bytes or more, over the limit of {limit} (PROCUREMENT_MAX_DOWNLOAD_MB)",
        f"fichier d'au moins {size / mega:.1f} Mio, au-delà de la limite de {limit / mega:.1f} Mio",
    )


def content_length(response: requests.Response) -> int | None:
    """Content-Length, None where it is absent or meaningless."""
    value = response.headers.get("Content-Length", "").strip()
    return int(value) if value.isascii() and value.isdigit() else None


def body_head(response: requests.Response) -> BodyHead:
    """What the headers of a whole body say of it."""
    headers = response.headers
    return BodyHead(
        etag=headers.get("ETag", ""),
        last_modified=headers.get("Last-Modified", ""),
        content_type=headers.get("Content-Type", ""),
        validator="" if _encoded(response) else _strong_validator(headers),
        length_known=content_length(response) is not None
        or headers.get("Transfer-Encoding", "").strip().lower() == "chunked",
    )


def _strong_validator(headers: requests.structures.CaseInsensitiveDict[str]) -> str:
    """What `If-Range` may carry: a strong ETag, else a date a minute older than the answer (RFC 9110 §8.8.2.2)."""
    etag = headers.get("ETag", "")
    if etag:
        return "" if etag.startswith("W/") else etag
    try:
        modified = parsedate_to_datetime(headers["Last-Modified"])
        answered = parsedate_to_datetime(headers["Date"])
        old_enough = answered - modified >= timedelta(seconds=60)
    except (KeyError, ValueError, TypeError):
        return ""
    return headers["Last-Modified"] if old_enough else ""


def _encoded(response: requests.Response) -> bool:
    """The server compressed the body although `identity` was asked: decoded on the way, so never resumed."""
    return response.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity")


def _continued_total(response: requests.Response, part: Part) -> int | None:
    """Length of the whole file, when a 206 goes on exactly where the part stops; the part is dropped otherwise."""
    found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
    head, etag = part.head, response.headers.get("ETag", "")
    if found and head and int(found[1]) == part.size and (not etag or etag == head.etag) and not _encoded(response):
        return None if found[3] == "*" else int(found[3])
    part.discard()
    raise Transient("a 206 that does not continue what was held", "reprise de téléchargement incohérente")


def _settle_unsatisfiable(response: requests.Response, part: Part) -> None:
    """416: nothing lies after what is held. Either all of it was already there, or it is not the same file."""
    if response.headers.get("Content-Range", "").replace(" ", "") == f"bytes*/{part.size}" and part.size:
        return
    part.discard()
    raise Transient("416: the range asked for does not exist any more", "reprise de téléchargement refusée (416)")


def _chunks(response: requests.Response) -> Iterator[bytes]:
    """The body piece by piece; a failing network raises `Transient`."""
    try:
        if _encoded(response):
            yield from response.iter_content(CHUNK)
            return
        # Below requests: its iterator loses the last pieces of a body that is cut, and they are worth resuming from.
        while chunk := response.raw.read(CHUNK, decode_content=False):
            yield chunk
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise _cut(f"the body stopped: {error}") from error


def _append(part: Part, start: bytes, chunks: Iterator[bytes], *, url: str, limit: int) -> int:
    """Add the pieces to the part; how many bytes came. Stops as soon as the limit is passed."""
    received = 0
    held = part.size
    with part.path.open("ab") as handle:
        chunk = start
        while chunk:
            received += len(chunk)
            part.received += len(chunk)
            if held + received > limit:
                part.discard()
                raise too_large(url, held + received, limit)
            handle.write(chunk)
            chunk = next(chunks, b"")
    return received


def _cut(detail: str) -> Transient:
    return Transient(f"cut body: {detail}", "réponse interrompue avant la fin")
