"""The server of the Data Docs: `python -m procurement_assets docs`. The Dagster UI follows no link to a file.

It listens on this machine alone (127.0.0.1), on the port of `PROCUREMENT_DOCS_URL`, gives the pages of
`LAKE/data_docs` and nothing else, and lists no folder: its first page names the publishers. Behind a reverse proxy it
is one more address to protect (docs/securite.md).
"""

from __future__ import annotations

import html
import io
import os
import tempfile
import threading
import time
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from procurement_assets.lake import Lake
from procurement_assets.quality.datadocs import copy_site, docs_folder

HOST = "127.0.0.1"
DEFAULT_PORT = 3001


class DocsHandler(SimpleHTTPRequestHandler):
    """Pages only: no list of a folder, nothing kept by browsers, no log line per request."""

    def list_directory(self, path: Any) -> io.BytesIO | None:
        """The first page at the root; elsewhere not found, in place of the list that the library would give."""
        if Path(path) != Path(self.directory):
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        page = first_page(Path(self.directory)).encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        return io.BytesIO(page)

    def end_headers(self) -> None:
        """Headers that every answer has: the pages are the run's, and load nothing from elsewhere."""
        self.send_header("Cache-Control", "no-cache")
        self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the addresses asked for are of no use to anyone."""


def first_page(folder: Path) -> str:
    """What the address of the server shows: a link to the pages of each publisher that has some."""
    names = sorted(html.escape(p.parent.name) for p in folder.glob("*/index.html"))
    links = "".join(f'<li><a href="{name}/index.html">{name}</a></li>' for name in names)
    body = f"<ul>{links}</ul>" if names else "<p>Aucune page : lancer d'abord refresh (ou demo).</p>"
    return (
        '<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><title>Data Docs</title></head>'
        f"<body><h1>Data Docs, par publieur</h1>{body}</body></html>"
    )


def docs_server(lake: Lake, port: int) -> ThreadingHTTPServer:
    """A server of the pages of a lake, bound and ready to serve. Raises OSError where the port is taken."""
    if lake.is_local:
        folder = Path(str(docs_folder(lake)))
        folder.mkdir(parents=True, exist_ok=True)
    else:
        folder = Path(tempfile.mkdtemp(prefix="procurement-docs-"))
        copy_site(lake, folder)
    return ThreadingHTTPServer((HOST, port), partial(DocsHandler, directory=str(folder)))


def docs_port(url: str) -> int:
    """The port of the address that the checks link to."""
    return urlsplit(url).port or DEFAULT_PORT


def serve_docs(lake: Lake, port: int, *, with_parent: bool = False) -> None:
    """Serve until interrupted. `with_parent`: or until the process that started this one ends."""
    server = docs_server(lake, port)
    if with_parent:
        threading.Thread(target=_end_with, args=(server, os.getppid()), daemon=True).start()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()


def _end_with(server: ThreadingHTTPServer, parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    server.shutdown()
