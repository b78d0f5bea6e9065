"""`publish --dry-run`: write the plan of every portal for review and say where it is. Only reads."""

from __future__ import annotations

import sys

from procurement_assets.lake import Lake
from procurement_assets.portal.publishing.package import PackageError
from procurement_assets.portal.publishing.planning import plan_all
from procurement_assets.portal.publishing.review import TITLES, status
from procurement_assets.portal.publishing.safety import Checks
from procurement_assets.publishers import load_publishers, reject_unknown
from procurement_assets.settings import Settings


def dry_run(publisher: str, settings: Settings) -> int:
    """Plan, print what each portal would get; returns 0, or 2 where there is nothing to plan from."""
    found = load_publishers(settings.publishers)
    reject_unknown(settings, found)
    if publisher not in found.publishers:
        known = ", ".join(found.publishers)
        print(
            f"procurement_assets: aucun publieur ne s'appelle {publisher!r} ; {settings.publishers} nomme : {known}",
            file=sys.stderr,
        )
        return 2
    lake = Lake(settings.lake)
    try:
        plans = plan_all(lake, settings, found.publishers[publisher], found.sources_of(publisher), Checks())
    except PackageError as error:
        print(f"procurement_assets: {error}", file=sys.stderr)
        return 2
    for plan in plans:
        print(f"{TITLES[plan.target]} : {status(plan)}")
        for refusal in plan.refusals:
            print(f"  refus : {refusal}")
        for note in plan.notes:
            print(f"  {note}")
    print(f"Plan : {lake / f'publication/{publisher}/plan.html'} (et plan.json, plan.md)")
    return 0
