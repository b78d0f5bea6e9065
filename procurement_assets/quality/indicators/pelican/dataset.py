"""Pelican's dataset-level checks, fed one compiled release at a time: identifiers, buyers, related processes.

Examples are the first ones met, in the order of ocids, where Pelican draws them at random: the same data give the same
bytes. `item` numbers are the positions of the releases.
"""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import Any, Protocol

from procurement_assets.quality.indicators.pelican.reading import At, Release, deep, text
from procurement_assets.quality.indicators.pelican.results import DatasetResult

NO_FIELDS = "no compiled releases set necessary fields"
NO_PAIRS = "no pair of related processes sets necessary fields"
MIN_BUYERS = 1000
EXAMPLES, BUYER_EXAMPLES = 100, 20


class DatasetCheck(Protocol):
    """A check of the whole dataset."""

    def take(self, release: Release, item: int) -> None:
        """One compiled release."""

    def result(self) -> DatasetResult:
        """The result, after the last release."""


def too_few(minimum: int) -> dict[str, str]:
    """Why a check that asks for more is undefined."""
    return {"reason": f"fewer than {minimum} occurrences of necessary fields"}


def example(release: Release, item: int) -> dict[str, Any]:
    """A release as an example."""
    return {"item_id": item, "ocid": release.data["ocid"]}


class UniqueTenderId:
    """`unique.tender_id`: no two processes have the same tender id."""

    def __init__(self, scope: dict[str, list[dict[str, Any]]] | None = None) -> None:
        self.scope = {} if scope is None else scope

    def take(self, release: Release, item: int) -> None:
        """One compiled release."""
        ident = deep(release.data, "tender.id")
        if ident is not None and str(ident):
            self.scope.setdefault(str(ident), []).append(example(release, item))

    def result(self) -> DatasetResult:
        """Failing ids have several items; `value` is the share of releases whose id is theirs alone."""
        if not self.scope:
            return DatasetResult(meta={"reason": NO_FIELDS}, version=2.0)
        total = sum(len(items) for items in self.scope.values())
        samples = [{"tender_id": k, **items[0], "all_items": items} for k, items in self.scope.items()]
        passed = [s for s in samples if len(s["all_items"]) == 1]
        failed = [s for s in samples if len(s["all_items"]) > 1]
        meta = {
            "total_processed": total,
            "total_passed": len(passed),
            "total_failed": total - len(passed),
            "passed_examples": passed[:EXAMPLES],
            "failed_examples": failed[:EXAMPLES],
        }
        return DatasetResult(result=len(passed) == total, value=100 * len(passed) / total, meta=meta, version=2.0)

    def failures(self) -> list[tuple[str, str]]:
        """Every process whose tender id is not its own, and which."""
        return [
            (item["ocid"], f"tender/id {ident} : {len(items)} processus")
            for ident, items in self.scope.items()
            if len(items) > 1
            for item in items
        ]


class _Buyers:
    """Releases by buyer id."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.examples: dict[str, list[dict[str, Any]]] = {}

    def take(self, release: Release, item: int) -> None:
        """One compiled release."""
        ident = deep(release.data, "buyer.id")
        if ident is None:
            return
        self.counts[str(ident)] += 1
        kept = self.examples.setdefault(str(ident), [])
        if len(kept) < BUYER_EXAMPLES:
            kept.append(example(release, item))

    def undefined(self) -> DatasetResult | None:
        """Why the check does not apply, if so."""
        if not self.counts:
            return DatasetResult(meta={"reason": NO_FIELDS}, version=2.0)
        if self.counts.total() < MIN_BUYERS:
            return DatasetResult(meta=too_few(MIN_BUYERS), version=2.0)
        return None


_BANDS = (("1", 1, 1), ("2_20", 2, 20), ("21_50", 21, 50), ("51_100", 51, 100), ("100+", 101, None))


class Buyers(_Buyers):
    """`distribution.buyer`: fewer than half of the buyers are seen in one release only."""

    def result(self) -> DatasetResult:
        """Buyers and releases by how many releases a buyer has."""
        if (undefined := self.undefined()) is not None:
            return undefined
        bands = {}
        for name, low, high in _BANDS:
            held = [n for n in self.counts.values() if n >= low and (high is None or n <= high)]
            bands[name] = {"total_ocid_count": sum(held), "total_buyer_count": len(held)}
        passed = bands["1"]["total_buyer_count"] < 0.5 * len(self.counts)
        singles = [self.examples[b][0] for b, n in self.counts.items() if n == 1]
        meta = {
            "counts": bands,
            "total_ocid_count": self.counts.total(),
            "total_buyer_count": len(self.counts),
            "examples": singles[:BUYER_EXAMPLES],
        }
        return DatasetResult(result=passed, value=100 if passed else 0, meta=meta, version=2.0)


class BuyerRepetition(_Buyers):
    """`distribution.buyer_repetition`: the buyer most seen has more than 1 % and less than half of the releases."""

    def result(self) -> DatasetResult:
        """The buyer most seen."""
        if (undefined := self.undefined()) is not None:
            return undefined
        biggest, count = self.counts.most_common(1)[0]
        share = count / self.counts.total()
        passed = 0.01 < share < 0.5
        meta = {
            "total_ocid_count": self.counts.total(),
            "ocid_count": count,
            "ocid_share": share,
            "examples": self.examples[biggest],
            "specifics": {"buyer.id": biggest},
        }
        return DatasetResult(result=passed, value=100 if passed else 0, meta=meta, version=2.0)


class _Related:
    """References from one process to another, resolved once all are known."""

    def __init__(self) -> None:
        self.titles: dict[str, Any] = {}
        self.references: dict[tuple[str, str], dict[str, Any]] = {}

    def _references(self, release: Release) -> list[At]:
        """Related processes named by ocid."""
        found = chain(release.at("relatedProcesses"), release.at("contracts.relatedProcesses"))
        return [r for r in found if deep(r.value, "scheme") == "ocid" and text(deep(r.value, "identifier")) is not None]

    def _result(self, outcomes: list[tuple[bool, dict[str, Any]]], version: float) -> DatasetResult:
        if not outcomes:
            return DatasetResult(meta={"reason": NO_PAIRS}, version=version)
        passed, failed = [e for ok, e in outcomes if ok], [e for ok, e in outcomes if not ok]
        meta = {
            "total_processed": len(outcomes),
            "total_passed": len(passed),
            "total_failed": len(failed),
            "passed_examples": passed[:EXAMPLES],
            "failed_examples": failed[:EXAMPLES],
        }
        return DatasetResult(result=not failed, value=100 * len(passed) / len(outcomes), meta=meta, version=version)


class RelatedIdentifier(_Related):
    """`reference.related_process_identifier`: a process named by its ocid is in the dataset."""

    def take(self, release: Release, item: int) -> None:
        """One compiled release."""
        ocid = release.data["ocid"]
        self.titles[ocid] = None
        for path, node in self._references(release):
            named = node["identifier"]
            self.references[(ocid, named)] = {**example(release, item), "related_path": path, "related_ocid": named}

    def result(self) -> DatasetResult:
        """One outcome per process and process named."""
        return self._result([(e["related_ocid"] in self.titles, e) for e in self.references.values()], 2.0)

    def failures(self) -> list[tuple[str, str]]:
        """Every process that names one that is not there, and which."""
        return [
            (e["ocid"], f"{e['related_path']} : {e['related_ocid']}")
            for e in self.references.values()
            if e["related_ocid"] not in self.titles
        ]


class RelatedTitle(_Related):
    """`consistent.related_process_title`: the title of a related process is that of its tender."""

    def take(self, release: Release, item: int) -> None:
        """One compiled release."""
        ocid = release.data["ocid"]
        title = deep(release.data, "tender.title")
        if title:
            self.titles[ocid] = title
        for path, node in self._references(release):
            if deep(node, "title") is not None:
                named = node["identifier"]
                self.references[(ocid, named)] = {
                    "ocid": ocid,
                    "item_id": item,
                    "related_ocid": named,
                    "related_title": node["title"],
                    "related_path": path,
                }

    def result(self) -> DatasetResult:
        """One outcome per process and process named whose title is known."""
        outcomes = [
            (
                e["related_title"] == self.titles[e["related_ocid"]],
                {
                    "original_process": {"ocid": e["related_ocid"], "title": self.titles[e["related_ocid"]]},
                    "related_process": e,
                },
            )
            for e in self.references.values()
            if e["related_ocid"] in self.titles
        ]
        return self._result(outcomes, 1.0)

    def failures(self) -> list[tuple[str, str]]:
        """Every process that gives another title to one it names, and where."""
        return [
            (e["ocid"], e["related_path"])
            for e in self.references.values()
            if e["related_ocid"] in self.titles and e["related_title"] != self.titles[e["related_ocid"]]
        ]
