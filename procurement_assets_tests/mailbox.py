"""An SMTP server of this machine, for the tests of what is told by e-mail."""

from __future__ import annotations

import email
import socket
from collections.abc import Iterator
from email.message import Message
from typing import Any

import pytest
from aiosmtpd.controller import Controller


class Box:
    """A mail box of aiosmtpd; `refuse`: what it answers instead of taking a message."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.refuse = ""

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 (aiosmtpd)
        if self.refuse:
            return self.refuse
        self.mails.append(email.message_from_bytes(envelope.content))
        return "250 OK"


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[Box]:
    """An SMTP server on this machine, set as the one of the project."""
    box = Box()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        monkeypatch.setenv("PROCUREMENT_SMTP_HOST", "127.0.0.1")
        monkeypatch.setenv("PROCUREMENT_SMTP_PORT", str(port))
        monkeypatch.setenv("PROCUREMENT_ALERT_EMAIL", "fiabilisation@paris.fr,dfa@paris.fr")
        yield box
    finally:
        controller.stop()
