"""What is backed up, how a backup is described, and what can be wrong with one.

Everything in the lake is backed up, except what any run makes again from the rest: a folder that nobody thought of is
kept rather than lost.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

FORMAT = 1
"""Version of the layout of a folder of backups."""

Root = Literal["lake", "dagster"]

MADE_AGAIN: tuple[tuple[str, str], ...] = (
    (r"exports/", "given out: rebuilt by any run"),
    (r"data_docs/", "pages of quality: rebuilt by any run"),
    (r"parsed/", "cache of files already read, by reader version"),
    (r"raw/parts/", "downloads under way"),
    (r"demo/", "the demo's own lake, generated"),
    (r"ocds/[^/]+/[^/]+$", "releases and compiled releases: rebuilt from the history and the tables"),
    (r"publication/[^/]+/[^/]+/lock/", "who publishes at this moment"),
    (r"(.*/)?\.[^/]+\.part$", "a file being written"),
)
"""Paths of the lake that are left out (regular expression from the start of the path), and why."""

_LEFT_OUT = re.compile("|".join(f"(?:{pattern})" for pattern, _ in MADE_AGAIN))


class BackupError(RuntimeError):
    """A backup or a restoring cannot be done; one French line that says what, where and what to do."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a backup."""

    root: Root
    path: str
    """Below its root, with `/`."""
    bytes: int
    sha256: str
    mtime_ns: int = 0
    """Of the source, so that a file that has not changed is not read again; 0 where it is not known."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """One backup: written last, so that a backup without it never was."""

    format: int
    taken_at: str
    """UTC, ISO, to the second."""
    lake: str
    """Where the lake was, for people."""
    home: str
    """Where the Dagster instance was; empty: none was backed up."""
    database: str = ""
    """Not SQLite: how the instance's database is to be backed up beside this one."""
    entries: tuple[Entry, ...]

    @property
    def total_bytes(self) -> int:
        """Bytes of all files."""
        return sum(e.bytes for e in self.entries)

    def of(self, root: Root) -> tuple[Entry, ...]:
        """The files of one root."""
        return tuple(e for e in self.entries if e.root == root)


def is_kept(path: str) -> bool:
    """Whether a path of the lake is backed up."""
    return not _LEFT_OUT.match(path)
