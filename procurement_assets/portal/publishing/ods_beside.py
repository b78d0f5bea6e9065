"""The steps of the files beside the table of an Opendatasoft dataset: alternative exports and attachments. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from procurement_assets.portal.publishing.ods_observed import Observed
from procurement_assets.portal.publishing.ods_wanted import (
    WantedDataset,
    export_description,
    export_title,
    sent_name,
)
from procurement_assets.portal.publishing.plan import Step, Steps

STEPS = Steps("opendatasoft")
_OURS = "SHA-256 :"
_HASHED = re.compile(r"^(?P<stem>.+)-(?P<hash>[0-9a-f]{12})(?P<ending>\.[^/]*)?$")


def export_steps(wanted: WantedDataset, observed: Observed, root: str) -> Iterator[Step]:
    """The alternative exports: the missing ones, then those of ours that are no longer wanted."""
    if observed.assumed and observed.published:
        return
    kept: set[str] = set()
    for file in wanted.exports:
        same = [e for e in observed.exports if file.sha256 in str(e.get("description", ""))]
        same = [e for e in same if e.get("title") == export_title(file)]
        if same:
            kept.add(str(same[0]["uid"]))
            continue
        yield STEPS.file(
            "export.add",
            "POST",
            f"{root}/alternative_exports/",
            f"Export alternatif {file.name} : nouveau ou changé.",
            file=file.name,
            sha256=file.sha256,
            size=file.bytes,
            send_as=file.name.replace("/", "__"),
            body={"type": "uploaded_file", "title": export_title(file), "description": export_description(file)},
        )
    for export in observed.exports:
        if _OURS in str(export.get("description", "")) and str(export["uid"]) not in kept:
            yield removal("export.remove", f"{root}/alternative_exports/{export['uid']}/", str(export.get("title")))


def attachment_steps(wanted: WantedDataset, observed: Observed, root: str) -> Iterator[Step]:
    """The attachments, likewise."""
    if observed.assumed and observed.published:
        return
    kept: set[str] = set()
    for file in wanted.attachments:
        same = [a for a in observed.attachments if str(a.get("filename", "")) == sent_name(file)]
        if same:
            kept.add(str(same[0]["uid"]))
            continue
        yield STEPS.file(
            "attachment.add",
            "POST",
            f"{root}/attachments/",
            f"Pièce jointe {file.name} : nouvelle ou changée.",
            file=file.name,
            sha256=file.sha256,
            size=file.bytes,
            send_as=sent_name(file),
        )
    for attachment in observed.attachments:
        if _HASHED.match(str(attachment.get("filename", ""))) and str(attachment["uid"]) not in kept:
            address = f"{root}/attachments/{attachment['uid']}/"
            yield removal("attachment.remove", address, str(attachment.get("filename")))


def removal(action: str, address: str, name: str) -> Step:
    """The step that takes away something of ours."""
    return STEPS.bare(
        action,
        "DELETE",
        address,
        f"Retirer {name} : remplacé, ou plus donné. Visible à la publication seulement.",
    )
