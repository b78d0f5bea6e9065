"""Reference files read at run time from their public address: OCDS schemas, code lists, extensions.

Each is pinned by the sha256 of its bytes: a file that changes at its address is refused, not taken. Kept in the lake
under `reference/`, so that the address is asked once.
"""

from __future__ import annotations

import hashlib
import logging
import re
from urllib.parse import urlsplit

from upath import UPath

from procurement_assets.lake import Lake, write_bytes
from procurement_assets.sources.errors import HttpError, ReferenceChanged, ReferenceUnavailable
from procurement_assets.sources.http import HttpClient

log = logging.getLogger(__name__)

__all__ = ["ReferenceChanged", "ReferenceUnavailable", "pinned", "reference_path"]


def reference_path(lake: Lake, url: str, sha256: str) -> UPath:
    """Where a reference file lies: by its pin, with the end of its address so that a person finds their way."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", urlsplit(url).path.rstrip("/").rpartition("/")[2].partition(".")[0])
    return lake / "reference" / sha256[:2] / f"{sha256}-{name[:40]}"


def pinned(lake: Lake, http: HttpClient, url: str, sha256: str) -> bytes:
    """The bytes of a reference file, from the lake or from its address, always verified against its pin.

    Raises `ReferenceUnavailable` when it can be had from neither, `ReferenceChanged` when the address gives others.
    """
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise ValueError(f"{url}: {sha256!r} is not a sha256")
    path = reference_path(lake, url, sha256)
    if path.exists():
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() == sha256:
            return data
        log.warning("%s: the bytes kept are damaged; fetched again from %s", path, url)
    try:
        data = http.get_bytes(url)
    except HttpError as error:
        raise ReferenceUnavailable(
            f"{url} est nécessaire et n'est pas encore dans le lac ({path}) : {error.reason}. Lancer une fois avec "
            f"accès à {urlsplit(url).netloc}, ou régler PROCUREMENT_MIRROR sur un serveur qui l'a ; le lac le garde "
            "ensuite."
        ) from error
    received = hashlib.sha256(data).hexdigest()
    if received != sha256:
        raise ReferenceChanged(
            f"{url} : {len(data)} octets d'empreinte sha256 {received}, alors que {sha256} est attendue. Rien n'a été "
            "gardé. Comparer les deux versions avant de changer l'empreinte attendue : ce qui a été validé avec "
            "l'ancienne suivait d'autres règles."
        )
    write_bytes(path, data)
    return data
