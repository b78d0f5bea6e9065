"""The figures of the quality report, ready to be laid out: every share with its denominator, no clock."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from procurement_assets.decp.reader_rules import QUARANTINE_REASONS
from procurement_assets.quality.model import SEVERITIES
from procurement_assets.quality.report_text import EXPECTED
from procurement_assets.quality.results import RECORD, RuleResult, as_text, findings, sources_of

WEIGHTS = {"critical": 4, "warning": 1, "info": 0}
"""What a defect weighs in the order of corrections: unusable data counts four times doubtful data."""
TOP = 10
LISTED = "montant_max_liste"
"""The column of `reconciliation` that says what a contract absent from DECP is worth."""
EXAMPLES = 3

OUTCOMES_FR = {
    "kept": "Gardés",
    "merged": "Fusionnés",
    "superseded": "Remplacés",
    "out_of_scope": "Hors périmètre",
    "quarantined": "En quarantaine",
}
REASONS_FR = {
    **QUARANTINE_REASONS,
    "kept": "Lu et gardé tel quel",
    "read.tolerant": "Lu après une réparation de forme",
    "record.no-buyer": "Contrat sans acheteur",
    "record.no-id": "Contrat sans identifiant",
    "file.refused": "Fichier annoncé, jamais livré sous une forme exploitable",
    "scope.other-body": "Acheteur voisin, hors du périmètre",
    "scope.other-buyer": "Autre acheteur",
    "identity.lot": "Lot distinct sous un identifiant partagé",
    "identity.sequence": "Identifiant qui compte les modifications",
    "identity.content": "Même contrat sous un autre identifiant, dans une autre source",
    "identity.other-source": "Même contrat dans une autre source",
    "identity.identical": "Même contrat, à l'identique",
    "identity.amount-only": "Même contrat, autre montant : le dernier publié est retenu",
    "identity.later-publication": "Même contrat, publié de nouveau depuis",
}


PLACE = ("file_sha256", "position")
"""Columns that say where a record lies in a file."""


@dataclass(frozen=True)
class Priority:
    """One of the corrections to make first."""

    result: RuleResult
    contracts: int
    """Distinct contracts at fault, those of a list that are absent from DECP included."""
    amount: float
    """Sum of their current amounts, suspect ones left out, in euros."""
    share: float
    """Among all contracts; for contracts absent from DECP, among the rows judged. From 0 to 1."""
    effect: int
    """Contracts at fault times the weight of the severity: the order of the list."""


@dataclass(frozen=True)
class Group:
    """Contracts of one source or one year, and how many have a defect."""

    name: str
    contracts: int
    any_defect: int
    critical: int

    @property
    def share(self) -> float:
        """Contracts with at least one critical defect, from 0 to 1."""
        return self.critical / self.contracts if self.contracts else 0.0


@dataclass(frozen=True)
class Unjudged:
    """The rules of a table that had no row to judge."""

    table: str
    """Its French title."""
    rules: tuple[RuleResult, ...]
    all_of_them: bool
    """Whether no rule of the table had one: the table is empty."""


@dataclass(frozen=True)
class Overview:
    """Every figure of the report."""

    contracts: int
    concessions: int
    records: int
    ok: tuple[RuleResult, ...]
    defects: tuple[RuleResult, ...]
    unused: tuple[RuleResult, ...]
    unjudged: tuple[Unjudged, ...]
    """The same, by table."""
    errors: tuple[RuleResult, ...]
    priorities: tuple[Priority, ...]
    total: Group
    by_source: tuple[Group, ...]
    by_year: tuple[Group, ...]
    outcomes: tuple[tuple[str, str, int], ...]
    """Outcome, reason, count: adds up to `records`."""
    files_refused: int
    """Lines of the ledger for a whole file: they account for no record."""


def overview(results: Sequence[RuleResult], tables: Mapping[str, pl.DataFrame]) -> Overview:
    """The figures of these results, on these tables (`contracts`, `concessions`, `ledger` at least)."""
    known = _contracts(tables)
    defects = _defects(results, tables)
    ledger = tables["ledger"]
    records = ledger.filter(pl.col("position") >= 0)
    unused = tuple(r for r in results if r.passed and not r.evaluated)
    return Overview(
        contracts=tables["contracts"].height,
        concessions=tables["concessions"].height,
        records=records.height,
        ok=tuple(r for r in results if r.passed and r.evaluated and not r.failing),
        defects=_by_gravity(r for r in results if r.failing and not r.error),
        unused=unused,
        unjudged=_unjudged(unused, Counter(r.table.name for r in results)),
        errors=tuple(r for r in results if r.error),
        priorities=_priorities(results, known),
        total=_groups(known, defects, pl.lit("Ensemble"))[0] if known.height else Group("Ensemble", 0, 0, 0),
        by_source=_groups(known, defects, pl.col("source")),
        by_year=_groups(known, defects, pl.col("année")),
        outcomes=_outcomes(records),
        files_refused=ledger.height - records.height,
    )


def _contracts(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Contracts of both kinds: uid, source, year, amount that can be summed."""
    parts = [
        tables[name].select(
            "uid",
            "source",
            pl.col(day).dt.year().cast(pl.String).fill_null("sans date").alias("année"),
            pl.when(pl.col("montant_suspect").is_null()).then(pl.col(amount)).fill_null(0).alias("montant"),
        )
        for name, day, amount in (
            ("contracts", "dateNotification", "montant_actuel"),
            ("concessions", "dateSignature", "valeurGlobale_actuelle"),
        )
    ]
    return pl.concat(parts)


def _defects(results: Sequence[RuleResult], tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """uid and severity of each defect of a contract; what the ledger says of a losing record is not one."""
    found = findings(results, sources_of([tables["contracts"], tables["concessions"]]))
    counted = found.filter(pl.col("uid").is_not_null() & (pl.col("table") != "ledger") & (pl.col("severity") != "info"))
    return counted.select("uid", "severity")


def _unjudged(unused: Sequence[RuleResult], rules: Mapping[str, int]) -> tuple[Unjudged, ...]:
    """`rules`: table to the number of its rules."""
    by_table: dict[str, list[RuleResult]] = defaultdict(list)
    for result in unused:
        by_table[result.table.name].append(result)
    return tuple(
        Unjudged(group[0].table.title, tuple(group), len(group) == rules[name]) for name, group in by_table.items()
    )


def _by_gravity(results: object) -> tuple[RuleResult, ...]:
    ranked: list[RuleResult] = list(results)  # type: ignore[call-overload]
    return tuple(sorted(ranked, key=lambda r: (SEVERITIES.index(r.rule.severity), -r.failing, r.rule.id)))


def _priorities(results: Sequence[RuleResult], known: pl.DataFrame) -> tuple[Priority, ...]:
    found = []
    for result in results:
        weight = WEIGHTS[result.rule.severity]
        if not (result.failing and weight) or result.error or "uid" not in result.failed.columns:
            continue
        touched = known.join(result.failed.select("uid").unique(), on="uid", how="semi")
        unknown = _unpublished(result)
        effect = (touched.height + unknown.len()) * weight
        if effect:
            # Sorted, so that the sum of floats does not depend on the order of rows.
            amount = float(pl.concat([touched["montant"], unknown]).sort().sum())
            share = result.share if unknown.len() else touched.height / known.height
            found.append(Priority(result, touched.height + unknown.len(), amount, share, effect))
    return tuple(sorted(found, key=lambda p: (-p.effect, -p.amount, p.result.rule.id))[:TOP])


def _unpublished(result: RuleResult) -> pl.Series:
    """The amounts of failing rows that are contracts of a list and not of our tables: they have no uid."""
    absent = result.failed.filter(pl.col("uid").is_null()) if LISTED in result.failed.columns else pl.DataFrame()
    amounts = absent[LISTED].fill_null(0) if absent.height else pl.Series([], dtype=pl.Float64)
    return amounts.cast(pl.Float64).alias("montant")


def _groups(known: pl.DataFrame, defects: pl.DataFrame, by: pl.Expr) -> tuple[Group, ...]:
    worst = defects.group_by("uid").agg((pl.col("severity") == "critical").any().alias("critique"))
    joined = known.join(worst, on="uid", how="left").with_columns(by.alias("groupe"))
    counted = joined.group_by("groupe").agg(
        pl.len(), pl.col("critique").is_not_null().sum().alias("any"), pl.col("critique").fill_null(False).sum()
    )
    return tuple(Group(str(g), int(n), int(a), int(c)) for g, n, a, c in counted.sort("groupe").iter_rows())


def _outcomes(records: pl.DataFrame) -> tuple[tuple[str, str, int], ...]:
    counted = records.group_by("outcome", "reason").len("n").rows()
    order = list(OUTCOMES_FR)
    ranked = sorted(counted, key=lambda r: (order.index(r[0]) if r[0] in order else len(order), -r[2], r[1]))
    return tuple((str(o), str(r), int(n)) for o, r, n in ranked)


def example_rows(result: RuleResult, limit: int) -> list[dict[str, str | None]]:
    """The failing rows that the report shows of a rule.

    Where a row is known by its place in a file (the ledger), the report names the contract and orders by it: the same
    records in other files or in another order give the same page.
    """
    if not set(PLACE) & set(result.table.key):
        return _with_expected(result, result.rows(limit))
    every = _with_expected(result, result.rows(result.failed.height))
    rows = [{k: v for k, v in row.items() if k not in (RECORD, *PLACE)} for row in every]
    uids = as_text(result.failed["uid"]) if "uid" in result.failed.columns else [None] * len(rows)
    named = [{"uid": uid, **row} for uid, row in zip(uids, rows, strict=True)]
    return sorted(named, key=lambda row: [value or "" for value in row.values()])[:limit]


def _with_expected(result: RuleResult, rows: list[dict[str, str | None]]) -> list[dict[str, str | None]]:
    """The rows with what is expected of each, beside the value, where it is not the same for all of them."""
    if not result.rule.placeholders:
        return rows
    made: list[dict[str, str | None]] = []
    for row, expected in zip(rows, result.expected().head(len(rows)), strict=True):
        first = [n for n in row if n in (RECORD, result.rule.column)]
        made.append({n: row[n] for n in first} | {EXPECTED: expected} | row)
    return made
