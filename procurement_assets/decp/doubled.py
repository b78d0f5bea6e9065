"""Fields written twice in one object of a JSON record: msgspec keeps the last of the two values in silence.

Looking at the keys of each record one by one would double the cost of reading it, for a defect that few have. So colons
are counted: those of the record as published and those of the record as kept are the same, save for what the
canonical structure adds or takes away, which is known. Only where the counts differ is the record looked at.
"""

from __future__ import annotations

import json


def loses_a_value(raw: bytes, kept: bytes, removed: int) -> bool:
    """Whether a field of a sound record is there twice with two values, of which `kept` has one.

    `kept`: the canonical record in JSON; `removed`: the keys of the published one that have no counterpart in it,
    fields that are null aside (in these counts a null that comes first is no value).
    """
    excess = raw.count(b":") - kept.count(b":") - removed
    if not excess:
        return False
    # Texts hold as many colons, and as many "null", on both sides.
    if excess == raw.count(b"null") - kept.count(b"null"):
        return False
    return _has_two_values(raw)


def two_values(first: object, second: object) -> str:
    """The two values of a field written twice, for its note; "" where nothing is lost.

    Null is the same as absent: a value that comes after it loses nothing.
    """
    # For Python true is 1.
    if first is None or (first == second and isinstance(first, bool) == isinstance(second, bool)):
        return ""
    return f"{_shown(first)} puis {_shown(second)}"


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)[:200]


def _has_two_values(raw: bytes) -> bool:
    found = False

    def pairs(items: list[tuple[str, object]]) -> dict[str, object]:
        nonlocal found
        fields = dict(items)
        if len(fields) != len(items):
            seen: dict[str, object] = {}
            for key, value in items:
                found = found or bool(key in seen and two_values(seen[key], value))
                seen[key] = value
        return fields

    json.loads(raw, object_pairs_hook=pairs, parse_int=str)  # Python refuses very long integers
    return found
