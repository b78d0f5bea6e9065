"""Fixtures of the publication's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from procurement_assets.lake import Lake
from procurement_assets.schema import TABLES
from procurement_assets_tests.conftest import SHARED
from procurement_assets_tests.publishing.ftp_server import FtpServer
from procurement_assets_tests.publishing.ods_server import Server
from procurement_assets_tests.publishing.openapi import Api
from procurement_assets_tests.publishing.support import lake_at, rows, small, write_exports


@pytest.fixture(scope="session")
def vendor_apis() -> tuple[Api | None, Api | None]:
    """The vendor's descriptions, None where they are absent: requests are then not validated (one test says so)."""
    folder: Path = SHARED / "reference" / "opendatasoft"
    if not folder.is_dir():
        return None, None
    return Api(folder / "automation_v1.0_openapi.json"), Api(folder / "explore_v2.1_openapi.json")


@pytest.fixture
def server(vendor_apis: tuple[Api | None, Api | None]) -> Iterator[Server]:
    """Our portal. Every request of every test that uses it must be valid."""
    with Server(*vendor_apis).running() as running:
        yield running
    assert running.invalid == []
    assert running.portal.unpublished == 0


@pytest.fixture
def small_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """`decp_marches` with few columns."""
    monkeypatch.setitem(TABLES, "decp_marches", small(TABLES["decp_marches"]))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake with exports."""
    found = lake_at(tmp_path)
    write_exports(found, rows(5))
    return found


@pytest.fixture
def start_ftp() -> Iterator[Callable[..., FtpServer]]:
    """Start FTP servers; all are stopped at the end of the test."""
    pytest.importorskip("pyftpdlib")
    running: list[FtpServer] = []

    def start_one(home: Path, certificate: Path | None = None) -> FtpServer:
        running.append(FtpServer(home, certificate))
        return running[-1]

    yield start_one
    for server in running:
        server.close()
