"""What is told to people: one message with what, where and what to do; to the log, and by e-mail with SMTP."""

from __future__ import annotations

import logging
import smtplib
import ssl
from email.message import EmailMessage
from typing import Literal

import msgspec

from procurement_assets.portal.publishing.http import redact
from procurement_assets.settings import Settings

log = logging.getLogger("procurement_assets.alerts")
_LOCAL = ("127.0.0.1", "localhost", "::1")


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """A failed run."""

    job: str
    run_id: str
    publisher: str
    steps: tuple[tuple[str, str], ...]
    """(step, error message) of each failure."""
    checks: tuple[tuple[str, str], ...] = ()
    """(asset and name, what it says) of each blocking check that failed."""

    @property
    def of_publication(self) -> bool:
        """Whether it is the publication that was refused, taken back or cut: the data itself was built."""
        return bool(self.steps) and all(s.startswith("publication_") for s, _ in self.steps) and not self.data_blocked

    @property
    def data_blocked(self) -> bool:
        """Whether a blocking check of the data failed."""
        return any(not name.startswith("publication_") for name, _ in self.checks)


def message(alert: Alert, settings: Settings) -> tuple[str, str]:
    """Subject and text of an alert, in French: what, where, what to do."""
    who = alert.publisher or "tous"
    what = "publication arrêtée" if alert.of_publication else f"échec de {alert.job}"
    lines = [
        f"Le traitement « {alert.job} » a échoué pour le publieur « {who} ».",
        "",
        *(f"- {step} : {error}" for step, error in alert.steps or (("inconnu", "aucune étape n'a été atteinte"),)),
        *(f"- contrôle bloquant {name} : {said}" for name, said in alert.checks),
        "",
        f"Détail et journal : {settings.ui_url}/runs/{alert.run_id}",
        "Les exports de la dernière exécution réussie restent en place ; ce qui est en ligne sur les portails aussi.",
        f"Que faire : {_advice(alert)}",
    ]
    return f"[procurement_assets] {what} pour {who}", "\n".join(lines)


def _advice(alert: Alert) -> str:
    if alert.data_blocked:
        return (
            "ouvrir le contrôle bloquant dans l'interface, corriger la donnée ou sa cause, puis relancer « refresh » : "
            "rien n'est publié tant qu'il échoue."
        )
    if alert.of_publication:
        return (
            "lire la raison ci-dessus et docs/publication.md (accepter une baisse, clé refusée, relecture différente, "
            "revenir en arrière), puis relancer le travail « publication »."
        )
    return "lire l'étape en échec dans l'interface, corriger la cause, puis « Re-execute from failure »."


def send(alert: Alert, settings: Settings) -> bool:
    """Log the alert of a failed run, and send it where SMTP and an address are set. Whether an e-mail left.

    A mail server that refuses is logged and does not hide the failure that the alert is about.
    """
    subject, text = message(alert, settings)
    return deliver(subject, text, settings) == "sent"


Delivery = Literal["sent", "logged", "failed"]
"""An e-mail left; there is nowhere to send one; the mail server refused or does not answer."""


def deliver(subject: str, text: str, settings: Settings, level: int = logging.ERROR) -> Delivery:
    """Log a message, and send it to the people to be told where SMTP and an address are set."""
    log.log(level, "%s\n%s", subject, text)
    if not (settings.smtp_host and settings.alert_email):
        return "logged"
    mail = EmailMessage()
    mail["Subject"], mail["To"] = subject, ", ".join(settings.alert_email)
    mail["From"] = settings.smtp_from or settings.smtp_user or settings.alert_email[0]
    mail.set_content(text)
    try:
        _send(mail, settings, settings.smtp_host)
    except (OSError, smtplib.SMTPException) as error:
        said = redact(str(error), [settings.smtp_password or ""])
        log.error("le courriel n'a pas pu être envoyé par %s : %s", settings.smtp_host, said)
        return "failed"
    return "sent"


def _send(mail: EmailMessage, settings: Settings, host: str) -> None:
    with smtplib.SMTP(host, settings.smtp_port, timeout=30) as server:
        server.ehlo()
        secure = server.has_extn("starttls")
        if secure:
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
        if settings.smtp_user and settings.smtp_password:
            if not secure and host not in _LOCAL:
                raise smtplib.SMTPException("le serveur ne chiffre pas (STARTTLS) : le mot de passe n'est pas envoyé")
            server.login(settings.smtp_user, settings.smtp_password)
        server.send_message(mail)
