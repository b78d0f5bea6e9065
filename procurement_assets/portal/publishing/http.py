"""Requests to portals: attempts, waits, refusals told apart, and keys that are shown nowhere.

A call that is repeated must not count twice. GET, PUT and DELETE are repeated on any passing fault. POST is repeated
only where the server surely did nothing (429, 503, no connection); where that is unknown (time-out after sending, cut,
500, 502, 504) `AmbiguousError` is raised, and the engine looks at the portal and plans again.

Redirections are refused: the key would follow them. Keys go in headers, over TLS (or to this machine) only.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from html import escape
from json import dumps
from typing import Any
from urllib.parse import quote, urlsplit

import requests
import urllib3.exceptions
from requests_toolbelt import MultipartEncoder

from procurement_assets.retry_after import retry_after

log = logging.getLogger(__name__)

USER_AGENT = "procurement-assets/0.1 (publication ; requests)"
CONNECT_SECONDS, READ_SECONDS = 10.0, 120.0
LONGEST_WAIT = 120.0
SHOWN = 300
"""Characters of a server's answer that an error shows."""
HIDDEN = "[clé masquée]"
_LOCAL = ("127.0.0.1", "localhost", "::1")
_SURELY_NOT_DONE = (429, 503)
_PASSING = (408, 425, 429, 500, 502, 503, 504)


class PortalError(RuntimeError):
    """A portal cannot be used as asked; the message is one French line, without any key."""


class KeyRefusedError(PortalError):
    """401 or 403: the key is wrong, expired, or lacks a right."""


class RejectedError(PortalError):
    """The portal understood and refused (another 4xx): repeating would not help."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class UnavailableError(PortalError):
    """Given up after all attempts: nothing says that the call was done."""


class AmbiguousError(PortalError):
    """The call may have been done or not: look at the portal before making it again."""


class NothingToRestoreError(PortalError):
    """There is no earlier publication to go back to."""


def redact(text: str, secrets: Iterable[str]) -> str:
    """The text without any of the secrets, as they are or as an address, JSON or HTML writes them."""
    written = {w for s in secrets if s for w in (s, quote(s, safe=""), quote(s), dumps(s)[1:-1], escape(s))}
    for secret in sorted(written, key=lambda w: (-len(w), w)):
        text = text.replace(secret, HIDDEN)
    return text


@dataclass(frozen=True)
class _Fault:
    """A passing fault of one attempt."""

    cause: str
    surely_not_done: bool
    retry_after: float | None = None


class PortalSession:
    """Requests to one portal, with one key in one header. Not for use from several threads."""

    def __init__(
        self,
        base: str,
        *,
        key: str | None = None,
        header: str = "Authorization",
        prefix: str = "",
        hidden: str | None = None,
        attempts: int = 6,
        backoff: float = 0.5,
        timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`base`: `https://host/api/…`, no final `/`. The key is sent as `header: prefix + key`. `hidden`: a key that
        is not sent here and that the server may know: nothing shows it either.

        Raises `PortalError` where the base is neither https nor on this machine.
        """
        parts = urlsplit(base)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOCAL):
            raise PortalError(f"adresse de portail {base!r} : https est exigé, la clé ne doit pas circuler en clair")
        self.base = base.rstrip("/")
        self.host = parts.netloc
        self.attempts = attempts
        self.backoff = backoff
        self.timeout = timeout
        self._secrets = tuple(s for s in (key, hidden) if s)
        self._sleep = sleep
        self._jitter = jitter
        self._session = requests.Session()
        self._session.trust_env = True
        self._session.headers.update({"User-Agent": USER_AGENT, "Accept": "application/json"})
        # requests takes a netrc entry of the host over the header it is given, unless an auth is set.
        self._session.auth = _HeaderKey(header, prefix + key) if key else _NoKey()

    def __repr__(self) -> str:
        return f"PortalSession({self.base!r}, key={'set' if self.keyed else 'none'})"

    @property
    def keyed(self) -> bool:
        """Whether requests have a key: what is refused to one without is not shown to the public."""
        return isinstance(self._session.auth, _HeaderKey)

    def elsewhere(self, base: str) -> PortalSession:
        """A session without a key on another host, as patient as this one, that shows no more than this one does."""
        found = PortalSession(base, attempts=self.attempts, backoff=self.backoff, sleep=self._sleep)
        found._secrets = self._secrets
        return found

    def redact(self, text: str) -> str:
        """The text without the key."""
        return redact(text, self._secrets)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
        form: Callable[[], MultipartEncoder] | None = None,
        accept: tuple[int, ...] = (200, 201, 202, 204),
        stream: bool = False,
        repeatable: bool | None = None,
    ) -> requests.Response:
        """One call, repeated where that is safe; an answer with a status of `accept`.

        `path` starts with `/` and is below the base. `form` makes the body of an upload anew for each attempt (an open
        handle is read only once). `repeatable`: whether the call may be made twice without harm; where
        it is not said, all but POST. Raises the errors of this module.
        """
        url = self.base + path
        repeatable = method != "POST" if repeatable is None else repeatable
        where, fault = f"{method} {url}", _Fault("aucun essai", surely_not_done=True)
        for attempt in range(1, self.attempts + 1):
            answer = self._once(method, url, accept, params=params, json=json, form=form, stream=stream)
            if isinstance(answer, requests.Response):
                return answer
            fault = answer
            if not repeatable and not fault.surely_not_done:
                raise AmbiguousError(
                    f"{where} : sans réponse sûre ({fault.cause}) ; l'état du portail est relu avant de continuer"
                )
            if attempt < self.attempts:
                wait = self._wait(attempt, fault.retry_after)
                tried = f"essai {attempt}/{self.attempts}"
                log.warning("%s : %s : %s ; nouvel essai dans %.1f s", where, tried, fault.cause, wait)
                self._sleep(wait)
        raise UnavailableError(
            f"{where} : abandonné après {self.attempts} essais ; dernier : {fault.cause}. Relancer plus tard."
        )

    def _once(
        self,
        method: str,
        url: str,
        accept: tuple[int, ...],
        *,
        form: Callable[[], MultipartEncoder] | None,
        **more: Any,
    ) -> requests.Response | _Fault:
        """One attempt: the answer, or a passing fault. Raises what is final."""
        if form:
            body = form()
            more |= {"data": body, "headers": {"Content-Type": body.content_type}}
        try:
            response = self._session.request(method, url, timeout=self.timeout, allow_redirects=False, **more)
        except requests.RequestException as error:
            return _Fault(_short(self.redact(str(error))), surely_not_done=_never_connected(error))
        status = response.status_code
        if status in accept and (more.get("stream") or not _is_page(response)):
            return response
        text = self._said(response)
        if status in accept:
            # A page of maintenance or of a proxy in the place of the API: nothing says that the call was done.
            return _Fault(f"page HTML au lieu d'une réponse : {text}", surely_not_done=False)
        if status not in _PASSING:
            raise self._refusal(f"{method} {url}", status, text)
        response.close()
        return _Fault(
            f"réponse {status} : {text}",
            surely_not_done=status in _SURELY_NOT_DONE,
            retry_after=retry_after(response.headers, LONGEST_WAIT),
        )

    def get_json(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        """The JSON at a path."""
        return self.decode(self.request("GET", path, params=params))

    def decode(self, response: requests.Response) -> Any:
        """The JSON of an answer. Raises `RejectedError` where it is not JSON."""
        try:
            return response.json()
        except ValueError as error:
            raise RejectedError(
                f"{self.host} : la réponse n'est pas du JSON ({self._said(response)})", response.status_code
            ) from error

    def _wait(self, attempt: int, retry_after: float | None) -> float:
        wait = min(self.backoff * 2.0 ** (attempt - 1), LONGEST_WAIT)
        wait += wait * 0.25 * self._jitter()
        return min(max(wait, retry_after or 0.0), LONGEST_WAIT)

    def _said(self, response: requests.Response) -> str:
        try:
            return _short(self.redact(response.text)) or "réponse vide"
        except requests.RequestException:
            return "réponse coupée"

    def _refusal(self, where: str, status: int, text: str) -> PortalError:
        if status in (401, 403):
            return KeyRefusedError(
                f"{where} : clé refusée ({status}) : {text}. Vérifier la clé, ses droits et sa date de fin."
            )
        return RejectedError(f"{where} : refusé ({status}) : {text}", status)


class _HeaderKey(requests.auth.AuthBase):
    """Puts the key in its header; never in a representation."""

    def __init__(self, header: str, value: str) -> None:
        self._header, self._value = header, value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers[self._header] = self._value
        return request


class _NoKey(requests.auth.AuthBase):
    """No key, and none from a netrc file either."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def _is_page(response: requests.Response) -> bool:
    """Whether it is a page with something in it (frameworks call an empty answer HTML too). Reads the body."""
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return kind == "text/html" and bool(response.content.strip())


def _never_connected(error: requests.RequestException) -> bool:
    """Whether the fault came before anything was sent."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    if not isinstance(error, requests.ConnectionError) or not error.args:
        return False
    reason = getattr(error.args[0], "reason", error.args[0])
    return isinstance(reason, urllib3.exceptions.NewConnectionError)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"
