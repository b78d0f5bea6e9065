"""Waiting for an Opendatasoft portal to process a dataset: its status is a state machine that is polled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from procurement_assets.portal.publishing.answer import object_at
from procurement_assets.portal.publishing.http import PortalError, PortalSession

POLL_SECONDS, LONGEST_POLL = 3.0, 30.0
LONGEST_PROCESSING = 3600.0
"""Seconds of waiting for the portal, after which the run fails and the next one goes on."""
STILL = 3
"""Times that rest is read before it is believed where no change of status was seen: the queue may not have begun."""
_AT_REST = ("idle", "error", "limit_reached")


class ProcessingError(PortalError):
    """The portal could not process the draft; the public still sees the version before."""


class DatasetStatus:
    """Polls `/datasets/UID/status/`."""

    def __init__(self, session: PortalSession, title: str, sleep: Callable[[float], None]) -> None:
        self._session = session
        self._title = title
        self._sleep = sleep
        self._since: dict[str, str] = {}

    def remember(self, path: str) -> None:
        """Note when the present status began, before an action that changes it."""
        self._since[path] = str(object_at(self._session, path).get("since"))

    def wait(self, path: str, *, fail: bool = True) -> str:
        """Poll until the portal is at rest; says how it ended, in French.

        Raises `ProcessingError` where it ended badly and `fail`, `PortalError` where it does not end.
        """
        before = self._since.pop(path, None)
        waited, pause, still, moved = 0.0, POLL_SECONDS, 0, False
        while waited <= LONGEST_PROCESSING:
            status = object_at(self._session, path)
            name = str(status.get("status"))
            moved = moved or name not in _AT_REST or (before is not None and str(status.get("since")) != before)
            still = still + 1 if name in _AT_REST else 0
            if still and (moved or still >= STILL):
                if fail and name != "idle":
                    raise ProcessingError(self._failure(name, status))
                return self._session.redact(f"traité, état {name}{records_errors(status)}")
            self._sleep(pause)
            waited, pause = waited + pause, min(pause * 1.5, LONGEST_POLL)
        raise PortalError(
            f"{self._title} : traitement non terminé après {LONGEST_PROCESSING / 60:.0f} minutes ; la prochaine "
            "exécution reprendra"
        )

    def _failure(self, name: str, status: dict[str, Any]) -> str:
        said = str(status.get("message") or "sans message")
        if name == "limit_reached":
            said = f"limite du portail atteinte ({(status.get('params') or {}).get('error') or said})"
        return self._session.redact(
            f"{self._title} : le portail n'a pas pu traiter le jeu : {said}{records_errors(status)}. La version "
            "d'avant reste en ligne ; corriger la cause dans le portail, puis relancer."
        )


def records_errors(status: dict[str, Any]) -> str:
    """The errors on records that a status tells, in one line; empty where there are none."""
    errors = status.get("records_errors") or []
    if not errors:
        return ""
    shown = "; ".join(str(e.get("message", "")) for e in errors[:3])
    return f" ; {len(errors)} erreurs d'enregistrements, dont : {shown}"
