"""The contracts of the current snapshot, in order of ocid, one decoded at a time.

The table `normalised_records` is read by row groups, a few at once: it is in order of uid, which is nearly that of the
ocid, so each is decoded once or twice, and memory does not grow with the number of contracts.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import msgspec
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from procurement_assets.decp.model import Contract
from procurement_assets.ocds.ocid_map import Known

_GROUPS = 4
"""Row groups kept decoded."""
_AT_ONCE = 2_000
"""Records that are texts at once."""
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


def buyers(records: str | BinaryIO) -> pl.DataFrame:
    """Uid and buyer of every contract, in the table's order (columns `uid`, `buyer`). `records`: file or its path."""
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


def processes(records: BinaryIO, uids: pl.Series, known: Sequence[Known]) -> Iterator[tuple[str, Process]]:
    """Each current contract, by ocid. `uids`: those of the table, in its order."""
    given = pl.DataFrame(
        [[k.uid for k in known], [k.ocid for k in known], [k.premier_vu for k in known]],
        schema={"uid": pl.String, "ocid": pl.String, "first": pl.String},
    )
    at = pl.DataFrame({"uid": uids}).with_row_index("row")
    ordered = at.join(given, on="uid", how="inner").select("row", "ocid", "first").sort("ocid")
    texts = _Texts(pq.ParquetFile(records))
    decode = msgspec.json.Decoder(Contract).decode
    for part in ordered.iter_slices(_AT_ONCE):
        texts_of_part = texts.at(part["row"])
        for ocid, first, record in zip(part["ocid"], part["first"], texts_of_part, strict=True):
            yield ocid, Process(ocid, first, decode(record))


class _Texts:
    """The column `record` by row."""

    def __init__(self, file: Any) -> None:
        self.file = file
        counts = [file.metadata.row_group(n).num_rows for n in range(file.metadata.num_row_groups)]
        self.starts = pl.Series([0, *counts], dtype=pl.Int64).cum_sum()
        self.decoded: OrderedDict[int, pa.ChunkedArray] = OrderedDict()

    def at(self, rows: pl.Series) -> list[str]:
        """The records of some rows, in their order."""
        wanted = pl.DataFrame({"row": rows.cast(pl.Int64)}).with_row_index("order")
        groups = wanted.with_columns(group=self.starts.search_sorted(wanted["row"], side="right").cast(pl.Int64) - 1)
        found: list[str] = [""] * len(rows)
        for (group,), part in groups.group_by("group"):
            within = part["row"] - self.starts[group]
            taken = self._group(group).take(within.to_arrow())
            for order, text in zip(part["order"], taken.to_pylist(), strict=True):
                found[order] = text
        return found

    def _group(self, number: Any) -> pa.ChunkedArray:
        """A row group, the last used ones kept."""
        if number not in self.decoded:
            while len(self.decoded) >= _GROUPS:
                self.decoded.popitem(last=False)
            self.decoded[number] = self.file.read_row_group(number, columns=["record"]).column(0)
        self.decoded.move_to_end(number)
        return self.decoded[number]
