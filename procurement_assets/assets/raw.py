"""The raw layer: public sources as external assets, and the snapshots taken of them, bit for bit."""

from datetime import UTC, datetime

import dagster as dg
import msgspec
import polars as pl

from procurement_assets.assets.metadata import OWNERS, preview
from procurement_assets.assets.partitions import PUBLISHERS, publisher_partitions
from procurement_assets.publishers import Source
from procurement_assets.resources.lake import LakeResource
from procurement_assets.sources.manifest import ManifestRow
from procurement_assets.sources.snapshots import refresh_publisher


def _address(source: Source) -> str:
    if source.kind == "datagouv":
        return f"https://www.data.gouv.fr/fr/datasets/{source.dataset}/"
    if source.kind == "opendatasoft":
        return f"https://{source.host}/explore/dataset/{source.dataset}/"
    return source.url or f"sample://{source.id}"


def source_key(source: Source) -> dg.AssetKey:
    """The key of a source in the lineage: `source/ID`."""
    return dg.AssetKey(["source", source.id.replace("-", "_")])


source_assets = [
    dg.AssetSpec(
        key=source_key(source),
        group_name="sources",
        description=f"{source.name}. Rang {source.rank} pour la déduplication.",
        kinds={source.kind if source.kind != "sample" else "python"},
        metadata={"adresse": dg.MetadataValue.url(_address(source)), "rang": source.rank},
    )
    for source in PUBLISHERS.sources.values()
]
"""Every source as an external asset: the lineage shows who they are, `raw_snapshots` takes what they hold."""


MANIFEST_SCHEMA = dg.TableSchema(
    columns=[dg.TableColumn(name=f.name, type="string") for f in msgspec.structs.fields(ManifestRow)]
)


# No retry policy: requests have their own attempts and a failed run is tried once more (dagster.yaml), while Dagster
# takes an interruption for one more reason to retry, so that Ctrl-C or "Terminate" would start the downloads again.
@dg.asset(
    group_name="sources",
    owners=OWNERS,
    kinds={"python"},
    deps=[source_key(s) for s in PUBLISHERS.sources.values()],
    partitions_def=publisher_partitions,
    metadata={"dagster/column_schema": MANIFEST_SCHEMA},
    description=(
        "Copies des fichiers publics, adressées par leur contenu et jamais réécrites, avec leur manifeste. "
        "Un fichier inchangé n'est pas téléchargé de nouveau."
    ),
)
def raw_snapshots(context: dg.AssetExecutionContext, lake: LakeResource) -> dg.MaterializeResult[None]:
    """Wiring of `sources.snapshots.refresh_publisher`."""
    rows = refresh_publisher(
        PUBLISHERS, context.partition_key, lake=lake.lake(), settings=lake.settings(), now=datetime.now(UTC)
    )
    for row in rows:
        if row.status in ("stale", "refused", "gone"):
            context.log.warning(f"{row.source}, {row.title} : {row.status}, {row.reason}")
    statuses: dict[str, int] = {s: sum(r.status == s for r in rows) for s in sorted({r.status for r in rows})}
    table = pl.DataFrame(
        [
            {"source": r.source, "fichier": r.title, "état": r.status, "octets": r.bytes, "date": r.published_at}
            for r in rows
        ]
    )
    return dg.MaterializeResult(
        metadata={
            "fichiers": len(rows),
            "octets": sum(r.bytes for r in rows),
            **statuses,
            "manifeste": preview(table.head(50)),
        }
    )
