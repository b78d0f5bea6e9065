"""Cardinal's results: by group (process, buyer, procuring entity, tenderer), by id, by indicator."""

from __future__ import annotations

from typing import Literal

import msgspec

Group = Literal["OCID", "Buyer", "ProcuringEntity", "Tenderer"]
Flags = dict[str, dict[str, dict[str, float]]]
"""Group to id to indicator to value."""


class Fraction:
    """Occurrences among cases."""

    __slots__ = ("denominator", "numerator")

    def __init__(self) -> None:
        self.numerator = self.denominator = 0

    def add(self, numerator: int, denominator: int) -> None:
        """More cases."""
        self.numerator += numerator
        self.denominator += denominator

    @property
    def ratio(self) -> float:
        """The share; there is at least one case."""
        return self.numerator / self.denominator


class Results(msgspec.Struct):
    """What is flagged, the fences that decided it, and how many processes or organisations each indicator could see."""

    flags: Flags = msgspec.field(default_factory=dict)
    meta: dict[str, dict[str, float]] = msgspec.field(default_factory=dict)
    maps: dict[str, dict[str, set[str]]] = msgspec.field(default_factory=dict)
    seen: dict[str, list[str]] = msgspec.field(default_factory=dict)
    """Indicator to the processes (the organisations: R025, R038, R048) that it could look at."""
    processes: int = 0

    def flag(self, group: Group, ident: str, indicator: str, value: float) -> None:
        """A process or an organisation is flagged."""
        self.flags.setdefault(group, {}).setdefault(ident, {})[indicator] = float(value)

    def relate(self, indicator: str, ocid: str, ident: str) -> None:
        """A flagged process and a flagged organisation."""
        self.maps.setdefault(f"ocid_tenderer_{indicator.lower()}", {}).setdefault(ocid, set()).add(ident)

    def tell(self, indicator: str, **fences: float) -> None:
        """The fences of an indicator, rounded as Cardinal prints them."""
        told = self.meta.setdefault(indicator, {})
        told.update({name: round(value, 4) for name, value in fences.items()})

    def saw(self, indicator: str, ident: str) -> None:
        """The indicator could look at a process or an organisation."""
        self.seen.setdefault(indicator, []).append(ident)

    def flagged(self, group: Group, indicator: str) -> dict[str, float]:
        """What an indicator flags in a group, with its values."""
        return {i: found[indicator] for i, found in self.flags.get(group, {}).items() if indicator in found}
