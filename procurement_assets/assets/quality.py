"""Quality: the findings of every rule, and the report that the working group reads.

These assets depend on `repairs`, which comes out of the same step as the tables and has no blocking check: the report
is needed most when a check blocks, so it must not be stopped by it.
"""

import dagster as dg

from procurement_assets.assets.metadata import OWNERS, definition_metadata, table_metadata
from procurement_assets.assets.partitions import PUBLISHERS, publisher_partitions
from procurement_assets.assets.registers import REGISTERS
from procurement_assets.quality.build import COMPARED, REPORT, build_quality, build_report
from procurement_assets.quality.catalogue import load_catalogue
from procurement_assets.quality.datadocs import docs_folder, docs_url, write_data_docs
from procurement_assets.quality.store import Checked
from procurement_assets.resources.lake import LakeResource
from procurement_assets.schema import TABLES

_CHECKED = ("contracts", "contract_versions", "contract_titulaires", "subcontracts", "concessions", "ledger")
_FINDINGS_FROM = {
    "uid": [(t, "uid") for t in _CHECKED],
    "record": [(t, "uid") for t in _CHECKED],
    "source": [("contracts", "source"), ("concessions", "source"), ("ledger", "source")],
}
_REGISTERS = [register.table for register in REGISTERS.values()]
"""Read where they are there: rules that need one say that they do not apply without it."""
_DEPS = ["repairs", "files", "quarantine", "reconciliation_sources", "feed_months"]


@dg.asset(
    name="findings",
    deps=[*_DEPS, *_REGISTERS],
    group_name="qualite",
    owners=OWNERS,
    kinds={"parquet", "greatexpectations"},
    partitions_def=publisher_partitions,
    metadata=definition_metadata(TABLES["findings"], _FINDINGS_FROM),
    description="Constats. Une règle et une ligne qui ne la respecte pas : valeur, attendu, conseil, source.",
)
def build_findings(context: dg.AssetExecutionContext, lake: LakeResource) -> dg.MaterializeResult[None]:
    """Wiring of `quality.build.build_quality`."""
    store, publisher = lake.lake(), PUBLISHERS.publishers[context.partition_key]
    quality = build_quality(store, publisher.id, services=publisher.services)
    return dg.MaterializeResult(
        metadata=table_metadata(store, "findings", publisher.id, _FINDINGS_FROM) | quality.counts
    )


@dg.asset(
    name="quality_report",
    deps=["findings", "quality_months", "feed_watch", "reconciliation_annees", "suggestions"],
    group_name="qualite",
    owners=OWNERS,
    kinds={"html"},
    partitions_def=publisher_partitions,
    description="Le rapport de qualité du groupe de travail : une page, écrite même quand un contrôle bloque, et les "
    "lignes en défaut de chaque règle.",
)
def build_quality_report(context: dg.AssetExecutionContext, lake: LakeResource) -> dg.MaterializeResult[None]:
    """Wiring of `quality.build.build_report`."""
    store, publisher = lake.lake(), PUBLISHERS.publishers[context.partition_key]
    names = {s.id: s.name for s in PUBLISHERS.sources_of(publisher.id)}
    page = build_report(store, publisher.id, name=publisher.name, source_names=names)
    path = store.exports(publisher.id) / REPORT
    return dg.MaterializeResult(metadata={"rapport": dg.MetadataValue.path(str(path)), "taille (octets)": len(page)})


@dg.asset(
    name="data_docs",
    deps=[*_DEPS, "findings"],
    group_name="qualite",
    owners=OWNERS,
    kinds={"html", "greatexpectations"},
    partitions_def=publisher_partitions,
    description="Les Data Docs de Great Expectations : une page par table, chaque règle avec ce qu'elle attend et les "
    "valeurs en défaut. Les contrôles y mènent ; `python -m procurement_assets docs` (ou `make ui`) les sert.",
)
def build_data_docs(context: dg.AssetExecutionContext, lake: LakeResource) -> dg.MaterializeResult[None]:
    """Wiring of `quality.datadocs.write_data_docs`: outcomes that the checks kept are read, not run again."""
    store, publisher = lake.lake(), context.partition_key
    checked = Checked(store, publisher, COMPARED)
    failed = write_data_docs(store, publisher, checked.all_results(load_catalogue()), checked.data_date)
    return dg.MaterializeResult(
        metadata={
            "Data Docs": dg.MetadataValue.url(docs_url(publisher)),
            "dossier": dg.MetadataValue.path(str(docs_folder(store, publisher))),
            **{f"règles à regarder : {table}": count for table, count in failed.items()},
        }
    )


ASSETS = [build_findings, build_quality_report, build_data_docs]
