"""A profile made ready to draw from: every distribution spread over `SIZE` values, once per process."""

from __future__ import annotations

from functools import lru_cache
from typing import TypeVar

from procurement_assets.decp.raw import Scalar
from procurement_assets.sample.draw import SIZE, day, quantiles, spread
from procurement_assets.sample.identifiers import PARIS, PARIS_ESTABLISHMENTS
from procurement_assets.sample.profiles import Cpv, Profile, cpv_codes, load_profile, words

T = TypeVar("T")

# CPV families whose contracts must give the origin of the products (research/decp.md §1.3).
_ORIGIN_RANGES = (
    ("15100000", "15982200"),
    ("34100000", "34144910"),
    ("34510000", "34522700"),
    ("34600000", "34622500"),
    ("34710000", "34722200"),
    ("33100000", "33198200"),
    ("33600000", "33698300"),
    ("18100000", "18453000"),
    ("18800000", "18843000"),
)
_CCAG = {"T": "Travaux", "S": "Fournitures courantes et services", "F": "Fournitures courantes et services"}
_CCAG_BY_FAMILY = {
    "maitrise-oeuvre": "Maitrise d'œuvre",
    "etudes": "Prestations intellectuelles",
    "formation": "Prestations intellectuelles",
    "informatique": "Techniques de l'information et de la communication",
    "energie": "Pas de CCAG",
}


class Draw:
    """What a CPV code decides: category of amount, wording, reference clauses, whether the origin must be told."""

    __slots__ = ("ccag", "code", "family", "mu", "nature", "needs_origin", "sigma", "templates", "words")

    def __init__(self, cpv: Cpv, profile: Profile) -> None:
        category = profile.categories[cpv.nature]  # type: ignore[index]
        self.code = cpv.code
        self.nature = cpv.nature
        self.family = cpv.family
        self.words = cpv.words
        self.mu = category.mu
        self.sigma = category.sigma
        self.templates: list[str] = words()["templates"][cpv.family]
        self.ccag = _CCAG_BY_FAMILY.get(cpv.family, _CCAG[cpv.nature])
        self.needs_origin = any(low <= cpv.code <= high for low, high in _ORIGIN_RANGES)


class Tables:
    """The distributions of a profile, see `procurement_assets.sample.profiles.Profile` for their meaning."""

    def __init__(self, profile: Profile) -> None:
        labels = profile.labels
        self.profile = profile
        self.is_2022 = profile.format == "2022"
        self.start = day(profile.start)
        self.days = day(profile.end) - self.start + 1
        self.last = day(profile.published_at) - 1
        self.cpv = _cpv_draws(profile)
        self.lag = [int(value) for value in quantiles(profile.lag)]
        self.ratio = quantiles(profile.modification_ratio)
        self.counts = [int(n) for n in spread(profile.modification_counts)]
        self.holders = [int(n) for n in spread(profile.holders)]
        several = 1 - profile.holders.get("1", 0.0) / sum(profile.holders.values())
        self.groupement = profile.groupement / several if several else 0.0
        self.holder_kinds = _holder_kinds(profile)
        self.fixed_share = sum(profile.fixed_amounts.values())
        self.fixed = [float(v) for v in spread(profile.fixed_amounts)] if profile.fixed_amounts else [0.0] * SIZE
        self.nature = spread(labels["nature"])
        self.procedure = spread(labels["procedure"])
        self.forme_prix = spread(labels["formePrix"])
        self.types_prix = _lists(labels["typesPrix"])
        self.techniques = _lists(labels["techniques"])
        self.modalites_framework = _lists(labels["modalites-accord-cadre"])
        self.modalites_other = _lists(labels["modalites-autres"])
        self.sociales = _lists(labels["sociales"])
        self.environnementales = _lists(labels["environnementales"])
        self.taux = [float(v) for v in spread(labels["tauxAvance"])]
        self.offres = [int(v) for v in spread(labels["offresRecues"])]
        self.durees = [int(v) for v in spread(labels["dureeMois"])]
        self.lieux = [tuple(v.split("|")) for v in spread(labels["lieu"])]
        self.streets, self.facilities, self.ends = _places(profile)
        self.lots: list[str] = words()["lots"]["suffixes"]
        self.paris = _paris_buyers(profile.main_buyer)


def _cpv_draws(profile: Profile) -> list[Draw]:
    codes = cpv_codes()
    totals = {nature: sum(c.weight for c in codes if c.nature == nature) for nature in profile.categories}
    weights = {c.code: c.weight * profile.categories[c.nature].share / totals[c.nature] for c in codes}  # type: ignore[index]
    draws = {c.code: Draw(c, profile) for c in codes}
    return [draws[code] for code in spread(weights)]


def _holder_kinds(profile: Profile) -> list[str]:
    foreign = profile.foreign_holders
    return spread({"SIRET": 1 - sum(foreign.values())} | foreign)


def _lists(weights: dict[str, float]) -> list[list[Scalar]]:
    """Label lists, written `a|b` in the profile. A list is shared between records: nobody changes it in place."""
    return spread_values({key: list(key.split("|")) for key in weights}, weights)


def spread_values(values: dict[str, T], weights: dict[str, float]) -> list[T]:
    """`spread` for values that cannot be keys."""
    return [values[key] for key in spread(weights)]


def _places(profile: Profile) -> tuple[list[str], list[str], list[str]]:
    places = words()["places"]
    streets = []
    for street in places["streets"]:
        name, arrondissement = street.split("|")
        streets.append(f"%d {name} - {75000 + int(arrondissement)} Paris")
    ends = places["ends" if profile.buyers == "paris" else "national_ends"]
    return streets, places["facilities"], ends


def _paris_buyers(main_share: float) -> list[str]:
    others = sum(PARIS_ESTABLISHMENTS.values())
    shares = {PARIS: main_share} | {s: (1 - main_share) * n / others for s, n in PARIS_ESTABLISHMENTS.items()}
    return spread(shares)


@lru_cache(maxsize=16)
def tables_of(name: str) -> Tables:
    """The tables of a profile by its name, made once."""
    return Tables(load_profile(name))
