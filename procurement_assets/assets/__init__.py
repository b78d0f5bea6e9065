"""The assets: wiring only. Each function says what depends on what and makes one call into the core."""

from __future__ import annotations

import warnings

import dagster as dg

# Code references and partitioned checks are young in Dagster 1.13; tests run both, and the pin holds the version.
for _young in (dg.BetaWarning, dg.PreviewWarning):
    warnings.filterwarnings("ignore", category=_young)


def load_assets() -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """Every asset of the project, the public sources included."""
    from procurement_assets.assets import (
        corrections,
        indicators,
        ocds,
        portal,
        publication,
        publish,
        quality,
        raw,
        reconciliation,
        registers,
        tables,
        watch,
    )

    return [
        *raw.source_assets,
        raw.raw_snapshots,
        *registers.ASSETS,
        tables.read_raw_files,
        *corrections.ASSETS,
        tables.build_publisher_tables,
        *ocds.ASSETS,
        *reconciliation.ASSETS,
        *watch.ASSETS,
        *indicators.ASSETS,
        *quality.ASSETS,
        *portal.ASSETS,
        *publication.ASSETS,
        *publish.ASSETS,
    ]
