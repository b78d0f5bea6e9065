"""`python -m procurement_assets prune`: old runs out of the Dagster instance, which never forgets by itself.

The event log grows by 140 KB to several MB a run (research/dagster.md). A run is deleted when it ended more than N
days ago, unless the UI still needs it: the last runs of each job and partition stay (their checks are the ones shown),
and so does every run that holds the latest materialisation of an asset's partition. Nothing of the data is in the
event log: the histories of quality and of publications are in the lake.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from procurement_assets.backup.command import dagster_home
from procurement_assets.in_process import opened_instance

if TYPE_CHECKING:
    import dagster as dg

KEPT_PER_PARTITION = 5
"""Last runs of a job and partition that stay whatever their age."""
_PARTITION = "dagster/partition"
_MOST_DIGITS = 5
"""A date stays within those that exist."""


def _days(text: str) -> int:
    """A number of days. Raises ArgumentTypeError, in one line, for a negative one: it would forget runs to come."""
    if not (text.isdecimal() and len(text) <= _MOST_DIGITS):
        raise argparse.ArgumentTypeError(f"{text!r} : attendu un nombre de jours, 0 au moins")
    return int(text)


def add_commands(commands: Any) -> None:
    """Add the command to the parser of `procurement_assets`."""
    prune = commands.add_parser("prune", help="oublier les vieilles exécutions dans l'instance Dagster")
    prune.add_argument("--days", type=_days, default=90, help="âge à partir duquel une exécution est oubliée (90)")
    prune.add_argument("--dry-run", action="store_true", help="dire ce qui serait oublié, sans rien faire")
    prune.set_defaults(run=_prune)


def old_runs(instance: dg.DagsterInstance, before: datetime) -> list[dg.RunRecord]:
    """The runs that ended before a moment and that the UI does not need, oldest first."""
    import dagster as dg
    from dagster._core.storage.dagster_run import FINISHED_STATUSES

    records = instance.get_run_records(dg.RunsFilter(statuses=list(FINISHED_STATUSES)))
    needed = _latest_of_each(records) | _holding_materialisations(instance)
    ended = [(r.end_time or r.update_timestamp.timestamp(), r) for r in records]
    old = [(end, r) for end, r in ended if end < before.timestamp() and r.dagster_run.run_id not in needed]
    return [r for _, r in sorted(old, key=lambda pair: (pair[0], pair[1].dagster_run.run_id))]


def _latest_of_each(records: Iterable[dg.RunRecord]) -> set[str]:
    """The last runs of each job and partition; records come newest first."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for record in records:
        run = record.dagster_run
        groups[(run.job_name, run.tags.get(_PARTITION, ""))].append(run.run_id)
    return {run_id for ids in groups.values() for run_id in ids[:KEPT_PER_PARTITION]}


def _holding_materialisations(instance: dg.DagsterInstance) -> set[str]:
    """The runs that made what each asset, or each partition of it, is now."""
    import dagster as dg

    runs = set()
    for key in instance.all_asset_keys():
        last = instance.get_latest_materialization_event(key)
        runs |= {last.run_id} if last else set()
        by_partition = instance.event_log_storage.get_latest_storage_id_by_partition(
            key, dg.DagsterEventType.ASSET_MATERIALIZATION
        )
        if ids := list(by_partition.values()):
            found = instance.fetch_materializations(dg.AssetRecordsFilter(key, storage_ids=ids), limit=len(ids))
            runs |= {r.run_id for r in found.records}
    return runs


def forget(instance: dg.DagsterInstance, run_id: str) -> None:
    """Delete a run, its events and its logs."""
    instance.delete_run(run_id)
    instance.compute_log_manager.delete_logs(prefix=[run_id])


def free_space(home: Path, forgotten: Iterable[str]) -> int:
    """Give back what SQLite keeps of deleted rows, and the databases of forgotten runs; returns the bytes freed.

    A database that is in use is left for the next time. An instance on PostgreSQL has none: autovacuum does it.
    """
    runs = home / "history" / "runs"
    index = runs / "index.db"
    if not index.is_file():
        return 0
    before = _bytes(home / "history")
    for run_id in forgotten:
        for shard in runs.glob(f"{run_id}.db*"):
            shard.unlink()
    for database in (index, home / "history" / "runs.db"):
        connection = sqlite3.connect(database, timeout=5)
        try:
            connection.execute("VACUUM")
        except sqlite3.OperationalError:
            print(f"{database} est utilisée : sa place sera rendue la prochaine fois")
        finally:
            connection.close()
    return before - _bytes(home / "history")


def _bytes(folder: Path) -> int:
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())


def _prune(args: argparse.Namespace) -> int:
    home = dagster_home()
    if not (home / "dagster.yaml").is_file():
        print(f"procurement_assets: {home} : pas d'instance Dagster ; vérifier DAGSTER_HOME", file=sys.stderr)
        return 2
    os.environ["DAGSTER_HOME"] = str(home)
    started = time.monotonic()
    with opened_instance() as instance:
        old = old_runs(instance, datetime.now(UTC) - timedelta(days=args.days))
        for record in old:
            run = record.dagster_run
            print(f"{run.run_id} {run.job_name} {run.tags.get(_PARTITION, '')} {run.status.value}")
            if not args.dry_run:
                forget(instance, run.run_id)
    freed = 0 if args.dry_run else free_space(home, [r.dagster_run.run_id for r in old])
    verb = "seraient oubliées" if args.dry_run else "oubliées"
    print(f"Exécutions de plus de {args.days} jours {verb} : {len(old)} ; place rendue : {freed / 1e6:.1f} Mo")
    print(f"Durée : {time.monotonic() - started:.1f} s")
    return 0
