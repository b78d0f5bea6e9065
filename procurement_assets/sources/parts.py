"""Downloads under way: `KEY.part` holds the bytes received so far, `KEY.json` says what they are the start of.

A process killed in the middle leaves these two files and nothing else; the next one goes on from there. `KEY` is a
hash of the address: no remote text is ever part of a file name.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from procurement_assets.lake import Lake


class BodyHead(msgspec.Struct, frozen=True, kw_only=True):
    """What the headers said of a body."""

    etag: str = ""
    last_modified: str = ""
    content_type: str = ""
    validator: str = ""
    """For `If-Range`: a strong ETag or a strong date, "" where the server gives none (then no resuming)."""
    length_known: bool = False
    """The end of the body was marked (Content-Length, chunks): a cut cannot have gone unseen."""


class Part:
    """One download under way."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.head_path = path.with_suffix(".json")
        self.received = 0
        """Bytes that came over the network for it in this process."""

    @property
    def size(self) -> int:
        """Bytes received so far."""
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def head(self) -> BodyHead | None:
        """What the bytes are the start of; None where it is not known."""
        try:
            return msgspec.json.decode(self.head_path.read_bytes(), type=BodyHead)
        except (FileNotFoundError, msgspec.MsgspecError):
            return None

    def resume_headers(self) -> dict[str, str]:
        """Headers that ask for the rest only, if the file is still the same (RFC 9110 §13.1.5); {} to start anew."""
        head, size = self.head, self.size
        if head is None or not head.validator or not size:
            return {}
        return {"Range": f"bytes={size}-", "If-Range": head.validator}

    def begin(self, head: BodyHead) -> None:
        """Forget the bytes received so far. The head is written last: without it nothing is resumed."""
        self.discard()
        self.path.touch()
        temporary = self.head_path.with_suffix(".json.new")
        temporary.write_bytes(msgspec.json.encode(head))
        temporary.replace(self.head_path)

    def discard(self) -> None:
        """Forget everything."""
        self.head_path.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)


def parts_folder(lake: Lake) -> Path:
    """Where downloads under way lie: in the lake when it is a local folder (a rename then stores the file), else in a
    folder of the machine that is the user's own."""
    if lake.is_local:
        folder = Path(str(lake / "raw" / "parts"))
    else:
        root = hashlib.sha256(str(lake.root).encode()).hexdigest()[:16]
        own = Path(tempfile.gettempdir()) / f"procurement-assets-{os.getuid()}"
        own.mkdir(exist_ok=True, mode=0o700)
        found = own.lstat()
        if found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode):
            raise PermissionError(f"{own} n'est pas un dossier de cet utilisateur : régler TMPDIR sur un dossier à soi")
        folder = own / root
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def open_part(folder: Path, url: str) -> Iterator[Part]:
    """The download under way of an address, for this process alone.

    Where another process is downloading the same address (a source shared by two publishers), a private one is given,
    and nothing of it stays.
    """
    key = hashlib.sha256(url.encode()).hexdigest()[:40]
    lock = folder / f"{key}.lock"
    handle = _lock(lock)
    part = Part(folder / (f"{key}.part" if handle else f"{key}-{uuid.uuid4().hex}.part"))
    try:
        yield part
    finally:
        if handle is None:
            part.discard()
        else:
            lock.unlink(missing_ok=True)
            os.close(handle)


def _lock(path: Path) -> int | None:
    """A lock on a file, None where another process has it. The lock ends with the process, however it ends."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # The owner removes the file, then unlocks: a lock on a file removed meanwhile protects nothing.
            if path.stat().st_ino == os.fstat(handle).st_ino:
                return handle
        except BlockingIOError:
            os.close(handle)
            return None
        except FileNotFoundError:
            pass
        os.close(handle)
