"""A publication on the real udata whose process is really killed before and after each of its calls, then run again.

Reads count too. Without the kill and with it the dataset ends the same; a new dataset is seen whole or not at all; on
an update each file is seen whole, the old or the new one (the portal replaces files one by one), with its title, its
description, its checksum, its schema and the bytes that its address gives, and none is missing; files new to a dataset
that is already public are seen whole, all at once, at their place.
"""

from __future__ import annotations

import hashlib
import math
import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests

from procurement_assets.lake import Lake
from procurement_assets.portal.publishing.engine import publish
from procurement_assets.portal.publishing.journal import read_state
from procurement_assets_tests.portal.datagouv_support import make, paris
from procurement_assets_tests.portal.forwarder import Forwarder
from procurement_assets_tests.portal.running_udata import Udata
from procurement_assets_tests.publishing.runner import publish_datagouv, start
from procurement_assets_tests.publishing.support import job, rows, write_exports

SEEN = ("title", "description", "type", "format", "mime", "filetype", "filesize", "checksum", "schema")
View = dict[str, dict[str, Any]]


class Scene:
    """A udata behind a forwarder, and a lake."""

    def __init__(self, udata: Udata, forwarder: Forwarder, folder: Path) -> None:
        self.udata, self.forwarder, self.folder = udata, forwarder, folder
        who = paris(f"{forwarder.address}/api/1")
        self.who = msgspec.structs.replace(who, ocid_prefix="ocds-abcdef", ocid_prefix_is_placeholder=False)
        self.lake = Lake(folder / "lake")
        self.seen: list[View] = []
        forwarder.changed = self._look
        self._uploaded = 0.0

    def _look(self) -> None:
        self.seen.append(self.view())
        if self.forwarder.requests[-1][1].endswith("/upload/"):
            self._uploaded = time.time()

    def next_second(self) -> None:
        """udata's storage refuses one name twice within a second; a run starts later."""
        time.sleep(max(0.0, math.floor(self._uploaded) + 1 - time.time()))

    def run(self) -> list[tuple[str, str]]:
        """Publish in this process; the calls."""
        self.forwarder.requests.clear()
        publish(job(self.lake, self.who), make(self.who, self.udata.member))
        return list(self.forwarder.requests)

    def killed(self, call: int, when: str) -> None:
        """Publish in a process that is killed at a call."""
        self.forwarder.requests.clear()
        process = start(publish_datagouv, str(self.lake.root), self.who, self.udata.member)
        pid = process.pid
        assert pid is not None
        self.forwarder.kill = lambda: os.kill(pid, signal.SIGKILL)
        self.forwarder.moment = (call, when)
        process.join(60)
        self.forwarder.moment = None
        assert process.exitcode == -signal.SIGKILL, (call, when)

    def view(self) -> View:
        """What anyone sees of files: lasting address to all that is told of it."""
        datasets = self.udata.public()
        assert len(datasets) <= 1
        resources = datasets[0]["resources"] if datasets else []
        shown = {each["latest"]: {k: each[k] for k in SEEN} for each in resources}
        for address, told in shown.items():
            if told["filetype"] == "file":
                told["downloaded"] = self._downloaded(address)
        return shown

    def _downloaded(self, address: str) -> str:
        """The sha1 of what the address gives. From udata itself: the forwarder counts the calls of the run."""
        try:
            answer = requests.get(address.replace(self.forwarder.address, self.udata.root), timeout=30)
        except requests.ConnectionError as error:
            return str(error)
        return hashlib.sha1(answer.content).hexdigest() if answer.ok else str(answer.status_code)

    def page(self) -> Any:
        """The page of the dataset as anyone sees it, dates apart, and what it keeps besides."""
        (dataset,) = self.udata.public()
        keep = ("title", "description", "tags", "frequency", "license", "private", "extras")
        resources = [{k: r[k] for k in (*SEEN, "extras")} for r in dataset["resources"]]
        for shown, resource in zip(resources, dataset["resources"], strict=True):
            shown["own"] = resource["filetype"] == "file" and f"/{dataset['slug']}/" in resource["url"]
        alive = [d["id"] for d in self.udata.datasets() if not d["deleted"]]
        return {k: dataset[k] for k in keep} | {"resources": resources, "datasets": len(alive)}

    def settled(self) -> None:
        """The journal is at rest."""
        state = read_state(self.lake, "paris", "datagouv")
        assert (state.unfinished, state.restoring) == ("", False)


@pytest.fixture
def scene(udata: Udata, tmp_path: Path) -> Iterator[Scene]:
    with Forwarder(udata.root).running() as forwarder:
        yield Scene(udata, forwarder, tmp_path)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_first_publication_killed_at_any_call_ends_the_same_and_shows_nothing_or_all(scene: Scene, when: str) -> None:
    write_exports(scene.lake, rows(5), who="paris", without=["politique_publication.html"])
    shutil.copytree(str(scene.lake.root), scene.folder / "before")
    calls, whole = scene.run(), scene.page()
    assert [m for m, _ in calls].count("POST") == 4  # the dataset and three files
    for call in range(1, len(calls) + 1):
        scene.udata.forget()
        shutil.rmtree(str(scene.lake.root))
        shutil.copytree(scene.folder / "before", str(scene.lake.root))
        scene.seen.clear()
        scene.killed(call, when)
        scene.run()
        assert scene.page() == whole, (call, when)
        assert all(v in ({}, scene.view()) for v in scene.seen), (call, when)
        scene.settled()


def _write(scene: Scene, edition: int) -> None:
    """Two editions, by turns: other rows, and a file that the one before had not in the place of one that it had."""
    other = ["politique_publication.html", "ocds/2025.json"][edition % 2]
    write_exports(scene.lake, rows(5, amount=1000.0 + edition / 100), note=str(edition), who="paris", without=[other])


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_update_killed_at_any_call_ends_the_same_and_shows_each_file_old_or_new(scene: Scene, when: str) -> None:
    pages, calls = {}, {}
    for edition in range(4):  # both files have been there and gone once: from then on, turns are alike
        _write(scene, edition)
        scene.next_second()
        calls[edition % 2], pages[edition % 2] = scene.run(), scene.page()
    edition, done = 4, {0: 0, 1: 0}
    while any(done[turn] < len(calls[turn]) for turn in done):
        turn = edition % 2
        old = scene.view()
        _write(scene, edition)
        scene.seen.clear()
        if done[turn] < len(calls[turn]):
            done[turn] += 1
            scene.next_second()
            scene.killed(done[turn], when)
        scene.next_second()
        scene.run()
        new, page = scene.view(), scene.page()
        assert sorted(old) == sorted(new)
        assert [r["title"] for r in page["resources"]] == [r["title"] for r in pages[turn]["resources"]], done
        assert {k: v for k, v in page.items() if k != "resources"} == {
            k: v for k, v in pages[turn].items() if k != "resources"
        }
        assert [_odd(view, old, new) for view in scene.seen] == [{}] * len(scene.seen), (done, when)
        scene.settled()
        edition += 1


def _odd(view: View, old: View, new: View) -> View:
    """What is seen and is neither as before nor as after; what is missing."""
    odd = {n: v for n, v in view.items() if v not in (old.get(n), new.get(n))}
    return odd | {n: {} for n in old if n not in view}


@pytest.mark.parametrize("when", ["before", "after"])
def test_files_new_to_a_public_dataset_are_seen_whole_and_all_at_once_whatever_the_kill(
    scene: Scene, when: str
) -> None:
    new = ["ocds/2025.json", "decp_marches.parquet"]
    some = {"who": "paris", "without": ["politique_publication.html"]}
    few = some | {"without": ["politique_publication.html", *new]}
    write_exports(scene.lake, rows(5), **few)
    scene.run()
    shutil.copytree(str(scene.lake.root), scene.folder / "before")
    write_exports(scene.lake, rows(5), **some)
    calls = scene.run()
    whole = scene.page()
    assert whole["datasets"] == 1  # the draft is gone
    for call in range(1, len(calls) + 1):
        scene.udata.forget()
        shutil.rmtree(str(scene.lake.root))
        shutil.copytree(scene.folder / "before", str(scene.lake.root))
        _forget_publication(scene.lake)
        scene.run()
        write_exports(scene.lake, rows(5), **some)
        old = scene.view()
        scene.seen.clear()
        scene.killed(call, when)
        scene.next_second()
        scene.run()
        assert scene.page() == whole, (call, when)
        after = scene.view()
        added = [v["title"] for n, v in after.items() if n not in old]
        assert sorted(added) == ["decp-marches.parquet", "ocds-2025.json"]
        for view in scene.seen:
            assert list(view.items()) in (list(old.items()), list(after.items())), (call, when)
        scene.settled()


def _forget_publication(lake: Lake) -> None:
    """As if nothing had ever been published: the dataset of the scene was deleted."""
    shutil.rmtree(Path(str(lake.root)) / "publication")
