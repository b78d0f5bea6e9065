"""A portal that answers what it should not, that people changed, or that gives short pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from procurement_assets.lake import Lake
from procurement_assets.portal.publishing import ods_wanted
from procurement_assets.portal.publishing.engine import ReadBackError, Report, publish
from procurement_assets.portal.publishing.http import PortalError
from procurement_assets.portal.publishing.journal import read_history, read_state
from procurement_assets_tests.publishing import ods_server
from procurement_assets_tests.publishing.ods_answers import page
from procurement_assets_tests.publishing.ods_server import KEY, Server
from procurement_assets_tests.publishing.support import job, opendatasoft, publisher, rows, write_exports

pytestmark = pytest.mark.usefixtures("small_table")
Undo = Callable[[], None]


def run(server: Server, lake: Lake) -> Report:
    who = publisher(server.domain)
    return publish(job(lake, who), opendatasoft(who, KEY))


def answering(server: Server, method: str, ending: str, answer: Any) -> Undo:
    """The server answers 200 and this at one address, whatever is asked; what undoes it."""
    apply = server._apply
    data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()

    def odd(http: BaseHTTPRequestHandler, path: str, raw: bytes) -> tuple[int, Any]:
        return (200, data) if http.command == method and path.endswith(ending) else apply(http, path, raw)

    server._apply = odd  # type: ignore[method-assign]

    def undo() -> None:
        server._apply = apply  # type: ignore[method-assign]

    return undo


@pytest.mark.parametrize(
    ("method", "ending", "answer"),
    [
        ("GET", "/status/", None),
        ("GET", "/metadata/", []),
        ("GET", "/fields/", {"results": [1]}),
        ("POST", "/datasets/", None),
        ("POST", "/datasets/", {"détail": "ok"}),
        ("POST", "/resources/files/", [1]),
        ("POST", "/resources/", {}),
        ("GET", "/records", []),
        ("GET", "/records", {"results": ["x"]}),
    ],
)
def test_an_answer_of_another_shape_stops_with_one_line_and_the_next_run_ends_it(
    server: Server, lake: Lake, method: str, ending: str, answer: Any
) -> None:
    if ending in ("/metadata/", "/fields/"):  # read of a dataset that is there
        run(server, lake)
        write_exports(lake, rows(6), note="suite")
    undo = answering(server, method, ending, answer)
    with pytest.raises(PortalError, match="réponse inattendue du portail"):
        run(server, lake)
    assert read_history(lake, "ville", "opendatasoft")[-1][1][-1].event == "failed"
    undo()
    assert run(server, lake).status == "published"
    assert run(server, lake).status == "unchanged"


@pytest.mark.parametrize(
    ("ending", "answer", "told"),
    [
        ("/exports/csv", b'uid\r\n"2175', "export CSV : attendu lisible, lu illisible"),
        ("/exports/csv", b"uid\r\n\xff\xfe\r\n", "export CSV : attendu lisible, lu illisible"),
        ("/exports/csv", b"uid\r\na;b;c\r\n", "export CSV : attendu lisible, lu illisible"),
        ("/records", {"results": [{"n": 6, "s0": "x"}]}, "somme de montant (centimes) : attendu 601800, lu x"),
        ("/records", b'{"results": [{"n": 6, "s0": NaN}]}', "somme de montant (centimes) : attendu 601800, lu nan"),
        ("/records", {"results": [{"n": "six", "s0": 6018}]}, "nombre de lignes : attendu 6, lu six"),
    ],
)
def test_what_cannot_be_read_back_is_not_called_published(
    server: Server, lake: Lake, ending: str, answer: Any, told: str
) -> None:
    run(server, lake)
    write_exports(lake, rows(6), note="suite")
    undo = answering(server, "GET", ending, answer)
    with pytest.raises(ReadBackError) as error:
        run(server, lake)
    assert told in str(error.value)
    undo()
    assert read_state(lake, "ville", "opendatasoft").restoring


def test_an_absurd_amount_stops_no_publication(server: Server, lake: Lake) -> None:
    contracts = rows(3)
    contracts[1] |= {"montant": 1e18, "montant_suspect": "montant.absurde"}
    contracts[2] |= {"montant": 9.9e16, "montant_suspect": "montant.absurde"}
    write_exports(lake, contracts)
    assert run(server, lake).status == "published"
    assert run(server, lake).publication.sums == {"decp_marches.csv:montant": 100050}


def test_a_table_larger_than_the_platform_accepts_is_told_and_nothing_is_sent(
    server: Server, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ods_wanted, "LARGEST", 300)
    with pytest.raises(PortalError, match=r"decp_marches\.csv fait 0 Mo, plus que les 0 Mo que la plateforme accepte"):
        run(server, lake)
    assert server.requests == []


def test_a_dataset_deleted_by_hand_is_made_again_and_opened(server: Server, lake: Lake) -> None:
    run(server, lake)
    before = server.portal.public_view()
    server.portal.datasets.clear()
    assert run(server, lake).status == "published"
    assert server.portal.public_view() == before
    assert run(server, lake).status == "unchanged"


@pytest.mark.parametrize("fault", ["cut", "lost"])
def test_a_dataset_made_again_is_opened_even_by_the_run_after_a_cut(server: Server, lake: Lake, fault: str) -> None:
    run(server, lake)
    before = server.portal.public_view()
    server.portal.datasets.clear()
    server.fault = lambda number, method, path: fault if path.endswith("/publish/") else None
    with pytest.raises(PortalError):
        run(server, lake)
    server.fault = None
    run(server, lake)
    assert server.portal.public_view() == before


def test_a_dataset_closed_by_hand_stays_closed(server: Server, lake: Lake) -> None:
    run(server, lake)
    (dataset,) = server.portal.datasets.values()
    dataset.restricted = True
    with pytest.raises(ReadBackError, match="regarder le jeu dans le portail"):
        run(server, lake)
    assert dataset.restricted
    dataset.restricted = False
    assert run(server, lake).status in ("published", "unchanged")


@pytest.mark.parametrize("status", [401, 403, 404])
def test_what_is_refused_to_the_public_is_not_shown_and_no_fault_of_the_key(
    server: Server, lake: Lake, status: int
) -> None:
    run(server, lake)
    server.fault = lambda _, __, path: status if "/explore/" in path else None
    with pytest.raises(ReadBackError, match="attendu publié, lu rien : le portail ne montre pas ce jeu"):
        run(server, lake)


def test_a_dataset_renamed_by_hand_is_told_and_no_second_one_is_made(server: Server, lake: Lake) -> None:
    run(server, lake)
    (dataset,) = server.portal.datasets.values()
    dataset.slug = "autre-nom"
    server.requests.clear()
    with pytest.raises(PortalError, match="s'appelle maintenant « autre-nom »"):
        run(server, lake)
    assert {method for method, _ in server.requests} == {"GET"}
    dataset.slug = "decp-ville"
    assert run(server, lake).status == "unchanged"
    assert len(server.portal.datasets) == 1


def test_a_second_copy_of_the_table_is_taken_away(server: Server, lake: Lake) -> None:
    run(server, lake)
    (dataset,) = server.portal.datasets.values()
    before = server.portal.public_view()
    (uid, resource), *_ = dataset.draft["resources"].items()
    dataset.draft["resources"] = {"re_twin": {**resource, "uid": "re_twin"}, uid: resource}
    server.portal.publish(dataset)
    while dataset.queue:
        server.portal.move(dataset)
    assert server.portal.public_view() != before
    assert run(server, lake).sent == ()
    assert server.portal.public_view() == before
    assert len(dataset.draft["resources"]) == 1


def test_a_portal_that_gives_short_pages_is_read_to_the_end(
    server: Server, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ods_server, "page", lambda found, params: page(found, {**params, "limit": "20"}))
    run(server, lake)
    assert run(server, lake).status == "unchanged"


def test_a_key_is_not_shown_where_the_server_tells_it_to_one_who_did_not_send_it(
    server: Server, lake: Lake, caplog: pytest.LogCaptureFixture
) -> None:
    run(server, lake)
    seen = iter(range(10**6))
    server.fault = lambda _, __, path: 503 if "/explore/" in path and next(seen) % 2 == 0 else None
    assert run(server, lake).status == "unchanged"
    assert "/explore/v2.1" in caplog.text
    assert KEY not in caplog.text
