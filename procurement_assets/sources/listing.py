"""Listings: small JSON documents asked at each refresh, conditionally.

The last body of each is kept in the lake (`raw/http/listings/`, by a hash of the address) with its validators, so that
an unchanged listing is a 304 with no body.
"""

from __future__ import annotations

import hashlib
from typing import TypeVar

import msgspec
from upath import UPath

from procurement_assets.lake import Lake, write_bytes
from procurement_assets.sources.errors import NotData
from procurement_assets.sources.http import HttpClient

T = TypeVar("T")


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    """For a person who reads the file."""
    etag: str
    last_modified: str
    body: msgspec.Raw


def read_listing(lake: Lake, http: HttpClient, url: str, type: type[T], *, fresh: bool = False) -> T:
    """The JSON document at an address, as `type`. `fresh` asks for the body even if nothing changed.

    Raises an `HttpError`; `NotData` when it has not the expected shape (it is then not kept).
    """
    path = lake / "raw" / "http" / "listings" / f"{hashlib.sha256(url.encode()).hexdigest()}.json"
    kept = None if fresh else _kept(path)
    if kept is not None:
        try:
            held = msgspec.json.decode(kept.body, type=type)
        except msgspec.MsgspecError:  # kept by a version that expected another shape: ask for the body again
            kept = None
    body = http.get(url, etag=kept.etag, last_modified=kept.last_modified) if kept else http.get(url)
    if body is None:
        return held
    try:
        document = msgspec.json.decode(body.data, type=type)
        text = msgspec.Raw(body.data)
        entry = _Kept(url=url, etag=body.head.etag, last_modified=body.head.last_modified, body=text)
        write_bytes(path, msgspec.json.encode(entry))
    except msgspec.MsgspecError as error:
        raise NotData(url, f"not the expected JSON: {error}", f"liste illisible ({error})") from error
    return document


def _kept(path: UPath) -> _Kept | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Kept)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None
