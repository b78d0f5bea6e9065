"""Spoiling a record: the working copy that the classes of defect write on, and their register."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from random import Random
from typing import Any

from procurement_assets.decp.raw import RawOperateur, RawRecord
from procurement_assets.sample.record import Seeded


class Work:
    """The copy of a record being spoilt. A class writes through `put`, which refuses what another already spoilt."""

    def __init__(self, truth: RawRecord, rng: Random) -> None:
        self.record = _own(truth)
        self.rng = rng
        self.defect = ""
        self.edits: list[Seeded] = []
        self.shapes: list[str] = []
        self.damaged = False
        self._touched: list[str] = []

    def put(self, target: Any, name: str, dirty: object, path: str = "", *, over: bool = False) -> bool:
        """Sets a field of the record or of a part of it (then `path` says which). `over`: on top of other defects."""
        path = path or name
        if not over and any(path.startswith(t) or t.startswith(path) for t in self._touched):
            return False
        clean = getattr(target, name)
        if clean == dirty and type(clean) is type(dirty):
            return False
        setattr(target, name, dirty)
        self._touched.append(path)
        self.edits.append(Seeded(self.defect, path, clean, dirty))
        return True

    def field(self, name: str, dirty: object, *, over: bool = False) -> bool:
        """Sets a field of the record."""
        return self.put(self.record, name, dirty, over=over)

    def siret_holder(self) -> tuple[RawOperateur, str] | None:
        """A holder with a SIRET, and its path."""
        found = [(h, i) for i, h in enumerate(self.record.titulaires or ()) if h.typeIdentifiant == "SIRET"]
        if not found:
            return None
        holder, i = found[int(self.rng.random() * len(found))]
        return holder, f"titulaires[{i}].id"


Spoiler = Callable[[Work], object]
SPOILERS: dict[str, Spoiler] = {}
"""By id of class: what each class of values or of bytes does. Its data stand in defects.toml."""


def spoils(defect: str) -> Callable[[Spoiler], Spoiler]:
    """Registers a function under the id of its class."""

    def register(function: Spoiler) -> Spoiler:
        SPOILERS[defect] = function
        return function

    return register


def _own(truth: RawRecord) -> RawRecord:
    """A copy whose parts can be changed. Lists of labels are shared: classes replace them."""
    record = copy(truth)
    if record.titulaires:
        record.titulaires = [copy(h) for h in record.titulaires]
    if record.lieuExecution is not None:
        record.lieuExecution = copy(record.lieuExecution)
    if record.modifications:
        record.modifications = [copy(m) for m in record.modifications]
    if record.actesSousTraitance:
        record.actesSousTraitance = [copy(a) for a in record.actesSousTraitance]
    return record
