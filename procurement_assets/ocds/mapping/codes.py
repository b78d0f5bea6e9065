"""Correspondence of the regulatory labels with OCDS codes: the tables of research/ocds.md §2.2, as data."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from procurement_assets.decp.codelists import CodeList
from procurement_assets.ocds.values import Category, FrameworkMethod, GazetteerScheme, Goal, Method, Strategy

WITHOUT_COMPETITION = "Marché passé sans publicité ni mise en concurrence préalable"

PROCEDURES: dict[str, Method] = {
    "Appel d'offres ouvert": "open",
    "Appel d'offres restreint": "selective",
    "Procédure avec négociation": "selective",
    "Dialogue compétitif": "selective",
    WITHOUT_COMPETITION: "limited",
    "Procédure négociée ouverte": "open",
    "Procédure non négociée ouverte": "open",
    "Procédure négociée restreinte": "selective",
    "Procédure non négociée restreinte": "selective",
}
"""`procedure` to `tender.procurementMethod`. Procédure adaptée has none: the buyer chooses its own rules, and OCP's
eForms guidance leaves the method out. Without competition is `limited` (OCP's eForms
table), `direct` with one offer."""

LEGAL_BASIS = {
    "Marché de défense ou de sécurité": "32009L0081",
    "Concession de travaux": "32014L0023",
    "Concession de service": "32014L0023",
    "Concession de service public": "32014L0023",
    "Délégation de service public": "32014L0023",
}
"""`nature` to the CELEX number of the directive. Nothing for the other marchés: below the thresholds they are not
under directive 2014/24 and DECP does not tell."""

CATEGORIES_BY_NATURE: dict[str, Category] = {
    "Concession de travaux": "works",
    "Concession de service": "services",
    "Concession de service public": "services",
    "Délégation de service public": "services",
}
"""Concessions have no CPV: `nature` gives `tender.mainProcurementCategory`."""

FRAMEWORK = "Accord-cadre"
DYNAMIC_PURCHASING = "Système d'acquisition dynamique"
AUCTION = "Enchère électronique"
CATALOGUE = "Catalogue électronique"
NOTHING = "Sans objet"
TECHNIQUES_WITH_A_HOME = frozenset({FRAMEWORK, DYNAMIC_PURCHASING, AUCTION, CATALOGUE})

ORDERS, CALL_OFFS = "Bons de commande", "Marchés subséquents"
FRAMEWORK_METHODS: dict[tuple[bool, bool], FrameworkMethod] = {
    (True, False): "withoutReopeningCompetition",
    (False, True): "withReopeningCompetition",
    (True, True): "withAndWithoutReopeningCompetition",
}
"""(`Bons de commande`, `Marchés subséquents`) of a framework to `frameworkAgreement.method` (as eForms BT-765)."""

SOCIAL_STRATEGIES: dict[str, Strategy] = {
    "Clause sociale": "contractPerformanceConditions",
    "Critère social": "awardCriteria",
    "Marché réservé": "reservedParticipation",
    "Concession réservée": "reservedParticipation",
}
ENVIRONMENTAL_STRATEGIES: dict[str, Strategy] = {
    "Clause environnementale": "contractPerformanceConditions",
    "Critère environnemental": "awardCriteria",
}
NO_SOCIAL, NO_ENVIRONMENTAL = "Pas de considération sociale", "Pas de considération environnementale"
INNOVATION_GOAL: Goal = "economic.innovativePurchase"

GAZETTEERS: dict[str, GazetteerScheme] = {
    "Code postal": "FR-LAPOSTE-CP",
    "Code commune": "FR-COG-COM",
    "Code arrondissement": "FR-COG-ARR",
    "Code canton": "FR-COG-CAN",
    "Code département": "FR-COG-DEP",
    "Code région": "FR-COG-REG",
    "Code pays": "ISO2",
}
"""`lieuExecution.typeCode` to a gazetteer: the code officiel géographique, La Poste, ISO 3166. The French ones are
our own, in an open code list (`extension.build.GAZETTEERS`)."""


RESERVED = {"marche": "Concession réservée", "concession": "Marché réservé"}
"""The label of reservation that each kind of contract does not have."""


def social_labels(kind: str) -> dict[str, Strategy]:
    """The social labels of a kind of contract: a reservation is told by `reservedParticipation` for both kinds."""
    return {label: strategy for label, strategy in SOCIAL_STRATEGIES.items() if label != RESERVED[kind]}


def labels_of(strategies: Collection[Strategy], table: Mapping[str, Strategy]) -> tuple[str, ...]:
    """The labels that strategies tell, in the order of the code list."""
    return tuple(label for label, strategy in table.items() if strategy in strategies)


def technique_homes(nature: str | None) -> tuple[str, ...]:
    """The techniques that standard fields tell. Where the nature is a framework, `hasFrameworkAgreement` tells that."""
    homes = (DYNAMIC_PURCHASING, CATALOGUE, AUCTION)
    return homes if nature == FRAMEWORK else (FRAMEWORK, *homes)


def way_homes(framework: bool) -> tuple[str, ...]:
    """The ways of execution that `frameworkAgreement.method` tells."""
    return (ORDERS, CALL_OFFS) if framework else ()


def _merged(told: Collection[str], others: Collection[str], order: CodeList) -> list[str]:
    ranks = {label: rank for rank, label in enumerate(order.labels)}
    return sorted([*told, *others], key=lambda label: ranks.get(label, len(ranks)))


def left(listed: tuple[str, ...], told: Collection[str], homes: Collection[str], order: CodeList) -> list[str] | None:
    """The labels of a list that standard fields do not tell; all of them where the published order, or a label that
    shares its code with another, would be lost. `whole` reads it back."""
    others = [label for label in listed if label not in homes]
    if told and _merged(told, others, order) != list(listed):
        others = list(listed)
    return others or None


def whole(
    found: Collection[str] | None, told: Collection[str], homes: Collection[str], order: CodeList
) -> list[str] | None:
    """The list that `left` was given: in the order of the code list, unless it holds a label that has a home."""
    others = list(found or ())
    if not told or any(label in homes for label in others):
        return others or None
    return _merged(told, others, order)


def category(cpv: str | None, nature: str | None) -> Category | None:
    """`mainProcurementCategory` from the CPV division (45 works; 03 to 44 and 48 goods; 50 to 98 services)."""
    if not cpv or not cpv[:2].isdigit():
        return CATEGORIES_BY_NATURE.get(nature or "")
    division = int(cpv[:2])
    if division == 45:
        return "works"
    return "goods" if division < 50 else "services"
