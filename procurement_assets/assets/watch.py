"""Watching the feeds, one check per signal, so that a run warns the same day; and the trend of the rules."""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from procurement_assets.assets.metadata import OWNERS, definition_metadata, preview, table_metadata
from procurement_assets.assets.partitions import PUBLISHERS, publisher_partitions
from procurement_assets.quality.trend_tables import build_trend
from procurement_assets.quality.watch.build import build_watch, silences_today
from procurement_assets.resources.lake import LakeResource
from procurement_assets.schema import TABLES

SHOWN = 50
"""Alerts shown in a check."""
TOLD = "alertes, pour l'avis par courriel"
"""Metadata of a check that holds every alert that calls for something: what the sensor `avis_flux` tells."""
TOLD_COLUMNS = ("source", "signal", "mois", "detail", "severity", "message", "advice")
CHECKED = {
    "flux_volume": (
        ("volume_notification", "volume_publication"),
        "Le nombre de contrats des derniers mois de chaque source est celui auquel son passé habitue.",
    ),
    "flux_retard": (("retard",), "Le délai entre notification et publication reste celui auquel la source habitue."),
    "flux_delai_legal": (("delai_legal",), "La part publiée après les deux mois légaux n'augmente pas."),
    "flux_montants": (("montant",), "Le montant médian des derniers mois de chaque source ne saute pas."),
    "flux_silencieux": (("silence",), "Aucune source ne se tait plus longtemps que ses pauses habituelles."),
    "flux_depublie": (("depublication",), "Chaque fichier attendu est offert par sa source et lisible."),
    "flux_schema": (("format", "schema"), "Aucun fichier ne change de format, de champs ou de taux de remplissage."),
    "flux_codes": (("code_nouveau",), "Aucun libellé inconnu de la réglementation n'apparaît dans une source."),
}
"""Check to the signals that it looks at and what it says."""


@dg.multi_asset(
    name="surveillance",
    specs=[
        dg.AssetSpec(
            key=name,
            deps=["repairs", "files", "decp_records", "raw_snapshots"],
            group_name="qualite",
            owners=OWNERS,
            kinds={"parquet", "polars"},
            partitions_def=publisher_partitions,
            metadata=definition_metadata(TABLES[name]),
            description=f"{TABLES[name].title}. {TABLES[name].description}",
        )
        for name in ("feed_months", "feed_watch")
    ],
    description="Compare chaque source à son passé : volume, retard, montants, silence, fichiers qui changent.",
)
def watch_feeds(context: dg.AssetExecutionContext, lake: LakeResource) -> Iterator[dg.MaterializeResult[None]]:
    """Wiring of `quality.watch.build.build_watch`."""
    store, publisher = lake.lake(), context.partition_key
    watch = build_watch(store, publisher, PUBLISHERS.sources_of(publisher))
    yield dg.MaterializeResult(asset_key="feed_months", metadata=table_metadata(store, "feed_months", publisher))
    yield dg.MaterializeResult(
        asset_key="feed_watch", metadata=table_metadata(store, "feed_watch", publisher) | watch.counts
    )


def _spec(name: str, text: str) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(name=name, asset="feed_watch", description=text, partitions_def=publisher_partitions)


@dg.multi_asset_check(
    name="controles_des_flux",
    specs=[_spec(name, text) for name, (_, text) in CHECKED.items()],
    can_subset=True,
    description="Un contrôle par signal ; une alerte avertit et ne bloque jamais.",
)
def check_feeds(context: dg.AssetCheckExecutionContext, lake: LakeResource) -> Iterator[dg.AssetCheckResult]:
    """The alerts of `feed_watch` that still call for something, by signal."""
    store, publisher = lake.lake(), context.partition_key
    alerts = store.read_table("feed_watch", publisher).filter("actuel")
    if any(key.name == "flux_silencieux" for key in context.selected_asset_check_keys):
        silent = silences_today(store, publisher, PUBLISHERS.sources_of(publisher)).filter("actuel")
        alerts = pl.concat([alerts.filter(pl.col("signal") != "silence"), silent.select(alerts.columns)])
    for key in sorted(context.selected_asset_check_keys, key=lambda k: k.name):
        signals, _ = CHECKED[key.name]
        yield _result(key.name, alerts.filter(pl.col("signal").is_in(signals)))


def _result(name: str, alerts: pl.DataFrame) -> dg.AssetCheckResult:
    told = alerts.filter(pl.col("severity") != "info").sort("severity", "source", "mois", "detail")
    shown = alerts.select("source", "severity", "message", "advice").head(SHOWN)
    return dg.AssetCheckResult(
        asset_key="feed_watch",
        check_name=name,
        passed=told.is_empty(),
        severity=dg.AssetCheckSeverity.WARN,
        description=" ".join(told["message"].head(3)) or None,
        metadata={
            "alertes": told.height,
            "à savoir": alerts.height - told.height,
            **({"détail": preview(shown)} if shown.height else {}),
            **({TOLD: dg.MetadataValue.json(told.select(TOLD_COLUMNS).to_dicts())} if told.height else {}),
        },
    )


@dg.multi_asset(
    name="tendance",
    specs=[
        dg.AssetSpec(
            key=name,
            deps=["findings"],
            group_name="qualite",
            owners=OWNERS,
            kinds={"parquet", "polars"},
            partitions_def=publisher_partitions,
            metadata=definition_metadata(TABLES[name]),
            description=f"{TABLES[name].title}. {TABLES[name].description}",
        )
        for name in ("quality_trend", "findings_changes", "quality_months")
    ],
    description="Tire de l'histoire des contrôles l'évolution par règle, et les constats nouveaux et corrigés.",
)
def trend_of_quality(context: dg.AssetExecutionContext, lake: LakeResource) -> Iterator[dg.MaterializeResult[None]]:
    """Wiring of `quality.trend_tables.build_trend`."""
    store, publisher = lake.lake(), context.partition_key
    made = build_trend(store, publisher)
    told = {"exécution": made.current, "exécution précédente": made.previous or "aucune"}
    counts = dict(sorted(made.changes["change"].value_counts().iter_rows()))
    for name, more in (("quality_trend", told), ("findings_changes", told | counts), ("quality_months", {})):
        yield dg.MaterializeResult(asset_key=name, metadata=table_metadata(store, name, publisher) | more)


ASSETS = [watch_feeds, trend_of_quality]
CHECKS = [check_feeds]
