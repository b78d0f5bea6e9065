"""Pelican's dataset-level checks of distribution: codes, categories, amounts and their repetition."""

from __future__ import annotations

from collections import Counter
from typing import Any

from procurement_assets.quality.indicators.pelican.coherent import DOCUMENTS, MILESTONES, VALUES
from procurement_assets.quality.indicators.pelican.dataset import (
    NO_FIELDS,
    BuyerRepetition,
    Buyers,
    DatasetCheck,
    RelatedIdentifier,
    RelatedTitle,
    UniqueTenderId,
    example,
    too_few,
)
from procurement_assets.quality.indicators.pelican.reading import Release, day, deep, number, text
from procurement_assets.quality.indicators.pelican.results import Convert, DatasetResult

LOW, HIGH = 0.001, 0.99
CATEGORY_SHARE = 0.95
REPEATED_SHARE, REPEATED_TESTED, REPEATED_TOLD = 0.1, 3, 5
MIN_VALUES = 100
_BANDS = (("0_1", 0, 1), ("1_5", 1, 5), ("5_20", 5, 20), ("20_50", 20, 50), ("50_100", 50, None))


class _Shares:
    """How often each value is met."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.counts: Counter[Any] = Counter()
        self.examples: dict[Any, list[Any]] = {}

    def add(self, value: Any, sample: Any) -> None:
        """One occurrence."""
        self.counts[value] += 1
        kept = self.examples.setdefault(value, [])
        if len(kept) < self.limit:
            kept.append(sample)

    def shares(self, ordered: bool) -> dict[str, dict[str, Any]]:
        """Count, share and examples of each value."""
        total = self.counts.total()
        held = self.counts.most_common() if ordered else list(self.counts.items())
        return {v: {"share": n / total, "count": n, "examples": self.examples[v]} for v, n in held}


class Codes:
    """`distribution.*`: each code that is tested has between 0.1 and 99 % of the occurrences."""

    def __init__(self, paths: tuple[str, ...], tested: tuple[str, ...] = ()) -> None:
        self.paths, self.tested = paths, tested
        self.held = _Shares(20)

    def take(self, release: Release, item: int) -> None:
        """One compiled release."""
        for path in self.paths:
            for value in release.values(path):
                if type(value) is str:
                    self.held.add(value, example(release, item))

    def result(self) -> DatasetResult:
        """The share of every code."""
        counts = self.held.counts
        if not counts:
            return DatasetResult(meta={"reason": NO_FIELDS})
        total = counts.total()
        passed = all(code in counts and LOW <= counts[code] / total <= HIGH for code in self.tested)
        return DatasetResult(result=passed, value=100 if passed else 0, meta={"shares": self.held.shares(False)})


class MainCategory:
    """`distribution.main_procurement_category`: no category has more than 95 % of the processes."""

    def __init__(self) -> None:
        self.held = _Shares(100)

    def take(self, release: Release, item: int) -> None:
        """One compiled release."""
        category = deep(release.data, "tender.mainProcurementCategory")
        if category is not None and str(category):
            self.held.add(str(category), example(release, item))

    def result(self) -> DatasetResult:
        """The share of every category, the greatest first."""
        counts = self.held.counts
        if not counts:
            return DatasetResult(meta={"reason": NO_FIELDS})
        passed = counts.most_common(1)[0][1] / counts.total() <= CATEGORY_SHARE
        return DatasetResult(result=passed, value=100 if passed else 0, meta={"shares": self.held.shares(True)})


class Repetition:
    """`distribution.*_value_repetition`: the three most frequent amounts make less than 10 % of the cases."""

    def __init__(self, section: str) -> None:
        self.path = f"{section}.value"
        self.held = _Shares(10)

    def take(self, release: Release, item: int) -> None:
        """One compiled release."""
        for value in release.values(self.path):
            amount, currency = deep(value, "amount"), text(deep(value, "currency"))
            if isinstance(amount, (int, float, str)) and currency is not None:
                self.held.add((amount, currency), example(release, item))

    def result(self) -> DatasetResult:
        """The five most frequent amounts; ties in the order met."""
        counts = self.held.counts
        if not counts:
            return DatasetResult(meta={"reason": NO_FIELDS})
        total = counts.total()
        frequent = counts.most_common(REPEATED_TOLD)
        share = sum(n for _, n in frequent[:REPEATED_TESTED]) / total
        told = [
            {
                "amount": amount,
                "currency": currency,
                "value_str": f"{amount} {currency}",
                "share": n / total,
                "count": n,
                "examples": self.held.examples[(amount, currency)],
            }
            for (amount, currency), n in frequent
        ]
        meta = {"most_frequent": told, "total_processed": total}
        return DatasetResult(result=share < REPEATED_SHARE, value=100 * share, meta=meta)


class Values:
    """`distribution.*_value`: the highest 1 % of the amounts make at most half of the total."""

    def __init__(self, path: str, convert: Convert) -> None:
        self.path, self.convert = path, convert
        self.held: list[tuple[int, int, str, str, Any]] = []

    def take(self, release: Release, item: int) -> None:
        """One compiled release."""
        told = day(release.data.get("date"))
        for path, value in release.at(self.path):
            amount, currency = number(deep(value, "amount")), text(deep(value, "currency"))
            if amount is None or currency is None or not 0 <= amount < float("inf"):
                continue
            dollars = amount if currency == "USD" else self.convert(amount, currency, told) if told else None
            if dollars is not None:
                self.held.append((int(dollars), item, release.data["ocid"], path, value))

    def result(self) -> DatasetResult:
        """Sums and shares by band of rank."""
        if not self.held:
            return DatasetResult(meta={"reason": NO_FIELDS})
        if len(self.held) < MIN_VALUES:
            return DatasetResult(meta=too_few(MIN_VALUES))
        total = sum(v[0] for v in self.held)
        if total == 0:
            return DatasetResult(meta={"reason": "sum is 0, causing division by zero error"})
        ranked = sorted(self.held, key=lambda v: v[0], reverse=True)
        size = len(ranked) // 100
        bands = {n: ranked[low * size : None if high is None else high * size] for n, low, high in _BANDS}
        sums = {n: sum(v[0] for v in held) for n, held in bands.items()}
        passed = sums["0_1"] <= total / 2
        meta = {
            "shares": {n: s / total for n, s in sums.items()},
            "sums": sums,
            "counts": {n: len(held) for n, held in bands.items()},
            "examples": {n: [_told(v) for v in held[:10]] for n, held in bands.items()},
            "sum": total,
        }
        return DatasetResult(result=passed, value=100 if passed else 0, meta=meta)


def _told(held: tuple[int, int, str, str, Any]) -> dict[str, Any]:
    amount, item, ocid, path, value = held
    return {"path": path, "value": value, "item_id": item, "ocid": ocid, "abs_amount": amount}


def euros_as_they_are(amount: float, currency: str, when: object) -> float | None:
    """Amounts in euros, not converted: shares of a total in one currency need no exchange rate."""
    return amount if currency == "EUR" else None


def dataset_checks(convert: Convert = euros_as_they_are) -> dict[str, DatasetCheck]:
    """Pelican's dataset-level checks, by Pelican's name, new."""
    return {
        "distribution.main_procurement_category": MainCategory(),
        "unique.tender_id": UniqueTenderId(),
        "distribution.contracts_value": Values("contracts.value", convert),
        "distribution.awards_value": Values("awards.value", convert),
        "distribution.tender_value": Values("tender.value", convert),
        "distribution.buyer": Buyers(),
        "distribution.buyer_repetition": BuyerRepetition(),
        "distribution.tender_value_repetition": Repetition("tender"),
        "distribution.awards_value_repetition": Repetition("awards"),
        "distribution.contracts_value_repetition": Repetition("contracts"),
        "distribution.tender_procurement_method": Codes(("tender.procurementMethod",), ("open",)),
        "distribution.tender_status": Codes(("tender.status",), ("active", "complete")),
        "distribution.tender_award_criteria": Codes(("tender.awardCriteria",)),
        "distribution.tender_submission_method": Codes(("tender.submissionMethod",)),
        "distribution.awards_status": Codes(("awards.status",), ("active",)),
        "distribution.contracts_status": Codes(("contracts.status",), ("active", "terminated")),
        "distribution.milestone_status": Codes(tuple(f"{m}.status" for m in MILESTONES), ("met",)),
        "distribution.milestone_type": Codes(tuple(f"{m}.type" for m in MILESTONES)),
        "distribution.document_document_type": Codes(tuple(f"{d}.documentType" for d in DOCUMENTS)),
        "distribution.value_currency": Codes(tuple(f"{v}.currency" for v in VALUES)),
        "distribution.related_process_relation": Codes(
            ("relatedProcesses.relationship", "contracts.relatedProcesses.relationship")
        ),
        "consistent.related_process_title": RelatedTitle(),
        "reference.related_process_identifier": RelatedIdentifier(),
    }
