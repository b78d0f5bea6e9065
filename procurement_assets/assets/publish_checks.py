"""The checks that a publication goes by: the last result of each, for one publisher, from the Dagster instance.

A run of the publication alone does not run the checks of the tables: their last results still count. A blocking check
that has no result (a new instance, a new rule) stops it as one that failed: nothing says that the data is right.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import dagster as dg
from dagster._core.event_api import PartitionKeyFilter
from dagster._core.storage.asset_check_execution_record import (
    AssetCheckExecutionRecord,
    AssetCheckExecutionRecordStatus,
)

from procurement_assets.portal.publishing.safety import Checks

ITS_OWN = "baisse_depuis_la_derniere_publication"
"""The publication's own check: the engine judges again, so that a person's acceptance counts at once."""


NAMED = 3
"""Checks without a result that a refusal names."""


def checks_of(context: dg.AssetExecutionContext) -> Checks:
    """The last result of every check, for the partition of the run."""
    known, run_id = _checks(), context.run.run_id
    records = last_results(context.instance, list(known), context.partition_key)
    failed, blocking = 0, []
    for key, record in records.items():
        unfinished = record.status == AssetCheckExecutionRecordStatus.PLANNED and record.run_id != run_id
        evaluation = record.evaluation if record.status == AssetCheckExecutionRecordStatus.FAILED else None
        failed += evaluation is not None
        error = evaluation is not None and evaluation.severity == dg.AssetCheckSeverity.ERROR
        if known[key] and (error or unfinished):
            blocking.append(_name(key) + (" (non terminé)" if unfinished else ""))
    never_run = sorted(_name(k) for k, blocks in known.items() if blocks and k not in records)
    stopping = [*sorted(blocking), *_summed_up(never_run)]
    return Checks(total=len(records), failed=failed, blocking=tuple(stopping), run_id=run_id)


def _name(key: dg.AssetCheckKey) -> str:
    return f"{key.asset_key.to_user_string()}, {key.name}"


def _summed_up(names: Sequence[str]) -> list[str]:
    """Checks that have no result: the first ones and how many others."""
    named = [f"{name} (jamais exécuté)" for name in names[:NAMED]]
    return [*named, f"et {len(names) - NAMED} autres (jamais exécutés)"] if len(names) > NAMED else named


def last_results(
    instance: dg.DagsterInstance, keys: Sequence[dg.AssetCheckKey], partition: str
) -> Mapping[dg.AssetCheckKey, AssetCheckExecutionRecord]:
    """The last execution of each of these checks for a partition."""
    return instance.event_log_storage.get_latest_asset_check_execution_by_key(
        keys, partition_filter=PartitionKeyFilter(key=partition)
    )


@lru_cache(maxsize=1)
def _checks() -> dict[dg.AssetCheckKey, bool]:
    """Every check of the project: whether it blocks. Once per process: reading all definitions takes seconds."""
    from procurement_assets.definitions import defs

    graph = defs().resolve_asset_graph()
    keys = [k for k in graph.asset_check_keys if k.name != ITS_OWN]
    return {k: bool(graph.get_check_spec(k).blocking) for k in keys}
