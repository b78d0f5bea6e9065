"""What Cardinal's indicators read of a compiled release. Everything else is skipped when decoding.

A field of another type than OCDS says is read as absent, as Cardinal does: `tolerant` decodes again, part by part,
where the quick decoding of the whole fails.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec


class Named(msgspec.Struct):
    """A reference to an organisation."""

    id: str | None = None


class Value(msgspec.Struct):
    """An amount."""

    amount: float | None = None
    currency: str | None = None


class Period(msgspec.Struct, rename="camel"):
    """A period."""

    start_date: str | None = None
    end_date: str | None = None


class Tender(msgspec.Struct, rename="camel"):
    """A tender."""

    status: str | None = None
    procurement_method: str | None = None
    procurement_method_details: str | None = None
    number_of_tenderers: int | float | None = None
    tender_period: Period | None = None
    procuring_entity: Named | None = None


class Bid(msgspec.Struct):
    """A bid."""

    status: str | None = None
    date: str | None = None
    value: Value | None = None
    tenderers: list[Named] | None = None

    @property
    def ids(self) -> list[str]:
        """The tenderers that have an id."""
        return [t.id for t in self.tenderers or () if t.id is not None]


class Bids(msgspec.Struct):
    """The bids of a process."""

    details: list[Bid] | None = None


class Classification(msgspec.Struct):
    """A classification."""

    id: str | None = None


class Item(msgspec.Struct):
    """An item."""

    classification: Classification | None = None


class Award(msgspec.Struct):
    """An award."""

    status: str | None = None
    date: str | None = None
    suppliers: list[Named] | None = None
    items: list[Item] | None = None


class Process(msgspec.Struct):
    """A contracting process."""

    ocid: str | None = None
    buyer: Named | None = None
    tender: Tender | None = None
    bids: Bids | None = None
    awards: list[Award] | None = None

    @property
    def method_details(self) -> str | None:
        """The local name of the procedure."""
        return self.tender.procurement_method_details if self.tender else None

    def submitted(self) -> list[Bid]:
        """Bids that were submitted: pending, valid or disqualified."""
        details = (self.bids.details if self.bids else None) or []
        return [b for b in details if b.status is not None and b.status not in ("invited", "withdrawn")]

    def final(self) -> tuple[list[Award], list[Bid]] | None:
        """Active awards and bids, where every award is in a final state."""
        if self.awards is None or self.bids is None or self.bids.details is None:
            return None
        if any(a.status not in (None, "active", "cancelled", "unsuccessful") for a in self.awards):
            return None
        return [a for a in self.awards if a.status == "active"], self.bids.details

    def single_winner(self) -> tuple[str, list[Bid]] | None:
        """The supplier of the only active award, where it has one, and the bids."""
        found = self.final()
        if found is None or len(found[0]) != 1:
            return None
        suppliers = found[0][0].suppliers
        if suppliers is None or len(suppliers) != 1 or suppliers[0].id is None:
            return None
        return suppliers[0].id, found[1]


_whole = msgspec.json.Decoder(Process).decode
_any = msgspec.json.Decoder().decode

T = TypeVar("T", bound=msgspec.Struct)


def decode(line: bytes) -> Process | None:
    """A line as a process; None where it is blank, is not JSON or is not an object."""
    try:
        return _whole(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    try:
        node = _any(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return _tolerant(node, Process) if isinstance(node, dict) else None


def _tolerant(node: Any, kind: type[T]) -> T:
    """An object with the fields that have the right type; the others are absent."""
    found = {}
    for field in msgspec.structs.fields(kind):
        if field.encode_name in node:
            value = _fitting(node[field.encode_name], field.type)
            if value is not None:
                found[field.name] = value
    return kind(**found)


def _fitting(value: Any, wanted: Any) -> Any:
    """A value of a type, or None; entries of a list that do not fit are empty objects, so that they still count."""
    options = [o for o in getattr(wanted, "__args__", (wanted,)) if o is not type(None)]
    kind = options[0]
    inner = getattr(kind, "__args__", None)
    if inner:
        return (
            [_tolerant(v if isinstance(v, dict) else {}, inner[0]) for v in value] if isinstance(value, list) else None
        )
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _tolerant(value, kind) if isinstance(value, dict) else None
    if isinstance(value, bool):
        return None
    accepted = (int, float) if float in options or int in options else tuple(options)
    return value if isinstance(value, accepted) else None
