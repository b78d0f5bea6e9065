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
    counts: dict[str, int] = {}
    for line in lines:
        try:
            node = _decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        count_fields(node, counts)
    return counts


def count_fields(node: Any, counts: dict[str, int]) -> None:
    """Add one value to the counts."""
    _count(node, "", counts)


def _count(node: Any, path: str, counts: dict[str, int]) -> bool:
    """Count a node; whether it says something."""
    kind = type(node)
    if kind is str or node is None:
        filled = bool(node)
    elif kind is dict:
        filled = False
        for key, value in node.items():
            if _count(value, f"{path}/{key}", counts):
                filled = True
        if filled:
            inside = f"{path}/"
            counts[inside] = counts.get(inside, 0) + 1
    elif kind is list:
        filled = False
        inside = f"{path}[]"
        for value in node:
            if _count(value, inside, counts):
                filled = True
    else:
        filled = True
    if filled:
        counts[path] = counts.get(path, 0) + 1
    return filled
