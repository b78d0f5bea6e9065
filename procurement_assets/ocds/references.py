"""Checks that no JSON Schema can say: what refers to what, inside one release.

| rule | says | source |
|---|---|---|
| `party.unique` | one party per id | OCDS reference, parties |
| `party.missing` | a reference points to a party of the release | OCDS reference, OrganizationReference |
| `party.role` | that party has the role of the reference | Pelican `*_in_parties_roles` |
| `party.name` | and the same name | Pelican `*_name_in_parties` |
| `award.missing` | `contracts[].awardID` is an award of the release (base and compiled) | OCDS, `awardID` |
| `id.unique` | ids are distinct within an array merged by id | OCDS, merging |
| `release.id` | a release id has no `#`, an ocid no unsafe character | OCDS reference, release id |
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

Json = dict[str, Any]


class Broken(NamedTuple):
    """A rule that a release breaks."""

    rule: str
    path: str
    message: str


def broken_references(release: Json) -> list[Broken]:
    """Every reference rule that a release breaks."""
    parties = release.get("parties", [])
    known = {p["id"]: p for p in parties}
    found: list[Broken] = []
    if len(known) != len(parties):
        found.append(Broken("party.unique", "parties", "two parties have the same id"))
    for path, role, reference in _organizations(release):
        found.extend(_reference(path, role, reference, known.get(reference.get("id"))))
    if "award" in release["tag"] or "compiled" in release["tag"]:
        awards = {a["id"] for a in release.get("awards", ())}
        found.extend(
            Broken("award.missing", f"contracts/{n}/awardID", f"no award has the id {contract['awardID']!r}")
            for n, contract in enumerate(release.get("contracts", ()))
            if contract["awardID"] not in awards
        )
    found.extend(_repeated(release))
    if "#" in release["id"]:
        found.append(Broken("release.id", "id", "a release id must not contain '#'"))
    return found


def _organizations(release: Json) -> Iterator[tuple[str, str, Json]]:
    """Every reference to an organisation: its path, the role it needs, itself."""
    if "buyer" in release:
        yield "buyer", "buyer", release["buyer"]
    for n, award in enumerate(release.get("awards", ())):
        for m, supplier in enumerate(award.get("suppliers", ())):
            yield f"awards/{n}/suppliers/{m}", "supplier", supplier
        if "subcontracting" in award:
            for m, sub in enumerate(award["subcontracting"].get("subcontracts", ())):
                path = f"awards/{n}/subcontracting/subcontracts/{m}"
                if "subcontractor" in sub:
                    yield f"{path}/subcontractor", "subcontractor", sub["subcontractor"]
                for k, main in enumerate(sub.get("mainContractors", ())):
                    yield f"{path}/mainContractors/{k}", "supplier", main
    for n, contract in enumerate(release.get("contracts", ())):
        for m, finance in enumerate(contract.get("finance", ())):
            if "financingParty" in finance:
                yield f"contracts/{n}/finance/{m}/financingParty", "buyer", finance["financingParty"]


def _reference(path: str, role: str, reference: Json, party: Json | None) -> Iterator[Broken]:
    if party is None:
        yield Broken("party.missing", path, f"no party has the id {reference.get('id')!r}")
        return
    if role not in party.get("roles", ()):
        yield Broken("party.role", path, f"the party {party['id']!r} does not have the role {role!r}")
    if reference.get("name") != party.get("name"):
        yield Broken(
            "party.name", path, f"named {reference.get('name')!r}, but the party is named {party.get('name')!r}"
        )


def _repeated(release: Json) -> Iterator[Broken]:
    tender = release.get("tender", {})
    arrays = [("tender/items", tender.get("items", ())), ("relatedProcesses", release.get("relatedProcesses", ()))]
    for section in ("awards", "contracts"):
        objects = release.get(section, ())
        arrays.append((section, objects))
        arrays += [
            (f"{section}/{n}/{name}", found)
            for n, entry in enumerate(objects)
            for name in ("suppliers", "items", "amendments", "finance")
            if len(found := entry.get(name, ())) > 1
        ]
    for path, array in arrays:
        if len(array) > 1 and len({entry["id"] for entry in array}) != len(array):
            yield Broken("id.unique", path, "two entries have the same id")
