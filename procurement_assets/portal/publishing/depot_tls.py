"""FTP over TLS as servers ask for it: the data connection takes up the TLS session of the control connection.

Most servers refuse another session on it (vsftpd: `require_ssl_reuse`, the default), since a stranger could have opened
the connection; `ftplib` makes a new one each time.
"""

from __future__ import annotations

import ftplib
import socket
import ssl


class Ftps(ftplib.FTP_TLS):
    """A client whose data connections are encrypted (`prot_p` is called first) and prove who opened them."""

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        """Open the data connection of a command; its socket, and the size where the server says it."""
        plain, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        session = self.sock.session if isinstance(self.sock, ssl.SSLSocket) else None
        return self.context.wrap_socket(plain, server_hostname=self.host, session=session), size
