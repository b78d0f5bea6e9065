"""Fixtures of the publication's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from procurement_assets.schema import TABLES
from procurement_assets_tests.conftest import SHARED
from procurement_assets_tests.publishing.ods_server import Server
from procurement_assets_tests.publishing.openapi import Api
from procurement_assets_tests.publishing.support import small


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
