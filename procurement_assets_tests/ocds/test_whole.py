"""The files that hold everything: what they hold, and compiled releases that are not those of the releases."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest

from procurement_assets.lake import Lake
from procurement_assets.ocds.compile import StateCompiler
from procurement_assets.ocds.packages import package, write_record_package
from procurement_assets.ocds.produce import COMPILED, RELEASES, write_compiled
from procurement_assets.ocds.whole import OutdatedError, whole_processes, write_ocds_exports
from procurement_assets_tests.ocds.support import PROFILE, PUBLISHER, in_order, marche, modified

DATE = "2025-06-30"
LATE = modified(dateNotificationModification="2025-01-10", datePublicationDonneesModification="2025-01-12", montant=6e5)
GROUPS = in_order([marche(id="A", modifications=[LATE]), marche(id="B"), marche(id="C")])


def write(lake: Lake, name: str, lines: list[bytes]) -> None:
    """Write an OCDS file of the lake."""
    lake.ocds("paris").mkdir(parents=True, exist_ok=True)
    (lake.ocds("paris") / name).write_bytes(b"".join(line + b"\n" for line in lines))


def filled(root: Path | str) -> Lake:
    """A lake with releases and their compiled releases."""
    lake = Lake(root)
    write(lake, RELEASES, [line for group in GROUPS for line in group])
    write_compiled(lake, "paris", PROFILE)
    return lake


def test_a_record_is_that_of_the_compiler(tmp_path: Path) -> None:
    compiler = StateCompiler(PROFILE)
    found = list(whole_processes(filled(tmp_path), "paris"))
    assert [p.record for p in found] == [compiler.record(group) for group in GROUPS]
    assert [len(p.releases) for p in found] == [2, 1, 1]


def test_the_files_hold_every_release_every_state_and_every_record(tmp_path: Path) -> None:
    lake = filled(tmp_path)
    counts = write_ocds_exports(lake, PUBLISHER, DATE)
    assert counts == {"releases.jsonl.gz": 4, "compiled_releases.jsonl.gz": 3, "record_package.json": 3}
    folder = lake.exports("paris")
    for name in (RELEASES, COMPILED):
        assert gzip.decompress((folder / f"{name}.gz").read_bytes()) == (lake.ocds("paris") / name).read_bytes()
    expected = io.BytesIO()
    about = package(
        PUBLISHER,
        uri="https://opendata.paris.fr/record_package.json",
        published_date="2025-06-30T00:00:00+02:00",
    )
    write_record_package(expected, StateCompiler(PROFILE).records(GROUPS), about)
    assert (folder / "record_package.json").read_bytes() == expected.getvalue()


def test_object_storage_has_the_same_files_as_a_disk(tmp_path: Path) -> None:
    local, remote = filled(tmp_path), filled("memory://pkg-whole")
    for lake in (local, remote):
        write_ocds_exports(lake, PUBLISHER, DATE)
    names = [path.name for path in local.exports("paris").iterdir()]
    assert len(names) == 3
    for name in names:
        assert (remote.exports("paris") / name).read_bytes() == (local.exports("paris") / name).read_bytes()


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ([GROUPS[0][:1], *GROUPS[1:]], "diffèrent au processus"),
        (GROUPS[1:], "diffèrent au processus"),
        (GROUPS[:2], "même nombre"),
        ([*GROUPS, *in_order([marche(id="D")])], "même nombre"),
    ],
)
def test_compiled_releases_of_other_releases_stop_and_leave_the_last_files(
    tmp_path: Path, kept: list[list[bytes]], said: str
) -> None:
    lake = filled(tmp_path)
    write_ocds_exports(lake, PUBLISHER, DATE)
    before = {path.name: path.read_bytes() for path in lake.exports("paris").iterdir()}
    write(lake, RELEASES, [line for group in kept for line in group])
    with pytest.raises(OutdatedError, match=f"{said}.*ocds_compiled_releases"):
        write_ocds_exports(lake, PUBLISHER, DATE)
    assert {path.name: path.read_bytes() for path in lake.exports("paris").iterdir()} == before
