"""A disk that refuses is told in one French line: what, where, what to do; the bytes from before stay."""

from __future__ import annotations

import errno
import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import polars as pl
import pytest

from procurement_assets import lake as lake_module
from procurement_assets.decp.parse import parse_file
from procurement_assets.lake import Lake, replacing, write_bytes
from procurement_assets.storage_errors import StorageError, explained


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """No file of this process may grow over `size` bytes: the system then says EFBIG, as it says ENOSPC."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


class FullDisk:
    """A file that takes no byte, on a disk that is in some state."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __call__(self, handle: BinaryIO) -> None:
        raise OSError(self.number, os.strerror(self.number))


@pytest.mark.parametrize(
    ("number", "cause", "advice"),
    [
        (errno.ENOSPC, "le disque est plein", "Libérer de la place"),
        (errno.EDQUOT, "le quota de disque est atteint", "Libérer de la place"),
        (errno.EROFS, "le disque est en lecture seule", "PROCUREMENT_LAKE"),
        (errno.EACCES, "les droits manquent", "le droit d'écrire"),
        (errno.EPERM, "les droits manquent", "le droit d'écrire"),
    ],
)
def test_what_the_disk_refuses_is_told_in_one_line(tmp_path: Path, number: int, cause: str, advice: str) -> None:
    path = tmp_path / "tables" / "f.parquet"
    write_bytes(path, b"before")
    with pytest.raises(StorageError) as caught, replacing(path) as handle:
        FullDisk(number)(handle)
    message = str(caught.value)
    assert message.startswith(f"{path} : {cause} ; il n'a pas changé. ")
    assert advice in message
    assert "\n" not in message
    assert caught.value.errno == number
    assert path.read_bytes() == b"before"
    assert [p.name for p in path.parent.iterdir()] == ["f.parquet"]


def test_a_limit_of_the_system_is_told_where_a_table_is_written(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    frame = pl.DataFrame({"x": [str(n * n) for n in range(5_000)]})
    with file_size_limit(4_096), pytest.raises(StorageError, match=r"ne peut pas être aussi gros ici") as caught:
        lake.write_table(frame, "contracts", "paris")
    assert str(caught.value).startswith(str(lake.table("contracts", "paris")))
    assert not list(tmp_path.rglob("*.part"))


def test_a_limit_of_the_system_is_told_through_the_parquet_writer(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    text = ",".join(f'{{"id":"{n}","acheteur":{{"id":"21750001600019"}},"objet":"{n * n}"}}' for n in range(3_000))
    sha256 = "a" * 64
    write_bytes(lake.raw(sha256), f'{{"marches":[{text}]}}'.encode())
    with file_size_limit(8_192), pytest.raises(StorageError, match="aussi gros"):
        parse_file(lake, sha256)
    assert not list(tmp_path.rglob("*.records.parquet"))
    assert parse_file(lake, sha256).records == 3_000, "what was cut short is read again"


def test_another_file_at_fault_is_the_one_named(tmp_path: Path) -> None:
    path, other = tmp_path / "f", "/elsewhere/read.json"
    with pytest.raises(StorageError) as caught, replacing(path):
        raise PermissionError(errno.EACCES, "Permission denied", other)
    assert str(caught.value).startswith(f"{other} : les droits manquent ; {path} n'a pas changé. ")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, **_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(StorageError, match="le disque est en lecture seule"):
        write_bytes(tmp_path / "a" / "f", b"x")


def test_a_copy_on_its_way_to_object_storage_tells_the_local_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lake_module, "put_file", lambda local, path: pytest.fail("half a file was sent"))
    with pytest.raises(StorageError, match="le disque est plein"):  # noqa: SIM117
        with replacing(Lake("memory://bucket") / "f") as handle:
            FullDisk(errno.ENOSPC)(handle)


def test_other_errors_are_left_as_they_are(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "f"):
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", "x")
    with pytest.raises(ConnectionError), replacing(tmp_path / "f"):
        raise ConnectionError("the server closed the connection")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("OSError: [Errno 28] No space left on device: '/lake/x'", "/lake/x : le disque est plein. Libérer"),
        ("OSError: [Errno 28] No space left on device", "écriture impossible : le disque est plein. Libérer"),
        ("PermissionError: [Errno 13] Permission denied: '/lake/x'", "/lake/x : les droits manquent. Donner"),
        (
            'duckdb.IOException: IO Error: Could not write file "/lake/x": No space left on device',
            "/lake/x : le disque est plein. Libérer",
        ),
        (
            "polars.exceptions.ComputeError: Read-only file system (os error 30)",
            "écriture impossible : le disque est en lecture seule. Le remonter",
        ),
    ],
)
def test_an_error_raised_elsewhere_is_put_in_the_same_words(line: str, told: str) -> None:
    assert explained(line).startswith(told)


@pytest.mark.parametrize(
    "line",
    [
        "ftplib.error_perm: 550 Permission denied",
        "ValueError: No space left on device",
        "FileNotFoundError: [Errno 2] No such file or directory: '/x'",
        "procurement_assets.storage_errors.StorageError: /x : le disque est plein",
    ],
)
def test_what_is_no_error_of_a_local_disk_is_left_as_it_is(line: str) -> None:
    assert explained(line) == line
