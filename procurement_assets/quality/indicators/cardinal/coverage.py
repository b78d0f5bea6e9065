"""Cardinal's `coverage` command: how many times each field is not empty.

`""` is a line, `…/` an object, `…[]` an entry of a list, anything else a member. Empty are "", [], {}, null, and what
holds nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

_decode = msgspec.json.Decoder().decode


def coverage(lines: Iterable[bytes]) -> dict[str, int]:
    """Path to count, over JSON values given one a line. A line that is not JSON is skipped."""
    counter = Counter()
    for line in lines:
        try:
            counter.add(_decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
    return counter.counts()


class _Node:
    """A path, with its counts as a value and as an object, and the steps below it."""

    __slots__ = ("entries", "members", "objects", "values")

    def __init__(self) -> None:
        self.values = self.objects = 0
        self.members: dict[str, _Node] = {}
        self.entries: _Node | None = None


class Counter:
    """Counts of the fields of many values. A tree of steps: no path is written before the end."""

    def __init__(self) -> None:
        self._root = _Node()

    def add(self, value: Any) -> None:
        """One value."""
        _count(value, self._root)

    def counts(self) -> dict[str, int]:
        """Path to count. Two ways of writing one path are added (a key that is empty or ends with `[]`)."""
        found: dict[str, int] = {}
        _write(self._root, "", found)
        return found


def _count(value: Any, node: _Node) -> bool:
    """Count a value; whether it says something."""
    kind = type(value)
    if kind is str or value is None:
        if not value:
            return False
    elif kind is dict:
        members, filled = node.members, False
        for key, inner in value.items():
            step = members.get(key)
            if step is None:
                step = members[key] = _Node()
            if _count(inner, step):
                filled = True
        if not filled:
            return False
        node.objects += 1
    elif kind is list:
        step = node.entries
        if step is None:
            step = node.entries = _Node()
        filled = False
        for inner in value:
            if _count(inner, step):
                filled = True
        if not filled:
            return False
    node.values += 1
    return True


def _write(node: _Node, path: str, found: dict[str, int]) -> None:
    for place, count in ((path, node.values), (f"{path}/", node.objects)):
        if count:
            found[place] = found.get(place, 0) + count
    for key, step in node.members.items():
        _write(step, f"{path}/{key}", found)
    if node.entries is not None:
        _write(node.entries, f"{path}[]", found)
