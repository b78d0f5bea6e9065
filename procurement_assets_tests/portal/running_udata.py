"""The real udata, running: one per session and process, without any dataset at the start of each test."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from procurement_assets_tests.conftest import ROOT


class Udata:
    """A running udata with one organisation, a member and a stranger."""

    def __init__(self, port: int, root: Path, ready: dict[str, str]) -> None:
        self.storage = root / "fs"
        self.root = f"http://127.0.0.1:{port}"
        self.api = f"{self.root}/api/1"
        self.organization = ready["organization"]
        self.member, self.stranger = ready["member"], ready["stranger"]

    def datasets(self) -> list[dict[str, Any]]:
        """The datasets of the organisation, private ones included."""
        answer = requests.get(
            f"{self.api}/datasets/",
            params={"organization": self.organization, "page_size": "100"},
            headers={"X-API-KEY": self.member},
            timeout=30,
        )
        return list(answer.json()["data"])

    def forget(self) -> None:
        """Delete every dataset, so that each test starts from none."""
        for each in self.datasets():
            if not each["deleted"]:
                address = f"{self.api}/datasets/{each['id']}/"
                requests.delete(address, headers={"X-API-KEY": self.member}, timeout=30).raise_for_status()

    def public(self) -> list[dict[str, Any]]:
        """The datasets of the organisation that anyone sees."""
        of = {"organization": self.organization}
        return list(requests.get(f"{self.api}/datasets/", params=of, timeout=30).json()["data"])

    def stored(self) -> list[str]:
        """Paths of the files in its storage."""
        return sorted(p.relative_to(self.storage).as_posix() for p in self.storage.rglob("*") if p.is_file())

    def spoil(self, start: str) -> None:
        """Damage the stored files whose name starts so."""
        for path in self.storage.rglob(f"{start}*"):
            path.write_bytes(b"spoilt")


@pytest.fixture(scope="session")
def udata_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Udata]:
    """One udata for the session."""
    folder = Path(os.environ.get("PROCUREMENT_UDATA_VENV") or ROOT / ".udata-venv")
    if not (folder / ".ready").is_file():
        reason = folder.with_name(folder.name + ".reason")
        pytest.skip(reason.read_text().strip() if reason.is_file() else "udata is not installed: run sh .ci/udata.sh")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    root = tmp_path_factory.mktemp("udata")
    script = Path(__file__).with_name("udata_server.py")
    command = [str(folder / "bin" / "python"), str(script), "--port", str(port), "--root", str(root)]
    environment = {k: v for k, v in os.environ.items() if k != "UDATA_SETTINGS"}
    with (root / "stderr").open("wb") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, cwd=root, env=environment)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, f"udata did not start: {(root / 'stderr').read_text()[-2000:]}"
        yield Udata(port, root, json.loads(line))
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def udata(udata_server: Udata) -> Udata:
    """The running udata, without any dataset."""
    udata_server.forget()
    return udata_server
