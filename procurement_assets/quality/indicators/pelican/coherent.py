"""Pelican's compiled-release checks of coherence: dates, periods, statuses, realistic amounts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from procurement_assets.quality.indicators.pelican.reading import At, Release, array, day, deep, has, number, text
from procurement_assets.quality.indicators.pelican.results import (
    EURO_HIGH,
    EURO_LOW,
    Convert,
    Count,
    ReleaseResult,
    ordered_dates,
    pass_fail,
    undefined,
)

Pairs = Iterator[tuple[At, At]]
BILLIONS = 5.0e9

DOCUMENTS = (
    "planning.documents",
    "tender.documents",
    "awards.documents",
    "contracts.documents",
    "contracts.implementation.documents",
)
MILESTONES = ("planning.milestones", "tender.milestones", "contracts.milestones", "contracts.implementation.milestones")
PERIODS = (
    "tender.tenderPeriod",
    "tender.enquiryPeriod",
    "tender.awardPeriod",
    "tender.contractPeriod",
    "awards.contractPeriod",
    "contracts.period",
)
VALUES = (
    "planning.budget.amount",
    "tender.items.unit.value",
    "tender.value",
    "tender.minValue",
    "awards.value",
    "awards.items.unit.value",
    "contracts.value",
    "contracts.items.unit.value",
    "contracts.implementation.transactions.value",
)


def _pairs(release: Release, first: str, second: str, parts: int | None = None) -> Pairs:
    """Every pair of two paths; `parts`: only within the same object, their first or all but last parts being equal."""
    for a in release.at(first):
        for b in release.at(second):
            if parts is None or _owner(a.path, parts) == _owner(b.path, parts):
                yield a, b


def _owner(path: str, parts: int) -> str:
    return path.split(".", 1)[0] if parts == 1 else path.rsplit(".", 1)[0]


def amendments_dates(release: Release) -> ReleaseResult:
    """An amendment is not before what it amends, nor after the release."""
    return ordered_dates(
        [
            *_pairs(release, "tender.tenderPeriod.startDate", "tender.amendments.date"),
            *_pairs(release, "awards.date", "awards.amendments.date", 1),
            *_pairs(release, "contracts.dateSigned", "contracts.amendments.date", 1),
            *_pairs(release, "tender.amendments.date", "date"),
            *_pairs(release, "awards.amendments.date", "date"),
            *_pairs(release, "contracts.amendments.date", "date"),
        ]
    )


def dates(release: Release) -> ReleaseResult:
    """Submission, award, signature, payments and publication follow one another."""
    return ordered_dates(
        [
            *_pairs(release, "tender.tenderPeriod.endDate", "tender.contractPeriod.startDate"),
            *_pairs(release, "tender.tenderPeriod.endDate", "awards.date"),
            *_pairs(release, "tender.tenderPeriod.endDate", "contracts.dateSigned"),
            *_pairs(release, "awards.date", "date"),
            *_pairs(release, "contracts.dateSigned", "date"),
            *_pairs(release, "contracts.implementation.transactions.date", "date"),
            *_pairs(release, "contracts.dateSigned", "contracts.implementation.transactions.date", 1),
            *_award_and_signature(release),
        ]
    )


def _award_and_signature(release: Release) -> Pairs:
    contracts = [c for c in release.at("contracts") if has(c.value, "dateSigned") and has(c.value, "awardID")]
    for award in release.at("awards"):
        if not (has(award.value, "date") and has(award.value, "id")):
            continue
        for contract in contracts:
            if str(award.value["id"]) == str(contract.value["awardID"]):
                yield (
                    At(f"{award.path}.date", award.value["date"]),
                    At(f"{contract.path}.dateSigned", contract.value["dateSigned"]),
                )


def documents_dates(release: Release) -> ReleaseResult:
    """A document is published, then modified, then told."""
    return ordered_dates(
        list(
            chain.from_iterable(
                chain(
                    _pairs(release, f"{path}.datePublished", f"{path}.dateModified", 2),
                    _pairs(release, f"{path}.datePublished", "date"),
                    _pairs(release, f"{path}.dateModified", "date"),
                )
                for path in DOCUMENTS
                if release.at(path)
            )
        )
    )


_MILESTONE_DATES = tuple(f"{m}.{d}" for m in MILESTONES for d in ("dateModified", "dateMet"))
_RELEASED = (
    "tender.amendments.date",
    "awards.amendments.date",
    "contracts.amendments.date",
    "awards.date",
    "contracts.dateSigned",
    "contracts.implementation.transactions.date",
    *_MILESTONE_DATES,
    *(f"{m}.{d}" for m in DOCUMENTS for d in ("datePublished", "dateModified")),
)


def milestones_dates(release: Release) -> ReleaseResult:
    """A milestone is modified and met before it is told."""
    return ordered_dates([pair for path in _MILESTONE_DATES for pair in _pairs(release, path, "date")])


def release_date(release: Release) -> ReleaseResult:
    """Nothing that has happened is dated after the release that tells it."""
    return ordered_dates([pair for path in _RELEASED for pair in _pairs(release, path, "date")])


def period(release: Release) -> ReleaseResult:
    """A period starts before it ends."""
    return ordered_dates(
        [pair for path in PERIODS for pair in _pairs(release, f"{path}.startDate", f"{path}.endDate", 2)]
    )


def awards_status(release: Release) -> ReleaseResult:
    """An inactive award has no contract."""
    inactive = ("pending", "cancelled", "unsuccessful")
    awards = [a for a in release.at("awards") if deep(a.value, "status") in inactive and has(a.value, "id")]
    if not awards:
        return undefined("no award with an id is inactive")
    contracted = {str(v) for v in release.values("contracts.awardID")}
    count = Count()
    for award in awards:
        ident = award.value["id"]
        if str(ident) not in contracted:
            count.ok()
        else:
            count.fail({"path": award.path, "id": ident})
    return count.result()


def contracts_status(release: Release) -> ReleaseResult:
    """An unsigned contract has no transaction."""
    unsigned = [c for c in release.at("contracts") if deep(c.value, "status") in ("pending", "cancelled")]
    if not unsigned:
        return undefined("no contract is unsigned")
    count = Count()
    for contract in unsigned:
        transactions = len(array(deep(contract.value, "implementation.transactions")))
        if transactions == 0:
            count.ok()
        else:
            count.fail({"path": contract.path, "transactions_count": transactions})
    return count.result()


def milestone_status(release: Release) -> ReleaseResult:
    """A milestone not met has no date on which it was met."""
    milestones = [
        m for path in MILESTONES for m in release.at(path) if deep(m.value, "status") in ("scheduled", "notMet")
    ]
    if not milestones:
        return undefined("no milestone is unmet")
    count = Count()
    for milestone in milestones:
        if not deep(milestone.value, "dateMet"):
            count.ok()
        else:
            count.fail({"path": milestone.path, "status": milestone.value["status"]})
    return count.result()


def tender_status(release: Release) -> ReleaseResult:
    """A tender that is not complete has no award and no contract."""
    status = deep(release.data, "tender.status")
    if not status:
        return undefined("tender.status is blank")
    if status not in ("planning", "planned", "active", "cancelled", "unsuccessful", "withdrawn"):
        return undefined(f"tender.status is '{status}'")
    contracts, awards = (len(array(release.data.get(s))) for s in ("contracts", "awards"))
    return pass_fail(contracts == 0 and awards == 0, {"contracts_count": contracts, "awards_count": awards})


def method_and_tenderers(release: Release) -> ReleaseResult:
    """A direct award has one tenderer at most."""
    tenderers = number(deep(release.data, "tender.numberOfTenderers"))
    if tenderers is None:
        return undefined("numberOfTenderers is non-numeric")
    if deep(release.data, "tender.procurementMethod") != "direct":
        return undefined("procurementMethod is not direct")
    return pass_fail(tenderers in (0, 1), {"numberOfTenderers": release.data["tender"]["numberOfTenderers"]})


def value_realistic(release: Release, convert: Convert | None = None) -> ReleaseResult:
    """Amounts are within five billion dollars.

    `convert`: exchange rates, to dollars. Without them an amount in euros is judged only where every rate since 1999
    says the same: below 3.1 billion euros it passes, above 6.1 billion it fails, between the two it is not judged.
    Other currencies are then not judged, as where Pelican has no rate.
    """
    count = Count()
    told = day(release.data.get("date"))
    for found in chain.from_iterable(release.at(path) for path in VALUES):
        amount, currency = number(deep(found.value, "amount")), text(deep(found.value, "currency"))
        if amount is None or currency is None:
            continue
        if currency == "USD":
            passed: bool | None = _within(amount)
        elif told is None:
            passed = None
        elif convert is not None:
            dollars = convert(amount, currency, told)
            passed = None if dollars is None else _within(dollars)
        else:
            passed = _euros_within(amount) if currency == "EUR" else None
        if passed:
            count.ok()
        elif passed is False:
            count.fail({"path": found.path, "amount": amount, "currency": currency})
    return count.result("no numeric, convertable amounts")


def _within(dollars: float) -> bool:
    return -BILLIONS <= dollars <= BILLIONS


def _euros_within(amount: float) -> bool | None:
    """What every rate says, if they agree."""
    if abs(amount) * EURO_HIGH <= BILLIONS:
        return True
    return False if abs(amount) * EURO_LOW > BILLIONS else None
