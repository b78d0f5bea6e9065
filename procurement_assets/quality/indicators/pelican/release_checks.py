"""Pelican's 37 compiled-release checks, by Pelican's name."""

from __future__ import annotations

from typing import Any

from procurement_assets.quality.indicators.pelican import coherent, consistent, references
from procurement_assets.quality.indicators.pelican.reading import Json, Release
from procurement_assets.quality.indicators.pelican.results import Check, ReleaseResult

RELEASE_CHECKS: dict[str, Check] = {
    "consistent.number_of_tenderers": consistent.number_of_tenderers,
    "consistent.tender_value": consistent.tender_value,
    "consistent.contracts_value": consistent.contracts_value,
    "consistent.contracts_implementation_transactions_value": consistent.transactions_value,
    "consistent.parties_roles": references.parties_roles,
    "consistent.period_duration_in_days": consistent.period_duration,
    **references.by_role("consistent", "in_parties_roles", references.in_parties_roles, with_role=True),
    **references.by_role("consistent", "name_in_parties", references.name_in_parties, with_role=False),
    **references.by_role("reference", "in_parties", references.in_parties, with_role=False),
    "reference.contract_in_awards": references.contract_in_awards,
    "coherent.amendments_dates": coherent.amendments_dates,
    "coherent.awards_status": coherent.awards_status,
    "coherent.contracts_status": coherent.contracts_status,
    "coherent.dates": coherent.dates,
    "coherent.documents_dates": coherent.documents_dates,
    "coherent.milestone_status": coherent.milestone_status,
    "coherent.milestones_dates": coherent.milestones_dates,
    "coherent.period": coherent.period,
    "coherent.procurement_method_vs_number_of_tenderers": coherent.method_and_tenderers,
    "coherent.release_date": coherent.release_date,
    "coherent.tender_status": coherent.tender_status,
    "coherent.value_realistic": coherent.value_realistic,
}


def calculate(check: str, release: Json, **options: Any) -> ReleaseResult:
    """One check on one compiled release. Raises KeyError for an unknown check."""
    return RELEASE_CHECKS[check](Release(release), **options)
