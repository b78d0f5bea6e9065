"""Reading values out of a release the way Pelican does: paths with array indices, safe casts, dates.

A path is period-separated and crosses arrays (`awards.suppliers.id`). Values are found with the path where they lie
(`awards[0].suppliers[1].id`). Nothing raises: what is of another type is not there.
"""

from __future__ import annotations

import math
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from dateutil.parser import isoparse

Json = dict[str, Any]
_DAY = 10


class At(NamedTuple):
    """A value and where it lies."""

    path: str
    value: Any


class Release:
    """A compiled release read many times: one walk finds every path that checks ask for.

    The paths are learnt: one asked for the first time is looked for in this release, and is found by the walk of the
    next ones. So a path that a release does not have costs nothing, and most checks look at such paths.
    """

    __slots__ = ("_found", "data", "extra")

    def __init__(self, data: Json) -> None:
        self.data = data
        self.extra: dict[str, Any] = {}
        """What checks compute once for a release."""
        self._found: dict[str, list[At]] | None = None

    def at(self, path: str) -> list[At]:
        """Every value at a path."""
        if path not in _KNOWN:
            _learn(path)
            self._found = None
        if self._found is None:
            self._found = {}
            _walk(_ROOT, "", self.data, self._found)
        return self._found.get(path, _NOTHING)

    def values(self, path: str) -> list[Any]:
        """Every value at a path, without where it lies."""
        return [v for _, v in self.at(path)]


class _Node:
    """A step of the paths asked for."""

    __slots__ = ("path", "steps")

    def __init__(self, path: str) -> None:
        self.path = path
        self.steps: dict[str, _Node] = {}


_ROOT = _Node("")
_KNOWN: set[str] = set()
_NOTHING: list[At] = []


def _learn(path: str) -> None:
    node, so_far = _ROOT, ""
    for key in path.split("."):
        so_far = f"{so_far}.{key}" if so_far else key
        node = node.steps.setdefault(key, _Node(so_far))
        _KNOWN.add(so_far)


def _walk(node: _Node, where: str, value: Json, found: dict[str, list[At]]) -> None:
    """Find the values of every step below a node."""
    for key, step in node.steps.items():
        if key not in value:
            continue
        inner = value[key]
        path = f"{where}.{key}" if where else key
        entries = [At(f"{path}[{i}]", v) for i, v in enumerate(inner)] if type(inner) is list else [At(path, inner)]
        if step.path in found:
            found[step.path] += entries
        else:
            found[step.path] = entries
        if step.steps:
            for entry in entries:
                if type(entry.value) is dict:
                    _walk(step, entry.path, entry.value, found)


def has(node: Any, key: str) -> bool:
    """Whether a node is an object with a key (whatever its value)."""
    return type(node) is dict and key in node


def deep(node: Any, path: str) -> Any:
    """The value at a path of objects, else None."""
    for part in path.split("."):
        if type(node) is not dict or part not in node:
            return None
        node = node[part]
    return node


def number(value: Any) -> float | None:
    """A value as a number, as Pelican casts it: text that reads as a number is one."""
    if value is None:
        return None
    try:
        return float(value)
    except (ValueError, TypeError):
        return None


def text(value: Any) -> str | None:
    """A value where it is text, else None: a code of another type is not there."""
    return value if type(value) is str else None


def array(value: Any) -> list[Any]:
    """A value where it is an array, else an empty one."""
    return value if type(value) is list else []


def day(value: Any) -> date | None:
    """The day of an ISO 8601 text (its first ten characters), else None."""
    return _day(value[:_DAY]) if isinstance(value, str) and value else None


def moment(value: Any) -> datetime | None:
    """The moment of an ISO 8601 text, else None."""
    return _moment(value) if isinstance(value, str) else None


@lru_cache(maxsize=65_536)
def _day(text: str) -> date | None:
    try:
        found: date = isoparse(text).date()
    except ValueError:
        return None
    return found


@lru_cache(maxsize=65_536)
def _moment(text: str) -> datetime | None:
    try:
        found: datetime = isoparse(text)
    except ValueError:
        return None
    return found


def finite(value: float) -> bool:
    """Whether a number is neither infinite nor undefined."""
    return math.isfinite(value)
