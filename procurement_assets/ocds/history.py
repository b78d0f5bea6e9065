"""What has been published, kept for ever: an append-only history of releases in the lake.

    ocds/PUBLISHER/history/00001_2026-01-08.jsonl   the releases that one snapshot brought, by ocid then date
    ocds/PUBLISHER/history/index.json               the segments in order: name, sha256, count

A segment is never rewritten, and a snapshot that brings nothing adds none. The index is written last: a segment that
it does not name was left by a run that was killed, and the next run writes it again. The sha256 of every segment is
verified before anything is added: a history that was changed by hand, or lost a file, stops the publication.
"""

from __future__ import annotations

import hashlib
import heapq
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain, islice
from typing import BinaryIO

import msgspec
from upath import UPath

from procurement_assets.lake import Lake, replacing, write_bytes
from procurement_assets.ocds.compile import place_of

_BLOCK = 1 << 20
_LINES = 500
"""Lines hashed and written at once."""


class HistoryDamagedError(RuntimeError):
    """The history of releases is not what was published; the message names the file and what to do."""


class Segment(msgspec.Struct, frozen=True):
    """What one snapshot brought."""

    name: str
    published: str
    """The date of the snapshot's data."""
    sha256: str
    releases: int


class History:
    """The published releases of a publisher."""

    def __init__(self, lake: Lake, publisher: str) -> None:
        self.folder: UPath = lake.ocds(publisher) / "history"
        self.index: UPath = self.folder / "index.json"

    def segments(self) -> list[Segment]:
        """The segments, oldest first."""
        if not self.index.exists():
            return []
        try:
            return msgspec.json.decode(self.index.read_bytes(), type=list[Segment])
        except msgspec.MsgspecError as error:
            raise HistoryDamagedError(f"{self.index} : {error} ; {_REMEDY}") from error

    def damage(self) -> list[str]:
        """What is no longer as it was published, one line per segment; empty for a sound history."""
        found = []
        for segment in self.segments():
            path = self.folder / segment.name
            if not path.exists():
                found.append(f"{path} : fichier absent")
            elif (actual := _sha256(path)) != segment.sha256:
                found.append(f"{path} : sha256 {actual}, publié avec {segment.sha256}")
        return found

    def lost(self, ocids: Iterable[str]) -> list[str]:
        """Processes ever published that are not among some ocids (Pelican, time-based check `ocid`)."""
        kept = set(ocids)
        with self.lines() as lines:
            return sorted({place_of(line)[0] for line in lines} - kept)

    def require_sound(self) -> None:
        """Raise `HistoryDamagedError` where anything published was changed or lost."""
        damage = self.damage()
        if damage:
            raise HistoryDamagedError(f"{' ; '.join(damage)} ; {_REMEDY}")

    @contextmanager
    def lines(self) -> Iterator[Iterator[bytes]]:
        """Every published release, by ocid then date: a merge of the segments."""
        with ExitStack() as stack:
            opened = [stack.enter_context((self.folder / s.name).open("rb")) for s in self.segments()]
            streams = [_stripped(handle) for handle in opened]
            # One segment is in order as it is: reading the place of each line costs more than reading the line.
            yield streams[0] if len(streams) == 1 else heapq.merge(*streams, key=place_of)

    def write(self, handle: BinaryIO) -> int:
        """Write every published release, by ocid then date; returns how many."""
        segments = self.segments()
        if len(segments) == 1:
            with (self.folder / segments[0].name).open("rb") as only:
                shutil.copyfileobj(only, handle, _BLOCK)
            return segments[0].releases
        count = 0
        with self.lines() as lines:
            for block in _blocks(lines):
                handle.write(_text(block))
                count += len(block)
        return count

    def append(self, lines: Iterable[bytes], published: str) -> Segment | None:
        """Add the releases of a snapshot, given by ocid then date; None where there are none."""
        before = self.segments()
        name = f"{len(before) + 1:05d}_{published[:10]}.jsonl"
        stream = iter(lines)
        first = next(stream, None)
        if first is None:
            return None
        digest, count = hashlib.sha256(), 0
        with replacing(self.folder / name) as handle:
            for block in _blocks(chain([first], stream)):
                text = _text(block)
                digest.update(text)
                handle.write(text)
                count += len(block)
        segment = Segment(name, published, digest.hexdigest(), count)
        write_bytes(self.index, msgspec.json.format(msgspec.json.encode([*before, segment]), indent=1) + b"\n")
        return segment


_REMEDY = "ce qui a été publié ne change plus : remettre le fichier depuis une sauvegarde du lac"


def _blocks(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    stream = iter(lines)
    while block := list(islice(stream, _LINES)):
        yield block


def _text(block: list[bytes]) -> bytes:
    return b"\n".join(block) + b"\n"


def _stripped(handle: BinaryIO) -> Iterator[bytes]:
    for line in handle:
        yield line.rstrip(b"\n")


def _sha256(path: UPath) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while block := handle.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
