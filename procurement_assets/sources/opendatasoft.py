"""A dataset of an Opendatasoft portal as one file: its JSON export (Explore API v2.1).

`https://HOST/api/explore/v2.1/catalog/datasets/DATASET/exports/json`; the description beside it (`…/datasets/DATASET`)
dates the data: `metas.default.data_processed` is set by the portal each time it processes the data, `modified` can be
set by hand.
"""

from __future__ import annotations

from urllib.parse import quote

import msgspec

from procurement_assets.lake import Lake
from procurement_assets.publishers import Source
from procurement_assets.sources.http import HttpClient
from procurement_assets.sources.listing import read_listing
from procurement_assets.sources.offers import Offer


class _Default(msgspec.Struct):
    title: str | None = None
    modified: str | None = None
    data_processed: str | None = None


class _Metas(msgspec.Struct):
    default: _Default = msgspec.field(default_factory=_Default)


class _Dataset(msgspec.Struct):
    dataset_id: str
    metas: _Metas = msgspec.field(default_factory=_Metas)


def list_export(source: Source, *, lake: Lake, http: HttpClient) -> list[Offer]:
    """The export of a dataset. Raises an `HttpError`."""
    base = f"https://{source.host}/api/explore/v2.1/catalog/datasets/{quote(source.dataset, safe='')}"
    meta = read_listing(lake, http, base, _Dataset).metas.default
    return [
        Offer(
            resource_id=source.dataset,
            title=meta.title or source.name,
            url=f"{base}/exports/json",
            # Exports carry neither ETag nor checksum on real portals: the processing date stands for the version.
            checksum=f"data_processed:{meta.data_processed}" if meta.data_processed else "",
            published_at=meta.data_processed or meta.modified or "",
            # An export that fails half-way ends early with status 200.
            last_byte=b"]",
        )
    ]
