"""Generated records with one known defect each, taken through reading, cleaning and tables, to the findings."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

import msgspec
import polars as pl

from procurement_assets.decp.clean import refusal
from procurement_assets.decp.raw import Layout, Quarantined, ReadRecord
from procurement_assets.decp.reader import read_file
from procurement_assets.decp.record_rows import COLUMNS, record_row
from procurement_assets.publishers import Publisher, Source
from procurement_assets.quality.catalogue import load_catalogue
from procurement_assets.quality.results import findings, sources_of
from procurement_assets.quality.suites import run_catalogue
from procurement_assets.sample import SampleRecord, defects, generate, load_profile, write
from procurement_assets.sample.generator import BLOCK
from procurement_assets_tests.decp.built import frames_of

SEED = 11
DATA_DATE = date(2026, 6, 30)
"""After everything that is generated, but for what is seeded as future."""
PER_CLASS = 6
SOURCE = Source(id="s", name="Essai", kind="file", rank=1, url="https://example.org/x.json")
PUBLISHER = Publisher(
    id="essai", name="Essai", siren="217500016", uri="https://example.org", ocid_prefix="ocds-xxxxxx",
    license="x", publication_policy="x", sources=("s",),
)  # fmt: skip


class Seeded(NamedTuple):
    """A record with a defect, where it lies, and the rules that found something in it."""

    defect: str
    record: SampleRecord
    place: tuple[str, int]
    """sha256 of its file, position in it."""
    uid: str | None
    rules: frozenset[str]


class Outcome(NamedTuple):
    """What came of the seeded records."""

    seeded: list[Seeded]
    frames: dict[str, pl.DataFrame]


ALONE = "bytes.quote"
"""A quotation mark that nothing escapes may end a record early: each stands in a file of its own, or what follows it
would not be where it was put."""
PEERS = 2500
"""Clean records among which an amount can be out of order."""


def profile_of(defect: str) -> str:
    """The profile whose files can hold the class."""
    data = defects()[defect]
    old = data.format == "2019" or (bool(data.layouts) and "v2-nested" not in data.layouts)
    return "national-v1" if old else "national-2022"


def spoilt(defect: str, block: int) -> list[SampleRecord]:
    """Up to `PER_CLASS` records of a block of their own that carry this class alone, with the records they copy."""
    rates = dict.fromkeys(defects(), 0.0) | {defect: 1.0}
    profile = msgspec.structs.replace(load_profile(profile_of(defect)), defects=rates)
    found: list[SampleRecord] = []
    originals: dict[int, SampleRecord] = {}
    for record in generate(profile, BLOCK, SEED, first=block * BLOCK):
        if record.defects:
            found.append(record)
        originals[record.position] = record
        if len(found) == PER_CLASS:
            break
    copied = [originals[r.copy_of] for r in found if r.copy_of >= 0]
    return sorted({r.position: r for r in (*copied, *found)}.values(), key=lambda r: r.position)


def write_file(records: Sequence[SampleRecord], layout: Layout) -> tuple[bytes, list[SampleRecord]]:
    """The file, and the records in the order in which they stand in it."""
    stream = io.BytesIO()
    write(records, layout, stream)
    if layout != "v2-nested":
        return stream.getvalue(), list(records)
    return stream.getvalue(), sorted(records, key=lambda r: r.dirty.kind != "marche")


def tables_of(files: Iterable[tuple[str, bytes]]) -> dict[str, pl.DataFrame]:
    """The tables of some files, by name: what the assets make, in memory."""
    records: list[dict[str, Any]] = []
    quarantine: list[dict[str, Any]] = []
    for name, data in files:
        place = {"source": "s", "file_sha256": hashlib.sha256(data).hexdigest(), "fichier": name}
        for item in read_file(io.BytesIO(data)):
            if isinstance(item, ReadRecord) and refusal(item.record) is None:
                row = dict(zip(COLUMNS, record_row(item), strict=True))
                records.append(place | {"fichier_date": "2026-06-30", **row})
            elif isinstance(item, ReadRecord):
                quarantine.append(place | {"position": item.position, "reason": "record.no-id", "detail": None})
            elif isinstance(item, Quarantined):
                quarantine.append(place | {"position": item.position, "reason": item.reason, "detail": item.detail})
    return frames_of(records, quarantine, PUBLISHER, [SOURCE]).frames


def findings_of(frames: dict[str, pl.DataFrame], data_date: date) -> pl.DataFrame:
    """The findings of the whole catalogue."""
    results = run_catalogue(load_catalogue(), frames, data_date=data_date)
    assert [r.rule.id for r in results if r.error] == []
    return findings(results, sources_of([frames["contracts"], frames["concessions"]]))


def seeded_outcome() -> Outcome:
    """Every class of defects.toml in records of its own, all files read together, all rules run."""
    blocks = {name: spoilt(name, number) for number, name in enumerate(defects())}
    peers = list(generate("national-2022", PEERS, SEED, defects=False, first=200 * BLOCK))
    groups: dict[tuple[str, int], list[tuple[str, SampleRecord]]] = {("national-2022", 0): [("", r) for r in peers]}
    for name, records in blocks.items():
        for number, record in enumerate(records, start=1):
            group = groups.setdefault((profile_of(name), number if name == ALONE else 0), [])
            group.append((name if record.defects else "", record))
    files: list[tuple[str, bytes]] = []
    places: list[tuple[str, SampleRecord, tuple[str, int]]] = []
    for (profile, number), named in groups.items():
        names = {id(r): name for name, r in named}
        data, order = write_file([r for _, r in named], load_profile(profile).layout)
        files.append((f"{profile}-{number}", data))
        sha = hashlib.sha256(data).hexdigest()
        places += [(names[id(r)], r, (sha, n)) for n, r in enumerate(order) if names[id(r)]]
    frames = tables_of(files)
    found = findings_of(frames, DATA_DATE)
    return Outcome(_matched(places, frames["ledger"], found), frames)


def _matched(
    places: list[tuple[str, SampleRecord, tuple[str, int]]], ledger: pl.DataFrame, found: pl.DataFrame
) -> list[Seeded]:
    """Each seeded record with the rules that found it: by its contract, or by its place in the ledger."""
    uids = {(sha, n): uid for sha, n, uid in ledger.select("file_sha256", "position", "uid").iter_rows()}
    by_uid = _rules(found.filter(pl.col("table") != "ledger").select("uid", "rule").iter_rows())
    anywhere = _rules(found.select("uid", "rule").iter_rows())
    at = found.filter(pl.col("table") == "ledger").select("record", "rule").iter_rows()
    by_place = _rules(((r.split(" | ")[1], int(r.split(" | ")[2])), rule) for r, rule in at)
    made = []
    for name, record, place in places:
        uid = uids.get(place)
        # Of two records of one contract one wins: what the ledger says of the loser tells of both.
        own = anywhere if name.startswith("copy.") else by_uid
        rules = by_place.get(place, frozenset()) | (own.get(uid, frozenset()) if uid else frozenset())
        made.append(Seeded(name, record, place, uid, rules))
    return made


def _rules(pairs: Iterable[tuple[Any, str]]) -> dict[Any, frozenset[str]]:
    found: dict[Any, set[str]] = {}
    for key, rule in pairs:
        found.setdefault(key, set()).add(rule)
    return {key: frozenset(rules) for key, rules in found.items()}
