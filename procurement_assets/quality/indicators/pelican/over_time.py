"""Pelican's time-based checks: what was published is still there, and no less of it.

The earlier state of each process is compiled from the history of published releases (`ocds.history`), without what the
last snapshot brought; the later one is the current compiled release.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from procurement_assets.lake import Lake
from procurement_assets.ocds.compile import Compiler, by_ocid, header_of
from procurement_assets.ocds.history import History, Segment
from procurement_assets.ocds.schema import Schema
from procurement_assets.quality.indicators.pelican.reading import Json, array, deep

ENOUGH = 95
EXAMPLES = 50

_decode = msgspec.json.Decoder().decode


class TimeResult(msgspec.Struct, frozen=True, kw_only=True):
    """A time-based check: pairs found among the earlier processes, and pairs that pass among those found."""

    coverage_result: bool | None = None
    coverage_value: int | None = None
    check_result: bool | None = None
    check_value: int | None = None
    meta: dict[str, Any]
    examples: list[dict[str, Any]]
    version: float = 1.0


Pair = tuple[Json, Json | None]


def always(before: Json) -> bool:
    """The check makes sense for every process."""
    return True


def _title(release: Json) -> str:
    title = deep(release, "tender.title")
    return " ".join(title.lower().split()) if isinstance(title, str) else ""


def has_title(before: Json) -> bool:
    """The check makes sense for tenders with a title."""
    return bool(_title(before))


def still_there(before: Json, after: Json) -> bool:
    """`ocid`: the process is still published (its coverage tells it)."""
    return True


def phase_stable(before: Json, after: Json) -> bool:
    """`phase_stable`: no section disappears, and there are no fewer awards and contracts."""
    for section in ("tender", "planning"):
        if before.get(section) and not after.get(section):
            return False
    return all(len(array(after.get(s))) >= len(array(before.get(s))) for s in ("awards", "contracts"))


def same_title(before: Json, after: Json) -> bool:
    """`tender_title`: the title is the same, but for case and spaces."""
    return _title(before) == _title(after)


TIME_CHECKS: dict[str, tuple[Callable[[Json], bool], Callable[[Json, Json], bool]]] = {
    "ocid": (always, still_there),
    "phase_stable": (always, phase_stable),
    "tender_title": (has_title, same_title),
}


def compare(pairs: Iterable[Pair]) -> dict[str, TimeResult]:
    """The time-based checks over pairs of states of the same process, the earlier first."""
    tallies = {name: _Tally() for name in TIME_CHECKS}
    for before, after in pairs:
        for name, (applies, passes) in TIME_CHECKS.items():
            if applies(before):
                tallies[name].take(before, after, after is not None and passes(before, after))
    return {name: tally.result() for name, tally in tallies.items()}


class _Tally:
    def __init__(self) -> None:
        self.total = self.found = self.ok = 0
        self.examples: list[dict[str, Any]] = []

    def take(self, before: Json, after: Json | None, passed: bool) -> None:
        """One earlier process."""
        self.total += 1
        if after is None:
            return
        self.found += 1
        self.ok += passed
        if not passed and len(self.examples) < EXAMPLES:
            self.examples.append({"ocid": before["ocid"], "new_item_ocid": after["ocid"]})

    def result(self) -> TimeResult:
        """Shares are rounded percentages, and pass above 95."""
        coverage = round(self.found / (self.total / 100)) if self.total else None
        check = round(self.ok / (self.found / 100)) if self.found else None
        return TimeResult(
            coverage_value=coverage,
            coverage_result=None if coverage is None else coverage > ENOUGH,
            check_value=check,
            check_result=None if check is None else check > ENOUGH,
            meta={
                "total_count": self.total,
                "coverage_count": self.found,
                "failed_count": self.found - self.ok,
                "ok_count": self.ok,
            },
            examples=self.examples,
        )


class _Named(msgspec.Struct):
    """The ocid of a compiled release."""

    ocid: str


_named = msgspec.json.Decoder(_Named).decode


class _Earlier(History):
    """The history without its last segment."""

    def segments(self) -> list[Segment]:
        """All but the last."""
        return super().segments()[:-1]


def pairs_of(lake: Lake, publisher: str, compiled: Iterable[bytes], schema: Schema) -> Iterator[Pair]:
    """Each process published before the last snapshot, as it was then and as it is now (`compiled`, by ocid).

    Empty where one snapshot only has been published. A process that the last snapshot did not touch is not compiled
    again: its state has not changed.
    """
    earlier, last = _Earlier(lake, publisher), History(lake, publisher).segments()[-1:]
    if not earlier.segments():
        return
    with (earlier.folder / last[0].name).open("rb") as handle:
        touched = {header_of(line).ocid for line in handle}
    compiler = Compiler(schema)
    current = iter(compiled)
    now = next(current, None)
    with earlier.lines() as lines:
        for group in by_ocid(lines):
            ocid = header_of(group[0]).ocid
            while now is not None and _named(now).ocid < ocid:
                now = next(current, None)
            after = _decode(now) if now is not None and _named(now).ocid == ocid else None
            unchanged = after is not None and ocid not in touched
            yield after if unchanged and after else _decode(compiler.compile(group)), after
