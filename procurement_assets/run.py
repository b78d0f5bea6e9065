"""One run of the whole graph for a publisher in this process, and what it tells the person who started it."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from procurement_assets.in_process import execute, opened_instance
from procurement_assets.lake import Lake
from procurement_assets.settings import TARGETS, Settings

LINE = 100
"""Characters of a failed check's description that are printed."""


class UnknownPublisherError(ValueError):
    """The publisher asked for is not in publishers.toml."""


def run_refresh(
    publisher: str, settings: Settings, home: Path, *, name: str = "refresh", tags: dict[str, str] | None = None
) -> int:
    """Run a job, `refresh` (every asset) unless told otherwise, for a publisher.

    Returns 0 on success, 1 where a step or a blocking check failed.
    """
    from procurement_assets.assets.partitions import PUBLISHERS
    from procurement_assets.automation import step_cause
    from procurement_assets.definitions import defs

    if publisher not in PUBLISHERS.publishers:
        known = ", ".join(PUBLISHERS.publishers)
        raise UnknownPublisherError(
            f"aucun publieur ne s'appelle {publisher!r} ; {settings.publishers} nomme : {known}"
        )
    started = time.monotonic()
    print(f"Publieur {publisher}, lac {settings.lake}" + (f", miroir {settings.mirror}" if settings.mirror else ""))
    job = defs().resolve_job_def(name)
    with opened_instance() as instance:
        result = execute(job, instance, partition_key=publisher, tags=tags)
        failures = [(e.step_key or "run", step_cause(e)) for e in result.all_events if e.is_step_failure]
        checks = [
            e.asset_check_evaluation_data for e in result.all_events if e.event_type_value == "ASSET_CHECK_EVALUATION"
        ]
        failed_checks = [c for c in checks if not c.passed]
    for c in failed_checks:
        mark = "BLOQUANT" if c.blocking else c.severity.value
        print(f"  {mark:8} {c.asset_key.to_user_string()}, {c.check_name} : {_short(c.description)}")
    for step, cause in failures:
        print(f"  ÉCHEC {step} : {cause}", file=sys.stderr)
    lake = Lake(settings.lake)
    _tell(lake, publisher, home, len(checks), len(failed_checks), time.monotonic() - started)
    _tell_published(lake, publisher, settings, asked=name == "publication")
    return 0 if result.success else 1


def _short(text: str | None) -> str:
    line = (text or "voir l'interface").splitlines()[0]
    return line if len(line) <= LINE else line[: LINE - 1] + "…"


def _tell(lake: Lake, publisher: str, home: Path, checks: int, failed: int, seconds: float) -> None:
    if lake.table("ledger", publisher).exists():
        ledger = lake.read_table("ledger", publisher, ["outcome"])
        outcomes = dict(sorted(ledger["outcome"].value_counts().iter_rows()))
        print(f"Registre : {ledger.height} lignes, {', '.join(f'{v} {k}' for k, v in outcomes.items())}")
    print(f"Contrôles : {checks}, dont {failed} à regarder")
    print(f"Tables  : {lake / 'tables'}")
    print(f"Exports : {lake.exports(publisher)}")
    print(f"Dagster : {home}")
    print(f"Durée   : {seconds:.0f} s")


def _tell_published(lake: Lake, publisher: str, settings: Settings, *, asked: bool) -> None:
    """What is online where, for the portals that are switched on. `asked`: the run was a publication."""
    from procurement_assets.portal.publishing.calendar import calendar, in_words
    from procurement_assets.portal.publishing.targets import switched_on

    targets = [t for t in TARGETS if switched_on(settings, publisher, t)]
    for line in in_words(calendar(lake, publisher), targets):
        print(line)
    if asked and not targets:
        print(f"Rien n'est publié : aucun portail n'est activé (PROCUREMENT_PUBLISH={publisher}:{TARGETS[0]})")
