"""What is told of the sources' feeds: an e-mail when a run finds something new, not again while the same thing lasts.

The alerts are those that the `flux_…` checks found in their last run; what was told is kept in the sensor's cursor.
"""

from __future__ import annotations

import msgspec

from procurement_assets.settings import Settings

SHOWN = 40
"""Alerts written out in one e-mail."""
_ORDER = {"critical": 0, "warning": 1}


class FeedAlert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert on a feed: a row of `feed_watch` that calls for something. Its message may change from day to day."""

    source: str
    signal: str
    mois: str = ""
    detail: str = ""
    severity: str = "warning"
    message: str = ""
    advice: str = ""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What makes it the same alert another day."""
        return self.source, self.signal, self.mois, self.detail


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What the last run of one `flux_…` check found for a publisher."""

    check: str
    execution: int
    """Of the check, as the Dagster instance numbers it."""
    run_id: str
    alerts: tuple[FeedAlert, ...]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What was told of one check: of which execution, and the keys of the alerts that stood then."""

    execution: int
    keys: tuple[tuple[str, str, str, str], ...] = ()


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be told of the feeds of a publisher."""

    publisher: str
    run_id: str
    new: tuple[FeedAlert, ...]
    lasting: int = 0
    """Alerts that were told already and still stand."""
    over: int = 0
    """Alerts that were told and stand no more."""


Cursor = dict[str, dict[str, Told]]
"""Publisher to check to what was told."""


def read_cursor(text: str | None) -> Cursor:
    """The cursor of the sensor; empty at the start, or where an older version wrote it otherwise."""
    if not text:
        return {}
    try:
        return msgspec.json.decode(text, type=Cursor)
    except msgspec.DecodeError:
        return {}


def write_cursor(cursor: Cursor) -> str:
    """The text of a cursor."""
    return msgspec.json.encode(cursor, order="sorted").decode()


def notice_of(publisher: str, found: list[Found], told: dict[str, Told]) -> Notice | None:
    """What is new against what was told; None where there is nothing new.

    A check that has not run since is left out: it says nothing more than it did.
    """
    fresh = [f for f in found if f.check not in told or told[f.check].execution != f.execution]
    before = {key for f in fresh if f.check in told for key in told[f.check].keys}
    now = {alert.key: alert for f in fresh for alert in f.alerts}
    new = [alert for key, alert in now.items() if key not in before]
    if not new:
        return None
    new.sort(key=lambda a: (_ORDER.get(a.severity, len(_ORDER)), a.key))
    return Notice(
        publisher=publisher,
        run_id=next(f.run_id for f in fresh if new[0] in f.alerts),
        new=tuple(new),
        lasting=len(before & now.keys()),
        over=len(before - now.keys()),
    )


def after(found: list[Found], told: dict[str, Told]) -> dict[str, Told]:
    """What is told once the notice has left."""
    return told | {f.check: Told(execution=f.execution, keys=tuple(sorted(a.key for a in f.alerts))) for f in found}


def feed_message(notice: Notice, settings: Settings) -> tuple[str, str]:
    """Subject and text of a notice, in French: what, where, what to do."""
    count = len(notice.new)
    what = "une alerte nouvelle" if count == 1 else f"{count} alertes nouvelles"
    lines = [f"Les flux de « {notice.publisher} » sont comparés à leur passé à chaque exécution : {what}.", ""]
    for alert in notice.new[:SHOWN]:
        urgent = "À traiter aujourd'hui. " if alert.severity == "critical" else ""
        where = ", ".join(filter(None, (f"source {alert.source}", alert.mois, alert.detail)))
        lines += [f"- {urgent}{alert.message}", f"  Où : {where}", f"  Que faire : {alert.advice}"]
    if count > SHOWN:
        lines.append(f"- et {count - SHOWN} autres : table feed_watch")
    lines += ["", *_standing(notice)]
    lines += [
        f"Détail : {settings.ui_url}/assets/feed_watch?view=checks&partition={notice.publisher}",
        f"Exécution : {settings.ui_url}/runs/{notice.run_id}",
        "La publication n'est pas arrêtée par ces alertes. Une alerte qui dure n'est pas envoyée de nouveau.",
    ]
    return f"[procurement_assets] flux de {notice.publisher} : {what}", "\n".join(lines)


def _standing(notice: Notice) -> list[str]:
    found = []
    if notice.lasting:
        found.append(f"Déjà signalées et toujours là : {notice.lasting}.")
    if notice.over:
        found.append(f"Signalées auparavant et levées : {notice.over}.")
    return found
