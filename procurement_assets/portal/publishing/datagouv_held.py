"""What data.gouv.fr holds: the dataset found again, its resources matched with the files of the package.

Nothing is remembered that the portal can tell: a resource is known by the mark in its `extras`, which each of ours has
from its first moment. One without a mark is someone else's, whatever its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from procurement_assets.portal.publishing.answer import as_object, id_of, objects_in
from procurement_assets.portal.publishing.datagouv_wanted import (
    DRAFT_MARK,
    FILE_MARK,
    PUBLISHER_MARK,
    RETIRED_MARK,
    STAGED_MARK,
    Wanted,
)
from procurement_assets.portal.publishing.http import PortalError, PortalSession, RejectedError
from procurement_assets.portal.publishing.portal import TargetState
from procurement_assets.publisher_portal import DatagouvPortal

PAGE = 100


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """One resource of the dataset as the API tells it."""

    id: str
    name: str = ""
    """The file of the package that it is; empty: put there by someone else, retired, or a second one of a file."""
    ours: bool = True
    """Whether it was made by this project."""
    hosted: bool = True
    sha1: str = ""
    sha256: str = ""
    """Of a remote resource, as we declared it."""
    size: int | None = None
    title: str = ""
    description: str = ""
    type: str = ""
    format: str = ""
    url: str = ""
    schema: dict[str, str] | None = None
    extras: dict[str, Any] = {}

    @property
    def staged(self) -> bool:
        """Its bytes are right and are those of the draft: a run was cut before it had its own."""
        return STAGED_MARK in self.extras

    @property
    def retired(self) -> bool:
        """Ours, no longer in the package or twice there; its title says so."""
        return RETIRED_MARK in self.extras and not self.name


class HeldDataset(msgspec.Struct, frozen=True, kw_only=True):
    """The dataset as the API tells it, resources in the order of the page."""

    id: str
    fields: dict[str, Any]
    resources: tuple[Held, ...] = ()

    @property
    def public(self) -> bool:
        """Whether anyone sees it."""
        return not self.fields.get("private")

    def of(self, name: str) -> Held | None:
        """The resource of a file: the one marked first."""
        return next((r for r in self.resources if r.name == name), None)


def find_organization(session: PortalSession, settings: DatagouvPortal) -> str:
    """Id of the organisation named in the settings (id or slug); empty where none is named."""
    if not settings.organization:
        return ""
    try:
        path = f"/organizations/{quote(settings.organization, safe='')}/"
        return id_of(session, path, session.get_json(path), "id")
    except RejectedError as error:
        if error.status in (404, 410):
            raise PortalError(f"{session.host} : l'organisation {settings.organization!r} n'existe pas") from error
        raise


def known_schemas(session: PortalSession) -> dict[str, list[str]]:
    """The schemas of the portal's catalogue, with their versions."""
    path = "/datasets/schemas/"
    known = objects_in(session, path, {"schemas": session.get_json(path)}, "schemas", "name")
    return {s["name"]: [str(v.get("version_name")) for v in s.get("versions") or [] if v] for s in known}


def find_dataset(
    session: PortalSession, settings: DatagouvPortal, publisher: str, organization: str, known: str = ""
) -> dict[str, Any] | None:
    """The dataset: the one named in the settings, the one of earlier runs, the one that bears the publisher's mark, or
    the organisation's own with the slug of the settings. None where there is none: it will be created.

    Raises `PortalError` where the named one, or the one of earlier runs, is gone: a person decided that.
    """
    if settings.dataset:
        found = _read(session, settings.dataset)
        if found is None:
            raise PortalError(f"{session.host} : le jeu {settings.dataset!r} de publishers.toml n'existe pas")
        return found
    if known:
        if (found := _read(session, known)) is not None:
            return found
        raise PortalError(
            f"{session.host} : le jeu {known} publié auparavant a été supprimé ; le rétablir, ou nommer un autre jeu"
            " dans publishers.toml (datagouv.dataset)"
        )
    if (found := _marked(session, PUBLISHER_MARK, publisher, organization)) is not None:
        return found
    if settings.slug and (found := _read(session, settings.slug)) is not None:
        owner = (found.get("organization") or {}).get("id", "")
        return found if organization and owner == organization else None
    return None


def _read(session: PortalSession, dataset: str) -> dict[str, Any] | None:
    path = f"/datasets/{quote(dataset, safe='')}/"
    try:
        found = as_dataset(session, path, session.get_json(path))
    except RejectedError as error:
        if error.status in (404, 410):
            return None
        raise
    return None if found.get("deleted") else found


def as_dataset(session: PortalSession, path: str, answer: Any) -> dict[str, Any]:
    """An answer that must be a dataset with its resources. Raises `http.PortalError`."""
    id_of(session, path, answer, "id")
    objects_in(session, path, answer, "resources", "id")
    return as_object(session, path, answer)


def find_draft(session: PortalSession, publisher: str, organization: str) -> str:
    """Id of the draft that a run which was cut left behind; empty where there is none."""
    found = _marked(session, DRAFT_MARK, publisher, organization)
    return str(found["id"]) if found else ""


def _marked(session: PortalSession, mark: str, publisher: str, organization: str) -> dict[str, Any] | None:
    """The oldest dataset of the owner with this mark of the publisher, private ones included."""
    me = "" if organization else id_of(session, "/me/", session.get_json("/me/"), "id")
    owner = ("organization", organization) if organization else ("owner", me)
    found = []
    page: int | None = 1
    while page:
        answer = session.get_json("/datasets/", params={owner[0]: owner[1], "page_size": PAGE, "page": page})
        listed = objects_in(session, "/datasets/", answer, "data", "id")
        found += [d for d in listed if (d.get("extras") or {}).get(mark) == publisher]
        page = page + 1 if answer.get("next_page") else None
    found = [d for d in found if not d.get("deleted")]
    if not found:
        return None
    # The list leaves out the resources of large datasets: read the one in full.
    return _read(session, str(min(found, key=lambda d: str(d.get("created_at")))["id"]))


def held_dataset(found: dict[str, Any], wanted: Sequence[Wanted]) -> HeldDataset:
    """The dataset of an API answer."""
    names = {w.name for w in wanted}
    resources = [_held(each) for each in found.get("resources", [])]
    live = [r for r in resources if r.name and RETIRED_MARK not in r.extras]
    # A file that comes back takes its retired resource again: its address is the same.
    back = [r for r in resources if r.name and RETIRED_MARK in r.extras and r.name in names]
    first: dict[str, str] = {}
    for each in [*live, *back]:
        first.setdefault(each.name, each.id)
    resources = [r if first.get(r.name) == r.id else msgspec.structs.replace(r, name="") for r in resources]
    return HeldDataset(id=str(found["id"]), fields=found, resources=tuple(resources))


def file_of(each: dict[str, Any]) -> str:
    """The file that a resource of an API answer says it is; empty where it is not ours."""
    extras = each.get("extras") or {}
    return str(extras.get(RETIRED_MARK) or extras.get(FILE_MARK) or "")


def _held(each: dict[str, Any]) -> Held:
    checksum = each.get("checksum") or {}
    name = file_of(each)
    schema = each.get("schema") or {}
    return Held(
        id=str(each["id"]),
        name=name,
        ours=bool(name),
        hosted=each.get("filetype") != "remote",
        sha1=checksum.get("value", "") if checksum.get("type") == "sha1" else "",
        sha256=checksum.get("value", "") if checksum.get("type") == "sha256" else "",
        size=each.get("filesize"),
        title=each.get("title") or "",
        description=each.get("description") or "",
        type=each.get("type") or "",
        format=each.get("format") or "",
        url=each.get("url") or "",
        schema={k: v for k, v in schema.items() if v} or None,
        extras=dict(each.get("extras") or {}),
    )


def distrusting(held: HeldDataset, names: set[str]) -> HeldDataset:
    """The dataset, the checksums that it tells of these files not believed: what the public downloads is otherwise."""
    resources = [msgspec.structs.replace(r, sha1="") if r.name in names else r for r in held.resources]
    return msgspec.structs.replace(held, resources=tuple(resources))


def remembered(
    state: TargetState, publisher: str, wanted: Iterable[Wanted], fields: dict[str, Any]
) -> HeldDataset | None:
    """The dataset as the journal knows it, for a plan made without asking the portal: files sent before are as sent."""
    dataset = state.bindings.get("dataset")
    if not dataset:
        return None
    resources = []
    for each in wanted:
        known = state.bindings.get(f"resource:{each.name}")
        if known:
            sent = as_held(each, known)
            same = state.sent.get(each.name) == each.sha256
            resources.append(sent if same else msgspec.structs.replace(sent, sha1="", sha256=""))
    shown = {**fields, "private": False, "extras": {PUBLISHER_MARK: publisher}}
    return HeldDataset(id=dataset, fields=shown, resources=tuple(resources))


def as_held(wanted: Wanted, id_: str) -> Held:
    """A resource that is exactly as wanted."""
    return Held(
        id=id_,
        name=wanted.name,
        hosted=wanted.hosted,
        sha1=wanted.sha1 if wanted.hosted else "",
        sha256="" if wanted.hosted else wanted.sha256,
        size=wanted.size,
        title=wanted.title,
        description=wanted.description,
        type=wanted.type,
        format=wanted.format,
        url=wanted.address,
        schema=wanted.schema,
        extras={FILE_MARK: wanted.name},
    )
