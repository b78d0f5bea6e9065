"""What is given out: DECP tables and OCDS files in `exports/PUBLISHER/`."""

from datetime import timedelta

import dagster as dg
import polars as pl

from procurement_assets.assets.metadata import OWNERS, column_lineage, definition_metadata, from_tables, preview
from procurement_assets.assets.ocds import schema_of
from procurement_assets.assets.partitions import PUBLISHERS, publisher_partitions
from procurement_assets.ocds.produce import data_date, write_ocds_exports
from procurement_assets.portal.exports.spec import About
from procurement_assets.portal.exports.tables import write_table_exports
from procurement_assets.resources.lake import LakeResource
from procurement_assets.schema import TABLES

# The daily job starts at 05:30: exports older than the last start plus an hour and a half are late.
FRESHNESS = dg.FreshnessPolicy.cron(
    deadline_cron="0 7 * * *", lower_bound_delta=timedelta(hours=1, minutes=30), timezone="Europe/Paris"
)

TABLES_GIVEN_OUT = [
    *("contracts", "contract_versions", "contract_titulaires", "subcontracts"),
    *("concessions", "concession_versions", "concession_titulaires", "concession_execution"),
]
_HOLDERS = {
    "titulaires_id": "titulaire_id",
    "titulaires_typeIdentifiant": "titulaire_typeIdentifiant",
    "titulaires_nom": "titulaire_nom",
}
_LINEAGE = from_tables(TABLES["decp_marches"], "contracts", "ocids") | {
    name: [("contract_titulaires", column)] for name, column in _HOLDERS.items()
}


def about_of(lake: LakeResource, publisher: str) -> About:
    """Who publishes, and the date of the data that the lake holds."""
    when = data_date(lake.lake().read_table("files", publisher))
    return About(publisher=PUBLISHERS.publishers[publisher], data_date=when)


@dg.asset(
    group_name="exports",
    owners=OWNERS,
    kinds={"parquet", "csv"},
    deps=[*TABLES_GIVEN_OUT, "repairs", "ledger", "ocds_releases"],
    partitions_def=publisher_partitions,
    freshness_policy=FRESHNESS,
    metadata=definition_metadata(TABLES["decp_marches"], _LINEAGE),
    description="Marchés et concessions, une ligne par contrat, en CSV et en Parquet.",
)
def decp_exports(context: dg.AssetExecutionContext, lake: LakeResource) -> dg.MaterializeResult[None]:
    """Wiring of `portal.exports.tables.write_table_exports`."""
    store, about = lake.lake(), about_of(lake, context.partition_key)
    publisher = about.publisher.id
    ocids = dict(store.read_table("ocids", publisher).select("uid", "ocid").iter_rows())
    written = write_table_exports(store, about, ocids)
    with (store.exports(publisher) / "decp_marches.parquet").open("rb") as handle:
        head = pl.read_parquet(handle, n_rows=5)
    return dg.MaterializeResult(
        metadata={
            "dagster/partition_row_count": sum(f.rows for f in written if f.name.endswith(".parquet")),
            "dagster/column_lineage": column_lineage(_LINEAGE),
            "aperçu": preview(head),
            "dossier": str(store.exports(publisher)),
            **{f"{f.name} (lignes)": f.rows for f in written},
            **{f"{f.name} (octets)": f.bytes for f in written},
        }
    )


@dg.asset(
    group_name="exports",
    owners=OWNERS,
    kinds={"json", "ocds"},
    deps=["ocds_releases", "ocds_compiled_releases", "files"],
    partitions_def=publisher_partitions,
    freshness_policy=FRESHNESS,
    description="Publications OCDS, états actuels et enregistrements (records), en JSON Lines et en paquet.",
)
def ocds_exports(context: dg.AssetExecutionContext, lake: LakeResource) -> dg.MaterializeResult[None]:
    """Wiring of `ocds.produce.write_ocds_exports`."""
    store, publisher = lake.lake(), PUBLISHERS.publishers[context.partition_key]
    when = data_date(store.read_table("files", publisher.id))
    counts = write_ocds_exports(store, publisher, schema_of(lake), when)
    return dg.MaterializeResult(
        metadata={"dossier": str(store.exports(publisher.id)), "date des données": when, **counts}
    )


ASSETS = [decp_exports, ocds_exports]
