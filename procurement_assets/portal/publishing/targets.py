"""From settings to portal clients: which targets are switched on for a publisher, and with which key.

A target is on when `PROCUREMENT_PUBLISH` names it. Off, or without a key, its client plans from the journal and makes
no request. Keys are handed to clients and kept nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence

from procurement_assets.lake import Lake
from procurement_assets.portal.publishing.datagouv import Datagouv
from procurement_assets.portal.publishing.depot import Depot
from procurement_assets.portal.publishing.depot_ftp import FtpDepot
from procurement_assets.portal.publishing.engine import Job
from procurement_assets.portal.publishing.http import PortalError
from procurement_assets.portal.publishing.opendatasoft import Opendatasoft
from procurement_assets.portal.publishing.portal import Portal
from procurement_assets.portal.publishing.safety import Checks, Thresholds
from procurement_assets.publishers import Publisher, Source
from procurement_assets.settings import TARGETS, Settings

_KEYS = {
    "opendatasoft": "PROCUREMENT_ODS_APIKEY",
    "datagouv": "PROCUREMENT_DATAGOUV_APIKEY",
    "depot": "PROCUREMENT_DEPOT_PASSWORD",
}


def switched_on(settings: Settings, publisher: str, target: str) -> bool:
    """Whether the settings say to publish this publisher on this target."""
    return f"{publisher}:{target}" in settings.publish


def configured(settings: Settings, publisher: Publisher, target: str) -> bool:
    """Whether it is known where to publish: in `publishers.toml`, or for the drop folder in the settings."""
    about = publisher.about
    if target == "opendatasoft":
        return about.opendatasoft is not None
    if target == "datagouv":
        return about.datagouv is not None
    return settings.depot is not None


def portal_of(settings: Settings, publisher: Publisher, target: str, *, asking: bool) -> Portal:
    """The client of a target. `asking` False: it plans from the journal and asks nothing.

    Raises `PortalError` where the target is not configured, or where it must ask and has no key.
    """
    if target not in TARGETS:
        raise PortalError(f"cible {target!r} inconnue : {', '.join(TARGETS)}")
    offline = settings.offline or not asking
    if asking and settings.offline:
        raise PortalError("PROCUREMENT_OFFLINE est réglé : rien n'est publié")
    if target == "depot":
        return _depot(settings, publisher, asking)
    key = settings.ods_apikey if target == "opendatasoft" else settings.datagouv_apikey
    if asking and not key:
        raise PortalError(f"pas de clé pour {target} : régler {_KEYS[target]} dans l'environnement")
    if target == "opendatasoft":
        return Opendatasoft(publisher, key=key, offline=offline)
    return Datagouv(publisher, key=key, offline=offline)


def _depot(settings: Settings, publisher: Publisher, asking: bool) -> Portal:
    if not settings.depot:
        raise PortalError("le dossier de dépôt n'est pas réglé : PROCUREMENT_DEPOT")
    sharing = sorted(p.partition(":")[0] for p in set(settings.publish) if p.endswith(":depot"))
    if asking and len(sharing) > 1 and "{publisher}" not in settings.depot:
        raise PortalError(
            f"un seul dossier de dépôt pour {' et '.join(sharing)}, qui s'y effaceraient l'un l'autre : mettre "
            "{publisher} dans PROCUREMENT_DEPOT"
        )
    address = settings.depot.replace("{publisher}", publisher.id)
    if not address.startswith(("ftp://", "ftps://")):
        return Depot(publisher, address)
    if asking and not settings.depot_password:
        raise PortalError(f"pas de mot de passe pour le dépôt : régler {_KEYS['depot']} dans l'environnement")
    return FtpDepot(publisher, address, password=settings.depot_password, offline=not asking)


def job_of(
    lake: Lake,
    settings: Settings,
    publisher: Publisher,
    sources: Sequence[Source],
    checks: Checks,
    *,
    full: bool = False,
) -> Job:
    """A publication under the limits of the settings."""
    return Job(
        lake=lake,
        publisher=publisher,
        sources=sources,
        checks=checks,
        limits=Thresholds(
            row_drop=settings.max_row_drop_percent,
            sum_change=settings.max_sum_change_percent,
        ),
        accept=settings.accept_drop,
        full=full,
    )
