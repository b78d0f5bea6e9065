"""The red flags of OCP's method: their French titles, the fields that each needs, and whether this data has them.

The list is data (`red_flags.toml`), from OCP's own mapping of the 73 red flags to OCDS fields. Whether a flag can be
computed is decided by the data: the fields that the coverage of the compiled releases finds.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec


class RedFlag(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A red flag of the method."""

    title: str
    needs: tuple[str, ...]
    """Each is needed; `a|b`: one of them; `a+b`: both together."""
    cardinal: bool = False
    """Computed by Cardinal 0.0.8."""
    market: str = ""
    """The aggregated indicator that stands for it."""
    declined: str = ""
    """Why it is not taken although its fields are there."""


@cache
def red_flags() -> dict[str, RedFlag]:
    """Id to red flag, with shared rules written out."""
    text = files(__package__).joinpath("red_flags.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    shared: dict[str, str] = data["shared"]
    found = {}
    for ident, entry in data["flags"].items():
        needs = [shared[n[1:]] if n.startswith("$") else n for n in entry["needs"]]
        found[ident] = msgspec.convert({**entry, "needs": needs}, RedFlag)
    return found


class CardinalText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one of Cardinal's indicators is."""

    group: Literal["processus", "titulaires"]
    definition: str
    formula: str
    caveat: str


@cache
def cardinal_texts() -> dict[str, CardinalText]:
    """Id to text, for the indicators of Cardinal 0.0.8."""
    text = files(__package__).joinpath("cardinal.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, CardinalText])


def fields_of(coverage: Mapping[str, int]) -> frozenset[str]:
    """The fields that hold something, without array marks: `/awards[]/value/amount` is `awards/value/amount`."""
    return frozenset(path.replace("[]", "").strip("/") for path, count in coverage.items() if count)


def missing(needs: Iterable[str], fields: frozenset[str]) -> list[str]:
    """The fields that are needed and are not there; of several ways, that which lacks the fewest."""
    found: list[str] = []
    for need in needs:
        ways = [[f for f in way.split("+") if f not in fields] for way in need.split("|")]
        found += sorted(ways, key=len)[0]
    return list(dict.fromkeys(found))
