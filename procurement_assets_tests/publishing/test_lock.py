"""The lock of a target: one holder, taken over from the dead and the silent, never shared."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from upath import UPath

from procurement_assets.portal.publishing.lock import Lock, LockedError, LostLockError
from procurement_assets_tests.publishing.runner import hold_lock, start, take_turns


def _wait_for(path: Path) -> None:
    for _ in range(500):
        if path.exists():
            return
        time.sleep(0.02)
    raise AssertionError(f"{path} did not come")


def test_a_second_process_is_refused_while_the_first_works_and_taken_over_once_it_is_dead(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    process = start(hold_lock, str(tmp_path / "lock"), str(ready), 600.0)
    _wait_for(ready)
    with pytest.raises(LockedError, match="une autre publication est en cours"), Lock(UPath(tmp_path / "lock")).hold():
        pass
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    with Lock(UPath(tmp_path / "lock")).hold() as lock:
        lock.check()


def test_processes_that_want_it_at_once_never_hold_it_together(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    running = [start(take_turns, str(tmp_path / "lock"), str(journal), 15) for _ in range(3)]
    for process in running:
        process.join(60)
        assert process.exitcode == 0
    lines = journal.read_text().splitlines()
    assert len(lines) == 3 * 15 * 2
    assert all(a.removeprefix("in ") == b.removeprefix("out ") for a, b in zip(lines[::2], lines[1::2], strict=True))


def test_a_holder_of_another_machine_is_waited_for_until_its_end_and_then_told_that_it_lost(tmp_path: Path) -> None:
    now = [1000.0]
    slow = Lock(UPath(tmp_path / "lock"), lifetime=100, clock=lambda: now[0])
    slow._me = slow._me.__class__(owner="x", host="autre", pid=1, born="", expires=0)
    with slow.hold():
        now[0] = 1099.0
        other = Lock(UPath(tmp_path / "lock"), lifetime=100, clock=lambda: now[0])
        with pytest.raises(LockedError), other.hold():
            pass
        now[0] = 1101.0
        successor = Lock(UPath(tmp_path / "lock"), lifetime=100, clock=lambda: now[0])
        with successor.hold(), pytest.raises(LostLockError, match="une autre exécution a repris"):
            slow.check()


def test_a_holder_that_works_renews_its_end(tmp_path: Path) -> None:
    with Lock(UPath(tmp_path / "lock"), lifetime=0.4).hold() as lock:
        lock._me = lock._me.__class__(owner="x", host="autre", pid=1, born="", expires=0)
        time.sleep(0.8)
        with pytest.raises(LockedError), Lock(UPath(tmp_path / "lock")).hold():
            pass
        lock.check()


def test_on_object_storage_the_lock_is_the_same(bucket: str) -> None:
    where = UPath(f"{bucket}/lake/lock")
    first = Lock(where)
    with first.hold():
        with pytest.raises(LockedError), Lock(where).hold():
            pass
        first.check()
    with Lock(where).hold() as again:
        again.check()
        with pytest.raises(LostLockError):
            first.check()


def test_on_object_storage_only_one_makes_the_next_number(bucket: str) -> None:
    where = UPath(f"{bucket}/lake/lock")
    from procurement_assets.portal.publishing.lock import _create

    assert _create(where / "00000001.json", b"a")
    assert not _create(where / "00000001.json", b"b")
    assert (where / "00000001.json").read_bytes() == b"a"


@pytest.mark.parametrize("left", [b"", b'{"owner": "a', b"\x00" * 64])
def test_a_lock_that_a_power_cut_spoilt_is_waited_for_and_then_taken_over(tmp_path: Path, left: bytes) -> None:
    folder = UPath(tmp_path / "lock")
    folder.mkdir()
    spoilt = tmp_path / "lock" / "00000007.json"
    spoilt.write_bytes(left)
    date = spoilt.stat().st_mtime
    with pytest.raises(LockedError), Lock(folder, lifetime=10.0, clock=lambda: date + 9).hold():
        pass
    with Lock(folder, lifetime=10.0, clock=lambda: date + 11).hold() as lock:
        lock.check()
