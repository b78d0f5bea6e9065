"""Publication: the plan, each portal, and the calendar. With nothing switched on they say so and show the plan."""

from collections.abc import Callable
from typing import Any

import dagster as dg
import polars as pl

from procurement_assets.assets.metadata import OWNERS, definition_metadata, preview, table_metadata
from procurement_assets.assets.partitions import PUBLISHERS, publisher_partitions
from procurement_assets.assets.publish_checks import checks_of
from procurement_assets.assets.shapes import stopping_check
from procurement_assets.lake import Lake
from procurement_assets.portal.publishing.calendar import by_target, calendar
from procurement_assets.portal.publishing.engine import ReadBackError, RefusedError, publish
from procurement_assets.portal.publishing.http import PortalError
from procurement_assets.portal.publishing.lock import LockedError, LostLockError
from procurement_assets.portal.publishing.package import PackageError
from procurement_assets.portal.publishing.planning import changes_to_accept, plan_all
from procurement_assets.portal.publishing.review import markdown, size, status
from procurement_assets.portal.publishing.targets import job_of, portal_of, switched_on
from procurement_assets.resources.lake import LakeResource
from procurement_assets.schema import TABLES

FULL = "procurement/relecture"
"""Run tag: `complete` reads back every byte."""
STOPS = (RefusedError, ReadBackError, LockedError, LostLockError, PackageError, PortalError)
"""What stops a publication and is told in one line."""
Result = dg.MaterializeResult[None]
Shown = dict[str, dg.MetadataValue | str | int]


@dg.asset(
    group_name="publication",
    owners=OWNERS,
    kinds={"json", "html"},
    deps=["export_manifest", "ocds_packages", "publication_policy", "quality_report"],
    partitions_def=publisher_partitions,
    description="Le plan de publication, à relire : chaque appel à chaque portail, avec tailles et empreintes, avant "
    "qu'aucun ne soit fait.",
)
def publication_plan(context: dg.AssetExecutionContext, lake: LakeResource) -> Result:
    """Wiring of `portal.publishing.planning.plan_all`."""
    store, publisher = lake.lake(), PUBLISHERS.publishers[context.partition_key]
    try:
        plans = plan_all(store, lake.settings(), publisher, PUBLISHERS.sources_of(publisher.id), checks_of(context))
    except STOPS as error:
        raise dg.Failure(str(error), allow_retries=False) from None
    for plan in plans:
        context.log.info(f"{plan.target} : {status(plan)}")
    shown: Shown = {p.target: status(p) for p in plans}
    refused = {f"{p.target}, refus": " | ".join(p.refusals) for p in plans if p.refusals}
    page = store / f"publication/{publisher.id}/plan.html"
    return dg.MaterializeResult(
        metadata={**shown, **refused, "plan": dg.MetadataValue.md(markdown(plans)[:100_000]), "page": str(page)}
    )


@stopping_check(
    asset=publication_plan,
    name="baisse_depuis_la_derniere_publication",
    description="Ni baisse du nombre de contrats ni changement d'une somme au-delà des seuils depuis la dernière "
    "publication, sauf accord d'une personne (PROCUREMENT_ACCEPT_DROP, docs/publication.md).",
)
def no_unaccepted_drop(context: dg.AssetCheckExecutionContext, lake: LakeResource) -> dg.AssetCheckResult:
    """Wiring of `portal.publishing.planning.changes_to_accept`."""
    publisher = PUBLISHERS.publishers[context.partition_key]
    found = changes_to_accept(lake.lake(), lake.settings(), publisher)
    return dg.AssetCheckResult(
        passed=not found,
        severity=dg.AssetCheckSeverity.ERROR,
        description=" | ".join(found) or "Rien à décider.",
        metadata={"à décider": preview(pl.DataFrame({"changement": found}))} if found else {},
    )


def _target_asset(target: str, title: str, kinds: set[str]) -> dg.AssetsDefinition:
    @dg.asset(
        name=f"publication_{target}",
        group_name="publication",
        owners=OWNERS,
        kinds=kinds,
        deps=[publication_plan],
        partitions_def=publisher_partitions,
        description=f"{title} : envoi de ce qui a changé, relecture de ce que le public voit, retour à la version "
        f"d'avant si elle ne concorde pas. Activé par PROCUREMENT_PUBLISH=PUBLIEUR:{target}.",
    )
    def publication(context: dg.AssetExecutionContext, lake: LakeResource) -> Result:
        """Wiring of `portal.publishing.engine.publish`."""
        settings = lake.settings()
        if not switched_on(settings, context.partition_key, target):
            return dg.MaterializeResult(
                metadata={
                    "état": "non activé",
                    "pour l'activer": f"PROCUREMENT_PUBLISH={context.partition_key}:{target}",
                    "plan": str(lake.lake() / f"publication/{context.partition_key}/plan.html"),
                }
            )
        return _calendar_kept(context, lake.lake(), lambda: _publish(context, lake, target))

    return publication


def _publish(context: dg.AssetExecutionContext, lake: LakeResource, target: str) -> Result:
    publisher, settings = PUBLISHERS.publishers[context.partition_key], lake.settings()
    sources, full = PUBLISHERS.sources_of(publisher.id), context.run.tags.get(FULL) == "complete"
    job = job_of(lake.lake(), settings, publisher, sources, checks_of(context), full=full)
    report = publish(job, portal_of(settings, publisher, target, asking=True))
    rows = [{"fichier": name, "lignes": count} for name, count in sorted(report.publication.rows.items())]
    return dg.MaterializeResult(
        metadata={
            "état": "publié et relu" if report.status == "published" else "déjà en ligne, relu",
            "relecture": "complète" if full else "lignes, sommes, clés",
            "appels": report.steps,
            "fichiers envoyés": ", ".join(report.sent) or "aucun",
            "envoyé": size(report.bytes),
            "date des données": report.publication.data_date,
            "manifeste": report.publication.manifest_sha256,
            "contrôles": job.checks.total,
            "contrôles en échec": job.checks.failed,
            "lignes": preview(pl.DataFrame(rows, schema={"fichier": pl.String, "lignes": pl.Int64})),
        }
    )


def _calendar_kept(context: dg.AssetExecutionContext, store: Lake, run: Callable[[], Result]) -> Result:
    """Whatever happens, the calendar says it, in the UI too: its own step is skipped when a portal's step fails. What
    stops a publication is one line."""
    stopped: Shown = {}
    try:
        return run()
    except STOPS as error:
        stopped = {"arrêt": str(error)}
        raise dg.Failure(str(error), allow_retries=False) from None
    finally:
        told = stopped | _write_calendar(store, context.partition_key)
        context.log_event(
            dg.AssetMaterialization(asset_key="publications", partition=context.partition_key, metadata=told)
        )


def _write_calendar(store: Lake, publisher: str) -> dict[str, Any]:
    """Write the calendar; what the UI shows of it."""
    table = calendar(store, publisher)
    store.write_table(table, "publications", publisher)
    shown = table.sort("debut", descending=True).select(
        "debut", "cible", "resultat", "date_donnees", "lignes", "detail"
    )
    return table_metadata(store, "publications", publisher, {}) | {
        "par portail": preview(by_target(table)),
        "dernières": preview(shown.head(30)),
    }


TARGET_ASSETS = [
    _target_asset("opendatasoft", "Portail Opendatasoft de la collectivité", {"opendatasoft"}),
    _target_asset("datagouv", "data.gouv.fr, portail national", {"datagouv"}),
    _target_asset("depot", "Dossier de dépôt (moissonneur FTP, hébergement statique)", {"ftp"}),
]


@dg.asset(
    group_name="publication",
    owners=OWNERS,
    kinds={"parquet"},
    deps=TARGET_ASSETS,
    partitions_def=publisher_partitions,
    metadata=definition_metadata(TABLES["publications"], {}),
    description="Le calendrier : ce qui a été publié, quand, sur quel portail, avec quels contrôles. Écrit aussi par "
    "chaque portail : si l'un échoue, il dit ce qui est en ligne où.",
)
def publications(context: dg.AssetExecutionContext, lake: LakeResource) -> Result:
    """Wiring of `portal.publishing.calendar.calendar`."""
    return dg.MaterializeResult(metadata=_write_calendar(lake.lake(), context.partition_key))


ASSETS = [publication_plan, *TARGET_ASSETS, publications]
CHECKS = [no_unaccepted_drop]
