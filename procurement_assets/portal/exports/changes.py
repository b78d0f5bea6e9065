"""What changed between two publications of a publisher's contracts, kept in the lake by content.

    exports_history/PUBLISHER/00001_2026-01-08.parquet   the contracts that one publication brought, changed or lost

Each row given out is compared by its sha256 with that of the last publication; a segment holds only what differs, with
the row itself, so that the next comparison can say from what to what. A segment is one file, written whole or not at
all and never rewritten: a run killed before it leaves nothing, a run that changes nothing adds none, and running again
on the same inputs gives the same bytes. Where a contract was found (`source`, `sources`) is not part of its content.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, cast

import msgspec
import polars as pl
from upath import UPath

from procurement_assets.lake import Lake
from procurement_assets.parquet import TableWriter, read_batches
from procurement_assets.portal.exports.placing import placed
from procurement_assets.schema import Table, conform
from procurement_assets.schema.changes import CHANGEMENTS, HISTORY

BATCH = 20_000
"""Contracts compared at a time."""
APART = frozenset({"source", "sources"})
"""Columns that are not part of a contract's content."""

_Key = tuple[str, str]
_encode = msgspec.json.Encoder().encode


class Contracts(msgspec.Struct, frozen=True):
    """The contracts of one kind, as they are about to be given out."""

    kind: str
    """`marché` or `concession`."""
    table: Table
    frame: pl.DataFrame


class _Known(msgspec.Struct, frozen=True):
    """The last event of a contract."""

    number: int
    digest: str
    """Empty: the contract had disappeared."""


def record_changes(lake: Lake, publisher: str, data_date: str, current: Sequence[Contracts]) -> Counter[str]:
    """Add what differs from the last publication to the history; returns the number of contracts by event.

    `data_date`: the date of the data; it dates the events. Nothing new: nothing is written.
    """
    known = _known(lake, publisher)
    events = {
        (c.kind, uid): event for c in current for uid, digest, _ in _rows(c) if (event := _event(known, c, uid, digest))
    }
    present = {(c.kind, uid) for c in current for uid in c.frame["uid"]}
    gone = sorted(k for k, last in known.items() if last.digest and k not in present)
    if not events and not gone:
        return Counter()
    day = date.fromisoformat(data_date[:10])
    segments = _segments(lake, publisher)
    counts: Counter[str] = Counter()
    target = _folder(lake, publisher) / f"{len(segments) + 1:05d}_{day}.parquet"
    with placed(target) as path, path.open("wb") as handle, TableWriter(handle, HISTORY) as writer:
        for contracts in current:
            for row in _changed_rows(contracts, events, known, segments):
                writer.append(row | {"date": day})
                counts[row["evenement"]] += 1
        for kind, uid in gone:
            number = known[kind, uid].number + 1
            writer.append(_row(uid, number, kind, "disparu", "", None, []) | {"date": day})
            counts["disparu"] += 1
    return counts


def read_changes(lake: Lake, publisher: str) -> pl.DataFrame:
    """The table `changements`: every event of every publication, oldest first."""
    columns = ["date", "uid", "type_contrat", "evenement", "numero", "ecarts"]
    found = [_read(s, columns).filter(pl.col("evenement") != "schéma") for s in _segments(lake, publisher)]
    if not found:
        return CHANGEMENTS.frame([])
    events = pl.concat(found).with_columns(pl.col("ecarts").str.json_decode(pl.List(pl.List(pl.String))))
    whole = events.filter(pl.col("ecarts").list.len() == 0).with_columns(
        rang=pl.lit(0, dtype=pl.Int64), ecart=pl.lit(None, dtype=pl.List(pl.String))
    )
    fields = (
        events.filter(pl.col("ecarts").list.len() > 0)
        .with_columns(rang=pl.int_ranges(1, pl.col("ecarts").list.len() + 1, dtype=pl.Int64))
        .explode("ecarts", "rang")
        .with_columns(ecart="ecarts")
    )
    kept = [*columns[:-1], "rang", "ecart"]
    part = pl.col("ecart").list
    rows = pl.concat([whole.select(kept), fields.select(kept)]).with_columns(
        champ=part.get(0, null_on_oob=True),
        libelle=part.get(1, null_on_oob=True),
        ancienne_valeur=part.get(2, null_on_oob=True),
        nouvelle_valeur=part.get(3, null_on_oob=True),
    )
    return conform(rows.drop("ecart"), CHANGEMENTS)


def _event(known: dict[_Key, _Known], contracts: Contracts, uid: str, digest: str) -> str:
    last = known.get((contracts.kind, uid))
    if last is None:
        return "nouveau"
    if not last.digest:
        return "revenu"
    return "modifié" if last.digest != digest else ""


def _changed_rows(
    contracts: Contracts, events: dict[_Key, str], known: dict[_Key, _Known], segments: Sequence[UPath]
) -> Iterator[dict[str, Any]]:
    """The rows of the segment for one kind of contract, a batch in memory at a time."""
    batch: list[tuple[str, str, str]] = []
    for found in _rows(contracts):
        if (contracts.kind, found[0]) in events:
            batch.append(found)
        if len(batch) >= BATCH:
            yield from _batch_rows(contracts, batch, events, known, segments)
            batch = []
    yield from _batch_rows(contracts, batch, events, known, segments)


def _batch_rows(
    contracts: Contracts,
    batch: Sequence[tuple[str, str, str]],
    events: dict[_Key, str],
    known: dict[_Key, _Known],
    segments: Sequence[UPath],
) -> Iterator[dict[str, Any]]:
    kind = contracts.kind
    changed = {uid: known[kind, uid].number for uid, _, _ in batch if events[kind, uid] == "modifié"}
    before = _contents(segments, kind, changed)
    for uid, digest, content in batch:
        event, last = events[kind, uid], known.get((kind, uid))
        differences = _differences(contracts.table, before[uid], content) if uid in changed else []
        if event == "modifié" and not differences:
            event = "schéma"
        yield _row(uid, 1 if last is None else last.number + 1, kind, event, digest, content, differences)


def _row(
    uid: str, number: int, kind: str, event: str, digest: str, content: str | None, differences: list[list[str | None]]
) -> dict[str, Any]:
    return {
        "uid": uid,
        "numero": number,
        "type_contrat": kind,
        "evenement": event,
        "empreinte": digest,
        "contenu": content,
        "ecarts": _encode(differences).decode(),
    }


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


def _rows(contracts: Contracts) -> Iterator[tuple[str, str, str]]:
    """(uid, sha256, row in JSON) of each contract."""
    names = [c.name for c in contracts.table.columns if c.name not in APART]
    for part in contracts.frame.iter_slices(BATCH):
        content = part.select(pl.struct(names).struct.json_encode()).to_series()
        for uid, text in zip(part["uid"], content, strict=True):
            yield uid, hashlib.sha256(text.encode()).hexdigest(), text


def _known(lake: Lake, publisher: str) -> dict[_Key, _Known]:
    """The last event of every contract ever published."""
    found: dict[_Key, _Known] = {}
    for segment in _segments(lake, publisher):
        rows = _read(segment, ["type_contrat", "uid", "numero", "empreinte"])
        found |= {(kind, uid): _Known(number, digest) for kind, uid, number, digest in rows.iter_rows()}
    return found


def _contents(segments: Sequence[UPath], kind: str, numbers: dict[str, int]) -> dict[str, str]:
    """The rows of some contracts of a kind at their event of some number."""
    if not numbers:
        return {}
    wanted = pl.DataFrame({"uid": list(numbers), "numero": list(numbers.values())})
    found: dict[str, str] = {}
    for segment in segments:
        with segment.open("rb") as handle:
            for batch in read_batches(handle, ["type_contrat", "uid", "numero", "contenu"]):
                rows = cast(pl.DataFrame, pl.from_arrow(batch)).filter(pl.col("type_contrat") == kind)
                found |= dict(rows.join(wanted, on=["uid", "numero"]).select("uid", "contenu").iter_rows())
    return found


def _read(segment: UPath, columns: list[str]) -> pl.DataFrame:
    with segment.open("rb") as handle:
        return pl.read_parquet(handle, columns=columns).select(columns)


def _segments(lake: Lake, publisher: str) -> list[UPath]:
    folder = _folder(lake, publisher)
    return sorted(folder.glob("*.parquet"), key=lambda p: p.name) if folder.exists() else []


def _folder(lake: Lake, publisher: str) -> UPath:
    return lake.root / "exports_history" / publisher
