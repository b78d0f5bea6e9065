"""What a source offers, whatever its kind: the common form that listings are read into."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import msgspec

_HEX = {"md5": 32, "sha1": 40, "sha256": 64}


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """One file that a source offers."""

    resource_id: str
    title: str
    url: str
    """Public address."""
    checksum: str = ""
    """`type:value` that the listing gives; md5, sha1 and sha256 are verified, other types are only compared."""
    published_at: str = ""
    created_at: str = ""
    ignored: str = ""
    """Why the source's settings leave it out (French), "" when it is taken."""
    last_byte: bytes = b""
    """What a whole body ends with, spaces aside, where the format says so; b"" where nothing is known."""


def checksum(kind: str | None, value: str | None) -> str:
    """`type:value` in one spelling; "" where it is not one that can be verified."""
    kind, value = (kind or "").strip().lower().replace("-", ""), (value or "").strip().lower()
    kind = {"sha2": "sha256"}.get(kind, kind)
    return f"{kind}:{value}" if len(value) == _HEX.get(kind) and re.fullmatch(r"[0-9a-f]+", value) else ""


def digest(path: Path, algorithm: str) -> str:
    """Hex digest of a local file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()


def verifiable(announced: str) -> tuple[str, str] | None:
    """Algorithm and value of an announced checksum; None where it is of no known type."""
    kind, _, value = announced.partition(":")
    return (kind, value) if kind in _HEX else None
