"""What a dataset of an Opendatasoft portal is now: read through the Automation API before anything is planned."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from procurement_assets.portal.publishing.http import PortalSession
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


def observe(session: PortalSession, slug: str) -> Observed:
    """The dataset of that slug. Raises `http.PortalError`."""
    found = [d for d in pages(session, "/datasets/", {"dataset_id": slug}) if d.get("dataset_id") == slug]
    if not found:
        return Observed()
    uid = str(found[0]["uid"])
    status = session.get_json(f"/datasets/{uid}/status/")
    metadata = session.get_json(f"/datasets/{uid}/metadata/")
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


def assumed(state: TargetState, slug: str) -> Observed:
    """What the journal alone says, for a plan made without asking the portal."""
    uid = state.bindings.get(f"dataset:{slug}", "")
    return Observed(uid=uid, published=bool(state.last), assumed=True)


def pages(session: PortalSession, path: str, params: dict[str, str | int] | None = None) -> list[dict[str, Any]]:
    """Every result of a list, page after page."""
    found: list[dict[str, Any]] = []
    while True:
        answer = session.get_json(path, {**(params or {}), "limit": PAGE, "offset": len(found)})
        results = answer.get("results", [])
        found += results
        total = answer.get("total_count")
        if not results or len(results) < PAGE or (total is not None and len(found) >= total):
            return found


def same_value(found: Any, wanted: Any) -> bool:
    """Equal, dates in whatever writing."""
    if isinstance(found, str) and isinstance(wanted, str) and found != wanted and wanted[:4].isdigit():
        try:
            return datetime.fromisoformat(found) == datetime.fromisoformat(wanted)
        except (ValueError, TypeError):
            return False
    return bool(found == wanted)
