"""One publication in a process of its own, to be killed at a given moment.

Processes come from a fork server that has imported everything, so that hundreds of kills take seconds.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

from procurement_assets.lake import Lake
from procurement_assets.portal.publishing.depot import Depot
from procurement_assets.portal.publishing.engine import publish
from procurement_assets.publishers import Publisher
from procurement_assets_tests.portal.datagouv_support import make
from procurement_assets_tests.publishing.support import (
    ftp_depot,
    job,
    opendatasoft,
    publisher,
    second_edition,
    use_small_table,
)

MODULE = "procurement_assets_tests.publishing.runner"
CHANGES = ("os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.truncate")
"""Audit events of the interpreter that change the file system; with the opening of a file to write."""
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def processes() -> ForkServerContext:
    """Where to start processes from."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([MODULE])
    return context


def start(target: Callable[..., None], *args: object) -> ForkServerProcess:
    """A process under way."""
    process = processes().Process(target=target, args=args)
    process.start()
    return process


def publish_opendatasoft(root: str, domain: str, key: str, second: bool) -> None:
    """Publish on a portal; it is the server that kills."""
    use_small_table()
    who = publisher(domain)
    if second:
        who = second_edition(who)
    publish(job(Lake(root), who), opendatasoft(who, key))


def publish_depot(root: str, folder: str, change: int) -> None:
    """Publish to a drop folder, and die just before the change of that number to any file, in the lake included."""
    use_small_table()
    who = publisher()
    _die_at(change)
    publish(job(Lake(root), who), Depot(who, Path(folder)))


def _die_at(change: int) -> None:
    """Kill this process (SIGKILL) just before its change of that number to the file system."""
    left = iter(range(change - 1))

    def hook(event: str, args: tuple[object, ...]) -> None:
        changes = event in CHANGES or (event == "open" and isinstance(args[2], int) and args[2] & _WRITING)
        if changes and next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def publish_ftp(root: str, address: str) -> None:
    """Publish to a folder of an FTP server; it is the server that kills."""
    use_small_table()
    who = publisher()
    publish(job(Lake(root), who), ftp_depot(who, address))


def publish_datagouv(root: str, who: Publisher, key: str) -> None:
    """Publish on data.gouv.fr; it is what stands before the server that kills."""
    publish(job(Lake(root), who), make(who, key))


def hold_lock(folder: str, ready: str, lifetime: float) -> None:
    """Hold a lock until killed."""
    import time

    from upath import UPath

    from procurement_assets.portal.publishing.lock import Lock

    with Lock(UPath(folder), lifetime=lifetime).hold():
        Path(ready).touch()
        time.sleep(60)


def take_turns(folder: str, journal: str, turns: int) -> None:
    """Take the lock `turns` times; within, write two lines that no other process may come between."""
    import time

    from upath import UPath

    from procurement_assets.portal.publishing.lock import Lock, LockedError

    done = 0
    while done < turns:
        try:
            with Lock(UPath(folder)).hold():
                with Path(journal).open("a") as handle:
                    handle.write(f"in {os.getpid()}\n")
                    handle.flush()
                    time.sleep(0.002)
                    handle.write(f"out {os.getpid()}\n")
                done += 1
        except LockedError:
            time.sleep(0.001)


def publish_or_be_refused(root: str, domain: str, key: str, told: str) -> None:
    """Publish on a portal, or write why not."""
    from procurement_assets.portal.publishing.lock import LockedError

    use_small_table()
    who = publisher(domain)
    try:
        report = publish(job(Lake(root), who), opendatasoft(who, key))
    except LockedError as error:
        Path(told).write_text(str(error))
    else:
        Path(told).write_text(report.status)
