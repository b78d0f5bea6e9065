"""What a snapshot adds to what is published: new events, and corrections (`ocds.corrections`).

| a release of the current contract | is |
|---|---|
| whose id is published | never published again: a correction says what changed |
| whose id is new, dated after what is published | published as it is |
| whose id is new, dated before | published at the date of the snapshot; its own day stays in `amendments` and `decp` |
| dated after the snapshot's data | the same: what is published cannot have been from a day to come |

A correction comes last, at the date of the snapshot's data, and at least one second after every other release of the
process: never the clock, so the same snapshots give the same releases. Criterion: the published releases, compiled,
give what the releases of the current contract alone would give; `ocds.inverse.decp_of` gives the contract.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TypeVar

import msgspec

from procurement_assets.data_date import PARIS
from procurement_assets.ocds.compile import StateCompiler, header_of, place_of
from procurement_assets.ocds.corrections import Json, award_names, correction, rename_awards
from procurement_assets.ocds.leftovers import completed
from procurement_assets.ocds.schema import profile

_Current = TypeVar("_Current")
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class Additions:
    """Finds what to publish, one process at a time; counts corrections and tags as it goes."""

    def __init__(self, moment: str) -> None:
        self._moment = moment
        self._compiler = StateCompiler(profile())  # no network is needed here
        self.corrections = 0
        self.by_tag: dict[str, int] = {}

    def of(self, generated: Sequence[bytes], published: Sequence[bytes]) -> list[bytes]:
        """The releases to add to a process, oldest first. `generated`: those of the current contract."""
        found = self._further(generated, published) if published else list(self._first(generated))
        for line in found:
            for tag in header_tags(line):
                self.by_tag[tag] = self.by_tag.get(tag, 0) + 1
        return found

    def _first(self, generated: Sequence[bytes]) -> Iterator[bytes]:
        """The releases of a process never published."""
        last = ""
        for line in generated:
            own = header_of(line).date
            last = self._date(own, last)
            yield line if last == own else _encode(dict(_decode(line)) | {"date": last})

    def _date(self, own: str, last: str) -> str:
        """The date of a new release. `own`: of its event; `last`: of the release before it."""
        return own if last < own <= self._moment else later(last, self._moment)

    def _further(self, generated: Sequence[bytes], published: Sequence[bytes]) -> list[bytes]:
        if list(generated) == list(published):
            return []
        state, target = self._compiler.state(published), self._compiler.state(generated)
        names = award_names(state, target)
        known = {header_of(line).id for line in published}
        last = header_of(published[-1]).date
        added: list[bytes] = []
        for line in generated:
            if header_of(line).id not in known:
                release = rename_awards(_with_roles(_decode(line), state), names)
                release["date"] = last = self._date(release["date"], last)
                added.append(_encode(release))
        if added:
            state = self._compiler.state([*published, *added])
        wanted = completed(rename_awards(target, names), state, names.get("1", "1"))
        found = correction(state, wanted, later(last, self._moment))
        if found is not None:
            self.corrections += 1
            added.append(found)
        return added


def _with_roles(release: Json, state: Json) -> Json:
    """A release whose parties keep the roles they were published with: merging replaces the list of roles."""
    held = {p["id"]: p["roles"] for p in state["parties"]}
    parties = [
        p | {"roles": [r for r in ("buyer", "supplier", "subcontractor") if r in (*held.get(p["id"], ()), *p["roles"])]}
        for p in release["parties"]
    ]
    return dict(release) | {"parties": parties}


def later(last: str, moment: str) -> str:
    """`moment`, or the first second after `last` where that is not before it, as text and as time."""
    if moment > last:
        return moment
    found = datetime.fromisoformat(last).astimezone(UTC) + timedelta(seconds=1)
    while (text := found.astimezone(PARIS).isoformat()) <= last:  # the hour that comes twice in October
        found += timedelta(hours=1)
    return text


def header_tags(line: bytes) -> list[str]:
    """The tags of a release."""
    found = _TAG.match(line)
    return _tags(line).tag if found is None else _tags_of(found[1])


_TAG = re.compile(rb'\{"ocid":"[^"\\]+","id":"[^"\\]+","date":"[^"\\]+","tag":(\[[^\]]*\])')
"""The start of a release, its tags: the rest of the line is not read."""


class _Tagged(msgspec.Struct):
    tag: list[str]


_tags = msgspec.json.Decoder(_Tagged).decode


@lru_cache(maxsize=256)
def _tags_of(written: bytes) -> list[str]:
    return msgspec.json.decode(written, type=list[str])


def joined(
    current: Iterable[tuple[str, _Current]], published: Iterable[list[bytes]]
) -> Iterator[tuple[_Current, list[bytes]]]:
    """Each current process and the releases published of it, as a merge of two streams ordered by ocid."""
    history = iter(published)
    group = next(history, None)
    place = place_of(group[0])[0] if group else ""
    for ocid, process in current:
        while group is not None and place < ocid:  # gone from the sources: it stays as it was published
            group = next(history, None)
            place = place_of(group[0])[0] if group else ""
        yield process, group if group is not None and place == ocid else []
