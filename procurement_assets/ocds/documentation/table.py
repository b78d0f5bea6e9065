"""The mapping of DECP to OCDS as data (`mapping.toml`), and which extension each path comes from."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import msgspec

FILE = Path(__file__).with_name("mapping.toml")
LOCAL = "ocds_fr_decp"

Section = Literal[
    "identity",
    "release",
    "parties",
    "tender",
    "awards",
    "contracts",
    "modifications",
    "subcontracting",
    "execution",
]

_EXTENSIONS = {
    "bids": "bids",
    "deliveryLocations": "location",
    "deliveryAddresses": "location",
    "techniques": "techniques",
    "hasSustainability": "sustainability",
    "sustainability": "sustainability",
    "hasSubcontracting": "subcontracting",
    "subcontracting": "subcontracting",
    "submissionTerms": "submissionTerms",
    "contractTerms": "contractTerms",
    "finance": "finance",
    "metrics": "metrics",
    "tariffs": "tariffs",
    "legalBasis": "legalBasis",
}
"""Field that an extension adds, to the id of the extension in `pins.toml`; a test asks the official schema."""


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing said: the fields it comes from, the paths it goes to, how, and what is lost."""

    section: Section
    v2022: list[str]
    v2019: list[str]
    ocds: list[str] = []
    fr: str
    en: str
    loss_fr: str = ""
    loss_en: str = ""
    no_home_fr: str = ""
    no_home_en: str = ""
    source_fr: str = ""
    """What it comes from when not a field of DECP."""
    source_en: str = ""


class _File(msgspec.Struct, forbid_unknown_fields=True):
    row: list[Row]


@lru_cache(maxsize=1)
def rows() -> tuple[Row, ...]:
    """The table. Raises ValueError for a row that goes nowhere without a reason, or comes from nowhere."""
    found = msgspec.convert(tomllib.loads(FILE.read_text(encoding="utf-8")), _File).row
    for row in found:
        if not row.ocds and not (row.no_home_fr and row.no_home_en):
            raise ValueError(f"{row.v2022 or row.v2019}: no OCDS path and no reason")
        if not (row.v2022 or row.v2019 or row.source_fr):
            raise ValueError(f"{row.ocds}: comes from nowhere")
    return tuple(found)


def ocds_paths() -> frozenset[str]:
    """Every OCDS path that the mapping writes."""
    return frozenset(path for row in rows() for path in row.ocds)


def extension_of(path: str) -> str:
    """The extension that a path needs; empty for the standard's own."""
    parts = path.split("/")
    if "decp" in parts:
        return LOCAL
    if parts[-2:] == ["deliveryAddresses", "country"]:
        return "countryCode"
    return next((_EXTENSIONS[p] for p in parts if p in _EXTENSIONS), "")


def paths_in(node: Any, prefix: str = "") -> Iterator[str]:
    """Every path with a value in an OCDS structure, arrays left out: `awards/suppliers/id`."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from paths_in(value, f"{prefix}/{key}" if prefix else key)
    elif isinstance(node, list) and any(isinstance(n, dict) for n in node):
        for value in node:
            yield from paths_in(value, prefix)
    else:
        yield prefix
