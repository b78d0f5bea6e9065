"""What stands before a server in tests: it numbers the calls, and may kill the client before or after any of them."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding", "server", "date"}


class Forwarder:
    """A loopback address that forwards to `upstream` (`http://host:port`), one call at a time."""

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.requests: list[tuple[str, str]] = []
        self.moment: tuple[int, str] | None = None
        """(number of the call, `before` or `after`): when to kill."""
        self.kill: Callable[[], None] = lambda: None
        self.changed: Callable[[], None] = lambda: None
        """Called after each call that may have changed something."""
        self._lock = threading.Lock()
        self._session = requests.Session()
        forwarder = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = 65536

            def handle_any(self) -> None:
                with forwarder._lock:
                    forwarder._handle(self)

            do_GET = do_POST = do_PUT = do_DELETE = handle_any

            def log_message(self, *_: Any) -> None: ...

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.http.server_address[1]}"

    @contextmanager
    def running(self) -> Iterator[Forwarder]:
        """The forwarder, answering."""
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield self
        finally:
            self.http.shutdown()
            self.http.server_close()

    def _handle(self, http: BaseHTTPRequestHandler) -> None:
        body = http.rfile.read(int(http.headers.get("Content-Length") or 0))
        self.requests.append((http.command, http.path))
        number = len(self.requests)
        if self.moment == (number, "before"):
            self._kill(http)
            return
        headers = {k: v for k, v in http.headers.items() if k.lower() not in ("host", "accept-encoding")}
        answer = self._session.request(
            http.command, self.upstream + http.path, data=body, headers=headers, allow_redirects=False, timeout=60
        )
        if http.command != "GET":
            self.changed()
        if self.moment == (number, "after"):
            self._kill(http)
            return
        with contextlib.suppress(OSError):
            http.send_response(answer.status_code)
            for name, value in answer.headers.items():
                if name.lower() not in _HOP:
                    http.send_header(name, value)
            http.send_header("Content-Length", str(len(answer.content)))
            http.end_headers()
            http.wfile.write(answer.content)

    def _kill(self, http: BaseHTTPRequestHandler) -> None:
        self.kill()
        http.close_connection = True
        with contextlib.suppress(OSError):
            http.connection.shutdown(2)
