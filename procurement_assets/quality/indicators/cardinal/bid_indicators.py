"""Cardinal's indicators on bids: R025, R028, R030, R035, R036, R038."""

from __future__ import annotations

from procurement_assets.quality.indicators.cardinal.model import Process
from procurement_assets.quality.indicators.cardinal.prices import Comparable, Currency, price_of
from procurement_assets.quality.indicators.cardinal.results import Fraction, Group, Results
from procurement_assets.quality.indicators.cardinal.settings import R025, R035, R038
from procurement_assets.quality.indicators.cardinal.statistics import quantile, quartiles


class Unsuccessful:
    """R025: a tenderer that bids much wins seldom."""

    def __init__(self, settings: R025) -> None:
        self.settings = settings
        self.wins: dict[str, Fraction] = {}

    def take(self, process: Process, ocid: str, results: Results) -> None:
        """One process: each tenderer counts once."""
        found = process.single_winner()
        if found is None:
            return
        supplier, bids = found
        valid = {
            b.tenderers[0].id for b in bids if b.status == "valid" and b.tenderers is not None and len(b.tenderers) == 1
        }
        for tenderer in sorted(t for t in valid if t is not None):
            self.wins.setdefault(tenderer, Fraction()).add(int(tenderer == supplier), 1)

    def finish(self, results: Results) -> None:
        """Top tenderers, against the fence of the ratios of wins."""
        results.seen["R025"] = list(self.wins)
        upper = quantile([float(f.denominator) for f in self.wins.values()], self.settings.percentile / 100)
        lower, guard = self.settings.threshold, 1.0
        if lower is None:
            found = quartiles(f.ratio for f in self.wins.values())
            lower, guard = found.lower, found.q1
            results.tell("R025", q1=found.q1, q3=found.q3)
        results.tell("R025", upper_fence=upper, lower_fence=lower)
        if guard > 0 and lower > 0:
            for tenderer, fraction in self.wins.items():
                if fraction.denominator >= upper and fraction.ratio <= lower:
                    results.flag("Tenderer", tenderer, "R025", fraction.ratio)


class IdenticalPrices:
    """R028: two tenderers bid the same price."""

    def __init__(self, comparable: Comparable) -> None:
        self.comparable = comparable

    def take(self, process: Process, ocid: str, results: Results) -> None:
        """One process."""
        if not self.comparable(process):
            return
        prices: dict[tuple[float, str], set[str]] = {}
        for bid in process.submitted():
            price, ids = price_of(bid), set(bid.ids)
            if price is None or not ids:
                continue
            other = prices.get(price)
            if other is not None and other != ids:
                results.flag("OCID", ocid, "R028", 1.0)
                for tenderer in sorted(ids | other):
                    results.flag("Tenderer", tenderer, "R028", 1.0)
                    results.relate("R028", ocid, tenderer)
            prices[price] = ids
        if prices:
            results.saw("R028", ocid)

    def finish(self, results: Results) -> None:
        """Nothing is left to decide."""


class LateBid:
    """R030: the winning bid came after the deadline."""

    def take(self, process: Process, ocid: str, results: Results) -> None:
        """One process."""
        period = process.tender.tender_period if process.tender else None
        if period is None or period.end_date is None or process.awards is None:
            return
        if process.bids is None or process.bids.details is None:
            return
        results.saw("R030", ocid)
        winners = {s.id for a in process.awards if a.status == "active" for s in a.suppliers or () if s.id is not None}
        for bid in process.bids.details:
            # Text against text, as Cardinal compares them.
            if bid.status == "valid" and bid.date is not None and bid.date > period.end_date:
                for tenderer in sorted(set(bid.ids) & winners):
                    results.flag("OCID", ocid, "R030", 1.0)
                    results.flag("Tenderer", tenderer, "R030", 1.0)
                    results.relate("R030", ocid, tenderer)

    def finish(self, results: Results) -> None:
        """Nothing is left to decide."""


class OthersDisqualified:
    """R035: every tenderer but the winner is disqualified."""

    def __init__(self, settings: R035) -> None:
        self.threshold = max(settings.threshold, 1)

    def take(self, process: Process, ocid: str, results: Results) -> None:
        """One process."""
        found = process.final()
        if found is None:
            return
        results.saw("R035", ocid)
        suppliers = {s.id for a in found[0] for s in a.suppliers or () if s.id is not None}
        valid = {t for b in found[1] if b.status == "valid" for t in b.ids}
        disqualified = {t for b in found[1] if b.status == "disqualified" for t in b.ids} - valid
        if len(valid) == 1 and valid == suppliers and len(disqualified) >= self.threshold:
            winner = next(iter(valid))
            results.flag("OCID", ocid, "R035", len(disqualified))
            results.flag("Tenderer", winner, "R035", 0.0)
            results.relate("R035", ocid, winner)

    def finish(self, results: Results) -> None:
        """Nothing is left to decide."""


class LowestDisqualified:
    """R036: the lowest bid is disqualified."""

    def __init__(self, currency: Currency, comparable: Comparable) -> None:
        self.currency, self.comparable = currency, comparable

    def take(self, process: Process, ocid: str, results: Results) -> None:
        """One process with an award in force; of two equal bids the first counts."""
        if not self.comparable(process) or not any(a.status == "active" for a in process.awards or ()):
            return
        lowest: tuple[float, bool] | None = None
        any_valid = False
        for bid in process.submitted():
            price = price_of(bid)
            if price is None or not self.currency.is_main(price[1]):
                continue
            if lowest is None or price[0] < lowest[0]:
                lowest = price[0], bid.status == "disqualified"
            any_valid = any_valid or bid.status == "valid"
        if lowest is not None:
            results.saw("R036", ocid)
        if any_valid and lowest is not None and lowest[1]:
            results.flag("OCID", ocid, "R036", 1.0)

    def finish(self, results: Results) -> None:
        """Nothing is left to decide."""


class ExcessiveDisqualified:
    """R038: too many bids are disqualified: by buyer, procuring entity, tenderer."""

    def __init__(self, settings: R038) -> None:
        self.settings = settings
        self.held: dict[Group, dict[str, Fraction]] = {"Buyer": {}, "ProcuringEntity": {}, "Tenderer": {}}

    def take(self, process: Process, ocid: str, results: Results) -> None:
        """One process."""
        submitted = process.submitted()
        if not submitted:
            return
        disqualified = sum(b.status == "disqualified" for b in submitted)
        for bid in submitted:
            for tenderer in bid.ids:
                self._add("Tenderer", tenderer, int(bid.status == "disqualified"), 1)
        if process.buyer and process.buyer.id is not None:
            self._add("Buyer", process.buyer.id, disqualified, len(submitted))
        entity = process.tender.procuring_entity if process.tender else None
        if entity and entity.id is not None:
            self._add("ProcuringEntity", entity.id, disqualified, len(submitted))

    def _add(self, group: Group, ident: str, numerator: int, denominator: int) -> None:
        self.held[group].setdefault(ident, Fraction()).add(numerator, denominator)

    def finish(self, results: Results) -> None:
        """Organisations with enough bids, against the fence of their group."""
        settings = self.settings
        for group, held in self.held.items():
            fewest = settings.minimum_submitted_bids if group == "Tenderer" else settings.minimum_contracting_processes
            ratios = {i: f.ratio for i, f in held.items() if f.denominator >= fewest}
            if not ratios:
                continue
            results.seen.setdefault("R038", []).extend(ratios)
            fence = settings.threshold
            if fence is None:
                found = quartiles(ratios.values())
                fence = found.upper
                results.tell("R038", **{f"{group}_q1": found.q1, f"{group}_q3": found.q3})
            results.tell("R038", **{f"{group}_upper_fence": fence})
            if fence > 0:
                for ident, ratio in ratios.items():
                    if ratio >= fence:
                        results.flag(group, ident, "R038", ratio)
