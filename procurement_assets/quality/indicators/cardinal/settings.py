"""Cardinal's settings file (INI), read strictly: an unknown section or key is an error with its place."""

from __future__ import annotations

import configparser
from typing import Any

import msgspec


class SettingsError(ValueError):
    """A settings file that Cardinal would refuse; the message names the section and the key."""


class R003(msgspec.Struct, forbid_unknown_fields=True):
    """Short submission period: days, methods (`a|b`), days by `procurementMethodDetails`."""

    threshold: int = 15
    procurement_methods: str = ""
    procurement_method_details: dict[str, int] = {}


class R018(msgspec.Struct, forbid_unknown_fields=True):
    """Single bid: the methods looked at."""

    procurement_methods: str = "open|selective"


class Ratio(msgspec.Struct, forbid_unknown_fields=True):
    """R024 and R058: a ratio; without one, the outlier fence of the data."""

    threshold: float | None = None


class R025(msgspec.Struct, forbid_unknown_fields=True):
    """Excessive unsuccessful bids: percentile of bids of a top tenderer, ratio of wins."""

    percentile: int = 75
    threshold: float | None = None


class R035(msgspec.Struct, forbid_unknown_fields=True):
    """All except winner disqualified: how many others, one at least."""

    threshold: int = 1


class R038(msgspec.Struct, forbid_unknown_fields=True):
    """Excessive disqualified bids: ratio, and the fewest bids of a tenderer or of a buyer."""

    threshold: float | None = None
    minimum_submitted_bids: int = 2
    minimum_contracting_processes: int = 2


class R048(msgspec.Struct, forbid_unknown_fields=True):
    """Heterogeneous supplier: digits of the classification, how many codes, fewest processes."""

    digits: int = 2
    threshold: int | None = None
    minimum_contracting_processes: int = 20


class Empty(msgspec.Struct, forbid_unknown_fields=True):
    """An indicator without settings."""


class Exclusions(msgspec.Struct, forbid_unknown_fields=True):
    """Contracting processes left out."""

    procurement_method_details: str = ""


class Defaults(msgspec.Struct, forbid_unknown_fields=True):
    """`prepare`: values given where there are none."""

    currency: str | None = None
    item_classification_scheme: str | None = None
    bid_status: str | None = None
    award_status: str | None = None
    party_roles: bool = False


class Redactions(msgspec.Struct, forbid_unknown_fields=True):
    """`prepare`: placeholders removed."""

    amount: str = ""
    organization_id: str = ""


class Corrections(msgspec.Struct, forbid_unknown_fields=True):
    """`prepare`: an award all of whose contracts are cancelled is cancelled."""

    award_status_by_contract_status: bool = False


class Modifications(msgspec.Struct, forbid_unknown_fields=True):
    """`prepare`: what is moved, prefixed or cut."""

    move_auctions: bool = False
    prefix_buyer_or_procuring_entity_id: str = ""
    prefix_tenderer_or_supplier_id: str = ""
    split_procurement_method_details: str | None = None


class Settings(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A settings file. An indicator is calculated where its section is there."""

    currency: str | None = None
    no_price_comparison_procurement_methods: str = ""
    price_comparison_procurement_methods: str = ""
    exclusions: Exclusions = msgspec.field(default_factory=Exclusions)
    defaults: Defaults = msgspec.field(default_factory=Defaults)
    redactions: Redactions = msgspec.field(default_factory=Redactions)
    corrections: Corrections = msgspec.field(default_factory=Corrections)
    modifications: Modifications = msgspec.field(default_factory=Modifications)
    codelists: dict[str, dict[str, str]] = {}
    R003: R003 | None = None
    R018: R018 | None = None
    R024: Ratio | None = None
    R025: R025 | None = None
    R028: Empty | None = None
    R030: Empty | None = None
    R035: R035 | None = None
    R036: Empty | None = None
    R038: R038 | None = None
    R048: R048 | None = None
    R058: Ratio | None = None


INDICATORS = ("R003", "R018", "R024", "R025", "R028", "R030", "R035", "R036", "R038", "R048", "R058")

CODELISTS = {"bid_status", "award_status"}


def every_indicator(**sections: Any) -> Settings:
    """Settings with every indicator, as Cardinal's defaults, changed by some sections."""
    return msgspec.convert({**{name: {} for name in INDICATORS}, **sections}, Settings)


def split(value: str) -> frozenset[str]:
    """The values of a pipe-separated setting."""
    return frozenset(part for part in value.split("|") if part)


def read_settings(text: str) -> Settings:
    """A settings file. Raises `SettingsError`."""
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",), comment_prefixes=(";", "#"))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        parser.read_string(f"[{_TOP}]\n{text}")
    except configparser.Error as error:
        raise SettingsError(f"Cardinal settings: {' '.join(error.message.split())}") from error
    tree: dict[str, Any] = dict(parser[_TOP])
    for section in parser.sections():
        if section != _TOP:
            *parents, last = section.split(".", 1)
            node = tree.setdefault(parents[0], {}) if parents else tree
            node.setdefault(last, {}).update(parser[section])
    unknown = set(tree.get("codelists", {})) - CODELISTS
    if unknown:
        raise SettingsError(f"Cardinal settings: unknown code lists {', '.join(sorted(unknown))}")
    try:
        return msgspec.convert(tree, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"Cardinal settings: {error}") from error


_TOP = "\x00top"
