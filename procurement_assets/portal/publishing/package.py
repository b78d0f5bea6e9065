"""The package: the files of `exports/PUBLISHER/manifest.json`, each held to its hash, frozen before anything is sent.

Freezing copies (on a local disk: links, exports being replaced and never rewritten in place) each file to
`publication/PUBLISHER/files/AB/SHA256`: what is sent is what was checked and planned, even if another run rewrites the
exports meanwhile, and the last good publication can be sent again.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import BinaryIO

import msgspec
from upath import UPath

from procurement_assets.lake import Lake, replacing

MANIFEST = "manifest.json"
_CHUNK = 1024 * 1024
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class PackageError(ValueError):
    """The package cannot be published; the message is one French line that says what, where and what to do."""


class PackageFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One file given out, as the manifest says it. Other fields of the manifest are not read."""

    name: str
    """Path below the exports folder, with `/`."""
    bytes: int
    sha256: str
    media_type: str = ""
    role: str = ""
    rows: int | None = None
    title: str = ""


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """What a publication is about: the files, and where their frozen bytes lie."""

    publisher: str
    data_date: str
    manifest_sha256: str
    files: tuple[PackageFile, ...]
    store: str
    """Folder of the frozen files."""
    code_version: str = ""
    demo: bool = False
    """The manifest says that the data was generated."""
    unpublishable: str = ""
    """Why the manifest says that nothing may be published."""
    license: str | None = None
    """The licence that the manifest says; None where it is of before it said one."""

    def file(self, name: str) -> PackageFile:
        """The file of that name. Raises KeyError."""
        for file in self.files:
            if file.name == name:
                return file
        raise KeyError(f"{name} is not in the manifest of {self.publisher}")

    def has(self, name: str) -> bool:
        """Whether the manifest lists this file."""
        return any(f.name == name for f in self.files)

    def role(self, role: str) -> tuple[PackageFile, ...]:
        """The files of one role, in the order of the manifest."""
        return tuple(f for f in self.files if f.role == role)

    def open(self, name: str) -> BinaryIO:
        """The frozen bytes of a file. Raises `PackageError` where they are gone."""
        try:
            return frozen_path(UPath(self.store), self.file(name).sha256).open("rb")
        except FileNotFoundError as error:
            raise PackageError(f"{name} : ses octets gelés ont disparu de {self.store} ; relancer") from error

    def read(self, name: str) -> bytes:
        """The frozen bytes of a file, in memory."""
        with self.open(name) as handle:
            return handle.read()

    def manifest(self) -> bytes:
        """The bytes of the manifest."""
        return _manifest_path(UPath(self.store), self.manifest_sha256).read_bytes()

    @property
    def hashes(self) -> dict[str, str]:
        """Name to sha256."""
        return {f.name: f.sha256 for f in self.files}


class _Manifest(msgspec.Struct, kw_only=True):
    files: tuple[PackageFile, ...]
    publisher: str = ""
    data_date: str = ""
    code_version: str = ""
    demo: bool = False
    unpublishable: str = ""
    license: str | None = None


def load_package(lake: Lake, publisher: str) -> Package:
    """The package of a publisher's exports, frozen. Raises `PackageError`."""
    folder = lake.exports(publisher)
    path = folder / MANIFEST
    if not path.exists():
        raise PackageError(f"{path} manque : matérialiser les exports de « {publisher} » avant de publier")
    data = path.read_bytes()
    manifest = _read_manifest(path, data, publisher)
    store = store_of(lake, publisher)
    for file in manifest.files:
        _freeze(folder / file.name, file, store, lake.is_local)
    return _package(publisher, data, manifest, store)


def kept_package(lake: Lake, publisher: str, manifest_sha256: str) -> Package | None:
    """A package frozen earlier, by the hash of its manifest; None where it is not kept whole any more."""
    package = _listed_package(lake, publisher, manifest_sha256)
    if package is None:
        return None
    store = store_of(lake, publisher)
    paths = [(frozen_path(store, f.sha256), f) for f in package.files]
    whole = all(path.exists() and _digest(path) == (f.bytes, f.sha256) for path, f in paths)
    return package if whole else None


def _listed_package(lake: Lake, publisher: str, manifest_sha256: str) -> Package | None:
    store = store_of(lake, publisher)
    path = _manifest_path(store, manifest_sha256)
    if not path.exists():
        return None
    data = path.read_bytes()
    return _package(publisher, data, _read_manifest(path, data, publisher), store)


def keep_only(lake: Lake, publisher: str, manifests: set[str]) -> int:
    """Delete the frozen files that none of these manifests (hashes) names; return how many were deleted."""
    store = store_of(lake, publisher)
    packages = [p for m in sorted(manifests) if (p := _listed_package(lake, publisher, m)) is not None]
    wanted = {str(frozen_path(store, f.sha256)) for p in packages for f in p.files}
    wanted |= {str(_manifest_path(store, p.manifest_sha256)) for p in packages}
    deleted = 0
    for path in sorted(store.glob("*/*")) if store.exists() else []:
        if str(path) not in wanted:
            path.unlink()
            deleted += 1
    return deleted


def frozen_path(store: UPath, sha256: str) -> UPath:
    """Where the frozen bytes of a hash lie."""
    return store / sha256[:2] / sha256


def store_of(lake: Lake, publisher: str) -> UPath:
    """The folder of the frozen files of a publisher."""
    return lake / f"publication/{publisher}/files"


def _manifest_path(store: UPath, sha256: str) -> UPath:
    return store / "manifests" / f"{sha256}.json"


def _package(publisher: str, data: bytes, manifest: _Manifest, store: UPath) -> Package:
    sha256 = hashlib.sha256(data).hexdigest()
    path = _manifest_path(store, sha256)
    if not path.exists():
        with replacing(path) as handle:
            handle.write(data)
    return Package(
        publisher=publisher,
        data_date=manifest.data_date,
        manifest_sha256=sha256,
        files=manifest.files,
        store=str(store),
        code_version=manifest.code_version,
        demo=manifest.demo,
        unpublishable=manifest.unpublishable,
        license=manifest.license,
    )


def _read_manifest(path: UPath, data: bytes, publisher: str) -> _Manifest:
    try:
        manifest = msgspec.json.decode(data, type=_Manifest)
    except msgspec.DecodeError as error:
        raise PackageError(f"{path} : manifeste illisible ({error}) ; matérialiser de nouveau les exports") from error
    if manifest.publisher and manifest.publisher != publisher:
        raise PackageError(f"{path} : le manifeste est celui de « {manifest.publisher} », pas de « {publisher} »")
    names = [f.name for f in manifest.files]
    if not names:
        raise PackageError(f"{path} : le manifeste ne nomme aucun fichier ; matérialiser de nouveau les exports")
    repeated = sorted({n for n in names if names.count(n) > 1})
    unsafe = [n for n in names if not n or n.startswith("/") or "\\" in n or ".." in n.split("/") or _CONTROL.search(n)]
    unsafe += [f.name for f in manifest.files if not _SHA256.fullmatch(f.sha256)]
    if repeated or unsafe:
        raise PackageError(f"{path} : noms répétés ou lignes inacceptables dans le manifeste : {[*repeated, *unsafe]}")
    return manifest


def _freeze(path: UPath, file: PackageFile, store: UPath, local: bool) -> None:
    """Keep the bytes of a file under their hash. Raises `PackageError` where they are not what the manifest says."""
    if not path.exists():
        raise PackageError(f"{path} manque alors que le manifeste le nomme : matérialiser de nouveau les exports")
    target = frozen_path(store, file.sha256)
    if target.exists() and _digest(target) == (file.bytes, file.sha256) == _digest(path):
        return
    if local:
        _link(Path(str(path)), Path(str(target)))
    else:
        with path.open("rb") as source, replacing(target) as handle:
            while chunk := source.read(_CHUNK):
                handle.write(chunk)
    size, sha256 = _digest(target)
    if (size, sha256) != (file.bytes, file.sha256):
        target.unlink()
        raise PackageError(
            f"{path} ne correspond pas à son manifeste (attendu {file.bytes} octets, sha256 {file.sha256[:12]}… ; lu "
            f"{size} octets, {sha256[:12]}…) : rien n'est publié ; matérialiser de nouveau les exports"
        )


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        # Another file system, or one without hard links.
        with source.open("rb") as reading, replacing(target) as handle:
            while chunk := reading.read(_CHUNK):
                handle.write(chunk)


def _digest(path: UPath) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return size, digest.hexdigest()
