"""An Opendatasoft publication whose process is really killed before and after each of its calls, then run again.

Every call counts, reads included: on a first publication, on an update that changes rows, files, field rules and
metadata, and on a publication that is taken back. The end is the same as without the kill, and nothing is half shown.
"""

from __future__ import annotations

import copy
import json
import os
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from procurement_assets.lake import Lake
from procurement_assets.portal.publishing.engine import ReadBackError, RefusedError, publish
from procurement_assets.portal.publishing.journal import read_state
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

pytestmark = pytest.mark.usefixtures("small_table")
KINDS = ("kill-before", "kill-after")


class Scene:
    """A portal and a lake before a publication, to be had again as often as it is killed."""

    def __init__(self, server: Server, lake: Lake, folder: Path, *, second: bool = False) -> None:
        self.server, self.folder, self.second = server, folder, second
        self.portal: Portal = copy.deepcopy(server.portal)
        self.source = Path(str(lake.root))
        self.before = _shown(server)
        self.run(self.again("whole"))
        self.calls = list(server.requests)
        self.end = server.portal.settled()
        self.shown = _shown(server)

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


def _shown(server: Server) -> str:
    return json.dumps(server.portal.public_view(), sort_keys=True)


def _kill_everywhere(scene: Scene, when: str, *, ends: Sequence[Any], shown: Sequence[str] | None) -> None:
    """`ends`: what the portal may be in the end; `shown`: all that the public may ever have seen, None: not judged."""
    found: dict[int, Any] = {}
    for call in range(1, len(scene.calls) + 1):
        lake = scene.kill_at(call, when)
        scene.run(lake)
        odd = [v for v in scene.server.views if v not in shown] if shown is not None else []
        if scene.server.portal.settled() not in ends or odd:
            found[call] = odd or scene.server.portal.settled()
        state = read_state(lake, "ville", "opendatasoft")
        assert (state.unfinished, state.restoring) == ("", False)
    assert found == {}


@pytest.mark.parametrize("when", KINDS)
def test_a_first_publication_killed_at_any_call_ends_the_same_and_shows_nothing_or_all(
    server: Server, tmp_path: Path, when: str
) -> None:
    lake = lake_at(tmp_path)
    write_exports(lake, rows(5))
    scene = Scene(server, lake, tmp_path)
    assert scene.before == "{}"
    rules = [p for m, p in scene.calls if m == "POST" and p.endswith("/fields/")]
    assert len(rules) > 20  # each is a call of its own, and is killed at
    _kill_everywhere(scene, when, ends=[scene.end], shown=[scene.before, scene.shown])


@pytest.mark.parametrize("when", KINDS)
def test_an_update_killed_at_any_call_ends_the_same_and_shows_old_or_new(
    server: Server, tmp_path: Path, when: str
) -> None:
    lake = lake_at(tmp_path)
    write_exports(lake, rows(5))
    Scene(server, lake, tmp_path)
    shutil.copytree(tmp_path / "whole", tmp_path / "published")
    lake = Lake(str(tmp_path / "published"))
    write_exports(lake, rows(6), note="suite")
    scene = Scene(server, lake, tmp_path, second=True)
    assert scene.before != scene.shown
    changed = {f"{m} {p.split('/')[6]}" for m, p in scene.calls if m in ("PUT", "POST", "DELETE")}
    assert {"PUT fields", "PUT metadata", "PUT resources", "DELETE attachments", "POST publish"} <= changed
    _kill_everywhere(scene, when, ends=[scene.end], shown=[scene.before, scene.shown])


@pytest.mark.parametrize("when", KINDS)
def test_a_publication_taken_back_and_killed_at_any_call_leaves_the_version_before_or_the_new_one_whole(
    server: Server, tmp_path: Path, when: str
) -> None:
    """The portal loses a row, once. Killed before that was read, the next run sends again; after, it restores."""
    lake = lake_at(tmp_path)
    write_exports(lake, rows(5))
    Scene(server, lake, tmp_path)
    shutil.copytree(tmp_path / "whole", tmp_path / "published")
    lake = Lake(str(tmp_path / "published"))
    write_exports(lake, rows(6), note="suite")
    new = Scene(server, lake, tmp_path)
    server.portal = copy.deepcopy(new.portal)
    server.portal.publish_ends = ["wrong"]
    scene = Scene(server, lake, tmp_path)
    assert scene.shown == new.before
    assert any(p.endswith("/restore/") for _, p in scene.calls)
    _kill_everywhere(scene, when, ends=[scene.end, new.end], shown=None)
