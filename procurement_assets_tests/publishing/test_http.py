"""Requests to portals: what is repeated, what is not, and keys that are shown nowhere."""

from __future__ import annotations

import logging

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from procurement_assets.portal.publishing.http import (
    SHOWN,
    AmbiguousError,
    KeyRefusedError,
    PortalError,
    PortalSession,
    RejectedError,
    UnavailableError,
    redact,
)
from procurement_assets.retry_after import retry_after

KEY = "udata_0123456789secret"


class Answers:
    """A server that gives answers in turn and counts its requests."""

    def __init__(self, server: HTTPServer) -> None:
        self.given: list[Response] = []
        self.headers: list[str | None] = []
        server.expect_request("/api/x").respond_with_handler(self._next)
        self.base = server.url_for("/api")

    def _next(self, request: Request) -> Response:
        self.headers.append(request.headers.get("X-API-KEY"))
        return self.given.pop(0) if len(self.given) > 1 else self.given[0]


@pytest.fixture
def answers(httpserver: HTTPServer) -> Answers:
    """The answers of a test."""
    return Answers(httpserver)


def _session(answers: Answers, waits: list[float] | None = None, **options: object) -> PortalSession:
    sleep = (waits if waits is not None else []).append
    return PortalSession(
        answers.base,
        key=KEY,
        header="X-API-KEY",
        sleep=sleep,
        jitter=lambda: 0.0,
        **options,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_passing_fault_is_repeated_with_doubling_waits(answers: Answers, status: int) -> None:
    answers.given = [Response(status=status), Response(status=status), Response("{}")]
    waits: list[float] = []
    assert _session(answers, waits).get_json("/x") == {}
    assert waits == [0.5, 1.0]


def test_retry_after_is_honoured_and_bounded(answers: Answers) -> None:
    answers.given = [
        Response(status=429, headers={"Retry-After": "7"}),
        Response(status=503, headers={"Retry-After": "99999"}),
        Response(status=503, headers={"Retry-After": "bientôt"}),
        Response("{}"),
    ]
    waits: list[float] = []
    _session(answers, waits).get_json("/x")
    assert waits == [7.0, 120.0, 2.0]


def test_retry_after_as_a_date_is_read_against_the_servers_clock() -> None:
    headers = {"Retry-After": "Tue, 24 Nov 2026 05:00:30 GMT", "Date": "Tue, 24 Nov 2026 05:00:00 GMT"}
    assert retry_after(headers, 60.0) == 30.0
    assert retry_after(headers, 20.0) == 20.0
    assert [retry_after({"Retry-After": text}, 60.0) for text in ("", "bientôt", "-3")] == [None, None, None]


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_post_whose_fate_is_unknown_is_not_repeated(answers: Answers, status: int) -> None:
    answers.given = [Response(status=status)]
    with pytest.raises(AmbiguousError, match="sans réponse sûre"):
        _session(answers).request("POST", "/x")
    assert len(answers.headers) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_post_that_was_surely_not_done_is_repeated(answers: Answers, status: int) -> None:
    answers.given = [Response(status=status), Response(status=201)]
    assert _session(answers).request("POST", "/x").status_code == 201


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_told_once_and_hidden(answers: Answers, status: int) -> None:
    answers.given = [Response(f'{{"message": "key {KEY} unknown"}}', status=status)]
    with pytest.raises(KeyRefusedError) as error:
        _session(answers).get_json("/x")
    assert KEY not in str(error.value)
    assert "[clé masquée]" in str(error.value)
    assert len(answers.headers) == 1


def test_another_refusal_is_final(answers: Answers) -> None:
    answers.given = [Response('{"errors": {"title": ["vide"]}}', status=400)]
    with pytest.raises(RejectedError, match="vide") as error:
        _session(answers).request("PUT", "/x")
    assert error.value.status == 400


def test_a_redirection_is_refused_since_the_key_would_follow_it(answers: Answers) -> None:
    answers.given = [Response(status=302, headers={"Location": "http://127.0.0.1:1/"})]
    with pytest.raises(RejectedError, match=r"\(302\)"):
        _session(answers).get_json("/x")


def test_a_silent_server_is_given_up(httpserver: HTTPServer) -> None:
    session = PortalSession("http://127.0.0.1:1/api", key=KEY, attempts=3, sleep=lambda _: None)
    with pytest.raises(UnavailableError, match="abandonné après 3 essais"):
        session.get_json("/x")
    with pytest.raises(UnavailableError):
        session.request("POST", "/x")  # nothing was sent: repeating it was safe


def test_the_key_goes_in_its_header_and_in_no_log_nor_representation(
    answers: Answers, caplog: pytest.LogCaptureFixture
) -> None:
    answers.given = [Response(f"panne {KEY}", status=500), Response("{}")]
    session = _session(answers)
    with caplog.at_level(logging.DEBUG):
        session.get_json("/x")
    assert answers.headers == [KEY, KEY]
    assert KEY not in caplog.text + repr(session) + str(vars(session.__class__))


def test_a_key_never_goes_over_plain_http() -> None:
    with pytest.raises(PortalError, match="https est exigé"):
        PortalSession("http://opendata.exemple.fr/api", key=KEY)


def test_an_answer_that_is_not_json_is_told(answers: Answers) -> None:
    answers.given = [Response("<html>maintenance</html>")]
    with pytest.raises(RejectedError, match="pas du JSON"):
        _session(answers).get_json("/x")


def test_a_key_at_the_end_of_what_is_shown_is_hidden_whole(answers: Answers) -> None:
    for before in (SHOWN - len(KEY), SHOWN - 10, SHOWN - 4):
        answers.given = [Response("x" * before + KEY + "y" * SHOWN, status=400)]
        with pytest.raises(RejectedError) as error:
            _session(answers).request("GET", "/x")
        assert KEY[:3] not in str(error.value), before


@pytest.mark.parametrize(
    "written", ["a%2Fb%2Bc%22%3C%C3%A9", "a/b%2Bc%22%3C%C3%A9", 'a/b+c\\"<\\u00e9', "a/b+c&quot;&lt;é"]
)
def test_a_key_is_hidden_as_an_address_json_or_html_writes_it(written: str) -> None:
    assert redact(f"refus de {written}.", ['a/b+c"<é']) == "refus de [clé masquée]."


def test_the_longest_secret_is_hidden_first() -> None:
    assert redact("abcd abc", ["abc", "abcd", ""]) == "[clé masquée] [clé masquée]"
