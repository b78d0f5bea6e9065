"""Pelican's compiled-release checks of roles, names and references between parties, awards and contracts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from procurement_assets.quality.indicators.pelican.reading import At, Release, array, has
from procurement_assets.quality.indicators.pelican.results import Check, Count, ReleaseResult, undefined

REFERENCES = {
    "procuringEntity": "tender.procuringEntity",
    "tenderer": "tender.tenderers",
    "supplier": "awards.suppliers",
    "payer": "contracts.implementation.transactions.payer",
    "payee": "contracts.implementation.transactions.payee",
}
"""Where a party of each role is referred to (the buyer is not tested by `parties_roles`)."""


def parties_roles(release: Release) -> ReleaseResult:
    """A party with a role is referred to in that role."""
    parties = [
        (path, str(party["id"]), role)
        for path, party in release.at("parties")
        if has(party, "id")
        for role in array(party.get("roles"))
        if isinstance(role, str) and role in REFERENCES
    ]
    if not parties:
        return undefined("no party has an id and an applicable role")
    referred = {r: {str(v) for v in release.values(f"{REFERENCES[r]}.id")} for r in {role for _, _, role in parties}}
    count = Count()
    for path, ident, role in parties:
        if ident in referred[role]:
            count.ok()
        else:
            count.fail({"path": path, "role": role, "id": ident})
    return count.result()


class _Parties(NamedTuple):
    """The parties of a release that have some keys, by id as text."""

    by_id: dict[str, At]
    repeats: Counter[str]


def _parties(release: Release, *keys: str) -> _Parties:
    """Parties with some keys; computed once for a release."""
    name = f"parties {keys}"
    if name not in release.extra:
        held = [p for p in release.at("parties") if all(has(p.value, k) for k in keys)]
        ids = [str(p.value["id"]) for p in held]
        release.extra[name] = _Parties(dict(zip(ids, held, strict=True)), Counter(ids))
    found: _Parties = release.extra[name]
    return found


def _matched(release: Release, path: str, parties: _Parties, *keys: str) -> list[At]:
    """References with some keys that are to exactly one party."""
    return [
        r
        for r in release.at(path)
        if all(has(r.value, k) for k in keys) and parties.repeats.get(str(r.value["id"])) == 1
    ]


def in_parties_roles(release: Release, path: str, role: str) -> ReleaseResult:
    """A party that is referred to has the role of that reference."""
    parties = _parties(release, "id")
    if not parties.by_id:
        return undefined("no party has an id")
    references = _matched(release, path, parties, "id")
    if not references:
        return undefined("no reference has an id and matches exactly one party")
    count = Count()
    for where, reference in references:
        party = parties.by_id[str(reference["id"])]
        roles = array(party.value.get("roles"))
        if role in roles:
            count.ok()
        else:
            count.fail(_role_failure(party, roles, where, reference["id"], role))
    return count.result()


def _role_failure(party: At, roles: list[Any], where: str, ident: Any, role: str) -> dict[str, Any]:
    return {
        "party": {"path": party.path, "id": party.value["id"], "roles": roles},
        "reference": {"path": where, "id": ident, "role": role},
    }


def name_in_parties(release: Release, path: str) -> ReleaseResult:
    """A reference has the name of its party."""
    parties = _parties(release, "id", "name")
    if not parties.by_id:
        return undefined("no party has an id and a name")
    references = _matched(release, path, parties, "id", "name")
    if not references:
        return undefined("no reference has an id and a name and matches exactly one party")
    count = Count()
    for where, reference in references:
        party = parties.by_id[str(reference["id"])]
        if reference["name"] == party.value["name"]:
            count.ok()
            continue
        count.fail(
            {
                "party": {"path": party.path, "id": party.value["id"], "name": party.value["name"]},
                "reference": {"path": where, "id": reference["id"], "name": reference["name"]},
            }
        )
    return count.result()


_PARTY_REASONS = (
    "reference has no id",
    "no party has an id",
    "id values are not the same type",
    "no party matches the referencing id",
    "multiple parties match the referencing id",
)
_AWARD_REASONS = (
    "contract has no awardID",
    "no award has an id",
    "id is not the same type as awardID",
    "no award matches the awardID",
    "multiple awards match the awardID",
)


def _refers_to_one(
    release: Release, path: str, key: str, targets: str, reasons: tuple[str, ...], unset: str
) -> ReleaseResult:
    """A reference is present and is the identifier of exactly one object."""
    references = release.at(path)
    if not references:
        return undefined(unset)
    ids = [i for i in release.values(targets) if not isinstance(i, dict)]
    typed, texts = Counter(map(_typed, ids)), {str(i) for i in ids}
    count = Count()
    for where, node in references:
        ident = node.get(key) if has(node, key) else None
        reason = _wrong(ident, has(node, key), typed, texts, reasons)
        if reason is None:
            count.ok()
        else:
            count.fail({"path": where, key: ident, "reason": reason})
    return count.result()


def _typed(value: Any) -> tuple[bool, Any]:
    """A value that is equal only to one of its type: "1" is not 1."""
    return isinstance(value, str), value if not isinstance(value, list) else tuple(value)


def _wrong(
    ident: Any, present: bool, typed: Counter[tuple[bool, Any]], texts: set[str], reasons: tuple[str, ...]
) -> str | None:
    missing, none_has, other_type, unmatched, several = reasons
    if not present:
        return missing
    found = typed.get(_typed(ident), 0) if not isinstance(ident, dict) else 0
    if found == 0:
        if not texts:
            return none_has
        return other_type if str(ident) in texts else unmatched
    return several if found > 1 else None


def in_parties(release: Release, path: str) -> ReleaseResult:
    """A reference to an organisation is the identifier of exactly one party."""
    return _refers_to_one(release, path, "id", "parties.id", _PARTY_REASONS, "no reference is set")


def contract_in_awards(release: Release) -> ReleaseResult:
    """A contract's `awardID` is the identifier of exactly one award."""
    return _refers_to_one(release, "contracts", "awardID", "awards.id", _AWARD_REASONS, "no contract is set")


BY_ROLE = {
    "supplier": ("awards.suppliers", "supplier"),
    "tenderer": ("tender.tenderers", "tenderer"),
    "buyer": ("buyer", "buyer"),
    "procuring_entity": ("tender.procuringEntity", "procuringEntity"),
    "payer": ("contracts.implementation.transactions.payer", "payer"),
    "payee": ("contracts.implementation.transactions.payee", "payee"),
}


def by_role(prefix: str, suffix: str, check: Callable[..., ReleaseResult], *, with_role: bool) -> dict[str, Check]:
    """One check per role, by Pelican's name."""
    return {
        f"{prefix}.{name}_{suffix}": partial(check, path=path, role=role) if with_role else partial(check, path=path)
        for name, (path, role) in BY_ROLE.items()
    }
