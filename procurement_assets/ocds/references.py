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


Path = tuple[str | int, ...]


def broken_references(release: Json) -> list[Broken]:
    """Every reference rule that a release breaks."""
    parties = release.get("parties", [])
    known = {p["id"]: p for p in parties}
    found: list[Broken] = []
    if len(known) != len(parties):
        found.append(Broken("party.unique", "parties", "two parties have the same id"))
    for path, role, reference in _organizations(release):
        party = known.get(reference.get("id"))
        # Nearly all are right: what is wrong is looked for in the others.
        if party is None or role not in party.get("roles", ()) or reference.get("name") != party.get("name"):
            found.extend(_reference(path, role, reference, party))
    if "award" in release["tag"] or "compiled" in release["tag"]:
        awards = {a["id"] for a in release.get("awards", ())}
        found.extend(
            Broken("award.missing", f"contracts/{n}/awardID", f"no award has the id {contract['awardID']!r}")
            for n, contract in enumerate(release.get("contracts", ()))
            if contract["awardID"] not in awards
        )
    for path, array in _arrays(release):
        if len(array) > 1 and len({entry["id"] for entry in array}) != len(array):
            found.append(Broken("id.unique", _text(path), "two entries have the same id"))
    if "#" in release["id"]:
        found.append(Broken("release.id", "id", "a release id must not contain '#'"))
    return found


def _text(path: Path) -> str:
    return "/".join(map(str, path))


def _organizations(release: Json) -> Iterator[tuple[Path, str, Json]]:
    """Every reference to an organisation: its path, the role it needs, itself."""
    if "buyer" in release:
        yield ("buyer",), "buyer", release["buyer"]
    for n, award in enumerate(release.get("awards", ())):
        for m, supplier in enumerate(award.get("suppliers", ())):
            yield ("awards", n, "suppliers", m), "supplier", supplier
        if "subcontracting" in award:
            for m, sub in enumerate(award["subcontracting"].get("subcontracts", ())):
                path = ("awards", n, "subcontracting", "subcontracts", m)
                if "subcontractor" in sub:
                    yield (*path, "subcontractor"), "subcontractor", sub["subcontractor"]
                for k, main in enumerate(sub.get("mainContractors", ())):
                    yield (*path, "mainContractors", k), "supplier", main
    for n, contract in enumerate(release.get("contracts", ())):
        for m, finance in enumerate(contract.get("finance", ())):
            if "financingParty" in finance:
                yield ("contracts", n, "finance", m, "financingParty"), "buyer", finance["financingParty"]


def _reference(path: Path, role: str, reference: Json, party: Json | None) -> Iterator[Broken]:
    at = _text(path)
    if party is None:
        yield Broken("party.missing", at, f"no party has the id {reference.get('id')!r}")
        return
    if role not in party.get("roles", ()):
        yield Broken("party.role", at, f"the party {party['id']!r} does not have the role {role!r}")
    if reference.get("name") != party.get("name"):
        yield Broken("party.name", at, f"named {reference.get('name')!r}, but the party is named {party.get('name')!r}")


def _arrays(release: Json) -> Iterator[tuple[Path, list[Json]]]:
    """The arrays that are merged by id."""
    yield ("tender", "items"), release.get("tender", {}).get("items", ())
    yield ("relatedProcesses",), release.get("relatedProcesses", ())
    for section in ("awards", "contracts"):
        objects = release.get(section, ())
        yield (section,), objects
        for n, entry in enumerate(objects):
            for name in ("suppliers", "items", "amendments", "finance"):
                yield (section, n, name), entry.get(name, ())
