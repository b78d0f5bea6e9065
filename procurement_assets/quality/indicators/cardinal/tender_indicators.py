"""Cardinal's indicators on tenders and awards: R003, R018, R048."""

from __future__ import annotations

from datetime import datetime

from dateutil.parser import isoparse

from procurement_assets.quality.indicators.cardinal.model import Process
from procurement_assets.quality.indicators.cardinal.results import Results
from procurement_assets.quality.indicators.cardinal.settings import R003, R018, R048, split
from procurement_assets.quality.indicators.cardinal.statistics import quartiles


class ShortPeriod:
    """R003: the submission period is shorter than a number of days."""

    def __init__(self, settings: R003) -> None:
        self.settings = settings
        self.methods = split(settings.procurement_methods)

    def take(self, process: Process, ocid: str, results: Results) -> None:
        """One process."""
        tender = process.tender
        period = tender.tender_period if tender else None
        if tender is None or period is None or (self.methods and tender.procurement_method not in self.methods):
            return
        start, end = _moment(period.start_date), _moment(period.end_date)
        if start is None or end is None:
            return
        results.saw("R003", ocid)
        threshold = self.settings.procurement_method_details.get(
            tender.procurement_method_details or "", self.settings.threshold
        )
        # Whole days, cut towards zero, as Cardinal counts them.
        if int((end - start).total_seconds() / 86_400) < threshold:
            results.flag("OCID", ocid, "R003", 1.0)

    def finish(self, results: Results) -> None:
        """Nothing is left to decide."""


def _moment(text: str | None) -> datetime | None:
    """A moment of RFC 3339: with its time and its zone."""
    if text is None or "T" not in text.upper():
        return None
    try:
        found = isoparse(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


class SingleBid:
    """R018: one tenderer, where there was competition."""

    def __init__(self, settings: R018) -> None:
        self.methods = split(settings.procurement_methods)

    def take(self, process: Process, ocid: str, results: Results) -> None:
        """One process."""
        tender = process.tender
        if tender is None or (self.methods and tender.procurement_method not in self.methods):
            return
        if tender.number_of_tenderers is None:
            return
        results.saw("R018", ocid)
        if type(tender.number_of_tenderers) is int and tender.number_of_tenderers == 1:
            results.flag("OCID", ocid, "R018", 1.0)

    def finish(self, results: Results) -> None:
        """Nothing is left to decide."""


class HeterogeneousSupplier:
    """R048: a supplier sells in many divisions of the classification."""

    def __init__(self, settings: R048) -> None:
        self.settings = settings
        self.codes: dict[str, set[str]] = {}
        self.processes: dict[str, int] = {}

    def take(self, process: Process, ocid: str, results: Results) -> None:
        """One process: awards in force of one supplier, since several do not each supply every item."""
        observed = set()
        for award in process.awards or ():
            if award.status != "active" or not award.items or not award.suppliers or len(award.suppliers) != 1:
                continue
            supplier = award.suppliers[0].id
            ids = [i.classification.id for i in award.items if i.classification and i.classification.id is not None]
            if supplier is None or not ids:
                continue
            self.codes.setdefault(supplier, set()).update(i[: self.settings.digits] for i in ids)
            observed.add(supplier)
        for supplier in observed:
            self.processes[supplier] = self.processes.get(supplier, 0) + 1

    def finish(self, results: Results) -> None:
        """Suppliers with enough processes, against the fence."""
        settings = self.settings
        lengths = {
            s: len(codes)
            for s, codes in sorted(self.codes.items())
            if self.processes[s] >= settings.minimum_contracting_processes
        }
        results.seen["R048"] = list(lengths)
        if settings.threshold is None:
            found = quartiles(lengths.values())
            fence = found.upper
            results.tell("R048", q1=found.q1, q3=found.q3)
        else:
            fence = float(settings.threshold)
        results.tell("R048", upper_fence=fence)
        for supplier, length in lengths.items():
            if length >= fence:
                results.flag("Tenderer", supplier, "R048", length)
