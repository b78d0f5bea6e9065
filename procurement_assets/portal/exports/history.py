"""The history of what was given out, kept in the lake by content: its segments, and what is read from them.

    exports_history/PUBLISHER/00001_2026-01-08.parquet   the contracts that one publication brought, changed or lost

A segment is one file, written whole or not at all and never rewritten (`changes`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

import polars as pl
import pyarrow.parquet as pq
from upath import UPath

from procurement_assets.lake import Lake
from procurement_assets.portal.exports.streams import SLICE
from procurement_assets.schema.changes import CHANGEMENTS

_OF_EVENT = ["date", "uid", "type_contrat", "evenement", "numero", "ecarts"]


def segments_of(lake: Lake, publisher: str) -> list[UPath]:
    """The segments, oldest first."""
    folder = folder_of(lake, publisher)
    return sorted(folder.glob("*.parquet"), key=lambda p: p.name) if folder.exists() else []


def folder_of(lake: Lake, publisher: str) -> UPath:
    """Where the segments of a publisher lie."""
    return lake.root / "exports_history" / publisher


def last_events(segments: Sequence[UPath]) -> dict[str, pl.DataFrame]:
    """By kind, the last event of every contract ever published, in the order of `uid`.

    `numero` of the event, `avant`: the sha256 of the row, no byte where the contract had disappeared.
    """
    if not segments:
        return {}
    columns = ["type_contrat", "uid", "numero", "empreinte"]
    read = [
        _read(s, columns).with_columns(avant=pl.col("empreinte").str.decode("hex")).drop("empreinte") for s in segments
    ]
    found = read[0] if len(read) == 1 else pl.concat(read).unique(["type_contrat", "uid"], keep="last")
    kinds = found["type_contrat"].unique()
    return {
        kind: found.filter(pl.col("type_contrat") == kind).select("uid", "numero", "avant").sort("uid")
        for kind in kinds
    }


def contents(segments: Sequence[UPath], kind: str, events: Iterable[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """The rows, in JSON, of contracts of a kind as some events left them: (`uid`, `numero`) to row."""
    wanted = pl.DataFrame(list(events), schema={"uid": pl.String, "numero": pl.Int64}, orient="row")
    if wanted.is_empty():
        return {}
    first, last = str(wanted["uid"].min()), str(wanted["uid"].max())
    found: dict[tuple[str, int], str] = {}
    for segment in segments:
        with segment.open("rb") as handle:
            file = pq.ParquetFile(handle)
            groups = [g for g in range(file.num_row_groups) if _may_hold(file.metadata.row_group(g), first, last)]
            columns = ["type_contrat", "uid", "numero", "contenu"]
            for batch in file.iter_batches(batch_size=SLICE, row_groups=groups, columns=columns):
                rows = cast(pl.DataFrame, pl.from_arrow(batch)).filter(pl.col("type_contrat") == kind)
                kept = rows.join(wanted, on=["uid", "numero"]).filter(pl.col("contenu").is_not_null())
                found |= {(uid, number): row for uid, number, row in kept.select(columns[1:]).iter_rows()}
    return found


def _may_hold(group: Any, first: str, last: str) -> bool:
    """Whether a row group may hold a `uid` between two, by its own statistics: `uid` is the first column."""
    known = group.column(0).statistics
    return known is None or not known.has_min_max or (known.min <= last and known.max >= first)


def read_changes(lake: Lake, publisher: str) -> Iterator[pl.DataFrame]:
    """The rows of the table `changements`: every event of every publication, oldest first; at least one frame."""
    by_day: dict[str, list[UPath]] = {}
    for segment in segments_of(lake, publisher):
        by_day.setdefault(segment.stem.split("_")[1], []).append(segment)
    yield CHANGEMENTS.frame([])
    for day in sorted(by_day):
        read = pl.concat(_read(s, _OF_EVENT).filter(pl.col("evenement") != "schéma") for s in by_day[day])
        for events in read.sort("uid", "numero").iter_slices(SLICE):
            yield _rows(events)


def _rows(events: pl.DataFrame) -> pl.DataFrame:
    """A row per field that changed; one for the whole contract where the event is not a change of some fields."""
    read = events.with_columns(pl.col("ecarts").str.json_decode(pl.List(pl.List(pl.String))))
    whole = read.filter(pl.col("ecarts").list.len() == 0).with_columns(
        rang=pl.lit(0, dtype=pl.Int64), ecart=pl.lit(None, dtype=pl.List(pl.String))
    )
    fields = (
        read.filter(pl.col("ecarts").list.len() > 0)
        .with_columns(rang=pl.int_ranges(1, pl.col("ecarts").list.len() + 1, dtype=pl.Int64))
        .explode("ecarts", "rang")
        .with_columns(ecart="ecarts")
    )
    kept = [*_OF_EVENT[:-1], "rang", "ecart"]
    part = pl.col("ecart").list
    rows = pl.concat([whole.select(kept), fields.select(kept)]).with_columns(
        champ=part.get(0, null_on_oob=True),
        libelle=part.get(1, null_on_oob=True),
        ancienne_valeur=part.get(2, null_on_oob=True),
        nouvelle_valeur=part.get(3, null_on_oob=True),
    )
    return rows.drop("ecart")


def _read(segment: UPath, columns: list[str]) -> pl.DataFrame:
    with segment.open("rb") as handle:
        return pl.read_parquet(handle, columns=columns).select(columns)
