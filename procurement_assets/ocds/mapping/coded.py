"""The coded fields of a contract: what the standard fields say of each list, and what is left for the local extension
(`codes.left`).

Each list has few values in life: what is found is kept, in one look-up a list, and shared by the contracts that have
it. Nothing changes it once it is made.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from procurement_assets.decp import codelists as lists
from procurement_assets.ocds.mapping import codes
from procurement_assets.ocds.mapping.values import labels
from procurement_assets.ocds.model import ContractTerms, Sustainability
from procurement_assets.ocds.values import FrameworkMethod, Goal, Strategy


class Techniques(NamedTuple):
    """What a list of techniques says."""

    framework: bool
    dynamic: bool | None
    auction: bool | None
    catalogue: bool
    left: list[str] | None


@lru_cache(maxsize=4_096)
def techniques(published: tuple[str, ...], nature: str | None) -> Techniques:
    """The techniques: `Sans objet` makes the booleans false; unknown leaves them out.

    Format 2019 has no techniques, but `nature` says `Accord-cadre`.
    """
    listed = labels(published)
    homes = codes.technique_homes(nature)
    told = [t for t in homes if t in listed]
    return Techniques(
        framework=nature == codes.FRAMEWORK or codes.FRAMEWORK in listed,
        dynamic=codes.DYNAMIC_PURCHASING in listed if published else None,
        auction=codes.AUCTION in listed if published else None,
        catalogue=codes.CATALOGUE in listed,
        left=None if listed == (codes.NOTHING,) else codes.left(listed, told, homes, lists.TECHNIQUES),
    )


class Ways(NamedTuple):
    """What a list of ways of execution says."""

    method: FrameworkMethod | None
    left: list[str] | None


@lru_cache(maxsize=4_096)
def ways(published: tuple[str, ...], framework: bool) -> Ways:
    """The ways of execution, those of a framework in `frameworkAgreement.method`."""
    listed = labels(published)
    homes = codes.way_homes(framework)
    told = [w for w in homes if w in listed]
    method = codes.FRAMEWORK_METHODS.get((codes.ORDERS in listed, codes.CALL_OFFS in listed)) if framework else None
    return Ways(method, codes.left(listed, told, homes, lists.MODALITES_EXECUTION))


class Considerations(NamedTuple):
    """`hasSustainability` and `sustainability`, and the labels that they do not tell."""

    has: bool | None
    goals: list[Sustainability] | None
    social_left: list[str] | None
    environmental_left: list[str] | None


@lru_cache(maxsize=4_096)
def considerations(
    social: tuple[str, ...], environmental: tuple[str, ...], innovative: bool, kind: str
) -> Considerations:
    """`hasSustainability` and `sustainability` (extension).

    False only when both considerations say that there is none; unknown leaves it out (research/ocds.md §2.2).
    """
    social, environmental = labels(social), labels(environmental)
    in_social, in_environmental = (
        _strategies(codes.SOCIAL_STRATEGIES, social),
        _strategies(codes.ENVIRONMENTAL_STRATEGIES, environmental),
    )
    goals: list[Sustainability] = []
    if in_social:
        goals.append(Sustainability(goal="social", strategies=in_social))
    if in_environmental:
        goals.append(Sustainability(goal="environmental", strategies=in_environmental))
    if innovative:
        innovation: Goal = codes.INNOVATION_GOAL
        goals.append(Sustainability(goal=innovation))
    none = codes.NO_SOCIAL in social and codes.NO_ENVIRONMENTAL in environmental
    order = lists.SOCIALES_CONCESSION if kind == "concession" else lists.SOCIALES_MARCHE
    return Considerations(
        has=True if goals else False if none else None,
        goals=goals or None,
        social_left=codes.left(
            social, codes.labels_of(in_social, codes.social_labels(kind)), codes.SOCIAL_STRATEGIES, order
        ),
        environmental_left=codes.left(
            environmental,
            codes.labels_of(in_environmental, codes.ENVIRONMENTAL_STRATEGIES),
            codes.ENVIRONMENTAL_STRATEGIES,
            lists.ENVIRONNEMENTALES,
        ),
    )


def _strategies(table: dict[str, Strategy], found: tuple[str, ...]) -> list[Strategy]:
    return list(dict.fromkeys(s for label, s in table.items() if label in found))


class Terms(NamedTuple):
    """`contractTerms`, and the types of price."""

    said: ContractTerms | None
    types: list[str] | None


@lru_cache(maxsize=16_384)
def terms(
    form: str | None, published: tuple[str, ...], advance: bool | None, rate: float | None, ccag: str | None
) -> Terms:
    """`contractTerms` (extension): price form, advance and CCAG as French text; the codes are in `decp`."""
    types = labels(published)
    parts = []
    if form:
        parts.append(f"Forme du prix : {form}.")
    if types:
        parts.append(f"Types de prix : {', '.join(types)}.")
    if advance is not None:
        known = advance and rate
        parts.append(f"Avance : {rate * 100:g} %." if known and rate else f"Avance : {'oui' if advance else 'non'}.")
    financial, other = " ".join(parts) or None, f"CCAG : {ccag}." if ccag else None
    said = ContractTerms(financialTerms=financial, otherTerms=other) if financial or other else None
    return Terms(said, list(types) or None)
