"""The files beside a table on an Opendatasoft portal, downloaded and hashed: part of the weekly verification.

A file that the portal lists and that is not what was sent is spoilt: the next plan removes it and sends it again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import msgspec

from procurement_assets.portal.publishing.http import PortalSession, RejectedError
from procurement_assets.portal.publishing.ods_observed import Observed
from procurement_assets.portal.publishing.ods_wanted import WantedDataset, sent_name
from procurement_assets.portal.publishing.package import PackageFile
from procurement_assets.portal.publishing.portal import Difference

_CHUNK = 1024 * 1024
SPOILT = "SHA-256 : abîmé"


def spoilt_files(
    session: PortalSession, wanted: WantedDataset, observed: Observed
) -> tuple[list[Difference], frozenset[str]]:
    """What differs, and the ids of the spoilt files. Raises `http.PortalError`."""
    found, spoilt = [], set()
    for file, kind, entry in _pairs(wanted, observed):
        if entry is None:
            found.append(_differ(wanted, file, "absent"))
            continue
        sha256 = _downloaded(session, f"/datasets/{observed.uid}/{kind}/{entry['uid']}/download/")
        if sha256 != file.sha256:
            found.append(_differ(wanted, file, sha256))
            spoilt.add(str(entry["uid"]))
    return found, frozenset(spoilt)


def without_spoilt(observed: Observed, spoilt: frozenset[str]) -> Observed:
    """The dataset as if its spoilt files were other files of ours: to be removed, and sent again."""
    return msgspec.structs.replace(
        observed,
        exports=tuple({**e, "description": SPOILT} if str(e["uid"]) in spoilt else e for e in observed.exports),
        attachments=tuple(
            {**a, "filename": f"abime-{'0' * 12}"} if str(a["uid"]) in spoilt else a for a in observed.attachments
        ),
    )


def _pairs(wanted: WantedDataset, observed: Observed) -> Iterator[tuple[PackageFile, str, dict[str, Any] | None]]:
    for file in wanted.exports:
        same = (e for e in observed.exports if file.sha256 in str(e.get("description", "")))
        yield file, "alternative_exports", next(same, None)
    for file in wanted.attachments:
        same = (a for a in observed.attachments if a.get("filename") == sent_name(file))
        yield file, "attachments", next(same, None)


def _downloaded(session: PortalSession, path: str) -> str:
    """sha256 of what the portal gives; "absent" where it has nothing."""
    try:
        response = session.request("GET", path, stream=True)
    except RejectedError as error:
        if error.status != 404:
            raise
        return "absent"
    digest = hashlib.sha256()
    with response:
        for chunk in response.iter_content(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _differ(wanted: WantedDataset, file: PackageFile, sha256: str) -> Difference:
    return Difference(where=f"{wanted.slug}, {file.name}", what="sha256", expected=file.sha256[:12], found=sha256[:12])
