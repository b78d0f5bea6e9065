"""One pass of Pelican's checks over the compiled releases of a publisher.

Fields, compiled releases and dataset in the same pass: each line is decoded once, each path found once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec

from procurement_assets.quality.indicators.cardinal.coverage import Counter as FieldCounter
from procurement_assets.quality.indicators.pelican.dataset import RelatedIdentifier, RelatedTitle, UniqueTenderId
from procurement_assets.quality.indicators.pelican.distribution import dataset_checks
from procurement_assets.quality.indicators.pelican.fields import Codelists, Test, non_empty, tests_of
from procurement_assets.quality.indicators.pelican.reading import At, Release
from procurement_assets.quality.indicators.pelican.release_checks import RELEASE_CHECKS
from procurement_assets.quality.indicators.pelican.results import DatasetResult, ReleaseResult

EXAMPLES = 20
BY_RATE = ("exists", "non_empty", "ocid_prefix_check")
"""Told by their rate, not one by one: an absent field, and a prefix that is the same everywhere."""

_decode = msgspec.json.Decoder().decode


class Failure(msgspec.Struct, frozen=True):
    """A process that fails a check, and how."""

    check: str
    ocid: str
    detail: str


class Tally(msgspec.Struct, kw_only=True):
    """A check over all releases: releases where it applies, passes, fails; what it was applied to within them."""

    check: str
    releases: int = 0
    applied: int = 0
    passed: int = 0
    applications: int = 0
    passes: int = 0
    reasons: Counter[str] = msgspec.field(default_factory=Counter)
    """Why it does not apply, in Pelican's words."""
    examples: list[str] = msgspec.field(default_factory=list)

    def add(self, applied: int, passed: int, release: Release) -> None:
        """Applications within one release."""
        self.applied += applied
        self.passed += passed
        if passed < applied and len(self.examples) < EXAMPLES:
            self.examples.append(release.data["ocid"])

    @property
    def failed(self) -> int:
        """Releases that fail."""
        return self.applied - self.passed

    @property
    def reason(self) -> str:
        """The most frequent reason why the check does not apply."""
        return min(self.reasons, key=lambda r: (-self.reasons[r], r)) if self.reasons else ""


class Sweep(msgspec.Struct, kw_only=True):
    """What one pass found."""

    releases: int
    by_release: dict[str, Tally]
    by_field: dict[tuple[str, str], Tally]
    """(check, field) to its tally; values rather than releases are counted."""
    dataset: dict[str, DatasetResult]
    failures: list[Failure]
    dataset_failures: list[Failure]
    """All of them, where Pelican gives a hundred examples."""
    coverage: dict[str, int]
    """Cardinal's coverage of the same lines."""


def sweep(lines: Iterable[bytes], fields: Iterable[str], lists: Codelists) -> Sweep:
    """Pelican's checks, and Cardinal's coverage, over compiled releases given as JSON, one a line."""
    state = _State(tuple(fields), lists)
    for item, line in enumerate(lines):
        node = _decode(line)
        state.coverage.add(node)
        state.take(Release(node), item)
    return Sweep(
        releases=state.releases,
        by_release=state.by_release,
        by_field={k: tally for plan in state.plans for k, tally in plan.tallies().items()},
        dataset={name: check.result() for name, check in state.dataset.items()},
        failures=state.failures,
        dataset_failures=[
            Failure(name, ocid, detail)
            for name, check in state.dataset.items()
            if isinstance(check, UniqueTenderId | RelatedIdentifier | RelatedTitle)
            for ocid, detail in check.failures()
        ],
        coverage=dict(sorted(state.coverage.counts().items())),
    )


class _State:
    def __init__(self, fields: tuple[str, ...], lists: Codelists) -> None:
        self.plans, self.lists = [_Plan(f) for f in fields], lists
        self.releases = 0
        self.by_release = {name: Tally(check=name) for name in RELEASE_CHECKS}
        self.dataset = dataset_checks()
        self.failures: list[Failure] = []
        self.coverage = FieldCounter()

    def take(self, release: Release, item: int) -> None:
        """One compiled release."""
        self.releases += 1
        for name, check in RELEASE_CHECKS.items():
            self._release(self.by_release[name], check(release), release)
        for plan in self.plans:
            self._field(plan, release)
        for collector in self.dataset.values():
            collector.take(release, item)

    def _release(self, tally: Tally, result: ReleaseResult, release: Release) -> None:
        tally.releases += 1
        if result.result is None:
            tally.reasons[(result.meta or {}).get("reason", "")] += 1
            return
        tally.applied += 1
        tally.passed += result.result
        tally.applications += result.application_count or 0
        tally.passes += result.pass_count or 0
        if not result.result:
            ocid = release.data["ocid"]
            self.failures.append(Failure(tally.check, ocid, " ; ".join(map(tell, result.failed_paths))))
            if len(tally.examples) < EXAMPLES:
                tally.examples.append(ocid)

    def _field(self, plan: _Plan, release: Release) -> None:
        """A field in every object that may hold it: the counts that `check_field` gives (a test), without objects."""
        key = plan.key
        holders = release.at(plan.parent) if plan.parent else [At("", release.data)]
        present = [h for h in holders if type(h.value) is dict and key in h.value]
        plan.exists.add(len(holders), len(present), release)
        # What is true is not empty; a zero or a False is not either.
        filled = [h for h in present if h.value[key] or non_empty(h.value, key) is None]
        plan.non_empty.add(len(present), len(filled), release)
        for test, tally in plan.tests:
            reasons = [test(h.value[key], self.lists) for h in filled]
            passed = [h for h, r in zip(filled, reasons, strict=True) if r is None]
            tally.add(len(filled), len(passed), release)
            if len(passed) < len(filled) and tally.check not in BY_RATE:
                self._field_failures(plan, tally.check, filled, reasons, release)
            filled = passed

    def _field_failures(
        self, plan: _Plan, check: str, filled: list[At], reasons: list[str | None], release: Release
    ) -> None:
        for holder, reason in zip(filled, reasons, strict=True):
            if reason is not None:
                path = f"{holder.path}.{plan.key}" if holder.path else plan.key
                detail = f"{path} = {holder.value[plan.key]} ({reason})"
                self.failures.append(Failure(f"{check}:{plan.field}", release.data["ocid"], detail))


class _Plan:
    """What is counted of a field."""

    def __init__(self, field: str) -> None:
        self.field = field
        self.parent, _, self.key = field.rpartition(".")
        self.exists, self.non_empty = Tally(check="exists"), Tally(check="non_empty")
        self.tests: list[tuple[Test, Tally]] = [(test, Tally(check=name)) for name, test in tests_of(field)]

    def tallies(self) -> dict[tuple[str, str], Tally]:
        """The counts that are not nothing, by check and field."""
        held = (self.exists, self.non_empty, *(tally for _, tally in self.tests))
        return {(t.check, self.field): t for t in held if t.applied}


def tell(failure: Any) -> str:
    """What fails, on one line: both ends of a pair of dates, else the keys and values that Pelican gives."""
    if not isinstance(failure, dict):
        return str(failure)
    if "path_1" in failure:
        return f"{failure['path_1']} {failure['value_1']} > {failure['path_2']} {failure['value_2']}"
    return ", ".join(f"{k} : {tell(v) if isinstance(v, dict) else v}" for k, v in failure.items())
