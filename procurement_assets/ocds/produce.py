"""From the normalised contracts of the lake to OCDS files: releases, compiled releases, the map of ocids.

ocds/PUBLISHER/history/                  what was published, by snapshot, kept for ever (`ocds.history`)
ocds/PUBLISHER/releases.jsonl            all of it, one release a line, by ocid then date
ocds/PUBLISHER/compiled_releases.jsonl   one compiled release a line, by ocid
tables/ocids/PUBLISHER.parquet           uid to ocid, kept for ever (`ocds.ocid_map`)
tables/vanished/PUBLISHER.parquet        published contracts that no source has any more
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import zip_longest
from typing import BinaryIO

import msgspec
import polars as pl

from procurement_assets.data_date import PARIS, latest_date
from procurement_assets.lake import Lake, replacing
from procurement_assets.ocds.additions import Additions, joined
from procurement_assets.ocds.compile import StateCompiler, by_ocid, header_of, place_of
from procurement_assets.ocds.current import Process, buyers, processes
from procurement_assets.ocds.frameworks import links, united
from procurement_assets.ocds.history import History
from procurement_assets.ocds.inverse import published_modifications
from procurement_assets.ocds.mapping.events import releases
from procurement_assets.ocds.mapping.keys import Named
from procurement_assets.ocds.ocid_map import members, read_known, update, write_ocids, write_vanished
from procurement_assets.ocds.packages import write_lines
from procurement_assets.ocds.schema import Schema
from procurement_assets.ocds.succession import Comparison
from procurement_assets.publishers import Publisher
from procurement_assets.schema import TABLES

_encode = msgspec.json.Encoder().encode

RELEASES, COMPILED = "releases.jsonl", "compiled_releases.jsonl"


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the current snapshot beside its contracts."""

    data_date: str
    contracts: pl.DataFrame
    """Columns `ocid_map.SEEN`."""
    aliases: Mapping[str, str] = {}
    """`frameworks.united`."""


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What a run published."""

    processes: int
    releases: int
    """All that was ever published."""
    new: int
    """Added by this run, corrections included."""
    corrections: int
    vanished: int
    by_tag: dict[str, int]
    """The added ones, by tag."""


def read_snapshot(lake: Lake, publisher: str) -> Snapshot:
    """The snapshot that the tables of the lake describe."""
    files = lake.read_table("files", publisher)
    ledger, records = (pl.scan_parquet(_source(lake, name, publisher)) for name in ("ledger", "decp_records"))
    contracts = members(ledger, records, created(files))
    return Snapshot(data_date=data_date(files), contracts=contracts, aliases=united(ledger, records))


def write_releases(
    lake: Lake, publisher: Publisher, snapshot: Snapshot, names: Mapping[str, str] | None = None
) -> Made:
    """Publish what a snapshot brings; write every release ever published, and the tables of identity.

    `names`: SIRET or SIREN to name. Written in this order: the ocids, the history, then what is made of it; whichever
    of these a killed run reached, the next run ends in the same state. Raises `HistoryDamagedError`,
    `PrefixChangedError` before anything is written.
    """
    history = History(lake, publisher.id)
    history.require_sound()
    records = _source(lake, "normalised_records", publisher.id)
    contracts = buyers(records)
    known = _ocids(lake, publisher, snapshot, contracts, history)
    write_ocids(lake, publisher.id, known)
    moment = date_time(snapshot.data_date)
    linked = links(known, contracts, snapshot.aliases, publisher.ocid_prefix)
    additions = Additions(moment)
    with history.lines() as lines:
        pairs = joined(processes(records, contracts["uid"], known), by_ocid(lines))
        made = (
            line
            for process, published in pairs
            for line in additions.of(_generated(process, publisher, names, published, linked), published)
        )
        added = history.append(made, moment)
    with replacing(lake.ocds(publisher.id) / RELEASES) as handle:
        count = history.write(handle)
    vanished = write_vanished(lake, publisher.id, known, contracts["uid"])
    return Made(
        processes=known.height,
        releases=count,
        new=added.releases if added else 0,
        corrections=additions.corrections,
        vanished=vanished,
        by_tag=dict(sorted(additions.by_tag.items())),
    )


def _source(lake: Lake, table: str, publisher: str) -> str | bytes:
    """A table that is read by parts: its path where it has one, else its bytes.

    Raises FileNotFoundError as `Lake.read_table` does.
    """
    path = lake.existing_table(table, publisher)
    return str(path) if lake.is_local else path.read_bytes()


def _ocids(
    lake: Lake, publisher: Publisher, snapshot: Snapshot, contracts: pl.DataFrame, history: History
) -> pl.DataFrame:
    """The map of ocids after this snapshot. `contracts`: uid and buyer of each."""
    seen = contracts.join(snapshot.contracts, on="uid", how="left").with_columns(
        *(pl.col(name).fill_null([]) for name in ("sources", "empreintes"))
    )
    path = lake.table("ocids", publisher.id)
    before = lake.read_table("ocids", publisher.id) if path.exists() else TABLES["ocids"].frame([])
    records = _source(lake, "normalised_records", publisher.id)

    known = read_known(before, publisher.ocid_prefix)
    comparison = Comparison(history, records)
    return update(known, seen, publisher.ocid_prefix, snapshot.data_date[:10], comparison)


def _generated(
    process: Process,
    publisher: Publisher,
    names: Mapping[str, str] | None,
    published: Sequence[bytes],
    linked: Mapping[str, str],
) -> list[bytes]:
    """The releases of a current contract; its modifications keep the names under which they are published."""

    def made(named: Named = ()) -> list[bytes]:
        found = releases(
            process.contract,
            publisher,
            fallback_date=process.first_seen,
            names=names,
            ocid=process.ocid,
            published=named,
            links=linked,
        )
        return [_encode(release) for release in found]

    fresh = made()
    # Nearly all contracts are as they were published: their names need not be read back to know it.
    if not published or not process.contract.modifications or fresh == published:
        return fresh
    return made(published_modifications(published))


def write_compiled(lake: Lake, publisher: str, schema: Schema) -> int:
    """Write the compiled release of every process; returns how many."""
    compiler = StateCompiler(schema)
    with lines_of(lake, publisher, RELEASES) as lines, replacing(lake.ocds(publisher) / COMPILED) as handle:
        return write_lines(handle, compiler.compiled(by_ocid(lines)))


def lost_ocids(lake: Lake, publisher: str) -> list[str]:
    """Processes once published that are no longer in the releases (Pelican, time-based check `ocid`)."""
    with lines_of(lake, publisher, RELEASES) as lines:
        kept = {place_of(line)[0] for line in lines}
    return History(lake, publisher).lost(kept & set(lake.read_table("ocids", publisher, ["ocid"])["ocid"]))


def changed_releases(lake: Lake, publisher: str) -> list[str]:
    """What is no longer as it was published: segments of the history, then releases that differ from it."""
    history = History(lake, publisher)
    damage = history.damage()
    if damage:
        return damage
    with lines_of(lake, publisher, RELEASES) as lines, history.lines() as published:
        return [header_of(line or was or b"").id for line, was in zip_longest(lines, published) if line != was]


@contextmanager
def lines_of(lake: Lake, publisher: str, name: str) -> Iterator[Iterator[bytes]]:
    """The lines of an OCDS file of a publisher."""
    with (lake.ocds(publisher) / name).open("rb") as handle:
        yield _lines(handle)


def _lines(handle: BinaryIO) -> Iterator[bytes]:
    for line in handle:
        yield line.rstrip(b"\n")


def date_time(data_date: str) -> str:
    """A data date (ISO 8601, a day or a date-time) as a date-time with the offset of Paris."""
    found = datetime.fromisoformat(data_date)
    placed = found.replace(tzinfo=PARIS) if found.tzinfo is None else found.astimezone(PARIS)
    return placed.isoformat(timespec="seconds")


def data_date(files: pl.DataFrame) -> str:
    """The date of a publisher's data: the latest that its sources give for the files read (table `files`).

    Raises ValueError where no file has one.
    """
    found = latest_date(files)
    if found is None:
        raise ValueError(
            "aucun fichier lu n'a de date de publication : la date des données est inconnue. Voir raw_snapshots (un "
            "fichier par ligne, et pourquoi il manque), puis relancer"
        )
    return found


def created(files: pl.DataFrame) -> pl.DataFrame:
    """The day each file was created at its source, else last modified, else the data date (`file_sha256`,
    `premier_vu`)."""
    known = [pl.when(pl.col(name) != "").then(name) for name in ("fichier_creation", "fichier_date")]
    day = pl.coalesce(*known, pl.lit(data_date(files))).str.slice(0, 10)
    return files.select("file_sha256", premier_vu=day).unique("file_sha256", keep="last", maintain_order=True)
