"""Whole files that are damaged, in the ways seen at real sources (research/decp.md §1.7, research/data.md §1)."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from pathlib import Path

from procurement_assets.sample.generator import generate
from procurement_assets.sample.profiles import load_profile
from procurement_assets.sample.writing import write

_HTML = (
    b"<!DOCTYPE html>\n<html><head><title>500 - Internal Server Error</title></head>"
    b"<body><h1>Internal server error</h1><p>Veuillez r\xc3\xa9essayer plus tard.</p></body></html>\n"
)
_JUNK = {"empty": b"", "html": _HTML, "error-text": b"Internal server error", "null-list": b'{"marches":null}'}


def _first_text(data: bytes, extra: bytes) -> bytes:
    """`extra` put inside the first subject."""
    at = data.index(b'"objet":"') + len(b'"objet":"')
    return data[:at] + extra + data[at:]


def _nan(data: bytes) -> bytes:
    """The first amount replaced by NaN."""
    start = data.index(b'"montant":') + len(b'"montant":')
    end = min(i for i in (data.find(b",", start), data.find(b"}", start)) if i > 0)
    return data[:start] + b"NaN" + data[end:]


_DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "bom": lambda data: b"\xef\xbb\xbf" + data,
    "nan": _nan,
    "control": lambda data: _first_text(data, b"Travaux\x01\x0b "),
    "latin1": lambda data: data.decode().encode("latin-1", "replace"),
    "cp1252": lambda data: data.decode().encode("cp1252", "replace"),
    "utf16": lambda data: data.decode().encode("utf-16"),
    "truncated": lambda data: data[: len(data) * 7 // 10],
    "backslash": lambda data: _first_text(data, b"Dossier \\ plans : "),
    "quote": lambda data: _first_text(data, b'Lot "A" : '),
    "trailing-comma": lambda data: data.rstrip()[:-2] + b",]}" if data.rstrip().endswith(b"]}") else data,
    "trailing-data": lambda data: data + b"<!-- 0.12 s -->",
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "gzip-truncated": lambda data: gzip.compress(data, mtime=0)[:-200],
}

DAMAGES: tuple[str, ...] = (*_JUNK, *_DAMAGES)
"""The kinds of damage."""


def damaged(kind: str, profile: str = "paris-2022-nested", records: int = 20, seed: int = 1) -> bytes:
    """A small file of a profile, clean but for one damage of the whole file. Raises `KeyError` naming the kinds."""
    if kind in _JUNK:
        return _JUNK[kind]
    if kind not in _DAMAGES:
        raise KeyError(f"no damage is called {kind!r}; kinds: {', '.join(DAMAGES)}")
    chosen = load_profile(profile)
    stream = io.BytesIO()
    write(generate(chosen, records, seed, defects=False), chosen.layout, stream)
    return _DAMAGES[kind](stream.getvalue())


def write_damaged(kind: str, path: Path, profile: str = "paris-2022-nested", records: int = 20, seed: int = 1) -> Path:
    """Writes `damaged` to a file and returns its path."""
    path.write_bytes(damaged(kind, profile, records, seed))
    return path
