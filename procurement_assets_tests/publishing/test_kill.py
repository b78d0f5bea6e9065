"""A publication whose process is really killed at each call, then run again: the same end, nothing half shown."""

from __future__ import annotations

import copy
import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from procurement_assets.lake import Lake
from procurement_assets.portal.publishing.engine import publish
from procurement_assets.portal.publishing.journal import read_state
from procurement_assets_tests.publishing.ods_server import KEY, Server
from procurement_assets_tests.publishing.ods_state import Portal
from procurement_assets_tests.publishing.runner import publish_opendatasoft, start
from procurement_assets_tests.publishing.support import job, lake_at, opendatasoft, publisher, rows, write_exports

pytestmark = pytest.mark.usefixtures("small_table")


def _run(server: Server, lake: Lake) -> None:
    who = publisher(server.domain)
    publish(job(lake, who), opendatasoft(who, KEY))


def _telling(requests: list[tuple[str, str]]) -> list[int]:
    """Numbers of the calls to be killed at: all but those between two of the same kind (a rule of a field between two
    rules, a metadata between two metadata)."""
    kinds = ["", *(f"{m} {p.partition('/metadata/')[0] if '/metadata/' in p else p}" for m, p in requests), ""]
    return [n for n in range(1, len(kinds) - 1) if not kinds[n - 1] == kinds[n] == kinds[n + 1]]


class Scene:
    """A portal and a lake before a publication, to be had again as often as it is killed."""

    def __init__(self, server: Server, lake: Lake, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.portal: Portal = copy.deepcopy(server.portal)
        self.source = Path(str(lake.root))
        self.before = json.dumps(server.portal.public_view(), sort_keys=True)
        _run(server, self.again("whole"))
        self.calls = _telling(server.requests)
        self.end = server.portal.settled()
        self.shown = json.dumps(server.portal.public_view(), sort_keys=True)

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
        process = start(publish_opendatasoft, str(lake.root), self.server.domain, KEY)
        pid = process.pid
        assert pid is not None
        self.server.kill = lambda: os.kill(pid, signal.SIGKILL)
        process.join(60)
        assert process.exitcode == -signal.SIGKILL
        self.server.fault = None
        return lake


def _kill_everywhere(scene: Scene, when: str) -> None:
    found: dict[int, Any] = {}
    for call in scene.calls:
        lake = scene.kill_at(call, when)
        _run(scene.server, lake)
        shown = [v for v in scene.server.views if v not in (scene.before, scene.shown)]
        if scene.server.portal.settled() != scene.end or shown:
            found[call] = shown or scene.server.portal.settled()
        state = read_state(lake, "ville", "opendatasoft")
        assert (state.unfinished, state.restoring) == ("", False)
    assert found == {}


@pytest.mark.parametrize("when", ["kill-before", "kill-after"])
def test_a_replacement_killed_at_any_call_ends_the_same_and_shows_old_or_new(
    server: Server, tmp_path: Path, when: str
) -> None:
    lake = lake_at(tmp_path)
    write_exports(lake, rows(20))
    _run(server, lake)
    write_exports(lake, rows(21), note="suite")
    scene = Scene(server, lake, tmp_path)
    assert scene.before != scene.shown
    _kill_everywhere(scene, when)


@pytest.mark.parametrize("when", ["kill-before", "kill-after"])
def test_a_first_publication_killed_at_any_call_ends_the_same_and_shows_nothing_or_all(
    server: Server, tmp_path: Path, when: str
) -> None:
    lake = lake_at(tmp_path)
    write_exports(lake, rows(20))
    scene = Scene(server, lake, tmp_path)
    assert scene.before == "{}"
    _kill_everywhere(scene, when)
