"""What a good publisher adds: packages by year, versioned releases, the regulatory files, the publication policy."""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from procurement_assets.assets.metadata import preview, verdict
from procurement_assets.assets.ocds import schema_of
from procurement_assets.assets.partitions import PUBLISHERS, publisher_partitions
from procurement_assets.assets.shapes import given_out
from procurement_assets.ocds.extension import build
from procurement_assets.ocds.packages import read_lines, unpublishable
from procurement_assets.ocds.produce import COMPILED, RELEASES, data_date, lines_of
from procurement_assets.ocds.standard_checks import (
    AMENDED,
    CLOSED,
    OPEN,
    REFERENCES,
    StandardResult,
    check_standard,
    release_ids_of,
)
from procurement_assets.ocds.standard_rules import RULES
from procurement_assets.ocds.versioned import NAME as VERSIONED
from procurement_assets.ocds.versioned import validate_versioned, write_versioned
from procurement_assets.ocds.yearly import write_yearly
from procurement_assets.portal.policy import write_policy
from procurement_assets.portal.regulatory import write_regulatory_exports
from procurement_assets.quality.indicators.pelican.blocking import BLOCKING
from procurement_assets.resources.lake import LakeResource


@given_out(
    kinds={"json", "ocds"},
    deps=["ocds_releases", "ocds_compiled_releases", "files"],
    description=(
        "Paquets OCDS par année (publications, états actuels, enregistrements), dans les limites de taille d'OCP, "
        "avec leur index, les publications versionnées dans un fichier à part, et l'extension locale qu'ils déclarent."
    ),
)
def ocds_packages(context: dg.AssetExecutionContext, lake: LakeResource) -> dg.MaterializeResult[None]:
    """Wiring of `ocds.yearly.write_yearly`, `ocds.versioned.write_versioned` and `ocds.extension.build.write`."""
    store, publisher = lake.lake(), PUBLISHERS.publishers[context.partition_key]
    schema = schema_of(lake)
    written = write_yearly(store, publisher, data_date(store.read_table("files", publisher.id)))
    versioned = write_versioned(store, publisher.id, schema)
    extension = build.write(store, publisher)
    refusal = unpublishable(publisher)
    table = pl.DataFrame(
        [{"fichier": f.name, "année": f.year, "octets": f.bytes, "processus": f.processes} for f in written]
    )
    return dg.MaterializeResult(
        metadata={
            "dossier": str(store.exports(publisher.id) / "ocds"),
            "fichiers": len(written),
            "publications versionnées": versioned,
            "extension locale": str(extension),
            "publiable": "oui" if refusal is None else f"non : {refusal}",
            "index": preview(table),
        }
    )


@given_out(
    kinds={"json", "xml"},
    deps=["normalised_records", "contracts", "concessions", "ledger"],
    description=(
        "Les données essentielles au format réglementaire, JSON et XML, format 2022 et format 2019. Un contrat que le "
        "schéma refuse n'est pas inventé : il est dans la liste des exclus, avec ses raisons."
    ),
)
def regulatory_exports(context: dg.AssetExecutionContext, lake: LakeResource) -> dg.MaterializeResult[None]:
    """Wiring of `portal.regulatory.write_regulatory_exports`."""
    store, publisher = lake.lake(), PUBLISHERS.publishers[context.partition_key]
    files = write_regulatory_exports(store, publisher.id, publisher.buyer_names)
    return dg.MaterializeResult(
        metadata={
            "dossier": str(store.exports(publisher.id)),
            **{f"{f.name} (contrats)": f.contracts for f in files},
            **{f"{f.name} (exclus)": f.excluded for f in files},
        }
    )


@given_out(
    kinds={"html"},
    deps=["ocds_packages"],
    description="La politique de publication OCDS, en français, faite de la configuration et de la correspondance.",
    late=False,
)
def publication_policy(context: dg.AssetExecutionContext, lake: LakeResource) -> dg.MaterializeResult[None]:
    """Wiring of `portal.policy.write_policy`."""
    store, publisher = lake.lake(), PUBLISHERS.publishers[context.partition_key]
    when = data_date(store.read_table("files", publisher.id))
    path = write_policy(store, publisher, PUBLISHERS.sources_of(publisher.id), when)
    return dg.MaterializeResult(metadata={"page": dg.MetadataValue.path(str(path)), "date des données": when})


@dg.asset_check(
    asset=ocds_packages,
    name="versions_valides",
    partitions_def=publisher_partitions,
    description="Chaque publication versionnée est valide selon le schéma versionné officiel, étendu.",
)
def versioned_releases_are_valid(context: dg.AssetCheckExecutionContext, lake: LakeResource) -> dg.AssetCheckResult:
    """Every versioned release; skipped, and said so, where the official schema cannot be had."""
    path = lake.lake().exports(context.partition_key) / "ocds" / VERSIONED
    with path.open("rb") as handle:
        report = validate_versioned(read_lines(handle), schema_of(lake))
    return dg.AssetCheckResult(
        passed=report.ok,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={
            "vérifiés": report.checked,
            "invalides": report.invalid,
            "schéma officiel": "utilisé" if report.skipped_reason is None else f"sauté : {report.skipped_reason}",
        },
    )


_STANDARD = (*RULES, *BLOCKING, REFERENCES, CLOSED, OPEN, AMENDED)


def _name(rule_id: str) -> str:
    return rule_id.replace(".", "_").replace("-", "_")


@dg.multi_asset_check(
    name="controles_du_standard",
    specs=[
        dg.AssetCheckSpec(
            name=_name(rule.id),
            asset="ocds_compiled_releases",
            description=f"{rule.title} ({rule.source}).",
            blocking=rule.severity == "error",
            partitions_def=publisher_partitions,
        )
        for rule in _STANDARD
    ],
    description="Qualité du standard : nos règles, et les contrôles de Pelican qui arrêtent la publication.",
)
def standard_is_respected(context: dg.AssetCheckExecutionContext, lake: LakeResource) -> Iterator[dg.AssetCheckResult]:
    """One check per rule of `ocds.standard_rules`, with the ocids that fail."""
    store, publisher = lake.lake(), context.partition_key
    with lines_of(store, publisher, RELEASES) as lines:
        ids = release_ids_of(lines)
    with lines_of(store, publisher, COMPILED) as lines:
        results = check_standard(lines, ids, BLOCKING)
    for result in results:
        yield _result(result)


def _result(result: StandardResult) -> dg.AssetCheckResult:
    rows = [dg.TableRecord({"ocid": e.ocid, "constat": e.value}) for e in result.examples]
    schema = dg.TableSchema(columns=[dg.TableColumn(name="ocid"), dg.TableColumn(name="constat")])
    error = dg.AssetCheckSeverity.ERROR if result.severity == "error" else dg.AssetCheckSeverity.WARN
    return dg.AssetCheckResult(
        asset_key="ocds_compiled_releases",
        check_name=_name(result.rule),
        passed=result.passed,
        severity=error,
        description=verdict(
            f"{result.failing} en défaut sur {result.evaluated} processus jugés. {result.title}.",
            stops=not result.passed and result.severity == "error",
        ),
        metadata={
            "en défaut": result.failing,
            "jugés": result.evaluated,
            "source": result.source,
            "exemples": dg.MetadataValue.table(rows, schema=schema),
        },
    )


ASSETS = [ocds_packages, regulatory_exports, publication_policy]
CHECKS = [versioned_releases_are_valid, standard_is_respected]
