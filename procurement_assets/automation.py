"""Jobs, schedules and sensors: the daily refresh of each publisher with its publication, the weekly verification,
the monthly registers, the alert when a run fails, and the notice when a feed of a source changes its ways.

Schedules and not declarative automation: a day's run is one thing, with its checks, its publication and its alert.
"""

import logging
import re
from collections.abc import Callable, Iterator

import dagster as dg
import msgspec
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from procurement_assets import notices
from procurement_assets.alerts import Alert, deliver, send
from procurement_assets.assets.partitions import PUBLISHERS
from procurement_assets.assets.publish import FULL
from procurement_assets.assets.publish_checks import last_results
from procurement_assets.assets.registers import GROUP
from procurement_assets.assets.watch import CHECKED, TOLD
from procurement_assets.in_process import INTERRUPTED
from procurement_assets.portal.publishing.targets import switched_on
from procurement_assets.settings import TARGETS, Settings, load_settings
from procurement_assets.storage_errors import explained

refresh_job = dg.define_asset_job(
    "refresh",
    # Registers belong to no publisher: the job `registers` asks for them, once a month.
    selection=dg.AssetSelection.all() - dg.AssetSelection.groups(GROUP),
    description="Toute la chaîne pour un publieur : sources, tables, OCDS, contrôles, exports, publication.",
    tags={"dagster/max_retries": "1"},
)

publication_job = dg.define_asset_job(
    "publication",
    selection=dg.AssetSelection.groups("publication"),
    description="Publier les exports en place, sous les derniers résultats des contrôles : plan, portails, calendrier.",
)

registers_job = dg.define_asset_job(
    "registers",
    selection=dg.AssetSelection.groups(GROUP),
    description="Demander les registres publics : vocabulaire CPV, départements et régions, SIRENE.",
)

DEMO = any(p.demo for p in PUBLISHERS.publishers.values())
Schedule = Callable[[Callable[..., Iterator[dg.RunRequest] | dg.RunRequest]], dg.ScheduleDefinition]


def _in_paris(name: str, job: UnresolvedAssetJobDefinition, cron: str, description: str) -> Schedule:
    """A schedule on the clock of Paris. The demo's data does not change: its schedules are there to be seen."""
    status = dg.DefaultScheduleStatus.STOPPED if DEMO else dg.DefaultScheduleStatus.RUNNING
    return dg.schedule(
        name=name,
        job=job,
        cron_schedule=cron,
        execution_timezone="Europe/Paris",
        default_status=status,
        description=description,
    )


@_in_paris(
    "refresh_quotidien", refresh_job, "30 5 * * *", "Chaque jour à 5 h 30 (heure de Paris), un run par publieur activé."
)
def daily_refresh(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest]:
    """One run per enabled publisher; a publisher switched off is run by hand."""
    day = context.scheduled_execution_time.date().isoformat()
    for publisher in PUBLISHERS.enabled:
        yield dg.RunRequest(run_key=f"{publisher}-{day}", partition_key=publisher)


@_in_paris(
    "verification_hebdomadaire",
    publication_job,
    "0 8 * * 0",
    "Chaque dimanche à 8 h (heure de Paris) : tout ce qui est en ligne est relu, octet par octet.",
)
def weekly_verification(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest]:
    """One run per enabled publisher, reading back everything."""
    day = context.scheduled_execution_time.date().isoformat()
    for publisher in PUBLISHERS.enabled:
        yield dg.RunRequest(run_key=f"verification-{publisher}-{day}", partition_key=publisher, tags={FULL: "complete"})


@_in_paris(
    "registres_mensuels",
    registers_job,
    "0 4 1 * *",
    "Le 1er de chaque mois à 4 h (heure de Paris), avant le traitement du jour : les registres publics.",
)
def monthly_registers(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """One run, for all publishers."""
    return dg.RunRequest(run_key=f"registers-{context.scheduled_execution_time.date().isoformat()}")


@dg.run_failure_sensor(
    name="alerte_echec",
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Écrit une alerte pour chaque run en échec : journal, et courriel si SMTP est réglé.",
)
def alert_on_failure(context: dg.RunFailureSensorContext) -> None:
    """Tell which steps failed and why."""
    alert, settings = failure_alert(context), load_settings()
    sent = send(alert, settings)
    if alert.data_blocked:
        tell_portals(context.instance, alert, settings)
    context.log.error(
        f"run {alert.run_id} de {alert.publisher} en échec ; courriel envoyé : {'oui' if sent else 'non'}"
    )


@dg.sensor(
    name="avis_flux",
    minimum_interval_seconds=300,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Signale le jour même ce qu'un run trouve de nouveau sur les flux des sources (contrôles flux_…) : "
    "journal, et courriel si SMTP est réglé. Une alerte qui dure n'est pas envoyée de nouveau.",
)
def notice_on_feeds(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Tell what is new on the feeds. A notice that the mail server refuses is tried again at the next tick."""
    cursor, said = notices.read_cursor(context.cursor), []
    for publisher in PUBLISHERS.publishers:
        found = feed_findings(context.instance, publisher)
        told = cursor.get(publisher, {})
        notice = notices.notice_of(publisher, found, told)
        if notice:
            subject, text = notices.feed_message(notice, load_settings())
            delivery = deliver(subject, text, load_settings(), logging.WARNING)
            said.append(f"{subject} ({DELIVERIES[delivery]})")
            if delivery == "failed":
                continue
        cursor[publisher] = notices.after(found, told)
    context.update_cursor(notices.write_cursor(cursor))
    return dg.SkipReason(" ; ".join(said) or "Rien de nouveau sur les flux.")


DELIVERIES = {"sent": "courriel envoyé", "logged": "journal seul", "failed": "courriel refusé, nouvel essai à suivre"}


def feed_findings(instance: dg.DagsterInstance, publisher: str) -> list[notices.Found]:
    """What the last run of each `flux_…` check found. A check whose run is not over is left out."""
    keys = [dg.AssetCheckKey(dg.AssetKey("feed_watch"), name) for name in CHECKED]
    found = []
    for key, record in last_results(instance, keys, publisher).items():
        run = instance.get_run_by_id(record.run_id)
        evaluation = record.evaluation
        if evaluation is None or (run is not None and not run.is_finished):
            continue
        told = evaluation.metadata.get(TOLD)
        alerts = msgspec.convert(told.value if told else [], list[notices.FeedAlert])
        found.append(notices.Found(check=key.name, execution=record.id, run_id=record.run_id, alerts=tuple(alerts)))
    return sorted(found, key=lambda f: f.check)


def tell_portals(instance: dg.DagsterInstance, alert: Alert, settings: Settings) -> None:
    """Say in the UI, on the asset of each portal that is switched on, why a run sent nothing there."""
    why = " | ".join(f"{name} : {said}" for name, said in alert.checks)
    for target in TARGETS:
        if switched_on(settings, alert.publisher, target):
            told: dict[str, dg.MetadataValue | str] = {
                "état": "rien n'a été envoyé, la dernière publication reste en ligne",
                "pourquoi": f"contrôle bloquant en échec : {why}",
                "run": dg.MetadataValue.url(f"{settings.ui_url}/runs/{alert.run_id}"),
            }
            instance.report_runless_asset_event(
                dg.AssetObservation(f"publication_{target}", metadata=told, partition=alert.publisher)
            )


def failure_alert(context: dg.RunFailureSensorContext) -> Alert:
    """The alert of a failed run: each failed step with what it says."""
    run = context.dagster_run
    return Alert(
        job=run.job_name,
        run_id=run.run_id,
        publisher=run.tags.get("dagster/partition", ""),
        steps=tuple((e.step_key or "run", step_cause(e)) for e in context.get_step_failure_events())
        or (("run", context.failure_event.message or "échec sans message"),),
        checks=blocking_failures(context.instance, run.run_id),
    )


def blocking_failures(instance: dg.DagsterInstance, run_id: str) -> tuple[tuple[str, str], ...]:
    """The blocking checks that failed in a run: (asset and name, what they say)."""
    found = []
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION):
        event = entry.dagster_event
        check = event.asset_check_evaluation_data if event else None
        if check and check.blocking and not check.passed and check.severity == dg.AssetCheckSeverity.ERROR:
            name = f"{check.asset_key.to_user_string()}, {check.check_name}"
            found.append((name, (check.description or "voir l'interface").splitlines()[0]))
    return tuple(found)


_WRAPPINGS = ("Dagster", "RetryRequested")
"""Starts of the names of what Dagster raises around the error of a step, the second after its last attempt."""


def step_cause(event: dg.DagsterEvent) -> str:
    """The first line of what a failed step raised, in its own words: not Dagster's wrapping, nor what lies below."""
    error = event.step_failure_data.error
    while error is not None and error.cause is not None and (error.cls_name or "").startswith(_WRAPPINGS):
        error = error.cause
    if error is not None and error.cls_name == "DagsterAssetCheckFailedError":
        # "1 blocking asset check failed with ERROR severity:", then a line for each.
        failed = [line.replace(": ", ", ") for line in error.message.strip().splitlines()[1:] if line.strip()]
        return f"contrôle bloquant en échec : {' ; '.join(failed)}"
    if error is not None and error.cls_name in INTERRUPTED:
        return "exécution interrompue (Ctrl-C, arrêt de la machine ou redémarrage du serveur de code)"
    text = (error.message if error is not None else event.message) or "erreur sans message"
    line = explained(text.strip().splitlines()[0])
    # What we raise for people says all in its message: the class is of no use to them.
    return re.sub(r"^(?:dagster\._core\.definitions\.events\.Failure|procurement_assets\.[\w.]+): ", "", line)
