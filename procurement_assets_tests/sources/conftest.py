"""A scripted public host, and a client that notes its waits instead of sleeping."""

from __future__ import annotations

import hashlib
import json
import re
import socketserver
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from procurement_assets.lake import Lake
from procurement_assets.publishers import Source
from procurement_assets.sources.http import HttpClient
from procurement_assets.sources.manifest import ManifestRow
from procurement_assets.sources.parts import Part
from procurement_assets.sources.snapshots import open_raw, refresh_source

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
LATER = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
SHARED = Path(__file__).resolve().parents[3] / "shared"
DATASET = "5f4d1921f7e627ef3ae26944"
LISTING = f"/www.data.gouv.fr/api/2/datasets/{DATASET}/resources/"


def etag_of(data: bytes) -> str:
    return '"' + hashlib.sha1(data).hexdigest() + '"'


def sha1(data: bytes) -> dict[str, str]:
    return {"type": "sha1", "value": hashlib.sha1(data).hexdigest()}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


Answer = Response | Callable[[Request], Response]


class Host:
    """Public hosts behind one local server (the client's mirror): each path answers a script, the last line again."""

    def __init__(self, server: HTTPServer) -> None:
        self.server = server
        self.url = server.url_for("").rstrip("/")
        self.scripts: dict[str, list[Answer]] = {}
        self.asked: list[Request] = []
        server.expect_request(re.compile(".*")).respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        self.asked.append(request)
        path = request.path + (f"?{request.query_string.decode()}" if request.query_string else "")
        script = self.scripts.get(path) or self.scripts.get(request.path)
        if not script:
            return Response("nothing here", 404)
        answer = script.pop(0) if len(script) > 1 else script[0]
        return answer(request) if callable(answer) and not isinstance(answer, Response) else answer

    def script(self, path: str, *answers: Answer) -> None:
        self.scripts[path] = list(answers)

    def paths(self) -> list[str]:
        return [r.path for r in self.asked]

    def listing(self, resources: list[dict[str, Any]], **changes: Any) -> None:
        """The listing of the test dataset, with an ETag and conditional answers."""
        page = {"data": resources, "next_page": None, "page": 1, "total": len(resources), **changes}
        self.script(LISTING, served(json.dumps(page).encode()))


def served(
    data: bytes, content_type: str = "application/json", etag: str | None = None
) -> Callable[[Request], Response]:
    """A well-behaved file: ETag, If-None-Match, Range with If-Range."""
    tag = etag_of(data) if etag is None else etag

    def answer(request: Request) -> Response:
        headers = {"ETag": tag, "Content-Type": content_type}
        if request.headers.get("If-None-Match") == tag:
            return Response(status=304, headers=headers)
        asked = request.headers.get("Range", "")
        if asked and request.headers.get("If-Range", tag) == tag:
            first = int(asked.removeprefix("bytes=").partition("-")[0])
            if first >= len(data):
                return Response(status=416, headers={"Content-Range": f"bytes */{len(data)}"})
            headers["Content-Range"] = f"bytes {first}-{len(data) - 1}/{len(data)}"
            return Response(data[first:], 206, headers)
        return Response(data, 200, headers)

    return answer


def pieces(data: bytes, status: int, headers: dict[str, str]) -> Callable[[Request], Response]:
    """An answer with exactly these headers: werkzeug leaves Content-Length alone when the body is an iterator."""
    return lambda _: Response(iter([data]), status, headers)


def cut(data: bytes, sent: int, **headers: str) -> Callable[[Request], Response]:
    """A body that stops early: Content-Length says more than what comes. An empty header is left out."""
    given = {"Content-Length": str(len(data)), "ETag": etag_of(data), **headers}
    return pieces(data[:sent], 200, {k: v for k, v in given.items() if v})


def resource(name: str, data: bytes | None = None, **changes: Any) -> dict[str, Any]:
    """A resource of a listing, as data.gouv.fr gives it."""
    return {
        "id": f"id-{name}",
        "title": name,
        "format": "json",
        "type": "main",
        "url": f"https://static.data.gouv.fr/resources/{name}",
        "latest": f"https://www.data.gouv.fr/api/1/datasets/r/{name}",
        "checksum": sha1(data) if data is not None else None,
        "created_at": "2025-01-01T00:00:00+00:00",
        "last_modified": "2025-02-01T00:00:00+00:00",
        "extras": {},
        **changes,
    }


def file_path(name: str) -> str:
    return f"/www.data.gouv.fr/api/1/datasets/r/{name}"


@pytest.fixture
def host(httpserver: HTTPServer) -> Host:
    return Host(httpserver)


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def client(host: Host, waits: list[float]) -> HttpClient:
    """Twelve attempts, backoff of one second with no randomness; waits are noted, not slept."""
    return HttpClient(mirror=host.url, attempts=12, backoff=1.0, sleep=waits.append, jitter=lambda: 0.0)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture
def part(tmp_path: Path) -> Part:
    return Part(tmp_path / "body.part")


@pytest.fixture
def source() -> Source:
    return Source(id="portail", name="Portail d'essai", kind="datagouv", rank=1, dataset=DATASET)


class Refresher:
    """Refreshes one source again and again, each time from the rows of the last."""

    def __init__(self, host: Host, lake: Lake, client: HttpClient, source: Source) -> None:
        self.host, self.lake, self.client, self.source = host, lake, client, source
        self.rows: list[ManifestRow] = []

    def __call__(self, now: datetime = NOW, previous: Sequence[ManifestRow] | None = None) -> list[ManifestRow]:
        self.host.asked.clear()
        before = self.rows if previous is None else previous
        self.rows = refresh_source(self.source, lake=self.lake, http=self.client, previous=before, now=now)
        return self.rows

    def one(self, now: datetime = NOW, previous: Sequence[ManifestRow] | None = None) -> ManifestRow:
        (row,) = self(now, previous)
        return row

    def serve(self, name: str, data: bytes, *, announced: dict[str, str] | None = None, **changes: Any) -> None:
        """The listing announces one file, and it is served."""
        self.host.listing([resource(name, **{"checksum": announced, **changes})])
        self.host.script(file_path(name), served(data))

    def bytes_of(self, row: ManifestRow) -> bytes:
        with open_raw(self.lake, row.sha256, verify=True) as handle:
            return handle.read()


@pytest.fixture
def refresh(host: Host, lake: Lake, client: HttpClient, source: Source) -> Refresher:
    return Refresher(host, lake, client, source)


def raw_server(answer: bytes) -> tuple[str, Callable[[], None]]:
    """A server that sends these bytes and closes, for what an HTTP library would not send."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65_536)
            self.request.sendall(answer)

    server = socketserver.TCPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def stop() -> None:
        server.shutdown()
        server.server_close()

    return f"http://127.0.0.1:{server.server_address[1]}/f", stop
