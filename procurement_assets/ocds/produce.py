"""From the normalised contracts of the lake to OCDS files: releases, compiled releases, the map of ocids, packages.

ocds/PUBLISHER/releases.jsonl            one release a line, by ocid then date
ocds/PUBLISHER/compiled_releases.jsonl   one compiled release a line, by ocid
tables/ocids/PUBLISHER.parquet           uid to ocid
exports/PUBLISHER/releases.jsonl.gz, compiled_releases.jsonl.gz, record_package.json
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import BinaryIO
from zoneinfo import ZoneInfo

import msgspec
import polars as pl

from procurement_assets.decp.model import Contract
from procurement_assets.lake import Lake, replacing
from procurement_assets.ocds.compile import Compiler, by_ocid
from procurement_assets.ocds.mapping.events import releases
from procurement_assets.ocds.mapping.identity import contract_ocid
from procurement_assets.ocds.packages import gzipped, package, write_lines, write_record_package
from procurement_assets.ocds.schema import Schema
from procurement_assets.publishers import Publisher
from procurement_assets.schema import TABLES

PARIS = ZoneInfo("Europe/Paris")
RELEASES, COMPILED = "releases.jsonl", "compiled_releases.jsonl"


class Made(msgspec.Struct, frozen=True):
    """How many processes and releases were written, and how many releases by tag."""

    processes: int
    releases: int
    by_tag: dict[str, int]


def write_releases(
    lake: Lake, publisher: Publisher, first_seen: Mapping[str, str], names: Mapping[str, str] | None = None
) -> Made:
    """Write the releases of every contract, and the table `ocids`.

    `first_seen`: uid to the day (`YYYY-MM-DD`) its file was first published, for a contract without any date.
    `names`: SIRET or SIREN to name.
    """
    contracts = _by_ocid(lake, publisher)
    by_tag: dict[str, int] = {}
    count = 0
    with replacing(lake.ocds(publisher.id) / RELEASES) as handle:
        for ocid, contract in contracts:
            found = releases(contract, publisher, fallback_date=first_seen[contract.uid], names=names, ocid=ocid)
            for release in found:
                handle.write(msgspec.json.encode(release) + b"\n")
                for tag in release.tag:
                    by_tag[tag] = by_tag.get(tag, 0) + 1
            count += len(found)
    ocids = TABLES["ocids"].frame([{"uid": c.uid, "ocid": ocid} for ocid, c in contracts])
    lake.write_table(ocids, "ocids", publisher.id)
    return Made(len(contracts), count, dict(sorted(by_tag.items())))


def _by_ocid(lake: Lake, publisher: Publisher) -> list[tuple[str, Contract]]:
    records = lake.read_table("normalised_records", publisher.id, ["record"])["record"]
    decode = msgspec.json.Decoder(Contract).decode
    contracts = [decode(text) for text in records]
    return sorted(((contract_ocid(publisher.ocid_prefix, c), c) for c in contracts), key=lambda pair: pair[0])


def write_compiled(lake: Lake, publisher: str, schema: Schema) -> int:
    """Write the compiled release of every process; returns how many."""
    compiler = Compiler(schema)
    with lines_of(lake, publisher, RELEASES) as lines, replacing(lake.ocds(publisher) / COMPILED) as handle:
        return write_lines(handle, compiler.compiled(by_ocid(lines)))


@contextmanager
def lines_of(lake: Lake, publisher: str, name: str) -> Iterator[Iterator[bytes]]:
    """The lines of an OCDS file of a publisher."""
    with (lake.ocds(publisher) / name).open("rb") as handle:
        yield _lines(handle)


def _lines(handle: BinaryIO) -> Iterator[bytes]:
    for line in handle:
        yield line.rstrip(b"\n")


def write_ocds_exports(lake: Lake, publisher: Publisher, schema: Schema, data_date: str) -> dict[str, int]:
    """Write what is given out; returns the number of entries of each file.

    `data_date`: the date of the data (`publishedDate` of the package), never that of the clock.
    """
    folder = lake.exports(publisher.id)
    counts = {}
    for name in (RELEASES, COMPILED):
        with (
            lines_of(lake, publisher.id, name) as lines,
            replacing(folder / f"{name}.gz") as handle,
            gzipped(handle) as compressed,
        ):
            counts[f"{name}.gz"] = write_lines(compressed, lines)
    about = package(publisher, uri=f"{publisher.uri}/ocds/record_package.json", published_date=date_time(data_date))
    compiler = Compiler(schema)
    with (
        lines_of(lake, publisher.id, RELEASES) as lines,
        replacing(folder / "record_package.json") as handle,
    ):
        counts["record_package.json"] = write_record_package(handle, compiler.records(by_ocid(lines)), about)
    return counts


def date_time(data_date: str) -> str:
    """A data date (ISO 8601, a day or a date-time) as a date-time with the offset of Paris."""
    found = datetime.fromisoformat(data_date)
    placed = found.replace(tzinfo=PARIS) if found.tzinfo is None else found.astimezone(PARIS)
    return placed.isoformat(timespec="seconds")


def data_date(files: pl.DataFrame) -> str:
    """The date of a publisher's data: the latest that its sources give for the files read (table `files`).

    Raises ValueError where no file has one.
    """
    dates: list[str] = sorted(d for d in files["fichier_date"] if d)
    if not dates:
        raise ValueError("no file read has a published date: the date of the data is not known")
    return max(dates, key=lambda d: datetime.fromisoformat(d).timestamp())


def first_seen(ledger: pl.DataFrame, files: pl.DataFrame) -> dict[str, str]:
    """Uid to the day the first of its files was created at its source, else last modified, else the data date."""
    unknown = data_date(files)[:10]
    created = {
        row["file_sha256"]: (row["fichier_creation"] or row["fichier_date"] or unknown)[:10]
        for row in files.select("file_sha256", "fichier_creation", "fichier_date").to_dicts()
    }
    found: dict[str, str] = {}
    kept = ledger.filter(pl.col("outcome").is_in(["kept", "merged", "superseded"]))
    for uid, sha in kept.select("uid", "file_sha256").iter_rows():
        found[uid] = min(created[sha], found.get(uid, created[sha]))
    return found
