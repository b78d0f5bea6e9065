"""A source with faults: bytes that are not those announced, files and listings that fail."""

from __future__ import annotations

import msgspec
import pytest
from werkzeug import Request, Response

from procurement_assets.sources.errors import SourceEmptied, SourceUnavailable
from procurement_assets.sources.taking import CHECKSUM_DIFFERS
from procurement_assets_tests.sources.conftest import (
    LATER,
    LISTING,
    Refresher,
    file_path,
    resource,
    served,
    sha1,
    sha256,
)

V1 = b'{"marches": [{"id": "1"}]}'
V2 = b'{"marches": [{"id": "1"}, {"id": "2"}]}'
HTML = Response("<html><body>Internal server error</body></html>", 200, {"Content-Type": "text/html"})


# Bytes that are not those announced


def test_bytes_damaged_on_the_way_are_downloaded_again(refresh: Refresher) -> None:
    damaged = V1.replace(b"1", b"7")
    refresh.serve("a.json", V1, announced=sha1(V1))
    refresh.host.script(file_path("a.json"), Response(damaged), served(V1))
    row = refresh.one()
    assert (row.sha256, row.reason) == (sha256(V1), "")
    assert refresh.host.asked[2].headers["Cache-Control"] == "no-cache"


def test_bytes_that_come_twice_outweigh_a_checksum_that_lags(refresh: Refresher) -> None:
    refresh.serve("a.json", V2, announced=sha1(V1))
    row = refresh.one()
    assert (row.status, row.sha256, row.reason) == ("kept", sha256(V2), CHECKSUM_DIFFERS)
    assert len(refresh.host.asked) == 3
    again = refresh.one(LATER)
    assert (again.status, again.sha256, again.reason) == ("unchanged", sha256(V2), CHECKSUM_DIFFERS)
    refresh.serve("a.json", V2, announced=sha1(V2))
    assert refresh.one(LATER).reason == ""


def test_bytes_that_change_at_each_download_are_refused(refresh: Refresher) -> None:
    count = iter(range(100))
    refresh.host.listing([resource("a.json", V1)])
    refresh.host.script(file_path("a.json"), lambda _: Response(f"[{next(count)}]"))
    row = refresh.one()
    assert (row.status, row.sha256, row.reason) == ("refused", "", "octets différents à chaque téléchargement")


def test_a_body_whose_end_nothing_marks_is_taken_when_it_comes_twice(refresh: Refresher) -> None:
    def unmarked(_: Request) -> Response:
        return Response((piece for piece in [V1]), 200)

    refresh.host.listing([resource("a.json")])
    refresh.host.script(file_path("a.json"), unmarked)
    row = refresh.one()
    assert (row.status, row.sha256, row.reason) == ("kept", sha256(V1), "")
    assert refresh.host.paths().count(file_path("a.json")) == 2


# Failures


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        (HTML, "stale", "le serveur envoie une page ou un message d'erreur à la place des données (12 essais)"),
        (Response("", 403), "stale", "accès refusé par le serveur (403)"),
        (Response("", 404), "gone", "l'adresse répond 404 : le fichier n'y est plus"),
        (Response("", 410), "gone", "l'adresse répond 410 : le fichier n'y est plus"),
        (Response("", 503), "stale", "le serveur répond 503 (12 essais)"),
    ],
)
def test_a_file_held_that_fails_keeps_its_last_good_bytes(
    refresh: Refresher, caplog: pytest.LogCaptureFixture, answer: Response, status: str, reason: str
) -> None:
    refresh.serve("a.json", V1, announced=sha1(V1))
    good = refresh.one()
    refresh.host.listing([resource("a.json", V2, last_modified="2026-03-02T00:00:00+00:00")])
    refresh.host.script(file_path("a.json"), answer)
    row = refresh.one(LATER)
    assert row == msgspec.structs.replace(good, status=status, reason=reason, checked_at="2026-03-02T04:00:00+00:00")
    assert "bytes" in caplog.records[-2].message or "bytes" in caplog.records[-1].message
    refresh.serve("a.json", V2, announced=sha1(V2))
    healed = refresh.one(LATER)
    assert (healed.status, healed.sha256, healed.reason) == ("kept", sha256(V2), "")


def test_a_file_that_stays_stale_keeps_the_same_bytes(refresh: Refresher) -> None:
    refresh.serve("a.json", V1)
    refresh()
    refresh.host.script(file_path("a.json"), HTML)
    assert [refresh.one(LATER).status for _ in range(2)] == ["stale", "stale"]
    assert refresh.rows[0].sha256 == sha256(V1)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (HTML, "le serveur envoie une page ou un message d'erreur à la place des données (12 essais)"),
        (Response("", 403), "accès refusé par le serveur (403)"),
        (Response("", 404), "l'adresse répond 404 : le fichier n'y est plus"),
        (Response("", 302, {"Location": "ftp://a.fr/x"}), "adresse refusée (scheme 'ftp' is not http or https)"),
    ],
)
def test_a_file_never_held_is_refused_when_the_answer_is_final(
    refresh: Refresher, answer: Response, reason: str
) -> None:
    refresh.host.listing([resource("a.json")])
    refresh.host.script(file_path("a.json"), answer)
    row = refresh.one()
    assert (row.status, row.sha256, row.bytes, row.reason) == ("refused", "", 0, reason)


def test_a_file_over_the_limit_is_refused(refresh: Refresher) -> None:
    big = b"[" + b"1" * 3_000_000 + b"]"
    refresh.client.max_bytes = 1024 * 1024
    refresh.serve("a.json", big)
    row = refresh.one()
    assert (row.status, row.reason) == ("refused", "fichier d'au moins 2.9 Mio, au-delà de la limite de 1.0 Mio")


def test_a_file_without_an_address_is_refused(refresh: Refresher) -> None:
    refresh.host.listing([resource("a.json", url=None, latest=None)])
    assert refresh.one().reason == "aucune adresse dans la liste"


def test_a_file_never_held_that_the_network_fails_stops_the_source(refresh: Refresher) -> None:
    refresh.host.listing([resource("a.json")])
    refresh.host.script(file_path("a.json"), Response("", 503))
    with pytest.raises(SourceUnavailable) as caught:
        refresh()
    message = str(caught.value)
    assert "source 'portail' (Portail d'essai) : le fichier 'a.json' n'a jamais été reçu" in message
    assert "https://www.data.gouv.fr/api/1/datasets/r/a.json : le serveur répond 503 (12 essais)" in message
    assert "relancer" in message


@pytest.mark.parametrize("answer", [Response("", 503), HTML, Response("{", 200), Response("", 403)])
def test_a_listing_that_fails_never_counts_as_empty(refresh: Refresher, answer: Response) -> None:
    refresh.serve("a.json", V1)
    refresh()
    refresh.host.script(LISTING, answer)
    with pytest.raises(SourceUnavailable, match=r"source 'portail'.*sa liste ne peut pas être lue.*Rien n'a changé"):
        refresh(LATER)


def test_a_listing_that_becomes_empty_is_taken_for_a_fault(refresh: Refresher) -> None:
    refresh.serve("a.json", V1)
    refresh()
    refresh.host.listing([])
    with pytest.raises(SourceEmptied, match="sa liste est vide, alors qu'elle offrait 1 fichiers"):
        refresh(LATER)


def test_a_listing_that_was_always_empty_gives_no_rows(refresh: Refresher) -> None:
    refresh.host.listing([])
    assert refresh() == []
