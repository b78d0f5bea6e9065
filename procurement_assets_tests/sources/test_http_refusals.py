"""What is not taken for data: pages in place of a file, files too large."""

from __future__ import annotations

import gzip

import pytest
from werkzeug import Request, Response

from procurement_assets.sources.errors import NotData, TooLarge, Unreachable
from procurement_assets.sources.http import HttpClient
from procurement_assets.sources.parts import BodyHead, Part
from procurement_assets_tests.sources.conftest import Host, cut, etag_of, pieces, served

URL = "https://a.fr/f.json"
PATH = "/a.fr/f.json"
DATA = b'{"marches": []}' * 20_000  # 300 kB: several pieces


# Pages in place of data

PAGES = [
    (b"<html><body>Internal server error</body></html>", "text/html"),
    (b"  \n<!DOCTYPE html><title>Maintenance</title>", "application/json"),
    (b"\xef\xbb\xbf<!-- v1 -->\n<HTML lang=fr>", "application/xml"),
    (b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0">', "application/xml"),
    ("<html>".encode("utf-16"), "application/json"),
    (b"Service indisponible", "text/html; charset=utf-8"),
    (b"Internal server error", "text/plain"),
    (b"503 Service Unavailable", "application/json"),
]


@pytest.mark.parametrize(("page", "content_type"), PAGES)
def test_a_page_in_place_of_data_is_tried_again(host: Host, client: HttpClient, page: bytes, content_type: str) -> None:
    host.script(PATH, Response(page, 200, {"Content-Type": content_type}), served(DATA))
    assert client.get_bytes(URL) == DATA
    assert len(host.asked) == 2


def test_a_page_at_every_attempt_is_not_data(host: Host, client: HttpClient, waits: list[float]) -> None:
    host.script(PATH, Response("<html>", 200, {"Content-Type": "text/html"}))
    with pytest.raises(NotData, match="an HTML page was served in place of data, 12 times"):
        client.get_bytes(URL)
    assert max(waits) == 4.0


def test_pages_and_failures_mixed_say_nothing_of_the_file(host: Host, client: HttpClient) -> None:
    host.script(PATH, Response("later", 503), Response("<html>", 200, {"Content-Type": "text/html"}))
    with pytest.raises(Unreachable):
        client.get_bytes(URL)


def test_a_page_does_not_lose_what_was_downloaded(host: Host, client: HttpClient, part: Part) -> None:
    host.script(PATH, cut(DATA, 100_000), Response("<html>", 200, {"Content-Type": "text/html"}), served(DATA))
    client.fetch(URL, part)
    assert host.asked[2].headers["Range"] == "bytes=100000-"
    assert part.path.read_bytes() == DATA


@pytest.mark.parametrize(
    "data",
    [b'{"marches": []}', b'\xef\xbb\xbf[{"id": "1"}]', b"<?xml version='1.0'?><marches/>", b"<marches></marches>"],
)
def test_data_labelled_as_a_page_is_data(host: Host, client: HttpClient, data: bytes) -> None:
    host.script(PATH, Response(data, 200, {"Content-Type": "text/html"}))
    assert client.get_bytes(URL) == data


def test_a_contract_that_speaks_of_an_error_is_data(host: Host, client: HttpClient) -> None:
    data = b'{"objet": "Internal server error <html>"}'
    host.script(PATH, served(data))
    assert client.get_bytes(URL) == data


# Size limit


def test_a_file_announced_too_large_is_refused_before_it_is_read(host: Host, client: HttpClient, part: Part) -> None:
    client.max_bytes = 1024 * 1024
    host.script(PATH, pieces(b"", 200, {"Content-Length": str(3 * 1024 * 1024)}))
    with pytest.raises(TooLarge, match="PROCUREMENT_MAX_DOWNLOAD_MB") as caught:
        client.fetch(URL, part)
    assert caught.value.reason == "fichier d'au moins 3.0 Mio, au-delà de la limite de 1.0 Mio"
    assert client.bytes_received == 0
    assert len(host.asked) == 1


def test_a_download_under_way_that_turns_out_too_large_is_dropped(host: Host, client: HttpClient, part: Part) -> None:
    client.max_bytes = 200_000
    part.begin(BodyHead(etag=etag_of(DATA), validator=etag_of(DATA)))
    part.path.write_bytes(DATA[:100_000])
    host.script(PATH, served(DATA))
    with pytest.raises(TooLarge):
        client.fetch(URL, part)
    assert part.size == 0


def endless(_: Request) -> Response:
    return Response((b"1" * 65_536 for _ in iter(int, 1)), 200)


def test_a_file_of_unknown_size_is_stopped_at_the_limit(host: Host, client: HttpClient, part: Part) -> None:
    client.max_bytes = 300_000
    host.script(PATH, endless)
    with pytest.raises(TooLarge):
        client.fetch(URL, part)
    assert client.bytes_received <= 300_000 + 65_536
    assert part.size == 0


def test_a_compressed_body_is_measured_once_decoded(host: Host, client: HttpClient, part: Part) -> None:
    client.max_bytes = 100_000
    host.script(PATH, Response(gzip.compress(DATA), 200, {"Content-Encoding": "gzip"}))
    with pytest.raises(TooLarge):
        client.fetch(URL, part)
