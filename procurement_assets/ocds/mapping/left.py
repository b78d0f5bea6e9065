"""The labels of the regulatory lists that no standard field tells, for the local extension (`codes.left`).

Each list has few values in life: what is found is kept, and shared by the contracts that have it.
"""

from __future__ import annotations

from functools import lru_cache

from procurement_assets.decp import codelists as lists
from procurement_assets.ocds.mapping import codes
from procurement_assets.ocds.values import Strategy


@lru_cache(maxsize=4_096)
def techniques_left(listed: tuple[str, ...], nature: str | None) -> list[str] | None:
    """The techniques that the standard fields do not tell."""
    if listed == (codes.NOTHING,):
        return None
    homes = codes.technique_homes(nature)
    return codes.left(listed, [t for t in homes if t in listed], homes, lists.TECHNIQUES)


@lru_cache(maxsize=4_096)
def ways_left(ways: tuple[str, ...], framework: bool) -> list[str] | None:
    """The ways of execution that `frameworkAgreement.method` does not tell."""
    homes = codes.way_homes(framework)
    return codes.left(ways, [w for w in homes if w in ways], homes, lists.MODALITES_EXECUTION)


@lru_cache(maxsize=4_096)
def social_left(listed: tuple[str, ...], kind: str, strategies: tuple[Strategy, ...]) -> list[str] | None:
    """The social labels that `sustainability` does not tell."""
    told = codes.labels_of(strategies, codes.social_labels(kind))
    order = lists.SOCIALES_CONCESSION if kind == "concession" else lists.SOCIALES_MARCHE
    return codes.left(listed, told, codes.SOCIAL_STRATEGIES, order)


@lru_cache(maxsize=4_096)
def environmental_left(listed: tuple[str, ...], strategies: tuple[Strategy, ...]) -> list[str] | None:
    """The environmental labels that `sustainability` does not tell."""
    told = codes.labels_of(strategies, codes.ENVIRONMENTAL_STRATEGIES)
    return codes.left(listed, told, codes.ENVIRONMENTAL_STRATEGIES, lists.ENVIRONNEMENTALES)
