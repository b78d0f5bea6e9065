"""The regulatory export: the contracts of a publisher as DECP files that validate, and those that cannot be written.

exports/PUBLISHER/decp_2022.json, decp_2022.xml, decp_2019.json, decp_2019.xml    formats that have contracts only
                  decp_exclus.csv                                                one line per reason
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO

import msgspec

from procurement_assets.decp.model import Contract
from procurement_assets.decp.raw import Format
from procurement_assets.decp.writer import Written, write_json, write_xml
from procurement_assets.lake import Lake, replacing, write_bytes
from procurement_assets.portal.exports.neutral import harmless
from procurement_assets.portal.exports.streams import by_uid

EXCLUDED = "decp_exclus.csv"
COLUMNS = ("format", "uid", "chemin", "motif")

_Write = Callable[[Iterator[Contract], BinaryIO], Written]
_FILES: tuple[tuple[str, Format, _Write], ...] = (
    ("decp_2022.json", "2022", lambda contracts, stream: write_json(contracts, stream, version="2.0.4")),
    ("decp_2022.xml", "2022", lambda contracts, stream: write_xml(contracts, stream, format="2022")),
    ("decp_2019.json", "2019", lambda contracts, stream: write_json(contracts, stream, version="1.5.0")),
    ("decp_2019.xml", "2019", lambda contracts, stream: write_xml(contracts, stream, format="2019")),
)


class RegulatoryFile(msgspec.Struct, frozen=True):
    """A file given out: `contracts` in it, `excluded` of the same format that could not be."""

    name: str
    bytes: int
    contracts: int
    excluded: int


def write_regulatory_exports(
    lake: Lake, publisher: str, buyer_names: Mapping[str, str] | None = None
) -> list[RegulatoryFile]:
    """Write the regulatory files of a publisher; a file of a format that has no contract any more is removed.

    `buyer_names`: SIREN to name, for the records that do not name their buyer: format 2019 requires the name, and the
    State's consolidation dropped it.
    """
    present = _formats(lake, publisher)
    folder = lake.exports(publisher)
    files: list[RegulatoryFile] = []
    reasons: dict[Format, Written] = {}
    for name, family, write in _FILES:
        path = folder / name
        if family not in present:
            path.unlink(missing_ok=True)
            continue
        # Read and decoded again for each file: the contracts of a large publisher weigh more than memory should.
        contracts = (_named(c, buyer_names or {}) for c in _contracts(lake, publisher))
        with replacing(path) as handle:
            account = write(contracts, handle)
            size = handle.tell()
        files.append(RegulatoryFile(name, size, account.written, account.excluded))
        reasons[family] = account
    data = _csv(reasons)
    write_bytes(folder / EXCLUDED, data)
    excluded = sum(account.excluded for account in reasons.values())
    return [*files, RegulatoryFile(EXCLUDED, len(data), 0, excluded)]


class _Formatted(msgspec.Struct):
    format: Format


def _formats(lake: Lake, publisher: str) -> set[Format]:
    """The formats that have contracts."""
    decode = msgspec.json.Decoder(_Formatted).decode
    return {decode(text).format for text in _records(lake, publisher)}


def _contracts(lake: Lake, publisher: str) -> Iterator[Contract]:
    """The normalised contracts, by uid: the same records give the same bytes."""
    return map(msgspec.json.Decoder(Contract).decode, _records(lake, publisher))


def _records(lake: Lake, publisher: str) -> Iterator[str]:
    for frame in by_uid(lake, "normalised_records", publisher, ["uid", "record"]):
        yield from frame["record"]


def _named(contract: Contract, buyer_names: Mapping[str, str]) -> Contract:
    if contract.acheteur_nom is None and contract.acheteur_id[:9] in buyer_names:
        return msgspec.structs.replace(contract, acheteur_nom=buyer_names[contract.acheteur_id[:9]])
    return contract


def _csv(reasons: dict[Format, Written]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for family, account in sorted(reasons.items()):
        writer.writerows((family, *map(harmless, (e.uid, e.path, e.message))) for e in account.exclusions)
    return out.getvalue().encode()
