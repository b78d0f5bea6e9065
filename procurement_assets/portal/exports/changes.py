"""What changed between two publications of a publisher's contracts, found while they pass on their way out.

Each row given out is compared by its sha256 with that of the last publication; a segment of the history (`history`)
holds only what differs, with the row itself, so that the next comparison can say from what to what. A run killed before
the segment is whole leaves nothing, a run that changes nothing adds none, and running again on the same inputs gives
the same bytes. Where a contract was found (`source`, `sources`) is not part of its content.
"""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from typing import Any

import msgspec
import polars as pl
from upath import UPath

from procurement_assets.lake import Lake
from procurement_assets.parquet import BATCH as ROW_GROUP
from procurement_assets.parquet import TableWriter
from procurement_assets.portal.exports.history import contents, folder_of, last_events, segments_of
from procurement_assets.portal.exports.placing import placed
from procurement_assets.schema import Table
from procurement_assets.schema.changes import HISTORY

BATCH = 20_000
"""Contracts compared at a time."""
APART = frozenset({"source", "sources"})
"""Columns that are not part of a contract's content."""

_NEVER = pl.DataFrame(schema={"uid": pl.String, "numero": pl.Int64, "avant": pl.Binary})
_encode = msgspec.json.Encoder().encode


class Recorder:
    """Compares the contracts that pass with the last publication, and writes what differs."""

    def __init__(self, lake: Lake, publisher: str, data_date: str, stack: ExitStack) -> None:
        self.counts: Counter[str] = Counter()
        """Contracts by event."""
        self._segments = segments_of(lake, publisher)
        self._known = last_events(self._segments)
        self._gone: list[pl.DataFrame] = []
        day = date.fromisoformat(data_date[:10])
        target = folder_of(lake, publisher) / f"{len(self._segments) + 1:05d}_{day}.parquet"
        self._out = _Segment(target, day, stack)

    def passing(self, kind: str, table: Table, frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """The same frames, compared as they pass. They come in the order of `uid` and must be read to the end.

        `kind`: `marché` or `concession`.
        """
        known = self._known.pop(kind, _NEVER)
        changed: list[pl.DataFrame] = []
        for frame in frames:
            for part in frame.iter_slices(BATCH):
                end = int(known["uid"].search_sorted(part["uid"][-1], side="right"))
                changed.append(_compared(part, table, known.head(end)))
                self._gone.append(_not_among(known.head(end), part, kind))
                known = known.slice(end)
                if sum(c.height for c in changed) >= BATCH:
                    self._add(kind, table, changed)
                    changed = []
            yield frame
        self._add(kind, table, changed)
        self._known[kind] = known

    def end(self) -> None:
        """Once all have passed: what is known and did not pass has disappeared."""
        self._gone += [_not_among(known, _NEVER, kind) for kind, known in self._known.items()]
        if any(frame.height for frame in self._gone):
            self._write(pl.concat(self._gone).sort("type_contrat", "uid"))
        self._out.end()

    def _add(self, kind: str, table: Table, changed: Sequence[pl.DataFrame]) -> None:
        rows = pl.concat(changed) if changed else pl.DataFrame()
        if rows.height:
            self._write(_told(rows, kind, table, self._segments))

    def _write(self, rows: pl.DataFrame) -> None:
        self.counts.update(rows["evenement"])
        self._out.add(rows)


@contextmanager
def recorded_changes(lake: Lake, publisher: str, data_date: str) -> Iterator[Recorder]:
    """A recorder whose segment is put in the history if the block ends well. Nothing new: nothing is written.

    `data_date`: the date of the data; it dates the events.
    """
    with ExitStack() as stack:
        recorder = Recorder(lake, publisher, data_date, stack)
        yield recorder
        recorder.end()


class _Segment:
    """The segment being written: no file before its first row."""

    def __init__(self, target: UPath, day: date, stack: ExitStack) -> None:
        self._target, self._day, self._stack = target, day, stack
        self._held = pl.DataFrame()
        self._writer: TableWriter | None = None

    def add(self, rows: pl.DataFrame) -> None:
        dated = rows.with_columns(date=pl.lit(self._day)).select(list(HISTORY.schema))
        self._held = pl.concat([self._held, dated]) if self._held.height else dated
        while self._held.height >= ROW_GROUP:
            self._put(self._held.head(ROW_GROUP))
            self._held = self._held.slice(ROW_GROUP)

    def end(self) -> None:
        if self._held.height:
            self._put(self._held)

    def _put(self, rows: pl.DataFrame) -> None:
        if self._writer is None:
            path = self._stack.enter_context(placed(self._target))
            handle = self._stack.enter_context(path.open("wb"))
            self._writer = self._stack.enter_context(TableWriter(handle, HISTORY))
        for batch in rows.rechunk().to_arrow().to_batches():
            self._writer.extend(batch)


def _compared(part: pl.DataFrame, table: Table, known: pl.DataFrame) -> pl.DataFrame:
    """The contracts that are new, changed or back: `uid`, `avant` (number of the last event), `evenement`, the row."""
    lines = _contents(part, table)
    given = pl.DataFrame(
        {"uid": part["uid"], "maintenant": [hashlib.sha256(line).digest() for line in lines]}
    ).with_row_index("place")
    event = (
        pl.when(pl.col("numero").is_null())
        .then(pl.lit("nouveau"))
        .when(pl.col("avant") == b"")
        .then(pl.lit("revenu"))
        .when(pl.col("avant") != pl.col("maintenant"))
        .then(pl.lit("modifié"))
    )
    found = (
        given.join(known, on="uid", how="left", maintain_order="left")
        .with_columns(evenement=event)
        .filter(pl.col("evenement").is_not_null())
    )
    content = pl.Series("contenu", [lines[i] for i in found["place"]], dtype=pl.Binary).cast(pl.String)
    return found.select(
        "uid", "numero", "evenement", pl.col("maintenant").bin.encode("hex").alias("empreinte")
    ).with_columns(content)


def _contents(part: pl.DataFrame, table: Table) -> list[bytes]:
    """The content of each contract, in JSON."""
    buffer = io.BytesIO()
    part.select(c.name for c in table.columns if c.name not in APART).write_ndjson(buffer)
    return buffer.getvalue().split(b"\n")[:-1]


def _not_among(known: pl.DataFrame, part: pl.DataFrame, kind: str) -> pl.DataFrame:
    """The known contracts that are not in a part, as rows of the history: they have disappeared."""
    gone = known.filter(pl.col("avant") != b"").join(part.select("uid"), on="uid", how="anti")
    return gone.select(
        "uid",
        numero=pl.col("numero") + 1,
        type_contrat=pl.lit(kind),
        evenement=pl.lit("disparu"),
        empreinte=pl.lit(""),
        contenu=pl.lit(None, dtype=pl.String),
        ecarts=pl.lit("[]"),
    )


def _told(rows: pl.DataFrame, kind: str, table: Table, segments: Sequence[UPath]) -> pl.DataFrame:
    """The rows of the history for the contracts of a kind that differ."""
    modified = rows.filter(pl.col("evenement") == "modifié")
    before = contents(segments, kind, modified.select("uid", "numero").iter_rows())
    told = {
        uid: _encode(_differences(table, before[uid, number], after)).decode()
        for uid, number, after in modified.select("uid", "numero", "contenu").iter_rows()
    }
    differences = pl.col("uid").replace_strict(told, default="[]", return_dtype=pl.String) if told else pl.lit("[]")
    only_columns = (pl.col("evenement") == "modifié") & (pl.col("ecarts") == "[]")
    return rows.with_columns(
        pl.col("numero").fill_null(0) + 1, type_contrat=pl.lit(kind), ecarts=differences
    ).with_columns(evenement=pl.when(only_columns).then(pl.lit("schéma")).otherwise("evenement"))


def _differences(table: Table, before: str, after: str) -> list[list[str | None]]:
    """[name, French label, former value, new value] of the columns that both rows have and that differ."""
    old, new = msgspec.json.decode(before), msgspec.json.decode(after)
    return [
        [c.name, c.title, _text(old[c.name]), _text(new[c.name])]
        for c in table.columns
        if c.name in old and c.name in new and old[c.name] != new[c.name]
    ]


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list):
        return " | ".join(value)
    return _encode(value).decode()
