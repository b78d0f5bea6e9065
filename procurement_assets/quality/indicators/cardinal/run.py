"""Cardinal's `indicators` command over compiled releases given as JSON, one a line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from procurement_assets.quality.indicators.cardinal import bid_indicators as bids
from procurement_assets.quality.indicators.cardinal import prices
from procurement_assets.quality.indicators.cardinal import tender_indicators as tenders
from procurement_assets.quality.indicators.cardinal.model import Process, decode
from procurement_assets.quality.indicators.cardinal.results import Results
from procurement_assets.quality.indicators.cardinal.settings import Settings, split


class Indicator(Protocol):
    """An indicator fed one process at a time."""

    def take(self, process: Process, ocid: str, results: Results) -> None:
        """One process."""

    def finish(self, results: Results) -> None:
        """What needs all of them."""


def indicators_of(settings: Settings) -> list[Indicator]:
    """The indicators whose sections are in the settings."""
    currency, comparable = prices.Currency(settings.currency), prices.Comparable(settings)
    chosen: list[Indicator | None] = [
        tenders.ShortPeriod(settings.R003) if settings.R003 else None,
        tenders.SingleBid(settings.R018) if settings.R018 else None,
        prices.SecondLowest(settings, currency, comparable) if settings.R024 or settings.R058 else None,
        bids.Unsuccessful(settings.R025) if settings.R025 else None,
        bids.IdenticalPrices(comparable) if settings.R028 else None,
        bids.LateBid() if settings.R030 else None,
        bids.OthersDisqualified(settings.R035) if settings.R035 else None,
        bids.LowestDisqualified(currency, comparable) if settings.R036 else None,
        bids.ExcessiveDisqualified(settings.R038) if settings.R038 else None,
        tenders.HeterogeneousSupplier(settings.R048) if settings.R048 else None,
    ]
    return [i for i in chosen if i is not None]


def calculate(lines: Iterable[bytes], settings: Settings) -> Results:
    """The indicators over all processes, one line each. Cancelled and excluded processes are left out.

    A line that is not a JSON object with an ocid is skipped, as Cardinal does.
    """
    chosen, results = indicators_of(settings), Results()
    excluded = split(settings.exclusions.procurement_method_details)
    for line in lines:
        process = decode(line)
        if process is None or process.ocid is None:
            continue
        if process.tender is not None and process.tender.status == "cancelled":
            continue
        if process.method_details in excluded:
            continue
        results.processes += 1
        for indicator in chosen:
            indicator.take(process, process.ocid, results)
    for indicator in chosen:
        indicator.finish(results)
    return results
