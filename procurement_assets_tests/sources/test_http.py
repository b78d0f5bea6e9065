"""One request: what comes, what is tried again and how long it waits, what is final."""

from __future__ import annotations

import pytest
import requests
from werkzeug import Response

from procurement_assets.settings import load_settings
from procurement_assets.sources.errors import NotData, NotFound, Refused, Unreachable
from procurement_assets.sources.http import USER_AGENT, HttpClient
from procurement_assets.sources.parts import BodyHead, Part
from procurement_assets_tests.sources.conftest import Host, etag_of, raw_server, served

URL = "https://a.fr/f.json"
PATH = "/a.fr/f.json"
DATA = b'{"marches": []}' * 20_000  # 300 kB: several pieces


def test_a_file_comes_whole_with_its_validators(host: Host, client: HttpClient, part: Part) -> None:
    host.script(PATH, served(DATA))
    result = client.fetch(URL, part)
    assert part.path.read_bytes() == DATA
    assert not result.not_modified
    assert (result.head.etag, result.head.content_type) == (etag_of(DATA), "application/json")
    assert result.head.length_known
    assert (client.requests, client.bytes_received) == (1, len(DATA))


def test_requests_identify_the_project_and_ask_for_plain_bytes(host: Host, client: HttpClient, part: Part) -> None:
    host.script(PATH, served(DATA))
    client.fetch(URL, part)
    assert host.asked[0].headers["User-Agent"] == USER_AGENT
    assert "procurement-assets" in USER_AGENT
    assert host.asked[0].headers["Accept-Encoding"] == "identity"


def test_the_settings_make_the_client() -> None:
    settings = load_settings(
        {
            "PROCUREMENT_MIRROR": "http://127.0.0.1:1/",
            "PROCUREMENT_HTTP_ATTEMPTS": "7",
            "PROCUREMENT_HTTP_BACKOFF_SECONDS": "0.25",
            "PROCUREMENT_MAX_DOWNLOAD_MB": "3",
        }
    )
    client = HttpClient.from_settings(settings)
    assert (client.mirror, client.attempts, client.backoff) == ("http://127.0.0.1:1", 7, 0.25)
    assert client.max_bytes == 3 * 1024 * 1024


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 522])
def test_a_passing_failure_of_the_server_is_tried_again(
    host: Host, client: HttpClient, waits: list[float], status: int
) -> None:
    host.script(PATH, Response("later", status), served(DATA))
    assert client.get_bytes(URL) == DATA
    assert waits == [1.0]


def test_waits_double_up_to_a_minute(host: Host, client: HttpClient, waits: list[float]) -> None:
    host.script(PATH, Response("later", 503))
    with pytest.raises(Unreachable, match="given up after 12 attempts; last: answered 503") as caught:
        client.get_bytes(URL)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60]
    assert len(host.asked) == 12
    assert caught.value.url == URL
    assert caught.value.reason == "le serveur répond 503 (12 essais)"


def test_waits_are_spread_at_random_by_at_most_a_quarter(host: Host, waits: list[float]) -> None:
    client = HttpClient(mirror=host.url, attempts=3, backoff=2.0, sleep=waits.append, jitter=lambda: 1.0)
    host.script(PATH, Response("later", 503))
    with pytest.raises(Unreachable):
        client.get_bytes(URL)
    assert waits == [2.5, 5.0]


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("7", 7.0),
        ("3600", 60.0),
        ("0", 1.0),
        ("soon", 1.0),
        ("-5", 1.0),
        ("Fri, 01 Mar 2999 09:00:00 GMT", 60.0),
        ("Sun, 01 Mar 2020 03:00:00 GMT", 1.0),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured_up_to_a_minute(
    host: Host, client: HttpClient, waits: list[float], status: int, header: str, wait: float
) -> None:
    host.script(PATH, Response("later", status, {"Retry-After": header}), served(DATA))
    client.get_bytes(URL)
    assert waits == [wait]


def test_a_retry_after_date_is_read_against_the_clock_of_the_server(client: HttpClient, waits: list[float]) -> None:
    url, stop = raw_server(
        b"HTTP/1.1 503 Later\r\nDate: Sun, 01 Mar 2026 04:00:00 GMT\r\n"
        b"Retry-After: Sun, 01 Mar 2026 04:00:25 GMT\r\nContent-Length: 0\r\n\r\n"
    )
    client.mirror, client.attempts = None, 2
    try:
        with pytest.raises(Unreachable):
            client.get_bytes(url)
    finally:
        stop()
    assert waits == [25.0]


def test_no_answer_at_all_is_tried_again(
    host: Host, client: HttpClient, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    host.script(PATH, served(DATA))
    real, failures = client._session.get, [requests.ConnectionError("refused"), requests.Timeout("too long")]

    def get(*args: object, **kwargs: object) -> object:
        assert kwargs["timeout"] == (10.0, 60.0)
        if failures:
            raise failures.pop(0)
        return real(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(client._session, "get", get)
    assert client.get_bytes(URL) == DATA
    assert waits == [1.0, 2.0]


def test_a_certificate_that_is_refused_is_not_tried_again(
    client: HttpClient, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def get(*_: object, **__: object) -> object:
        raise requests.exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed")

    monkeypatch.setattr(client._session, "get", get)
    with pytest.raises(Unreachable, match="REQUESTS_CA_BUNDLE"):
        client.get_bytes(URL)
    assert waits == []


def test_a_host_that_was_given_up_gets_two_attempts_until_it_answers(host: Host, client: HttpClient) -> None:
    host.script(PATH, Response("later", 503))
    for expected in (12, 14):
        with pytest.raises(Unreachable):
            client.get_bytes(URL)
        assert len(host.asked) == expected
    host.script("/a.fr/good", served(DATA))
    client.get_bytes("https://a.fr/good")
    with pytest.raises(Unreachable, match="12 attempts"):
        client.get_bytes(URL)


def test_a_host_that_never_answers_is_not_asked_after_three_addresses(client: HttpClient) -> None:
    client.mirror = "http://127.0.0.1:1"  # nothing listens there
    for name in "abc":
        with pytest.raises(Unreachable, match="no answer"):
            client.get_bytes(f"https://dead.fr/{name}")
    asked = client.requests
    with pytest.raises(Unreachable, match=r"not asked: dead\.fr"):
        client.get_bytes("https://dead.fr/d")
    assert client.requests == asked == 12 + 2 + 2


@pytest.mark.parametrize("status", [404, 410])
def test_not_found_is_final(host: Host, client: HttpClient, waits: list[float], status: int) -> None:
    host.script(PATH, Response("no", status))
    with pytest.raises(NotFound, match=f"answered {status}"):
        client.get_bytes(URL)
    assert waits == []


@pytest.mark.parametrize("status", [401, 403, 451])
def test_access_refused_is_final_and_says_so(host: Host, client: HttpClient, status: int) -> None:
    host.script(PATH, Response("no", status))
    with pytest.raises(Refused, match=rf"access refused \({status}\)") as caught:
        client.get_bytes(URL)
    assert caught.value.reason == f"accès refusé par le serveur ({status})"
    assert len(host.asked) == 1


def test_an_unexpected_status_is_final(host: Host, client: HttpClient) -> None:
    host.script(PATH, Response("teapot", 418))
    with pytest.raises(Refused, match="unexpected status 418"):
        client.get_bytes(URL)


# Redirections


def redirect(location: str, status: int = 302) -> Response:
    return Response("", status, {"Location": location})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_each_redirection_goes_through_the_mirror(host: Host, client: HttpClient, status: int) -> None:
    host.script(PATH, redirect("https://b.fr/next?x=1", status))
    host.script("/b.fr/next", redirect(f"{host.url}/c.fr/file", status))
    host.script("/c.fr/file", served(DATA))
    assert client.get_bytes(URL) == DATA
    assert host.paths() == [PATH, "/b.fr/next", "/c.fr/file"]
    assert host.asked[1].query_string == b"x=1"


def test_each_redirection_has_its_own_attempts(host: Host, waits: list[float]) -> None:
    client = HttpClient(mirror=host.url, attempts=2, backoff=1.0, sleep=waits.append, jitter=lambda: 0.0)
    host.script(PATH, Response("later", 503), redirect("https://b.fr/file"))
    host.script("/b.fr/file", Response("later", 503), served(DATA))
    assert client.get_bytes(URL) == DATA


def test_redirections_that_never_end_are_refused(host: Host, client: HttpClient) -> None:
    host.script(PATH, redirect(URL))
    with pytest.raises(Refused, match="more than 10 redirections"):
        client.get_bytes(URL)


@pytest.mark.parametrize("location", ["ftp://b.fr/x", "file:///etc/passwd", "https://user:secret@b.fr/"])
def test_a_redirection_to_an_unsafe_address_is_refused(host: Host, client: HttpClient, location: str) -> None:
    host.script(PATH, redirect(location))
    with pytest.raises(Refused, match="address refused"):
        client.get_bytes(URL)
    assert len(host.asked) == 1


# Conditional requests and JSON


@pytest.mark.parametrize(
    ("given", "header"),
    [({"etag": '"v1"'}, ("If-None-Match", '"v1"')), ({"last_modified": "D"}, ("If-Modified-Since", "D"))],
)
def test_a_304_brings_nothing(host: Host, client: HttpClient, given: dict[str, str], header: tuple[str, str]) -> None:
    host.script(PATH, Response(status=304))
    assert client.get(URL, **given) is None
    assert host.asked[0].headers[header[0]] == header[1]
    assert client.bytes_received == 0


def test_a_304_ends_an_older_download_under_way(host: Host, client: HttpClient, part: Part) -> None:
    part.begin(BodyHead(etag='"v2"', validator='"v2"'))
    part.path.write_bytes(b"[1, 2")
    host.script(PATH, Response(status=304))
    assert client.fetch(URL, part, etag='"v1"').not_modified
    assert part.size == 0


def test_a_304_that_nothing_asked_for_is_a_failure(host: Host, client: HttpClient) -> None:
    host.script(PATH, Response(status=304), served(DATA))
    assert client.get_bytes(URL) == DATA


def test_json_is_read_and_anything_else_refused(host: Host, client: HttpClient) -> None:
    host.script(PATH, served(b'{"a": [1]}'))
    host.script("/a.fr/bad", served(b'{"a": [1'))
    assert client.get_json(URL) == {"a": [1]}
    with pytest.raises(NotData, match="not JSON"):
        client.get_json("https://a.fr/bad")
