"""The plans of every target of a publisher, written for review; and what would stop the targets switched on."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from procurement_assets.lake import Lake
from procurement_assets.portal.publishing import safety
from procurement_assets.portal.publishing.engine import Job, make_plan
from procurement_assets.portal.publishing.http import PortalError
from procurement_assets.portal.publishing.journal import read_state
from procurement_assets.portal.publishing.package import load_package
from procurement_assets.portal.publishing.plan import Plan
from procurement_assets.portal.publishing.review import write_plans
from procurement_assets.portal.publishing.safety import Checks
from procurement_assets.portal.publishing.tabular import measure
from procurement_assets.portal.publishing.targets import configured, job_of, portal_of, switched_on
from procurement_assets.publishers import Publisher, Source
from procurement_assets.settings import TARGETS, Settings

_WHERE = {
    "opendatasoft": "[publisher.portal.opendatasoft] dans publishers.toml",
    "datagouv": "[publisher.portal.datagouv] dans publishers.toml",
    "depot": "PROCUREMENT_DEPOT dans l'environnement",
}


def plan_all(
    lake: Lake, settings: Settings, publisher: Publisher, sources: Sequence[Source], checks: Checks
) -> list[Plan]:
    """Plan every target and write `publication/PUBLISHER/plan.*`. Only reads. Raises `PackageError`."""
    job = job_of(lake, settings, publisher, sources, checks)
    plans = [_plan(job, settings, publisher, target) for target in TARGETS]
    write_plans(lake, publisher.id, plans)
    return plans


def _plan(job: Job, settings: Settings, publisher: Publisher, target: str) -> Plan:
    enabled = switched_on(settings, publisher.id, target)
    if not configured(settings, publisher, target):
        note = f"Rien ne dit où publier : {_WHERE[target]}."
        refusals = (note,) if enabled else ()
        return Plan(
            publisher=publisher.id,
            target=target,
            manifest_sha256="",
            data_date="",
            enabled=enabled,
            notes=(note,),
            refusals=refusals,
        )
    if enabled:
        try:
            return make_plan(job, portal_of(settings, publisher, target, asking=True), enabled=True)
        except PortalError as error:
            asked_not = make_plan(job, portal_of(settings, publisher, target, asking=False), enabled=True)
            told = f"le portail n'a pas pu être interrogé, plan fait d'après le journal : {error}"
            return msgspec.structs.replace(asked_not, refusals=(*asked_not.refusals, told))
    return make_plan(job, portal_of(settings, publisher, target, asking=False), enabled=False)


def changes_to_accept(lake: Lake, settings: Settings, publisher: Publisher) -> list[str]:
    """The changes against the last publication of a target that is switched on, which a person has to accept.

    One French line each, with what to set; empty where there is nothing to decide. Raises `PackageError`.
    """
    package = load_package(lake, publisher.id)
    measures, found = measure(package), []
    limits = safety.Thresholds(row_drop=settings.max_row_drop_percent, sum_change=settings.max_sum_change_percent)
    for target in TARGETS:
        if switched_on(settings, publisher.id, target):
            state = read_state(lake, publisher.id, target)
            if not safety.accepted(settings.accept_drop, package, state):
                found += [f"{target} : {line}" for line in safety.to_accept(package, measures, state, limits)]
    return found
