"""A drop folder whose process is really killed: on a disk before every change of a file, over FTP before and after
every command; the next run ends as without the kill, and a harvester only ever reads the old or the new one."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from procurement_assets.lake import Lake
from procurement_assets.portal.publishing.depot import Depot
from procurement_assets.portal.publishing.engine import publish
from procurement_assets.portal.publishing.journal import read_state
from procurement_assets_tests.publishing.ftp_server import FtpServer
from procurement_assets_tests.publishing.runner import publish_depot, publish_ftp, start
from procurement_assets_tests.publishing.support import (
    contents,
    ftp_depot,
    harvested,
    job,
    lake_at,
    publisher,
    rows,
    write_exports,
)

pytestmark = pytest.mark.usefixtures("small_table")
EDITIONS = pytest.mark.parametrize("update", [False, True], ids=["first", "update"])
FEWER = ("decp_marches.parquet", "politique_publication.html")
Again = Callable[[Lake, Path], object]


class Scene:
    """A lake and a folder before a publication, copied for each kill."""

    def __init__(self, folder: Path, again: Again, *, update: bool, without: tuple[str, ...] = ()) -> None:
        lake = lake_at(folder)
        write_exports(lake, rows(5), without=without)
        self.folder, self.again = folder, again
        self.base, self.lake = folder / "base", folder / "base-lake"
        self.base.mkdir()
        if update:
            again(lake, self.base)
            write_exports(lake, rows(6), note="suite", without=without)
        shutil.copytree(str(lake.root), self.lake)
        self.old = harvested(self.base)
        whole_lake, whole = self.copy("whole")
        again(whole_lake, whole)
        self.whole, self.new = contents(whole), harvested(whole)
        assert self.old != self.new

    def copy(self, name: str) -> tuple[Lake, Path]:
        """The lake and the folder as they were."""
        folder, lake = self.folder / name, self.folder / f"{name}-lake"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(lake, ignore_errors=True)
        shutil.copytree(self.base, folder, symlinks=True)
        shutil.copytree(self.lake, lake)
        return Lake(lake), folder

    def judge(self, lake: Lake, folder: Path, where: object) -> None:
        """After a kill: old or new in view, and the next run ends the same."""
        assert harvested(folder) in (self.old, self.new), where
        self.again(lake, folder)
        assert contents(folder) == self.whole, where
        state = read_state(lake, "ville", "depot")
        assert (state.unfinished, state.restoring) == ("", False), where


def _on_disk(lake: Lake, folder: Path) -> object:
    who = publisher()
    return publish(job(lake, who), Depot(who, folder))


@EDITIONS
def test_a_folder_killed_before_any_change_of_a_file_ends_the_same_and_shows_old_or_new(
    tmp_path: Path, update: bool
) -> None:
    scene = Scene(tmp_path, _on_disk, update=update)
    change = 0
    while True:
        change += 1
        where, folder = scene.copy("killed")
        process = start(publish_depot, str(where.root), str(folder), change)
        process.join(60)
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL
        scene.judge(where, folder, change)
    assert change > 60


@EDITIONS
def test_an_ftp_folder_killed_before_and_after_any_command_ends_the_same_and_shows_old_or_new(
    tmp_path: Path, start_ftp: Callable[..., FtpServer], update: bool
) -> None:
    home = tmp_path / "killed"
    home.mkdir()
    server = start_ftp(home)

    def again(where: Lake, folder: Path) -> object:
        address = server.address if folder == home else start_ftp(folder).address
        who = publisher()
        return publish(job(where, who), ftp_depot(who, address))

    scene = Scene(tmp_path, again, update=update, without=FEWER)
    where, _ = scene.copy("killed")
    server.commands.clear()
    again(where, home)
    commands = list(server.commands)
    print(len(commands))
    for number in range(1, len(commands) + 1):
        for when in ("before", "after"):
            where, folder = scene.copy("killed")
            process = start(publish_ftp, str(where.root), server.address)
            pid = process.pid
            assert pid is not None
            server.commands.clear()
            server.moment, server.kill = (number, when), lambda pid=pid: os.kill(pid, signal.SIGKILL)  # type: ignore[misc]
            process.join(60)
            server.moment = None
            assert process.exitcode == -signal.SIGKILL, (number, when, process.exitcode)
            scene.judge(where, folder, (number, when))
