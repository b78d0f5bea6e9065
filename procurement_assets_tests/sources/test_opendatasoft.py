from __future__ import annotations

import json

import pytest
from werkzeug import Response

from procurement_assets.lake import Lake
from procurement_assets.publishers import Source
from procurement_assets.sources.errors import SourceUnavailable
from procurement_assets.sources.http import HttpClient
from procurement_assets.sources.manifest import ManifestRow
from procurement_assets.sources.snapshots import refresh_source
from procurement_assets_tests.sources.conftest import LATER, NOW, Host, served, sha256

BASE = "/opendata.paris.fr/api/explore/v2.1/catalog/datasets/liste"
EXPORT = f"{BASE}/exports/json"
DATA = b'[{"numero_marche": "1"}]\n'


@pytest.fixture
def portal() -> Source:
    return Source(
        id="liste", name="Liste", kind="opendatasoft", rank=9, host="opendata.paris.fr", dataset="liste", read=False
    )


def describe(host: Host, **metas: str) -> None:
    default = {"title": "Liste des marchés", "modified": "2026-02-16T14:13:08+00:00", **metas}
    host.script(BASE, served(json.dumps({"dataset_id": "liste", "metas": {"default": default}}).encode()))


def refreshed(
    portal: Source, lake: Lake, client: HttpClient, previous: list[ManifestRow] | None = None
) -> list[ManifestRow]:
    return refresh_source(portal, lake=lake, http=client, previous=previous or [], now=LATER if previous else NOW)


def test_an_export_is_one_file(host: Host, lake: Lake, client: HttpClient, portal: Source) -> None:
    describe(host)
    host.script(EXPORT, served(DATA))
    (row,) = refreshed(portal, lake, client)
    assert (row.status, row.resource_id, row.title) == ("kept", "liste", "Liste des marchés")
    assert row.url == "https://opendata.paris.fr/api/explore/v2.1/catalog/datasets/liste/exports/json"
    assert (row.sha256, row.published_at, row.read) == (sha256(DATA), "2026-02-16T14:13:08+00:00", False)


def test_an_export_is_asked_conditionally(host: Host, lake: Lake, client: HttpClient, portal: Source) -> None:
    describe(host)
    host.script(EXPORT, served(DATA))
    first = refreshed(portal, lake, client)
    received = client.bytes_received
    (row,) = refreshed(portal, lake, client, first)
    assert row.status == "unchanged"
    assert client.bytes_received == received


def test_the_processing_date_spares_the_export(host: Host, lake: Lake, client: HttpClient, portal: Source) -> None:
    describe(host, data_processed="2026-02-17T00:00:00+00:00")
    host.script(EXPORT, Response(DATA), Response(DATA[:-2] + b', {"numero_marche": "2"}]'))
    first = refreshed(portal, lake, client)
    assert first[0].published_at == "2026-02-17T00:00:00+00:00"
    same = refreshed(portal, lake, client, first)
    assert (same[0].status, host.paths().count(EXPORT)) == ("unchanged", 1)
    describe(host, data_processed="2026-02-18T00:00:00+00:00")
    (new,) = refreshed(portal, lake, client, same)
    assert (new.status, host.paths().count(EXPORT)) == ("kept", 2)
    assert new.sha256 != first[0].sha256


def test_an_export_that_ends_early_is_not_kept(host: Host, lake: Lake, client: HttpClient, portal: Source) -> None:
    describe(host)
    host.script(EXPORT, Response(b'[{"numero_marche": "1"},'), served(DATA))
    assert refreshed(portal, lake, client)[0].sha256 == sha256(DATA)


def test_an_export_that_always_ends_early_is_refused(
    host: Host, lake: Lake, client: HttpClient, portal: Source
) -> None:
    describe(host)
    host.script(EXPORT, Response(b'[{"numero_marche": "1"},'))
    (row,) = refreshed(portal, lake, client)
    assert (row.status, row.reason) == ("refused", "fichier tronqué (4 téléchargements)")


def test_a_portal_that_does_not_answer_stops_the_source(
    host: Host, lake: Lake, client: HttpClient, portal: Source
) -> None:
    host.script(BASE, Response("", 502))
    with pytest.raises(SourceUnavailable, match=r"source 'liste'.*le serveur répond 502"):
        refreshed(portal, lake, client)
