"""The rules of the standard that are ours: what merging, the code and useful publication ask for and no schema can.

Pelican's checks are in `quality.indicators.pelican`; three of them block and are run here beside ours
(`quality.indicators.pelican.blocking`). A rule looks at one compiled release: `None` where it has nothing to look at,
else the values that fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

Json = dict[str, Any]
Found = list[str] | None
"""Not applicable, or what fails (empty: nothing does)."""

CENT = 0.005


class Rule(NamedTuple):
    """A rule of one compiled release."""

    id: str
    title: str
    severity: Literal["error", "warning"]
    source: str
    check: Callable[[Json], Found]


def _objects(release: Json, section: str) -> list[Json]:
    return list(release.get(section, ()))


def _amount(node: Json | None) -> float | None:
    value = (node or {}).get("value", {}).get("amount")
    return value if isinstance(value, (int, float)) else None


def unique_ids(section: str) -> Callable[[Json], Found]:
    """Ids of a section are distinct."""

    def check(release: Json) -> Found:
        ids = [o["id"] for o in _objects(release, section)]
        return [f"{section} : {i}" for i in sorted({i for i in ids if ids.count(i) > 1})] if ids else None

    return check


def suppliers_of_active_awards(release: Json) -> Found:
    """An award in force has a supplier."""
    active = [a for a in _objects(release, "awards") if a.get("status") == "active"]
    return [f"attribution {a['id']} sans titulaire" for a in active if not a.get("suppliers")] if active else None


def role_has_reference(role: str) -> Callable[[Json], Found]:
    """A party with a role is referred to in that role."""

    def check(release: Json) -> Found:
        held = [p["id"] for p in _objects(release, "parties") if role in p.get("roles", ())]
        used = set(_references(release, role))
        return [f"{p} : rôle {role} sans référence" for p in held if p not in used] if held else None

    return check


def _references(release: Json, role: str) -> Iterator[str]:
    if role == "buyer":
        yield release.get("buyer", {}).get("id", "")
    else:
        for award in _objects(release, "awards"):
            subcontracts = award.get("subcontracting", {}).get("subcontracts", ())
            yield from (s["subcontractor"]["id"] for s in subcontracts if "subcontractor" in s)


def subcontracting_value(release: Json) -> Found:
    """Subcontracted amounts do not exceed the award, or its contract where a modification raised it."""
    found: list[str] = []
    applicable = False
    for award in _objects(release, "awards"):
        total = _amount(award.get("subcontracting"))
        contracts = [_amount(c) for c in _objects(release, "contracts") if c.get("awardID") == award["id"]]
        known = [v for v in (_amount(award), *contracts) if v is not None]
        if total is None or not known:
            continue
        applicable = True
        if total > max(known) + CENT:
            found.append(f"attribution {award['id']} : sous-traité {total:.2f} > {max(known):.2f}")
    return found if applicable else None


RULES = (
    Rule("ocds.award-id-unique", "Identifiants d'attribution uniques", "error", "OCDS, merging", unique_ids("awards")),
    Rule(
        "ocds.contract-id-unique", "Identifiants de contrat uniques", "error", "OCDS, merging", unique_ids("contracts")
    ),
    Rule(
        "ocds.award-has-supplier",
        "Une attribution en vigueur a un titulaire",
        "warning",
        "OCP, useful publication",
        suppliers_of_active_awards,
    ),
    *(
        Rule(
            f"ocds.{role}-referenced",
            f"Une organisation de rôle « {role} » est citée à ce titre",
            "warning",
            "Ville de Paris ; les autres rôles : Pelican consistent.parties_roles",
            role_has_reference(role),
        )
        for role in ("buyer", "subcontractor")
    ),
    Rule(
        "ocds.subcontracting-value",
        "Montant sous-traité au plus égal au montant du contrat",
        "warning",
        "Code de la commande publique, L2193-3",
        subcontracting_value,
    ),
)
