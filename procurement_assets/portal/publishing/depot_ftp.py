"""The drop folder on an FTP server, FTPS by default: temporary names, then renames, `index.csv` last.

FTP cannot swap a folder at once. What the harvester reads is therefore named by its content (`donnees/…-HASH.csv`), and
`index.csv`, renamed last, says which files those are: before that rename everything it names is the old publication,
after it the new one. The other files keep their names for people's links; each is replaced whole.
"""

from __future__ import annotations

import contextlib
import csv
import ftplib
import hashlib
import io
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

from procurement_assets.portal.publishing.depot_files import INDEX, DepotFile, depot_files
from procurement_assets.portal.publishing.http import (
    KeyRefusedError,
    NothingToRestoreError,
    PortalError,
    UnavailableError,
    redact,
)
from procurement_assets.portal.publishing.package import Package
from procurement_assets.portal.publishing.plan import Step, bare_step, file_step
from procurement_assets.portal.publishing.portal import Difference, Outcome, TargetState
from procurement_assets.publishers import Publisher

TARGET = "depot"
PART = ".part"
TIMEOUT = 60.0
ATTEMPTS = 4


class FtpDepot:
    """One run on a folder of an FTP server."""

    target = TARGET

    def __init__(
        self,
        publisher: Publisher,
        address: str,
        *,
        password: str | None,
        offline: bool = False,
        context: ssl.SSLContext | None = None,
        sleep: Callable[[float], None] = lambda _: None,
    ) -> None:
        """`address`: `ftps://user@host:port/folder`, or `ftp://` where the server has no TLS (this machine only)."""
        parts = urlsplit(address)
        if parts.scheme == "ftp" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise PortalError(
                f"dépôt {parts.hostname} : ftps:// est exigé, le mot de passe ne doit pas circuler en clair"
            )
        self.publisher = publisher
        self.title = f"dépôt {parts.scheme}://{parts.hostname}{parts.path}"
        self._parts, self._password, self._context, self._sleep = parts, password or "", context, sleep
        self._connected = not offline and password is not None
        self._package: Package | None = None
        self._files: dict[str, DepotFile] = {}

    def plan(self, state: TargetState, package: Package) -> list[Step]:
        """See `portal.Portal.plan`: the sweep, each changed file under a temporary name, the renames."""
        self._package = package
        self._files = {f.path: f for f in depot_files(self.publisher, package, hashed=True)}
        present = self._hashes(list(self._files)) if self._connected else dict(state.sent)
        missing = [f for f in self._files.values() if present.get(f.path) != f.sha256]
        if not missing:
            return []
        sends = [
            file_step(
                target=TARGET,
                action="file.send",
                method="STOR",
                address=f"{f.path}{PART}",
                why="Envoyer sous un nom provisoire, que personne ne lit.",
                file=f.path,
                sha256=f.sha256,
                size=f.size,
            )
            for f in missing
        ]
        # The files of the publication before stay until the next one: a harvester may be reading them.
        first = [_sweep_step()] if INDEX in (f.path for f in missing) else []
        return [*first, *sends, *(_rename_step(f.path) for f in missing)]

    def execute(self, step: Step) -> Outcome:
        """See `portal.Portal.execute`. Each step may be made twice without harm."""
        with self._server() as ftp:
            if step.action == "file.send":
                data = self._files[step.file].read(self._sending())
                self._make_folders(ftp, step.address)
                ftp.storbinary(f"STOR {step.address}", io.BytesIO(data))
                if self._read(ftp, step.address) != data:
                    raise PortalError(f"{self.title} : {step.file} n'est pas arrivé entier ; relancer")
            elif step.action == "file.rename":
                self._rename(ftp, step.address)
            else:
                self._sweep(ftp)
        return Outcome()

    def verify(self, package: Package, *, full: bool = False) -> list[Difference]:
        """See `portal.Portal.verify`: every byte is read, always."""
        files = depot_files(self.publisher, package, hashed=True)
        present = self._hashes([f.path for f in files])
        return [
            Difference(where=f.path, what="sha256", expected=f.sha256, found=present.get(f.path, "absent"))
            for f in files
            if present.get(f.path) != f.sha256
        ]

    def restore(self, last: Package | None) -> str:
        """See `portal.Portal.restore`: the files of the last good publication are sent again."""
        if last is None:
            raise NothingToRestoreError(f"{self.title} : première publication, rien à remettre")
        for step in self.plan(TargetState(target=TARGET), last):
            self.execute(step)
        return f"les fichiers du {last.data_date} ont été remis"

    def _rename(self, ftp: ftplib.FTP, path: str) -> None:
        """Put a sent file in its place; nothing to do where an interrupted run already did."""
        try:
            ftp.rename(f"{path}{PART}", path)
        except ftplib.error_perm as error:
            expected = self._files[path].sha256
            if _sha256(self._read(ftp, path)) == expected:
                return
            sent = self._read(ftp, f"{path}{PART}")
            if _sha256(sent) != expected:
                raise PortalError(f"{self.title} : {path} n'a pas pu être renommé ({error}) ; relancer") from error
            # A server that does not rename over a file: the shortest absence that it allows.
            ftp.delete(path)
            ftp.rename(f"{path}{PART}", path)

    def _sweep(self, ftp: ftplib.FTP) -> None:
        index = (self._read(ftp, INDEX) or b"").decode()
        shown = [row["source_dataset"] for row in csv.DictReader(io.StringIO(index), delimiter=";")]
        shown += [row["schema_file"] for row in csv.DictReader(io.StringIO(index), delimiter=";")]
        named = {*self._files, *shown}
        with contextlib.suppress(ftplib.error_perm):
            for path in [f"donnees/{n.rpartition('/')[2]}" for n in ftp.nlst("donnees")]:
                if path not in named:
                    ftp.delete(path)

    def _hashes(self, paths: list[str]) -> dict[str, str]:
        with self._server() as ftp:
            found = {p: self._read(ftp, p) for p in paths}
        return {p: _sha256(data) for p, data in found.items() if data is not None}

    def _read(self, ftp: ftplib.FTP, path: str) -> bytes | None:
        buffer = io.BytesIO()
        try:
            ftp.retrbinary(f"RETR {path}", buffer.write)
        except ftplib.error_perm:
            return None
        return buffer.getvalue()

    def _make_folders(self, ftp: ftplib.FTP, path: str) -> None:
        made = ""
        for name in path.split("/")[:-1]:
            made = f"{made}{name}/"
            with contextlib.suppress(ftplib.error_perm):
                ftp.mkd(made.rstrip("/"))

    @contextmanager
    def _server(self) -> Iterator[ftplib.FTP]:
        """A session in the folder. Raises `PortalError`, without the password."""
        ftp = self._connect()
        try:
            yield ftp
        except (ftplib.Error, OSError, EOFError) as error:
            said = redact(str(error), [self._password])
            raise UnavailableError(f"{self.title} : échange interrompu ({said}) ; relancer") from error
        finally:
            with contextlib.suppress(ftplib.Error, OSError, EOFError):
                ftp.quit()
            ftp.close()

    def _connect(self) -> ftplib.FTP:
        said = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                self._sleep(2.0**attempt)
            try:
                return self._open()
            except ftplib.error_perm as error:
                said = redact(str(error), [self._password])
                raise KeyRefusedError(f"{self.title} : accès refusé ({said}) ; vérifier le mot de passe") from None
            except (ftplib.Error, OSError, EOFError) as error:
                said = redact(str(error), [self._password])
        raise UnavailableError(f"{self.title} : pas de réponse après {ATTEMPTS} essais ({said}) ; relancer plus tard")

    def _open(self) -> ftplib.FTP:
        secure = self._parts.scheme == "ftps"
        ftp = ftplib.FTP_TLS(context=self._context or ssl.create_default_context()) if secure else ftplib.FTP()
        ftp.connect(self._parts.hostname or "", self._parts.port or 21, timeout=TIMEOUT)
        ftp.login(unquote(self._parts.username or "anonymous"), self._password)
        if isinstance(ftp, ftplib.FTP_TLS):
            ftp.prot_p()
        ftp.encoding = "utf-8"
        folder = unquote(self._parts.path).strip("/")
        if folder:
            ftp.cwd(folder)
        return ftp

    def _sending(self) -> Package:
        if self._package is None:
            raise PortalError("execute avant plan : faute du programme")
        return self._package


def _sha256(data: bytes | None) -> str:
    return hashlib.sha256(data).hexdigest() if data is not None else ""


def _rename_step(path: str) -> Step:
    shown = "Montrer l'index : le moissonneur lit la nouvelle publication."
    why = shown if path == INDEX else "Donner son nom au fichier entier."
    return bare_step(target=TARGET, action="file.rename", method="RNTO", address=path, why=why)


def _sweep_step() -> Step:
    return bare_step(
        target=TARGET,
        action="folder.sweep",
        method="DELE",
        address="donnees/",
        why="Retirer les données que ni l'index en place ni le prochain ne nomment.",
    )
