"""What a dataset of an Opendatasoft portal is now: read through the Automation API before anything is planned."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from procurement_assets.portal.publishing.answer import as_object, id_of, object_at
from procurement_assets.portal.publishing.http import PortalError, PortalSession, RejectedError
from procurement_assets.portal.publishing.portal import TargetState

PAGE = 100


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """A dataset as it is on the portal, drafts included."""

    uid: str = ""
    """Empty: there is none."""
    published: bool = False
    restricted: bool = False
    busy: bool = False
    resources: tuple[dict[str, Any], ...] = ()
    rules: tuple[dict[str, Any], ...] = ()
    metadata: dict[str, Any] = {}
    """`template/field` to value."""
    exports: tuple[dict[str, Any], ...] = ()
    attachments: tuple[dict[str, Any], ...] = ()
    assumed: bool = False
    """Nothing was asked (no key, or offline): from the journal alone."""


def observe(session: PortalSession, slug: str, known: str = "") -> Observed:
    """The dataset of that slug. `known`: the id of the dataset that was made under it. Raises `http.PortalError`, also
    where that dataset has another slug now: a second one beside it would leave the public two."""
    found = [d for d in pages(session, "/datasets/", {"dataset_id": slug}) if d.get("dataset_id") == slug]
    if not found:
        _refuse_if_renamed(session, slug, known)
        return Observed()
    uid = id_of(session, "/datasets/", found[0], "uid")
    status = object_at(session, f"/datasets/{uid}/status/")
    metadata = object_at(session, f"/datasets/{uid}/metadata/")
    return Observed(
        uid=uid,
        published=bool(status.get("is_published")),
        restricted=bool(found[0].get("is_restricted")),
        busy=status.get("status") not in ("idle", "error", "limit_reached"),
        resources=tuple(pages(session, f"/datasets/{uid}/resources/")),
        rules=tuple(pages(session, f"/datasets/{uid}/fields/")),
        metadata={
            f"{template}/{name}": value.get("value")
            for template, fields in metadata.items()
            if isinstance(fields, dict)
            for name, value in fields.items()
            if isinstance(value, dict)
        },
        exports=tuple(pages(session, f"/datasets/{uid}/alternative_exports/")),
        attachments=tuple(pages(session, f"/datasets/{uid}/attachments/")),
    )


def _refuse_if_renamed(session: PortalSession, slug: str, known: str) -> None:
    try:
        now = object_at(session, f"/datasets/{known}/") if known else {}
    except RejectedError as error:
        if error.status != 404:
            raise
        return
    if now.get("dataset_id"):
        raise PortalError(
            f"{session.host} : le jeu « {slug} » ({known}) s'appelle maintenant « {now['dataset_id']} » ; lui rendre "
            "son identifiant dans le portail, ou régler ce nom dans publishers.toml, puis relancer"
        )


def assumed(state: TargetState, slug: str) -> Observed:
    """What the journal alone says, for a plan made without asking the portal."""
    uid = state.bindings.get(f"dataset:{slug}", "")
    return Observed(uid=uid, published=bool(state.last), assumed=True)


def pages(session: PortalSession, path: str, params: dict[str, str | int] | None = None) -> list[dict[str, Any]]:
    """Every result of a list, page after page."""
    found: list[dict[str, Any]] = []
    while True:
        answer = object_at(session, path, {**(params or {}), "limit": PAGE, "offset": len(found)})
        results = [as_object(session, path, result) for result in answer.get("results") or []]
        found += results
        total = answer.get("total_count")
        # A portal may give fewer than asked for: its count, where it tells one, says when all are there.
        if not results or (len(found) >= total if isinstance(total, int) else len(results) < PAGE):
            return found


def same_value(found: Any, wanted: Any) -> bool:
    """Equal, dates in whatever writing."""
    if isinstance(found, str) and isinstance(wanted, str) and found != wanted and wanted[:4].isdigit():
        try:
            return datetime.fromisoformat(found) == datetime.fromisoformat(wanted)
        except (ValueError, TypeError):
            return False
    return bool(found == wanted)
