"""Asset checks made from the rule catalogue: one check per rule, one step per table, plus the sums of the ledger.

A rule's check is blocking where the rule is; one that fails with severity ERROR stops what is downstream, a WARN never
does. A rule that cannot be run is not a finding: it fails its own check and `regles_executees`, which blocks.
Great Expectations is imported when a check runs, never when this module loads.

Without `from __future__ import annotations`: Dagster reads the type of `context` and refuses it as text.
"""

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
import polars as pl

from procurement_assets.assets.metadata import verdict
from procurement_assets.decp.codelists import fold
from procurement_assets.quality.catalogue import Catalogue, load_catalogue
from procurement_assets.quality.datadocs import docs_url
from procurement_assets.quality.expected import expected_for_all
from procurement_assets.quality.ledger import NEEDED, Relation, check_ledger
from procurement_assets.quality.model import Rule
from procurement_assets.quality.results import RuleResult, as_text
from procurement_assets.quality.store import Checked
from procurement_assets.resources.lake import LakeResource

ROWS_SHOWN = 50
TEXT_SHOWN = 200
TITLE_SHOWN = 44
ALL_RAN = "regles_executees"
LEDGER_SUMS = "ledger_sums"

SEVERITY_FR = {"critical": "critique", "warning": "à corriger", "info": "à savoir"}


def build_checks(
    partitions_def: dg.PartitionsDefinition[str], catalogue: Catalogue | None = None
) -> list[dg.AssetChecksDefinition]:
    """One multi-check per table of the catalogue, and the ledger's sums.

    Raises `CatalogueError`, one line, where the catalogue is broken: the code location then does not load.
    """
    rules = load_catalogue() if catalogue is None else catalogue
    with warnings.catch_warnings():
        # Partitioned checks are a preview feature of Dagster 1.13; tests run them for real.
        warnings.simplefilter("ignore", dg.PreviewWarning)
        tables = [_table_checks(t, group, partitions_def) for t, group in rules.tables.items() if group]
        return [*tables, _ledger_check(partitions_def)]


def check_name(rule: Rule) -> str:
    """The name of a rule's check: its id, then the start of its title, since the UI lists checks by name alone."""
    words = fold(rule.title).split()
    title = ""
    for word in words:
        if len(title) + len(word) > TITLE_SHOWN:
            break
        title += f"_{word}"
    return rule.id.lower().replace("-", "_") + title


def _table_checks(
    table: str, rules: Sequence[Rule], partitions_def: dg.PartitionsDefinition[str]
) -> dg.AssetChecksDefinition:
    specs = [*(_spec(table, rule, partitions_def) for rule in rules), _ran_spec(table, partitions_def)]

    @dg.multi_asset_check(
        name=f"controles_{table}",
        specs=specs,
        can_subset=True,
        description=f"Règles de data_quality/{table}.yml, exécutées par Great Expectations.",
    )
    def checks(context: dg.AssetCheckExecutionContext, lake: LakeResource) -> Iterator[dg.AssetCheckResult]:
        store, publisher = lake.lake(), _publisher(context)
        selected = {key.name for key in context.selected_asset_check_keys}
        chosen = [r for r in rules if check_name(r) in selected or ALL_RAN in selected]
        results = Checked(store, publisher).results(table, chosen)
        for result in results:
            if check_name(result.rule) in selected:
                yield _rule_result(result, docs_url(publisher, table))
        if ALL_RAN in selected:
            yield _ran_result(table, results)

    return checks


def _publisher(context: dg.AssetCheckExecutionContext) -> str:
    """The partition of the run. Dagster 1.13 gives none to a run of checks alone: then a message says what to do."""
    if not context.has_partition_key:
        raise dg.Failure(
            "Un contrôle s'exécute avec sa table, sur la partition d'un éditeur : matérialiser la table dans la "
            "partition voulue, ses contrôles suivent."
        )
    return str(context.partition_key)


def _spec(table: str, rule: Rule, partitions_def: dg.PartitionsDefinition[str]) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        name=check_name(rule),
        asset=table,
        description=f"{rule.id}. {rule.title}. {rule.explanation}",
        blocking=rule.blocking,
        partitions_def=partitions_def,
        metadata={"règle": rule.id, "gravité": SEVERITY_FR[rule.severity], "base légale": rule.legal_basis},
    )


def _ran_spec(table: str, partitions_def: dg.PartitionsDefinition[str]) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        name=ALL_RAN,
        asset=table,
        description="Toutes les règles de la table ont pu être exécutées. Une règle en erreur n'a rien constaté : tant "
        "qu'elle n'est pas réparée, la publication s'arrête.",
        blocking=True,
        partitions_def=partitions_def,
    )


def _rule_result(result: RuleResult, docs: str) -> dg.AssetCheckResult:
    rule = result.rule
    metadata: dict[str, Any] = {
        "Data Docs": dg.MetadataValue.url(docs),
        "lignes en défaut": result.failing,
        "lignes jugées": result.evaluated,
        "lignes concernées": result.in_scope,
        "part en défaut": round(result.share, 6),
        "gravité": SEVERITY_FR[rule.severity],
        "base légale": rule.legal_basis,
        "attendu": expected_for_all(rule),
        "conseil": rule.advice,
    }
    if result.observed:
        metadata["valeur observée"] = result.observed
    if result.error:
        metadata["erreur"] = result.error
    if result.missing:
        metadata["registres absents"] = ", ".join(result.missing)
    if result.failed.height:
        metadata["premières lignes en défaut"] = _table(result.rows(ROWS_SHOWN))
    return dg.AssetCheckResult(
        asset_key=result.table.name,
        check_name=check_name(rule),
        passed=result.passed,
        severity=dg.AssetCheckSeverity.ERROR if result.blocks else dg.AssetCheckSeverity.WARN,
        description=verdict(_summary(result), stops=result.blocks and not result.passed),
        metadata=metadata,
    )


def _summary(result: RuleResult) -> str:
    if result.error:
        return f"La règle n'a pas pu être exécutée : {result.error}"
    if result.not_applicable:
        return f"Non applicable : {result.not_applicable}. Le demander : python -m procurement_assets registers"
    if not result.failing:
        return f"Aucun défaut sur {result.evaluated} lignes jugées."
    return f"{result.failing} en défaut sur {result.evaluated} lignes jugées. {result.rule.advice}"


def _ran_result(table: str, results: Iterable[RuleResult]) -> dg.AssetCheckResult:
    all_results = list(results)
    errors = [{"règle": r.rule.id, "erreur": r.error} for r in all_results if r.error]
    metadata: dict[str, Any] = {"règles": len(all_results), "règles en erreur": len(errors)}
    names = ", ".join(e["règle"] for e in errors)
    said = f"{len(errors)} règles n'ont pas pu être exécutées : {names}." if errors else "Toutes les règles ont tourné."
    return dg.AssetCheckResult(
        asset_key=table,
        check_name=ALL_RAN,
        passed=not errors,
        severity=dg.AssetCheckSeverity.ERROR,
        description=verdict(said, stops=bool(errors)),
        metadata=metadata | ({"erreurs": _table(errors)} if errors else {}),
    )


def _ledger_check(partitions_def: dg.PartitionsDefinition[str]) -> dg.AssetChecksDefinition:
    spec = dg.AssetCheckSpec(
        name=LEDGER_SUMS,
        asset="ledger",
        additional_deps=[name for name in NEEDED if name != "ledger"],
        description="Rien n'est perdu : chaque enregistrement de chaque fichier est au registre une fois, les gardés "
        "sont les contrats des tables, les fusionnés et remplacés mènent à un gardé.",
        blocking=True,
        partitions_def=partitions_def,
    )

    @dg.multi_asset_check(name="sommes_du_registre", specs=[spec], description="Sommes du registre.")
    def check(context: dg.AssetCheckExecutionContext, lake: LakeResource) -> Iterator[dg.AssetCheckResult]:
        store, publisher = lake.lake(), _publisher(context)
        relations = check_ledger({name: store.read_table(name, publisher) for name in NEEDED})
        broken = [f"{r.title} : {r.found} au lieu de {r.expected}" for r in relations if not r.holds]
        yield dg.AssetCheckResult(
            asset_key="ledger",
            check_name=LEDGER_SUMS,
            passed=not broken,
            severity=dg.AssetCheckSeverity.ERROR,
            description=verdict(" ; ".join(broken) + "." if broken else "Les sommes sont justes.", stops=bool(broken)),
            metadata=_ledger_metadata(relations),
        )

    return check


def _ledger_metadata(relations: Sequence[Relation]) -> dict[str, Any]:
    sums = [
        {"relation": r.title, "attendu": r.expected, "trouvé": r.found, "vrai": "oui" if r.holds else "non"}
        for r in relations
    ]
    found: dict[str, Any] = {"sommes": _table(sums)}
    for relation in relations:
        if relation.broken.height:
            head = relation.broken.head(ROWS_SHOWN)
            shown = pl.DataFrame([as_text(head[name]) for name in head.columns])
            found[f"en défaut : {relation.name}"] = _table(shown.to_dicts())
    return found


def _table(rows: Sequence[Mapping[str, Any]]) -> dg.TableMetadataValue:
    """Rows as a table of the Dagster UI; long texts cut."""
    columns = [dg.TableColumn(name=name, type="string") for name in (rows[0] if rows else {})]
    records = [dg.TableRecord({k: _cell(v) for k, v in row.items()}) for row in rows]
    return dg.MetadataValue.table(records, schema=dg.TableSchema(columns=columns))


def _cell(value: Any) -> str | int | None:
    if value is None or isinstance(value, int):
        return value
    text = str(value)
    return text if len(text) <= TEXT_SHOWN else text[: TEXT_SHOWN - 1] + "…"
