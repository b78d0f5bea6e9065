"""Notices on the feeds: told the day they are found, by e-mail, once; on a real SMTP server of this machine."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg
import msgspec
import pytest

from procurement_assets.assets import watch
from procurement_assets.assets.partitions import publisher_partitions
from procurement_assets.automation import notice_on_feeds
from procurement_assets.notices import FeedAlert, Found, Told, after, feed_message, notice_of, read_cursor, write_cursor
from procurement_assets.schema.watch import FEED_WATCH
from procurement_assets.settings import Settings
from procurement_assets_tests.mailbox import Box, box

__all__ = ["box"]

SILENT = FeedAlert(
    source="paris-maximilien",
    signal="silence",
    severity="critical",
    message="paris-maximilien se tait : dernier contrat le 30/12/2025.",
    advice="Demander à la source si le flux s'est arrêté.",
)
FEWER = FeedAlert(
    source="paris-json",
    signal="volume_publication",
    mois="2025-12",
    message="3 contrats publiés en décembre, au moins 20 d'habitude.",
    advice="Comparer avec la plateforme.",
)


def found(*alerts: FeedAlert, execution: int = 1, check: str = "flux_volume") -> Found:
    return Found(check=check, execution=execution, run_id=f"run-{execution}", alerts=alerts)


def test_what_is_new_is_told_and_what_lasts_is_not_told_again() -> None:
    first = [found(SILENT, FEWER)]
    notice = notice_of("paris", first, {})
    assert notice is not None
    assert [a.signal for a in notice.new] == ["silence", "volume_publication"]  # the critical one first
    told = after(first, {})
    assert notice_of("paris", first, told) is None  # the same run, seen again
    assert notice_of("paris", [found(SILENT, FEWER, execution=2)], told) is None  # the next day
    other = FeedAlert(source="paris-json", signal="retard", message="m", advice="a")
    later = notice_of("paris", [found(FEWER, other, execution=3)], told)
    assert later is not None
    assert ([a.signal for a in later.new], later.lasting, later.over) == (["retard"], 1, 1)
    back = after([found(execution=4)], told)
    again = notice_of("paris", [found(SILENT, execution=5)], back)
    assert again is not None  # gone, then there again: news


def test_an_alert_whose_words_change_from_day_to_day_is_the_same() -> None:
    told = after([found(SILENT)], {})
    older = FeedAlert(source=SILENT.source, signal="silence", message="… il y a 12 jours", advice="x")
    assert notice_of("paris", [found(older, execution=2)], told) is None


def test_a_check_that_did_not_run_again_keeps_what_was_told_of_it() -> None:
    told = after([found(SILENT, check="flux_silencieux"), found(FEWER)], {})
    assert notice_of("paris", [found(SILENT, check="flux_silencieux"), found(FEWER, execution=2)], told) is None


def test_a_notice_says_what_where_and_what_to_do() -> None:
    notice = notice_of("paris", [found(SILENT, FEWER)], {"flux_volume": Told(execution=0, keys=(("x", "y", "", ""),))})
    assert notice is not None
    subject, text = feed_message(notice, Settings(lake="x", ui_url="https://dagster.paris.fr"))
    assert subject == "[procurement_assets] flux de paris : 2 alertes nouvelles"
    assert "- À traiter aujourd'hui. paris-maximilien se tait" in text
    assert "  Où : source paris-json, 2025-12" in text
    assert "  Que faire : Comparer avec la plateforme." in text
    assert "Signalées auparavant et levées : 1." in text
    assert "https://dagster.paris.fr/runs/run-1" in text


def test_the_cursor_is_kept_and_one_of_another_version_starts_anew() -> None:
    cursor = {"paris": after([found(SILENT)], {})}
    assert read_cursor(write_cursor(cursor)) == cursor
    assert read_cursor('{"paris": 3}') == read_cursor(None) == {}


def run(instance: dg.DagsterInstance, **alerts: tuple[FeedAlert, ...]) -> None:
    """A run of the checks of `paris`, that finds these alerts."""

    @dg.asset(partitions_def=publisher_partitions)
    def feed_watch() -> None: ...

    specs = [dg.AssetCheckSpec(n, asset="feed_watch", partitions_def=publisher_partitions) for n in alerts]

    @dg.multi_asset_check(specs=specs)
    def controles_des_flux() -> Iterator[dg.AssetCheckResult]:
        for name, told in alerts.items():
            yield watch._result(name, FEED_WATCH.frame([msgspec.structs.asdict(a) | {"actuel": True} for a in told]))

    assert dg.materialize([feed_watch, controles_des_flux], instance=instance, partition_key="paris").success


class Days:
    """The sensor, tick after tick."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance, self.cursor = instance, None

    def tick(self) -> str:
        context = dg.build_sensor_context(instance=self.instance, cursor=self.cursor)
        result = notice_on_feeds(context)
        self.cursor = context.cursor
        assert isinstance(result, dg.SkipReason)
        return result.skip_message or ""


def test_the_sensor_sends_one_e_mail_for_a_run_and_none_while_the_alert_lasts(box: Box) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        days = Days(instance)
        assert days.tick() == "Rien de nouveau sur les flux."
        run(instance, flux_volume=(FEWER,), flux_silencieux=(SILENT,))
        assert "2 alertes nouvelles (courriel envoyé)" in days.tick()
        days.tick()
        (mail,) = box.mails
        assert mail["To"] == "fiabilisation@paris.fr, dfa@paris.fr"
        assert "paris-maximilien se tait" in mail.get_payload(decode=True).decode()
        run(instance, flux_volume=(FEWER,), flux_silencieux=(SILENT,))
        assert days.tick() == "Rien de nouveau sur les flux."
        run(instance, flux_volume=())
        days.tick()
        run(instance, flux_volume=(FEWER,))
        assert "une alerte nouvelle" in days.tick()
        assert len(box.mails) == 2


def test_a_notice_that_the_mail_server_refuses_is_sent_at_a_later_tick(box: Box) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        days = Days(instance)
        run(instance, flux_silencieux=(SILENT,))
        box.refuse = "451 plus tard"
        assert "courriel refusé" in days.tick()
        assert box.mails == []
        box.refuse = ""
        assert "courriel envoyé" in days.tick()
        assert len(box.mails) == 1
        assert days.tick() == "Rien de nouveau sur les flux."


def test_without_a_mail_server_the_notice_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        days = Days(instance)
        run(instance, flux_silencieux=(SILENT,))
        assert "journal seul" in days.tick()
        assert days.tick() == "Rien de nouveau sur les flux."
    assert caplog.text.count("paris-maximilien se tait") == 1
