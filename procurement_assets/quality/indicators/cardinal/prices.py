"""Prices of bids: which are compared, and Cardinal's indicators R024 and R058 on the two lowest."""

from __future__ import annotations

from procurement_assets.quality.indicators.cardinal.model import Bid, Process
from procurement_assets.quality.indicators.cardinal.results import Results
from procurement_assets.quality.indicators.cardinal.settings import Ratio, Settings, split
from procurement_assets.quality.indicators.cardinal.statistics import quartiles


class Currency:
    """The main currency: the one that is set, else the first that is observed."""

    def __init__(self, wanted: str | None) -> None:
        self.wanted = wanted

    def is_main(self, currency: str) -> bool:
        """Whether an amount is in the main currency."""
        if self.wanted is None:
            self.wanted = currency
        return currency == self.wanted


class Comparable:
    """Whether the prices of a procedure may be compared."""

    def __init__(self, settings: Settings) -> None:
        self.only = split(settings.price_comparison_procurement_methods)
        self.never = split(settings.no_price_comparison_procurement_methods)

    def __call__(self, process: Process) -> bool:
        """An allow list wins over a deny list; a process without the field passes a deny list only."""
        details = process.method_details
        if details is None:
            return not self.only
        return details in self.only if self.only else details not in self.never


class SecondLowest:
    """R024 and R058: how far the second lowest bid is from the winning one."""

    def __init__(self, settings: Settings, currency: Currency, comparable: Comparable) -> None:
        self.close, self.discount = settings.R024, settings.R058
        self.currency, self.comparable = currency, comparable
        self.ratios: dict[str, float] = {}
        self.tenderers: dict[str, tuple[str, str]] = {}

    def take(self, process: Process, ocid: str, results: Results) -> None:
        """One process: one award in force, of one supplier, whose bid is the lowest valid one."""
        found = process.single_winner() if self.comparable(process) else None
        if found is None:
            return
        supplier, bids = found
        best: dict[bool, tuple[float, str]] = {}
        for bid in bids:
            price = price_of(bid)
            if bid.status != "valid" or price is None or bid.tenderers is None or len(bid.tenderers) != 1:
                continue
            tenderer = bid.tenderers[0].id
            if tenderer is None or not self.currency.is_main(price[1]):
                continue
            won = tenderer == supplier
            if won not in best or price[0] < best[won][0]:
                best[won] = price[0], tenderer
        if len(best) == 2 and best[False][0] >= best[True][0]:
            for indicator, setting in (("R024", self.close), ("R058", self.discount)):
                if setting is not None:
                    results.saw(indicator, ocid)
            self.ratios[ocid] = _relative(best[False][0], best[True][0])
            self.tenderers[ocid] = best[True][1], best[False][1]

    def finish(self, results: Results) -> None:
        """Both indicators against their fences."""
        if self.close is not None:
            self._flag_close(self.close, results)
        if self.discount is not None:
            self._flag_discount(self.discount, results)

    def _flag_close(self, settings: Ratio, results: Results) -> None:
        # Skipped where three quarters of the processes have no difference: else they would all be flagged.
        fence, guard = settings.threshold, 1.0
        if fence is None:
            found = quartiles(self.ratios.values())
            fence, guard = found.lower, found.q1
            results.tell("R024", q1=found.q1, q3=found.q3)
        results.tell("R024", lower_fence=fence)
        if guard > 0 and fence > 0:
            for ocid, ratio in self.ratios.items():
                if ratio <= fence:
                    results.flag("OCID", ocid, "R024", ratio)
                    for tenderer in self.tenderers[ocid]:
                        results.flag("Tenderer", tenderer, "R024", 0.0)
                        results.relate("R024", ocid, tenderer)

    def _flag_discount(self, settings: Ratio, results: Results) -> None:
        fence = settings.threshold
        if fence is None:
            found = quartiles(self.ratios.values())
            fence = found.upper
            results.tell("R058", q1=found.q1, q3=found.q3)
        results.tell("R058", upper_fence=fence)
        if fence > 0:
            for ocid, ratio in self.ratios.items():
                if ratio >= fence:
                    winner = self.tenderers[ocid][0]
                    results.flag("OCID", ocid, "R058", ratio)
                    results.flag("Tenderer", winner, "R058", 0.0)
                    results.relate("R058", ocid, winner)


def price_of(bid: Bid) -> tuple[float, str] | None:
    """Amount and currency of a bid, where it has both."""
    if bid.value is None or bid.value.amount is None or bid.value.currency is None:
        return None
    return bid.value.amount, bid.value.currency


def _relative(other: float, winner: float) -> float:
    """(other - winner) / winner, as floats divide: a winner at zero is infinitely far, or not a number."""
    if winner == 0:
        return float("nan") if other == 0 else float("inf")
    return (other - winner) / winner
