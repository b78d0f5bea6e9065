"""What is said to udata: of a resource, of the dataset, and the order of the page. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from procurement_assets.portal.publishing.datagouv_held import Held, HeldDataset
from procurement_assets.portal.publishing.datagouv_wanted import (
    FILE_MARK,
    PUBLISHER_MARK,
    RETIRED_MARK,
    STAGED_MARK,
    Wanted,
)

EMPTIED = ("tags", "temporal_coverage")
"""Fields that a PUT of the dataset empties where it does not name them (tried on udata 17.18): they are sent."""


def of_dataset(now: dict[str, Any], fields: dict[str, Any], publisher: str) -> dict[str, Any]:
    """The dataset's fields as they should be, with what other people filled in and udata would empty. `now`: its
    answer, empty for a new one."""
    kept = {k: now[k] for k in EMPTIED if now.get(k)}
    return {**kept, **fields, "extras": {**(now.get("extras") or {}), PUBLISHER_MARK: publisher}}


def closed(now: dict[str, Any]) -> dict[str, Any]:
    """The dataset as it is (`now`), private."""
    return {k: now[k] for k in EMPTIED if now.get(k)} | {"private": True}


def of_resource(wanted: Wanted, held: Held | None) -> dict[str, Any]:
    """What is said of a resource. Of one that the portal hosts it tells address, size and checksum itself."""
    extras = {**(held.extras if held else {}), FILE_MARK: wanted.name}
    for gone in (RETIRED_MARK, STAGED_MARK):
        extras.pop(gone, None)
    body: dict[str, Any] = {
        "title": wanted.title,
        "description": wanted.description,
        "type": wanted.type,
        "extras": extras,
    }
    if wanted.schema:
        body["schema"] = wanted.schema
    if not wanted.hosted:
        body |= {"url": wanted.address, "filetype": "remote", "format": wanted.format, "filesize": wanted.size}
        body["checksum"] = {"type": "sha256", "value": wanted.sha256}
    return body


def in_order(held: HeldDataset | None, wanted: Iterable[Wanted], missing: Callable[[Wanted], Any]) -> list[Any]:
    """Ids in the order of the page: ours as in the package (`missing`: what stands for one that is not there yet), then
    what others put there, then the retired ones."""
    wanted = list(wanted)
    stays = kept(held, wanted)
    rest = [r for r in (held.resources if held else ()) if r.id not in stays.values()]
    foreign = [r.id for r in rest if not r.ours]
    retired = [r.id for r in rest if r.ours]
    return [*(stays.get(w.name) or missing(w) for w in wanted), *foreign, *retired]


def kept(held: HeldDataset | None, wanted: Iterable[Wanted]) -> dict[str, str]:
    """File to the id of the resource that it keeps: udata never turns a link into a file, nor a file into a link."""
    hosted = {w.name: w.hosted for w in wanted}
    resources = held.resources if held else ()
    return {r.name: r.id for r in resources if r.name in hosted and r.hosted == hosted[r.name]}
