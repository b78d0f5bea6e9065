"""Pelican's compiled-release checks of consistency: numbers of tenderers, amounts, durations."""

from __future__ import annotations

from collections import Counter, defaultdict
from math import ceil, floor
from typing import Any

from procurement_assets.quality.indicators.pelican.coherent import PERIODS
from procurement_assets.quality.indicators.pelican.reading import Release, array, day, deep, has, moment, number, text
from procurement_assets.quality.indicators.pelican.results import (
    Convert,
    Count,
    ReleaseResult,
    no_conversion,
    pass_fail,
    undefined,
)

TOLERANCE = 0.5
_DAY_SECONDS = 86_400


def number_of_tenderers(release: Release) -> ReleaseResult:
    """The number of tenderers is that of those named."""
    told = number(deep(release.data, "tender.numberOfTenderers"))
    if told is None:
        return undefined("numberOfTenderers is non-numeric")
    tenderers = deep(release.data, "tender.tenderers")
    if type(tenderers) is not list:
        return undefined("tenderers is not an array")
    meta = {"numberOfTenderers": release.data["tender"]["numberOfTenderers"], "len(tenderers)": len(tenderers)}
    return pass_fail(told == len(tenderers), meta)


def tender_value(release: Release, convert: Convert = no_conversion) -> ReleaseResult:
    """The budget is within 50 to 150 % of the tender's value."""
    planned, asked = deep(release.data, "planning.budget.amount"), deep(release.data, "tender.value")
    currencies = text(deep(planned, "currency")), text(deep(asked, "currency"))
    if None in currencies:
        return undefined("a currency is missing")
    amounts = number(deep(planned, "amount")), number(deep(asked, "amount"))
    if None in amounts:
        return undefined("an amount is missing or non-numeric")
    same = currencies[0] == currencies[1]
    budget, value = (_amount(release, a, c, same, convert) for a, c in zip(amounts, currencies, strict=True))
    if not budget or not value:
        return undefined("an amount is zero or unconvertable")
    if (budget > 0) != (value > 0):
        return undefined("the amounts have different signs")
    meta = {"tender.value": asked, "planning.budget.amount": planned}
    return pass_fail(abs(value - budget) / abs(value) <= TOLERANCE, meta)


def _amount(release: Release, amount: float | None, currency: Any, same: bool, convert: Convert) -> float | None:
    """An amount as it is where all have one currency, else converted on the day of the release."""
    if amount is None or same:
        return amount
    told = day(release.data.get("date"))
    return convert(amount, currency, told) if told is not None else None


def contracts_value(release: Release, convert: Convert = no_conversion) -> ReleaseResult:
    """The contracts of an award sum to 50 to 150 % of it."""
    awards = [a for a in array(release.data.get("awards")) if has(a, "id")]
    if not awards:
        return undefined("no award has an id")
    contracts: defaultdict[str, list[Any]] = defaultdict(list)
    for contract in array(release.data.get("contracts")):
        if has(contract, "awardID"):
            contracts[str(contract["awardID"])].append(contract)
    if not contracts:
        return undefined("no contract has an awardID")
    repeats = Counter(str(a["id"]) for a in awards)
    count = Count()
    for award in awards:
        matches = contracts.get(str(award["id"]), [])
        if repeats[str(award["id"])] == 1 and matches:
            _award_and_contracts(release, award, matches, convert, count)
    return count.result("no award-contracts pairs have numeric, non-zero, same-sign, convertable amounts")


def _award_and_contracts(release: Release, award: Any, contracts: list[Any], convert: Convert, count: Count) -> None:
    currencies = {text(deep(o, "value.currency")) for o in (award, *contracts)}
    if None in currencies:
        return
    same = len(currencies) == 1

    def amount(node: Any) -> float | None:
        return _amount(release, number(deep(node, "value.amount")), deep(node, "value.currency"), same, convert)

    awarded, parts = amount(award), [amount(c) for c in contracts]
    if not awarded or any(not p or (p > 0) != (awarded > 0) for p in parts):
        return
    total = sum(p for p in parts if p)
    if abs(awarded - total) / abs(awarded) <= TOLERANCE:
        count.ok()
        return
    count.fail(
        {
            "award_id": award["id"],
            "award_amount": awarded,
            "contracts_amount_sum": total,
            "currency": currencies.pop() if same else "USD",
        }
    )


def transactions_value(release: Release, convert: Convert = no_conversion) -> ReleaseResult:
    """The payments of a contract do not exceed it."""
    contracts = release.at("contracts")
    if not contracts:
        return undefined("no contract is set")
    count = Count()
    for path, contract in contracts:
        transactions = array(deep(contract, "implementation.transactions"))
        currencies = {text(deep(o, "value.currency")) for o in (contract, *transactions)}
        if not transactions or None in currencies:
            continue
        same = len(currencies) == 1
        whole, *parts = (
            _amount(release, number(deep(o, "value.amount")), deep(o, "value.currency"), same, convert)
            for o in (contract, *transactions)
        )
        if whole is None or None in parts:
            continue
        total = sum(p for p in parts if p is not None)
        if total <= whole:
            count.ok()
            continue
        count.fail(
            {
                "path": path,
                "contract_amount": whole,
                "transactions_amount_sum": total,
                "currency": currencies.pop() if same else "USD",
            }
        )
    return count.result("no numeric, convertable amounts")


def period_duration(release: Release) -> ReleaseResult:
    """The duration of a period in days is that between its dates."""
    count = Count()
    for path, period in (found for p in PERIODS for found in release.at(p)):
        start, told = moment(deep(period, "startDate")), number(deep(period, "durationInDays"))
        end = moment(deep(period, "endDate")) or moment(deep(period, "maxExtentDate"))
        if start is None or told is None or end is None or (start.tzinfo is None) != (end.tzinfo is None):
            continue
        gap = end - start
        expected = gap.days + gap.seconds / _DAY_SECONDS
        if floor(expected) <= told <= ceil(expected):
            count.ok()
        else:
            count.fail(path)
    return count.result("no period has a valid start date and valid end date")
