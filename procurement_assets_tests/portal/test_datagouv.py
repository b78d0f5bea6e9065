"""The client of data.gouv.fr where the portal misbehaves, and where it cannot be asked."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from procurement_assets.portal.publishing.datagouv import STORAGE_SECONDS, Datagouv
from procurement_assets.portal.publishing.datagouv_steps import STEPS
from procurement_assets.portal.publishing.http import AmbiguousError, PortalError, UnavailableError
from procurement_assets.portal.publishing.package import Package
from procurement_assets.portal.publishing.plan import Step
from procurement_assets.portal.publishing.portal import TargetState
from procurement_assets_tests.portal import datagouv_support as support
from procurement_assets_tests.portal.datagouv_support import package, paris

CSV = b"uid;montant\nA;1\n"
SHA1 = hashlib.sha1(CSV).hexdigest()


@pytest.fixture
def small(tmp_path: Path) -> Package:
    return package(tmp_path / "store", {"decp_marches.csv": CSV})


@pytest.fixture
def portal(httpserver: HTTPServer, small: Package) -> Datagouv:
    """A client that has planned against a portal without any dataset; each test says how uploads are answered."""
    httpserver.expect_request("/api/1/me/").respond_with_json({"id": "u"})
    httpserver.expect_request("/api/1/datasets/schemas/").respond_with_json([])
    httpserver.expect_request("/api/1/datasets/extensions/").respond_with_json(["csv", "json"])
    httpserver.expect_request("/api/1/organizations/ville-de-paris/").respond_with_json({"id": "o"})
    httpserver.expect_request("/api/1/datasets/", method="GET").respond_with_json({"data": [], "next_page": None})
    client = make(httpserver.url_for("/api/1"))
    client.plan(TargetState(target="datagouv"), small)
    return client


SLEPT: list[float] = []


def make(address: str, key: str | None = "udata_k") -> Datagouv:
    SLEPT.clear()
    return support.make(paris(address), key, sleep=SLEPT.append)


def upload(portal: Datagouv, small: Package) -> Step:
    """The call that brings a new file to the draft."""
    file = small.file("decp_marches.csv")
    return STEPS.file(
        "draft.upload",
        "POST",
        f"{portal.base}/datasets/d/upload/",
        "",
        file=file.name,
        sha256=file.sha256,
        size=file.bytes,
        send_as="decp-marches.csv",
        provides="staged:decp_marches.csv",
    )


def stored(sha1: str = SHA1, title: str = "decp-marches.csv") -> dict[str, object]:
    checksum = {"type": "sha1", "value": sha1}
    address = "https://static.invalid/b/decp-marches.csv"
    return {"id": "r", "title": title, "checksum": checksum, "filesize": len(CSV), "url": address, "mime": "text/csv"}


def test_a_storage_that_refuses_the_name_is_left_a_second_and_the_portal_is_read_again(
    httpserver: HTTPServer, portal: Datagouv, small: Package
) -> None:
    httpserver.expect_oneshot_request("/api/1/datasets/d/upload/").respond_with_json({"message": "FileExists"}, 500)
    with pytest.raises(AmbiguousError, match="FileExists"):
        portal.execute(upload(portal, small))
    assert SLEPT == [STORAGE_SECONDS]
    assert len([1 for request, _ in httpserver.log if request.path.endswith("/upload/")]) == 1


def test_an_upload_put_off_is_sent_again_whole(httpserver: HTTPServer, portal: Datagouv, small: Package) -> None:
    received: list[bytes] = []

    def answer(request: Request) -> Response:
        received.append(request.files["file"].read())
        if len(received) == 1:
            return Response("busy", 429, {"Retry-After": "7"})
        return Response(json.dumps(stored()), 201, content_type="application/json")

    httpserver.expect_request("/api/1/datasets/d/upload/").respond_with_handler(answer)
    assert portal.execute(upload(portal, small)).bindings == {
        "staged:decp_marches.csv": "https://static.invalid/b/decp-marches.csv",
        "mime:decp_marches.csv": "text/csv",
    }
    assert received == [CSV, CSV]
    assert SLEPT == [7.0]


def test_a_file_that_did_not_arrive_whole_stops_the_publication(
    httpserver: HTTPServer, portal: Datagouv, small: Package
) -> None:
    httpserver.expect_request("/api/1/datasets/d/upload/").respond_with_json(stored("0" * 40), 201)
    with pytest.raises(PortalError, match=r"decp_marches\.csv n'est pas arrivé intact"):
        portal.execute(upload(portal, small))


@contextmanager
def cutting_server() -> Iterator[tuple[str, list[bytes]]]:
    """A server that closes each connection in the middle of its answer."""
    seen: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                seen.append(connection.recv(65536))
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/api/1", seen
    finally:
        listener.close()


def test_a_portal_that_cuts_its_answers_is_given_up_after_the_attempts(small: Package) -> None:
    with cutting_server() as (address, seen), pytest.raises(UnavailableError, match="abandonné après 3 essais"):
        make(address).plan(TargetState(target="datagouv"), small)
    assert len(seen) == 3


def test_an_upload_that_is_cut_is_not_sent_twice_blindly(portal: Datagouv, small: Package) -> None:
    with cutting_server() as (address, seen):
        other = make(address)
        other._package, other._wanted = small, portal._wanted
        with pytest.raises(AmbiguousError):
            other.execute(upload(other, small))
    assert len([1 for s in seen if s.startswith(b"POST")]) == 1


def test_without_a_key_a_plan_is_made_without_any_request(small: Package) -> None:
    client = make("https://portal.invalid/api/1", key=None)
    steps = client.plan(TargetState(target="datagouv"), small)
    assert [s.action for s in steps] == ["dataset.create", "resource.upload", "dataset.publish"]
    assert steps[1].address == (
        "https://portal.invalid/api/1/datasets/{dataset}/resources/{resource:decp_marches.csv}/upload/"
    )
    assert (steps[1].bytes, steps[1].sha256) == (len(CSV), hashlib.sha256(CSV).hexdigest())


def test_without_a_key_what_the_journal_says_was_sent_is_not_planned_again(small: Package, tmp_path: Path) -> None:
    client = make("https://portal.invalid/api/1", key=None)
    known = {"dataset": "d", "resource:decp_marches.csv": "r"}
    sent = {"decp_marches.csv": hashlib.sha256(CSV).hexdigest()}
    assert client.plan(TargetState(target="datagouv", bindings=known, sent=sent), small) == []
    changed = package(tmp_path / "store", {"decp_marches.csv": CSV + b"B;2\n"})
    steps = client.plan(TargetState(target="datagouv", bindings=known, sent=sent), changed)
    assert [s.action for s in steps] == ["resource.replace"]
    assert steps[0].address.endswith("/datasets/d/resources/r/upload/")


def test_without_a_key_the_plan_of_a_new_file_shows_its_way_through_the_draft(small: Package, tmp_path: Path) -> None:
    client = make("https://portal.invalid/api/1", key=None)
    known = {"dataset": "d", "resource:decp_marches.csv": "r"}
    sent = {"decp_marches.csv": hashlib.sha256(CSV).hexdigest()}
    more = package(tmp_path / "store", {"decp_marches.csv": CSV, "decp_2022.json": b"{}"})
    steps = client.plan(TargetState(target="datagouv", bindings=known, sent=sent), more)
    assert [(s.action, s.file) for s in steps] == [
        ("draft.create", ""),
        ("draft.upload", "decp_2022.json"),
        ("resources.announce", ""),
        ("resource.upload", "decp_2022.json"),
        ("resource.describe", ""),
        ("draft.delete", ""),
    ]
    listed = steps[2].body["resources"]
    assert (listed[0], listed[1]["title"], listed[1]["url"]) == ("r", "decp-2022.json", "{staged:decp_2022.json}")
    assert {s.body["private"] for s in steps if s.action == "draft.create"} == {True}


def test_a_list_of_resources_whose_answer_is_lost_is_not_given_twice_blindly(
    httpserver: HTTPServer, portal: Datagouv
) -> None:
    httpserver.expect_request("/api/1/datasets/d/", method="GET").respond_with_json({"id": "d", "resources": []})
    httpserver.expect_request("/api/1/datasets/d/", method="PUT").respond_with_data("", 502)
    step = STEPS.json("resources.announce", "PUT", f"{portal.base}/datasets/d/", "", {"resources": [{"title": "n"}]})
    with pytest.raises(AmbiguousError, match="502"):
        portal.execute(step)
    assert len([1 for request, _ in httpserver.log if request.method == "PUT"]) == 1


def test_a_publisher_without_a_portal_is_told_where_to_name_one() -> None:
    publisher = msgspec.structs.replace(paris("https://portal.invalid/api/1"), portal=None)
    with pytest.raises(PortalError, match=r"\[publisher\.portal\.datagouv\]"):
        Datagouv(publisher, key=None)


def test_a_portal_that_gives_another_title_to_a_replaced_file_is_read_again(
    httpserver: HTTPServer, portal: Datagouv, small: Package
) -> None:
    httpserver.expect_request("/api/1/datasets/d/upload/").respond_with_json(stored(title="decp_marches.csv"))
    replacing = msgspec.structs.replace(upload(portal, small), action="resource.replace", provides="")
    with pytest.raises(AmbiguousError, match=r"sous le titre 'decp_marches\.csv' au lieu de 'decp-marches\.csv'"):
        portal.execute(replacing)


def test_a_portal_that_makes_no_resource_of_the_list_is_told(
    httpserver: HTTPServer, portal: Datagouv, small: Package
) -> None:
    httpserver.expect_request("/api/1/datasets/", method="POST").respond_with_json({"id": "d", "resources": []}, 201)
    with pytest.raises(PortalError, match=r"le jeu d n'a pas reçu toutes ses ressources nouvelles .*decp_marches\.csv"):
        portal.execute(portal.plan(TargetState(target="datagouv"), small)[0])


_DATASET = {"id": "d", "private": False, "resources": [], "extras": {"procurement-assets:publisher": "paris"}}


@pytest.mark.parametrize("answer", [[], {}, "perdu", None, {"message": "maintenance"}, {"data": [{"title": "?"}]}])
@pytest.mark.parametrize(
    "path", ["organizations/ville-de-paris/", "datasets/", "datasets/d/", "datasets/schemas/", "datasets/extensions/"]
)
def test_an_odd_answer_stops_with_one_line(httpserver: HTTPServer, small: Package, path: str, answer: object) -> None:
    sound = {
        "me/": {"id": "u"},
        "organizations/ville-de-paris/": {"id": "o"},
        "datasets/": {"data": [_DATASET], "next_page": None},
        "datasets/d/": _DATASET,
        "datasets/schemas/": [],
        "datasets/extensions/": ["csv"],
    }
    for place, said in sound.items():
        given = said if place != path or answer == said else answer
        httpserver.expect_request(f"/api/1/{place}").respond_with_json(given)
    client = make(httpserver.url_for("/api/1"))
    if sound[path] == answer:
        client.plan(TargetState(target="datagouv"), small)
        return
    with pytest.raises(PortalError, match="réponse inattendue du portail") as caught:
        client.plan(TargetState(target="datagouv"), small)
    assert "\n" not in str(caught.value)
