"""The calls that lead from what data.gouv.fr holds to what it should show. Pure: a comparison, no request.

Order: the dataset is made private; files are sent (data before documents); each resource is described; retired ones are
marked; the order is set; last, the dataset's own texts, which also make it public. So a first publication is seen whole
or not at all, and a file is replaced in place, by one call: its address (`/datasets/r/ID`) never changes, and neither
does what is said of it. Only a file new to a dataset already public is seen without its description for one call.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from procurement_assets.portal.publishing.datagouv_held import Held, HeldDataset
from procurement_assets.portal.publishing.datagouv_wanted import (
    FILE_MARK,
    PUBLISHER_MARK,
    RETIRED_MARK,
    Wanted,
    slug,
)
from procurement_assets.portal.publishing.plan import Step, Steps

TARGET = "datagouv"
STEPS = Steps(TARGET)
RETIRED_TITLE = " (n'est plus mis à jour)"


def steps(
    base: str, publisher: str, organization: str, held: HeldDataset | None, fields: dict[str, Any], wanted: list[Wanted]
) -> list[Step]:
    """The steps, none where nothing differs. `base`: address of the API; `fields`: the dataset's, as wanted."""
    dataset = held.id if held else "{dataset}"
    address = f"{base}/datasets/{dataset}"
    plan = [] if held else [_create(base, publisher, organization, fields)]
    for each in wanted:
        plan += _resource_steps(address, each, held.of(each.name) if held else None)
    plan += _retirements(address, held, wanted)
    plan += _order(address, held, wanted)
    plan += _describe(address, publisher, held, fields)
    return plan


def _create(base: str, publisher: str, organization: str, fields: dict[str, Any]) -> Step:
    body = {**fields, "private": True, "extras": {PUBLISHER_MARK: publisher}}
    if organization:
        body["organization"] = organization
    return STEPS.json(
        "dataset.create",
        "POST",
        f"{base}/datasets/",
        "Créer le jeu de données, privé tant que tous ses fichiers n'y sont pas",
        body,
        provides="dataset",
    )


def _resource_steps(address: str, wanted: Wanted, held: Held | None) -> list[Step]:
    if wanted.url:
        return _remote_steps(address, wanted, held)
    if held is not None and not held.hosted:
        held = None  # udata never turns a remote resource into a file: a new one is made, the old one retired
    if held is None:
        return [_upload(address, wanted, None), _describe_resource(address, wanted, None)]
    plan = []
    if (held.sha1, held.size) != (wanted.sha1, wanted.size):
        plan.append(_upload(address, wanted, held))
        held = msgspec.structs.replace(held, title=wanted.title)  # by the upload itself
    if not _described(wanted, held):
        plan.append(_describe_resource(address, wanted, held))
    return plan


def _upload(address: str, wanted: Wanted, held: Held | None) -> Step:
    return STEPS.file(
        "resource.replace" if held else "resource.upload",
        "POST",
        f"{address}/resources/{held.id}/upload/" if held else f"{address}/upload/",
        "Remplacer le fichier, à la même adresse" if held else "Envoyer un nouveau fichier",
        file=wanted.name,
        sha256=wanted.sha256,
        size=wanted.size,
        send_as=wanted.title,
        provides="" if held else f"resource:{wanted.name}",
    )


def _describe_resource(address: str, wanted: Wanted, held: Held | None) -> Step:
    return STEPS.json(
        "resource.describe",
        "PUT",
        f"{address}/resources/{held.id if held else f'{{resource:{wanted.name}}}'}/",
        f"Titre, description et schéma de {wanted.name}",
        _body(wanted, held),
    )


def _body(wanted: Wanted, held: Held | None) -> dict[str, Any]:
    extras = {**(held.extras if held else {}), FILE_MARK: wanted.name}
    extras.pop(RETIRED_MARK, None)
    body: dict[str, Any] = {
        "title": wanted.title,
        "description": wanted.description,
        "type": wanted.type,
        "extras": extras,
    }
    if wanted.schema:
        body["schema"] = wanted.schema
    if wanted.url:
        body |= {"url": wanted.url, "filetype": "remote", "format": wanted.format, "filesize": wanted.size}
        body["checksum"] = {"type": "sha256", "value": wanted.sha256}
    return body


def _remote_steps(address: str, wanted: Wanted, held: Held | None) -> list[Step]:
    if held is None or held.hosted:
        step = STEPS.json(
            "resource.link",
            "POST",
            f"{address}/resources/",
            "Format que le portail n'héberge pas : lien vers le fichier",
            _body(wanted, None),
            provides=f"resource:{wanted.name}",
        )
        return [step]
    same = (held.url, held.format, held.size, held.sha256) == (wanted.url, wanted.format, wanted.size, wanted.sha256)
    return [] if same and _described(wanted, held) else [_describe_resource(address, wanted, held)]


def _described(wanted: Wanted, held: Held) -> bool:
    told = (held.title, held.description, held.type, held.extras.get(FILE_MARK))
    schema = wanted.schema is None or wanted.schema == held.schema
    return schema and told == (wanted.title, wanted.description, wanted.type, wanted.name)


def _kept(held: HeldDataset | None, wanted: Iterable[Wanted]) -> dict[str, str]:
    """File to the id of the resource that it keeps."""
    remote = {w.name: bool(w.url) for w in wanted}
    resources = held.resources if held else ()
    return {r.name: r.id for r in resources if r.name in remote and r.hosted != remote[r.name]}


def _retirements(address: str, held: HeldDataset | None, wanted: list[Wanted]) -> list[Step]:
    """Our resources that are no file of the package any more: never deleted, their title says so."""
    kept = set(_kept(held, wanted).values())
    plan = []
    for each in held.resources if held else ():
        if each.id in kept or each.retired or not each.ours:
            continue
        name = each.extras.get(FILE_MARK) or each.name or "un fichier en double"
        body: dict[str, Any] = {
            "title": each.title + RETIRED_TITLE,
            "extras": {**{k: v for k, v in each.extras.items() if k != FILE_MARK}, RETIRED_MARK: name},
        }
        if not each.hosted:
            body |= {"url": each.url, "filetype": "remote"}
        plan.append(
            STEPS.json(
                "resource.retire",
                "PUT",
                f"{address}/resources/{each.id}/",
                f"{name} n'est plus publié : le dire, sans rien supprimer",
                body,
            )
        )
    return plan


def _order(address: str, held: HeldDataset | None, wanted: list[Wanted]) -> list[Step]:
    """Ours in the order of the page, then what others put there, then the retired ones."""
    kept = _kept(held, wanted)
    ours = [kept.get(w.name) or f"{{resource:{w.name}}}" for w in wanted]
    rest = [r for r in (held.resources if held else ()) if r.id not in kept.values()]
    foreign = [r.id for r in rest if not r.ours]
    retired = [r.id for r in rest if r.id not in foreign]
    order = [*ours, *foreign, *retired]
    if held and order == [r.id for r in held.resources]:
        return []
    return [
        STEPS.json(
            "resources.order",
            "PUT",
            f"{address}/resources/",
            "Ordre des fichiers sur la page",
            order,
        )
    ]


def _describe(address: str, publisher: str, held: HeldDataset | None, fields: dict[str, Any]) -> list[Step]:
    now = held.fields if held else {}
    extras = {**(now.get("extras") or {}), PUBLISHER_MARK: publisher}
    if held and not now.get("private") and not differing(now, fields) and extras == now.get("extras"):
        return []
    return [
        STEPS.json(
            "dataset.publish",
            "PUT",
            f"{address}/",
            "Titre, description, fréquence, licence et mots-clés du jeu ; le jeu est public",
            {**fields, "private": False, "extras": extras},
        )
    ]


def differing(now: dict[str, Any], fields: dict[str, Any]) -> list[str]:
    """The fields of the dataset that the portal shows otherwise."""
    found = []
    for name, value in fields.items():
        shown = now.get(name)
        if name == "tags":
            same = {slug(t) for t in shown or ()} == set(value)
        elif name == "spatial":
            same = set((shown or {}).get("zones") or ()) == set(value["zones"])
        elif isinstance(value, str) and isinstance(shown, str):
            same = shown.split() == value.split()  # udata trims texts
        else:
            same = shown == value
        if not same:
            found.append(name)
    return found
