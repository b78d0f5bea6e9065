"""The one Definitions object: every asset, check, job, schedule, sensor and resource of the project."""

from __future__ import annotations

import os

import dagster as dg

from procurement_assets import automation
from procurement_assets.assets import (
    corrections,
    load_assets,
    ocds,
    portal,
    publication,
    publish,
    reconciliation,
    watch,
)
from procurement_assets.assets.partitions import publisher_partitions
from procurement_assets.checks import build_checks
from procurement_assets.quality.catalogue import load_catalogue
from procurement_assets.quality.errors import CatalogueError
from procurement_assets.resources.lake import LakeResource
from procurement_assets.settings import load_settings


@dg.definitions
def defs() -> dg.Definitions:
    """Everything, with links from each asset to its code."""
    # Great Expectations reads this when a check first imports it: no analytics leave the City.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    try:
        rules = load_catalogue()
    except CatalogueError as error:
        # Dagster shows the frames of an error: those of the reading of the rules say nothing to who wrote them.
        raise error.with_traceback(None) from None
    return dg.Definitions(
        assets=dg.with_source_code_references(load_assets()),
        asset_checks=[
            *build_checks(publisher_partitions, rules),
            *ocds.CHECKS,
            *portal.CHECKS,
            *publication.CHECKS,
            *publish.CHECKS,
            *reconciliation.CHECKS,
            *watch.CHECKS,
            *corrections.CHECKS,
        ],
        jobs=[automation.refresh_job, automation.publication_job, automation.registers_job],
        schedules=[automation.daily_refresh, automation.weekly_verification, automation.monthly_registers],
        sensors=[automation.alert_on_failure, automation.notice_on_feeds],
        resources={"lake": LakeResource(root=load_settings().lake)},
        executor=dg.in_process_executor,
    )
