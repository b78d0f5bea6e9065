"""Sending a publication again: plan what a portal lacks of it, make the calls, look again where an answer was lost."""

from __future__ import annotations

import sys

import msgspec

from procurement_assets.portal.publishing.http import AmbiguousError
from procurement_assets.portal.publishing.package import Package
from procurement_assets.portal.publishing.plan import resolve
from procurement_assets.portal.publishing.portal import Portal, TargetState

PASSES = 5
"""How often it plans again, without a step less to make, before it gives up."""


def send_again(portal: Portal, package: Package, state: TargetState) -> int:
    """Bring the portal to this package; the number of calls. Raises `http.PortalError`."""
    done, stuck, fewest = 0, 0, sys.maxsize
    while True:
        steps = portal.plan(state, package)
        stuck, fewest = (0, len(steps)) if len(steps) < fewest else (stuck + 1, fewest)
        try:
            for step in steps:
                address, body = resolve(step.address, state.bindings), resolve(step.body, state.bindings)
                outcome = portal.execute(msgspec.structs.replace(step, address=address, body=body))
                state = msgspec.structs.replace(state, bindings={**state.bindings, **outcome.bindings})
                done += 1
        except AmbiguousError:
            if stuck >= PASSES:
                raise
        else:
            return done
