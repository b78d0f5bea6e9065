"""Planning again: where an answer was lost, and to put a publication back. The portal tells what is missing."""

from __future__ import annotations

import sys

import msgspec

from procurement_assets.portal.publishing.http import AmbiguousError
from procurement_assets.portal.publishing.package import Package
from procurement_assets.portal.publishing.plan import filled
from procurement_assets.portal.publishing.portal import Portal, TargetState

PASSES = 5
"""Times that one plans again, without a step less to make, before giving up."""


class Progress:
    """Whether planning again still leads somewhere."""

    def __init__(self) -> None:
        self._stuck, self._fewest = 0, sys.maxsize

    def planned(self, steps: int) -> None:
        """Count a plan of so many steps."""
        self._stuck, self._fewest = (0, steps) if steps < self._fewest else (self._stuck + 1, self._fewest)

    @property
    def ended(self) -> bool:
        """Whether `PASSES` plans in a row had no step less than the shortest one before."""
        return self._stuck >= PASSES


def send_again(portal: Portal, package: Package, state: TargetState) -> int:
    """Bring the portal to this package; the number of calls. Raises `http.PortalError`."""
    done, progress = 0, Progress()
    while True:
        steps = portal.plan(state, package)
        progress.planned(len(steps))
        try:
            for step in steps:
                outcome = portal.execute(filled(step, state.bindings))
                state = msgspec.structs.replace(state, bindings={**state.bindings, **outcome.bindings})
                done += 1
        except AmbiguousError:
            if progress.ended:
                raise
        else:
            return done
