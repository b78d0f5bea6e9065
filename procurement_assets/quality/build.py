"""The quality of a publisher's data: the rules run and their findings written, then the report made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl
from upath import UPath

from procurement_assets.lake import Lake, write_bytes
from procurement_assets.quality.catalogue import Catalogue, load_catalogue
from procurement_assets.quality.datadocs import FOLDER
from procurement_assets.quality.report import page_of, report_facts
from procurement_assets.quality.report_rows import write_rows
from procurement_assets.quality.results import RuleResult, findings, sources_of
from procurement_assets.quality.store import Checked
from procurement_assets.quality.trend import record_run
from procurement_assets.schema import TABLES, conform

REPORT = "quality_report.html"
"""The working group's report: it leads to the failing rows and to the Data Docs, which are not given out."""
PUBLIC_REPORT = "rapport_qualite.html"
"""The same page without these links: what is given out has no dead link. It is given out with the manifest alone, so
that a run which a check stops leaves the last publication as its sums say."""


@dataclass(frozen=True, eq=False)
class Quality:
    """What the rules found."""

    results: list[RuleResult]
    findings: pl.DataFrame

    @property
    def counts(self) -> dict[str, int]:
        """Rules by status (ok, warning, blocking, error)."""
        return dict(sorted(Counter(result.status for result in self.results).items()))


def build_quality(
    lake: Lake,
    publisher: str,
    *,
    services: Mapping[str, str] | None = None,
    catalogue: Catalogue | None = None,
) -> Quality:
    """The catalogue on a publisher's tables (what its checks already ran is read, not run again); writes `findings` and
    keeps the figures of the run. `services`: SIRET of an establishment to the name of its department."""
    rules = load_catalogue() if catalogue is None else catalogue
    checked = Checked(lake, publisher, COMPARED)
    results = checked.all_results(rules)
    sources = sources_of([checked.frame("contracts"), checked.frame("concessions")], services)
    found = conform(findings(results, sources), TABLES["findings"])
    lake.write_table(found, "findings", publisher)
    record_run(lake, publisher, results, found, checked.data_date)
    return Quality(results, found)


def build_report(
    lake: Lake,
    publisher: str,
    *,
    name: str,
    source_names: Mapping[str, str] | None = None,
    catalogue: Catalogue | None = None,
) -> str:
    """Write the report (French) and the pages of failing rows in the folder of a publisher's exports, and the report's
    public copy aside (`give_out_report`); returns the report.

    The rules' outcomes are those that `build_quality` kept; tables that are not there yet have their sections say so.
    """
    rules = load_catalogue() if catalogue is None else catalogue
    checked = Checked(lake, publisher, COMPARED)
    results, data_date = checked.all_results(rules), checked.data_date
    frames = {table: checked.frame(table) for table in (*rules.tables, "contracts", "concessions", "ledger")}
    frames |= {t: lake.read_table(t, publisher) for t in REPORTED if lake.table(t, publisher).exists()}
    docs = f"../../{FOLDER}/{publisher}"  # from exports/PUBLISHER, wherever the lake is
    facts = report_facts(name, results, frames, data_date=data_date, source_names=source_names)
    report = page_of(facts, docs)
    day, css = facts["data_date"], facts["css"]
    write_rows(lake.exports(publisher), name, results, data_date=day, css=css, docs=f"../{docs}")
    write_bytes(lake.exports(publisher) / REPORT, report.encode("utf-8"))
    write_bytes(_aside(lake, publisher), page_of(facts).encode("utf-8"))
    return report


def give_out_report(lake: Lake, publisher: str) -> None:
    """Put the last report's public copy among the exports; nothing where there is none yet."""
    made = _aside(lake, publisher)
    if made.exists():
        write_bytes(lake.exports(publisher) / PUBLIC_REPORT, made.read_bytes())


def _aside(lake: Lake, publisher: str) -> UPath:
    return lake / f"quality/{publisher}/{PUBLIC_REPORT}"


COMPARED = frozenset({"reconciliation", "reconciliation_mois"})
"""Tables of the catalogue that a publisher without a list of contracts, or a lake of before them, does not have."""

REPORTED = (
    "repairs",
    "suggestions",
    "corrections_traitees",
    "reconciliation_annees",
    "reconciliation_mois",
    "reconciliation_sources",
    "reconciliation_champs",
    "feed_watch",
    "quality_trend",
    "findings_changes",
    "quality_months",
)
"""Tables that the report tells of where they are there; each section says so where it has nothing to show."""
