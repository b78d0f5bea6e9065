"""The checks of Pelican that stop publication, as rules of the standard: broken references and periods.

They run beside our own rules, on the compiled releases (`ocds.standard_checks.check_standard`, argument `more`); the
others only warn and are checks of the asset `ocds_quality`.
"""

from __future__ import annotations

from functools import partial

from procurement_assets.ocds.standard_rules import Found, Json, Rule
from procurement_assets.quality.indicators.pelican.reading import Release
from procurement_assets.quality.indicators.pelican.registry import texts
from procurement_assets.quality.indicators.pelican.release_checks import RELEASE_CHECKS
from procurement_assets.quality.indicators.pelican.results import Check
from procurement_assets.quality.indicators.pelican.sweep import tell


def _found(release: Json, *, check: Check) -> Found:
    """A result of Pelican as the outcome of a rule."""
    result = check(Release(release))
    return None if result.result is None else [tell(f) for f in result.failed_paths]


BLOCKING = tuple(
    Rule(
        id=f"pelican.{text.id}",
        title=text.title,
        severity="error",
        source=f"Pelican {text.id}",
        check=partial(_found, check=RELEASE_CHECKS[text.id]),
    )
    for text in texts().check
    if text.blocking
)
