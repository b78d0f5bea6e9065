"""Uploads are read while they are sent, and arrive as they are."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from procurement_assets.portal.publishing.http import PortalError, PortalSession
from procurement_assets.portal.publishing.multipart import form

Received = list[tuple[str | None, str, bytes, dict[str, str]]]


class Told(io.BytesIO):
    """Bytes that tell how much was asked of them at a time."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.most = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.most = max(self.most, len(data))
        return data


@pytest.fixture
def received(httpserver: HTTPServer) -> Received:
    """Name, media type, bytes and fields of each upload."""
    seen = []

    def answer(request: Request) -> Response:
        file = request.files["file"]
        seen.append((file.filename, file.content_type, file.read(), request.form.to_dict()))
        return Response("{}", content_type="application/json")

    httpserver.expect_request("/up/").respond_with_handler(answer)
    return seen


def test_a_file_is_sent_in_pieces_with_its_fields(httpserver: HTTPServer, received: Received) -> None:
    data = bytes(range(256)) * 20_000
    handle = Told(data)
    PortalSession(httpserver.url_for("")).request(
        "POST",
        "/up/",
        form=lambda: form(handle, len(data), name="marchés à venir.csv", media_type="text/csv", fields={"é": "ü\n"}),
    )
    assert received == [("marchés à venir.csv", "text/csv", data, {"é": "ü\n"})]
    assert 0 < handle.most <= 65_536


@pytest.mark.parametrize("data", [b"", b"a", b"--", b"\r\n--x--\r\n" * 3])
def test_any_bytes_arrive_as_they_are(httpserver: HTTPServer, received: Received, data: bytes) -> None:
    PortalSession(httpserver.url_for("")).request(
        "POST", "/up/", form=lambda: form(io.BytesIO(data), len(data), name="f")
    )
    assert received == [("f", "application/octet-stream", data, {})]


def test_a_packed_file_is_unpacked_on_its_way(httpserver: HTTPServer, received: Received, tmp_path: Path) -> None:
    data = b'{"releases": []}' * 10_000
    (tmp_path / "f.gz").write_bytes(gzip.compress(data))
    with gzip.open(tmp_path / "f.gz") as handle:
        PortalSession(httpserver.url_for("")).request("POST", "/up/", form=lambda: form(handle, len(data), name="f"))
    assert [r[2] for r in received] == [data]


def test_a_file_shorter_than_announced_stops_the_call_instead_of_waiting_for_ever(httpserver: HTTPServer) -> None:
    with pytest.raises(PortalError, match=r"f\.csv : 3 octets lus au lieu de 5"):
        PortalSession(httpserver.url_for("")).request(
            "POST", "/up/", form=lambda: form(io.BytesIO(b"abc"), 5, name="f.csv")
        )
