"""No key anywhere: what portals and mail servers repeat of them is searched in everything that a run leaves.

Our servers put the key that they were given in what they answer. Searched: each file of the lake (plans, journals,
locks; tables decoded) and of the Dagster instance (runs with their tags and configuration, events, logs), the log, the
e-mails, the tracebacks with all their causes.
"""

from __future__ import annotations

import logging
import smtplib
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import msgspec
import polars as pl
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from procurement_assets.alerts import Alert, send
from procurement_assets.assets.partitions import PUBLISHERS
from procurement_assets.automation import alert_on_failure
from procurement_assets.lake import Lake
from procurement_assets.portal.publishing.engine import publish
from procurement_assets.portal.publishing.targets import portal_of
from procurement_assets.publisher_portal import DatagouvPortal
from procurement_assets.settings import Settings, load_settings
from procurement_assets_tests.mailbox import Box, box
from procurement_assets_tests.publishing.ftp_server import FtpServer
from procurement_assets_tests.publishing.graph import (
    DATAGOUV_KEY,
    FTP_KEY,
    Run,
    failure_context,
    instance,
    lake,
    new_instance,
    run,
)
from procurement_assets_tests.publishing.ods_server import KEY, Server
from procurement_assets_tests.publishing.support import job

__all__ = ["box", "instance", "lake", "new_instance", "run"]
pytestmark = pytest.mark.usefixtures("small_table")
MAIL_PASSWORD = "mot-de-passe-du-courriel-27"
SECRETS = (KEY, FTP_KEY, DATAGOUV_KEY, MAIL_PASSWORD)


@pytest.fixture
def udata_that_tells(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch, lake: Lake) -> HTTPServer:
    """A data.gouv.fr that repeats the key in a page of HTML, whatever it is asked."""

    def answer(request: Request) -> Response:
        return Response(f"<html>clé {request.headers.get('X-API-KEY')}</html>", 200, content_type="text/html")

    httpserver.expect_request("/api/1/me/").respond_with_handler(answer)
    who = PUBLISHERS.publishers["paris"]
    settings = DatagouvPortal(api_url=httpserver.url_for("/api/1"))
    portal = msgspec.structs.replace(who.about, datagouv=settings)
    monkeypatch.setitem(PUBLISHERS.publishers, "paris", msgspec.structs.replace(who, portal=portal))
    return httpserver


def _told(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder; tables as text, since theirs is packed."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield str(path), path.read_bytes()
            if path.suffix == ".parquet" and "tables" in path.parts:
                yield f"{path} (lu)", str(pl.read_parquet(path).to_dicts()).encode()


@pytest.mark.usefixtures("udata_that_tells")
@pytest.mark.parametrize("fault", [None, 401, 500, "wrong", "error", "cut"])
def test_no_key_is_in_any_log_event_file_table_or_e_mail(
    run: Run,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
    instance: dg.DagsterInstance,
    box: Box,
    fault: int | str | None,
) -> None:
    monkeypatch.setenv("PROCUREMENT_PUBLISH", "paris:opendatasoft,paris:datagouv,paris:depot")
    monkeypatch.setenv("PROCUREMENT_DEPOT", "ftp://ville@127.0.0.1:1/")
    monkeypatch.setenv("PROCUREMENT_SMTP_PASSWORD", MAIL_PASSWORD)
    if isinstance(fault, int) or fault == "cut":
        server.fault = lambda *_: fault
    elif fault:
        server.portal.publish_ends = [fault]
    with caplog.at_level(logging.DEBUG):
        result = run()
        alert_on_failure(failure_context(result, instance))
    assert not result.success  # data.gouv.fr answers with a page, the drop folder's server is down
    found = dict(_told(tmp_path))
    assert any(name.endswith("(lu)") for name in found)
    assert {"plan.html", "plan.json", "000001.jsonl"} <= {Path(name).name for name in found}
    assert [name for name, data in found.items() if any(s.encode() in data for s in SECRETS)] == []
    (mail,) = box.mails
    told = [caplog.text, mail.as_string(), str(mail.get_payload(decode=True)), " ".join(map(str, result.all_events))]
    told += [str(instance.get_run_by_id(result.run_id)), repr(load_settings())]
    assert [text for text in told if any(s in text for s in SECRETS)] == []
    assert "page HTML au lieu d'une réponse" in told[3]


def _opendatasoft(server: Server, *_: Any) -> Any:
    server.fault = lambda *_: 401


def _opendatasoft_down(server: Server, *_: Any) -> Any:
    server.fault = lambda *_: 500


def _nothing(*_: Any) -> Any: ...


@pytest.mark.usefixtures("udata_that_tells")
@pytest.mark.parametrize(
    ("target", "prepare"),
    [
        ("opendatasoft", _opendatasoft),
        ("opendatasoft", _opendatasoft_down),
        ("datagouv", _nothing),
        ("depot", _nothing),
    ],
)
def test_no_key_is_in_a_traceback_nor_in_any_of_its_causes(
    lake: Lake,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    start_ftp: Callable[..., FtpServer],
    tmp_path: Path,
    target: str,
    prepare: Callable[..., Any],
) -> None:
    monkeypatch.setenv("PROCUREMENT_DEPOT", start_ftp(tmp_path).address)  # its password is another one
    prepare(server)
    who, settings = PUBLISHERS.publishers["paris"], load_settings()
    with pytest.raises(Exception) as error:  # noqa: PT011 - whatever it is
        publish(job(lake, who), portal_of(settings, who, target, asking=True))
    lines = "".join(traceback.format_exception(error.value))
    assert "Traceback" in lines
    assert [s for s in SECRETS if s in lines] == []


def test_a_mail_server_that_repeats_the_password_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise smtplib.SMTPAuthenticationError(535, f"refusé : {MAIL_PASSWORD}".encode())

    monkeypatch.setattr(smtplib, "SMTP", refuse)
    alert = Alert(job="refresh", run_id="r", publisher="paris", steps=(("lecture", "illisible"),))
    settings = Settings(lake="x", alert_email=("a@paris.fr",), smtp_host="m", smtp_password=MAIL_PASSWORD)
    with caplog.at_level(logging.DEBUG):
        assert not send(alert, settings)
    assert "535" in caplog.text
    assert MAIL_PASSWORD not in caplog.text
