"""Listing of a dataset of data.gouv.fr, API v2: `…/api/2/datasets/{id}/resources/?page=1&page_size=50`.

Shape (research/decp.md §1.8): `data`, `next_page` (address or null), `total`; per resource `id`, `title`, `type`,
`format`, `url`, `latest` (an address that stays when the file is replaced), `checksum`, `last_modified`, `created_at`.
A listing that is not whole is refused: a file missing from it would be taken for a file withdrawn.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import msgspec

from procurement_assets.lake import Lake
from procurement_assets.publishers import Source
from procurement_assets.sources.errors import NotData
from procurement_assets.sources.http import HttpClient
from procurement_assets.sources.listing import read_listing
from procurement_assets.sources.offers import Offer, checksum

API = "https://www.data.gouv.fr/api/2/datasets/{dataset}/resources/?page=1&page_size=50"
MAX_PAGES = 1000
LISTING_TRIES = 2
"""A resource added between two pages shifts the others: one more try, from the first page."""
_READABLE = ("json", "xml", "zip")
"""`zip`: its members that are JSON or XML (`sources.archives`)."""
_UNKNOWN_FORMATS = ("", "unknown", "other", "bin", "octet-stream", "n/a")
_SUFFIX = re.compile(r"\.([a-z][a-z0-9]{1,7})$")


class _Checksum(msgspec.Struct):
    type: str | None = None
    value: str | None = None


class _Resource(msgspec.Struct):
    id: str
    title: str | None = None
    format: str | None = None
    type: str | None = None
    url: str | None = None
    latest: str | None = None
    checksum: _Checksum | None = None
    created_at: str | None = None
    last_modified: str | None = None
    extras: dict[str, Any] | None = None


class _Page(msgspec.Struct):
    data: list[_Resource]
    total: int
    next_page: str | None = None


def list_resources(source: Source, *, lake: Lake, http: HttpClient) -> list[Offer]:
    """What a dataset offers, in the listing's order; each resource once. Raises an `HttpError`."""
    url = API.format(dataset=quote(source.dataset, safe=""))
    for remaining in reversed(range(LISTING_TRIES)):
        try:
            resources = _all_pages(url, lake, http, fresh=remaining < LISTING_TRIES - 1)
            break
        except _IncompleteError as error:
            if not remaining:
                raise NotData(url, f"incomplete listing: {error}", "liste incomplète") from error
    return [_offer(source, r) for r in resources]


class _IncompleteError(Exception):
    """The pages do not make up the listing that they announce."""


def _all_pages(url: str, lake: Lake, http: HttpClient, *, fresh: bool) -> list[_Resource]:
    found: dict[str, _Resource] = {}
    seen: set[str] = set()
    page_url: str | None = url
    while page_url is not None:
        if page_url in seen or len(seen) >= MAX_PAGES:
            raise _IncompleteError(f"the pages come back to {page_url}")
        seen.add(page_url)
        page = read_listing(lake, http, page_url, _Page, fresh=fresh)
        found.update((r.id, r) for r in page.data)
        page_url = _next_page(page_url, page.next_page)
    if len(found) != page.total:
        raise _IncompleteError(f"{len(found)} resources listed of {page.total} announced")
    return list(found.values())


def _next_page(current: str, following: str | None) -> str | None:
    """The next page's address; one that is not of the same listing is refused."""
    if not following:
        return None
    target = urljoin(current, following)
    here, there = urlsplit(current), urlsplit(target)
    if (here.scheme, here.netloc, here.path) != (there.scheme, there.netloc, there.path):
        raise _IncompleteError(f"the next page is elsewhere: {target}")
    return target


def _offer(source: Source, resource: _Resource) -> Offer:
    extras = resource.extras or {}
    announced = resource.checksum or _Checksum()
    analysed = extras.get("analysis:checksum")  # computed by the platform's crawler, where the owner gave none
    return Offer(
        resource_id=resource.id,
        title=resource.title or "",
        url=resource.latest or resource.url or "",
        checksum=checksum(announced.type, announced.value) or checksum("sha1", str(analysed or "")),
        published_at=resource.last_modified or "",
        created_at=resource.created_at or "",
        ignored=_why_ignored(source, resource),
    )


def _why_ignored(source: Source, resource: _Resource) -> str:
    """Why a resource is left out, in French; "" when it is taken."""
    kind = (resource.type or "main").lower()
    if kind != "main":
        return f"ressource de type « {kind} » : seules les ressources principales sont lues"
    if source.titles and (resource.title or "") not in source.titles:
        return "titre absent de la liste « titles » de la source"
    declared = (resource.format or "").strip().lower().lstrip(".")
    names = [_suffix(resource.title or ""), _suffix(urlsplit(resource.url or "").path)]
    if declared in _READABLE or any(n in _READABLE for n in names):
        return ""
    other = declared if declared not in _UNKNOWN_FORMATS else next((n for n in names if n), "")
    return f"format « {other} » : seuls JSON et XML sont lus" if other else ""


def _suffix(name: str) -> str:
    """What a name ends with; the reader opens gzip, so what it holds is what counts."""
    found = _SUFFIX.search(name.strip().lower().removesuffix(".gz"))
    return found[1] if found else ""
