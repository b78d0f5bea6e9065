"""Profiles, words and CPV codes of the generator: the typed reading of the data files of this package."""

from __future__ import annotations

import csv
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from procurement_assets.decp.raw import Format, Layout

HERE = Path(__file__).parent


class Category(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Amounts of works (T), services (S) or supplies (F): share of contracts, lognormal law of the amount in euros."""

    share: float
    mu: float
    sigma: float


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a kind of file looks like. Figures and where they were measured: profiles.toml."""

    name: str
    description: str
    measured: str
    format: Format
    layout: Layout
    source_label: str
    ids: Literal["paris-2022", "paris-2019", "national"]
    buyers: Literal["paris", "national"]
    start: str
    """First day of notification."""
    end: str
    """Last day of notification."""
    published_at: str
    """When the file is said to be published: nothing in it is later, except seeded future dates."""
    concessions: float
    main_buyer: float
    """Share of the City's contracts bought by its main establishment."""
    out_of_scope: float
    """Share of records of other buyers (a regional platform's file)."""
    round_thousands: float
    ends_9_99: float
    amount_min: float
    amount_max: float
    fixed_amounts: dict[str, float]
    lag: list[tuple[float, float]]
    """Days from notification to publication: quantiles (per cent, days)."""
    holders: dict[str, float]
    groupement: float
    supplier_pool: int
    supplier_fresh: float
    """Share of draws that take a supplier never seen again."""
    supplier_skew: float
    """Power of the draw among the pool: 1 is uniform, higher is more concentrated."""
    foreign_holders: dict[str, float]
    modified: float
    modification_counts: dict[str, float]
    modification_ratio: list[tuple[float, float]]
    """Last amount over first: quantiles."""
    subcontracted: float
    subcontract_modified: float
    cpv_division_only: float
    place_share: float
    lot_share: float
    subsequent: float
    avance: float
    innovant: float
    categories: dict[Literal["T", "S", "F"], Category]
    labels: dict[str, dict[str, float]]
    defects: dict[str, float]
    objet_style: Literal["plain", "upper"] = "plain"


class Cpv(msgspec.Struct, frozen=True):
    """A CPV code of cpv.csv; `words` is how a subject names it."""

    code: str
    nature: str
    family: str
    weight: int
    words: str


@lru_cache(maxsize=1)
def _raw_profiles() -> dict[str, Any]:
    return tomllib.loads((HERE / "profiles.toml").read_text(encoding="utf-8"))


def profile_names() -> list[str]:
    """The names of the profiles, in the order of the file."""
    return list(_raw_profiles())


@lru_cache(maxsize=32)
def load_profile(name: str) -> Profile:
    """A profile by name. Raises `KeyError` naming the profiles that exist."""
    if name not in _raw_profiles():
        raise KeyError(f"no profile is called {name!r}; profiles: {', '.join(profile_names())}")
    return msgspec.convert(_resolved(name) | {"name": name}, Profile)


LEGAL_DAYS = 57
"""Days from notification to publication that are always within the legal two months (59 days at least), less the two
by which the generator moves a modification's date to the Friday before."""


def punctual(profile: Profile) -> Profile:
    """The profile without its late publications: the measured delays, none beyond the legal two months.

    Real sources publish late (`lag`): a truth drawn from their figures breaks the rules on delays, this one does not.
    """
    return msgspec.structs.replace(profile, lag=[(share, min(days, LEGAL_DAYS)) for share, days in profile.lag])


def _resolved(name: str) -> dict[str, Any]:
    own = dict(_raw_profiles()[name])
    parent = own.pop("inherits", None)
    return _merge(_resolved(parent), own) if parent else own


def _merge(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """`own` over `base`: `labels`, `categories` and `defects` entry by entry, every other value as a whole."""
    merged = base | own
    for table in ("labels", "categories", "defects"):
        merged[table] = base.get(table, {}) | own.get(table, {})
    return merged


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """The words of words.toml."""
    return tomllib.loads((HERE / "words.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def cpv_codes() -> tuple[Cpv, ...]:
    """The CPV codes drawn from, with their frequencies in the real files (cpv.csv)."""
    with (HERE / "cpv.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(msgspec.convert(row, Cpv, strict=False) for row in csv.DictReader(lines))
