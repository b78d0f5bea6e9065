"""Pelican's results: what a check says of a compiled release, and how it is completed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import msgspec

from procurement_assets.quality.indicators.pelican.reading import At, Release, day

Convert = Callable[[float, str, date], float | None]
"""(amount, currency, day) to an amount in a common currency; None where it cannot be converted."""


class ReleaseResult(msgspec.Struct, frozen=True, kw_only=True):
    """A compiled-release check: True, False, or None where it does not apply."""

    result: bool | None = None
    meta: dict[str, Any] | None = None
    application_count: int | None = None
    pass_count: int | None = None
    version: float = 1.0

    @property
    def failed_paths(self) -> list[Any]:
        """What fails, where the check tells it; the whole of `meta` for a check of one thing."""
        if self.result is not False:
            return []
        meta = self.meta or {}
        failed: list[Any] = meta.get("failed_paths", [meta])
        return failed


class DatasetResult(msgspec.Struct, frozen=True, kw_only=True):
    """A dataset-level check."""

    result: bool | None = None
    value: float | None = None
    meta: dict[str, Any] | None = None
    version: float = 1.0


Check = Callable[[Release], ReleaseResult]


def undefined(reason: str) -> ReleaseResult:
    """A check that has nothing to look at."""
    return ReleaseResult(meta={"reason": reason})


class Count:
    """Applications and passes of a check over one release."""

    def __init__(self) -> None:
        self.applied = 0
        self.passed = 0
        self.failed: list[Any] = []

    def ok(self) -> None:
        """One application that passes."""
        self.applied += 1
        self.passed += 1

    def fail(self, failure: Any) -> None:
        """One application that fails, and what fails."""
        self.applied += 1
        self.failed.append(failure)

    def result(self, reason: str | None = None) -> ReleaseResult:
        """The result; `reason` is why the check is undefined where it was never applied."""
        if reason and not self.applied:
            return undefined(reason)
        return ReleaseResult(
            result=self.applied == self.passed,
            meta={"failed_paths": self.failed} if self.failed else None,
            application_count=self.applied,
            pass_count=self.passed,
        )


def pass_fail(passed: bool, meta: dict[str, Any]) -> ReleaseResult:
    """The result of a check of one thing."""
    return ReleaseResult(result=passed, meta=None if passed else meta, application_count=1, pass_count=int(passed))


def ordered_dates(pairs: Sequence[tuple[At, At]]) -> ReleaseResult:
    """Whether the first day of each pair is at most the second."""
    if not pairs:
        return undefined("no pairs of dates are set")
    count = Count()
    for first, second in pairs:
        before, after = day(first.value), day(second.value)
        if before is None or after is None:
            continue
        if before <= after:
            count.ok()
        else:
            told = {"path_1": first.path, "value_1": first.value, "path_2": second.path, "value_2": second.value}
            count.fail(told)
    return count.result("no pairs of dates are parseable")


def no_conversion(amount: float, currency: str, when: date) -> float | None:
    """No exchange rates: only amounts of one currency are compared."""
    return None


EURO_LOW, EURO_HIGH = 0.82, 1.61
"""The euro in dollars since 1999: the lowest (October 2000, 0.8252) and the highest (July 2008, 1.599), rounded out."""
