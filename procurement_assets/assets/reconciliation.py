"""Reconciliation: the DECP beside the publisher's own lists, and the DECP sources beside each other.

The step depends on `repairs`, which has no blocking check, and the findings depend on `reconciliation_sources`, which
has none either: the report is needed most when a check blocks, so it must not be stopped by one.
"""

from collections.abc import Iterator

import dagster as dg

from procurement_assets.assets.metadata import OWNERS, definition_metadata, table_metadata
from procurement_assets.assets.partitions import PUBLISHERS, publisher_partitions
from procurement_assets.quality.reconciliation.build import RECONCILED, build_reconciliation
from procurement_assets.quality.reconciliation.lists import read_lists
from procurement_assets.resources.lake import LakeResource
from procurement_assets.schema import TABLES
from procurement_assets.sources.manifest import read_manifest

_FROM_CONTRACTS = {n: [("contracts", n)] for n in ("uid", "objet", "montant", "montant_suspect", "dateNotification")}
_FROM_CONTRACTS |= {"titulaires": [("contract_titulaires", "titulaire_id")], "sources": [("contracts", "sources")]}
_LIST = [("raw_snapshots", "sha256")]
_LINEAGE = {
    c.name: _FROM_CONTRACTS.get(c.name, _LIST if c.name.endswith("_liste") or c.name == "numero_marche" else [])
    for c in TABLES["reconciliation"].columns
}


@dg.multi_asset(
    name="rapprochement",
    specs=[
        dg.AssetSpec(
            key=name,
            deps=["repairs", "files", "raw_snapshots"],
            group_name="qualite",
            owners=OWNERS,
            kinds={"parquet", "duckdb"},
            partitions_def=publisher_partitions,
            metadata=definition_metadata(
                TABLES[name], {k: v for k, v in _LINEAGE.items() if v} if name == "reconciliation" else None
            ),
            description=f"{TABLES[name].title}. {TABLES[name].description}",
        )
        for name in RECONCILED
    ],
    description="Compare les DECP aux listes de contrats du publieur, et les sources DECP entre elles.",
)
def build_reconciliation_tables(
    context: dg.AssetExecutionContext, lake: LakeResource
) -> Iterator[dg.MaterializeResult[None]]:
    """Wiring of `quality.reconciliation.build.build_reconciliation`."""
    store, publisher = lake.lake(), context.partition_key
    made = build_reconciliation(store, publisher, PUBLISHERS.sources_of(publisher))
    for source, reason in made.unusable.items():
        context.log.warning(f"{source} : {reason}")
    for name in RECONCILED:
        metadata = table_metadata(store, name, publisher)
        if name == "reconciliation":
            metadata |= {"listes lues": ", ".join(made.lists) or "aucune", **made.by_rule}
            metadata |= {"sans comparaison": made.reason} if made.reason else {}
        yield dg.MaterializeResult(asset_key=name, metadata=metadata)


@dg.asset_check(
    asset="reconciliation_sources",
    name="listes_lisibles",
    partitions_def=publisher_partitions,
    description="Chaque liste de contrats déclarée dans publishers.toml a pu être lue et comparée.",
)
def lists_are_readable(context: dg.AssetCheckExecutionContext, lake: LakeResource) -> dg.AssetCheckResult:
    """The lists that a publisher declares, against those that were read."""
    store, publisher = lake.lake(), context.partition_key
    unusable = read_lists(store, PUBLISHERS.sources_of(publisher), read_manifest(store, publisher)).unusable
    return dg.AssetCheckResult(
        passed=not unusable,
        severity=dg.AssetCheckSeverity.WARN,
        description=" ; ".join(unusable.values()) or None,
        metadata={"listes illisibles": len(unusable)},
    )


ASSETS = [build_reconciliation_tables]
CHECKS = [lists_are_readable]
