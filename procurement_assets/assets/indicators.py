"""Indicators: the quality of the standard (Pelican), the aggregated indicators, their registry.

The checks of Pelican that stop publication are on `ocds_compiled_releases` (publication.py); the others are here, and
only warn.
"""

from collections.abc import Iterator
from datetime import date

import dagster as dg
import polars as pl

from procurement_assets.assets.metadata import OWNERS, definition_metadata, from_tables, table_metadata
from procurement_assets.assets.ocds import schema_of
from procurement_assets.assets.partitions import PUBLISHERS, publisher_partitions
from procurement_assets.ocds.produce import data_date
from procurement_assets.quality.indicators.build import build_indicators, build_ocds_quality
from procurement_assets.quality.indicators.pelican.registry import CheckText, texts
from procurement_assets.quality.report_indicators import PAGE, build_indicators_page
from procurement_assets.resources.lake import LakeResource
from procurement_assets.schema import TABLES

SHOWN = 50
QUALITY = ("ocds_quality", "ocds_quality_failures", "ocds_coverage")
INDICATORS = ("indicators", "indicators_registry", "attention_points")
RATES = ("exists", "non_empty")
"""Told by their rates in the table: a field that DECP does not have is not a failure."""
_CHECKED = [t for t in texts().check if not t.blocking and t.id not in RATES]


def _name(check: CheckText) -> str:
    return f"pelican_{check.level}_{check.id.replace('.', '_')}"


def _spec(name: str, deps: list[str], kinds: set[str]) -> dg.AssetSpec:
    lineage = from_tables(TABLES[name], "contracts") if name in INDICATORS else None
    return dg.AssetSpec(
        key=name,
        deps=deps,
        group_name="qualite",
        owners=OWNERS,
        kinds=kinds,
        partitions_def=publisher_partitions,
        metadata=definition_metadata(TABLES[name], {k: v for k, v in (lineage or {}).items() if v}),
        description=f"{TABLES[name].title}. {TABLES[name].description}",
    )


@dg.multi_asset(
    name="qualite_du_standard",
    specs=[_spec(name, ["ocds_compiled_releases", "ocds_releases", "files"], {"parquet", "ocds"}) for name in QUALITY],
    check_specs=[
        dg.AssetCheckSpec(
            name=_name(check),
            asset="ocds_quality",
            description=f"{check.title}. {check.explanation} (Pelican, {check.id}.)",
            partitions_def=publisher_partitions,
        )
        for check in _CHECKED
    ],
    description="Les contrôles de Pelican sur les états actuels : champs, processus, jeu, évolution dans le temps.",
)
def build_quality_of_the_standard(
    context: dg.AssetExecutionContext, lake: LakeResource
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Wiring of `quality.indicators.build.build_ocds_quality`."""
    store, publisher = lake.lake(), PUBLISHERS.publishers[context.partition_key]
    day = date.fromisoformat(data_date(store.read_table("files", publisher.id))[:10])
    tables = build_ocds_quality(store, publisher, schema_of(lake), day).tables
    counts = tables["ocds_quality"]["resultat"].value_counts().sort("resultat").iter_rows()
    for name in QUALITY:
        metadata = table_metadata(store, name, publisher.id)
        yield dg.MaterializeResult(asset_key=name, metadata=metadata | (dict(counts) if name == QUALITY[0] else {}))
    for check in _CHECKED:
        yield _result(check, tables["ocds_quality"], tables["ocds_quality_failures"])


def _result(check: CheckText, quality: pl.DataFrame, failures: pl.DataFrame) -> dg.AssetCheckResult:
    """What a check says: how many it judged, the ocids that fail, why it does not apply."""
    own = (pl.col("niveau") == check.level) & (pl.col("controle") == check.id)
    rows, failing = quality.filter(own), failures.filter(own)
    judged, wrong = int(rows["juges"].sum()), int(rows["en_echec"].sum())
    found = [dg.TableRecord({"ocid": r["ocid"], "constat": r["detail"]}) for r in failing.head(SHOWN).to_dicts()]
    schema = dg.TableSchema(columns=[dg.TableColumn(name=n) for n in ("ocid", "constat")])
    said = f"{wrong} en défaut sur {judged} jugés."
    if not judged:
        reasons = rows["raison"].drop_nulls().to_list()
        said = f"Sans objet : {reasons[0] if reasons else 'champ absent'}."
    elif (rows["resultat"] == "attendu").any():
        said = f"Échec attendu, rien n'est à corriger. {check.explanation}"
    return dg.AssetCheckResult(
        asset_key="ocds_quality",
        check_name=_name(check),
        passed=not (rows["resultat"] == "échec").any(),
        severity=dg.AssetCheckSeverity.WARN,
        description=said,
        metadata={
            "jugés": judged,
            "en défaut": wrong,
            "source": f"Pelican {check.id}",
            "exemples": dg.MetadataValue.table(found, schema=schema),
        },
    )


@dg.multi_asset(
    name="indicateurs",
    specs=[
        _spec(name, ["ocds_coverage", "ocds_compiled_releases", "contracts", "contract_titulaires"], {"parquet"})
        for name in INDICATORS
    ],
    description=(
        "Indicateurs par acheteur, division CPV et année, avec leur registre ; et, pour le groupe de travail seul, "
        "les points d'attention. Aucun indicateur publié ne porte sur un marché."
    ),
)
def build_aggregated_indicators(
    context: dg.AssetExecutionContext, lake: LakeResource
) -> Iterator[dg.MaterializeResult[None]]:
    """Wiring of `quality.indicators.build.build_indicators`."""
    store, publisher = lake.lake(), PUBLISHERS.publishers[context.partition_key]
    tables = build_indicators(store, publisher).tables
    computable = tables["indicators_registry"]["calculable"]
    for name in INDICATORS:
        metadata = table_metadata(store, name, publisher.id)
        if name == "indicators_registry":
            metadata |= {"calculables": int(computable.sum()), "non calculables": int((~computable).sum())}
        yield dg.MaterializeResult(asset_key=name, metadata=metadata)


@dg.asset(
    group_name="qualite",
    owners=OWNERS,
    kinds={"html"},
    deps=["ocds_quality", "indicators", "indicators_registry", "files"],
    partitions_def=publisher_partitions,
    description=(
        "La page des indicateurs : chacun avec sa définition, son dénominateur, son intervalle et sa précaution de "
        "lecture ; la qualité du standard ; ce que ces données ne permettent pas de calculer. Personne n'y est nommé."
    ),
)
def indicators_page(context: dg.AssetExecutionContext, lake: LakeResource) -> dg.MaterializeResult[None]:
    """Wiring of `quality.report_indicators.build_indicators_page`."""
    store, publisher = lake.lake(), PUBLISHERS.publishers[context.partition_key]
    view = build_indicators_page(store, publisher.id, publisher.name)
    return dg.MaterializeResult(
        metadata={
            "page": dg.MetadataValue.path(str(store.exports(publisher.id) / PAGE)),
            "indicateurs": len(view.indicators),
            "contrôles du standard à regarder": len(view.failed),
            "non calculables": len(view.not_computable),
        }
    )


ASSETS = [build_quality_of_the_standard, build_aggregated_indicators, indicators_page]
