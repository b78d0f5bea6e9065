"""The drop folder: on a disk, swapped at once; on an FTP server of pyftpdlib, index last."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from procurement_assets.lake import Lake
from procurement_assets.portal.publishing.depot import Depot
from procurement_assets.portal.publishing.depot_ftp import FtpDepot
from procurement_assets.portal.publishing.engine import ReadBackError, publish
from procurement_assets.portal.publishing.http import KeyRefusedError, PortalError, UnavailableError
from procurement_assets.portal.publishing.journal import read_state
from procurement_assets.portal.publishing.plan import Step
from procurement_assets.portal.publishing.portal import Outcome
from procurement_assets_tests.publishing.runner import KILLED, publish_depot, publish_ftp, start
from procurement_assets_tests.publishing.support import job, lake_at, publisher, rows, write_exports

pytestmark = pytest.mark.usefixtures("small_table")
PASSWORD = "mot-de-passe-ftp-7777"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake with exports."""
    found = lake_at(tmp_path)
    write_exports(found, rows(5))
    return found


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def _publish(lake: Lake, folder: Path) -> Any:
    who = publisher()
    return publish(job(lake, who), Depot(who, folder))


def test_the_folder_has_every_file_the_manifest_and_the_harvesters_index(lake: Lake, tmp_path: Path) -> None:
    _publish(lake, tmp_path / "depot")
    shown = _contents(tmp_path / "depot" / "courant")
    exports = _contents(Path(str(lake.exports("ville"))))
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


def test_a_read_back_that_disagrees_goes_back_to_the_folder_before(lake: Lake, tmp_path: Path) -> None:
    folder = tmp_path / "depot"
    _publish(lake, folder)
    before = _contents(folder / "courant")
    write_exports(lake, rows(6))
    who = publisher()
    with pytest.raises(ReadBackError, match=r"decp_marches\.csv, sha256 .* courant est revenu à la version"):
        publish(job(lake, who), Spoiling(who, folder))
    assert _contents(folder / "courant") == before
    write_exports(lake, rows(6), note="autre")
    _publish(lake, folder)
    assert (folder / "courant" / "decp_marches.csv").read_text().count("ocds-a1b2c3") == 6


def test_a_folder_where_something_else_stands_is_left_alone(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "depot" / "courant").mkdir(parents=True)
    (tmp_path / "depot" / "courant" / "mien.txt").write_text("à garder")
    with pytest.raises(PortalError, match="n'est pas un lien fait par cet outil"):
        _publish(lake, tmp_path / "depot")
    assert (tmp_path / "depot" / "courant" / "mien.txt").read_text() == "à garder"


def _kill_everywhere(
    lake: Lake, tmp_path: Path, kill: Callable[[Lake, Path, int, bool], int | None], again: Callable[[Lake, Path], Any]
) -> None:
    """Publish 5 contracts, then 6, killed at each step; the folder is then as without the kill, and was old or new."""
    base_lake, base = tmp_path / "base-lake", tmp_path / "base"
    base.mkdir()
    again(lake, base)
    write_exports(lake, rows(6), note="suite")
    shutil.copytree(str(lake.root), base_lake)
    whole = tmp_path / "whole"
    shutil.copytree(base, whole, symlinks=True)
    again(lake, whole)
    old, new = _shown(base), _shown(whole)
    assert old != new
    step = 0
    for after in (False, True):
        step = 0
        while True:
            step += 1
            killed, lake_copy = tmp_path / f"killed-{after}-{step}", tmp_path / f"lake-{after}-{step}"
            shutil.copytree(base, killed, symlinks=True)
            shutil.copytree(base_lake, lake_copy)
            code = kill(Lake(lake_copy), killed, step, after)
            if code == 0:
                break
            assert code == KILLED
            assert _shown(killed) in (old, new)
            again(Lake(lake_copy), killed)
            assert _contents(killed) == _contents(whole)
            assert read_state(Lake(lake_copy), "ville", "depot").unfinished == ""
    assert step > 5


def _shown(folder: Path) -> dict[str, bytes]:
    """What a harvester reads: what `index.csv` names."""
    root = folder / "courant" if (folder / "courant").exists() else folder
    index = (root / "index.csv").read_bytes()
    named = [
        p
        for r in csv.DictReader(io.StringIO(index.decode()), delimiter=";")
        for p in (r["source_dataset"], r["schema_file"])
    ]
    return {"index.csv": index, **{n: (root / n).read_bytes() for n in named}}


def _joined(process: Any) -> int | None:
    process.join(60)
    code: int | None = process.exitcode
    return code


def test_a_folder_killed_at_any_step_ends_the_same_and_shows_old_or_new(lake: Lake, tmp_path: Path) -> None:
    _kill_everywhere(
        lake,
        tmp_path,
        lambda where, folder, step, after: _joined(start(publish_depot, str(where.root), str(folder), step, after)),
        _publish,
    )


class FtpServer:
    """An FTP server on the loopback address, in a thread."""

    def __init__(self, home: Path, certificate: Path | None = None) -> None:
        from pyftpdlib.authorizers import DummyAuthorizer
        from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
        from pyftpdlib.servers import ThreadedFTPServer

        authorizer = DummyAuthorizer()
        authorizer.add_user("ville", PASSWORD, str(home), perm="elradfmw")
        values: dict[str, Any] = {"authorizer": authorizer, "banner": "prêt"}
        if certificate is not None:
            values |= {"certfile": str(certificate), "tls_control_required": True, "tls_data_required": True}
        handler = type("Handler", (TLS_FTPHandler if certificate else FTPHandler,), values)
        self.server = ThreadedFTPServer(("127.0.0.1", 0), handler)
        scheme = "ftps" if certificate else "ftp"
        self.address = f"{scheme}://ville@127.0.0.1:{self.server.address[1]}/"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"timeout": 0.01}, daemon=True)
        self.thread.start()

    def close(self) -> None:
        """Stop it."""
        self.server.close_all()
        self.thread.join()


@pytest.fixture
def start_ftp() -> Iterator[Callable[..., FtpServer]]:
    """Start servers; all are stopped at the end of the test."""
    pytest.importorskip("pyftpdlib")
    running: list[FtpServer] = []

    def start_one(home: Path, certificate: Path | None = None) -> FtpServer:
        running.append(FtpServer(home, certificate))
        return running[-1]

    yield start_one
    for server in running:
        server.close()


def _publish_ftp(lake: Lake, address: str, **options: Any) -> Any:
    who = publisher()
    return publish(job(lake, who), FtpDepot(who, address, password=PASSWORD, **options))


def test_over_ftp_the_index_names_data_by_its_hash(
    lake: Lake, tmp_path: Path, start_ftp: Callable[..., FtpServer]
) -> None:
    home = tmp_path / "ftp"
    home.mkdir()
    server = start_ftp(home)
    _publish_ftp(lake, server.address)
    first = _shown(home)
    assert all("donnees/" in name for name in first if name != "index.csv")
    exports = _contents(Path(str(lake.exports("ville"))))
    assert {k: v for k, v in _contents(home).items() if k in exports} == exports
    assert _publish_ftp(lake, server.address).steps == 0
    write_exports(lake, rows(6))
    report = _publish_ftp(lake, server.address)
    assert "politique_publication.html" not in report.sent
    assert _shown(home) != first
    assert not list(home.rglob("*.part"))
    assert len(list((home / "donnees").glob("decp_marches-????????????.csv"))) == 2  # and the one before
    write_exports(lake, rows(7))
    _publish_ftp(lake, server.address)
    assert len(list((home / "donnees").glob("decp_marches-????????????.csv"))) == 2


def test_an_ftp_folder_killed_at_any_step_ends_the_same_and_shows_old_or_new(
    lake: Lake, tmp_path: Path, start_ftp: Callable[..., FtpServer]
) -> None:
    def kill(where: Lake, folder: Path, step: int, after: bool) -> int | None:
        address = start_ftp(folder).address
        return _joined(start(publish_ftp, str(where.root), address, PASSWORD, step, after))

    def again(where: Lake, folder: Path) -> Any:
        return _publish_ftp(where, start_ftp(folder).address)

    _kill_everywhere(lake, tmp_path, kill, again)


def test_a_wrong_password_is_refused_and_not_shown(
    lake: Lake, tmp_path: Path, start_ftp: Callable[..., FtpServer]
) -> None:
    server = start_ftp(tmp_path)
    who = publisher()
    with pytest.raises(KeyRefusedError, match="accès refusé") as error:
        publish(job(lake, who), FtpDepot(who, server.address, password="faux-mot-de-passe"))
    assert "faux-mot-de-passe" not in str(error.value)


def test_a_password_never_goes_over_plain_ftp() -> None:
    with pytest.raises(PortalError, match="ftps:// est exigé"):
        FtpDepot(publisher(), "ftp://ville@depot.exemple.fr/", password="x")


def test_a_server_that_is_down_is_told(lake: Lake) -> None:
    with pytest.raises(UnavailableError, match="pas de réponse après 4 essais"):
        _publish_ftp(lake, "ftp://ville@127.0.0.1:1/")


def test_over_ftps_control_and_data_are_encrypted(
    lake: Lake, tmp_path: Path, start_ftp: Callable[..., FtpServer]
) -> None:
    import ssl

    pytest.importorskip("OpenSSL")
    if shutil.which("openssl") is None:
        pytest.skip("openssl is absent: no certificate for an FTPS server")
    home, certificate = tmp_path / "ftp", tmp_path / "cert.pem"
    home.mkdir()
    key = tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    certificate.write_text(certificate.read_text() + key.read_text())
    server = start_ftp(home, certificate)
    context = ssl.create_default_context(cafile=str(certificate))
    _publish_ftp(lake, server.address, context=context)
    assert (home / "decp_marches.csv").read_text().count("ocds-a1b2c3") == 5
    with pytest.raises(UnavailableError, match="certificate"):
        _publish_ftp(lake, server.address)
