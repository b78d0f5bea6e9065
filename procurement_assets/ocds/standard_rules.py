"""The rules of coherence of the standard: what a compiled release should say that no schema can demand.

After Pelican's compiled-release checks (research/ocds.md §3.4), on the sections that DECP feeds, and the merging rules
of OCDS. A rule looks at one compiled release: `None` where it has nothing to look at, else the values that fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

Json = dict[str, Any]
Found = list[str] | None
"""Not applicable, or what fails (empty: nothing does)."""

SHARE = (0.5, 1.5)
"""Pelican's tolerance between the sum of the contracts and the award (`consistent.contracts_value`)."""
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


def contract_in_awards(release: Json) -> Found:
    """`awardID` is exactly one award."""
    ids = [a["id"] for a in _objects(release, "awards")]
    contracts = _objects(release, "contracts")
    wrong = [c for c in contracts if ids.count(c.get("awardID")) != 1]
    return [f"contrat {c['id']} : attribution {c.get('awardID')!r}" for c in wrong] if contracts else None


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
    for award in _objects(release, "awards"):
        if role == "supplier":
            yield from (s["id"] for s in award.get("suppliers", ()))
            # Holders told by a modification of an award that was then replaced are told by its amendment.
            for amendment in award.get("amendments", ()):
                yield from amendment.get("decp", {}).get("titulaires", ())
        if role == "subcontractor":
            subcontracts = award.get("subcontracting", {}).get("subcontracts", ())
            yield from (s["subcontractor"]["id"] for s in subcontracts if "subcontractor" in s)


def award_date(release: Json) -> Found:
    """An award is not dated after the data that tells it."""
    dated = [a for a in _objects(release, "awards") if "date" in a]
    wrong = [a for a in dated if a["date"] > release["date"]]
    return [f"attribution {a['id']} : {a['date']} > {release['date']}" for a in wrong] if dated else None


def signed_date(release: Json) -> Found:
    """A contract is not signed after the data that tells it, nor before its award (unless the award replaced one)."""
    awards = {a["id"]: a for a in _objects(release, "awards")}
    signed = [c for c in _objects(release, "contracts") if "dateSigned" in c]
    found = []
    for contract in signed:
        if contract["dateSigned"] > release["date"]:
            found.append(f"contrat {contract['id']} : signé {contract['dateSigned']} > {release['date']}")
        award = awards.get(contract.get("awardID"), {})
        first = contract.get("awardID") == "1"
        if first and award.get("date", "") > contract["dateSigned"]:
            found.append(f"contrat {contract['id']} : signé {contract['dateSigned']} < attribution {award['date']}")
    return found if signed else None


def periods(release: Json) -> Found:
    """A period starts before it ends."""
    held = [(c["id"], c.get("period", {})) for c in _objects(release, "contracts")]
    whole = [(i, p["startDate"], p["endDate"]) for i, p in held if {"startDate", "endDate"} <= set(p)]
    return [f"contrat {i} : {start} > {end}" for i, start, end in whole if start > end] if whole else None


def amendment_dates(release: Json) -> Found:
    """An amendment is not dated after the data that tells it, nor before the signature of its contract."""
    held = [(c, a) for c in _objects(release, "contracts") for a in c.get("amendments", ()) if "date" in a]
    wrong = [(c, a) for c, a in held if a["date"] > release["date"] or a["date"] < c.get("dateSigned", "")]
    return [f"avenant {a['id']} du contrat {c['id']} : {a['date']}" for c, a in wrong] if held else None


def contracts_value(release: Json) -> Found:
    """The contracts of an award are within 50 to 150 % of it."""
    awards = {a["id"]: _amount(a) for a in _objects(release, "awards") if a.get("status") == "active"}
    found: list[str] = []
    applicable = False
    for award, amount in awards.items():
        values = [_amount(c) for c in _objects(release, "contracts") if c.get("awardID") == award]
        known = [v for v in values if v is not None]
        if not known or not amount:
            continue
        applicable = True
        if not SHARE[0] * amount <= sum(known) <= SHARE[1] * amount:
            found.append(f"attribution {award} : {amount:.2f}, contrats : {sum(known):.2f}")
    return found if applicable else None


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


def method_and_tenderers(release: Json) -> Found:
    """A direct award has one tenderer at most."""
    tender = release.get("tender", {})
    if tender.get("procurementMethod") != "direct" or "numberOfTenderers" not in tender:
        return None
    number = tender["numberOfTenderers"]
    return [f"méthode directe et {number} offres"] if number > 1 else []


def cancelled_awards(release: Json) -> Found:
    """A cancelled award has no contract."""
    cancelled = {a["id"] for a in _objects(release, "awards") if a.get("status") == "cancelled"}
    contracts = _objects(release, "contracts")
    return [f"contrat {c['id']}" for c in contracts if c.get("awardID") in cancelled] if cancelled else None


RULES = (
    Rule("ocds.award-id-unique", "Identifiants d'attribution uniques", "error", "OCDS, merging", unique_ids("awards")),
    Rule(
        "ocds.contract-id-unique", "Identifiants de contrat uniques", "error", "OCDS, merging", unique_ids("contracts")
    ),
    Rule(
        "ocds.contract-in-awards",
        "Chaque contrat a son attribution",
        "error",
        "Pelican reference.contract_in_awards",
        contract_in_awards,
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
            "Pelican consistent.parties_roles",
            role_has_reference(role),
        )
        for role in ("buyer", "supplier", "subcontractor")
    ),
    Rule("ocds.award-date", "Attribution datée avant sa publication", "warning", "Pelican coherent.dates", award_date),
    Rule(
        "ocds.signed-date",
        "Signature avant la publication et après l'attribution",
        "warning",
        "Pelican coherent.dates",
        signed_date,
    ),
    Rule("ocds.period", "Une période commence avant sa fin", "error", "Pelican coherent.period", periods),
    Rule(
        "ocds.amendment-date",
        "Modification datée entre la signature et sa publication",
        "warning",
        "Pelican coherent.amendments_dates",
        amendment_dates,
    ),
    Rule(
        "ocds.contracts-value",
        "Montant des contrats entre 50 et 150 % de l'attribution",
        "warning",
        "Pelican consistent.contracts_value",
        contracts_value,
    ),
    Rule(
        "ocds.subcontracting-value",
        "Montant sous-traité au plus égal au montant du contrat",
        "warning",
        "Code de la commande publique, L2193-3",
        subcontracting_value,
    ),
    Rule(
        "ocds.direct-tenderers",
        "Sans mise en concurrence, une offre au plus",
        "warning",
        "Pelican coherent.procurement_method_vs_number_of_tenderers",
        method_and_tenderers,
    ),
    Rule(
        "ocds.cancelled-award",
        "Une attribution annulée n'a plus de contrat",
        "error",
        "Pelican coherent.awards_status",
        cancelled_awards,
    ),
)
