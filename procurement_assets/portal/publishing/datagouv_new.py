"""Files that the dataset has not yet: how they come to be seen whole at their first moment.

udata has no transaction: an upload of a new file makes a resource that says nothing of it, at once in public. But a
list of resources may be given with the dataset, each described. So:
- a dataset that is not there is made private, with all its resources described; their files follow, then it is opened;
- on a dataset that is public, new files go first to a *draft*, a private dataset made for that; one call then puts them
  all on the page, described, with the address, size and checksum of the bytes in the draft; each is given a file of its
  own, and the draft is deleted. A run that is cut leaves a page that is whole, and the next one goes on from there.

A list that is given replaces the list that is there: `announced_over` tells whether it is still the one that was read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from procurement_assets.portal.publishing.datagouv_bodies import in_order, kept, of_dataset, of_resource
from procurement_assets.portal.publishing.datagouv_held import HeldDataset, as_dataset, file_of
from procurement_assets.portal.publishing.datagouv_wanted import DRAFT_MARK, STAGED_MARK, Wanted
from procurement_assets.portal.publishing.http import PortalError, PortalSession
from procurement_assets.portal.publishing.plan import Step, Steps

ANNOUNCE = "resources.announce"
DRAFT_UPLOAD = "draft.upload"
DRAFT_DELETE = "draft.delete"
_DRAFT = {
    "title": "Brouillon des données de la commande publique (ne pas ouvrir)",
    "description": "Fichiers nouveaux, le temps de les présenter tous ensemble dans leur jeu de données. Ce brouillon "
    "est fait et supprimé par le programme qui publie ; rien n'est à y faire.",
}


def missing(held: HeldDataset | None, wanted: Iterable[Wanted]) -> list[Wanted]:
    """The files for which a resource is to be made."""
    wanted = list(wanted)
    stays = kept(held, wanted)
    return [w for w in wanted if w.name not in stays]


def create(
    make: Steps, base: str, publisher: str, organization: str, fields: dict[str, Any], wanted: list[Wanted]
) -> Step:
    """The call that makes the dataset, private, its resources described."""
    body = {**of_dataset({}, fields, publisher), "private": True, **_owner(organization)}
    body["resources"] = [_bare(w) for w in wanted]
    why = "Créer le jeu de données, privé tant que tous ses fichiers n'y sont pas"
    return make.json("dataset.create", "POST", f"{base}/datasets/", why, body, provides="dataset")


def draft(make: Steps, base: str, publisher: str, organization: str, known: str, files: list[Wanted]) -> list[Step]:
    """The calls that bring new files to the draft. `known`: id of one that is already there."""
    plan = []
    if not known:
        body = {**_DRAFT, "private": True, "extras": {DRAFT_MARK: publisher}, **_owner(organization)}
        why = "Un brouillon privé, par où passent les fichiers nouveaux d'un jeu déjà public"
        plan.append(make.json("draft.create", "POST", f"{base}/datasets/", why, body, provides="draft"))
    for each in files:
        plan.append(
            make.file(
                DRAFT_UPLOAD,
                "POST",
                f"{base}/datasets/{known or '{draft}'}/upload/",
                "Envoyer un fichier nouveau au brouillon",
                file=each.name,
                sha256=each.sha256,
                size=each.size,
                send_as=each.title,
                provides=f"staged:{each.name}",
            )
        )
    return plan


def announce(
    make: Steps, address: str, publisher: str, held: HeldDataset, fields: dict[str, Any], wanted: list[Wanted]
) -> Step:
    """The call that puts the new files on the page, at their place, described. The others are named by their ids: udata
    leaves them as they are."""
    new = _staged if held.public else _bare
    body = of_dataset(held.fields, fields, publisher)
    body |= {"private": not held.public, "resources": in_order(held, wanted, new)}
    return make.json(
        ANNOUNCE, "PUT", f"{address}/", "Présenter les fichiers nouveaux, tous ensemble, à leur place", body
    )


def delete_draft(make: Steps, base: str, known: str) -> Step:
    """The call that deletes the draft, once nothing leads there. It also empties the binding."""
    why = "Supprimer le brouillon : chaque fichier a maintenant le sien"
    return make.bare(DRAFT_DELETE, "DELETE", f"{base}/datasets/{known or '{draft}'}/", why, provides="draft")


def announced_over(session: PortalSession, path: str, body: dict[str, Any]) -> bool:
    """Whether the dataset still has the resources that the list names, and no other. Raises `http.PortalError`."""
    there = {str(r["id"]) for r in as_dataset(session, path, session.get_json(path))["resources"]}
    return there == _named(body)


def made(answer: dict[str, Any], body: Mapping[str, Any]) -> dict[str, str]:
    """The bindings of the resources that a list made: `resource:FILE` to the id, from the answer.

    Raises `PortalError` where one that was asked for is not in the answer.
    """
    before = _named(body)
    found = {file_of(r): str(r["id"]) for r in answer["resources"] if str(r["id"]) not in before}
    asked = [file_of(r) for r in body.get("resources", ()) if isinstance(r, dict)]
    if absent := [name for name in asked if name not in found]:
        raise PortalError(
            f"le jeu {answer.get('id')} n'a pas reçu toutes ses ressources nouvelles (manquent : {', '.join(absent)})"
            " ; relancer, et si cela se répète regarder si l'API du portail a changé"
        )
    return {f"resource:{name}": found[name] for name in asked}


def _named(body: Mapping[str, Any]) -> set[str]:
    return {r for r in body.get("resources", ()) if isinstance(r, str)}


def _bare(wanted: Wanted) -> dict[str, Any]:
    """A resource of a private dataset, before its file: udata asks for an address."""
    body = of_resource(wanted, None)
    return body | {"filetype": "file", "url": wanted.address} if wanted.hosted else body


def _staged(wanted: Wanted) -> dict[str, Any]:
    """A resource as it is first seen, its bytes in the draft."""
    body = of_resource(wanted, None)
    if not wanted.hosted:
        return body
    return body | {
        "filetype": "file",
        "url": f"{{staged:{wanted.name}}}",
        "mime": f"{{mime:{wanted.name}}}",
        "format": wanted.format,
        "filesize": wanted.size,
        "checksum": {"type": "sha1", "value": wanted.sha1},
        "extras": {**body["extras"], STAGED_MARK: "1"},
    }


def _owner(organization: str) -> dict[str, str]:
    return {"organization": organization} if organization else {}
