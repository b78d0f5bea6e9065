"""The tables `feed_months` and `feed_watch` of a publisher in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from procurement_assets.lake import Lake
from procurement_assets.parquet import read_batches
from procurement_assets.publishers import Source
from procurement_assets.quality.reconciliation.lists import read_lists
from procurement_assets.quality.suites import data_date_of
from procurement_assets.quality.watch.drift import drifts
from procurement_assets.quality.watch.months import feed_months, feed_of, feed_of_lists
from procurement_assets.quality.watch.profiles import READ, keep_profiles, known_profiles, list_profiles, make_profiles
from procurement_assets.quality.watch.signals import month_alerts, with_expected
from procurement_assets.quality.watch.silence import silent_feeds
from procurement_assets.quality.watch.unpublished import unpublished
from procurement_assets.schema import TABLES, conform
from procurement_assets.sources.manifest import read_manifest

CONTRACTS = ["sources", "dateNotification", "datePublicationDonnees", "montant", "montant_suspect"]
CONCESSIONS = ["sources", "dateSignature", "datePublicationDonnees", "valeurGlobale", "montant_suspect"]
UNDATED = date(1990, 1, 1)
"""The data date where no source dates its files: nothing is then judged."""


@dataclass(frozen=True, eq=False)
class Watch:
    """The tables, by name."""

    months: pl.DataFrame
    alerts: pl.DataFrame

    @property
    def counts(self) -> dict[str, int]:
        """Alerts that still call for something, by signal."""
        return dict(sorted(self.alerts.filter("actuel")["signal"].value_counts().iter_rows()))


def build_watch(lake: Lake, publisher: str, sources: Sequence[Source]) -> Watch:
    """Read a publisher's tables, files and manifest; write `feed_months` and `feed_watch`, keep the files' profiles."""
    today = data_date_of(lake.read_table("files", publisher, ["fichier_date"])) or UNDATED
    feed, ends = feed_of_publisher(lake, publisher, sources), ends_of(sources)
    months = with_expected(feed_months(feed, today, ends))
    alerts = pl.concat(
        [
            month_alerts(months),
            silent_feeds(feed, today, ends),
            unpublished(sources, read_manifest(lake, publisher)),
            _drifts(lake, publisher, sources),
        ]
    )
    watch = Watch(_conform(months, "feed_months"), _conform(alerts, "feed_watch"))
    lake.write_table(watch.months, "feed_months", publisher)
    lake.write_table(watch.alerts, "feed_watch", publisher)
    return watch


def feed_of_publisher(lake: Lake, publisher: str, sources: Sequence[Source]) -> pl.DataFrame:
    """Every contract of every source, lists included (`months.FEED`)."""
    lists = read_lists(lake, sources, read_manifest(lake, publisher))
    return pl.concat(
        [
            feed_of(
                lake.read_table("contracts", publisher, CONTRACTS),
                lake.read_table("concessions", publisher, CONCESSIONS),
            ),
            feed_of_lists(lists.frame),
        ]
    )


def ends_of(sources: Sequence[Source]) -> Mapping[str, date]:
    """The last day of the sources that have one."""
    return {s.id: date.fromisoformat(s.ends) for s in sources if s.ends}


def silences_today(lake: Lake, publisher: str, sources: Sequence[Source]) -> pl.DataFrame:
    """The silent feeds on the day that the sources were last asked, for the check of a run.

    When every file stops changing, the data date stands still and no silence shows in the tables: the day of the last
    refresh (`checked_at` of the manifest) is then the only clock. Generated sources have none.
    """
    manifest = read_manifest(lake, publisher)
    asked = [r.checked_at[:10] for r in manifest if r.checked_at]
    today = data_date_of(lake.read_table("files", publisher, ["fichier_date"])) or UNDATED
    real = [s for s in sources if s.kind != "sample"]
    as_of = max(today, date.fromisoformat(max(asked))) if asked and real else today
    return silent_feeds(feed_of_publisher(lake, publisher, sources), as_of, ends_of(sources))


def _drifts(lake: Lake, publisher: str, sources: Sequence[Source]) -> pl.DataFrame:
    """The drift of the files in use, lists of contracts included; the profiles of new files are kept."""
    kept = known_profiles(lake, publisher)
    known, manifest = frozenset(p.sha256 for p in kept), read_manifest(lake, publisher)
    now = lake.read_table("files", publisher, ["source", "file_sha256"]).unique().sort("source", "file_sha256")
    made = list_profiles(lake, sources, manifest, known)
    if not set(now["file_sha256"]) <= known:
        with lake.table("decp_records", publisher).open("rb") as handle:
            made += make_profiles(read_batches(handle, list(READ)), known)
    if made:
        keep_profiles(lake, publisher, made)
        kept = known_profiles(lake, publisher)
    lists = {s.id for s in sources if s.contract_list is not None}
    current = set(now.iter_rows()) | {(r.source, r.sha256) for r in manifest if r.source in lists}
    return drifts([p for p in kept if (p.source, p.sha256) in current], kept)


def _conform(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    return conform(frame.select(list(TABLES[name].schema)), TABLES[name])
