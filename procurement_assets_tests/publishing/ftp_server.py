"""An FTP server of pyftpdlib on the loopback address, that can kill its client before or after any command."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from procurement_assets_tests.publishing.support import FTP_PASSWORD

Moment = tuple[int, str]
"""(number of the command, `before` or `after`)."""


class FtpServer:
    """The server, in a thread; `commands`: all that it was sent, in order."""

    def __init__(self, home: Path, certificate: Path | None = None) -> None:
        from pyftpdlib.authorizers import DummyAuthorizer
        from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
        from pyftpdlib.ioloop import IOLoop
        from pyftpdlib.servers import FTPServer

        self.commands: list[str] = []
        self.moment: Moment | None = None
        self.kill: Callable[[], None] = lambda: None
        self.cut: Callable[[str], bool] = lambda command: False
        """Whether to close everything when this command comes: a server that drops."""
        self.refusals: dict[str, str] = {}
        """Command to what it is refused with."""
        home.mkdir(exist_ok=True)
        authorizer = DummyAuthorizer()
        authorizer.add_user("ville", FTP_PASSWORD, str(home), perm="elradfmw")
        values: dict[str, Any] = {"authorizer": authorizer, "banner": "prêt"}
        if certificate is not None:
            values |= {"certfile": str(certificate), "tls_control_required": True, "tls_data_required": True}
        base = TLS_FTPHandler if certificate else FTPHandler
        values["process_command"] = _processing(self, base.process_command)
        # A loop of its own: servers of two threads must not share the one of the process.
        handler = type("Handler", (base,), values)
        self.server = FTPServer(("127.0.0.1", 0), handler, ioloop=IOLoop())
        scheme = "ftps" if certificate else "ftp"
        self.address = f"{scheme}://ville@127.0.0.1:{self.server.address[1]}/"
        self.thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"timeout": 0.01, "handle_exit": False}, daemon=True
        )
        self.thread.start()

    def close(self) -> None:
        """Stop it."""
        self.server.close_all()
        self.thread.join()


def _processing(server: FtpServer, process: Callable[..., Any]) -> Callable[..., Any]:
    """A handler's `process_command` that counts, and kills or cuts when told to."""

    def process_command(self: Any, cmd: str, *args: Any, **kwargs: Any) -> None:
        server.commands.append(cmd)
        number = len(server.commands)
        if server.moment == (number, "before"):
            server.kill()
            self.close()
            return
        if cmd in server.refusals:
            self.respond(server.refusals[cmd])
            return
        if server.cut(cmd):
            process(self, cmd, *args, **kwargs)
            self.close()
            return
        process(self, cmd, *args, **kwargs)
        if server.moment == (number, "after"):
            server.kill()
            self.close()

    return process_command
