"""Our Opendatasoft portal over HTTP: the Automation API and Explore on the state of `ods_state`, with faults on demand.

Every request is numbered, kept, and held to the vendor's OpenAPI where it is at hand. A fault is a function of the
number and the request: it may answer a status, cut the connection before or after applying, or kill the client.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from procurement_assets_tests.publishing.ods_answers import RefusalError, explore, page, parse, shown
from procurement_assets_tests.publishing.ods_state import Dataset, Portal
from procurement_assets_tests.publishing.openapi import Api

KEY = "cle-tres-secrete-ods-4242"
Fault = Callable[[int, str, str], "str | int | tuple[int, dict[str, str]] | None"]
"""(number, method, path) to: nothing; a status, with headers or without; `cut` (before applying), `lost` (applied, no
answer), or `kill-before` / `kill-after` (calls `Server.kill`)."""

AUTOMATION, EXPLORE = "/api/automation/v1.0", "/api/explore/v2.1"


class Server:
    """The portal, its log and its faults."""

    def __init__(self, automation: Api | None = None, explore: Api | None = None) -> None:
        self.portal = Portal()
        self.requests: list[tuple[str, str]] = []
        self.invalid: list[str] = []
        self.views: list[str] = []
        """What the public saw after each request, as JSON."""
        self.fault: Fault | None = None
        self.kill: Callable[[], None] = lambda: None
        self.key = KEY
        self.read_only_key = False
        self.apis = {AUTOMATION: automation, EXPLORE: explore}
        self.lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = 65536

            def handle_any(self) -> None:
                server.handle(self)

            do_GET = do_POST = do_PUT = do_DELETE = handle_any

            def log_message(self, *_: Any) -> None: ...

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.domain = f"127.0.0.1:{self.http.server_address[1]}"

    @contextmanager
    def running(self) -> Iterator[Server]:
        """The server, answering."""
        thread = threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.http.shutdown()
            self.http.server_close()

    def handle(self, http: BaseHTTPRequestHandler) -> None:
        """One request."""
        body = http.rfile.read(int(http.headers.get("Content-Length") or 0))
        with self.lock:
            path = urlsplit(http.path).path
            self.requests.append((http.command, path))
            fault = self.fault(len(self.requests), http.command, path) if self.fault else None
            if fault in ("cut", "kill-before"):
                if fault == "kill-before":
                    self.kill()
                http.close_connection = True
                with contextlib.suppress(OSError):
                    http.connection.shutdown(2)
                return
            if isinstance(fault, int | tuple):
                status, headers = fault if isinstance(fault, tuple) else (fault, {})
                self._answer(http, status, {"error_code": "fault", "message": f"refus de {self.key}"}, headers)
                return
            try:
                status, answer = self._apply(http, path, body)
            except RefusalError as error:
                status, answer = error.status, {"error_code": error.code, "message": error.message, "detail": {}}
            self.views.append(json.dumps(self.portal.public_view(), sort_keys=True))
            if fault in ("lost", "kill-after"):
                if fault == "kill-after":
                    self.kill()
                http.close_connection = True
                with contextlib.suppress(OSError):
                    http.connection.shutdown(2)
                return
            self._answer(http, status, answer, {})

    def _answer(self, http: BaseHTTPRequestHandler, status: int, answer: Any, headers: dict[str, str]) -> None:
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode() if answer is not None else b""
        with contextlib.suppress(OSError):
            http.send_response(status)
            for name, value in headers.items():
                http.send_header(name, value)
            http.send_header("Content-Length", str(len(data)))
            http.end_headers()
            http.wfile.write(data)

    def _apply(self, http: BaseHTTPRequestHandler, path: str, raw: bytes) -> tuple[int, Any]:
        query = urlsplit(http.path).query
        kind, body = parse(http, raw)
        base = AUTOMATION if path.startswith(AUTOMATION) else EXPLORE
        api = self.apis[base]
        if api is not None:
            shown = {k: v if isinstance(v, str) else "bytes" for k, v in body.items()} if kind == "form" else body
            odd = api.faults(http.command, path.removeprefix(base), query, shown, kind)
            self.invalid += [f"{http.command} {path}: {o}" for o in odd]
        given = http.headers.get("Authorization", "")
        has_key = given == f"apikey {self.key}"
        params = {k: v[-1] for k, v in parse_qs(query, keep_blank_values=True).items()}
        if base == EXPLORE:
            return explore(self.portal, path.removeprefix(EXPLORE), params, has_key)
        if not has_key:
            raise RefusalError(401, "unauthorized", f"clé inconnue : {given}")
        if self.read_only_key and http.command != "GET":
            raise RefusalError(403, "forbidden", "droits insuffisants")
        return self._automation(http.command, path.removeprefix(AUTOMATION), params, body)

    # --- Automation API ---------------------------------------------------------------------------------------------

    def _automation(self, method: str, path: str, params: dict[str, str], body: Any) -> tuple[int, Any]:
        parts = path.strip("/").split("/")
        if parts == ["datasets"]:
            return self._datasets(method, params, body)
        dataset = self.portal.datasets.get(parts[1])
        if dataset is None:
            raise RefusalError(404, "not_found", "Not found.")
        rest = parts[2:]
        if not rest:
            return self._dataset(method, dataset, body)
        if rest == ["status"]:
            return self._status(dataset)
        if rest[0] in ("publish", "publish_metadata"):
            if not self.portal.publish(dataset, metadata_only=rest[0] == "publish_metadata"):
                raise RefusalError(400, "invalid_dataset_status", "Invalid precondition, dataset status is not 'idle'")
            return 200, {"detail": "ok"}
        if rest[0] == "unpublish":
            self.portal.unpublished += 1
            dataset.public = None
            return 200, {"detail": "ok"}
        if rest[0] == "versions":
            return self._versions(method, dataset, rest[1:], params)
        if rest[0] == "metadata":
            return self._metadata(method, dataset, rest[1:], body)
        if rest[:2] == ["resources", "files"]:
            return self._files(method, rest[2:], body)
        return self._list(method, dataset, rest[0], rest[1:], params, body)

    def _datasets(self, method: str, params: dict[str, str], body: Any) -> tuple[int, Any]:
        if method == "GET":
            found = [d for d in self.portal.datasets.values() if params.get("dataset_id") in (None, d.slug)]
            return 200, page([shown(d) for d in found], params)
        if self.portal.by_slug(body["dataset_id"]):
            raise RefusalError(400, "validation_error", "dataset_id already exists")
        uid = self.portal.new_id("da")
        self.portal.datasets[uid] = Dataset(uid, body["dataset_id"], bool(body["is_restricted"]), body["metadata"])
        return 201, shown(self.portal.datasets[uid])

    def _dataset(self, method: str, dataset: Dataset, body: Any) -> tuple[int, Any]:
        if method == "PUT":
            dataset.restricted = bool(body["is_restricted"])
            dataset.draft["metadata"] = body["metadata"]
        return 200, shown(dataset)

    def _status(self, dataset: Dataset) -> tuple[int, Any]:
        self.portal.move(dataset)
        return 200, {
            "status": dataset.status,
            "previous": None,
            "next": None,
            "since": f"2026-01-01T00:00:{dataset.since % 60:02d}Z",
            "is_published": dataset.public is not None,
            "message": dataset.message,
            "records_errors": dataset.records_errors,
            "params": dataset.params,
        }

    def _versions(self, method: str, dataset: Dataset, rest: list[str], params: dict[str, str]) -> tuple[int, Any]:
        if method == "GET":
            return 200, page(
                [
                    {"uid": v, "sections": ["data"], "can_restore": self.portal.restores != "none"}
                    for v, _ in dataset.versions
                ],
                params,
            )
        for uid, kept in dataset.versions:
            if uid == rest[0] and self.portal.restores != "refused":
                source = dataset.draft["resources"]
                dataset.draft = json.loads(json.dumps(kept))
                if self.portal.restores == "not the source":
                    dataset.draft["resources"] = source
                return 200, shown(dataset)
        raise RefusalError(404, "not_found", "Not found.")

    def _metadata(self, method: str, dataset: Dataset, rest: list[str], body: Any) -> tuple[int, Any]:
        metadata = dataset.draft["metadata"]
        if method == "GET":
            return 200, metadata
        template, field = rest
        metadata.setdefault(template, {})[field] = body
        return 200, body

    def _files(self, method: str, rest: list[str], body: Any) -> tuple[int, Any]:
        if method == "GET":
            if rest[0] not in self.portal.files:
                raise RefusalError(404, "not_found", "Not found.")
            return 200, {"uid": rest[0], "filename": self.portal.files[rest[0]][0], "mimetype": "text/csv"}
        name, data = body["file"]
        uid = self.portal.new_id("file") + "-" + name
        self.portal.files[uid] = (name, data)
        return 201, {"uid": uid, "filename": name, "mimetype": "text/csv", "created_at": "2026-01-01T00:00:00Z"}

    def _list(
        self, method: str, dataset: Dataset, kind: str, rest: list[str], params: dict[str, str], body: Any
    ) -> tuple[int, Any]:
        """Resources, field configurations, alternative exports and attachments: lists of the draft."""
        entries: dict[str, Any] = dataset.draft[kind]
        if method == "GET" and not rest:
            return 200, page([{k: v for k, v in e.items() if k != "bytes"} for e in entries.values()], params)
        if method == "POST":
            uid = self.portal.new_id({"resources": "re", "fields": "pr", "alternative_exports": "ae"}.get(kind, "at"))
            entries[uid] = {"uid": uid, **self._entry(kind, body)}
            return 201, entries[uid]
        if rest[0] not in entries:
            raise RefusalError(404, "not_found", "Not found.")
        if rest[1:] == ["download"]:
            return 200, bytes.fromhex(entries[rest[0]]["bytes"])
        if method == "DELETE":
            del entries[rest[0]]
            return 204, None
        if method == "PUT":
            entries[rest[0]] = {"uid": rest[0], **self._entry(kind, body)}
        return 200, entries[rest[0]]

    def spoil(self, kind: str) -> None:
        """Change the bytes of a stored file, in the draft and for the public."""
        for dataset in self.portal.datasets.values():
            for state in filter(None, (dataset.draft, dataset.public)):
                next(iter(state[kind].values()))["bytes"] = b"spoilt".hex()

    def _entry(self, kind: str, body: Any) -> dict[str, Any]:
        if kind == "resources":
            uid = body["datasource"]["file"]["uid"]
            if uid not in self.portal.files:
                raise RefusalError(400, "validation_error", f"no file {uid}")
            file = {"uid": uid, "filename": self.portal.files[uid][0]}
            return {**body, "datasource": {"type": "uploaded_file", "file": file}}
        if kind in ("alternative_exports", "attachments"):
            name, data = body["file"]
            form = {k: v for k, v in body.items() if k != "file"}
            return {**form, "filename": name, "mimetype": "application/octet-stream", "bytes": data.hex()}
        return dict(body)
