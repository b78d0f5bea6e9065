"""Dagster jobs in the process of the command line: what opens the instance, runs a job, and stops when told to.

A step that fails is told by the run; here is what lies around it: an instance that does not open, Ctrl-C, SIGTERM.
"""

from __future__ import annotations

import os
import signal
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

from procurement_assets.outside_errors import in_one_line, outside_cause

if TYPE_CHECKING:
    import dagster as dg

INTERRUPTED: Final = ("KeyboardInterrupt", "DagsterExecutionInterruptedError")
"""What a run that a person or the system stops says that it failed of."""
_QUIET: Final = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""Dagster tells each event on stderr, with the stack of what fails: the command line tells one line a failure, the
rest is in the UI."""
_STOPPING: Final = (signal.SIGINT, signal.SIGTERM)
_asked = threading.Event()
"""Set once a person or the system has asked to stop: a library may hold the exception back, or raise its own."""
_DUCKDB: Final = "Query interrupted"
"""What DuckDB raises, as a RuntimeError, in the place of the exception of a signal."""


class InstanceError(RuntimeError):
    """The Dagster instance cannot be opened; the message is one line a user can act on."""


@contextmanager
def stoppable() -> Iterator[None]:
    """Raise KeyboardInterrupt on Ctrl-C and on SIGTERM, whoever started the command.

    A shell makes a job that it starts in the background ignore SIGINT, and Dagster gives SIGTERM the handler of
    SIGINT: such a run could not be stopped at all.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _asked.clear()
    before = {number: signal.getsignal(number) or signal.SIG_DFL for number in _STOPPING}
    for number in _STOPPING:
        signal.signal(number, _stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number: int, frame: FrameType | None) -> None:
    _asked.set()
    raise KeyboardInterrupt


@contextmanager
def opened_instance() -> Iterator[dg.DagsterInstance]:
    """The instance of DAGSTER_HOME. Raises `InstanceError`, whatever Dagster says of what is wrong with it."""
    import dagster as dg

    try:
        instance = dg.DagsterInstance.get()
    except Exception as error:
        home = os.environ.get("DAGSTER_HOME", "")
        why = (
            outside_cause(error) or f"l'instance Dagster ne s'ouvre pas : {in_one_line(error)}. Vérifier dagster.yaml."
        )
        raise InstanceError(f"DAGSTER_HOME={home!r} : {why}") from error
    with instance:
        yield instance


def execute(
    job: dg.JobDefinition,
    instance: dg.DagsterInstance,
    *,
    partition_key: str | None = None,
    asset_selection: Sequence[dg.AssetKey] | None = None,
    tags: dict[str, str] | None = None,
) -> dg.ExecuteInProcessResult:
    """Run a job in this process, quietly; a failure is in the result.

    Raises KeyboardInterrupt where the run was stopped: it is then over in the UI too.
    """
    import dagster as dg

    if _asked.is_set():
        raise KeyboardInterrupt
    run_id = str(uuid.uuid4())
    try:
        result = job.execute_in_process(
            run_config=_QUIET,
            instance=instance,
            partition_key=partition_key,
            asset_selection=asset_selection,
            run_id=run_id,
            tags=tags or {},
            raise_on_error=False,
        )
    except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError):
        _close(instance, run_id)
        raise KeyboardInterrupt from None
    if any(_stopped(event) for event in result.all_events):
        raise KeyboardInterrupt
    return result


def _stopped(event: dg.DagsterEvent) -> bool:
    """Whether an event says that a run was stopped: within a step, or between two."""
    data: Any = event.event_specific_data
    error = getattr(data, "error", None) if event.is_failure else None
    while error is not None and error.cls_name not in INTERRUPTED and _DUCKDB not in error.message:
        error = error.cause or error.context
    return error is not None


def was_interrupted(error: BaseException) -> bool:
    """Whether an error came of putting things away after an interruption: a library may not like to be cut."""
    link: BaseException | None = error
    while link is not None and not isinstance(link, KeyboardInterrupt):
        link = link.__cause__ or link.__context__
    return link is not None or _asked.is_set()


def _close(instance: dg.DagsterInstance, run_id: str) -> None:
    """Say that a run is over, where Dagster had no time to: the UI would show it as running, and the queue wait."""
    run = instance.get_run_by_id(run_id)
    if run is not None and not run.is_finished:
        instance.report_run_canceled(run, "Exécution interrompue depuis la ligne de commande.")
