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
import re
import ssl
import time
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from procurement_assets.portal.publishing.depot_files import DATA, INDEX, DepotFile, depot_files
from procurement_assets.portal.publishing.depot_tls import Ftps
from procurement_assets.portal.publishing.http import (
    KeyRefusedError,
    NothingToRestoreError,
    PortalError,
    RejectedError,
    UnavailableError,
    redact,
)
from procurement_assets.portal.publishing.package import Package
from procurement_assets.portal.publishing.plan import Step, Steps
from procurement_assets.portal.publishing.portal import Difference, Outcome, TargetState
from procurement_assets.publishers import Publisher

TARGET = "depot"
STEPS = Steps(TARGET)
PART = ".part"
_HASHED = re.compile(r"-[0-9a-f]{12}\.")
TIMEOUT = 60.0
ATTEMPTS = 4
Answer = TypeVar("Answer")


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
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`address`: `ftps://user@host:port/folder`, or `ftp://` where the server has no TLS (this machine only)."""
        parts = urlsplit(address)
        if parts.scheme == "ftp" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise PortalError(
                f"dépôt {parts.hostname} : ftps:// est exigé, le mot de passe ne doit pas circuler en clair"
            )
        if parts.password:
            raise PortalError(
                f"dépôt {parts.hostname} : le mot de passe se règle dans PROCUREMENT_DEPOT_PASSWORD, pas dans l'adresse"
            )
        self.publisher = publisher
        self.title = f"dépôt {parts.scheme}://{parts.hostname}{parts.path}"
        self._parts, self._password, self._context, self._sleep = parts, password or "", context, sleep
        self._connected = not offline and password is not None
        self._package: Package | None = None
        self._files: dict[str, DepotFile] = {}
        self._ftp: ftplib.FTP | None = None
        self._made: set[str] = set()

    def plan(self, state: TargetState, package: Package) -> list[Step]:
        """See `portal.Portal.plan`: the sweep, each changed file under a temporary name, the renames."""
        self._package = package
        self._files = {f.path: f for f in depot_files(self.publisher, package, hashed=True)}
        present = self._hashes(list(self._files)) if self._connected else dict(state.sent)
        missing = [f for f in self._files.values() if present.get(f.path) != f.sha256]
        if not missing:
            return []
        sends = [
            STEPS.file(
                "file.send",
                "STOR",
                f"{f.path}{PART}",
                "Envoyer sous un nom provisoire, que personne ne lit.",
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
        """See `portal.Portal.execute`. Each step may be made twice without harm: a server that drops is asked again."""
        action = {"file.send": self._send, "file.rename": self._rename}.get(step.action, self._sweep)
        self._ask(lambda ftp: action(ftp, step))
        return Outcome()

    def verify(self, package: Package, *, full: bool = False) -> list[Difference]:
        """See `portal.Portal.verify`: every byte is read, always."""
        files = depot_files(self.publisher, package, hashed=True)
        present = self._hashes([f.path for f in files])
        self._leave()
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

    def _send(self, ftp: ftplib.FTP, step: Step) -> None:
        file = self._files[step.file]
        self._make_folders(ftp, step.address)
        with self._sending().open(file.package_file) if file.package_file else io.BytesIO(file.data) as handle:
            ftp.storbinary(f"STOR {step.address}", handle)
        if self._hash(ftp, step.address) != file.sha256:
            raise PortalError(f"{self.title} : {step.file} n'est pas arrivé entier ; relancer")

    def _rename(self, ftp: ftplib.FTP, step: Step) -> None:
        """Put a sent file in its place; nothing to do where an interrupted run already did."""
        path, expected = step.address, self._files[step.address].sha256
        try:
            ftp.rename(f"{path}{PART}", path)
        except ftplib.error_perm as error:
            if self._hash(ftp, path) == expected:
                return
            if self._hash(ftp, f"{path}{PART}") != expected:
                raise PortalError(f"{self.title} : {path} n'a pas pu être renommé ({error}) ; relancer") from error
            # A server that does not rename over a file: the shortest absence that it allows.
            with contextlib.suppress(ftplib.error_perm):
                ftp.delete(path)
            ftp.rename(f"{path}{PART}", path)

    def _sweep(self, ftp: ftplib.FTP, step: Step) -> None:
        index = io.BytesIO()
        with contextlib.suppress(ftplib.error_perm):
            ftp.retrbinary(f"RETR {INDEX}", index.write)
        named = _named(index.getvalue())
        if named is None:
            return
        with contextlib.suppress(ftplib.error_perm):
            for path in [f"{DATA}/{n.rpartition('/')[2]}" for n in ftp.nlst(DATA)]:
                if _HASHED.search(path) and path not in named and path not in self._files:
                    ftp.delete(path)

    def _hashes(self, paths: list[str]) -> dict[str, str]:
        found = {p: self._ask(lambda ftp, path=p: self._hash(ftp, path)) for p in paths}  # type: ignore[misc]
        return {path: sha256 for path, sha256 in found.items() if sha256}

    def _hash(self, ftp: ftplib.FTP, path: str) -> str:
        """sha256 of a file, empty where there is none."""
        digest = hashlib.sha256()
        try:
            ftp.retrbinary(f"RETR {path}", digest.update)
        except ftplib.error_perm:
            return ""
        return digest.hexdigest()

    def _make_folders(self, ftp: ftplib.FTP, path: str) -> None:
        made = ""
        for name in path.split("/")[:-1]:
            made = f"{made}{name}/"
            if made not in self._made:
                with contextlib.suppress(ftplib.error_perm):
                    ftp.mkd(made.rstrip("/"))
                self._made.add(made)

    def _ask(self, action: Callable[[ftplib.FTP], Answer]) -> Answer:
        """Do something in the folder, again where the server drops. Raises `PortalError`, without the password."""
        said = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                self._sleep(2.0**attempt)
            try:
                return action(self._session())
            except ftplib.error_perm as error:
                self._leave()
                raise RejectedError(
                    f"{self.title} : le serveur refuse ({self._redacted(error)}) ; vérifier la place et les droits du "
                    "dossier, puis relancer",
                    _code(error),
                ) from None
            except (ftplib.Error, OSError, EOFError) as error:
                self._leave()
                said = self._redacted(error)
        raise UnavailableError(f"{self.title} : pas de réponse après {ATTEMPTS} essais ({said}) ; relancer plus tard")

    def _session(self) -> ftplib.FTP:
        """The session of the run, opened again where it does not answer any more."""
        if self._ftp is not None:
            try:
                self._ftp.voidcmd("NOOP")
            except (ftplib.Error, OSError, EOFError):
                self._leave()
        if self._ftp is None:
            self._ftp = self._open()
        return self._ftp

    def _leave(self) -> None:
        """End the session."""
        ftp, self._ftp = self._ftp, None
        if ftp is not None:
            with contextlib.suppress(ftplib.Error, OSError, EOFError):
                ftp.quit()
            ftp.close()

    def _open(self) -> ftplib.FTP:
        secure = self._parts.scheme == "ftps"
        ftp = Ftps(context=self._context or ssl.create_default_context()) if secure else ftplib.FTP()
        ftp.connect(self._parts.hostname or "", self._parts.port or 21, timeout=TIMEOUT)
        ftp.encoding = "utf-8"
        try:
            ftp.login(unquote(self._parts.username or "anonymous"), self._password)
        except ftplib.error_perm as error:
            ftp.close()
            said = self._redacted(error)
            raise KeyRefusedError(f"{self.title} : accès refusé ({said}) ; vérifier le mot de passe") from None
        if isinstance(ftp, Ftps):
            ftp.prot_p()
        folder = unquote(self._parts.path).strip("/")
        if folder:
            try:
                ftp.cwd(folder)
            except ftplib.error_perm as error:
                ftp.close()
                said = self._redacted(error)
                raise PortalError(
                    f"{self.title} : dossier refusé ({said}) ; le créer sur le serveur, relancer"
                ) from None
        return ftp

    def _redacted(self, error: Exception) -> str:
        return redact(str(error) or type(error).__name__, [self._password])

    def _sending(self) -> Package:
        if self._package is None:
            raise PortalError("execute avant plan : faute du programme")
        return self._package


def _named(index: bytes) -> set[str] | None:
    """The files that an index names, none where there is no index; None where it cannot be read or is not ours."""
    columns = ("source_dataset", "schema_file")
    try:
        reader = csv.DictReader(io.StringIO(index.decode()), delimiter=";")
        rows = list(reader)
    except (UnicodeDecodeError, csv.Error):
        return None
    if index and not {*columns} <= {*(reader.fieldnames or ())}:
        return None
    return {row[column] or "" for row in rows for column in columns}


def _code(error: ftplib.Error) -> int:
    text = str(error)[:3]
    return int(text) if text.isdigit() else 0


def _rename_step(path: str) -> Step:
    shown = "Montrer l'index : le moissonneur lit la nouvelle publication."
    why = shown if path == INDEX else "Donner son nom au fichier entier."
    return STEPS.bare(
        "file.rename",
        "RNTO",
        path,
        why,
    )


def _sweep_step() -> Step:
    return STEPS.bare(
        "folder.sweep",
        "DELE",
        f"{DATA}/",
        "Retirer les données que ni l'index en place ni le prochain ne nomment.",
    )
