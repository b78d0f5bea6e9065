"""`manifest.json` and `SHA256SUMS`: every file given out with its size, sha256, rows and meaning. Written last.

A reader who finds a manifest finds every file that it names. A file that an earlier run gave out and that this one
does not is removed, and only then: what nobody listed is never touched.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import msgspec

from procurement_assets.lake import Lake, write_bytes
from procurement_assets.ocds.packages import unpublishable
from procurement_assets.portal.exports.listing import File, files_given_out
from procurement_assets.portal.exports.placing import digest
from procurement_assets.portal.exports.spec import MANIFEST, SUMS, About

REMEDY = "matérialiser de nouveau les exports"


class _Line(msgspec.Struct, frozen=True):
    name: str
    bytes: int
    sha256: str


class _Written(msgspec.Struct, frozen=True):
    files: list[_Line] = []


def write_manifest(lake: Lake, about: About) -> list[File]:
    """Remove the files that are no longer given out, then write the manifest, then the sums; returns the files."""
    publisher = about.publisher.id
    folder = lake.exports(publisher)
    files = files_given_out(lake, publisher)
    current = {f.name for f in files}
    for line in _read(lake, publisher):
        if line.name not in current and _is_inside(line.name):
            (folder / line.name).unlink(missing_ok=True)
    data = msgspec.json.format(msgspec.json.encode(manifest(about, files)), indent=1) + b"\n"
    write_bytes(folder / MANIFEST, data)
    write_bytes(folder / SUMS, _sums(lake, publisher, files))
    return files


def manifest(about: About, files: list[File]) -> dict[str, Any]:
    """What the manifest says."""
    portal = about.portal
    return {
        "publisher": about.publisher.id,
        "publisher_name": about.publisher.name,
        "title": portal.title,
        "data_date": about.data_date,
        "license": about.license_url,
        "files_url": portal.files_url,
        "code_version": version("procurement-assets"),
        "demo": about.publisher.demo,
        "unpublishable": unpublishable(about.publisher) or "",
        "files": [_entry(f) for f in files],
    }


def _entry(file: File) -> dict[str, Any]:
    table = file.kind.table
    return {
        "name": file.name,
        "bytes": file.bytes,
        "sha256": file.sha256,
        "media_type": file.media_type,
        "role": file.kind.role,
        "rows": file.rows,
        "title": file.title,
        "description": file.kind.description,
        "schema": f"schema/{table}.json" if table else "",
    }


def manifest_faults(lake: Lake, publisher: str) -> list[str]:
    """What in the folder is not as the manifest says, one French line each."""
    folder = lake.exports(publisher)
    if not (folder / MANIFEST).exists():
        return [f"{MANIFEST} manque : {REMEDY}"]
    lines = _read(lake, publisher)
    faults = []
    for line in lines:
        path = folder / line.name
        if not path.exists():
            faults.append(f"{line.name} manque : {REMEDY}")
        elif (found := digest(path)) != (line.bytes, line.sha256):
            faults.append(f"{line.name} : {found[0]} octets, {found[1][:12]}…, et non ceux du manifeste : {REMEDY}")
    unlisted = {f.name for f in files_given_out(lake, publisher)} - {line.name for line in lines}
    faults += [f"{name} n'est pas dans le manifeste : {REMEDY}" for name in sorted(unlisted)]
    expected = sorted((line.name, line.sha256) for line in lines)
    expected = sorted([*expected, (MANIFEST, digest(folder / MANIFEST)[1])])
    if not (folder / SUMS).exists() or (folder / SUMS).read_bytes() != _lines(expected):
        faults.append(f"{SUMS} ne dit pas la même chose que {MANIFEST} : {REMEDY}")
    return faults


def _is_inside(name: str) -> bool:
    """Whether a name of a manifest, which anyone may have edited, stays below the folder."""
    return bool(name) and not name.startswith("/") and not {"", ".", ".."} & set(name.split("/"))


def _sums(lake: Lake, publisher: str, files: list[File]) -> bytes:
    own = digest(lake.exports(publisher) / MANIFEST)[1]
    return _lines(sorted([*((f.name, f.sha256) for f in files), (MANIFEST, own)]))


def _lines(sums: list[tuple[str, str]]) -> bytes:
    """As `sha256sum -c` reads it."""
    return "".join(f"{sha256}  {name}\n" for name, sha256 in sums).encode()


def _read(lake: Lake, publisher: str) -> list[_Line]:
    path = lake.exports(publisher) / MANIFEST
    return msgspec.json.decode(path.read_bytes(), type=_Written).files if path.exists() else []
