"""What was done on a target: one file per run, one JSON line per event, never rewritten; the state is its fold.

    publication/PUBLISHER/TARGET/journal/000042.jsonl

Each file begins with the state that it found, so the newest file says everything and older ones are history. On a disk
a line is appended and synced before the next call is made; a last line cut by a crash is left out when reading (the
portal is asked anyway). On object storage, which has no append, the run's file is put again whole with each line: a
reader sees the lines before or the lines with it.

Dates are the clock's: a journal is a log. Nothing here holds a key or a body.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec
from upath import UPath

from procurement_assets.lake import Lake, write_bytes
from procurement_assets.portal.publishing.http import PortalError
from procurement_assets.portal.publishing.portal import Publication, TargetState
from procurement_assets.portal.publishing.safety import Checks

PASSING = ("version:", "staged:", "mime:")
"""Starts of the bindings that are good for one publication: versions to go back to, what a draft told."""

Event = Literal["begin", "sending", "step", "failed", "refused", "differs", "restored", "verified"]


class JournalError(PortalError, ValueError):
    """A journal is damaged elsewhere than at its end; the message is one French line, with the remedy."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event of a run."""

    event: Event
    at: str
    """UTC, ISO."""
    manifest: str = ""
    """`begin`, `sending`, `differs`: hash of the manifest being published."""
    agreed: bool = False
    """`sending`: only because a person accepted it."""
    state: TargetState | None = None
    """`begin`: the state found."""
    run_id: str = ""
    """`begin`: the Dagster run."""
    checks: Checks | None = None
    """`begin`: the checks that the publication goes by."""
    key: str = ""
    """`step`, `failed`: idempotency key of the step."""
    action: str = ""
    file: str = ""
    sha256: str = ""
    bytes: int = 0
    bindings: dict[str, str] = {}
    status: int | None = None
    detail: str = ""
    """In French: what was answered, refused, read, restored."""
    publication: Publication | None = None
    """`verified`: what is now published."""


class Journal:
    """The journal of one run on one target: opened under the target's lock."""

    def __init__(self, lake: Lake, publisher: str, target: str) -> None:
        self.folder = journal_folder(lake, publisher, target)
        self.number = max((int(p.stem) for p in _files(self.folder)), default=0) + 1
        self.path = self.folder / f"{self.number:06d}.jsonl"
        self._lines: list[bytes] = []
        self._local = lake.is_local

    def append(self, event: Event, **fields: object) -> Entry:
        """Write one event; when this returns it is on the disk, or in the bucket."""
        entry = Entry(event=event, at=now(), **fields)  # type: ignore[arg-type]
        line = msgspec.json.encode(entry) + b"\n"
        self._lines.append(line)
        if self._local:
            _append(Path(str(self.path)), line)
        else:
            write_bytes(self.path, b"".join(self._lines))
        return entry


def now() -> str:
    """The clock, for logs only."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def journal_folder(lake: Lake, publisher: str, target: str) -> UPath:
    """The folder of the journals of a target."""
    return lake / f"publication/{publisher}/{target}/journal"


def read_state(lake: Lake, publisher: str, target: str) -> TargetState:
    """The state of a target, from its newest journal; empty where nothing was ever sent."""
    files = _files(journal_folder(lake, publisher, target))
    state = TargetState(target=target)
    # The newest may have been cut before its first line was whole: then the one before it says everything.
    for path in reversed(files):
        entries = read_entries(path)
        if entries:
            return fold(entries, state)
    return state


def manifests_of(lake: Lake, publisher: str, target: str) -> set[str]:
    """Hashes of the manifests whose files a target may still need: its last publication, and that of its newest run,
    which may be going on."""
    for path in reversed(_files(journal_folder(lake, publisher, target))):
        entries = read_entries(path)
        if entries:
            last = fold(entries, TargetState(target=target)).last
            return {m for m in (entries[0].manifest, last.manifest_sha256 if last else "") if m}
    return set()


def read_history(lake: Lake, publisher: str, target: str) -> list[tuple[str, list[Entry]]]:
    """Every run of a target, oldest first: (number of the run, its events)."""
    return [(p.stem, read_entries(p)) for p in _files(journal_folder(lake, publisher, target))]


def read_entries(path: UPath) -> list[Entry]:
    """The events of a file. A last line that a crash cut is left out; damage elsewhere raises `JournalError`."""
    lines = path.read_bytes().split(b"\n")
    entries = []
    for index, line in enumerate(lines[:-1]):
        try:
            entries.append(msgspec.json.decode(line, type=Entry))
        except msgspec.DecodeError as error:
            raise JournalError(
                f"{path}, ligne {index + 1} : journal endommagé ({error}) ; mettre ce fichier de côté, puis relancer : "
                "l'état est alors celui du journal d'avant, et le portail est relu"
            ) from error
    return entries


def fold(entries: Iterable[Entry], state: TargetState) -> TargetState:
    """The state after these events."""
    for entry in entries:
        state = _after(state, entry)
    return state


def _after(state: TargetState, entry: Entry) -> TargetState:
    replace = msgspec.structs.replace
    if entry.event == "begin":
        return entry.state or state
    if entry.event == "sending":
        agreeing = entry.manifest if entry.agreed else "" if state.agreeing != entry.manifest else state.agreeing
        return replace(state, unfinished=entry.manifest, agreeing=agreeing)
    if entry.event == "step":
        sent = {**state.sent, entry.file: entry.sha256} if entry.file else state.sent
        return replace(state, bindings={**state.bindings, **entry.bindings}, sent=sent)
    if entry.event == "differs":
        return _served(replace(state, restoring=True, disputed=entry.manifest))
    if entry.event == "restored":
        sent = dict(state.last.files) if state.last else {}
        return replace(state, restoring=False, unfinished="", sent=sent, bindings=_lasting(state.bindings))
    if entry.event == "verified" and entry.publication is not None:
        bindings = _lasting(state.bindings)
        state = replace(state, last=entry.publication, unfinished="", disputed="", restoring=False, bindings=bindings)
        return _served(state)
    return state


def _served(state: TargetState) -> TargetState:
    """A person's agreement has served: the publication that it was for came to its end."""
    if not state.agreeing:
        return state
    agreed = {**state.agreed, state.agreeing: state.agreed.get(state.agreeing, 0) + 1}
    return msgspec.structs.replace(state, agreeing="", agreed=agreed)


def _lasting(bindings: dict[str, str]) -> dict[str, str]:
    """Without what is good for one publication."""
    return {k: v for k, v in bindings.items() if not k.startswith(PASSING)}


def _append(path: Path, line: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = not path.exists()
    with path.open("ab") as handle:
        handle.write(line)
        handle.flush()
        os.fsync(handle.fileno())
    if fresh:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _files(folder: UPath) -> list[UPath]:
    if not folder.exists():
        return []
    return sorted((p for p in folder.iterdir() if p.suffix == ".jsonl" and p.stem.isdigit()), key=lambda p: p.name)
