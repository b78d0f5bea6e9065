"""What is given out in `exports/PUBLISHER/`: tables, workbook, database, OCDS, feed, metadata, manifest."""

from typing import Any

import dagster as dg
import polars as pl

from procurement_assets.assets.metadata import (
    column_lineage,
    definition_metadata,
    from_tables,
    preview,
    verdict,
)
from procurement_assets.assets.partitions import PUBLISHERS
from procurement_assets.assets.shapes import given_out, stopping_check
from procurement_assets.ocds.produce import data_date
from procurement_assets.ocds.whole import write_ocds_exports
from procurement_assets.portal.exports.catalogue import write_catalogue
from procurement_assets.portal.exports.data_package import data_package_faults, write_data_package, write_schemas
from procurement_assets.portal.exports.feed import last_publication, write_feed
from procurement_assets.portal.exports.manifest import manifest_faults, write_manifest
from procurement_assets.portal.exports.placing import digest
from procurement_assets.portal.exports.spec import DATABASE, EXPORTS, FEED, MANIFEST, WORKBOOK, About
from procurement_assets.portal.exports.tables import (
    write_database_export,
    write_table_exports,
    write_workbook_export,
)
from procurement_assets.quality.build import give_out_report
from procurement_assets.resources.lake import LakeResource
from procurement_assets.schema import TABLES

SHOWN = 50
"""Lines shown in a check."""

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


@given_out(
    kinds={"parquet", "csv"},
    deps=[*TABLES_GIVEN_OUT, "repairs", "ledger", "ocds_releases"],
    metadata=definition_metadata(TABLES["decp_marches"], _LINEAGE),
    description=(
        "Les tables données : marchés, concessions, lignes par titulaire et version, titulaires, versions, "
        "sous-traitance, corrections, changements ; en Parquet, CSV, CSV pour Excel en français et JSON Lines."
    ),
)
def decp_exports(context: dg.AssetExecutionContext, lake: LakeResource) -> dg.MaterializeResult[None]:
    """Wiring of `portal.exports.tables.write_table_exports`."""
    store, about = lake.lake(), about_of(lake, context.partition_key)
    publisher = about.publisher.id
    written = write_table_exports(store, about)
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


@given_out(
    kinds={"json", "ocds"},
    deps=["ocds_releases", "ocds_compiled_releases", "files"],
    description="Publications OCDS, états actuels et enregistrements (records), en JSON Lines et en paquet.",
)
def ocds_exports(context: dg.AssetExecutionContext, lake: LakeResource) -> dg.MaterializeResult[None]:
    """Wiring of `ocds.whole.write_ocds_exports`."""
    store, publisher = lake.lake(), PUBLISHERS.publishers[context.partition_key]
    when = data_date(store.read_table("files", publisher.id))
    counts = write_ocds_exports(store, publisher, when)
    return dg.MaterializeResult(
        metadata={"dossier": str(store.exports(publisher.id)), "date des données": when, **counts}
    )


def _file_metadata(lake: LakeResource, publisher: str, name: str) -> dict[str, Any]:
    """Where a file is, its size and sha256."""
    path = lake.lake().exports(publisher) / name
    size, sha256 = digest(path)
    return {"dagster/uri": str(path), "taille (octets)": size, "sha256": sha256}


@given_out(
    kinds={"excel"},
    deps=["decp_exports"],
    description="Le classeur Excel : lisez-moi, dictionnaire, une feuille par table, en-têtes en français, "
    "dates et nombres vrais.",
)
def workbook_export(context: dg.AssetExecutionContext, lake: LakeResource) -> dg.MaterializeResult[None]:
    """Wiring of `portal.exports.tables.write_workbook_export`."""
    rows = write_workbook_export(lake.lake(), about_of(lake, context.partition_key))
    counts: dict[str, Any] = {f"feuille {sheet} (lignes)": count for sheet, count in rows.items()}
    if left := [e.sheet for e in EXPORTS if e.sheet and e.sheet not in rows]:
        counts["trop longues pour une feuille (voir les CSV)"] = ", ".join(left)
    return dg.MaterializeResult(metadata=_file_metadata(lake, context.partition_key, WORKBOOK) | counts)


@given_out(
    kinds={"duckdb"},
    deps=["decp_exports"],
    description="La base DuckDB pour les analystes : toutes les tables données, commentées, avec leurs clés ; "
    "à ouvrir en lecture.",
)
def database_export(context: dg.AssetExecutionContext, lake: LakeResource) -> dg.MaterializeResult[None]:
    """Wiring of `portal.exports.tables.write_database_export`."""
    rows = write_database_export(lake.lake(), about_of(lake, context.partition_key))
    counts = {f"table {table} (lignes)": count for table, count in rows.items()}
    return dg.MaterializeResult(metadata=_file_metadata(lake, context.partition_key, DATABASE) | counts)


@given_out(
    kinds={"xml"},
    deps=["decp_exports"],
    description="Le flux Atom des contrats nouveaux et modifiés depuis la publication précédente, avec ce qui change.",
)
def change_feed(context: dg.AssetExecutionContext, lake: LakeResource) -> dg.MaterializeResult[None]:
    """Wiring of `portal.exports.feed.write_feed`."""
    store, publisher = lake.lake(), context.partition_key
    entries = write_feed(store, about_of(lake, publisher))
    last, events = last_publication(store, publisher, 20)
    return dg.MaterializeResult(
        metadata=_file_metadata(lake, publisher, FEED)
        | {"entrées": entries, "dernière publication": preview(last)}
        | {f"événement {event}": count for event, count in events.most_common()}
    )


_DATA_ASSETS = [
    *("decp_exports", "ocds_exports", "ocds_packages", "regulatory_exports"),
    *("workbook_export", "database_export", "change_feed"),
]


@given_out(
    kinds={"json", "rdf"},
    deps=_DATA_ASSETS,
    description="Ce qui décrit les fichiers aux machines : Data Package et Table Schema, catalogue DCAT-AP "
    "en Turtle et JSON-LD.",
)
def export_metadata(context: dg.AssetExecutionContext, lake: LakeResource) -> dg.MaterializeResult[None]:
    """Wiring of `portal.exports.data_package` and `portal.exports.catalogue`."""
    store, about = lake.lake(), about_of(lake, context.partition_key)
    schemas = write_schemas(store, about)
    resources = write_data_package(store, about, PUBLISHERS.sources_of(about.publisher.id))
    distributions = write_catalogue(store, about)
    return dg.MaterializeResult(
        metadata={
            "dossier": str(store.exports(about.publisher.id)),
            "schémas de tables": len(schemas),
            "ressources du Data Package": resources,
            "distributions du catalogue": distributions,
        }
    )


@given_out(
    kinds={"json"},
    deps=["export_metadata", "publication_policy", "quality_report", "indicators_page"],
    description="Le manifeste et SHA256SUMS : chaque fichier donné, sa taille, son empreinte, ses lignes. "
    "Écrits en dernier.",
)
def export_manifest(context: dg.AssetExecutionContext, lake: LakeResource) -> dg.MaterializeResult[None]:
    """Wiring of `portal.exports.manifest.write_manifest`; the report's public copy is given out here and not before."""
    give_out_report(lake.lake(), context.partition_key)
    files = write_manifest(lake.lake(), about_of(lake, context.partition_key))
    shown = [
        {"fichier": f.name, "rôle": f.kind.role, "lignes": f.rows, "octets": f.bytes, "sha256": f.sha256} for f in files
    ]
    table = pl.DataFrame(shown, infer_schema_length=None)
    return dg.MaterializeResult(
        metadata=_file_metadata(lake, context.partition_key, MANIFEST)
        | {"fichiers": len(files), "octets en tout": sum(f.bytes for f in files), "liste": preview(table)}
    )


def _no_fault(faults: list[str]) -> dg.AssetCheckResult:
    rows = [dg.TableRecord({"constat": fault}) for fault in faults[:SHOWN]]
    schema = dg.TableSchema(columns=[dg.TableColumn(name="constat")])
    said = f"{len(faults)} écarts, dont {faults[0]}." if faults else "Aucun écart."
    return dg.AssetCheckResult(
        passed=not faults,
        severity=dg.AssetCheckSeverity.ERROR,
        description=verdict(said, stops=bool(faults)),
        metadata={"écarts": len(faults), "premiers": dg.MetadataValue.table(rows, schema=schema)},
    )


@stopping_check(
    asset=export_manifest,
    name="manifeste_conforme",
    description="Chaque fichier du manifeste est là, avec sa taille et son empreinte ; aucun autre n'est donné.",
)
def manifest_matches(context: dg.AssetCheckExecutionContext, lake: LakeResource) -> dg.AssetCheckResult:
    """Every file is hashed again."""
    return _no_fault(manifest_faults(lake.lake(), context.partition_key))


@stopping_check(
    asset=export_metadata,
    name="data_package_valide",
    description="Le Data Package dit vrai de ses fichiers : présence, taille, empreinte, en-têtes, clés.",
)
def data_package_is_valid(context: dg.AssetCheckExecutionContext, lake: LakeResource) -> dg.AssetCheckResult:
    """Cheap: whole rows are validated by `frictionless` in the tests."""
    return _no_fault(data_package_faults(lake.lake(), context.partition_key))


ASSETS = [
    *(decp_exports, ocds_exports, workbook_export, database_export, change_feed, export_metadata, export_manifest),
]
CHECKS = [manifest_matches, data_package_is_valid]
