"""Backup and restore: what is kept, that a backup is whole, that a restoring is verified and puts nothing at risk.

The drill on a whole refresh is in `test_real_refresh.py`.
"""

from __future__ import annotations

import errno
import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procurement_assets.__main__ import main
from procurement_assets.backup import take as taking
from procurement_assets.backup.model import BackupError, is_kept
from procurement_assets.backup.restore import restore
from procurement_assets.backup.store import Store
from procurement_assets.backup.take import take
from procurement_assets.lake import Lake

RAW = b'{"marches": []}'
SHA = hashlib.sha256(RAW).hexdigest()
KEPT = {
    f"raw/sha256/{SHA[:2]}/{SHA}": RAW,
    "raw/manifest/paris.parquet": b"manifest",
    "raw/http/listings/a.json": b"{}",
    "ocds/paris/history/index.json": b"{}",
    "ocds/paris/history/00001_2026-01-08.jsonl": b"{}\n",
    "tables/ocids/paris.parquet": b"ocids",
    "corrections/paris/recues/a.csv": b"id;valeur\n",
    "quality/paris/history/1.parquet": b"q",
    "publication/paris/datagouv/journal/000001.jsonl": b"{}\n",
    "something/new": b"kept rather than lost",
}
MADE_AGAIN = {
    "exports/paris/decp_marches.csv": b"a;b\n",
    "data_docs/index.html": b"<!doctype html>",
    "parsed/1/a.parquet": b"x",
    "raw/parts/a": b"half",
    "ocds/paris/releases.jsonl": b"{}\n",
    "publication/paris/datagouv/lock/000001.json": b"{}",
    "tables/ocids/.paris.parquet.0123.part": b"half",
    "demo/raw/manifest/paris.parquet": b"generated",
}


def write(root: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)


def tree(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    write(tmp_path / "lake", KEPT | MADE_AGAIN)
    return tmp_path / "lake"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A Dagster instance with a database that a process holds open, some of it in its write-ahead log."""
    folder = tmp_path / "home"
    write(folder, {"dagster.yaml": b"telemetry:\n  enabled: false\n", "storage/r1/compute_logs/a.err": b"log"})
    (folder / "history").mkdir()
    database = sqlite3.connect(folder / "history" / "runs.db")
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("create table runs (run_id text)")
    database.execute("insert into runs values ('r1')")
    database.commit()
    yield folder
    database.close()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "backups")


def backup(lake: Path, home: Path | None, store: Store) -> taking.Taken:
    return take(Lake(lake), home, store)


def test_what_cannot_be_made_again_is_kept_and_what_any_run_makes_is_not() -> None:
    assert [p for p in KEPT if not is_kept(p)] == []
    assert [p for p in MADE_AGAIN if is_kept(p)] == []


def test_a_restored_lake_and_instance_are_what_was_backed_up(
    lake: Path, home: Path, store: Store, tmp_path: Path
) -> None:
    backup(lake, home, store)
    restore(store, str(tmp_path / "new"), tmp_path / "newhome")
    assert tree(tmp_path / "new") == KEPT
    assert (tmp_path / "newhome" / "storage/r1/compute_logs/a.err").read_bytes() == b"log"
    rows = sqlite3.connect(tmp_path / "newhome" / "history" / "runs.db").execute("select run_id from runs").fetchall()
    assert rows == [("r1",)]
    date = (lake / "ocds/paris/history/index.json").stat().st_mtime_ns
    assert (tmp_path / "new" / "ocds/paris/history/index.json").stat().st_mtime_ns == date


def test_a_second_backup_reads_only_what_changed_and_the_first_can_still_be_restored(
    lake: Path, home: Path, store: Store, tmp_path: Path
) -> None:
    first = backup(lake, home, store)
    write(lake, {"ocds/paris/history/00002_2026-02-01.jsonl": b"new\n", "tables/ocids/paris.parquet": b"more"})
    second = backup(lake, home, store)
    assert (second.read, second.read_bytes) == (2, 8)
    restore(store, str(tmp_path / "new"), None, at=first.path.name)
    assert tree(tmp_path / "new") == KEPT


def test_an_unchanged_lake_adds_nothing_but_a_manifest(lake: Path, home: Path, store: Store) -> None:
    backup(lake, home, store)
    before = set(tree(store.folder))
    assert backup(lake, home, store).read == 0
    assert [Path(p).parent.name for p in set(tree(store.folder)) - before] in ([], ["manifests"])


def test_a_file_written_during_the_backup_is_in_it(
    lake: Path, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing, late = taking.listing, iter([True])

    def and_a_run_writes(of: Lake) -> taking.Listing:
        found = listing(of)
        if next(late, False):
            write(lake, {"ocds/paris/history/00002.jsonl": b"late\n", "ocds/paris/history/index.json": b"{2}"})
        return found

    monkeypatch.setattr(taking, "listing", and_a_run_writes)
    backup(lake, None, store)
    restore(store, str(tmp_path / "new"), None)
    assert (tmp_path / "new" / "ocds/paris/history/00002.jsonl").read_bytes() == b"late\n"
    assert (tmp_path / "new" / "ocds/paris/history/index.json").read_bytes() == b"{2}"


def test_a_lake_that_never_stops_changing_is_told_and_no_backup_is_left(
    lake: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing, count = taking.listing, iter(range(100))

    def always_changing(of: Lake) -> taking.Listing:
        write(lake, {"tables/ocids/paris.parquet": str(next(count)).encode() * 3})
        return listing(of) | {"tables/x": (next(count), 0)}

    monkeypatch.setattr(taking, "listing", always_changing)
    with pytest.raises(BackupError, match="un traitement écrit dans le lac"):
        backup(lake, None, store)
    assert store.manifests() == []


def test_a_damaged_object_is_refused_with_the_file_named_and_nothing_is_written(
    lake: Path, store: Store, tmp_path: Path
) -> None:
    backup(lake, None, store)
    store.object(hashlib.sha256(b"ocids").hexdigest()).write_bytes(b"OCIDS")
    with pytest.raises(BackupError, match=r"lake/tables/ocids/paris\.parquet .* ne correspond plus"):
        restore(store, str(tmp_path / "new"), None)
    assert [p.name for p in tmp_path.iterdir() if "new" in p.name] == []


def test_a_missing_object_and_a_damaged_manifest_are_named(lake: Path, store: Store, tmp_path: Path) -> None:
    taken = backup(lake, None, store)
    store.object(SHA).unlink()
    with pytest.raises(BackupError, match=rf"lake/raw/sha256/{SHA[:2]}/{SHA} .* manque"):
        restore(store, str(tmp_path / "new"), None)
    taken.path.write_bytes(taken.path.read_bytes().replace(b"paris", b"lyons", 1))
    with pytest.raises(BackupError, match="est abîmé"):
        restore(store, str(tmp_path / "new"), None)


def test_a_lake_in_use_is_never_overwritten_and_is_set_aside_when_forced(
    lake: Path, store: Store, tmp_path: Path
) -> None:
    backup(lake, None, store)
    write(lake, {"tables/ocids/paris.parquet": b"today"})
    with pytest.raises(BackupError, match="pas vide"):
        restore(store, str(lake), None)
    assert restore(store, str(lake), None, force=True, dry_run=True).aside == (lake,)
    assert (lake / "tables/ocids/paris.parquet").read_bytes() == b"today"
    done = restore(store, str(lake), None, force=True)
    assert tree(lake) == KEPT
    (aside,) = done.aside
    assert (aside / "tables/ocids/paris.parquet").read_bytes() == b"today"
    assert (aside / "exports/paris/decp_marches.csv").is_file()


def test_a_restoring_that_is_killed_leaves_the_place_as_it_was(
    lake: Path, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup(lake, None, store)
    copy, left = Store.copy, iter(range(3))

    def killed(self: Store, *args: object) -> None:
        next(left)  # StopIteration at the fourth file: nothing in the code catches it
        copy(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(Store, "copy", killed)
    with pytest.raises(StopIteration):
        restore(store, str(tmp_path / "new"), None)
    assert not (tmp_path / "new").exists()
    monkeypatch.undo()
    restore(store, str(tmp_path / "new"), None)
    assert tree(tmp_path / "new") == KEPT


def test_a_raw_file_that_is_no_longer_what_its_name_says_stops_the_backup(lake: Path, store: Store) -> None:
    (lake / f"raw/sha256/{SHA[:2]}/{SHA}").write_bytes(b"rotten")
    with pytest.raises(BackupError, match="le fichier brut est abîmé"):
        backup(lake, None, store)


def test_a_damaged_database_stops_the_backup(lake: Path, home: Path, store: Store) -> None:
    path = home / "history" / "bad.db"
    path.write_bytes(b"SQLite format 3\x00" + b"\xff" * 5000)
    with pytest.raises(BackupError, match=r"bad\.db : base"):
        backup(lake, home, store)


def test_an_instance_on_postgresql_says_what_to_do_beside(lake: Path, home: Path, store: Store) -> None:
    (home / "dagster.yaml").write_text("storage:\n  postgres:\n    postgres_db: {}\n")
    assert "pg_dump" in backup(lake, home, store).manifest.database


def test_two_backups_at_once_do_not_mix(lake: Path, store: Store) -> None:
    with store.alone(), pytest.raises(BackupError, match="en cours"):
        backup(lake, None, store)


def test_a_folder_of_backups_inside_the_lake_and_an_empty_lake_are_refused(lake: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="est dans le lac"):
        backup(lake, None, Store(lake / "backups"))
    (tmp_path / "none").mkdir()
    with pytest.raises(BackupError, match="aucun fichier"):
        backup(tmp_path / "none", None, Store(tmp_path / "backups"))


def test_a_full_disk_is_told_in_french_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/sauvegardes/objects/ab/abcd")

    monkeypatch.setattr("procurement_assets.backup.command.take", full)
    assert main(["backup", "--to", str(tmp_path / "sauvegardes"), "--lake-only"]) == 2
    told = capsys.readouterr().err
    assert "/sauvegardes/objects/ab/abcd : le disque est plein. Libérer de la place" in told
    assert told.count("\n") == 1


def test_old_backups_are_forgotten_and_the_last_ones_stay_whole(lake: Path, store: Store, tmp_path: Path) -> None:
    for number in range(3):
        write(lake, {"tables/ocids/paris.parquet": f"state {number}".encode()})
        take(Lake(lake), None, store, now=lambda n=number: taking.datetime(2026, 1, n + 1, tzinfo=taking.UTC))
    assert store.keep_last(2) == 1
    assert not store.object(hashlib.sha256(b"state 0").hexdigest()).exists()
    for name, state in (("20260102", b"state 1"), ("20260103", b"state 2")):
        restore(store, str(tmp_path / name), None, at=name)
        assert (tmp_path / name / "tables/ocids/paris.parquet").read_bytes() == state


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.from_regex(r"tables/[a-z]{1,6}/[a-zé .]{0,6}x", fullmatch=True), st.binary(), min_size=1))
def test_whatever_the_files_they_come_back(tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]) -> None:
    root = tmp_path_factory.mktemp("any")
    write(root / "lake", files)
    take(Lake(root / "lake"), None, Store(root / "backups"))
    restore(Store(root / "backups"), str(root / "new"), None)
    assert tree(root / "new") == files


def test_the_commands_say_what_they_did_in_one_screen(
    lake: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PROCUREMENT_LAKE", str(lake))
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    assert main(["backup", "--to", str(tmp_path / "b"), "--keep", "7"]) == 0
    assert f"Nouveaux ou changés : {len(KEPT) + 3} fichiers" in capsys.readouterr().out
    assert main(["restore", "--from", str(tmp_path / "b")]) == 2
    told = capsys.readouterr().err
    assert "pas vide" in told
    assert told.count("\n") == 1
    monkeypatch.setenv("PROCUREMENT_LAKE", str(tmp_path / "new"))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "newhome"))
    assert main(["restore", "--from", str(tmp_path / "b"), "--dry-run"]) == 0
    assert not (tmp_path / "new").exists()
    assert main(["restore", "--from", str(tmp_path / "b")]) == 0
    assert tree(tmp_path / "new") == KEPT
