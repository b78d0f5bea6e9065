"""Public addresses and the addresses really asked: the mirror stands for every public host.

`https://HOST/PATH?QUERY` is asked as `MIRROR/HOST/PATH?QUERY` (DESIGN.md §4, `PROCUREMENT_MIRROR`). Everything that is
kept or logged uses the public address.
"""

from __future__ import annotations

import contextlib
from urllib.parse import urljoin, urlsplit


class UnsafeAddressError(ValueError):
    """An address that this project never asks."""


def check(url: str) -> str:
    """The address itself when it is plain http(s). Raises `UnsafeAddressError`.

    A user name or password in an address would end up in logs and in the manifest: refused.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise UnsafeAddressError(f"scheme {parts.scheme!r} is not http or https")
    if not parts.hostname or "@" in parts.netloc:
        raise UnsafeAddressError("no host name, or a user name in the address")
    if any(c.isspace() or ord(c) < 32 for c in url):
        raise UnsafeAddressError("blank or control character in the address")
    return url.partition("#")[0]


def to_wire(url: str, mirror: str | None) -> str:
    """The address to ask for a public address; one that is already the mirror's stays."""
    url = check(url)
    if mirror is None or url.startswith(mirror + "/"):
        return url
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return f"{mirror}/{parts.netloc.lower()}{parts.path or '/'}{query}"


def to_public(wire: str, mirror: str | None) -> str:
    """The public address behind an address asked. The mirror does not say the scheme: https."""
    if mirror is None or not wire.startswith(mirror + "/"):
        return wire
    return "https://" + wire[len(mirror) + 1 :]


def next_hop(wire: str, location: str, mirror: str | None) -> str:
    """The address to ask after a redirection. Raises `UnsafeAddressError`.

    Each hop goes through the mirror. Without a mirror, from https to http is refused: anyone on the way could then
    change the data.
    """
    # Header text arrives as latin-1; servers put raw UTF-8 in Location (the same repair as in requests).
    with contextlib.suppress(UnicodeError):
        location = location.encode("latin-1").decode("utf-8")
    target = check(urljoin(wire, location.strip().replace(" ", "%20")))
    if mirror is None and wire.startswith("https:") and not target.startswith("https:"):
        raise UnsafeAddressError("redirection from https to http")
    return to_wire(target, mirror)
