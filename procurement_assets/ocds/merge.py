"""Merging the releases of a process as trees: what `ocdsmerge` gives, byte for byte, at a fraction of its cost.

`ocdsmerge` flattens each release into paths and builds the result from them. Where every object of an array that is
merged by id has a text id, and a field never changes between value, object and array, the same result comes from
walking the trees side by side. Anything else is left to `ocdsmerge` (`Unmergeable`). Rules of OCDS merging
(research/ocds.md §1.3):

| value | is |
|---|---|
| a field that is omitted when merged | left out |
| text, number, boolean, array of other things than objects, array replaced whole | replaced |
| null | removed at the end; its place among the fields is kept until then |
| object | merged field by field |
| array of objects | merged by id, new ones at the end |
| an empty object or array, merged | nothing |

Tests (`test_merge.py`): hypothesis, the cases of ocds-merge, real contracts and corrections.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Json = dict[str, Any]
MergeRules = Mapping[tuple[str, ...], str]


class Unmergeable(Exception):  # noqa: N818 - not an error: another way is taken
    """Something that only `ocdsmerge` merges."""


class _Rules:
    """The merge rules as a tree: what a field is, and the rules of the fields below it."""

    __slots__ = ("fields", "rule")

    def __init__(self) -> None:
        self.rule: str | None = None
        self.fields: dict[str, _Rules] = {}


_HEADER = frozenset({"tag", "id", "date", "ocid"})
_FREE = _Rules()
"""The rules of a field that the schema does not know."""


class TreeMerger:
    """Merges the releases of one process at a time."""

    def __init__(self, rules: MergeRules) -> None:
        self._rules = _Rules()
        for path, rule in rules.items():
            node = self._rules
            for part in path:
                node = node.fields.setdefault(part, _Rules())
            node.rule = rule

    def compiled(self, releases: Sequence[Json]) -> Json:
        """The compiled release. `releases`: oldest first, in strict order of date. Raises `Unmergeable`."""
        fields = self._rules.fields
        merged = _header(releases)
        for release in releases:
            _merge(merged, _body(release), fields)
        return _without_nulls(merged, fields)

    def continued(self, releases: Sequence[Json]) -> Json:
        """The same, where no release says null and merging would leave the first one as it is, as those of the model.

        It is the first release that is changed: only what the others say is walked. Raises `Unmergeable`, which may
        leave it half changed.
        """
        merged = _header(releases) | _body(releases[0])
        for release in releases[1:]:
            _merge(merged, _body(release), self._rules.fields)
        return merged


def _header(releases: Sequence[Json]) -> Json:
    """The first fields of the compiled release."""
    ocid, date = releases[-1].get("ocid"), _last_date(releases)
    return {"tag": ["compiled"], "id": f"{ocid}-{date}", "date": date, "ocid": ocid}


def _body(release: Json) -> Json:
    return {k: v for k, v in release.items() if k not in _HEADER}


def _last_date(releases: Sequence[Json]) -> str:
    """The date of the last release. `ocdsmerge` sorts, and refuses what has no date: that is left to it."""
    before = ""
    for release in releases:
        date = release.get("date")
        if type(date) is not str or date <= before:
            raise Unmergeable("date")
        before = date
    return before


def _merge(into: Json, node: Json, rules: dict[str, _Rules]) -> None:
    """Merge an object onto what is merged so far."""
    for key, value in node.items():
        below = rules.get(key, _FREE)
        rule = below.rule
        if rule is None:
            if type(value) is dict:
                _object(into, key, value, below.fields)
                continue
            if _is_array(value):
                _array(into, key, value, below.fields)
                continue
            held = into.get(key)
            if type(held) is dict or (held and _is_array(held)):
                if value is None:
                    continue  # null does not remove an object: only its fields can be
                raise Unmergeable(key)
        elif rule == "omitWhenMerged":
            continue
        elif type(value) is dict:
            raise Unmergeable(key)
        into[key] = value


def _is_array(value: Any) -> bool:
    """Whether a value is an array of objects, which is merged by id where the schema does not say otherwise."""
    return type(value) is list and all(type(item) is dict for item in value)


def _object(into: Json, key: str, value: Json, rules: dict[str, _Rules]) -> None:
    held = into.get(key)
    if type(held) is dict:
        _merge(held, value, rules)
    elif held is None:
        made: Json = {}
        _merge(made, value, rules)
        if made:
            into.pop(key, None)  # a null before: the object takes its place where it appears
            into[key] = made
    else:
        raise Unmergeable(key)


def _array(into: Json, key: str, value: list[Json], rules: dict[str, _Rules]) -> None:
    held = into.get(key)
    if held is None:
        made: list[Json] = []
        _items(made, value, rules)
        if made:
            into.pop(key, None)
            into[key] = made
    elif _is_array(held):
        _items(held, value, rules)
    else:
        raise Unmergeable(key)


def _items(into: list[Json], value: list[Json], rules: dict[str, _Rules]) -> None:
    known = {item.get("id"): item for item in into}
    for item in value:
        name = item.get("id")
        if type(name) is not str:
            raise Unmergeable("id")
        held = known.get(name)
        if held is None:
            known[name] = held = {"id": name}
            into.append(held)
        _merge(held, item, rules)


def _without_nulls(node: Json, rules: dict[str, _Rules]) -> Json:
    """The merged tree without nulls; in what was replaced whole, they stay."""
    found: Json = {}
    for key, value in node.items():
        below = rules.get(key, _FREE)
        if type(value) is dict:
            found[key] = _without_nulls(value, below.fields)
        elif below.rule is None and _is_array(value):
            found[key] = [_without_nulls(item, below.fields) for item in value]
        elif value is not None:
            found[key] = value
    return found
