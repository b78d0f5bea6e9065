"""A moment of an Opendatasoft portal and of a lake, to be had again as often as a publication is disturbed there."""

from __future__ import annotations

import copy
import json
import os
import shutil
import signal
from pathlib import Path

from procurement_assets.lake import Lake
from procurement_assets.portal.publishing.engine import ReadBackError, RefusedError, publish
from procurement_assets_tests.publishing.ods_server import KEY, Server
from procurement_assets_tests.publishing.ods_state import Portal
from procurement_assets_tests.publishing.runner import publish_opendatasoft, start
from procurement_assets_tests.publishing.support import (
    job,
    lake_at,
    opendatasoft,
    publisher,
    rows,
    second_edition,
    write_exports,
)


class Scene:
    """A portal and a lake before a publication, to be had again as often as it is killed."""

    def __init__(self, server: Server, lake: Lake, folder: Path, *, second: bool = False) -> None:
        self.server, self.folder, self.second = server, folder, second
        self.portal: Portal = copy.deepcopy(server.portal)
        self.source = Path(str(lake.root))
        self.before = shown(server)
        self.run(self.again("whole"))
        self.calls = list(server.requests)
        self.end = server.portal.settled()
        self.shown = shown(server)

    def run(self, lake: Lake) -> None:
        """Publish in this process; a publication taken back, now or by the run before, has done its work."""
        who = publisher(self.server.domain)
        if self.second:
            who = second_edition(who)
        told = ""
        try:
            publish(job(lake, who), opendatasoft(who, KEY))
        except (ReadBackError, RefusedError) as error:
            told = str(error)
        assert not told or "version précédente restaurée" in told or "la précédente a été remise" in told

    def again(self, name: str) -> Lake:
        """The scene as it was: the portal's state, and a copy of the lake."""
        self.server.portal = copy.deepcopy(self.portal)
        self.server.requests.clear()
        self.server.views.clear()
        copied = self.folder / name
        shutil.rmtree(copied, ignore_errors=True)
        shutil.copytree(self.source, copied)
        return Lake(str(copied))

    def kill_at(self, call: int, when: str) -> Lake:
        """Start a publication in a process, killed when its call of that number reaches the portal."""
        lake = self.again("killed")
        self.server.fault = lambda number, *_: when if number == call else None
        process = start(publish_opendatasoft, str(lake.root), self.server.domain, KEY, self.second)
        pid = process.pid
        assert pid is not None
        self.server.kill = lambda: os.kill(pid, signal.SIGKILL)
        process.join(60)
        assert process.exitcode == -signal.SIGKILL
        self.server.fault = None
        return lake


def shown(server: Server) -> str:
    return json.dumps(server.portal.public_view(), sort_keys=True)


def update(server: Server, folder: Path, *, second: bool = False) -> Scene:
    """Five contracts are published; a sixth is to be (`second`: with other texts and another field rule)."""
    lake = lake_at(folder)
    write_exports(lake, rows(5))
    Scene(server, lake, folder)
    shutil.copytree(folder / "whole", folder / "published")
    lake = Lake(str(folder / "published"))
    write_exports(lake, rows(6), note="suite")
    return Scene(server, lake, folder, second=second)
