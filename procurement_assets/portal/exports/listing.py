"""The files that lie in the folder of a publisher and are given out, measured."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

import msgspec
import pyarrow.parquet as pq
from upath import UPath

from procurement_assets.lake import Lake
from procurement_assets.ocds.packages import read_lines
from procurement_assets.portal.exports.described import DESCRIBED, Described, place_of
from procurement_assets.portal.exports.placing import digest
from procurement_assets.portal.exports.spec import PARQUET


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file given out, measured."""

    name: str
    bytes: int
    sha256: str
    rows: int | None
    title: str
    kind: Described

    @property
    def media_type(self) -> str:
        """The type of the bytes as they are served."""
        return "application/gzip" if self.kind.gzipped else self.kind.media_type


def files_given_out(lake: Lake, publisher: str, *, roles: tuple[str, ...] = ()) -> list[File]:
    """The described files that lie in the folder of a publisher, measured, in the order of `DESCRIBED` then by name.

    `roles`: only these; empty: all.
    """
    folder = lake.exports(publisher)
    found: list[tuple[int, File]] = []
    for name in sorted(_names(folder)):
        place = place_of(name)
        if place is None or (roles and DESCRIBED[place[0]].role not in roles):
            continue
        kind = DESCRIBED[place[0]]
        size, sha256 = digest(folder / name)
        file = File(name=name, bytes=size, sha256=sha256, rows=_rows(folder, name, kind), title=place[1], kind=kind)
        found.append((place[0], file))
    return [file for _, file in sorted(found, key=lambda f: (f[0], f[1].name))]


def _names(folder: UPath, below: str = "") -> Iterator[str]:
    """Every file below the folder, by its path with `/`; what starts with a dot is being written."""
    if not folder.exists():
        return
    for path in folder.iterdir():
        if path.name.startswith("."):
            continue
        if path.is_dir():
            yield from _names(path, f"{below}{path.name}/")
        else:
            yield f"{below}{path.name}"


def _rows(folder: UPath, name: str, kind: Described) -> int | None:
    """Rows of a table's file, lines of a JSON Lines file, processes of an OCDS package; None: not counted."""
    if kind.table:
        with (folder / f"{kind.table}{PARQUET}").open("rb") as handle:
            return int(pq.read_metadata(handle).num_rows)
    if name.endswith(".jsonl.gz"):
        with (folder / name).open("rb") as handle:
            return sum(1 for _ in read_lines(handle))
    return _processes(folder).get(PurePosixPath(name).name) if name.startswith("ocds/") else None


def _processes(folder: UPath) -> dict[str, int]:
    index = folder / "ocds" / "manifest.json"
    if not index.exists():
        return {}
    listed = msgspec.json.decode(index.read_bytes(), type=_Index).files
    return {f.name: f.processes for f in listed}


class _IndexFile(msgspec.Struct):
    name: str
    processes: int


class _Index(msgspec.Struct):
    files: list[_IndexFile]
