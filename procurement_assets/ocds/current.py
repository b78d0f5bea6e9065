"""The contracts of the current snapshot, in order of ocid, one decoded at a time.

The table `normalised_records` is read some thousands of rows at a time, as it was written: it is in order of uid,
nearly that of the ocid, so each part is decoded once or twice, and memory does not grow with the number of contracts.
Records are never texts, only bytes: they are decoded as they are.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterator

import msgspec
import polars as pl

from procurement_assets.decp.model import Contract
from procurement_assets.lake import DOCUMENTS

PART = DOCUMENTS["normalised_records"]
"""Rows decompressed at once: a row group."""
_KEPT = 4
"""Parts kept decompressed."""
_AT_ONCE = 2_000
"""Records that are objects at once."""
_BUYER = (
    r'^\{"kind":"[a-z]+","format":"[0-9]+","uid":"(?:[^"\\]|\\.)*","id":"(?:[^"\\]|\\.)*","acheteur_id":"([^"\\]*)"'
)
"""The start of a record: its buyer is read without the rest. What is written otherwise is decoded."""


class Process(msgspec.Struct):
    """A current contract and its place among the processes."""

    ocid: str
    first_seen: str
    contract: Contract


class _Buyer(msgspec.Struct):
    acheteur_id: str


_buyer = msgspec.json.Decoder(_Buyer).decode


def buyers(records: str | bytes) -> pl.DataFrame:
    """Uid and buyer of every contract, in the table's order (columns `uid`, `buyer`). `records`: its path or bytes."""
    scanned = pl.scan_parquet(records)
    read = pl.col("record").str.extract(_BUYER, 1)
    # Nearly none is decoded: what the expression read keeps no text of the record.
    rest = pl.when(read.is_null()).then("record")
    found = scanned.select("uid", read.alias("buyer"), rest.alias("rest")).collect(engine="streaming")
    if found["buyer"].null_count():
        pairs = zip(found["buyer"], found["rest"], strict=True)
        given = [_buyer(rest).acheteur_id if buyer is None else buyer for buyer, rest in pairs]
        found = found.with_columns(pl.Series("buyer", given, dtype=pl.String))
    return found.select("uid", "buyer")


def contracts_of(records: str | bytes, uids: Collection[str] | None = None) -> Iterator[Contract]:
    """Some contracts, or all of them, in the table's order."""
    rows = pl.scan_parquet(records).select("uid").with_row_index("row")
    if uids is not None:
        rows = rows.filter(pl.col("uid").is_in(list(uids)))
    found = _Records(records)
    decode = msgspec.json.Decoder(Contract).decode
    for part in rows.collect(engine="streaming").sort("row").iter_slices(_AT_ONCE):
        yield from map(decode, found.at(part["row"]))


def processes(records: str | bytes, uids: pl.Series, known: pl.DataFrame) -> Iterator[tuple[str, Process]]:
    """Each current contract, by ocid. `uids`: those of the table, in its order; `known`: the table `ocids`."""
    given = known.select("uid", "ocid", first="premier_vu")
    at = pl.DataFrame({"uid": uids}).with_row_index("row")
    ordered = at.join(given, on="uid", how="inner").select("row", "ocid", "first").sort("ocid")
    found = _Records(records)
    decode = msgspec.json.Decoder(Contract).decode
    for part in ordered.iter_slices(_AT_ONCE):
        for ocid, first, record in zip(part["ocid"], part["first"], found.at(part["row"]), strict=True):
            yield ocid, Process(ocid, first, decode(record))


class _Records:
    """The column `record` by row."""

    def __init__(self, records: str | bytes) -> None:
        self.column = pl.scan_parquet(records).select(pl.col("record").cast(pl.Binary))
        self.parts: OrderedDict[int, pl.Series] = OrderedDict()

    def at(self, rows: pl.Series) -> list[bytes]:
        """The records of some rows, in their order."""
        wanted = pl.DataFrame({"row": rows}).with_row_index("order").with_columns(part=pl.col("row") // PART)
        found: list[bytes] = [b""] * len(rows)
        for number, asked in wanted.partition_by("part", as_dict=True).items():
            taken = self._part(int(number[0])).gather(asked["row"] % PART)
            for order, record in zip(asked["order"].to_list(), taken.to_list(), strict=True):
                found[order] = record
        return found

    def _part(self, number: int) -> pl.Series:
        """A part of the column, the last used ones kept."""
        if number not in self.parts:
            while len(self.parts) >= _KEPT:
                self.parts.popitem(last=False)
            self.parts[number] = self.column.slice(number * PART, PART).collect()["record"]
        self.parts.move_to_end(number)
        return self.parts[number]
