"""One publication in a process of its own, to be killed at a given moment.

Processes come from a fork server that has imported everything, so that hundreds of kills take seconds.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

from procurement_assets.lake import Lake
from procurement_assets.portal.publishing.depot import Depot
from procurement_assets.portal.publishing.depot_ftp import FtpDepot
from procurement_assets.portal.publishing.engine import publish
from procurement_assets.portal.publishing.package import Package
from procurement_assets.portal.publishing.plan import Step
from procurement_assets.portal.publishing.portal import Difference, Outcome, Portal, TargetState
from procurement_assets_tests.publishing.support import job, opendatasoft, publisher, use_small_table

MODULE = "procurement_assets_tests.publishing.runner"
KILLED = 137


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


def publish_opendatasoft(root: str, domain: str, key: str) -> None:
    """Publish on a portal; it is the server that kills."""
    use_small_table()
    who = publisher(domain)
    publish(job(Lake(root), who), opendatasoft(who, key))


class DyingPortal:
    """A portal whose process dies at one of its steps."""

    def __init__(self, portal: Portal, step: int, *, after: bool) -> None:
        self.portal, self.left, self.after = portal, step, after
        self.target, self.title = portal.target, portal.title

    def plan(self, state: TargetState, package: Package) -> list[Step]:
        """As the portal."""
        return self.portal.plan(state, package)

    def execute(self, step: Step) -> Outcome:
        """As the portal, or death."""
        self.left -= 1
        if self.left == 0 and not self.after:
            os._exit(KILLED)
        outcome = self.portal.execute(step)
        if self.left == 0:
            os._exit(KILLED)
        return outcome

    def verify(self, package: Package, *, full: bool = False) -> list[Difference]:
        """As the portal."""
        return self.portal.verify(package, full=full)

    def restore(self, last: Package | None) -> str:
        """As the portal."""
        return self.portal.restore(last)


def publish_depot(root: str, folder: str, step: int, after: bool) -> None:
    """Publish to a drop folder, and die at a step."""
    use_small_table()
    who = publisher()
    publish(job(Lake(root), who), DyingPortal(Depot(who, Path(folder)), step, after=after))


def publish_ftp(root: str, address: str, password: str, step: int, after: bool) -> None:
    """Publish to a folder of an FTP server, and die at a step."""
    use_small_table()
    who = publisher()
    publish(job(Lake(root), who), DyingPortal(FtpDepot(who, address, password=password), step, after=after))


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
