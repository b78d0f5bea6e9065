"""The calls that lead from what data.gouv.fr holds to what it should show. Pure: a comparison, no request.

Order: what the dataset lacks (`datagouv_new`); files are sent (data before documents) and what is said of them put
right; retired ones are marked; the order is set; then the dataset's own texts, which also make it public; last, the
draft goes. A first publication is seen whole or not at all. A file is replaced in place, by one call: its address
(`/datasets/r/ID`) never changes, and neither does what is said of it. A new file is seen whole from its first moment.
"""

from __future__ import annotations

from typing import Any

from procurement_assets.portal.publishing import datagouv_new as new
from procurement_assets.portal.publishing.datagouv_bodies import in_order, kept, of_dataset, of_resource
from procurement_assets.portal.publishing.datagouv_held import Held, HeldDataset
from procurement_assets.portal.publishing.datagouv_wanted import FILE_MARK, RETIRED_MARK, Wanted, slug
from procurement_assets.portal.publishing.plan import Step, Steps

TARGET = "datagouv"
STEPS = Steps(TARGET)
RETIRED_TITLE = " (n'est plus mis à jour)"


def steps(
    base: str,
    publisher: str,
    organization: str,
    held: HeldDataset | None,
    fields: dict[str, Any],
    wanted: list[Wanted],
    *,
    draft: str = "",
) -> list[Step]:
    """The steps, none where nothing differs. `base`: address of the API; `fields`: the dataset's, as wanted; `draft`:
    id of a draft that is there."""
    address = f"{base}/datasets/{held.id if held else '{dataset}'}"
    lacking = new.missing(held, wanted)
    staged = [w for w in lacking if w.hosted] if held and held.public else []
    plan = []
    if held is None:
        plan.append(new.create(STEPS, base, publisher, organization, fields, wanted))
    elif lacking:
        plan += new.draft(STEPS, base, publisher, organization, draft, staged) if staged else []
        plan.append(new.announce(STEPS, address, publisher, held, fields, wanted))
    stays = kept(held, wanted)
    for each in wanted:
        there = held.of(each.name) if held and each.name in stays else None
        plan += (
            _hosted_steps(address, each, there, each in staged) if each.hosted else _link_steps(address, each, there)
        )
    plan += _retirements(address, held, set(stays.values()))
    if not lacking:
        plan += _order(address, held, wanted)
    if not (lacking and held and held.public):  # else the same call said it
        plan += _describe(address, publisher, held, fields)
    if (draft or staged) and not _leaning(held, set(stays.values())):
        plan.append(new.delete_draft(STEPS, base, draft))
    return plan


def _leaning(held: HeldDataset | None, stays: set[str]) -> bool:
    """Whether a resource whose file is no longer in the package has its bytes in the draft: it stays then."""
    return any(r.staged and r.id not in stays for r in (held.resources if held else ()))


def _hosted_steps(address: str, wanted: Wanted, held: Held | None, staged: bool) -> list[Step]:
    """`staged`: its resource is being made, with the bytes of the draft."""
    if held is None:
        sent = _upload(address, wanted, None)
        return [sent, _describe_resource(address, wanted, None)] if staged else [sent]
    plan = []
    if held.staged or (held.sha1, held.size) != (wanted.sha1, wanted.size):
        plan.append(_upload(address, wanted, held))
    # An upload makes its name the title, which is already so.
    if held.staged or not _described(wanted, held, title=held.title if not plan else wanted.title):
        plan.append(_describe_resource(address, wanted, held))
    return plan


def _link_steps(address: str, wanted: Wanted, held: Held | None) -> list[Step]:
    if held is None:
        return []  # made whole with the others
    shown = (held.url, held.format, held.size, held.sha256)
    same = shown == (wanted.address, wanted.format, wanted.size, wanted.sha256)
    return [] if same and _described(wanted, held, title=held.title) else [_describe_resource(address, wanted, held)]


def _upload(address: str, wanted: Wanted, held: Held | None) -> Step:
    return STEPS.file(
        "resource.replace" if held else "resource.upload",
        "POST",
        f"{address}/resources/{_id(wanted, held)}/upload/",
        "Remplacer le fichier, à la même adresse" if held else "Envoyer le fichier de la ressource nouvelle",
        file=wanted.name,
        sha256=wanted.sha256,
        size=wanted.size,
        send_as=wanted.title,
    )


def _describe_resource(address: str, wanted: Wanted, held: Held | None) -> Step:
    return STEPS.json(
        "resource.describe",
        "PUT",
        f"{address}/resources/{_id(wanted, held)}/",
        f"Titre, description et schéma de {wanted.name}",
        of_resource(wanted, held),
    )


def _id(wanted: Wanted, held: Held | None) -> str:
    return held.id if held else f"{{resource:{wanted.name}}}"


def _described(wanted: Wanted, held: Held, *, title: str) -> bool:
    told = (title, held.description, held.type, held.extras.get(FILE_MARK))
    schema = wanted.schema is None or wanted.schema == held.schema
    return schema and told == (wanted.title, wanted.description, wanted.type, wanted.name)


def _retirements(address: str, held: HeldDataset | None, stays: set[str]) -> list[Step]:
    """Our resources that are no file of the package any more: never deleted, their title says so."""
    plan = []
    for each in held.resources if held else ():
        if each.id in stays or each.retired or not each.ours:
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
    order = in_order(held, wanted, lambda w: w.name)
    if held and order == [r.id for r in held.resources]:
        return []
    return [STEPS.json("resources.order", "PUT", f"{address}/resources/", "Ordre des fichiers sur la page", order)]


def _describe(address: str, publisher: str, held: HeldDataset | None, fields: dict[str, Any]) -> list[Step]:
    now = held.fields if held else {}
    body = of_dataset(now, fields, publisher)
    if held and held.public and not differing(now, fields) and body["extras"] == now.get("extras"):
        return []
    return [
        STEPS.json(
            "dataset.publish",
            "PUT",
            f"{address}/",
            "Titre, description, fréquence, licence et mots-clés du jeu ; le jeu est public",
            {**body, "private": False},
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
