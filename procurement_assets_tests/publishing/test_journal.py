"""The journal: one line per event, on the disk before the next call, read back whatever a crash cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from procurement_assets.lake import Lake
from procurement_assets.portal.publishing.http import PortalError
from procurement_assets.portal.publishing.journal import Journal, journal_folder, read_history, read_state
from procurement_assets.portal.publishing.portal import Publication, TargetState

PUBLICATION = Publication(manifest_sha256="aa", data_date="2026-01-20", at="x", files={"a.csv": "11"})


def _first_run(lake: Lake) -> None:
    journal = Journal(lake, "ville", "depot")
    journal.append("begin", state=TargetState(target="depot"))
    journal.append("sending", manifest="aa")
    journal.append("step", key="k", action="file.write", file="a.csv", sha256="11", bindings={"dataset": "da_1"})
    journal.append("verified", publication=PUBLICATION)


def test_the_state_is_the_fold_of_the_newest_journal(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    assert read_state(lake, "ville", "depot") == TargetState(target="depot")
    _first_run(lake)
    state = read_state(lake, "ville", "depot")
    assert (state.last, state.sent, state.bindings) == (PUBLICATION, {"a.csv": "11"}, {"dataset": "da_1"})
    assert state.unfinished == ""
    journal = Journal(lake, "ville", "depot")
    journal.append("begin", state=state)
    journal.append("sending", manifest="bb")
    journal.append("step", key="k", action="version.note", bindings={"version:x": "ch_1"})
    now = read_state(lake, "ville", "depot")
    assert (now.unfinished, now.last, now.bindings["version:x"]) == ("bb", PUBLICATION, "ch_1")
    assert [number for number, _ in read_history(lake, "ville", "depot")] == ["000001", "000002"]


def test_a_last_line_cut_by_a_crash_is_left_out(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    _first_run(lake)
    path = Path(str(journal_folder(lake, "ville", "depot"))) / "000001.jsonl"
    whole = path.read_bytes()
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        entries = read_history(lake, "ville", "depot")[0][1]
        assert len(entries) == whole[:cut].count(b"\n")
        assert read_state(lake, "ville", "depot").target == "depot"


def test_a_journal_cut_at_its_first_line_leaves_the_state_of_the_one_before(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    _first_run(lake)
    (Path(str(journal_folder(lake, "ville", "depot"))) / "000002.jsonl").write_bytes(b'{"event":"be')
    assert read_state(lake, "ville", "depot").last == PUBLICATION


def test_damage_inside_is_told_with_its_place(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    _first_run(lake)
    path = Path(str(journal_folder(lake, "ville", "depot"))) / "000001.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], b"?\n", *lines[2:]]))
    with pytest.raises(PortalError, match=r"ligne 2 : journal endommagé .* mettre ce fichier de côté, puis relancer"):
        read_state(lake, "ville", "depot")


def test_versions_to_go_back_to_are_good_for_one_publication(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    journal = Journal(lake, "ville", "depot")
    journal.append("begin", state=TargetState(target="depot"))
    journal.append("step", key="k", action="a", bindings={"version:x": "ch_1", "dataset": "da"})
    journal.append("verified", publication=PUBLICATION)
    assert read_state(lake, "ville", "depot").bindings == {"dataset": "da"}


def test_a_read_back_that_disagrees_stands_until_it_is_restored(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    _first_run(lake)
    journal = Journal(lake, "ville", "depot")
    journal.append("begin", state=read_state(lake, "ville", "depot"))
    journal.append("sending", manifest="bb")
    journal.append("differs", manifest="bb", detail="nombre de lignes")
    state = read_state(lake, "ville", "depot")
    assert (state.restoring, state.disputed) == (True, "bb")
    journal.append("restored", detail="version précédente")
    state = read_state(lake, "ville", "depot")
    assert (state.restoring, state.disputed, state.unfinished, state.last) == (False, "bb", "", PUBLICATION)
