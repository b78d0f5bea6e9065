"""Versioned releases: each process with the history of each of its values, in a file of its own.

Kept out of the record packages, since the official checker validates `versionedRelease` against a schema without
extensions (research/ocds.md §0.8). Here they are validated against the versioned schema with our extensions, made by
`ocdsextensionregistry` from the patched release schema. Merging is `ocdsmerge`'s, with the same rules as compiling.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import jsonschema_rs
import msgspec
from ocdsextensionregistry.exceptions import VersionedReleaseTypeWarning
from ocdsextensionregistry.versioned_release_schema import get_versioned_release_schema
from ocdsmerge import Merger

from procurement_assets.lake import Lake, replacing
from procurement_assets.ocds.compile import by_ocid
from procurement_assets.ocds.packages import gzipped, write_lines
from procurement_assets.ocds.produce import RELEASES, lines_of
from procurement_assets.ocds.schema import Schema
from procurement_assets.ocds.validate import MAX_PROBLEMS, Problem, Report

NAME = "versioned_releases.jsonl.gz"

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class Versioner:
    """Makes the versioned release of one process at a time."""

    def __init__(self, schema: Schema) -> None:
        self._merger = Merger(merge_rules=schema.merge_rules)

    def version(self, group: Sequence[bytes]) -> bytes:
        """The versioned release of a process, from its releases as JSON, oldest first."""
        return _encode(self._merger.create_versioned_release([_decode(line) for line in group]))

    def versioned(self, groups: Iterable[Sequence[bytes]]) -> Iterator[bytes]:
        """The versioned release of each process."""
        for group in groups:
            yield self.version(group)


def write_versioned(lake: Lake, publisher: str, schema: Schema) -> int:
    """Write `exports/PUBLISHER/ocds/versioned_releases.jsonl.gz`; returns how many processes."""
    versioner = Versioner(schema)
    with (
        lines_of(lake, publisher, RELEASES) as lines,
        replacing(lake.exports(publisher) / "ocds" / NAME) as handle,
        gzipped(handle) as compressed,
    ):
        return write_lines(compressed, versioner.versioned(by_ocid(lines)))


def versioned_schema(schema: Schema) -> dict[str, Any]:
    """The schema of a versioned release, with the extensions that the release schema has.

    Only from the official schema: the profile is our own shape, and OCP's tool knows OCP's.
    """
    if schema.source != "official":
        raise ValueError(f"the versioned schema needs the official release schema: {schema.skipped_reason}")
    with warnings.catch_warnings():
        # A number that may not be null (extension bids, `Statistic.value`) is a type that the tool does not list.
        warnings.simplefilter("ignore", VersionedReleaseTypeWarning)
        made: dict[str, Any] = get_versioned_release_schema(schema.release, "1__1__5")
    return made


def validate_versioned(lines: Iterable[bytes], schema: Schema) -> Report:
    """Validate versioned releases; without the official schema, nothing is checked and the report says why."""
    if schema.source != "official":
        return Report(schema.source, schema.skipped_reason, 0, 0, [], {})
    validator = jsonschema_rs.Draft4Validator(versioned_schema(schema), validate_formats=True)
    checked = invalid = 0
    problems: list[Problem] = []
    by_rule: dict[str, int] = {}
    for line in lines:
        checked += 1
        found = _decode(line)
        if validator.is_valid(found):
            continue
        invalid += 1
        for error in validator.iter_errors(found):
            rule = f"schema.{error.kind.name}"
            by_rule[rule] = by_rule.get(rule, 0) + 1
            if len(problems) < MAX_PROBLEMS:
                path = "/".join(map(str, error.instance_path))
                problems.append(Problem(rule, str(found.get("ocid", "")), "", path, error.message[:500]))
    return Report("official", None, checked, invalid, problems, dict(sorted(by_rule.items())))
