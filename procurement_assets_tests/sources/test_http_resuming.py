"""A download that is cut: resumed where it stopped, or taken from the start."""

from __future__ import annotations

import gzip

import pytest
from werkzeug import Request, Response
from werkzeug.http import http_date

from procurement_assets.sources.errors import Unreachable
from procurement_assets.sources.http import HttpClient
from procurement_assets.sources.parts import BodyHead, Part
from procurement_assets_tests.sources.conftest import Host, cut, etag_of, pieces, raw_server, served

URL = "https://a.fr/f.json"
PATH = "/a.fr/f.json"
DATA = b'{"marches": []}' * 20_000  # 300 kB: several pieces


def test_a_cut_body_is_resumed_where_it_stopped(host: Host, client: HttpClient, part: Part) -> None:
    host.script(PATH, cut(DATA, 100_000), served(DATA))
    client.fetch(URL, part)
    assert part.path.read_bytes() == DATA
    assert host.asked[1].headers["Range"] == "bytes=100000-"
    assert host.asked[1].headers["If-Range"] == etag_of(DATA)
    assert client.bytes_received == len(DATA)


def test_a_file_that_changed_while_resuming_is_taken_from_the_start(host: Host, client: HttpClient, part: Part) -> None:
    new = b'{"new": true}' * 10_000
    host.script(PATH, cut(DATA, 100_000), served(new))
    result = client.fetch(URL, part)
    assert part.path.read_bytes() == new
    assert result.head.etag == etag_of(new)


def test_a_206_with_another_etag_is_not_put_behind_what_was_held(host: Host, client: HttpClient, part: Part) -> None:
    new = b"[" + b"2" * 200_000 + b"]"
    careless = Response(
        new[100_000:], 206, {"ETag": '"new"', "Content-Range": f"bytes 100000-{len(new) - 1}/{len(new)}"}
    )
    host.script(PATH, cut(DATA, 100_000), careless, served(new))
    client.fetch(URL, part)
    assert part.path.read_bytes() == new
    assert "Range" not in host.asked[2].headers


@pytest.mark.parametrize("content_range", [f"bytes 0-49/{len(DATA)}", "bytes 0-49/*", "bytes */50", ""])
def test_a_206_for_another_range_is_not_used(host: Host, client: HttpClient, part: Part, content_range: str) -> None:
    wrong = Response(DATA[:50], 206, {"ETag": etag_of(DATA), "Content-Range": content_range})
    host.script(PATH, cut(DATA, 100_000), wrong, served(DATA))
    client.fetch(URL, part)
    assert part.path.read_bytes() == DATA


def test_a_server_without_ranges_starts_again(host: Host, client: HttpClient, part: Part) -> None:
    host.script(PATH, cut(DATA, 100_000), Response(DATA, 200, {"ETag": etag_of(DATA)}))
    client.fetch(URL, part)
    assert part.path.read_bytes() == DATA


@pytest.mark.parametrize("headers", [{"ETag": 'W/"weak"'}, {"ETag": "", "Last-Modified": "now"}, {"ETag": ""}])
def test_without_a_strong_validator_nothing_is_resumed(
    host: Host, client: HttpClient, part: Part, headers: dict[str, str]
) -> None:
    given = {name: http_date() if value == "now" else value for name, value in headers.items()}
    host.script(PATH, cut(DATA, 100_000, **given), served(DATA))
    client.fetch(URL, part)
    assert part.path.read_bytes() == DATA
    assert "Range" not in host.asked[1].headers


def test_an_old_date_is_enough_to_resume(host: Host, client: HttpClient, part: Part) -> None:
    modified = "Sun, 01 Mar 2020 03:00:00 GMT"
    first = cut(DATA, 100_000, **{"ETag": "", "Last-Modified": modified})
    rest = Response(DATA[100_000:], 206, {"Content-Range": f"bytes 100000-{len(DATA) - 1}/{len(DATA)}"})
    host.script(PATH, first, rest)
    client.fetch(URL, part)
    assert part.path.read_bytes() == DATA
    assert host.asked[1].headers["If-Range"] == modified


def test_416_on_a_part_that_is_whole_ends_well(host: Host, client: HttpClient, part: Part) -> None:
    part.begin(BodyHead(etag=etag_of(DATA), validator=etag_of(DATA), length_known=True))
    part.path.write_bytes(DATA)
    host.script(PATH, served(DATA))
    result = client.fetch(URL, part)
    assert part.path.read_bytes() == DATA
    assert result.head.etag == etag_of(DATA)
    assert client.bytes_received == 0


def test_416_on_a_part_that_is_too_long_starts_again(host: Host, client: HttpClient, part: Part) -> None:
    part.begin(BodyHead(etag=etag_of(DATA), validator=etag_of(DATA), length_known=True))
    part.path.write_bytes(DATA + b"more")
    host.script(PATH, served(DATA))
    client.fetch(URL, part)
    assert part.path.read_bytes() == DATA


def test_a_body_that_is_always_cut_is_given_up(host: Host, client: HttpClient, part: Part) -> None:
    host.script(PATH, cut(DATA, 100_000))
    with pytest.raises(Unreachable, match="cut body") as caught:
        client.fetch(URL, part)
    assert caught.value.reason == "réponse interrompue avant la fin (12 essais)"
    assert len(host.asked) == 12


def test_attempts_that_bring_a_megabyte_further_do_not_count(host: Host, waits: list[float], part: Part) -> None:
    big = b"[" + b"1" * (5 * 1024 * 1024) + b"]"
    step = 1024 * 1024 + 65_536

    def a_piece(request: Request) -> Response:
        first = int(request.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
        headers = {"ETag": '"big"', "Content-Length": str(len(big) - first)}
        if first:
            headers["Content-Range"] = f"bytes {first}-{len(big) - 1}/{len(big)}"
        return pieces(big[first : first + step], 206 if first else 200, headers)(request)

    host.script(PATH, a_piece)
    client = HttpClient(mirror=host.url, attempts=2, backoff=1.0, sleep=waits.append, jitter=lambda: 0.0)
    client.fetch(URL, part)
    assert part.path.read_bytes() == big
    assert len(host.asked) == 5


def test_a_megabyte_brought_again_and_again_counts(host: Host, waits: list[float], part: Part) -> None:
    big = b"[" + b"1" * (3 * 1024 * 1024)
    host.script(PATH, cut(big, 2 * 1024 * 1024, ETag='W/"never resumed"'))
    client = HttpClient(mirror=host.url, attempts=3, backoff=1.0, sleep=waits.append, jitter=lambda: 0.0)
    with pytest.raises(Unreachable, match="cut body"):
        client.fetch(URL, part)
    assert len(host.asked) == 4  # the first brought something new, the three others did not


def test_a_body_compressed_against_our_wish_is_decoded(host: Host, client: HttpClient) -> None:
    host.script(PATH, Response(gzip.compress(DATA), 200, {"Content-Encoding": "gzip"}))
    assert client.get_bytes(URL) == DATA


def test_an_empty_body_is_a_body(host: Host, client: HttpClient, part: Part) -> None:
    host.script(PATH, served(b""))
    client.fetch(URL, part)
    assert part.path.read_bytes() == b""


def test_a_chunked_body_that_is_cut_is_not_taken_for_whole(client: HttpClient, part: Part) -> None:
    url, stop = raw_server(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1,2,\r\n")
    client.mirror, client.attempts = None, 2
    try:
        with pytest.raises(Unreachable, match="cut body"):
            client.fetch(url, part)
    finally:
        stop()
