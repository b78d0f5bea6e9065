"""Jobs, schedules and sensors: the daily refresh of each publisher, and the alert when a run fails."""

from collections.abc import Iterator

import dagster as dg

from procurement_assets.alerts import Alert, send
from procurement_assets.assets.partitions import PUBLISHERS
from procurement_assets.settings import load_settings

refresh_job = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all(),
    description="Toute la chaîne pour un publieur : sources, tables, OCDS, contrôles, exports.",
    tags={"dagster/max_retries": "1"},
)

DEMO = any(p.demo for p in PUBLISHERS.publishers.values())


@dg.schedule(
    name="refresh_quotidien",
    job=refresh_job,
    cron_schedule="30 5 * * *",
    execution_timezone="Europe/Paris",
    # The demo's data does not change: its schedule is there to be seen, not to run.
    default_status=dg.DefaultScheduleStatus.STOPPED if DEMO else dg.DefaultScheduleStatus.RUNNING,
    description="Chaque jour à 5 h 30 (heure de Paris), un run par publieur activé.",
)
def daily_refresh(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest]:
    """One run per enabled publisher; a publisher switched off is run by hand."""
    day = context.scheduled_execution_time.date().isoformat()
    for publisher in PUBLISHERS.enabled:
        yield dg.RunRequest(run_key=f"{publisher}-{day}", partition_key=publisher)


@dg.run_failure_sensor(
    name="alerte_echec",
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Écrit une alerte pour chaque run en échec : journal, et courriel si SMTP est réglé.",
)
def alert_on_failure(context: dg.RunFailureSensorContext) -> None:
    """Tell which steps failed and why."""
    alert = failure_alert(context)
    sent = send(alert, load_settings())
    context.log.error(
        f"run {alert.run_id} de {alert.publisher} en échec ; courriel envoyé : {'oui' if sent else 'non'}"
    )


def failure_alert(context: dg.RunFailureSensorContext) -> Alert:
    """The alert of a failed run: each failed step with the first line of its deepest cause."""
    run = context.dagster_run
    return Alert(
        job=run.job_name,
        run_id=run.run_id,
        publisher=run.tags.get("dagster/partition", ""),
        steps=tuple((e.step_key or "run", step_cause(e)) for e in context.get_step_failure_events())
        or (("run", context.failure_event.message or "échec sans message"),),
    )


def step_cause(event: dg.DagsterEvent) -> str:
    """The first line of the deepest cause of a failed step."""
    data = event.step_failure_data
    error = data.error
    while error is not None and error.cause is not None:
        error = error.cause
    text = (error.message if error is not None else event.message) or "erreur sans message"
    return text.strip().splitlines()[0]
