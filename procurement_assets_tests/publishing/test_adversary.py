"""What goes wrong around a publication: pages in the place of answers, keys taken away, hands on the portal, odd files,
full disks, servers that drop, a clock that jumps."""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from procurement_assets.lake import Lake, write_bytes
from procurement_assets.portal.publishing.depot import Depot
from procurement_assets.portal.publishing.engine import publish
from procurement_assets.portal.publishing.http import KeyRefusedError, PortalError, UnavailableError
from procurement_assets.schema import TABLES
from procurement_assets_tests.publishing.ftp_server import FtpServer
from procurement_assets_tests.publishing.ods_scene import Scene, update
from procurement_assets_tests.publishing.ods_server import KEY, Server
from procurement_assets_tests.publishing.support import (
    contents,
    ftp_depot,
    harvested,
    job,
    lake_at,
    opendatasoft,
    publisher,
    rows,
    write_exports,
)

pytestmark = pytest.mark.usefixtures("small_table")
PAGE = (200, {"Content-Type": "text/html; charset=utf-8"})


def _only(number: int, fault: Any) -> Callable[[int, str, str], Any]:
    return lambda n, *_: fault if n == number else None


def test_a_page_served_as_200_at_any_call_is_not_taken_for_an_answer(server: Server, tmp_path: Path) -> None:
    scene = update(server, tmp_path, second=True)
    for call in range(1, len(scene.calls) + 1):
        lake = scene.again("paged")
        server.fault = _only(call, PAGE)
        scene.run(lake)
        server.fault = None
        assert server.portal.settled() == scene.end, call
        assert {*server.views} <= {scene.before, scene.shown}, call


def test_a_key_taken_away_at_any_call_leaves_the_old_or_the_new_and_the_next_run_ends_it(
    server: Server, tmp_path: Path
) -> None:
    scene = update(server, tmp_path)
    for call in range(1, len(scene.calls) + 1):
        lake = scene.again("refused")
        server.fault = lambda n, _, path, call=call: 401 if n >= call and "/automation/" in path else None
        try:
            scene.run(lake)
        except KeyRefusedError as error:
            assert "clé refusée (401)" in str(error)  # noqa: PT017 - some of the last calls need no key
        server.fault = None
        scene.run(lake)
        assert server.portal.settled() == scene.end, call
        assert {*server.views} <= {scene.before, scene.shown}, call


def _published(server: Server, folder: Path) -> Scene:
    """Five contracts online, nothing new to send."""
    lake = lake_at(folder)
    write_exports(lake, rows(5))
    scene = Scene(server, lake, folder)
    shutil.copytree(folder / "whole", folder / "published")
    return scene


@pytest.mark.parametrize("hand", ["unpublish", "resources", "fields", "alternative_exports", "attachments"])
def test_what_someone_took_away_on_the_portal_is_there_again_after_the_next_run(
    server: Server, tmp_path: Path, hand: str
) -> None:
    scene = _published(server, tmp_path)
    (dataset,) = server.portal.datasets.values()
    if hand == "unpublish":
        dataset.public = None
    else:
        dataset.draft[hand].pop(next(iter(dataset.draft[hand])))
        server.portal.publish(dataset)
        while dataset.queue:
            server.portal.move(dataset)
    scene.run(Lake(str(tmp_path / "published")))
    assert server.portal.settled() == scene.end


def test_a_column_that_is_no_longer_given_out_takes_its_rules_along_and_leaves_those_of_people(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _published(server, tmp_path)
    (dataset,) = server.portal.datasets.values()
    theirs = {"uid": "pr_x", "type": "type", "label": "fait à la main", "field": "montant", "type_param": "int"}
    dataset.draft["fields"]["pr_x"] = theirs
    table = TABLES["decp_marches"]
    columns = tuple(c for c in table.columns if c.name != "montant_suspect")
    monkeypatch.setitem(TABLES, "decp_marches", msgspec.structs.replace(table, columns=columns))
    lake, who = Lake(str(tmp_path / "published")), publisher(server.domain)
    write_exports(lake, [{k: v for k, v in r.items() if k != "montant_suspect"} for r in rows(5)])
    report = publish(job(lake, who), opendatasoft(who, KEY))
    assert report.status == "published"
    assert publish(job(lake, who), opendatasoft(who, KEY)).status == "unchanged"
    fields = {f.get("field") or f["from_name"] for f in dataset.draft["fields"].values()}
    assert "montant_suspect" not in fields
    assert dataset.draft["fields"]["pr_x"] == theirs


def _add(lake: Lake, files: dict[str, bytes]) -> None:
    """More files in the exports and in their manifest."""
    path = lake.exports("ville") / "manifest.json"
    manifest = json.loads(path.read_bytes())
    for name, data in files.items():
        write_bytes(lake.exports("ville") / name, data)
        manifest["files"].append({"name": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()})
    write_bytes(path, json.dumps(manifest).encode())


ODD = {"pièces jointes/note d'été n° 1.html": b"<p>\xc3\xa9t\xc3\xa9</p>", "vide.txt": b""}


def test_names_with_accents_and_spaces_and_empty_files_go_everywhere_and_once(
    lake: Lake, server: Server, tmp_path: Path, start_ftp: Callable[..., FtpServer]
) -> None:
    _add(lake, ODD)
    who, home = publisher(server.domain), tmp_path / "ftp"
    home.mkdir()
    address = start_ftp(home).address
    portals: list[Callable[[], Any]] = [
        lambda: opendatasoft(who, KEY),
        lambda: Depot(who, tmp_path / "dépôt à nous"),
        lambda: ftp_depot(who, address),
    ]
    for portal in portals:
        assert publish(job(lake, who), portal()).status == "published"
        assert (
            publish(
                job(lake, who),
                portal(),
            ).status
            == "unchanged"
        )
    for folder in (tmp_path / "dépôt à nous" / "courant", home):
        assert {n: contents(folder).get(n) for n in ODD} == ODD
    attachments = server.portal.public_view()["decp-ville"]["attachments"]
    assert len([a for a in attachments if a.startswith("pièces jointes__note d'été n° 1-")]) == 1


def test_a_full_disk_leaves_the_folder_before_and_the_next_run_ends(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, folder = publisher(), tmp_path / "depot"
    publish(job(lake, who), Depot(who, folder))
    before = harvested(folder)
    write_exports(lake, rows(6))
    copy = shutil.copyfileobj

    def full(source: Any, target: Any, size: int) -> None:
        target.write(source.read(10))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", full)
    with pytest.raises(PortalError, match=r"n'a pas pu être écrit .*No space left on device"):
        publish(job(lake, who), Depot(who, folder))
    assert harvested(folder) == before
    assert not list(folder.rglob(".*.part"))
    monkeypatch.setattr(shutil, "copyfileobj", copy)
    publish(job(lake, who), Depot(who, folder))
    assert harvested(folder) != before


@pytest.mark.parametrize("command", ["STOR", "RETR", "RNTO", "MKD", "NLST"])
def test_an_ftp_server_that_drops_is_asked_again_and_the_harvester_sees_old_or_new(
    lake: Lake, tmp_path: Path, start_ftp: Callable[..., FtpServer], command: str
) -> None:
    server, who = start_ftp(tmp_path / "base"), publisher()
    drops = iter(range(1 if command in ("MKD", "NLST") else 3))
    server.cut = lambda c: c == command and next(drops, None) is not None
    publish(job(lake, who), ftp_depot(who, server.address))
    assert next(drops, None) is None
    exports = contents(Path(str(lake.exports("ville"))))
    assert {k: v for k, v in contents(tmp_path / "base").items() if k in exports} == exports
    assert not list((tmp_path / "base").rglob("*.part"))


def test_an_ftp_server_that_is_full_is_told_and_not_asked_again(
    lake: Lake, tmp_path: Path, start_ftp: Callable[..., FtpServer]
) -> None:
    server, who = start_ftp(tmp_path / "base"), publisher()
    server.refusals = {"STOR": "552 Quota exceeded."}
    with pytest.raises(PortalError, match=r"le serveur refuse \(552 Quota exceeded.\) ; vérifier la place"):
        publish(job(lake, who), ftp_depot(who, server.address))
    assert server.commands.count("STOR") == 1


def test_a_proxy_that_is_down_is_told_without_its_password(
    lake: Lake, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://ville:mot-de-passe-du-proxy@127.0.0.1:1")
    who = publisher(server.domain)
    with pytest.raises(UnavailableError, match="abandonné après 3 essais") as error:
        publish(job(lake, who), opendatasoft(who, KEY))
    assert "mot-de-passe-du-proxy" not in str(error.value)
    assert server.requests == []


def test_a_clock_that_jumps_while_publishing_mixes_nothing(
    lake: Lake, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, real = publisher(server.domain), time.time
    jumps = iter([-86_400.0, 86_400.0, -3_600.0] * 1000)
    monkeypatch.setattr(time, "time", lambda: real() + next(jumps))
    publish(job(lake, who), opendatasoft(who, KEY))
    monkeypatch.setattr(time, "time", real)
    write_exports(lake, rows(6))
    assert publish(job(lake, who), opendatasoft(who, KEY)).status == "published"
    assert len(server.portal.public_view()["decp-ville"]["records"]) == 6
