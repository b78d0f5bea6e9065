"""OCDS: releases, compiled releases, and the checks that every one is valid."""

import dagster as dg

from procurement_assets.assets.metadata import OWNERS, table_metadata, verdict
from procurement_assets.assets.partitions import PUBLISHERS, publisher_partitions
from procurement_assets.assets.shapes import needs, stopping_check
from procurement_assets.ocds.corrections import correctable
from procurement_assets.ocds.produce import (
    COMPILED,
    RELEASES,
    changed_releases,
    lines_of,
    lost_ocids,
    read_snapshot,
    write_compiled,
    write_releases,
)
from procurement_assets.ocds.schema import Schema
from procurement_assets.ocds.schema import schema_of as kept_schema
from procurement_assets.ocds.validate import Report, validate
from procurement_assets.resources.lake import LakeResource
from procurement_assets.schema import TABLES
from procurement_assets.sources.http import HttpClient

SHOWN = 50
"""Problems shown in a check."""


def schema_of(lake: LakeResource) -> Schema:
    """The official schema where it can be had, else our profile's."""
    return kept_schema(lake.lake(), HttpClient.from_settings(lake.settings()))


@dg.asset(
    group_name="ocds",
    owners=OWNERS,
    kinds={"json", "ocds"},
    deps=["normalised_records", "ledger", "files", "decp_records"],
    partitions_def=publisher_partitions,
    description=(
        "Une publication OCDS (release) par attribution, modification, acte de sous-traitance et année d'exécution, "
        "en OCDS 1.1.5 avec ses extensions ; une ligne JSON chacune, par ocid puis par date."
    ),
)
def ocds_releases(context: dg.AssetExecutionContext, lake: LakeResource) -> dg.MaterializeResult[None]:
    """Wiring of `ocds.produce.write_releases`."""
    store, publisher = lake.lake(), PUBLISHERS.publishers[context.partition_key]
    made = write_releases(store, publisher, read_snapshot(store, publisher.id), publisher.buyer_names)
    return dg.MaterializeResult(
        metadata={
            "dagster/partition_row_count": made.releases,
            "dagster/uri": str(store.ocds(publisher.id) / RELEASES),
            "processus (ocid)": made.processes,
            "nouvelles publications": made.new,
            "corrections": made.corrections,
            "contrats disparus des sources": made.vanished,
            **{f"nouvelles, étiquette {tag}": count for tag, count in made.by_tag.items()},
            "ocids": table_metadata(store, "ocids", publisher.id)["aperçu"],
        }
    )


@dg.asset(
    group_name="ocds",
    owners=OWNERS,
    kinds={"json", "ocds"},
    deps=["ocds_releases"],
    partitions_def=publisher_partitions,
    description="L'état actuel de chaque processus : ses publications fusionnées selon les règles d'OCDS.",
)
def ocds_compiled_releases(context: dg.AssetExecutionContext, lake: LakeResource) -> dg.MaterializeResult[None]:
    """Wiring of `ocds.produce.write_compiled`."""
    store, publisher = lake.lake(), context.partition_key
    needs(store.ocds(publisher) / RELEASES, "ocds_releases")
    count = write_compiled(store, publisher, schema_of(lake))
    return dg.MaterializeResult(
        metadata={"dagster/partition_row_count": count, "dagster/uri": str(store.ocds(publisher) / COMPILED)}
    )


def _result(report: Report) -> dg.AssetCheckResult:
    """What a validation says in the Checks tab: the count, the rules broken, the first problems as a table."""
    schema = [dg.TableColumn(name=n) for n in ("règle", "ocid", "publication", "chemin", "message")]
    rows = [
        dg.TableRecord(
            {"règle": p.rule, "ocid": p.ocid, "publication": p.release_id, "chemin": p.path, "message": p.message}
        )
        for p in report.problems[:SHOWN]
    ]
    official = report.source == "official"
    said = f"{report.invalid} invalides sur {report.checked}."
    if report.problems:
        said += f" La première : {report.problems[0].ocid}, {report.problems[0].message}."
    return dg.AssetCheckResult(
        passed=report.ok,
        severity=dg.AssetCheckSeverity.ERROR,
        description=verdict(" ".join(said.split()), stops=not report.ok),
        metadata={
            "vérifiés": report.checked,
            "invalides": report.invalid,
            "schéma": "OCDS 1.1.5 et extensions" if official else "profil de la Ville",
            "schéma officiel": "utilisé" if official else f"contrôle sauté : {report.skipped_reason}",
            **{f"règle {rule}": count for rule, count in report.by_rule.items()},
            "problèmes": dg.MetadataValue.table(rows, schema=dg.TableSchema(columns=schema)),
        },
    )


def _validated(
    context: dg.AssetCheckExecutionContext, lake: LakeResource, name: str, ordered: bool
) -> dg.AssetCheckResult:
    settings, schema = lake.settings(), schema_of(lake)
    with lines_of(lake.lake(), context.partition_key, name) as lines:
        checked_by = correctable(schema) if name == RELEASES else schema
        return _result(validate(lines, checked_by, workers=settings.workers, ordered=ordered))


@stopping_check(
    asset=ocds_releases,
    name="publications_valides",
    description="Chaque publication est valide : OCDS 1.1.5, extensions, listes de codes, références, ordre des dates.",
)
def releases_are_valid(context: dg.AssetCheckExecutionContext, lake: LakeResource) -> dg.AssetCheckResult:
    """Every release, against the official schema or our profile."""
    return _validated(context, lake, RELEASES, ordered=True)


@stopping_check(
    asset=ocds_compiled_releases,
    name="etats_valides",
    description="Chaque état actuel est valide : OCDS 1.1.5 et extensions, listes de codes, références.",
)
def compiled_releases_are_valid(context: dg.AssetCheckExecutionContext, lake: LakeResource) -> dg.AssetCheckResult:
    """Every compiled release, against the official schema or our profile."""
    return _validated(context, lake, COMPILED, ordered=False)


def _kept(found: list[str], column: str, severity: dg.AssetCheckSeverity) -> dg.AssetCheckResult:
    """A check that nothing is in a list; what is, as a table."""
    rows = [dg.TableRecord({column: value}) for value in found[:SHOWN]]
    said = f"{len(found)} trouvés, dont {found[0]}." if found else "Aucun."
    return dg.AssetCheckResult(
        passed=not found,
        severity=severity,
        description=verdict(said, stops=bool(found) and severity == dg.AssetCheckSeverity.ERROR),
        metadata={
            "trouvés": len(found),
            "premiers": dg.MetadataValue.table(rows, schema=dg.TableSchema(columns=[dg.TableColumn(name=column)])),
        },
    )


@stopping_check(
    asset=ocds_releases,
    name="ocids_persistants",
    description="Aucun processus (ocid) publié un jour ne disparaît des publications ni de la table ocids.",
)
def ocids_persist(context: dg.AssetCheckExecutionContext, lake: LakeResource) -> dg.AssetCheckResult:
    """Pelican, time-based check `ocid`."""
    return _kept(lost_ocids(lake.lake(), context.partition_key), "ocid", dg.AssetCheckSeverity.ERROR)


@stopping_check(
    asset=ocds_releases,
    name="publications_immuables",
    description="Une publication garde son identifiant et son contenu pour toujours : empreintes de l'historique.",
)
def releases_never_change(context: dg.AssetCheckExecutionContext, lake: LakeResource) -> dg.AssetCheckResult:
    """The history and what is made of it, against the sha256 written when it was published."""
    return _kept(changed_releases(lake.lake(), context.partition_key), "publication", dg.AssetCheckSeverity.ERROR)


@dg.asset_check(
    asset=ocds_releases,
    name="contrats_disparus",
    partitions_def=publisher_partitions,
    description="Contrats publiés qu'aucune source ne contient plus : ils restent publiés, à expliquer avec la source.",
)
def vanished_contracts(context: dg.AssetCheckExecutionContext, lake: LakeResource) -> dg.AssetCheckResult:
    """The table `vanished`."""
    found = lake.lake().read_table("vanished", context.partition_key)
    names = [c.name for c in TABLES["vanished"].columns]
    rows = [
        dg.TableRecord({n: ", ".join(v) if isinstance(v := row[n], list) else v for n in names})
        for row in found.head(SHOWN).to_dicts()
    ]
    return dg.AssetCheckResult(
        passed=found.is_empty(),
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "contrats disparus": found.height,
            "premiers": dg.MetadataValue.table(
                rows, schema=dg.TableSchema(columns=[dg.TableColumn(name=n) for n in names])
            ),
        },
    )


ASSETS = [ocds_releases, ocds_compiled_releases]
CHECKS = [
    releases_are_valid,
    ocids_persist,
    releases_never_change,
    vanished_contracts,
    compiled_releases_are_valid,
]
