"""The drop folder on a disk: a whole new folder, then one rename that everyone sees at once.

    ROOT/versions/MANIFEST12/…     each publication, whole, never changed once in place
    ROOT/courant -> versions/…     what a harvester or a web server reads: one symbolic link, replaced by renaming

A reader that opened a file of the version before goes on reading it: the two last versions are kept.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from procurement_assets.portal.publishing.depot_files import DepotFile, depot_files
from procurement_assets.portal.publishing.http import NothingToRestoreError, PortalError
from procurement_assets.portal.publishing.package import Package
from procurement_assets.portal.publishing.plan import Step, Steps
from procurement_assets.portal.publishing.portal import Difference, Outcome, TargetState
from procurement_assets.publishers import Publisher

TARGET = "depot"
STEPS = Steps(TARGET)
CURRENT, VERSIONS = "courant", "versions"
_OURS = re.compile("[0-9a-f]{12}")
_CHUNK = 1024 * 1024


class Depot:
    """One run on a drop folder of this machine (or mounted on it)."""

    target = TARGET

    def __init__(self, publisher: Publisher, root: str | Path) -> None:
        self.publisher = publisher
        self.root = Path(root)
        self.title = f"dossier de dépôt {self.root}"
        self._package: Package | None = None
        self._files: dict[str, DepotFile] = {}
        self._kept: set[str] = set()

    def plan(self, state: TargetState, package: Package) -> list[Step]:
        """See `portal.Portal.plan`: one step per file that the new folder lacks, then the swap."""
        self._package = package
        self._files = {f.path: f for f in depot_files(self.publisher, package, hashed=False)}
        with self._read():
            return self._steps(state, package)

    def _steps(self, state: TargetState, package: Package) -> list[Step]:
        name = package.manifest_sha256[:12]
        self._kept = self._two_last(name, state.last.manifest_sha256[:12] if state.last else name)
        folder = f"{VERSIONS}/{name}"
        steps = [
            STEPS.file(
                "file.write",
                "WRITE",
                f"{folder}/{f.path}",
                "Écrire dans un dossier neuf, que personne ne lit encore.",
                file=f.path,
                sha256=f.sha256,
                size=f.size,
            )
            for f in self._files.values()
            if _digest(self.root / folder / f.path) != f.sha256
        ]
        return [*steps, *self._swap(folder, bool(steps)), *self._prune()]

    def _swap(self, folder: str, written: bool) -> list[Step]:
        if not written and self._current() == Path(folder).name:
            return []
        return [
            STEPS.bare(
                "folder.swap",
                "RENAME",
                f"{CURRENT} -> {folder}",
                "Montrer le nouveau dossier, d'un seul renommage.",
            )
        ]

    def _two_last(self, name: str, last: str) -> set[str]:
        """This publication and the last good one; where they are one (nothing new), also the newest folder beside."""
        kept = {name, last, self._current() or name}
        beside = [f for f in self._folders() if f.name not in kept]
        if len(kept) == 1 and beside:
            kept.add(max(beside, key=lambda f: (f.stat().st_mtime_ns, f.name)).name)
        return kept

    def _folders(self) -> list[Path]:
        """The folders of publications: what else lies there is not ours to count nor to delete."""
        versions = self.root / VERSIONS
        found = sorted(versions.iterdir()) if versions.is_dir() else []
        return [f for f in found if _OURS.fullmatch(f.name) and f.is_dir() and not f.is_symlink()]

    def _prune(self) -> list[Step]:
        """Steps that delete the folders of neither of the two last publications."""
        return [
            STEPS.bare(
                "folder.prune",
                "DELETE",
                f"{VERSIONS}/{name}",
                "Retirer un dossier que plus personne ne lit : les deux dernières publications restent.",
            )
            for name in (f.name for f in self._folders())
            if name not in self._kept
        ]

    def execute(self, step: Step) -> Outcome:
        """See `portal.Portal.execute`."""
        try:
            if step.action == "folder.swap":
                folder = step.address.partition(" -> ")[2]
                self._refuse_unless_whole(folder)
                self._point(folder)
            elif step.action == "folder.prune":
                shutil.rmtree(self.root / step.address, ignore_errors=False)
            else:
                self._write(self.root / step.address, self._files[step.file])
        except OSError as error:
            raise PortalError(f"{self.title} : {step.address} n'a pas pu être écrit ({error})") from error
        return Outcome()

    def verify(self, package: Package, *, full: bool = False) -> list[Difference]:
        """See `portal.Portal.verify`: every byte is read, always."""
        found = []
        for file in depot_files(self.publisher, package, hashed=False):
            with self._read():
                sha256 = _digest(self.root / CURRENT / file.path)
            if sha256 != file.sha256:
                found.append(Difference(where=file.path, what="sha256", expected=file.sha256, found=sha256 or "absent"))
        return found

    def restore(self, last: Package | None) -> str:
        """See `portal.Portal.restore`: the link goes back to the folder of the last good publication."""
        if last is None:
            raise NothingToRestoreError(f"{self.title} : première publication, aucun dossier précédent")
        name = last.manifest_sha256[:12]
        folder = self.root / VERSIONS / name
        try:
            for file in depot_files(self.publisher, last, hashed=False):
                if _digest(folder / file.path) != file.sha256:
                    self._write(folder / file.path, file, last)
            self._point(f"{VERSIONS}/{name}")
        except OSError as error:
            raise PortalError(f"{self.title} : le dossier précédent n'a pas pu être remis ({error})") from error
        return f"le dossier {CURRENT} est revenu à la version {name}"

    @contextmanager
    def _read(self) -> Iterator[None]:
        """A disk that cannot be read is told in one line."""
        try:
            yield
        except OSError as error:
            raise PortalError(f"{self.title} : illisible ({error}) ; vérifier le disque et les droits") from error

    def _current(self) -> str:
        link = self.root / CURRENT
        return link.readlink().name if link.is_symlink() else ""

    def _write(self, target: Path, file: DepotFile, package: Package | None = None) -> None:
        source = package or self._package
        if source is None:
            raise PortalError("execute avant plan : faute du programme")
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")
        try:
            with temporary.open("wb") as handle:
                if file.package_file:
                    with source.open(file.package_file) as reading:
                        shutil.copyfileobj(reading, handle, _CHUNK)
                else:
                    handle.write(file.data)
                handle.flush()
                os.fsync(handle.fileno())
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)

    def _refuse_unless_whole(self, folder: str) -> None:
        """Nothing is shown that a disk did not keep as it was written."""
        for file in self._files.values():
            if _digest(self.root / folder / file.path) != file.sha256:
                raise PortalError(
                    f"{self.title} : {folder}/{file.path} n'est pas ce qui y a été écrit ; rien n'est montré ; "
                    "vérifier le disque, puis relancer"
                )

    def _point(self, folder: str) -> None:
        """Replace the link at once. Raises `PortalError` where something else than a link stands there."""
        link = self.root / CURRENT
        if link.exists() and not link.is_symlink():
            raise PortalError(f"{link} n'est pas un lien fait par cet outil : le déplacer, puis relancer")
        self._clean(folder)
        temporary = self.root / f".{CURRENT}.{uuid.uuid4().hex}"
        temporary.symlink_to(folder)
        temporary.replace(link)

    def _clean(self, folder: str) -> None:
        """Remove what a killed run left under a temporary name: under the lock, nobody else writes here."""
        for stray in [*self.root.glob(f".{CURRENT}.*"), *(self.root / folder).rglob(".*.part")]:
            stray.unlink()


def _digest(path: Path) -> str:
    """sha256 of a file, empty where there is none."""
    if not path.is_file():
        return ""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
