"""From raw files to tables: `decp_records`, then marchés and concessions with the ledger."""

from collections.abc import Iterator

import dagster as dg

from procurement_assets.assets.corrections import LINEAGE as CORRECTIONS_FROM
from procurement_assets.assets.corrections import RECEIVED, counts_by_status
from procurement_assets.assets.metadata import (
    OWNERS,
    definition_metadata,
    from_manifest,
    from_record,
    table_metadata,
)
from procurement_assets.assets.partitions import PUBLISHERS, publisher_partitions
from procurement_assets.assets.shapes import needs
from procurement_assets.decp.correctable import FIELDS
from procurement_assets.decp.listed import listed_sirets
from procurement_assets.decp.parse import build_records
from procurement_assets.decp.tables import BUILT, COLUMNS_READ, build_tables
from procurement_assets.parquet import read_rows
from procurement_assets.resources.lake import LakeResource
from procurement_assets.schema import TABLES
from procurement_assets.sources.manifest import manifest_path, read_manifest

CODE_VERSION = "2"
READ = ("decp_records", "quarantine", "files")


_CORRECTABLE = frozenset((f.table, f.column) for fields in FIELDS.values() for f in fields.values())


def _lineage(name: str) -> dict[str, list[tuple[str, str]]]:
    """Lineage of a table: the record, and the corrections where a column can be corrected."""
    if name == "corrections_traitees":
        return CORRECTIONS_FROM
    if name in READ:
        return from_manifest(TABLES[name])
    corrected = [(RECEIVED, "valeur_corrigee")]
    found = from_record(TABLES[name])
    return {c: [*deps, *(corrected if (name, c) in _CORRECTABLE else [])] for c, deps in found.items()}


def _spec(name: str, group: str, deps: list[str]) -> dg.AssetSpec:
    table = TABLES[name]
    lineage = _lineage(name)
    return dg.AssetSpec(
        key=name,
        deps=deps,
        group_name=group,
        description=f"{table.title}. {table.description}",
        owners=OWNERS,
        kinds={"parquet", "python"},
        metadata=definition_metadata(table, lineage),
        partitions_def=publisher_partitions,
        code_version=CODE_VERSION,
    )


@dg.multi_asset(
    name="lecture",
    specs=[_spec(name, "lecture", ["raw_snapshots"]) for name in READ],
    description="Lit les fichiers bruts ; un fichier déjà lu par cette version du lecteur n'est pas relu.",
)
def read_raw_files(context: dg.AssetExecutionContext, lake: LakeResource) -> Iterator[dg.MaterializeResult[None]]:
    """Wiring of `decp.parse.build_records`."""
    publisher, store = context.partition_key, lake.lake()
    needs(manifest_path(store, publisher), "raw_snapshots")
    ranks = {s.id: s.rank for s in PUBLISHERS.sources_of(publisher)}
    counts = build_records(store, publisher, read_manifest(store, publisher), ranks)
    context.log.info(
        f"{counts.found} enregistrements dans {counts.files} fichiers, dont {counts.read_now} fichiers lus "
        f"maintenant ; {counts.quarantined} en quarantaine"
    )
    for name in READ:
        metadata = table_metadata(store, name, publisher, from_manifest(TABLES[name]))
        if name == "decp_records":
            metadata |= {"fichiers": counts.files, "délimités": counts.found, "lus maintenant": counts.read_now}
        yield dg.MaterializeResult(asset_key=name, metadata=metadata)


@dg.multi_asset(
    name="tables",
    specs=[
        _spec(
            name,
            "corrections" if name == "corrections_traitees" else "tables",
            ["decp_records", "quarantine", RECEIVED],
        )
        for name in BUILT
    ],
    description="Nettoie, déduplique, applique les corrections reçues, calcule les versions et rend compte de chaque "
    "enregistrement.",
)
def build_publisher_tables(
    context: dg.AssetExecutionContext, lake: LakeResource
) -> Iterator[dg.MaterializeResult[None]]:
    """Wiring of `decp.tables.build_tables`."""
    publisher, store = context.partition_key, lake.lake()
    with (
        store.existing_table("decp_records", publisher).open("rb") as records,
        store.existing_table("quarantine", publisher).open("rb") as quarantine,
    ):
        built = build_tables(
            read_rows(records, list(COLUMNS_READ)),
            read_rows(quarantine),
            PUBLISHERS.publishers[publisher],
            PUBLISHERS.sources_of(publisher),
            corrections=store.read_table(RECEIVED, publisher).iter_rows(named=True),
            listed=listed_sirets(store, read_manifest(store, publisher)),
        )
    context.log.info(f"sort des enregistrements : {built.outcomes}")
    with built:
        for name, table in built.tables.items():
            table.save(store, publisher)
            metadata = table_metadata(store, name, publisher, _lineage(name))
            if name == "ledger":
                metadata |= built.outcomes
            if name == "corrections_traitees":
                metadata |= counts_by_status(table.frame())
            yield dg.MaterializeResult(asset_key=name, metadata=metadata)
