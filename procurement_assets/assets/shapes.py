"""What assets and checks of one sort have in common: files given out, checks that stop the publication, and what an
asset that is run alone says of what it lacks."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

import dagster as dg
from upath import UPath

from procurement_assets.assets.metadata import OWNERS
from procurement_assets.assets.partitions import publisher_partitions

# The daily job starts at 05:30: exports older than the last start plus an hour and a half are late.
FRESHNESS = dg.FreshnessPolicy.cron(
    deadline_cron="0 7 * * *", lower_bound_delta=timedelta(hours=1, minutes=30), timezone="Europe/Paris"
)

AssetFunction = Callable[..., dg.MaterializeResult[None]]
CheckFunction = Callable[..., dg.AssetCheckResult]


def given_out(
    *,
    kinds: set[str],
    deps: Iterable[str | dg.AssetsDefinition],
    description: str,
    metadata: Mapping[str, Any] | None = None,
    late: bool = True,
) -> Callable[[AssetFunction], dg.AssetsDefinition]:
    """Files in `exports/PUBLISHER/`, one partition per publisher; `late`: the UI says when they are."""
    return dg.asset(
        group_name="exports",
        owners=OWNERS,
        kinds=kinds,
        deps=deps,
        partitions_def=publisher_partitions,
        freshness_policy=FRESHNESS if late else None,
        metadata=metadata,
        description=description,
    )


def stopping_check(
    asset: dg.AssetsDefinition, name: str, description: str
) -> Callable[[CheckFunction], dg.AssetChecksDefinition]:
    """A check of an asset that stops what is downstream, and so the publication, where it fails."""
    return dg.asset_check(
        asset=asset, name=name, blocking=True, partitions_def=publisher_partitions, description=description
    )


def needs(path: UPath, asset: str) -> UPath:
    """A file that another asset makes. Raises FileNotFoundError, naming that asset, where it was never made."""
    if not path.exists():
        raise FileNotFoundError(f"{path} manque : matérialiser d'abord l'actif {asset!r}")
    return path
