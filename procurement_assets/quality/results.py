"""What a rule found on a table, and the findings made of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from procurement_assets.quality.expected import expected_for_all, expected_of
from procurement_assets.quality.model import Rule, Status
from procurement_assets.schema import TABLES, Table

RECORD = "record"
SEPARATOR = " | "
LIST_DAY = "date_liste"
"""The day of a row that no contract of DECP has: the one that the publisher's own list gives."""
WHOLE_TABLE = "(table entière)"
"""The record of a finding about a figure of the table: no row is at fault."""


@dataclass(frozen=True, eq=False)
class RuleResult:
    """One rule run over one table."""

    rule: Rule
    table: Table
    in_scope: int
    """Rows the rule's scope keeps."""
    evaluated: int
    """Rows judged: those in scope whose value is given. The denominator of the share."""
    failing: int
    failed: pl.DataFrame
    """The failing rows: `record` (key values joined), key, uid and source where the table has them, the column
    judged, the columns to show. In the order of the table."""
    observed: str = ""
    """The figure found, for a rule about a figure of the table."""
    error: str = ""
    """Why the rule could not be run; empty when it was."""
    missing: tuple[str, ...] = ()
    """The registers that the rule reads and that are not there (tables `registre_…`)."""

    @property
    def status(self) -> Status:
        """ok, warning, blocking, or error."""
        return "error" if self.error else self.rule.status(self.failing, self.evaluated)

    @property
    def passed(self) -> bool:
        """Within tolerance, and really run."""
        return self.status == "ok"

    @property
    def blocks(self) -> bool:
        """Whether what is downstream must wait: a blocking finding, or a rule that could not be run."""
        return self.status in ("blocking", "error")

    @property
    def not_applicable(self) -> str:
        """Why the rule judged nothing, in French, where registers are absent; empty otherwise."""
        if not self.missing or self.evaluated:
            return ""
        titles = [TABLES[name].title for name in self.missing]
        return ", ".join(f"{t[:1].lower()}{t[1:]} absent" for t in titles)

    @property
    def share(self) -> float:
        """Failing rows among the rows judged, from 0 to 1."""
        return self.failing / self.evaluated if self.evaluated else 0.0

    def values(self) -> pl.Series:
        """The value judged of each failing row, as text."""
        if self.rule.column not in self.failed.columns:
            return pl.Series("value", [None] * self.failed.height, dtype=pl.String)
        return as_text(self.failed[self.rule.column]).alias("value")

    def expected(self) -> pl.Series:
        """What the rule expects of each failing row, in French."""
        texts = {n: as_text(self.failed[n]) for n in self.rule.placeholders if n in self.failed.columns}
        return expected_of(self.rule, self.failed, texts)

    def rows(self, limit: int) -> list[dict[str, str | None]]:
        """The first failing rows to show: record, value judged, other columns, as text."""
        names = list(dict.fromkeys((self.rule.column, *self.rule.show)))
        head = self.failed.head(limit)
        shown = head.select(RECORD, *(as_text(head[n]) for n in names if n in head.columns and n != RECORD))
        return shown.to_dicts()


def as_text(series: pl.Series) -> pl.Series:
    """A column as text: lists joined, whole numbers without decimals, dates in ISO 8601."""
    if isinstance(series.dtype, pl.List):
        return series.list.join(SEPARATOR).alias(series.name)
    if series.dtype == pl.Float64:
        frame = series.to_frame("x")
        whole = pl.col("x").is_finite() & (pl.col("x").abs() < 1e15) & (pl.col("x") == pl.col("x").floor())
        text = pl.when(whole).then(pl.col("x").cast(pl.Int64, strict=False).cast(pl.String))
        return frame.select(text.otherwise(pl.col("x").cast(pl.String)).alias(series.name)).to_series()
    if series.dtype == pl.Boolean:
        return series.replace_strict({True: "oui", False: "non"}, default=None, return_dtype=pl.String)
    if series.dtype == pl.Binary:
        return series.bin.encode("hex")
    return series.cast(pl.String)


def record_of(frame: pl.DataFrame, table: Table) -> pl.Series:
    """The key of each row as one text."""
    parts = [as_text(frame[name]).fill_null("").to_frame(name) for name in table.key]
    return pl.concat(parts, how="horizontal").select(pl.concat_str(pl.all(), separator=SEPARATOR)).to_series()


def sources_of(contracts: Iterable[pl.DataFrame], services: Mapping[str, str] | None = None) -> pl.DataFrame:
    """uid to source, date, buyer and service, from the tables of contracts: who answers for a row of another table.

    `services`: SIRET of an establishment to the name of the department it is (publishers.toml).
    """
    parts = [f.select("uid", "source", _day(f), "acheteur_id") for f in contracts]
    found = pl.concat(parts).unique("uid", keep="first", maintain_order=True)
    named = pl.col("acheteur_id").replace_strict(dict(services or {}), default=None, return_dtype=pl.String)
    return found.with_columns(named.alias("service"))


def _day(contracts: pl.DataFrame) -> pl.Expr:
    """The day a contract starts from: its notification, or its signature."""
    name = "dateNotification" if "dateNotification" in contracts.columns else "dateSignature"
    return pl.col(name).alias("date")


_KNOWN = ("source", "date", "acheteur_id", "service")
"""What a finding takes from its contract."""


def findings(results: Sequence[RuleResult], sources: pl.DataFrame | None = None) -> pl.DataFrame:
    """Every failing row of every rule, as the table `findings`. Errors are not findings.

    `sources` (see `sources_of`) names the responsible source where the checked table does not, and gives the date of
    notification, the buyer and its service. A contract of a list that DECP lacks has the list's date.
    """
    table = TABLES["findings"]
    parts = [_of(result) for result in results if result.failing and not result.error]
    found = pl.concat(parts) if parts else pl.DataFrame(schema=table.schema)
    if sources is not None:
        known = sources.rename({n: f"_{n}" for n in _KNOWN})
        found = found.join(known, on="uid", how="left", maintain_order="left")
        found = found.with_columns(pl.coalesce(n, f"_{n}").alias(n) for n in _KNOWN)
    # A row of a table whose key repeats would be found twice under the same key: once is enough to correct it.
    found = found.unique(list(table.key), keep="first", maintain_order=True)
    return found.select(list(table.schema)).sort(list(table.key))


def _of(result: RuleResult) -> pl.DataFrame:
    rule, failed = result.rule, result.failed
    if rule.type.kind == "figure":
        failed = pl.DataFrame({RECORD: [WHOLE_TABLE]})
        said = [pl.lit(result.observed).alias("value"), pl.lit(expected_for_all(rule)).alias("expected")]
    else:
        said = [pl.lit(result.values()).alias("value"), pl.lit(result.expected()).alias("expected")]
    empty, no_day = pl.lit(None, dtype=pl.String), pl.lit(None, dtype=pl.Date)
    return failed.with_columns(said).select(
        pl.lit(rule.id).alias("rule"),
        pl.lit(rule.severity).alias("severity"),
        pl.lit(result.table.name).alias("table"),
        pl.col(RECORD).alias("record"),
        (pl.col("uid") if "uid" in failed.columns else empty).alias("uid"),
        pl.lit(rule.column or None, dtype=pl.String).alias("column"),
        pl.col("value").cast(pl.String),
        pl.col("expected").cast(pl.String),
        pl.lit(rule.advice).alias("advice"),
        (pl.col("source") if "source" in failed.columns else empty).alias("source"),
        (pl.when(pl.col("uid").is_null()).then(LIST_DAY) if LIST_DAY in failed.columns else no_day).alias("date"),
        empty.alias("acheteur_id"),
        empty.alias("service"),
    )
