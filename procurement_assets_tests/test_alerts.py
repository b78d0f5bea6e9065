"""Alerts: what they say, and that they leave by e-mail only where a server is set."""

from __future__ import annotations

import logging
import smtplib
import ssl
from email.message import EmailMessage
from typing import Any

import dagster as dg
import pytest

from procurement_assets.alerts import Alert, message, send
from procurement_assets.automation import step_cause
from procurement_assets.settings import Settings
from procurement_assets.sources.errors import SourceUnavailable

ALERT = Alert(job="refresh", run_id="abc", publisher="paris", steps=(("lecture", "fichier illisible"),))


def test_an_alert_says_what_where_and_what_to_do() -> None:
    subject, text = message(ALERT, Settings(lake="x", ui_url="https://dagster.paris.fr"))
    assert subject == "[procurement_assets] échec de refresh pour paris"
    assert "- lecture : fichier illisible" in text
    assert "https://dagster.paris.fr/runs/abc" in text
    assert "Que faire" in text


def test_without_a_mail_server_the_alert_is_only_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        assert not send(ALERT, Settings(lake="x", alert_email=("a@paris.fr",)))
    assert "fichier illisible" in caplog.text


class FakeSMTP:
    sent: list[EmailMessage]
    tls = True
    """Whether the server offers to encrypt."""

    def __init__(self, host: str, port: int, timeout: int) -> None:
        self.host = host

    def __enter__(self) -> FakeSMTP:
        return self

    def __exit__(self, *_: Any) -> None: ...

    def ehlo(self) -> None: ...

    def has_extn(self, _: str) -> bool:
        return self.tls

    def starttls(self, *, context: ssl.SSLContext) -> None:
        assert context.verify_mode == ssl.CERT_REQUIRED

    def login(self, user: str, password: str) -> None:
        assert (user, password) == ("u", "secret")

    def send_message(self, mail: EmailMessage) -> None:
        type(self).sent.append(mail)


def test_with_a_mail_server_the_alert_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeSMTP.sent = []
    monkeypatch.setattr(smtplib, "SMTP", FakeSMTP)
    settings = Settings(
        lake="x", alert_email=("a@paris.fr", "b@paris.fr"), smtp_host="mail", smtp_user="u", smtp_password="secret"
    )
    assert send(ALERT, settings)
    assert FakeSMTP.sent[0]["To"] == "a@paris.fr, b@paris.fr"
    assert "fichier illisible" in FakeSMTP.sent[0].get_content()


def test_a_password_is_not_sent_to_a_server_that_does_not_encrypt(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    FakeSMTP.sent = []
    monkeypatch.setattr(smtplib, "SMTP", FakeSMTP)
    monkeypatch.setattr(FakeSMTP, "tls", False)
    settings = Settings(lake="x", alert_email=("a@paris.fr",), smtp_host="mail", smtp_user="u", smtp_password="secret")
    assert not send(ALERT, settings)
    assert FakeSMTP.sent == []
    assert "STARTTLS" in caplog.text
    open_relay = Settings(lake="x", alert_email=("a@paris.fr",), smtp_host="mail")
    assert send(ALERT, open_relay)  # without a password there is nothing to protect but the text


def test_a_mail_server_that_refuses_does_not_hide_the_failure(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("connection refused")

    monkeypatch.setattr(smtplib, "SMTP", refuse)
    with caplog.at_level(logging.ERROR):
        assert not send(ALERT, Settings(lake="x", alert_email=("a@paris.fr",), smtp_host="mail"))
    assert "connection refused" in caplog.text
    assert "fichier illisible" in caplog.text


def failing_step(error: Exception, cause: Exception | None, retries: int) -> dg.DagsterEvent:
    """The event of a step that raised an error, from another or not."""

    @dg.asset(retry_policy=dg.RetryPolicy(max_retries=retries))
    def lecture() -> None:
        raise error from cause

    result = dg.materialize([lecture], instance=dg.DagsterInstance.ephemeral(), raise_on_error=False)
    (event,) = [e for e in result.all_events if e.is_step_failure]
    return event


@pytest.mark.parametrize(
    ("error", "cause", "said"),
    [
        (SourceUnavailable("source 'a' : illisible, relancer"), KeyError("x"), "source 'a' : illisible, relancer"),
        (dg.Failure("publication refusée"), None, "publication refusée"),
        (ZeroDivisionError("division by zero"), None, "ZeroDivisionError: division by zero"),
    ],
)
@pytest.mark.parametrize("retries", [0, 1])
def test_a_failed_step_is_told_in_the_words_of_what_it_raised_and_not_of_its_cause(
    error: Exception, cause: Exception | None, said: str, retries: int
) -> None:
    assert step_cause(failing_step(error, cause, retries)) == said


def test_a_blocking_check_is_told_in_french_with_its_asset() -> None:
    @dg.asset
    def contracts() -> None: ...

    @dg.asset_check(asset=contracts, blocking=True)
    def uid_unique() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=False)

    result = dg.materialize([contracts, uid_unique], instance=dg.DagsterInstance.ephemeral(), raise_on_error=False)
    (event,) = [e for e in result.all_events if e.is_step_failure]
    assert step_cause(event) == "contrôle bloquant en échec : contracts, uid_unique"
