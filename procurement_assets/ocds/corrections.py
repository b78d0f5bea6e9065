"""Corrections: the release that brings what is published to what the sources say now (research/ocds.md §2.3).

A release once published never changes. Where the current contract gives another state than the published releases
do, one more release is added: tags `tenderUpdate`, `awardUpdate`, `contractUpdate` for the sections that changed.
What it says is found on the compiled states, so that a correction of an old event never undoes a newer one:

| the current state | the correction |
|---|---|
| has another value | the whole field, or the whole object of an array merged by id |
| has no longer a value | null for each leaf: OCDS removes it when merging (research/ocds.md §1.3) |
| has no longer a list that is replaced whole | its one entry says so: the schema takes neither null nor nothing there |
| has no longer an object of an array | the object keeps its id alone: merging cannot remove it |
| has other holders | a new award `1-correction-1`; the former is cancelled, `awardID` repointed (§2.4) |
| has no longer an award | the award is cancelled |

References to organisations are never emptied, and roles are the union of all that a party has had: where that would
give back what the source withdrew, the local extension says so (`ocds.leftovers`). Every correction is valid by the
official schema as it stands.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec

from procurement_assets.ocds.profile import profile_schema
from procurement_assets.ocds.schema import Schema

Json = dict[str, Any]
_encode = msgspec.json.Encoder().encode

UPDATES = {
    "tender": "tenderUpdate",
    "bids": "tenderUpdate",
    "relatedProcesses": "tenderUpdate",
    "awards": "awardUpdate",
    "contracts": "contractUpdate",
}
"""Section to the tag of its correction. Parties and buyer alone: `tenderUpdate`."""
TAGS = tuple(dict.fromkeys(UPDATES.values()))

_REFERENCES = ("suppliers", "mainContractors", "subcontractor", "financingParty")
WITHDRAWN = "Retiré par la source."
"""What stands in a published file where a value was, when nothing at all can."""

_REPLACED_WHOLE = ("deliveryLocations", "deliveryAddresses", "sustainability")
"""Arrays of objects without ids, which the schema wants neither null nor empty: `[{"description": WITHDRAWN}]`."""
_REQUIRED = {"tender": ("id",), "awards": ("id",), "contracts": ("id", "awardID")}
_ALIAS = re.compile(r"(.+)-correction-(\d+)\Z")


@lru_cache(maxsize=1)
def _whole_lists() -> frozenset[str]:
    """Names of the arrays of objects that a later release replaces whole, although their objects may have ids."""
    definitions = profile_schema()["definitions"].values()
    return frozenset(k for d in definitions for k, v in d.get("properties", {}).items() if v.get("wholeListMerge"))


def correctable(schema: Schema) -> Schema:
    """The schema that releases are checked against, corrections among them.

    The official one as it is. The profile's is strict for what the model writes: it gets here the tags of a correction
    and null, which a correction needs, but where the official schema has none.
    """
    if schema.source == "official":
        return schema
    release = dict(schema.release)
    release["definitions"] = {
        name: definition | {"properties": _nullables(definition)} for name, definition in release["definitions"].items()
    }
    tag = release["properties"]["tag"]
    codes = [*tag["items"]["enum"], *(t for t in TAGS if t not in tag["items"]["enum"])]
    release["properties"] = release["properties"] | {"tag": tag | {"items": tag["items"] | {"enum": codes}}}
    return msgspec.structs.replace(schema, release=release)


def _nullables(definition: Json) -> Json:
    """The fields of an object, each of which may be null but the id that it needs and its arrays of objects."""
    key = "id" if "id" in definition.get("required", ()) else ""
    return {
        k: v if k == key or "$ref" in v.get("items", {}) else {"anyOf": [v, {"type": "null"}]}
        for k, v in definition.get("properties", {}).items()
    }


def award_names(state: Json, target: Json) -> dict[str, str]:
    """Award ids of the current contract to the ids under which they are published: new ones where a holder left."""
    published = {a["id"]: a for a in state.get("awards", ())}
    found: dict[str, str] = {}
    for award in target.get("awards", ()):
        base = award["id"]
        ranks = [int(m[2]) for name in published if (m := _ALIAS.match(name)) and m[1] == base]
        name = f"{base}-correction-{max(ranks)}" if ranks else base
        if name in published and not _suppliers(published[name]) <= _suppliers(award):
            name = f"{base}-correction-{max(ranks, default=0) + 1}"
        if name != base:
            found[base] = name
    return found


def _suppliers(award: Json) -> set[str]:
    return {s["id"] for s in award.get("suppliers", ())}


def rename_awards(release: Json, names: dict[str, str]) -> Json:
    """A release, or state, with other award ids."""
    if not names:
        return release
    found = dict(release)
    if "awards" in found:
        found["awards"] = [a | {"id": names.get(a["id"], a["id"])} for a in found["awards"]]
    if "contracts" in found:
        found["contracts"] = [c | {"awardID": names.get(c["awardID"], c["awardID"])} for c in found["contracts"]]
    return found


def correction(state: Json, target: Json, date: str) -> bytes | None:
    """The release after which the compiled state is `target`; None where nothing would change.

    `state`: what the published releases compile to. `target`: what the current contract's releases do, awards renamed.
    `date`: of the snapshot, after every published release.
    """
    parties = _parties(state, target)
    names = {p["id"]: p.get("name") for p in parties}
    sections = dict(_sections(state, target, names))
    roles_of = {p["id"]: p for p in state.get("parties", ())}
    changed = [p for p in parties if _changes(roles_of.get(p["id"]), p)]
    if not sections and not changed and not _changes(state.get("buyer"), target["buyer"]):
        return None
    wanted = {target["buyer"]["id"], *(p["id"] for p in changed), *_referenced(sections)}
    body: Json = {
        "initiationType": "tender",
        "language": "fr",
        "parties": [p for p in parties if p["id"] in wanted],
        "buyer": _patch(state.get("buyer"), target["buyer"]),
        **sections,
    }
    tags = [t for t in TAGS if any(UPDATES[s] == t for s in sections)] or ["tenderUpdate"]
    ocid = state["ocid"]
    mark = hashlib.sha256(_encode([date, tags, body])).hexdigest()[:12]
    return _encode({"ocid": ocid, "id": f"{ocid}-correction-{mark}", "date": date, "tag": tags, **body})


def _parties(state: Json, target: Json) -> list[Json]:
    """Every party, as it must be after the correction."""
    before = {p["id"]: p for p in state.get("parties", ())}
    after = {p["id"]: p for p in target["parties"]}
    found = []
    for party_id in dict.fromkeys((*before, *after)):
        if party_id not in after:
            found.append(before[party_id])
            continue
        party = _patch(before.get(party_id), after[party_id])
        held = (*before.get(party_id, {}).get("roles", ()), *party["roles"])
        found.append(party | {"roles": [r for r in ("buyer", "supplier", "subcontractor") if r in held]})
    return found


def _sections(state: Json, target: Json, names: dict[str, str | None]) -> Iterator[tuple[str, Any]]:
    for section in UPDATES:
        before, after = state.get(section), target.get(section)
        found: Any
        if section in ("awards", "contracts"):
            found = _objects(section, before or [], after or [], names)
        elif section == "tender":
            found = _fields(section, before or {}, after or {}, names)
        else:
            patch = _patch(before, after, section, names)
            found = patch if patch is not None and _changes(before, patch, section) else None
        if found:
            yield section, found


def _objects(section: str, before: list[Json], after: list[Json], names: dict[str, str | None]) -> list[Json]:
    """The awards or contracts that change."""
    known, wanted = {o["id"]: o for o in before}, {o["id"]: o for o in after}
    found = []
    for key in dict.fromkeys((*known, *wanted)):
        if key not in wanted:
            gone = _renamed(known[key], names) | ({"status": "cancelled"} if section == "awards" else {})
            said = _fields(section, known[key], gone, names)
        elif key not in known:
            said = wanted[key]
        else:
            said = _fields(section, known[key], wanted[key], names)
        if said:
            found.append(said)
    return found


def _fields(section: str, before: Json, after: Json, names: dict[str, str | None]) -> Json | None:
    """The fields of an object that change, with those that every release must repeat; None for none."""
    patch = _patch(before, after, section, names)
    changed = {k: v for k, v in patch.items() if _changes(before.get(k), v, k)}
    if not changed:
        return None
    return {k: patch[k] for k in patch if k in changed or k in _REQUIRED[section]}


def _patch(before: Any, after: Any, name: str = "", names: dict[str, str | None] | None = None) -> Any:
    """What a release must say so that merging it onto `before` gives `after`."""
    names = names or {}
    if isinstance(after, dict):
        old = before if isinstance(before, dict) else {}
        found = {k: _patch(old.get(k), v, k, names) for k, v in after.items()}
        return found | {k: _erased(v, k, names) for k, v in old.items() if k not in after}
    if after is None:
        return _erased(before, name, names)
    if _by_id(after, name):
        old_items = {o["id"]: o for o in before or ()}
        items = [_patch(old_items.pop(o["id"], None), o, name, names) for o in after]
        return items + [_erased_object(o, name, names) for o in old_items.values()]
    return after


def _erased(before: Any, name: str, names: dict[str, str | None]) -> Any:
    """Nulls for every leaf: `ocdsmerge` keeps the leaves of an object that is itself null."""
    if name in _REFERENCES:
        return _renamed(before, names)
    if name in _REPLACED_WHOLE:
        return [{"description": WITHDRAWN}]
    if isinstance(before, dict):
        return {k: _erased(v, k, names) for k, v in before.items()}
    if _by_id(before, name):
        return [_erased_object(o, name, names) for o in before]
    return None


def _erased_object(item: Json, name: str, names: dict[str, str | None]) -> Json:
    if name in _REFERENCES:
        kept: Json = _renamed(item, names)
        return kept
    if name == "statistics":  # the schema wants its value, a number
        return item | {"notes": WITHDRAWN}
    return {k: v if k == "id" else _erased(v, k, names) for k, v in item.items()}


def _by_id(value: Any, name: str) -> bool:
    """Whether a value is an array that OCDS merges by id."""
    return (
        isinstance(value, list) and name not in _whole_lists() and all(isinstance(o, dict) and "id" in o for o in value)
    )


def _changes(before: Any, patch: Any, name: str = "") -> bool:
    """Whether merging `patch` onto `before` would change it."""
    if isinstance(patch, dict):
        old = before if isinstance(before, dict) else {}
        return any(_changes(old.get(k), v, k) for k, v in patch.items())
    if patch is not None and _by_id(patch, name):
        old_items = {o["id"]: o for o in before or ()}
        return any(o["id"] not in old_items or _changes(old_items[o["id"]], o) for o in patch)
    return bool(before != patch)


def _renamed(node: Any, names: dict[str, str | None]) -> Any:
    """A tree whose references have the names that the parties have now."""
    if isinstance(node, list):
        return [_renamed(n, names) for n in node]
    if not isinstance(node, dict):
        return node
    if set(node) <= {"id", "name"} and node.get("id") in names:
        name = names[node["id"]]
        return {"id": node["id"], **({"name": name} if name is not None or "name" in node else {})}
    return {k: _renamed(v, names) for k, v in node.items()}


def _referenced(node: Any) -> Iterator[str]:
    """Ids of the organisations that a tree refers to."""
    if isinstance(node, list):
        for value in node:
            yield from _referenced(value)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in _REFERENCES:
                yield from (o["id"] for o in (value if isinstance(value, list) else [value]))
            else:
                yield from _referenced(value)
