"""A disk that is full, read-only or forbidden, in one French line: what, where, what to do.

`lake.replacing`, through which nearly every file is written, raises `StorageError`. What is written elsewhere (a
download, what DuckDB or Polars write by themselves) raises its own error, that `explained` puts in the same words for
the command line and the alerts.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_MAKE_ROOM = (
    "Libérer de la place (vieilles sauvegardes ; « procurement_assets prune » pour les vieilles exécutions) "
    "ou agrandir le disque, puis relancer"
)
_CAUSES: Final[dict[int, tuple[str, str]]] = {
    errno.ENOSPC: ("le disque est plein", _MAKE_ROOM),
    errno.EDQUOT: ("le quota de disque est atteint", _MAKE_ROOM),
    errno.EFBIG: ("un fichier ne peut pas être aussi gros ici", "Relever la limite (« ulimit -f »), puis relancer"),
    errno.EROFS: (
        "le disque est en lecture seule",
        "Le remonter en écriture ou nommer un autre dossier (PROCUREMENT_LAKE), puis relancer",
    ),
    errno.EACCES: (
        "les droits manquent",
        "Donner à l'utilisateur qui lance la chaîne le droit d'écrire dans ce dossier, puis relancer",
    ),
}
_CAUSES[errno.EPERM] = _CAUSES[errno.EACCES]
_PLACES: Final[dict[int, str]] = {
    errno.ENOENT: "un dossier du chemin n'existe pas et ne peut pas être fait",
    errno.ENOTDIR: "un fichier est à la place d'un dossier",
    errno.EEXIST: "un fichier est à la place d'un dossier",
    errno.ENAMETOOLONG: "le chemin est trop long",
    errno.EADDRINUSE: "il est déjà pris",
}
"""What is wrong with the place itself, where a folder is made or a port is listened to."""
_SAID = {os.strerror(number): number for number in _CAUSES}
"""What the system says of each: libraries quote it, with or without the number."""

_RAISED_BY = re.compile(r"(?:OSError|PermissionError|[\w.]*(?:duckdb|polars)[\w.]*): ")
_QUOTED_PATH = re.compile(r"[\"'](/[^\"']*)[\"']")


class StorageError(OSError):
    """The disk refuses what is written; the message is one French line for a person."""

    def __init__(self, number: int, where: str, message: str) -> None:
        super().__init__(number, os.strerror(number), where)
        self.message = message

    def __str__(self) -> str:
        return self.message


@contextmanager
def storage_told(target: str, temporary: str | None = None) -> Iterator[None]:
    """Raise `StorageError` for what the disk refuses while `target` is written.

    `temporary`: the name that a file has until it is whole, so that nothing has changed where it could not be.
    """
    try:
        yield
    except StorageError:
        raise
    except OSError as error:
        if error.errno not in _CAUSES:
            raise
        # Another file than ours may be at fault: one that the block reads, say.
        own = error.filename is None or os.fspath(error.filename) == temporary
        where = target if own else os.fspath(error.filename)
        unchanged = "" if temporary is None else f" ; {'il' if own else target} n'a pas changé"
        message = _message(error.errno, where, unchanged)
        raise StorageError(error.errno, where, message) from error


def reason(error: OSError) -> str:
    """Why a folder cannot be made or written, in French where the system says something usual."""
    number = error.errno or 0
    cause = _CAUSES[number][0] if number in _CAUSES else _PLACES.get(number)
    return cause or error.strerror or str(error)


def disk_cause(error: OSError) -> str | None:
    """What a disk refuses, where, and what to do; None for another error of the system."""
    if isinstance(error, StorageError):
        return error.message
    if error.errno not in _CAUSES:
        return None
    return _message(error.errno, str(error.filename) if error.filename else "écriture impossible")


def explained(line: str) -> str:
    """The line of an error, in French where it says that a local disk refused something; else as it is."""
    raised = _RAISED_BY.match(line)
    number = next((n for said, n in _SAID.items() if said in line), None) if raised else None
    if number is None:
        return line
    path = _QUOTED_PATH.search(line)
    return _message(number, path[1] if path else "écriture impossible")


def _message(number: int, where: str, unchanged: str = "") -> str:
    cause, advice = _CAUSES[number]
    return f"{where} : {cause}{unchanged}. {advice}."
