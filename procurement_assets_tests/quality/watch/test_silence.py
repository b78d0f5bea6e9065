"""Feeds that go silent, and datasets that are no longer published."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import msgspec
import polars as pl
import pytest

from procurement_assets.lake import Lake
from procurement_assets.publishers import Source
from procurement_assets.quality.watch.build import silences_today
from procurement_assets.quality.watch.months import FEED
from procurement_assets.quality.watch.silence import silent_feeds
from procurement_assets.quality.watch.unpublished import unpublished
from procurement_assets.schema import TABLES
from procurement_assets.sources.manifest import ManifestRow, write_manifest
from procurement_assets_tests.quality.reconciliation.support import contract, tables
from procurement_assets_tests.quality.watch.histories import DATA_DATE, history


def _cut(feed: pl.DataFrame, days: int) -> pl.DataFrame:
    return feed.filter(pl.col("publication") <= DATA_DATE - timedelta(days=days))


@pytest.mark.parametrize("per_month", [4.0, 80.0])
def test_a_steady_feed_is_never_silent(per_month: float) -> None:
    feeds = [history(seed, per_month=per_month, source=f"f{seed}") for seed in range(30)]
    assert silent_feeds(pl.concat(feeds), DATA_DATE, {}).is_empty()


def test_a_feed_that_stops_is_found_as_soon_as_it_leaves_its_pauses() -> None:
    feed = history(1)
    assert silent_feeds(_cut(feed, 10), DATA_DATE, {}).is_empty()
    found = silent_feeds(_cut(feed, 30), DATA_DATE, {}).to_dicts()
    assert [(a["signal"], a["severity"], a["actuel"]) for a in found] == [("silence", "critical", True)]
    assert found[0]["observe"] >= 30


def test_a_rare_feed_may_pause_longer() -> None:
    """One contract every twenty days: six weeks are usual, a year is not."""
    days = [date(2024, 1, 1) + timedelta(days=20 * n) for n in range(36)]
    rare = pl.DataFrame([("f", d, d, 1.0) for d in days], schema=FEED, orient="row")
    assert silent_feeds(rare, days[-1] + timedelta(days=42), {}).is_empty()
    assert silent_feeds(rare, days[-1] + timedelta(days=365), {}).height == 1


def test_the_message_tells_the_usual_pause_and_not_the_limit() -> None:
    days = [date(2024, 1, 1) + timedelta(days=20 * n) for n in range(36)]
    rare = pl.DataFrame([("f", d, d, 1.0) for d in days], schema=FEED, orient="row")
    assert silent_feeds(rare, days[-1] + timedelta(days=365), {})["message"].to_list() == [
        "f se tait : dernier contrat le 01/12/2025, il y a 365 jours ; ses pauses habituelles ne dépassent pas "
        "20 jours (alerte au-delà de 60)."
    ]


def test_a_feed_without_publication_dates_goes_by_notification() -> None:
    feed = _cut(history(2), 60).with_columns(publication=pl.lit(None, pl.Date))
    assert silent_feeds(feed, DATA_DATE, {})["source"].to_list() == ["flux"]


def test_after_its_declared_end_a_silence_is_history() -> None:
    feed = history(3).filter(pl.col("publication") < date(2024, 6, 1))
    assert silent_feeds(feed, DATA_DATE, {"flux": date(2024, 6, 5)}).is_empty()
    assert silent_feeds(feed, DATA_DATE, {"flux": date(2024, 12, 31)})["actuel"].to_list() == [False]


def test_a_date_in_the_future_does_not_hide_a_silence() -> None:
    future = pl.DataFrame([("flux", date(2026, 12, 11), date(2026, 12, 11), 1.0)], schema=FEED, orient="row")
    assert silent_feeds(pl.concat([_cut(history(4), 60), future]), DATA_DATE, {}).height == 1


SOURCE = Source(id="s", name="s", kind="datagouv", dataset="d", rank=1)


def _file(status: str, name: str = "f", reason: str = "") -> ManifestRow:
    return ManifestRow(source="s", resource_id=name, title=name, url="u", status=status, reason=reason)  # type: ignore[arg-type]


@pytest.mark.parametrize("status", ["kept", "unchanged", "ignored"])
def test_a_published_file_makes_no_alert(status: str) -> None:
    assert unpublished([SOURCE], [_file(status), _file("kept", "g")]).is_empty()


@pytest.mark.parametrize(("status", "severity"), [("gone", "critical"), ("refused", "critical"), ("stale", "warning")])
def test_a_file_gone_refused_or_stale_is_an_alert(status: str, severity: str) -> None:
    found = unpublished([SOURCE], [_file(status, "a", "plus dans la liste"), _file("kept", "b")]).to_dicts()
    assert [(a["signal"], a["severity"], a["detail"]) for a in found] == [("depublication", severity, "a (a)")]
    assert "(plus dans la liste)" in found[0]["message"]


def test_a_whole_source_gone_and_a_source_without_a_file_are_said_as_such() -> None:
    other = Source(id="t", name="t", kind="datagouv", dataset="d", rank=1)
    found = unpublished([SOURCE, other], [_file("gone", "a"), _file("gone", "b")])
    assert found.filter(pl.col("detail") == pl.col("source"))["message"].to_list() == [
        "s n'est plus publié : aucun de ses 2 fichiers n'est offert.",
        "t n'offre aucun fichier.",
    ]


def test_when_every_file_stands_still_the_day_of_the_last_refresh_tells(tmp_path: Path) -> None:
    """The data date stands at 8 January; the sources were asked on 1 March: only then is the silence seen."""
    lake, feed = Lake(tmp_path), history(5, source="s")
    contracts = [
        contract(f"2025S{n:05}", source="s", sources=["s"], dateNotification=notified, datePublicationDonnees=published)
        for n, (_, notified, published, _) in enumerate(feed.iter_rows())
    ]
    lake.write_table(tables(contracts)[0], "contracts", "p")
    lake.write_table(pl.DataFrame(schema=TABLES["concessions"].schema), "concessions", "p")
    lake.write_table(pl.DataFrame({"fichier_date": ["2026-01-08T00:00:00"]}), "files", "p")
    asked = msgspec.structs.replace(_file("unchanged"), checked_at="2026-03-01T05:31:00+00:00")
    write_manifest(lake, "p", [asked])
    assert silences_today(lake, "p", [SOURCE])["source"].to_list() == ["s"]
    sample = Source(id="s", name="s", kind="sample", sample_profile="x", rank=1)
    assert silences_today(lake, "p", [sample]).is_empty()
