"""Correction files: what comes back from the buyers, before the tables; what goes out to them, after the findings."""

from pathlib import Path

import dagster as dg
import polars as pl

from procurement_assets.assets.metadata import OWNERS, definition_metadata, from_tables, preview, table_metadata
from procurement_assets.assets.partitions import PUBLISHERS, publisher_partitions
from procurement_assets.quality.corrections.folder import received_folder, write_correction_files
from procurement_assets.quality.corrections.reading import read_received
from procurement_assets.quality.suites import data_date_of
from procurement_assets.resources.lake import LakeResource
from procurement_assets.schema import TABLES
from procurement_assets.settings import Settings

SHOWN = 50
RECEIVED = "corrections_recues"
LINEAGE = from_tables(TABLES["corrections_traitees"], RECEIVED) | {
    "statut": [(RECEIVED, "valeur_corrigee"), ("decp_records", "record")],
    "raison": [(RECEIVED, "refus"), ("decp_records", "record")],
    "correction": [(RECEIVED, "valeur_corrigee")],
    "valeur_source": [("decp_records", "record")],
}
"""Columns of `corrections_traitees`, which comes out of the tables' step, to those they come from."""
REPORTED = ("refusée", "contredite")


def _shared(settings: Settings) -> str | None:
    """The folder of PROCUREMENT_CORRECTIONS, if any. Raises Failure where it is not there: a share that is not mounted
    would undo every correction that holds."""
    named = settings.corrections
    if named and "://" not in named and not Path(named).is_dir():
        raise dg.Failure(
            f"PROCUREMENT_CORRECTIONS={named!r} : ce dossier n'existe pas (un partage qui n'est pas monté ?). Sans lui "
            "les corrections en place seraient annulées : le rétablir, ou retirer la variable, puis relancer.",
            allow_retries=False,
        )
    return named


@dg.asset(
    name=RECEIVED,
    group_name="corrections",
    owners=OWNERS,
    kinds={"excel", "parquet"},
    partitions_def=publisher_partitions,
    metadata=definition_metadata(TABLES[RECEIVED]),
    description=(
        "Lignes de correction reçues. Les fichiers renvoyés par les acheteurs (XLSX, ODS, CSV), lus ligne à ligne ; "
        "retirer un fichier du dossier annule ses corrections à l'exécution suivante."
    ),
)
def received_corrections(context: dg.AssetExecutionContext, lake: LakeResource) -> dg.MaterializeResult[None]:
    """Wiring of `quality.corrections.reading.read_received`."""
    store, publisher = lake.lake(), context.partition_key
    folder = received_folder(store, publisher, _shared(lake.settings()))
    lines = read_received(folder)
    store.write_table(lines, RECEIVED, publisher)
    refused = lines.filter(pl.col("refus").is_not_null())
    return dg.MaterializeResult(
        metadata=table_metadata(store, RECEIVED, publisher)
        | {
            "dossier": str(folder),
            "fichiers": lines["fichier"].n_unique(),
            "lignes remplies": lines.height,
            "lignes illisibles": refused.height,
            "refus": preview(refused.select("fichier", "ligne", "champ", "valeur_corrigee", "refus").head(SHOWN)),
        }
    )


@dg.asset(
    group_name="corrections",
    owners=OWNERS,
    kinds={"excel", "csv"},
    deps=["findings", "suggestions", "normalised_records"],
    partitions_def=publisher_partitions,
    description=(
        "Fichiers à corriger, par source et par direction : une ligne par constat ou suggestion, en XLSX et en CSV, à "
        "remplir et à déposer dans le dossier des corrections reçues."
    ),
)
def correction_files(context: dg.AssetExecutionContext, lake: LakeResource) -> dg.MaterializeResult[None]:
    """Wiring of `quality.corrections.folder.write_correction_files`."""
    store, publisher = lake.lake(), PUBLISHERS.publishers[context.partition_key]
    written = write_correction_files(
        store,
        publisher.id,
        data_date=data_date_of(store.read_table("files", publisher.id, ["fichier_date"])),
        source_names={s.id: s.name for s in PUBLISHERS.sources_of(publisher.id)},
        services=publisher.services,
    )
    return dg.MaterializeResult(
        metadata={
            "dossier": str(store / "corrections" / publisher.id / "a_corriger"),
            "dossier des corrections reçues": str(received_folder(store, publisher.id, lake.settings().corrections)),
            "lignes": sum(w.rows for w in written),
            "fichiers": dg.MetadataValue.md("\n".join(f"- {w.path} : {w.rows} lignes" for w in written) or "aucun"),
        }
    )


@dg.asset_check(
    asset="corrections_traitees",
    name="corrections_refusees_ou_contredites",
    partitions_def=publisher_partitions,
    description=(
        "Aucune correction reçue n'est refusée, ni contredite par une publication plus récente de la source. "
        "Que faire : lire la raison, corriger la ligne ou retirer le fichier."
    ),
)
def corrections_hold(context: dg.AssetCheckExecutionContext, lake: LakeResource) -> dg.AssetCheckResult:
    """The lines of `corrections_traitees` that were not applied for a reason to be told."""
    table = lake.lake().read_table("corrections_traitees", context.partition_key)
    told = table.filter(pl.col("statut").is_in(REPORTED))
    columns = ("statut", "raison", "fichier", "ligne", "uid", "champ", "valeur_corrigee", "auteur")
    return dg.AssetCheckResult(
        passed=told.is_empty(),
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{told.height} corrections refusées ou contredites sur {table.height} reçues.",
        metadata=counts_by_status(table) | {"à regarder": preview(told.select(columns).head(SHOWN))},
    )


def counts_by_status(table: pl.DataFrame) -> dict[str, int]:
    """Lines of `corrections_traitees` by status, as metadata."""
    return {f"corrections, {s}": n for s, n in sorted(table["statut"].value_counts().iter_rows())}


ASSETS = [received_corrections, correction_files]
CHECKS = [corrections_hold]
