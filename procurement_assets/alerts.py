"""What is told when a run fails: one message with what, where and what to do; to the log, and by e-mail with SMTP."""

from __future__ import annotations

import logging
import smtplib
from email.message import EmailMessage

import msgspec

from procurement_assets.settings import Settings

log = logging.getLogger("procurement_assets.alerts")


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """A failed run."""

    job: str
    run_id: str
    publisher: str
    steps: tuple[tuple[str, str], ...]
    """(step, error message) of each failure."""


def message(alert: Alert, settings: Settings) -> tuple[str, str]:
    """Subject and text of an alert, in French."""
    subject = f"[procurement_assets] échec de {alert.job} pour {alert.publisher or 'tous'}"
    lines = [
        f"Le traitement « {alert.job} » a échoué pour le publieur « {alert.publisher or 'tous'} ».",
        "",
        *(f"- {step} : {error}" for step, error in alert.steps or (("inconnu", "aucune étape n'a été atteinte"),)),
        "",
        f"Détail et journal : {settings.ui_url}/runs/{alert.run_id}",
        "Les exports de la dernière exécution réussie restent en place.",
        "Que faire : lire l'étape en échec dans l'interface, corriger la cause, puis « Re-execute from failure ».",
    ]
    return subject, "\n".join(lines)


def send(alert: Alert, settings: Settings) -> bool:
    """Log the alert, and send it where SMTP and an address are set. Returns whether an e-mail left.

    A mail server that refuses is logged and does not hide the failure that the alert is about.
    """
    subject, text = message(alert, settings)
    log.error("%s\n%s", subject, text)
    if not (settings.smtp_host and settings.alert_email):
        return False
    mail = EmailMessage()
    mail["Subject"], mail["To"] = subject, ", ".join(settings.alert_email)
    mail["From"] = settings.smtp_from or settings.smtp_user or settings.alert_email[0]
    mail.set_content(text)
    try:
        with smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=30) as server:
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls()
                server.ehlo()
            if settings.smtp_user and settings.smtp_password:
                server.login(settings.smtp_user, settings.smtp_password)
            server.send_message(mail)
    except (OSError, smtplib.SMTPException) as error:
        log.error("l'alerte n'a pas pu être envoyée par %s : %s", settings.smtp_host, error)
        return False
    return True
