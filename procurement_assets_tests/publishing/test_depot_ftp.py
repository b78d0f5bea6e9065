"""The drop folder on an FTP server of pyftpdlib: index last, encrypted, refusals told."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from procurement_assets.lake import Lake
from procurement_assets.portal.publishing.depot_ftp import FtpDepot
from procurement_assets.portal.publishing.depot_tls import Ftps
from procurement_assets.portal.publishing.engine import publish
from procurement_assets.portal.publishing.http import KeyRefusedError, PortalError, UnavailableError
from procurement_assets.portal.publishing.safety import Thresholds
from procurement_assets_tests.publishing.ftp_server import FtpServer
from procurement_assets_tests.publishing.support import (
    contents,
    ftp_depot,
    harvested,
    job,
    publisher,
    rows,
    write_exports,
)

pytestmark = pytest.mark.usefixtures("small_table")


def _publish_ftp(lake: Lake, address: str, **options: Any) -> Any:
    who = publisher()
    return publish(job(lake, who), ftp_depot(who, address, **options))


def test_over_ftp_the_index_names_data_by_its_hash(
    lake: Lake, tmp_path: Path, start_ftp: Callable[..., FtpServer]
) -> None:
    home = tmp_path / "ftp"
    home.mkdir()
    server = start_ftp(home)
    _publish_ftp(lake, server.address)
    first = harvested(home)
    assert all("donnees/" in name for name in first if name != "index.csv")
    exports = contents(Path(str(lake.exports("ville"))))
    assert {k: v for k, v in contents(home).items() if k in exports} == exports
    assert _publish_ftp(lake, server.address).steps == 0
    write_exports(lake, rows(6))
    report = _publish_ftp(lake, server.address)
    assert "politique_publication.html" not in report.sent
    assert harvested(home) != first
    assert not list(home.rglob("*.part"))
    assert len(list((home / "donnees").glob("decp_marches-????????????.csv"))) == 2  # and the one before
    write_exports(lake, rows(7))
    _publish_ftp(lake, server.address)
    assert len(list((home / "donnees").glob("decp_marches-????????????.csv"))) == 2


def test_a_wrong_password_is_refused_and_not_shown(
    lake: Lake, tmp_path: Path, start_ftp: Callable[..., FtpServer]
) -> None:
    server = start_ftp(tmp_path)
    who = publisher()
    with pytest.raises(KeyRefusedError, match="accès refusé") as error:
        publish(job(lake, who), ftp_depot(who, server.address, "faux-mot-de-passe"))
    assert "faux-mot-de-passe" not in str(error.value)


def test_a_password_never_goes_over_plain_ftp() -> None:
    with pytest.raises(PortalError, match="ftps:// est exigé"):
        FtpDepot(publisher(), "ftp://ville@depot.exemple.fr/", password="x")


def test_a_password_in_the_address_is_refused_and_not_shown() -> None:
    with pytest.raises(PortalError, match="PROCUREMENT_DEPOT_PASSWORD") as error:
        FtpDepot(publisher(), "ftps://ville:tres-secret@exemple.fr/depot", password="autre")
    assert "tres-secret" not in str(error.value)


def test_a_server_that_is_down_is_told(lake: Lake) -> None:
    with pytest.raises(UnavailableError, match="pas de réponse après 4 essais"):
        _publish_ftp(lake, "ftp://ville@127.0.0.1:1/")


def test_over_ftps_control_and_data_are_encrypted_in_one_session(
    lake: Lake, tmp_path: Path, start_ftp: Callable[..., FtpServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    import ssl

    opened: list[Any] = []
    transfer = Ftps.ntransfercmd

    def noted(self: Ftps, *args: Any) -> Any:
        found = transfer(self, *args)
        opened.append(found[0].session_reused)
        return found

    monkeypatch.setattr(Ftps, "ntransfercmd", noted)

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
    assert set(opened) == {True}
    with pytest.raises(UnavailableError, match="certificate"):
        _publish_ftp(lake, server.address)


@pytest.mark.parametrize("index", [b"a,b\n1,2\n", b"\xff\xfe\x00", b"name;source_dataset\nx\n", b"\x00;\n"])
def test_where_the_index_is_not_ours_nothing_is_swept(
    lake: Lake, tmp_path: Path, start_ftp: Callable[..., FtpServer], index: bytes
) -> None:
    home = tmp_path / "ftp"
    (home / "donnees").mkdir(parents=True)
    (home / "index.csv").write_bytes(index)
    (home / "donnees" / "autre-0123456789ab.csv").write_text("à garder")
    server = start_ftp(home)
    who = publisher()
    assert publish(job(lake, who), ftp_depot(who, server.address)).status == "published"
    assert (home / "donnees" / "autre-0123456789ab.csv").read_text() == "à garder"
    assert len(harvested(home)) == 3
    (home / "donnees" / "notes.txt").write_text("à garder")
    write_exports(lake, rows(6), note="suite")
    publish(job(lake, who, limits=Thresholds(sum_change=100)), ftp_depot(who, server.address))
    assert not (home / "donnees" / "autre-0123456789ab.csv").exists()
    assert (home / "donnees" / "notes.txt").exists()
