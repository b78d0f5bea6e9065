"""An Opendatasoft publication whose process is really killed before and after each of its calls, then run again.

Every call counts, reads included: on a first publication, on an update that changes rows, files, field rules and
metadata, and on a publication that is taken back. The end is the same as without the kill, and nothing is half shown.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from procurement_assets.lake import Lake
from procurement_assets.portal.publishing.journal import read_state
from procurement_assets_tests.publishing.ods_scene import Scene, update
from procurement_assets_tests.publishing.ods_server import Server
from procurement_assets_tests.publishing.support import (
    lake_at,
    rows,
    write_exports,
)

pytestmark = pytest.mark.usefixtures("small_table")
KINDS = ("kill-before", "kill-after")


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
    scene = update(server, tmp_path, second=True)
    assert scene.before != scene.shown
    changed = {f"{m} {p.split('/')[6]}" for m, p in scene.calls if m in ("PUT", "POST", "DELETE")}
    assert {"PUT fields", "PUT metadata", "PUT resources", "DELETE attachments", "POST publish"} <= changed
    _kill_everywhere(scene, when, ends=[scene.end], shown=[scene.before, scene.shown])


@pytest.mark.parametrize("when", KINDS)
def test_a_publication_taken_back_and_killed_at_any_call_leaves_the_version_before_or_the_new_one_whole(
    server: Server, tmp_path: Path, when: str
) -> None:
    """The portal loses a row, once. Killed before that was read, the next run sends again; after, it restores."""
    new = update(server, tmp_path)
    server.portal = copy.deepcopy(new.portal)
    server.portal.publish_ends = ["wrong"]
    scene = Scene(server, Lake(str(new.source)), tmp_path)
    assert scene.shown == new.before
    assert any(p.endswith("/restore/") for _, p in scene.calls)
    _kill_everywhere(scene, when, ends=[scene.end, new.end], shown=None)
