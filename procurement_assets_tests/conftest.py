"""Shared by all tests: the demo's publishers for the Dagster definitions, and where the real samples lie."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = ("procurement_assets_tests.bucket",)
ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"

# The definitions read who publishes when they are first imported: tests that materialise use generated data.
os.environ["PROCUREMENT_PUBLISHERS"] = str(ROOT / "procurement_assets" / "sample" / "publishers.toml")
os.environ["GX_ANALYTICS_ENABLED"] = "false"
os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"

# No test asserts a duration: an example may be slow on a busy machine.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

LONGEST = (
    "test_real_refresh.py",
    "dagster/test_object_storage.py",
    "test_real_national.py",
    "publishing/test_kill_depot.py",
    "portal/test_kill_datagouv.py",
    "dagster/test_graph.py",
    "publishing/test_kill.py",
    "quality/test_seeded.py",
)
"""Modules that take longest: they start first, so that no worker is left alone with one at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest modules first, in an order that is the same for every worker."""
    ranks = {f"procurement_assets_tests/{name}": rank for rank, name in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get(item.nodeid.partition("::")[0], len(ranks)))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real samples; the test is skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is absent: real samples are read in place and never copied")
    return SHARED


class Mirror:
    """A mirror of the public hosts on the loopback address, with the log of its requests."""

    def __init__(self, port: int, log: Path) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.log = log

    def requests(self) -> list[dict[str, object]]:
        """The requests so far."""
        return [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []


@pytest.fixture(scope="session")
def start_mirror(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Mirror]]:
    """Start `serve_mirror.py` with options; every server is stopped at the end of the session."""
    running: list[subprocess.Popen[bytes]] = []

    def start(*options: str) -> Mirror:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        log = tmp_path_factory.mktemp("mirror") / "requests.jsonl"
        command = [sys.executable, str(shared / "tools" / "serve_mirror.py"), "--port", str(port), "--log", str(log)]
        running.append(subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL))
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return Mirror(port, log)
            time.sleep(0.05)
        raise RuntimeError("the mirror did not start")

    yield start
    for server in running:
        server.kill()  # not SIGTERM: Dagster makes it ignored where SIGINT is, as in a background job
        server.wait()
