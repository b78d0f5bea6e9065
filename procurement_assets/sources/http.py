"""One small HTTP client for public sources: mirror, redirections, attempts, resuming, verified bodies.

It has two uses: `fetch` puts a file in a download under way (`parts.Part`), `get` has a small body in memory. Both go
through the same code, so a listing is as well verified as a data file.
"""

from __future__ import annotations

import json
import logging
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import requests

from procurement_assets.retry_after import retry_after
from procurement_assets.settings import Settings
from procurement_assets.sources import addresses
from procurement_assets.sources.errors import HttpError, NotData, NotFound, Refused, Transient, Unreachable
from procurement_assets.sources.parts import BodyHead, Part
from procurement_assets.sources.transfer import receive

log = logging.getLogger(__name__)

USER_AGENT = "procurement-assets/0.1 (Ville de Paris ; donnees essentielles de la commande publique ; requests)"
TIMEOUT = (10.0, 60.0)
"""Seconds to connect, and between two pieces of a body."""
LONGEST_WAIT = 60.0
LONGEST_WAIT_PAGE = 4.0
"""After a page in place of data: it goes away within seconds, or stays for the day."""
MAX_REDIRECTIONS = 10
MEMORY_LIMIT = 256 * 1024 * 1024
"""Largest body that `get` accepts."""
WORTHWHILE = 1024 * 1024
"""An attempt that went this many bytes further than any before does not count: a large file comes in pieces."""
DOWN_ATTEMPTS = 2
"""Attempts at a host that was just given up, until it answers: a dead host would cost minutes for each file."""
SILENT_ADDRESSES = 3
"""Addresses of one host given up in a row with no answer at all, after which it is not asked any more."""

_SILENT = "le serveur ne répond pas"


@dataclass(frozen=True, kw_only=True)
class FetchResult:
    """How a fetch ended: the part holds the whole body, or nothing has changed since the validators given."""

    not_modified: bool
    head: BodyHead


@dataclass(frozen=True, kw_only=True)
class Body:
    """A small body in memory."""

    data: bytes
    head: BodyHead


@dataclass(frozen=True)
class _Redirect:
    location: str


class HttpClient:
    """Requests to public addresses. Not for use from several threads."""

    def __init__(
        self,
        *,
        mirror: str | None = None,
        attempts: int = 12,
        backoff: float = 0.5,
        max_bytes: int = 4096 * 1024 * 1024,
        offline: bool = False,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.mirror = mirror.rstrip("/") if mirror else None
        self.attempts = attempts
        self.backoff = backoff
        self.max_bytes = max_bytes
        self.offline = offline
        self.requests = 0
        self.bytes_received = 0
        self._sleep = sleep
        self._jitter = jitter
        self._down: set[str] = set()
        self._silent: Counter[str] = Counter()
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"})

    @classmethod
    def from_settings(cls, settings: Settings, *, sleep: Callable[[float], None] = time.sleep) -> Self:
        """The client that the settings ask for."""
        return cls(
            mirror=settings.mirror,
            attempts=settings.http_attempts,
            backoff=settings.http_backoff_seconds,
            max_bytes=settings.max_download_bytes,
            offline=settings.offline,
            sleep=sleep,
        )

    def get_json(self, url: str) -> Any:
        """The JSON at an address. Raises an `HttpError`."""
        try:
            return json.loads(self.get_bytes(url))
        except ValueError as error:
            raise NotData(url, f"the answer is not JSON ({error})", "la réponse n'est pas du JSON") from error

    def get_bytes(self, url: str) -> bytes:
        """The bytes at an address. Raises an `HttpError`."""
        body = self.get(url)
        if body is None:
            raise Refused(url, "304 to a request without conditions", "réponse inattendue du serveur (304)")
        return body.data

    def get(self, url: str, *, etag: str = "", last_modified: str = "") -> Body | None:
        """A small body; None when it has not changed since the validators given. Raises an `HttpError`."""
        with tempfile.TemporaryDirectory(prefix="procurement-assets-") as folder:
            part = Part(Path(folder) / "body.part")
            result = self.fetch(
                url, part, etag=etag, last_modified=last_modified, limit=min(MEMORY_LIMIT, self.max_bytes)
            )
            return None if result.not_modified else Body(data=part.path.read_bytes(), head=result.head)

    def fetch(
        self,
        url: str,
        part: Part,
        *,
        etag: str = "",
        last_modified: str = "",
        fresh: bool = False,
        limit: int | None = None,
    ) -> FetchResult:
        """Have the whole file of an address in `part`, going on from what it holds.

        `etag` and `last_modified` (of a body already kept) make the request conditional; `fresh` asks caches on the
        way to ask again. Each redirection has its own attempts. Raises an `HttpError`.
        """
        if self.offline:
            raise Unreachable(url, "no request is made: PROCUREMENT_OFFLINE is set", "hors ligne (PROCUREMENT_OFFLINE)")
        headers = {}
        if etag:
            headers["If-None-Match"] = etag
        if last_modified:
            headers["If-Modified-Since"] = last_modified
        if fresh:
            headers["Cache-Control"] = "no-cache"
        size_limit = self.max_bytes if limit is None else limit
        try:
            wire = addresses.to_wire(url, self.mirror)
            for _ in range(MAX_REDIRECTIONS + 1):
                answer = self._persist(wire, part, headers, size_limit)
                if isinstance(answer, FetchResult):
                    return answer
                wire = addresses.next_hop(wire, answer.location, self.mirror)
        except addresses.UnsafeAddressError as error:
            raise Refused(url, f"address refused: {error}", f"adresse refusée ({error})") from error
        raise Refused(url, f"more than {MAX_REDIRECTIONS} redirections", "trop de redirections")

    def _persist(self, wire: str, part: Part, headers: dict[str, str], limit: int) -> FetchResult | _Redirect:
        """Ask until it works, or the attempts are used up, or the answer is final."""
        url = addresses.to_public(wire, self.mirror)
        host = urlsplit(url).netloc
        if self._silent[host] >= SILENT_ADDRESSES:
            raise Unreachable(url, f"not asked: {host} did not answer for {SILENT_ADDRESSES} files in a row", _SILENT)
        failures: list[Transient] = []
        counted, furthest = 0, part.size
        while True:
            try:
                answer = self._once(wire, part, headers, limit)
            except Transient as failure:
                failures.append(failure)
                if part.size >= furthest + WORTHWHILE:
                    furthest = part.size
                else:
                    counted += 1
                if counted >= (min(DOWN_ATTEMPTS, self.attempts) if host in self._down else self.attempts):
                    raise self._given_up(url, host, failures) from failure
                wait = self._wait(counted, failure)
                log.warning("%s: attempt %d: %s; again in %.1f s", url, len(failures), failure.detail, wait)
                self._sleep(wait)
            else:
                self._down.discard(host)
                del self._silent[host]
                return answer

    def _wait(self, count: int, failure: Transient) -> float:
        """Seconds before the next attempt: doubling, with up to a quarter more at random so that clients spread out."""
        longest = LONGEST_WAIT_PAGE if failure.page else LONGEST_WAIT
        wait = min(self.backoff * 2.0 ** max(count - 1, 0), longest)
        wait += wait * 0.25 * self._jitter()
        return min(max(wait, failure.retry_after or 0.0), LONGEST_WAIT)

    def _given_up(self, url: str, host: str, failures: list[Transient]) -> HttpError:
        last, count = failures[-1], len(failures)
        if all(f.page for f in failures):
            return NotData(url, f"{last.detail}, {count} times", f"{last.reason} ({count} essais)")
        self._down.add(host)
        self._silent[host] = self._silent[host] + 1 if all(f.silent for f in failures) else 0
        return Unreachable(
            url, f"given up after {count} attempts; last: {last.detail}", f"{last.reason} ({count} essais)"
        )

    def _once(self, wire: str, part: Part, headers: dict[str, str], limit: int) -> FetchResult | _Redirect:
        """One request."""
        url = addresses.to_public(wire, self.mirror)
        self.requests += 1
        try:
            response = self._session.get(
                wire, headers={**headers, **part.resume_headers()}, stream=True, allow_redirects=False, timeout=TIMEOUT
            )
        except requests.exceptions.SSLError as error:
            raise _tls(url, error) from error
        except requests.RequestException as error:
            raise Transient(f"no answer: {error}", _SILENT, silent=True) from error
        with response:
            status = response.status_code
            if status in (301, 302, 303, 307, 308) and response.headers.get("Location"):
                return _Redirect(response.headers["Location"])
            if status == 304 and ("If-None-Match" in headers or "If-Modified-Since" in headers):
                part.discard()
                return FetchResult(not_modified=True, head=BodyHead())
            if status not in (200, 206, 416):
                raise _status_error(url, response)
            before = part.received
            try:
                receive(response, part, url=url, limit=limit)
            finally:
                self.bytes_received += part.received - before
        head = part.head
        if head is None:
            raise Transient("the download under way was taken away", "téléchargement en cours perdu")
        return FetchResult(not_modified=False, head=head)


def _tls(url: str, error: requests.exceptions.SSLError) -> HttpError | Transient:
    """A certificate that is not accepted will not be at the next attempt either."""
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        advice = "check the clock and the certificates of this machine (REQUESTS_CA_BUNDLE for a proxy's own)"
        return Unreachable(url, f"certificate refused: {error}; {advice}", "certificat du serveur refusé")
    return Transient(f"no answer: {error}", _SILENT, silent=True)


def _status_error(url: str, response: requests.Response) -> HttpError | Transient:
    """What a status other than success means."""
    status = response.status_code
    if status in (404, 410):
        return NotFound(url, f"answered {status}", f"l'adresse répond {status} : le fichier n'y est plus")
    if status in (401, 403, 451):
        return Refused(
            url,
            f"access refused ({status}): the address must be open to all",
            f"accès refusé par le serveur ({status})",
        )
    if status in (408, 425, 429) or status >= 500 or status == 304:
        return Transient(
            f"answered {status}", f"le serveur répond {status}", retry_after=retry_after(response.headers, LONGEST_WAIT)
        )
    return Refused(url, f"unexpected status {status}", f"réponse inattendue du serveur ({status})")
