"""What the public sees on data.gouv.fr, compared with what was sent. Read without the key.

`full` downloads every hosted file from the address that the public has; else the checksums, sizes and texts that the
portal tells are compared, which it computed from the bytes that it received.
"""

from __future__ import annotations

import hashlib
import zlib
from typing import Any
from urllib.parse import urlsplit

import urllib3.exceptions

from procurement_assets.portal.publishing.datagouv_held import Held, HeldDataset, as_dataset, held_dataset
from procurement_assets.portal.publishing.datagouv_steps import differing
from procurement_assets.portal.publishing.datagouv_wanted import Wanted
from procurement_assets.portal.publishing.http import PortalSession, RejectedError
from procurement_assets.portal.publishing.portal import Difference

DOWNLOADED = "sha1 du fichier téléchargé"
"""The difference of a file whose bytes are not what the portal says of them."""
_BLOCK = 1 << 20


def differences(
    public: PortalSession, dataset: str, fields: dict[str, Any], wanted: list[Wanted], *, full: bool
) -> list[Difference]:
    """What differs; empty where the public sees what was sent. Raises `http.PortalError`."""
    try:
        path = f"/datasets/{dataset}/"
        found = as_dataset(public, path, public.get_json(path))
    except RejectedError as error:
        if error.status in (404, 410):
            return [Difference(where=f"jeu {dataset}", what="visibilité", expected="public", found=f"{error.status}")]
        raise
    held = held_dataset(found, wanted)
    told = _dataset_differences(held, fields, wanted)
    for each in wanted:
        told += _resource_differences(public, held.of(each.name), each, full=full)
    return told


def _dataset_differences(held: HeldDataset, fields: dict[str, Any], wanted: list[Wanted]) -> list[Difference]:
    where = f"jeu {held.id}"
    told = []
    for name in differing(held.fields, fields):
        expected, found = _short(fields[name]), _short(held.fields.get(name))
        told.append(Difference(where=where, what=name, expected=expected, found=found))
    if "ocds" not in (held.fields.get("description") or "").casefold():
        told.append(Difference(where=where, what="mot « ocds » de la description", expected="présent", found="absent"))
    order = [r.name for r in held.resources if r.name]
    if len(order) != len(wanted):
        told.append(_difference(where, "nombre de fichiers", len(wanted), len(order)))
    elif order != [w.name for w in wanted]:
        told.append(_difference(where, "ordre des fichiers", _short([w.name for w in wanted]), _short(order)))
    return told


def _resource_differences(public: PortalSession, held: Held | None, wanted: Wanted, *, full: bool) -> list[Difference]:
    if held is None:
        return [_difference(wanted.name, "fichier", "présent", "absent")]
    pairs: list[tuple[str, object, object]] = [
        ("titre", wanted.title, held.title),
        ("description", wanted.description, held.description),
        ("type", wanted.type, held.type),
        ("taille", wanted.size, held.size),
    ]
    if not wanted.hosted:
        pairs += [("adresse", wanted.address, held.url), ("sha256 déclaré", wanted.sha256, held.sha256)]
    else:
        pairs.append(("sha1", wanted.sha1, held.sha1))
        if full:
            pairs.append((DOWNLOADED, wanted.sha1, _downloaded(public, held.url, wanted.sha1)))
    if wanted.schema:
        pairs.append(("schéma", wanted.schema, held.schema))
    return [_difference(wanted.name, what, expected, found) for what, expected, found in pairs if expected != found]


def _downloaded(public: PortalSession, url: str, expected: str) -> str:
    """The sha1 of what the public downloads, or why there is nothing to download.

    A server may pack an answer on its way (Content-Encoding), and udata's says so of a file that is itself packed: the
    bytes as they came and the bytes unpacked are both held to the sha1.
    """
    parts = urlsplit(url)
    files = public.elsewhere(f"{parts.scheme}://{parts.netloc}")
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    try:
        response = files.request("GET", path, stream=True)
    except RejectedError as error:
        return f"réponse {error.status}"
    came = hashlib.sha1(usedforsecurity=False)
    unpacked = hashlib.sha1(usedforsecurity=False)
    unpack = zlib.decompressobj(wbits=47) if response.headers.get("Content-Encoding") in ("gzip", "deflate") else None
    try:
        with response:
            for block in response.raw.stream(_BLOCK, decode_content=False):
                came.update(block)
                unpacked.update(unpack.decompress(block) if unpack else block)
    except (urllib3.exceptions.HTTPError, zlib.error) as error:
        return f"téléchargement coupé ({type(error).__name__})"
    return expected if expected in (came.hexdigest(), unpacked.hexdigest()) else came.hexdigest()


def _difference(where: str, what: str, expected: object, found: object) -> Difference:
    return Difference(where=where, what=what, expected=_short(expected), found=_short(found))


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 120 else text[:119] + "…"
