"""What becomes of each file of a source: kept, unchanged, stale, refused, ignored, gone."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec
import pytest
from werkzeug import Response

from procurement_assets.lake import Lake
from procurement_assets.publishers import Source
from procurement_assets.sources.errors import SourceUnavailable
from procurement_assets.sources.http import HttpClient
from procurement_assets.sources.manifest import ManifestRow
from procurement_assets.sources.snapshots import refresh_source
from procurement_assets_tests.sources.conftest import (
    LATER,
    LISTING,
    NOW,
    Host,
    Refresher,
    etag_of,
    file_path,
    resource,
    served,
    sha1,
    sha256,
)

V1 = b'{"marches": [{"id": "1"}]}'
V2 = b'{"marches": [{"id": "1"}, {"id": "2"}]}'
HTML = Response("<html><body>Internal server error</body></html>", 200, {"Content-Type": "text/html"})


# Kept and unchanged


def test_a_new_file_is_kept_with_everything_known_of_it(refresh: Refresher) -> None:
    refresh.serve("a.json", V1, announced=sha1(V1))
    row = refresh.one()
    assert row == ManifestRow(
        source="portail",
        resource_id="id-a.json",
        title="a.json",
        url="https://www.data.gouv.fr/api/1/datasets/r/a.json",
        status="kept",
        sha256=sha256(V1),
        bytes=len(V1),
        etag=etag_of(V1),
        content_type="application/json",
        published_checksum=f"sha1:{sha1(V1)['value']}",
        published_at="2025-02-01T00:00:00+00:00",
        created_at="2025-01-01T00:00:00+00:00",
        fetched_at="2026-03-01T04:00:00+00:00",
        checked_at="2026-03-01T04:00:00+00:00",
    )
    assert refresh.bytes_of(row) == V1


def test_no_download_under_way_is_left_behind(refresh: Refresher) -> None:
    refresh.serve("a.json", V1)
    refresh()
    assert list((refresh.lake / "raw" / "parts").iterdir()) == []


def test_the_announced_checksum_of_held_bytes_needs_no_request(refresh: Refresher) -> None:
    refresh.serve("a.json", V1, announced=sha1(V1))
    first = refresh.one()
    row = refresh.one(LATER)
    assert refresh.host.paths() == [LISTING]
    assert row == msgspec.structs.replace(first, status="unchanged", checked_at="2026-03-02T04:00:00+00:00")


@pytest.mark.parametrize("kind", ["md5", "sha1", "sha256"])
def test_a_checksum_announced_later_is_compared_with_the_bytes_held(refresh: Refresher, kind: str) -> None:
    import hashlib

    refresh.serve("a.json", V1)
    refresh()
    refresh.serve("a.json", V1, announced={"type": kind, "value": hashlib.new(kind, V1).hexdigest()})
    assert refresh.one(LATER).status == "unchanged"
    assert refresh.host.paths() == [LISTING]


def test_without_a_checksum_the_file_is_asked_conditionally(refresh: Refresher) -> None:
    refresh.serve("a.json", V1)
    refresh()
    received = refresh.client.bytes_received
    row = refresh.one(LATER)
    assert (row.status, row.fetched_at) == ("unchanged", "2026-03-01T04:00:00+00:00")
    assert refresh.host.asked[1].headers["If-None-Match"] == etag_of(V1)
    assert refresh.client.bytes_received == received


def test_a_date_serves_where_there_is_no_etag(refresh: Refresher) -> None:
    modified = "Sun, 01 Mar 2020 03:00:00 GMT"
    refresh.host.listing([resource("a.json")])
    refresh.host.script(file_path("a.json"), Response(V1, 200, {"Last-Modified": modified}), Response(status=304))
    refresh()
    assert refresh.one(LATER).status == "unchanged"
    assert refresh.host.asked[1].headers["If-Modified-Since"] == modified


def test_a_changed_file_is_kept_beside_the_old_one(refresh: Refresher) -> None:
    refresh.serve("a.json", V1, announced=sha1(V1))
    old = refresh.one()
    refresh.serve("a.json", V2, announced=sha1(V2))
    new = refresh.one(LATER)
    assert (new.status, new.sha256, new.fetched_at) == ("kept", sha256(V2), "2026-03-02T04:00:00+00:00")
    assert refresh.bytes_of(old) == V1
    assert refresh.bytes_of(new) == V2


def test_validators_of_another_address_are_not_sent(refresh: Refresher) -> None:
    refresh.serve("a.json", V1)
    refresh()
    refresh.host.listing([resource("a.json", latest="https://b.fr/moved")])
    refresh.host.script("/b.fr/moved", served(V2))
    assert refresh.one(LATER).sha256 == sha256(V2)
    assert "If-None-Match" not in refresh.host.asked[1].headers


def test_bytes_lost_from_the_store_are_downloaded_again(refresh: Refresher) -> None:
    refresh.serve("a.json", V1, announced=sha1(V1))
    refresh.lake.raw(refresh.one().sha256).unlink()
    row = refresh.one(LATER)
    assert (row.status, refresh.bytes_of(row)) == ("kept", V1)


def test_an_empty_file_is_kept(refresh: Refresher) -> None:
    refresh.serve("a.json", b"")
    row = refresh.one()
    assert (row.status, row.bytes) == ("kept", 0)
    assert row.sha256 == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_refresh_that_did_not_end_is_not_paid_twice(refresh: Refresher) -> None:
    refresh.host.listing([resource("a.json"), resource("b.json")])
    refresh.host.script(file_path("a.json"), served(V1))
    refresh.host.script(file_path("b.json"), Response("", 503))
    with pytest.raises(SourceUnavailable):
        refresh()
    refresh.host.script(file_path("b.json"), served(V2))
    received = refresh.client.bytes_received
    assert [(r.status, r.sha256) for r in refresh(LATER)] == [("unchanged", sha256(V1)), ("kept", sha256(V2))]
    assert refresh.client.bytes_received == received + len(V2)


def test_the_mirror_never_shows_in_a_row(refresh: Refresher) -> None:
    refresh.host.listing([resource("a.json")])
    refresh.host.script(
        file_path("a.json"), Response("", 302, {"Location": f"{refresh.host.url}/static.data.gouv.fr/a.json"})
    )
    refresh.host.script("/static.data.gouv.fr/a.json", served(V1))
    assert refresh.host.url not in repr(refresh.one())


def test_a_source_that_is_not_read_says_so(refresh: Refresher) -> None:
    refresh.source = msgspec.structs.replace(refresh.source, read=False)
    refresh.serve("a.json", V1)
    assert refresh.one().read is False


# Other kinds of source


def test_one_address_is_a_source(refresh: Refresher) -> None:
    refresh.source = Source(id="fichier", name="Un fichier", kind="file", rank=1, url="https://a.fr/marches.xml")
    refresh.host.script("/a.fr/marches.xml", served(b"<marches/>", "application/xml"))
    row = refresh.one()
    assert (row.resource_id, row.title, row.status) == ("fichier", "Un fichier", "kept")
    assert row.url == "https://a.fr/marches.xml"
    assert refresh.one(LATER).status == "unchanged"


@pytest.mark.parametrize(
    ("said", "dated"),
    [
        ("Thu, 08 Jan 2026 04:10:00 GMT", "2026-01-08T04:10:00+00:00"),
        ("Thu, 08 Jan 2026 05:10:00 +0100", "2026-01-08T04:10:00+00:00"),
        ("hier", ""),
        ("", ""),
    ],
)
def test_one_address_is_dated_by_its_server_and_stays_so(refresh: Refresher, said: str, dated: str) -> None:
    refresh.source = Source(id="fichier", name="Un fichier", kind="file", rank=1, url="https://a.fr/marches.xml")
    told = {"ETag": '"1"', "Content-Type": "application/xml"} | ({"Last-Modified": said} if said else {})
    refresh.host.script("/a.fr/marches.xml", Response(b"<marches/>", headers=told), Response(b"", 304))
    assert refresh.one().published_at == dated
    assert (refresh.one(LATER).status, refresh.one(LATER).published_at) == ("unchanged", dated)


def test_generated_files_are_stored_like_the_others(refresh: Refresher, monkeypatch: pytest.MonkeyPatch) -> None:
    class File(msgspec.Struct):
        title: str
        path: Path
        published_at: str

    def write(source: Source, folder: Path) -> list[File]:
        (folder / "x").write_bytes(f"[{source.sample_seed}]".encode())
        return [File("x.json", folder / "x", "2026-01-01T00:00:00+00:00")]

    monkeypatch.setattr("procurement_assets.sample.write_sample_files", write)
    refresh.source = Source(id="demo", name="Démo", kind="sample", rank=1, sample_profile="p", sample_seed=7)
    row = refresh.one()
    assert row == ManifestRow(
        source="demo",
        resource_id="x.json",
        title="x.json",
        url="sample://demo/x.json",
        status="kept",
        sha256=sha256(b"[7]"),
        bytes=3,
        published_at="2026-01-01T00:00:00+00:00",
        created_at="2026-01-01T00:00:00+00:00",
        fetched_at="2026-03-01T04:00:00+00:00",
        checked_at="2026-03-01T04:00:00+00:00",
    )
    assert refresh.bytes_of(row) == b"[7]"
    again = refresh.one(LATER)
    assert (again.status, again.fetched_at) == ("unchanged", row.fetched_at)
    assert refresh.host.asked == []


def test_a_real_sample_source_gives_the_same_bytes_each_time(tmp_path: Path, client: HttpClient) -> None:
    source = Source(id="demo", name="Démo", kind="sample", rank=1, sample_profile="paris-maximilien", sample_records=20)
    stored = []
    for name in ("one", "two"):
        rows = refresh_source(source, lake=Lake(tmp_path / name), http=client, previous=[], now=NOW)
        stored.append([(r.resource_id, r.sha256, r.published_at) for r in rows])
    assert stored[0] == stored[1]
    assert stored[0]
    assert client.requests == 0


def test_a_time_without_a_zone_is_a_fault_of_the_caller(refresh: Refresher) -> None:
    with pytest.raises(ValueError, match="time zone"):
        refresh(datetime(2026, 3, 1))


def test_it_works_in_a_bucket(host: Host, client: HttpClient, source: Source, tmp_path: Path) -> None:
    bucket = Refresher(host, Lake(f"memory://refresh-{tmp_path.name}/lake"), client, source)
    bucket.serve("a.json", V1, announced=sha1(V1))
    row = bucket.one()
    assert (row.status, bucket.bytes_of(row)) == ("kept", V1)
    assert bucket.one(LATER).status == "unchanged"
    assert host.paths() == [LISTING]
