"""A document as XML: the lists of JSON as repeated elements, under the names of the XSD (research/decp.md §1.5)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

_ITEMS = {
    "titulaires": "titulaire",
    "concessionnaires": "concessionnaire",
    "modifications": "modification",
    "donneesExecution": "donneesAnnuelles",
    "tarifs": "tarif",
}
"""Format 2019: list to the element of each item."""

_RENAMED = {"modificationActeSousTraitance": "modificationActesSousTraitance"}
"""The XSD writes this one in the plural, the JSON schema in the singular."""


def element(name: str, value: object, escape: Callable[[str], str]) -> str:
    """An element. `_type` is left out: the name of the element says it."""
    name = _RENAMED.get(name, name)
    return f"<{name}>{_content(name, value, escape)}</{name}>"


def _content(name: str, value: object, escape: Callable[[str], str]) -> str:
    if isinstance(value, dict):
        return "".join(_member(k, v, escape) for k, v in value.items() if k != "_type")
    if isinstance(value, list):
        return "".join(_item(name, v, escape) for v in value)
    return escape(_scalar(value))


def _member(name: str, value: object, escape: Callable[[str], str]) -> str:
    """A member of an object; a list of labels (`{"technique": [...]}`) is its element repeated."""
    if isinstance(value, list) and not (value and isinstance(value[0], dict)) and name not in _ITEMS:
        return "".join(element(name, v, escape) for v in value)
    return element(name, value, escape)


def _item(name: str, value: object, escape: Callable[[str], str]) -> str:
    """An item of a list: format 2022 names it by its only key, format 2019 by its list."""
    if isinstance(value, dict) and len(value) == 1:
        key, inner = next(iter(value.items()))
        return element(key, inner, escape)
    return element(_ITEMS[name], value, escape)


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    return str(value)
