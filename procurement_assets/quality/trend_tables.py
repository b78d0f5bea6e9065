"""What the history says: figures by rule over time, findings that are new or corrected, findings by month.

For the report: `monthly_trend` (one point per rule and month of runs), `change_counts`, `findings_by_month`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from procurement_assets.lake import Lake
from procurement_assets.quality.results import LIST_DAY, RECORD, WHOLE_TABLE, record_of
from procurement_assets.quality.trend import RECORD_SCHEMA, Run, history, pointer_of, records_of
from procurement_assets.schema import TABLES, conform

MONTHS = 12
KEY = ["rule", "table", RECORD]


@dataclass(frozen=True, eq=False)
class Trend:
    """The three tables, and the last run's name with the one before it."""

    trend: pl.DataFrame
    changes: pl.DataFrame
    months: pl.DataFrame
    current: str
    previous: str


def build_trend(lake: Lake, publisher: str) -> Trend:
    """Read the history and the findings of a publisher; write `quality_trend`, `findings_changes`, `quality_months`."""
    runs, pointer = history(lake, publisher), pointer_of(lake, publisher)
    current = next((r for r in runs if pointer and r.name == pointer.current), None)
    previous = next((r for r in runs if pointer and r.name == pointer.previous), None)
    made = Trend(
        trend=quality_trend(runs),
        changes=_changes_of(lake, publisher, current, previous),
        months=_months_of(lake, publisher, current),
        current=current.name if current else "",
        previous=previous.name if previous else "",
    )
    for name, frame in (
        ("quality_trend", made.trend),
        ("findings_changes", made.changes),
        ("quality_months", made.months),
    ):
        lake.write_table(frame, name, publisher)
    return made


def quality_trend(runs: Sequence[Run]) -> pl.DataFrame:
    """The table `quality_trend`: every rule of every run."""
    rows = [
        {"rang": r.rang, "data_date": r.day, "run": r.name, **{n: getattr(f, n) for n in _FIGURES}}
        for r in runs
        for f in r.rules
    ]
    schema = {"rang": pl.Int64, "data_date": pl.Date, "run": pl.String, **_FIGURES}
    frame = pl.DataFrame(rows, schema=schema).sort("rule", "rang")
    before = pl.col("definition").shift(1).over("rule", order_by="rang")
    return conform(
        frame.with_columns(
            share=pl.when(pl.col("evaluated") > 0).then((pl.col("failing") / pl.col("evaluated")).round(6)),
            changed=(pl.col("definition") != before).fill_null(False),
        ).drop("definition"),
        TABLES["quality_trend"],
    )


_FIGURES = {
    "rule": pl.String,
    "severity": pl.String,
    "status": pl.String,
    "definition": pl.String,
    "evaluated": pl.Int64,
    "failing": pl.Int64,
}


def monthly_trend(trend: pl.DataFrame, months: int = MONTHS) -> pl.DataFrame:
    """rule, mois, failing, evaluated, share, changed: the last run of each month of data dates, over the last months
    that the history reaches, from the table `quality_trend`. `changed`: the rule was rewritten within that month. A run
    where the rule could not be run says nothing of it."""
    told = trend.drop_nulls("data_date").filter(pl.col("status") != "error")
    dated = told.with_columns(mois=pl.col("data_date").dt.strftime("%Y-%m"))
    newest = dated["data_date"].max()
    if not isinstance(newest, date):
        return dated.select("rule", "mois", "failing", "evaluated", "share", "changed")
    first = pl.lit(newest).dt.offset_by(f"-{months - 1}mo").dt.strftime("%Y-%m")
    last = dated.filter(pl.col("mois") >= first).sort("data_date", "rang").group_by("rule", "mois")
    return last.agg(
        pl.col("failing", "evaluated", "share").last(), changed=pl.col("changed").any()
    ).sort("rule", "mois")  # fmt: skip


def changes(
    now: pl.DataFrame, then: pl.DataFrame, current: Run, previous: Run, present: Mapping[str, pl.Series]
) -> pl.DataFrame:
    """The table `findings_changes`: failing rows of two runs (`RECORD_SCHEMA`) compared.

    `present`: table to the keys of all its rows now. A rule that could not be run in either says nothing.
    """
    rules = {f.rule: f for f in current.rules}
    before = {f.rule: f for f in previous.rules}
    failed = [r for r in rules.keys() | before.keys() if "error" in (_status(rules, r), _status(before, r))]
    rewritten = [r for r in rules.keys() & before.keys() if rules[r].definition != before[r].definition]
    here = [
        pl.DataFrame({"table": [t] * len(keys), RECORD: keys}, schema={"table": pl.String, RECORD: pl.String})
        for t, keys in present.items()
    ]
    there = pl.concat(here).unique().with_columns(la=pl.lit(True)) if here else None
    new = now.join(then, on=KEY, how="anti").with_columns(
        change=pl.when(~pl.col("rule").is_in(list(before)))
        .then(pl.lit("règle nouvelle"))
        .when(pl.col("rule").is_in(rewritten))
        .then(pl.lit("règle modifiée"))
        .otherwise(pl.lit("nouveau"))
    )
    gone = then.join(now, on=KEY, how="anti")
    gone = gone.join(there, on=["table", RECORD], how="left") if there is not None else gone.with_columns(la=None)
    still = pl.col("la").cast(pl.Boolean).fill_null(False) | (pl.col(RECORD) == WHOLE_TABLE)
    gone = gone.with_columns(
        change=pl.when(~pl.col("rule").is_in(list(rules)))
        .then(pl.lit("règle retirée"))
        .when(pl.col("rule").is_in(rewritten))
        .then(pl.lit("règle modifiée"))
        .when(still)
        .then(pl.lit("corrigé"))
        .otherwise(pl.lit("disparu"))
    ).drop("la")
    found = pl.concat([new, gone]).filter(~pl.col("rule").is_in(failed))
    return conform(
        found.with_columns(data_date=pl.lit(current.day, pl.Date), since=pl.lit(previous.day, pl.Date)),
        TABLES["findings_changes"],
    )


def _status(rules: Mapping[str, object], rule: str) -> str:
    return str(getattr(rules.get(rule), "status", ""))


def change_counts(found: pl.DataFrame) -> pl.DataFrame:
    """rule, then one column of counts per kind of change, from the table `findings_changes`."""
    kinds = TABLES["findings_changes"].column("change").enum
    return (
        found.group_by("rule")
        .agg(**{k: (pl.col("change") == k).sum().cast(pl.Int64) for k in kinds})
        .sort("rule")
    )  # fmt: skip


def findings_by_month(
    found: pl.DataFrame,
    contracts: pl.DataFrame,
    concessions: pl.DataFrame,
    rules: Mapping[str, str],
    data_date: date,
    listed: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The table `quality_months`: for each rule (id to table) and each of the last twelve months of notification, the
    contracts of the month and those with a finding. A rule of concessions is beside concessions, one of the ledger
    beside both, one of the reconciliation beside marchés and the contracts that a list alone has (`listed`: `uid`
    empty, `date_liste`), any other beside marchés. A finding without contract and without date is not counted."""
    dated = _dated(contracts, concessions, listed)
    months = pl.date_range(
        pl.select(pl.lit(data_date).dt.month_start().dt.offset_by(f"-{MONTHS - 1}mo")).item(),
        data_date,
        "1mo",
        eager=True,
    ).dt.strftime("%Y-%m")
    held = dated.with_columns(mois=pl.col("jour").dt.strftime("%Y-%m")).filter(pl.col("mois").is_in(months.implode()))
    kinds = [(r, k) for r, t in sorted(rules.items()) for k in _kinds(t)]
    beside = pl.DataFrame(kinds, schema={"rule": pl.String, "genre": pl.String}, orient="row")
    total = (
        beside.join(held.group_by("genre", "mois").len("n"), on="genre")
        .group_by("rule", "mois")
        .agg(contrats=pl.col("n").sum())
    )
    failing = _failing(found, held)
    grid = pl.DataFrame({"rule": sorted(rules)}, schema={"rule": pl.String}).join(months.to_frame("mois"), how="cross")
    full = grid.join(total, on=["rule", "mois"], how="left").join(failing, on=["rule", "mois"], how="left")
    filled = full.with_columns(pl.col("contrats", "en_defaut").fill_null(0).cast(pl.Int64))
    share = pl.when(pl.col("contrats") > 0).then((pl.col("en_defaut") / pl.col("contrats")).round(6))
    return conform(filled.with_columns(part=share), TABLES["quality_months"])


def _dated(contracts: pl.DataFrame, concessions: pl.DataFrame, listed: pl.DataFrame | None) -> pl.DataFrame:
    """What a month counts: uid (empty for a row of a list), day, kind."""
    parts = [
        contracts.select("uid", jour="dateNotification", genre=pl.lit("marche")),
        concessions.select("uid", jour="dateSignature", genre=pl.lit("concession")),
    ]
    if listed is not None:
        alone = listed.filter(pl.col("uid").is_null())
        parts.append(alone.select("uid", jour=LIST_DAY, genre=pl.lit("liste")))
    return pl.concat(parts).drop_nulls("jour")


def _failing(found: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """rule, month, contracts (or rows that a list alone has) with a finding."""
    of_contracts = found.drop_nulls("uid").select("rule", "uid").unique().join(held.select("uid", "mois"), on="uid")
    of_lists = found.filter(pl.col("uid").is_null() & (pl.col("table") == "reconciliation")).drop_nulls("date")
    told = [of_contracts.select("rule", "mois"), of_lists.select("rule", mois=pl.col("date").dt.strftime("%Y-%m"))]
    return pl.concat(told).group_by("rule", "mois").len("en_defaut")


def _kinds(table: str) -> tuple[str, ...]:
    if table == "ledger":
        return ("marche", "concession")
    if table == "reconciliation":
        return ("marche", "liste")
    return ("concession",) if table.startswith("concession") else ("marche",)


def _changes_of(lake: Lake, publisher: str, current: Run | None, previous: Run | None) -> pl.DataFrame:
    empty = pl.DataFrame(schema=TABLES["findings_changes"].schema)
    if current is None or previous is None:
        return empty
    now, then = (records_of(lake, publisher, r.name) for r in (current, previous))
    if now is None or then is None:
        return empty  # the failing rows of a run that old are no longer kept
    gone = then.join(now, on=KEY, how="anti")["table"].unique().to_list()
    present = {
        t: record_of(lake.read_table(t, publisher, list(TABLES[t].key)), TABLES[t])
        for t in sorted(gone)
        if lake.table(t, publisher).exists()
    }
    return changes(now.cast(pl.Schema(RECORD_SCHEMA)), then.cast(pl.Schema(RECORD_SCHEMA)), current, previous, present)


def _months_of(lake: Lake, publisher: str, current: Run | None) -> pl.DataFrame:
    if current is None or current.day is None:
        return pl.DataFrame(schema=TABLES["quality_months"].schema)
    return findings_by_month(
        lake.read_table("findings", publisher, ["rule", "table", "uid", "date"]),
        lake.read_table("contracts", publisher, ["uid", "dateNotification"]),
        lake.read_table("concessions", publisher, ["uid", "dateSignature"]),
        {f.rule: f.table for f in current.rules},
        current.day,
        lake.read_table("reconciliation", publisher, ["uid", LIST_DAY])
        if lake.table("reconciliation", publisher).exists()
        else None,
    )
