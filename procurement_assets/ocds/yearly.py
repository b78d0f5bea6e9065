"""The OCDS files by year: releases, compiled releases, release packages, record packages, and their manifest.

The year of a process is that of its first release, for every file: a record never jumps from one file to another when
a modification is published, and the releases of a process stand beside its record (research/ocds.md §1.4: "segment by
release date or ocid so records do not jump files").

    exports/PUBLISHER/ocds/releases_2024.jsonl.gz            one release a line
                           compiled_releases_2024.jsonl.gz   one compiled release a line
                           release_package_2024.json.gz      parts _2, _3… when a limit is reached
                           record_package_2024.json.gz
                           manifest.json

All files are made in a folder aside, then moved; one whose bytes have not changed is left alone, so that its date is
that of its content. The manifest comes last but for the removal of files that it no longer names.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec
from upath import UPath

from procurement_assets.lake import Lake, put_file, write_bytes
from procurement_assets.ocds.compile import header_of
from procurement_assets.ocds.packages import Package, package
from procurement_assets.ocds.packaging import UNLIMITED, Entry, Limits, Part, WrittenFile
from procurement_assets.ocds.produce import date_time
from procurement_assets.ocds.whole import Whole, whole_processes
from procurement_assets.publishers import Publisher

MANIFEST = "manifest.json"
_OURS = re.compile(
    r"(?:(?:compiled_)?releases_\d{4}(?:_\d+)?\.jsonl|(?:release|record)_package_\d{4}(?:_\d+)?\.json)\.gz"
)
"""Files that this module names: the only ones that it ever removes."""

_encode = msgspec.json.Encoder().encode


class _Sections(msgspec.Struct):
    """What is counted in a release."""

    awards: list[msgspec.Raw] = []
    contracts: list[msgspec.Raw] = []


_sections = msgspec.json.Decoder(_Sections).decode


class _Kind(msgspec.Struct, frozen=True):
    """A kind of file."""

    name: str
    stem: str
    suffix: str
    array: str
    """Name of the array of a package; empty for JSON Lines."""


KINDS = (
    _Kind("releases", "releases", ".jsonl.gz", ""),
    _Kind("compiled_releases", "compiled_releases", ".jsonl.gz", ""),
    _Kind("release_package", "release_package", ".json.gz", "releases"),
    _Kind("record_package", "record_package", ".json.gz", "records"),
)


def folder_of(lake: Lake, publisher: str) -> UPath:
    """Where the files of a publisher lie."""
    return lake.exports(publisher) / "ocds"


def write_yearly(lake: Lake, publisher: Publisher, data_date: str, limits: Limits | None = None) -> list[WrittenFile]:
    """Write every file and the manifest; returns the files, by name. No process, no file but an empty manifest.

    `data_date`: the date of the data (`publishedDate`), never that of the clock. Raises `whole.OutdatedError`.
    """
    folder = folder_of(lake, publisher.id)
    with _aside(lake, folder) as made:
        writer = _Writer(made, publisher, date_time(data_date), limits or Limits())
        try:
            for process in whole_processes(lake, publisher.id):
                writer.add(process)
            written = writer.close()
        finally:
            writer.abandon()
        for file in written:
            _publish(made / file.name, folder / file.name, file)
    write_bytes(folder / MANIFEST, manifest(publisher, written, date_time(data_date)))
    _remove_others(folder, {file.name for file in written})
    return written


def manifest(publisher: Publisher, files: Sequence[WrittenFile], published_date: str) -> bytes:
    """The list of the files, for machines: sizes, sha256, counts, dates."""
    about = package(publisher, uri=f"{publisher.about.files_url}ocds/{MANIFEST}", published_date=published_date)
    listed = [{"url": f"{publisher.about.files_url}ocds/{f.name}"} | msgspec.to_builtins(f) for f in files]
    found = msgspec.json.encode({**msgspec.to_builtins(about), "files": listed})
    return msgspec.json.format(found, indent=2) + b"\n"


class _Writer:
    """The files that are open: one part for each kind and year."""

    def __init__(self, folder: Path, publisher: Publisher, published_date: str, limits: Limits) -> None:
        self._folder, self._publisher, self._date, self._limits = folder, publisher, published_date, limits
        self._open: dict[tuple[_Kind, int], tuple[str, int, Part]] = {}
        self._done: list[WrittenFile] = []

    def add(self, process: Whole) -> None:
        """Write one process in each kind of file."""
        group = process.releases
        first, last = header_of(group[0]).date, header_of(group[-1]).date
        counts = [_sections(line) for line in group]
        contracts = max(sum(len(c.contracts) for c in counts), sum(len(c.awards) for c in counts))
        said = {"compiled_releases": [process.compiled], "record_package": [process.record]}
        for kind in KINDS:
            self._add(kind, int(first[:4]), Entry(said.get(kind.name, group), contracts, first, last))

    def _add(self, kind: _Kind, year: int, entry: Entry) -> None:
        part = self._open[kind, year][2] if (kind, year) in self._open else self._new(kind, year, 1)
        if part.processes and not part.has_room_for(entry):
            number = self._open[kind, year][1]
            self._end(kind, year)
            part = self._new(kind, year, number + 1)
        part.add(entry)

    def _new(self, kind: _Kind, year: int, number: int) -> Part:
        name = f"{kind.stem}_{year}{f'_{number}' if number > 1 else ''}{kind.suffix}"
        head, foot, separator, limits = b"", b"\n", b"\n", UNLIMITED
        if kind.array:
            about = package(
                self._publisher, uri=f"{self._publisher.about.files_url}ocds/{name}", published_date=self._date
            )
            head, foot, separator, limits = _frame(about, kind.array), b"\n]}\n", b",\n", self._limits
        part = Part(self._folder / name, head, foot, separator, limits)
        self._open[kind, year] = (name, number, part)
        return part

    def _end(self, kind: _Kind, year: int) -> None:
        name, number, part = self._open.pop((kind, year))
        size, unzipped, digest = part.close()
        self._done.append(
            WrittenFile(
                name=name,
                kind=kind.name,
                year=year,
                part=number,
                bytes=size,
                unzipped_bytes=unzipped,
                sha256=digest,
                processes=part.processes,
                entries=part.entries,
                contracts=part.contracts,
                first_date=part.first_date,
                last_date=part.last_date,
            )
        )

    def close(self) -> list[WrittenFile]:
        """End every file; all of them, by kind, year and part."""
        for kind, year in list(self._open):
            self._end(kind, year)
        order = [kind.name for kind in KINDS]
        return sorted(self._done, key=lambda f: (order.index(f.kind), f.year or 0, f.part))

    def abandon(self) -> None:
        """Close what is still open after an error."""
        for _, _, part in self._open.values():
            part.abandon()


def _frame(about: Package, array: str) -> bytes:
    return _encode(about)[:-1] + b',"%b":[\n' % array.encode()


@contextmanager
def _aside(lake: Lake, folder: UPath) -> Iterator[Path]:
    """A local folder to make files in: on the lake's own disk where there is one, so that moving is renaming."""
    if not lake.is_local:
        with tempfile.TemporaryDirectory(prefix="procurement-assets-") as made:
            yield Path(made)
        return
    path = Path(str(folder)) / f".making.{uuid.uuid4().hex}"
    path.mkdir(parents=True)
    try:
        yield path
    finally:
        shutil.rmtree(path)


def _publish(made: Path, target: UPath, file: WrittenFile) -> None:
    """Put a file in its place, unless the same bytes are already there."""
    if target.exists() and target.stat().st_size == file.bytes:
        with target.open("rb") as handle:
            if _sha256(handle) == file.sha256:
                return
    if getattr(target, "protocol", "") in ("", "file", "local"):
        made.replace(str(target))
    else:
        put_file(made, target)


def _sha256(handle: BinaryIO) -> str:
    digest = hashlib.sha256()
    while block := handle.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()


def _remove_others(folder: UPath, kept: set[str]) -> None:
    """Remove files of ours that this publication no longer has (a year that disappeared, a part too many)."""
    for path in list(folder.iterdir()):
        if path.name not in kept and _OURS.fullmatch(path.name):
            path.unlink()
