from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from werkzeug import Response

from procurement_assets.lake import Lake
from procurement_assets.publishers import Source
from procurement_assets.sources.datagouv import list_resources
from procurement_assets.sources.errors import NotData, NotFound, Unreachable
from procurement_assets.sources.http import HttpClient
from procurement_assets_tests.sources.conftest import DATASET, LISTING, Host, resource, served

BASE = f"https://www.data.gouv.fr/api/2/datasets/{DATASET}/resources/"
FIRST = f"{LISTING}?page=1&page_size=50"


def page(names: list[str], total: int, following: str | None = None) -> Any:
    return served(json.dumps({"data": [resource(n) for n in names], "total": total, "next_page": following}).encode())


def titles(source: Source, lake: Lake, client: HttpClient) -> list[str]:
    return [o.title for o in list_resources(source, lake=lake, http=client)]


def test_an_offer_carries_what_the_listing_says(host: Host, lake: Lake, client: HttpClient, source: Source) -> None:
    host.listing([resource("decp.json", b"{}")])
    (offer,) = list_resources(source, lake=lake, http=client)
    assert offer.resource_id == "id-decp.json"
    assert offer.title == "decp.json"
    assert offer.url == "https://www.data.gouv.fr/api/1/datasets/r/decp.json"
    assert offer.checksum == "sha1:bf21a9e8fbc5a3846fb05b4fa0859e0917b2202f"
    assert (offer.published_at, offer.created_at) == ("2025-02-01T00:00:00+00:00", "2025-01-01T00:00:00+00:00")
    assert offer.ignored == ""
    assert host.asked[0].full_path == FIRST


def test_pages_are_followed_to_the_last(host: Host, lake: Lake, client: HttpClient, source: Source) -> None:
    host.script(FIRST, page(["a", "b"], 3, f"{BASE}?page=2&page_size=50"))
    host.script(f"{LISTING}?page=2&page_size=50", page(["c"], 3))
    assert titles(source, lake, client) == ["a", "b", "c"]


def test_pages_that_come_back_are_refused(host: Host, lake: Lake, client: HttpClient, source: Source) -> None:
    host.script(FIRST, page(["a"], 2, f"{BASE}?page=2&page_size=50"))
    host.script(f"{LISTING}?page=2&page_size=50", page(["b"], 2, f"{BASE}?page=1&page_size=50"))
    with pytest.raises(NotData, match="the pages come back to"):
        titles(source, lake, client)


@pytest.mark.parametrize("following", ["https://elsewhere.fr/api/?page=2", "https://www.data.gouv.fr/api/2/other/"])
def test_a_next_page_of_another_listing_is_refused(
    host: Host, lake: Lake, client: HttpClient, source: Source, following: str
) -> None:
    host.script(FIRST, page(["a"], 2, following))
    with pytest.raises(NotData, match="the next page is elsewhere"):
        titles(source, lake, client)


@pytest.mark.parametrize(("names", "total"), [(["a", "b"], 3), (["a", "b"], 1), (["a", "a"], 2), ([], 1)])
def test_a_listing_that_does_not_add_up_is_refused(
    host: Host, lake: Lake, client: HttpClient, source: Source, names: list[str], total: int
) -> None:
    host.script(FIRST, page(names, total))
    with pytest.raises(NotData, match=f"{len(set(names))} resources listed of {total} announced"):
        titles(source, lake, client)


def test_a_listing_that_changed_between_two_pages_is_read_again(
    host: Host, lake: Lake, client: HttpClient, source: Source
) -> None:
    second = f"{BASE}?page=2&page_size=50"
    host.script(FIRST, page(["a", "b"], 3, second), page(["new", "a"], 4, second))
    host.script(f"{LISTING}?page=2&page_size=50", page(["b", "c"], 4))
    assert titles(source, lake, client) == ["new", "a", "b", "c"]


def test_an_unchanged_listing_is_a_304(host: Host, lake: Lake, client: HttpClient, source: Source) -> None:
    host.listing([resource("a"), resource("b")])
    first = list_resources(source, lake=lake, http=client)
    received = client.bytes_received
    assert list_resources(source, lake=lake, http=client) == first
    assert "If-None-Match" in host.asked[1].headers
    assert client.bytes_received == received


def test_a_damaged_memory_of_the_listing_is_asked_again(
    host: Host, lake: Lake, client: HttpClient, source: Source
) -> None:
    host.listing([resource("a")])
    titles(source, lake, client)
    for kept in (lake / "raw" / "http" / "listings").iterdir():
        kept.write_bytes(b"{damaged")
    assert titles(source, lake, client) == ["a"]
    assert "If-None-Match" not in host.asked[1].headers


@pytest.mark.parametrize("body", [b"[]", b'{"data": [{"title": "no id"}], "total": 1}', b'{"data": [', b'{"data": []}'])
def test_a_listing_of_another_shape_is_refused_and_not_remembered(
    host: Host, lake: Lake, client: HttpClient, source: Source, body: bytes
) -> None:
    host.script(LISTING, served(body))
    with pytest.raises(NotData, match="not the expected JSON"):
        titles(source, lake, client)
    assert not (lake / "raw" / "http" / "listings").exists()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Response("", 404), NotFound),
        (Response("", 503), Unreachable),
        (Response("<html>", 200, {"Content-Type": "text/html"}), NotData),
    ],
)
def test_a_listing_that_cannot_be_had_is_an_error(
    host: Host, lake: Lake, client: HttpClient, source: Source, answer: Response, error: type[Exception]
) -> None:
    host.script(LISTING, answer)
    with pytest.raises(error):
        titles(source, lake, client)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, ""),
        ({"format": "XML"}, ""),
        ({"format": None}, ""),
        ({"format": "csv", "title": "marches.json"}, ""),
        ({"format": "", "title": "marches", "url": "https://x.fr/f.xml?v=2"}, ""),
        ({"format": "unknown", "title": "marches", "url": "https://x.fr/f"}, ""),
        ({"type": None}, ""),
        ({"format": "gz", "title": "decp-2024.json.gz"}, ""),
        ({"format": "", "title": "decp", "url": "https://x.fr/f.xml.gz"}, ""),
        ({"format": "gz", "title": "notes.txt.gz", "url": ""}, "format « gz » : seuls JSON et XML sont lus"),
        (
            {"format": "csv", "title": "a.csv", "url": "https://x.fr/a.csv"},
            "format « csv » : seuls JSON et XML sont lus",
        ),
        ({"format": "", "title": "notice.pdf", "url": ""}, "format « pdf » : seuls JSON et XML sont lus"),
        ({"format": None, "title": "n", "url": "https://x.fr/a.zip"}, ""),
        ({"format": "zip", "title": "DECP 2024"}, ""),
        (
            {"type": "documentation"},
            "ressource de type « documentation » : seules les ressources principales sont lues",
        ),
    ],
)
def test_main_json_and_xml_resources_are_taken_and_the_rest_says_why_not(
    host: Host, lake: Lake, client: HttpClient, source: Source, changes: dict[str, Any], reason: str
) -> None:
    host.listing([resource("decp-2024", **{"url": "https://x.fr/decp-2024", **changes})])
    (offer,) = list_resources(source, lake=lake, http=client)
    assert offer.ignored == reason


def test_titles_of_the_settings_select(host: Host, lake: Lake, client: HttpClient, source: Source) -> None:
    selective = msgspec.structs.replace(source, titles=("a",))
    host.listing([resource("a"), resource("b")])
    ignored = {o.title: o.ignored for o in list_resources(selective, lake=lake, http=client)}
    assert ignored == {"a": "", "b": "titre absent de la liste « titles » de la source"}


@pytest.mark.parametrize(
    ("announced", "expected"),
    [
        ({"type": "SHA-256", "value": "A" * 64}, "sha256:" + "a" * 64),
        ({"type": "sha2", "value": "b" * 64}, "sha256:" + "b" * 64),
        ({"type": "md5", "value": "c" * 32}, "md5:" + "c" * 32),
        ({"type": "crc", "value": "d" * 8}, ""),
        ({"type": "sha1", "value": "short"}, ""),
        ({"type": "sha1", "value": None}, ""),
        (None, ""),
    ],
)
def test_only_checksums_that_can_be_verified_are_kept(
    host: Host, lake: Lake, client: HttpClient, source: Source, announced: dict[str, Any] | None, expected: str
) -> None:
    host.listing([resource("a", checksum=announced)])
    assert list_resources(source, lake=lake, http=client)[0].checksum == expected


def test_the_checksum_of_the_platform_stands_in(host: Host, lake: Lake, client: HttpClient, source: Source) -> None:
    host.listing([resource("a", extras={"analysis:checksum": "e" * 40})])
    assert list_resources(source, lake=lake, http=client)[0].checksum == "sha1:" + "e" * 40
