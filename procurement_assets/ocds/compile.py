"""Compiled releases and records from releases, as a stream.

A process with one release (nine in ten) is rewritten on its bytes: `tag`, `id` and `date` are all that compiling
changes. The others are merged as trees (`ocds.merge`), onto their first release where nothing was ever withdrawn; what
is odd by `ocdsmerge`. The merge rules are those of the official schema or of our profile: the same on every field that
we write (a test proves it), so the bytes are the same whether the official schema was reached.
The results equal `ocdskit compile`'s. Grouping and order are by ocid.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Any

import msgspec
from ocdsmerge import Merger

from procurement_assets.ocds.merge import TreeMerger, Unmergeable
from procurement_assets.ocds.schema import Schema

_HEADER = re.compile(rb'\{"ocid":"([^"\\]+)","id":"([^"\\]+)","date":"([^"\\]+)","tag":\[[^\]]*\],')
_PLACE = re.compile(rb'\{"ocid":"([^"\\]+)","id":"[^"\\]+","date":"([^"\\]+)",')
_OURS = re.compile(_HEADER.pattern + rb'(?="initiationType":"tender","language":"fr","parties":\[\{)')
"""The start of a release that our model wrote, so without the null and empty values that a merge removes. Any other
goes through `ocdsmerge`."""

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class NotInOrderError(ValueError):
    """Releases are not in the order of ocid then date; the message names the release."""


class Header(msgspec.Struct, frozen=True):
    """The first fields of a release."""

    ocid: str
    id: str
    date: str
    tag: list[str] = []


_header = msgspec.json.Decoder(Header).decode


class Compiler:
    """Compiles the releases of one process at a time."""

    def __init__(self, schema: Schema) -> None:
        self._merger = Merger(merge_rules=schema.merge_rules)
        self._trees = TreeMerger(schema.merge_rules)

    def compile(self, group: Sequence[bytes]) -> bytes:
        """The compiled release of a process, from its releases as JSON, oldest first."""
        first = _OURS.match(group[0])
        if first is not None and len(group) == 1:
            ocid, _, date = first.groups()
            # The header of an ocdsmerge result: tag, id, date, ocid; the rest keeps its order.
            return b'{"tag":["compiled"],"id":"%b-%b","date":"%b","ocid":"%b",%b' % (
                ocid,
                date,
                date,
                ocid,
                group[0][first.end() :],
            )
        if first is not None and not any(b"null" in line for line in group):
            try:
                later = [_decode(line) for line in group[1:]]
                return _encode(self._trees.continued([_decoded(group[0], set().union(*later)), *later]))
            except Unmergeable:
                pass
        return _encode(self.merged([_decode(line) for line in group]))

    def merged(self, releases: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """The compiled release of any releases, oldest first."""
        try:
            return self._trees.compiled(releases)
        except Unmergeable:
            found: dict[str, Any] = self._merger.create_compiled_release(releases)
            return found

    def compiled(self, groups: Iterable[Sequence[bytes]]) -> Iterator[bytes]:
        """The compiled release of each process."""
        for group in groups:
            yield self.compile(group)

    def record(self, group: Sequence[bytes]) -> bytes:
        """A record: the releases, embedded, oldest first, and the compiled release (research/ocds.md §1.1, §0.8)."""
        ocid = _encode(header_of(group[0]).ocid)
        return b'{"ocid":%b,"releases":[%b],"compiledRelease":%b}' % (ocid, b",".join(group), self.compile(group))

    def records(self, groups: Iterable[Sequence[bytes]]) -> Iterator[bytes]:
        """The record of each process."""
        for group in groups:
            yield self.record(group)


def _decoded(line: bytes, names: Container[str]) -> dict[str, Any]:
    """A release whose fields of some names are decoded; the others stay as they are written."""
    return {name: _decode(value) if name in names else value for name, value in _fields(line).items()}


class StateCompiler(Compiler):
    """Compiles histories with corrections: an object of which everything was removed is removed too.

    `ocdsmerge` leaves it as `{}`, which no checker accepts (libcoveocds `empty_field`).
    """

    def merged(self, releases: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """The compiled release of any releases, oldest first; where nothing was removed, nothing is empty."""
        found: dict[str, Any] = _pruned(super().merged(releases))
        return found

    def state(self, group: Sequence[bytes]) -> dict[str, Any]:
        """The compiled release as a tree."""
        found: dict[str, Any] = _decode(self.compile(group))
        return found


def _pruned(node: Any) -> Any:
    if isinstance(node, dict):
        kept = {k: _pruned(v) for k, v in node.items()}
        return {k: v for k, v in kept.items() if v != {} and v != []}
    return [_pruned(n) for n in node] if isinstance(node, list) else node


def header_of(line: bytes) -> Header:
    """The ocid, id and date of a release."""
    found = _HEADER.match(line)
    if found is not None:
        ocid, release_id, date = found.groups()
        return Header(ocid.decode(), release_id.decode(), date.decode())
    return _header(line)


def place_of(line: bytes) -> tuple[str, str]:
    """The ocid and date of a release: its place among all."""
    found = _PLACE.match(line)
    if found is not None:
        return found[1].decode(), found[2].decode()
    header = _header(line)
    return header.ocid, header.date


def by_ocid(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Releases grouped by process. They must come in order of ocid, and within an ocid in strict order of date."""
    group: list[bytes] = []
    before = ("", "")
    for line in lines:
        place = place_of(line)
        if place <= before:
            header, last = header_of(line), header_of(group[-1])
            raise NotInOrderError(f"release {header.id} ({header.date}) comes after {last.id} ({last.date})")
        if group and place[0] != before[0]:
            yield group
            group = []
        group.append(line)
        before = place
    if group:
        yield group
