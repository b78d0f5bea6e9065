"""Pins: which official files are read at run time, from which public address, with which sha256.

`pins.toml` holds the OCDS 1.1.5 schemas and code lists (the tag `1__1__5`: the head of the repository is a
development schema, DESIGN §7) and each extension at a commit (`master` moves, research/ocds.md §2.0). To pin again:

    python -m procurement_assets.ocds.pins [FOLDER]

reads every file named in `pins.toml` and in the `extension.json` it names, from FOLDER (a tree `HOST/PATH`) or from
its public address, and rewrites `pins.toml`. Change a commit in `pins.toml` first to move to another version.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import msgspec

PINS = Path(__file__).with_name("pins.toml")


class Pinned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A group of files under one address: the standard, or one extension."""

    id: str
    base: str
    files: dict[str, str]
    """Name under the address to sha256."""

    @property
    def codelists(self) -> list[str]:
        """Names of the code lists, without the folder; `+name.csv` adds codes to another list."""
        return [name.removeprefix("codelists/") for name in self.files if name.startswith("codelists/")]


class Pins(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    standard: Pinned
    extension: list[Pinned]

    @property
    def extension_urls(self) -> list[str]:
        """What `extensions` of a package says: the address of each `extension.json`."""
        return [f"{e.base}extension.json" for e in self.extension]


def load_pins(path: Path = PINS) -> Pins:
    """The pins of the project."""
    return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Pins)


def repin(pins: Pins, read: Callable[[str], bytes]) -> Pins:
    """The same pins with the sha256 of what `read(url)` gives now; an extension's files follow its metadata."""
    standard = msgspec.structs.replace(pins.standard, files=_hashes(pins.standard.base, pins.standard.files, read))
    extensions = []
    for extension in pins.extension:
        metadata = json.loads(read(f"{extension.base}extension.json"))
        names = ["extension.json", "release-schema.json"]
        names += [f"codelists/{name}" for name in sorted(metadata.get("codelists", []))]
        extensions.append(msgspec.structs.replace(extension, files=_hashes(extension.base, names, read)))
    return Pins(standard=standard, extension=extensions)


def _hashes(base: str, names: dict[str, str] | list[str], read: Callable[[str], bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(read(base + name)).hexdigest() for name in names}


def as_toml(pins: Pins) -> str:
    """The text of `pins.toml`."""
    lines = ["# Official files read at run time, pinned: see procurement_assets/ocds/pins.py.", ""]
    for header, group in [("[standard]", pins.standard), *(("[[extension]]", e) for e in pins.extension)]:
        table = "standard" if header == "[standard]" else "extension"
        lines += [header, f'id = "{group.id}"', f'base = "{group.base}"', f"[{table}.files]"]
        lines += [f'"{name}" = "{digest}"' for name, digest in group.files.items()]
        lines.append("")
    return "\n".join(lines)


def _reader(folder: str | None) -> Callable[[str], bytes]:
    if folder is not None:
        return lambda url: (Path(folder) / url.removeprefix("https://")).read_bytes()
    import requests

    def get(url: str) -> bytes:
        response = requests.get(url, timeout=60)
        response.raise_for_status()
        return response.content

    return get


if __name__ == "__main__":
    PINS.write_text(as_toml(repin(load_pins(), _reader(sys.argv[1] if len(sys.argv) > 1 else None))), encoding="utf-8")
