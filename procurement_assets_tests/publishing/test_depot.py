"""The drop folder on a disk, swapped at once."""

from __future__ import annotations

import csv
import dataclasses
import errno
import io
from pathlib import Path
from typing import Any

import pytest

from procurement_assets.lake import Lake
from procurement_assets.portal.publishing import depot
from procurement_assets.portal.publishing.depot import Depot
from procurement_assets.portal.publishing.engine import ReadBackError, publish
from procurement_assets.portal.publishing.http import PortalError
from procurement_assets.portal.publishing.plan import Step
from procurement_assets.portal.publishing.portal import Outcome
from procurement_assets.portal.publishing.safety import Thresholds
from procurement_assets.portal.publishing.targets import portal_of
from procurement_assets.settings import Settings
from procurement_assets_tests.publishing.support import contents, job, publisher, rows, write_exports

pytestmark = pytest.mark.usefixtures("small_table")


def _publish(lake: Lake, folder: Path) -> Any:
    who = publisher()
    return publish(job(lake, who), Depot(who, folder))


def test_the_folder_has_every_file_the_manifest_and_the_harvesters_index(lake: Lake, tmp_path: Path) -> None:
    _publish(lake, tmp_path / "depot")
    shown = contents(tmp_path / "depot" / "courant")
    exports = contents(Path(str(lake.exports("ville"))))
    assert {k: shown[k] for k in exports} == exports
    index = list(csv.DictReader(io.StringIO(shown["index.csv"].decode()), delimiter=";"))
    assert len(index) == 1
    line = index[0]
    assert (line["name"], line["title"]) == ("decp-ville", "Marchés de la Ville")
    assert line["keyword"] == "commande publique,OCDS"
    assert line["dcat.accrualperiodicity"] == "quotidienne"
    assert line["source_dataset"] in shown
    schema = list(csv.DictReader(io.StringIO(shown[line["schema_file"]].decode()), delimiter=";"))
    assert [s["type"] for s in schema if s["name"] in ("datenotification", "montant")] == ["date", "double"]


def test_a_publication_is_seen_at_once_and_the_one_before_stays_for_its_readers(lake: Lake, tmp_path: Path) -> None:
    folder = tmp_path / "depot"
    _publish(lake, folder)
    with (folder / "courant" / "decp_marches.csv").open() as reading:
        write_exports(lake, rows(6))
        _publish(lake, folder)
        assert reading.read().count("ocds-a1b2c3") == 5
    assert (folder / "courant" / "decp_marches.csv").read_text().count("ocds-a1b2c3") == 6
    write_exports(lake, rows(7))
    _publish(lake, folder)
    assert len(list((folder / "versions").iterdir())) == 2
    _publish(lake, folder)  # nothing new: the one before stays all the same
    assert len(list((folder / "versions").iterdir())) == 2


def test_an_unchanged_publication_writes_nothing(lake: Lake, tmp_path: Path) -> None:
    _publish(lake, tmp_path / "depot")
    assert _publish(lake, tmp_path / "depot").steps == 0


def test_a_file_that_was_damaged_in_the_folder_is_found_and_written_again(lake: Lake, tmp_path: Path) -> None:
    _publish(lake, tmp_path / "depot")
    damaged = tmp_path / "depot" / "courant" / "decp_marches.csv"
    damaged.write_text("abîmé")
    report = _publish(lake, tmp_path / "depot")
    assert report.sent == ("decp_marches.csv",)
    assert damaged.read_text().count("ocds-a1b2c3") == 5


class Spoiling(Depot):
    """A folder whose disk spoils a file after the swap."""

    def execute(self, step: Step) -> Outcome:
        """As the folder, then the damage."""
        outcome = super().execute(step)
        if step.action == "folder.swap":
            (self.root / "courant" / "decp_marches.csv").write_text("abîmé")
        return outcome


class Losing(Depot):
    """A folder whose disk spoils a file as it is written."""

    def execute(self, step: Step) -> Outcome:
        """As the folder, then the damage."""
        outcome = super().execute(step)
        if step.file == "decp_marches.csv":
            (self.root / step.address).write_text("abîmé")
        return outcome


def test_a_file_spoilt_while_it_is_written_is_never_shown(lake: Lake, tmp_path: Path) -> None:
    folder, who = tmp_path / "depot", publisher()
    with pytest.raises(PortalError, match=r"decp_marches\.csv n'est pas ce qui y a été écrit ; rien n'est montré"):
        publish(job(lake, who), Losing(who, folder))
    assert not (folder / "courant").exists()
    _publish(lake, folder)
    assert (folder / "courant" / "decp_marches.csv").read_text().count("ocds-a1b2c3") == 5


def test_a_read_back_that_disagrees_goes_back_to_the_folder_before(lake: Lake, tmp_path: Path) -> None:
    folder = tmp_path / "depot"
    _publish(lake, folder)
    before = contents(folder / "courant")
    write_exports(lake, rows(6))
    who = publisher()
    with pytest.raises(ReadBackError, match=r"decp_marches\.csv, sha256 .* courant est revenu à la version"):
        publish(job(lake, who), Spoiling(who, folder))
    assert contents(folder / "courant") == before
    write_exports(lake, rows(6), note="autre")
    _publish(lake, folder)
    assert (folder / "courant" / "decp_marches.csv").read_text().count("ocds-a1b2c3") == 6


def test_a_folder_where_something_else_stands_is_left_alone(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "depot" / "courant").mkdir(parents=True)
    (tmp_path / "depot" / "courant" / "mien.txt").write_text("à garder")
    with pytest.raises(PortalError, match="n'est pas un lien fait par cet outil"):
        _publish(lake, tmp_path / "depot")
    assert (tmp_path / "depot" / "courant" / "mien.txt").read_text() == "à garder"


def test_what_others_put_beside_the_folders_is_neither_counted_nor_deleted(lake: Lake, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "versions" / "lost+found").mkdir(parents=True)
    (out / "versions" / "LISEZ-MOI.txt").write_text("à garder")
    (out / "versions" / "0123456789ab").symlink_to(tmp_path)
    names = []
    for count in (5, 6, 7):
        names.append(write_exports(lake, rows(count))[:12])
        assert (
            publish(job(lake, publisher(), limits=Thresholds(sum_change=100)), Depot(publisher(), out)).status
            == "published"
        )
    assert {p.name for p in (out / "versions").iterdir()} == {
        "lost+found",
        "LISEZ-MOI.txt",
        "0123456789ab",
        *names[1:],
    }


def test_a_disk_that_cannot_be_read_is_told_in_one_line(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(*_: Any) -> str:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(depot, "_digest", unreadable)
    with pytest.raises(PortalError, match=r"dossier de dépôt .*out : illisible \(.*Input/output error"):
        publish(job(lake, publisher()), Depot(publisher(), tmp_path / "out"))


def test_two_publishers_do_not_share_a_folder(tmp_path: Path) -> None:
    both = Settings(lake="x", depot=str(tmp_path), publish=("ville:depot", "autre:depot"))
    with pytest.raises(PortalError, match="un seul dossier de dépôt pour autre et ville"):
        portal_of(both, publisher(), "depot", asking=True)
    apart = dataclasses.replace(both, depot=f"{tmp_path}/{{publisher}}")
    assert portal_of(apart, publisher(), "depot", asking=True).title == f"dossier de dépôt {tmp_path}/ville"
    alone = dataclasses.replace(both, publish=("ville:depot", "autre:opendatasoft"))
    assert portal_of(alone, publisher(), "depot", asking=True).title == f"dossier de dépôt {tmp_path}"
