"""From raw files to `decp_records`, `quarantine` and `files`: each file is read once per reader version.

What the reader makes of a file lies in `parsed/READER_VERSION/SHA256.*` of the lake; a file already read by this
version is not read again (DESIGN §4, Incremental). Memory is bounded by a batch, whatever the size of the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import msgspec
from upath import UPath

from procurement_assets.decp.clean import refusal
from procurement_assets.decp.raw import FileSummary, Quarantined, RawRecord, ReadRecord
from procurement_assets.decp.reader import READER_VERSION, read_file
from procurement_assets.decp.record_rows import COLUMNS, RecordRows, note_text
from procurement_assets.lake import Lake, replacing, write_bytes
from procurement_assets.parquet import TableWriter, read_batches, read_rows
from procurement_assets.schema import TABLES, Column, Table
from procurement_assets.sources.manifest import ManifestRow

_QUARANTINE_COLUMNS = ("position", "reason", "detail", "raw")


def _part(table: str, names: tuple[str, ...]) -> Table:
    columns: tuple[Column, ...] = tuple(TABLES[table].column(n) for n in names)
    return Table(name=f"{table}.parsed", title="", description="", key=("position",), columns=columns)


_RECORDS, _QUARANTINE = _part("decp_records", COLUMNS), _part("quarantine", _QUARANTINE_COLUMNS)


class ParsedFile(msgspec.Struct, frozen=True):
    """What the reader made of one raw file."""

    sha256: str
    summary: FileSummary
    records: int
    quarantined: int


def parse_file(lake: Lake, sha256: str) -> ParsedFile:
    """Read a raw file, or find what this reader version already made of it."""
    done = _path(lake, sha256, "json")
    if done.exists():
        return msgspec.json.decode(done.read_bytes(), type=ParsedFile)
    with lake.raw(sha256).open("rb") as raw:
        parsed = _parse(lake, sha256, raw)
    # Written last: a reading that was cut short is done again.
    write_bytes(done, msgspec.json.encode(parsed))
    return parsed


def _path(lake: Lake, sha256: str, suffix: str) -> UPath:
    return lake / f"parsed/{READER_VERSION}/{sha256}.{suffix}"


def _parse(lake: Lake, sha256: str, raw: BinaryIO) -> ParsedFile:
    summary: FileSummary | None = None
    with (
        replacing(_path(lake, sha256, "records.parquet")) as records_handle,
        replacing(_path(lake, sha256, "quarantine.parquet")) as quarantine_handle,
        TableWriter(records_handle, _RECORDS) as records,
        TableWriter(quarantine_handle, _QUARANTINE) as quarantine,
    ):
        rows = RecordRows(records)
        for item in read_file(raw):
            if isinstance(item, ReadRecord):
                refused = refusal(item.record)
                if refused is None:
                    rows.append(item)
                    continue
                item = Quarantined(position=item.position, reason=refused.reason, detail=refused.detail, raw=item.raw)
            if isinstance(item, Quarantined):
                quarantine.append({n: getattr(item, n) for n in _QUARANTINE_COLUMNS})
            else:
                summary = item
        rows.flush()
    if summary is None:
        raise AssertionError(f"the reader gave no summary of {sha256}")
    return ParsedFile(sha256, summary, records.count, quarantine.count)


def files_to_read(manifest: Sequence[ManifestRow], ranks: Mapping[str, int] | None = None) -> list[ManifestRow]:
    """The files of a manifest that are read as DECP, each content once: two resources with the same bytes are one file,
    of the source of lowest rank.

    Sorted by source, then content: the order of what follows.
    """
    ranks = ranks or {}
    usable = [
        r for r in manifest if r.read and r.sha256 and not r.is_archive and r.status not in ("ignored", "refused")
    ]
    first: dict[str, ManifestRow] = {}
    for row in sorted(usable, key=lambda r: (ranks.get(r.source, 0), r.source, r.title, r.resource_id)):
        first.setdefault(row.sha256, row)
    return sorted(first.values(), key=lambda r: (r.source, r.sha256))


class Counts(msgspec.Struct):
    """What a publisher's files hold, and how much of it was read in this run."""

    files: int = 0
    found: int = 0
    records: int = 0
    quarantined: int = 0
    read_now: int = 0


def build_records(
    lake: Lake, publisher: str, manifest: Sequence[ManifestRow], ranks: Mapping[str, int] | None = None
) -> Counts:
    """Write `decp_records`, `quarantine` and `files` of a publisher. `ranks`: those of its sources."""
    rows = files_to_read(manifest, ranks)
    counts = Counts(files=len(rows))
    parsed = []
    for row in rows:
        counts.read_now += not _path(lake, row.sha256, "json").exists()
        parsed.append(parse_file(lake, row.sha256))
        counts.found += parsed[-1].summary.found
        counts.records += parsed[-1].records
        counts.quarantined += parsed[-1].quarantined
    _gather(lake, publisher, rows)
    quarantine = [*_quarantine_rows(lake, rows), *_refused(manifest)]
    lake.write_table(TABLES["quarantine"].frame(quarantine), "quarantine", publisher)
    files = [_file_row(r, p) for r, p in zip(rows, parsed, strict=True)]
    lake.write_table(TABLES["files"].frame(files), "files", publisher)
    return counts


def _place(row: ManifestRow) -> dict[str, str]:
    return {
        "source": row.source,
        "file_sha256": row.sha256,
        "fichier": row.title,
        "fichier_date": row.published_at,
    }


def _gather(lake: Lake, publisher: str, rows: Sequence[ManifestRow]) -> None:
    """All records of all files in one table, batch by batch."""
    import pyarrow as pa

    table = TABLES["decp_records"]
    with replacing(lake.table("decp_records", publisher)) as handle, TableWriter(handle, table) as writer:
        for row in rows:
            with _path(lake, row.sha256, "records.parquet").open("rb") as records:
                for batch in read_batches(records):
                    columns = {name: pa.repeat(pa.scalar(v), batch.num_rows) for name, v in _place(row).items()}
                    columns |= dict(zip(batch.schema.names, batch.columns, strict=True))
                    writer.extend(pa.RecordBatch.from_pydict(columns))
                    pa.default_memory_pool().release_unused()  # kept by Arrow otherwise, and the next batch takes more


def _quarantine_rows(lake: Lake, rows: Sequence[ManifestRow]) -> Iterator[dict[str, Any]]:
    for row in rows:
        place = {k: v for k, v in _place(row).items() if k != "fichier_date"}
        with _path(lake, row.sha256, "quarantine.parquet").open("rb") as handle:
            yield from (place | found for found in read_rows(handle))


def _refused(manifest: Sequence[ManifestRow]) -> Iterator[dict[str, Any]]:
    """Files that a source offers and that never gave usable bytes: they are in the ledger too."""
    for row in manifest:
        if row.read and row.status == "refused" and not row.sha256:
            yield {
                "source": row.source,
                "file_sha256": "",
                "fichier": row.title,
                "position": -1,
                "reason": "file.refused",
                "detail": row.reason,
                "raw": b"",
            }


def _file_row(row: ManifestRow, parsed: ParsedFile) -> dict[str, Any]:
    return _place(row) | {
        "fichier_creation": row.created_at,
        "url": row.url,
        "bytes": row.bytes,
        "encoding": parsed.summary.encoding,
        "container": parsed.summary.container,
        "layouts": list(parsed.summary.layouts),
        "found": parsed.summary.found,
        "notes": [note_text(n) for n in parsed.summary.notes],
    }


def read_record(text: str) -> RawRecord:
    """The as-read record of a row of `decp_records`."""
    return msgspec.json.decode(text, type=RawRecord)
