"""What merging cannot say, told by the local extension, so that a corrected history gives the record back.

Merging never removes an object from a list, nor changes the order of a list. Where the published state, merged with
the current one, would therefore say something else than the record does, the current state gets one word more before
it is compared:

| the state that is published | the current state gets |
|---|---|
| has the holders of the award in another order | `awards[].decp.titulaires`: the holders, in order |
| has a subcontractor where the act has none any more | `…subcontracts[].decp.nonPublies`: `sousTraitant` |
| has a place with a name where the contract has none any more | `tender.decp.nonPublies`: `lieuExecution.nom` |
"""

from __future__ import annotations

from typing import Any

import msgspec

from procurement_assets.ocds.mapping.parties import listed, operator_of
from procurement_assets.ocds.model import Organization

Json = dict[str, Any]


def completed(target: Json, state: Json, first_award: str) -> Json:
    """The current state, with the words that the published state makes necessary.

    `first_award`: the id under which the award of the record is published.
    """
    known = {a["id"]: a for a in state.get("awards", ())}
    awards = [
        _subcontracts(_holders(a, known[a["id"]], target) if a["id"] == first_award else a, known[a["id"]])
        if a["id"] in known
        else a
        for a in target.get("awards", ())
    ]
    return (
        target | {"tender": _place(target["tender"], state.get("tender", {}))} | ({"awards": awards} if awards else {})
    )


def _with(node: Json, **fields: Any) -> Json:
    """An object whose `decp` says more."""
    return node | {"decp": node.get("decp", {}) | fields}


def _holders(award: Json, published: Json, target: Json) -> Json:
    said = award.get("decp", {})
    if "titulaires" in said or "titulaires" in said.get("nonPublies", ()):
        return award
    wanted = [s["id"] for s in award.get("suppliers", ())]
    merged = list(dict.fromkeys([*(s["id"] for s in published.get("suppliers", ())), *wanted]))
    if merged == wanted:
        return award
    parties = {p["id"]: msgspec.convert(p, Organization) for p in target["parties"]}
    family = target["tender"]["decp"]["format"]
    return _with(award, titulaires=msgspec.to_builtins(listed(operator_of(parties[p], family) for p in wanted)))


def _subcontracts(award: Json, published: Json) -> Json:
    told = award.get("subcontracting", {})
    known = {s["id"]: s for s in published.get("subcontracting", {}).get("subcontracts", ())}
    found = [
        _with(s, nonPublies=["sousTraitant"])
        if "subcontractor" not in s and "subcontractor" in known.get(s["id"], {})
        else s
        for s in told.get("subcontracts", ())
    ]
    return award | {"subcontracting": told | {"subcontracts": found}} if found else award


def _place(tender: Json, published: Json) -> Json:
    def names(node: Json) -> bool:
        return any("deliveryAddresses" in item for item in node.get("items", ()))

    return _with(tender, nonPublies=["lieuExecution.nom"]) if names(published) and not names(tender) else tender
