"""Zip archives that a source offers: each member is a file of its own, `archive.zip/member.json` in the manifest.

The archive is kept as it was received, and its members beside it, by their content: what comes after knows files only.
An archive is told by its bytes, as everything a source gives. It is opened once; an index remembers what was found.

Nothing of a member is trusted: its name is a label and never a path, its size is bounded (alone, with the others, and
by what it expands from), an archive inside an archive stays closed. What cannot be read is told in the manifest, and
from there in the ledger. What cannot be opened at all is left to the reader, which quarantines it.
"""

from __future__ import annotations

import errno
import hashlib
import re
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal

import msgspec
from upath import UPath

from procurement_assets.decp.sniff import ZIP_MAGIC
from procurement_assets.lake import Lake, write_bytes
from procurement_assets.sources.parts import parts_folder
from procurement_assets.sources.store import has_raw, store_file

MAX_MEMBERS = 10_000
MAX_RATIO = 200
"""Bytes that one byte expands to at most: indented JSON reaches 40, a bomb a thousand."""
RATIO_COUNTS_FROM = 16 << 20
READ = ("json", "xml", "ndjson", "jsonl")
_VERSION = "1"
"""Of what is made of an archive: an index of another version is made again."""
_CHUNK = 1 << 20
_LONGEST_NAME = 200
_UNPRINTABLE = re.compile(r"[^\w \-.,;()&+'’«»°\[\]/]")
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, struct.error, ValueError, OverflowError, NotImplementedError)
"""What `zipfile` raises on bytes that are not what they say."""


class _DamagedError(Exception):
    """The bytes of an archive are not what they say."""


@contextmanager
def _damage_told() -> Iterator[None]:
    """Raise `_DamagedError` for what the bytes of an archive make `zipfile` raise; errors of the disk stay theirs."""
    try:
        yield
    except _DAMAGE as error:
        raise _DamagedError from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # a place before the beginning of the file
            raise
        raise _DamagedError from error


class Member(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file of an archive: kept in the store, or not and why."""

    name: str
    status: Literal["kept", "refused", "ignored"] = "kept"
    sha256: str = ""
    bytes: int = 0
    reason: str = ""
    """In French, for a file that is not kept."""


class _Index(msgspec.Struct, frozen=True):
    limit: int
    """The size allowed when the archive was opened: under another, other members are refused."""
    members: list[Member]


def members_of(lake: Lake, sha256: str, limit: int) -> list[Member]:
    """The members of a raw file, by name; [] where it is no archive, or one that cannot be opened or holds nothing.

    `limit`: bytes allowed to a member, and to all of them together.
    """
    with lake.raw(sha256).open("rb") as raw:
        if raw.read(4) not in ZIP_MAGIC:
            return []
        index = _index(lake, sha256)
        if index is not None and index.limit == limit and all(_held(lake, m) for m in index.members):
            return index.members
        raw.seek(0)
        members = list(_unpacked(lake, raw, limit))
    write_bytes(_index_path(lake, sha256), msgspec.json.encode(_Index(limit, members)))
    return members


def _index_path(lake: Lake, sha256: str) -> UPath:
    return lake / "raw" / "archives" / _VERSION / f"{sha256}.json"


def _index(lake: Lake, sha256: str) -> _Index | None:
    try:
        return msgspec.json.decode(_index_path(lake, sha256).read_bytes(), type=_Index)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


def _held(lake: Lake, member: Member) -> bool:
    return member.status != "kept" or has_raw(lake, member.sha256, member.bytes)


def _unpacked(lake: Lake, raw: BinaryIO, limit: int) -> Iterator[Member]:
    """The members of an archive, those that are read being put in the store."""
    try:
        with _damage_told():
            archive = zipfile.ZipFile(raw)
    except _DamagedError:
        return
    with archive:
        left = limit
        for name, info in _named(archive):
            status, reason = _refusal(name, info, left)
            if status == "kept":
                left -= info.file_size
                yield _kept(lake, archive, name, info)
            else:
                yield Member(name, status, reason=reason)


def _named(archive: zipfile.ZipFile) -> list[tuple[str, zipfile.ZipInfo]]:
    """The files of an archive under names that are each their own, in an order that is always the same."""
    files = [(_label(info.filename), info) for info in archive.infolist() if not info.filename.endswith("/")]
    if len(files) > MAX_MEMBERS:
        return []
    files.sort(key=lambda file: (file[0], file[1].header_offset))
    named: dict[str, zipfile.ZipInfo] = {}
    for label, info in files:
        name, count = label, 1
        while name in named:
            count += 1
            name = f"({count}) {label}"
        named[name] = info
    return list(named.items())


def _label(name: str) -> str:
    """A name to show: no step up, no drive, nothing that does not print."""
    parts = [part.strip() for part in name.replace("\\", "/").split("/")]
    plain = "/".join(part for part in parts if part not in ("", ".", ".."))
    return _UNPRINTABLE.sub("_", plain)[-_LONGEST_NAME:] or "sans nom"


def _refusal(name: str, info: zipfile.ZipInfo, left: int) -> tuple[Literal["kept", "refused", "ignored"], str]:
    """Whether a member is read, and why not."""
    base = name.rpartition("/")[2].lower()
    stem, dot, suffix = base.removesuffix(".gz").rpartition(".")
    if name.startswith("__MACOSX/") or base.startswith("."):
        return "ignored", "fichier technique de l'archive"
    if suffix == "zip":
        return "refused", "archive dans une archive : elle n'est pas ouverte"
    if stem and dot and suffix not in READ:
        return "ignored", f"format « {suffix} » : seuls JSON et XML sont lus"
    if info.flag_bits & 1:
        return "refused", "fichier chiffré dans l'archive"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "refused", f"compression non prise en charge (méthode {info.compress_type})"
    if info.file_size > left:
        return "refused", "trop volumineux une fois décompressé (PROCUREMENT_MAX_DOWNLOAD_MB)"
    if info.file_size > RATIO_COUNTS_FROM and info.file_size > MAX_RATIO * info.compress_size:
        return "refused", f"taux de compression de plus de {MAX_RATIO} : tenu pour un piège"
    return "kept", ""


def _kept(lake: Lake, archive: zipfile.ZipFile, name: str, info: zipfile.ZipInfo) -> Member:
    """Put a member in the store; one whose bytes are not those announced is refused."""
    with tempfile.TemporaryDirectory(prefix="archive-", dir=parts_folder(lake)) as folder:
        path = Path(folder) / hashlib.sha256(name.encode()).hexdigest()
        with path.open("wb") as out:
            try:
                # `zipfile` gives no more bytes than the size announced, and verifies their checksum at the end.
                with _damage_told(), archive.open(info) as member:
                    while chunk := member.read(_CHUNK):
                        out.write(chunk)
            except _DamagedError:
                return Member(name, "refused", reason="fichier endommagé dans l'archive")
        with path.open("rb") as made:
            if made.read(4) in ZIP_MAGIC:
                return Member(name, "refused", reason="archive dans une archive : elle n'est pas ouverte")
        sha256, size = store_file(lake, path)
        return Member(name, "kept", sha256, size)
