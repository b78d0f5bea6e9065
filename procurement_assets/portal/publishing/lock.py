"""One publication at a time on a target: a lock with an owner and an end, the same on a disk and on object storage.

The lock is a folder of numbered files; the one with the highest number says who holds it. Taking it means making the
next number, which only one process can do (exclusive creation: a hard link on a disk, `If-None-Match: *` on object
storage), and only when the present holder gave it back, is past its end, or is a dead process of this machine. A
holder renews its end in a thread while it works; before each step it checks that no higher number was made
(`Lock.check`): a process that slept past its end stops instead of mixing with its successor.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from upath import UPath

from procurement_assets.lake import write_bytes

LIFETIME = 600.0
"""Seconds without a sign of life after which another run may take over."""
KEPT = 3
"""Numbers kept, for whoever looks into a dispute."""


class LockedError(RuntimeError):
    """Another run publishes on this target; the message says who and until when, in French."""


class LostLockError(RuntimeError):
    """Another run took over: this one must stop without any further call."""


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds the lock."""

    owner: str
    host: str
    pid: int
    born: str
    """Start of the process, as the system tells it: a number of a dead process is given again."""
    expires: float
    """Seconds since 1970."""
    released: bool = False


class Lock:
    """The lock of one folder."""

    def __init__(self, folder: UPath, *, lifetime: float = LIFETIME, clock: Callable[[], float] = time.time) -> None:
        self.folder = folder
        self.lifetime = lifetime
        self._clock = clock
        self._number = 0
        self._lost = False
        self._stop = threading.Event()
        self._me = Holder(
            owner=uuid.uuid4().hex, host=socket.gethostname(), pid=os.getpid(), born=_born(os.getpid()), expires=0.0
        )

    @contextmanager
    def hold(self) -> Iterator[Lock]:
        """Hold the lock for the block. Raises `LockedError` at once where another run holds it."""
        self._take()
        thread = threading.Thread(target=self._renew_until_stopped, name="publication-lock", daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            thread.join()
            self._release()

    def check(self) -> None:
        """Raises `LostLockError` where another run took over."""
        if self._lost or self._highest() != self._number:
            self._lost = True
            raise LostLockError(
                f"une autre exécution a repris la publication ({self.folder}) : celle-ci s'arrête, rien n'est perdu"
            )

    def _take(self) -> None:
        number = self._highest()
        holder = self._read(number)
        if holder is not None and not self._over(holder):
            until = time.strftime("%H:%M:%S UTC", time.gmtime(holder.expires))
            raise LockedError(
                f"une autre publication est en cours (machine {holder.host}, processus {holder.pid}, verrou jusqu'à "
                f"{until}) : attendre sa fin, puis relancer"
            )
        mine = msgspec.structs.replace(self._me, expires=self._clock() + self.lifetime)
        if not _create(self._path(number + 1), msgspec.json.encode(mine)):
            raise LockedError("une autre publication vient de commencer : attendre sa fin, puis relancer")
        self._number = number + 1
        for old in self._numbers():
            if old <= self._number - KEPT:
                with contextlib.suppress(FileNotFoundError):
                    self._path(old).unlink()

    def _over(self, holder: Holder) -> bool:
        if holder.released or holder.expires <= self._clock():
            return True
        return holder.host == self._me.host and _born(holder.pid) != holder.born

    def _renew_until_stopped(self) -> None:
        while not self._stop.wait(self.lifetime / 4):
            try:
                if self._highest() != self._number:
                    self._lost = True
                    return
                self._write(msgspec.structs.replace(self._me, expires=self._clock() + self.lifetime))
            except OSError:
                # The lake does not answer for a moment; past the end another run may take over, and `check` says so.
                continue

    def _release(self) -> None:
        if not self._lost:
            self._write(msgspec.structs.replace(self._me, expires=self._clock(), released=True))

    def _write(self, holder: Holder) -> None:
        write_bytes(self._path(self._number), msgspec.json.encode(holder))

    def _read(self, number: int) -> Holder | None:
        if number == 0:
            return None
        path = self._path(number)
        try:
            return msgspec.json.decode(path.read_bytes(), type=Holder)
        except FileNotFoundError:
            return None
        except msgspec.DecodeError:
            # A machine that lost its power: who held it is not known, so it is waited for from the file's date on.
            return Holder(owner="", host="?", pid=0, born="", expires=path.stat().st_mtime + self.lifetime)

    def _path(self, number: int) -> UPath:
        return self.folder / f"{number:08d}.json"

    def _highest(self) -> int:
        return max(self._numbers(), default=0)

    def _numbers(self) -> list[int]:
        invalidate = getattr(self.folder.fs, "invalidate_cache", None)
        if invalidate is not None:
            invalidate()
        if not self.folder.exists():
            return []
        return sorted(int(p.stem) for p in self.folder.iterdir() if p.name.endswith(".json") and p.stem.isdigit())


def _create(path: UPath, data: bytes) -> bool:
    """Make a file with its content, whole; False where it is there already."""
    if getattr(path, "protocol", "") not in ("", "file", "local"):
        try:
            path.fs.pipe_file(path.path, data, mode="create")
        except FileExistsError:
            return False
        except OSError as error:
            if "PreconditionFailed" in repr(error) or "ConditionalRequestConflict" in repr(error) or path.exists():
                return False
            raise
        return True
    target = Path(str(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")
    try:
        temporary.write_bytes(data)
        os.link(temporary, target)
    except FileExistsError:
        return False
    finally:
        temporary.unlink(missing_ok=True)
    return True


def _born(pid: int) -> str:
    """When a process of this machine started; empty where there is none (or it is a zombie)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return "" if not Path("/proc/self/stat").exists() and not _alive(pid) else f"pid-{pid}" if _alive(pid) else ""
    return "" if fields[0] == "Z" else fields[19]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
