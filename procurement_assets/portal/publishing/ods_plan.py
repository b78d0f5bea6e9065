"""The steps from what a dataset of an Opendatasoft portal is to what it should be. Pure: no request is made here.

Everything before `dataset.publish` changes a draft that the public does not see; what the public sees changes at once
when the portal has processed the draft. Nothing is ever unpublished. A new dataset is created restricted, published,
read back with the key, and only then opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from procurement_assets.portal.publishing.ods_beside import STEPS, attachment_steps, export_steps, removal
from procurement_assets.portal.publishing.ods_observed import Observed, same_value
from procurement_assets.portal.publishing.ods_wanted import (
    WantedDataset,
    is_ours,
    resource_body,
    sent_name,
)
from procurement_assets.portal.publishing.plan import Step
from procurement_assets.portal.publishing.portal import TargetState

TARGET = STEPS.target


def dataset_steps(wanted: WantedDataset, observed: Observed, state: TargetState) -> list[Step]:
    """The steps of one dataset, in order; none where the portal has it all and nothing was left unfinished."""
    root = f"/datasets/{observed.uid or f'{{dataset:{wanted.slug}}}'}"
    changes = [
        *_creation(wanted, observed),
        *_data(wanted, observed, state, root),
        *_rules(wanted, observed, root),
        *_metadata(wanted, observed, state, root),
        *export_steps(wanted, observed, root),
        *attachment_steps(wanted, observed, root),
    ]
    opening = _to_open(wanted, observed, state)
    if (
        not changes
        and not state.unfinished
        and not (opening and observed.uid)
        and (observed.published or not observed.uid)
    ):
        return []
    first = list(_before(wanted, observed, state, root))
    return [
        *first,
        *changes,
        *_publishing(wanted, changes, observed, root),
        *(_opening(wanted, root) if opening else ()),
    ]


def _to_open(wanted: WantedDataset, observed: Observed, state: TargetState) -> bool:
    """Whether the dataset is to be opened to the public once it reads as it should: one that was never published, or
    that was made anew in the place of one that is gone. One that a person closed since stays closed."""
    if not observed.uid:
        return True
    if not _was_published(wanted, state):
        return observed.restricted
    made = state.bindings.get(f"dataset:{wanted.slug}", observed.uid)
    return observed.restricted and state.bindings.get(f"opened:{wanted.slug}", made) != observed.uid


def _before(wanted: WantedDataset, observed: Observed, state: TargetState, root: str) -> Iterator[Step]:
    if not observed.uid:
        return
    if observed.busy:
        yield _wait(wanted, root, "Le portail traite déjà ce jeu : attendre avant d'y toucher.")
    if observed.published and _to_note(wanted, state):
        yield STEPS.bare(
            "version.note",
            "GET",
            f"{root}/versions/",
            "Noter la version en ligne, à laquelle revenir si la relecture ne concorde pas.",
            provides=f"version:{wanted.slug}",
            writes=False,
        )


def _to_note(wanted: WantedDataset, state: TargetState) -> bool:
    """Whether the version online is the one to go back to, and not noted yet.

    A run killed before it noted has changed nothing online: noting comes first. Once noted, what is online may already
    be the publication under way; and where the last good publication is only shown again, there is nothing to note.
    """
    if not state.unfinished:
        return True
    if f"version:{wanted.slug}" in state.bindings or state.last is None:
        return False
    return _was_published(wanted, state) and state.unfinished != state.last.manifest_sha256


def _was_published(wanted: WantedDataset, state: TargetState) -> bool:
    """Whether the last good publication had this dataset: a table without rows is given out and has none."""
    name = wanted.file.name
    return state.last is not None and name in state.last.files and state.last.rows.get(name) != 0


def _creation(wanted: WantedDataset, observed: Observed) -> Iterator[Step]:
    if observed.uid:
        return
    default = {k.partition("/")[2]: {"value": v} for k, v in wanted.metadata.items() if k.startswith("default/")}
    yield STEPS.json(
        "dataset.create",
        "POST",
        "/datasets/",
        f"Le portail n'a pas de jeu « {wanted.slug} » : le créer, restreint jusqu'à sa relecture.",
        {"dataset_id": wanted.slug, "is_restricted": True, "metadata": {"default": default}},
        provides=f"dataset:{wanted.slug}",
    )


def _data(wanted: WantedDataset, observed: Observed, state: TargetState, root: str) -> Iterator[Step]:
    ours = [r for r in observed.resources if r.get("title") == wanted.file.name]
    ours.sort(key=lambda r: not holds(r, wanted, state))
    for twin in ours[1:]:
        # Two copies of the table would show every row twice.
        yield removal("resource.remove", f"{root}/resources/{twin['uid']}/", f"{twin['title']}, en double")
    if observed.assumed and state.sent.get(wanted.file.name) == wanted.file.sha256:
        return
    if ours and holds(ours[0], wanted, state):
        return
    kept = state.bindings.get(f"upload:{wanted.slug}:{wanted.file.sha256[:12]}")
    yield STEPS.file(
        "file.upload",
        "POST",
        f"{root}/resources/files/",
        f"{wanted.file.name} a changé : envoyer ses {wanted.data.rows} lignes."
        + (" (déjà reçu lors d'une exécution interrompue : le portail est interrogé d'abord)" if kept else ""),
        file=wanted.file.name,
        sha256=wanted.file.sha256,
        size=wanted.file.bytes,
        send_as=sent_name(wanted.file),
        provides=f"upload:{wanted.slug}",
    )
    body = resource_body(wanted)
    known = str(ours[0]["uid"]) if ours else state.bindings.get(f"resource:{wanted.slug}") if observed.assumed else None
    yield STEPS.json(
        "resource.replace" if known else "resource.add",
        "PUT" if known else "POST",
        f"{root}/resources/{known}/" if known else f"{root}/resources/",
        "Donner au jeu le fichier envoyé" + (", à la place du précédent." if known else "."),
        body,
        provides=f"resource:{wanted.slug}",
    )


def holds(resource: Mapping[str, Any], wanted: WantedDataset, state: TargetState) -> bool:
    """Whether a resource stands on the file wanted: its name has the hash, or the journal knows its id."""
    file = (resource.get("datasource") or {}).get("file") or {}
    names = f"{file.get('filename', '')} {file.get('uid', '')}"
    short = wanted.file.sha256[:12]
    return short in names or (
        bool(file.get("uid")) and state.bindings.get(f"upload:{wanted.slug}:{short}") == file["uid"]
    )


def _rules(wanted: WantedDataset, observed: Observed, root: str) -> Iterator[Step]:
    if observed.assumed and observed.published:
        return
    present: dict[tuple[str, str, str], dict[str, Any]] = {}
    for rule in observed.rules:
        present.setdefault(_identity(rule), rule)
    for rule in wanted.rules:
        field = rule.get("field") or rule["from_name"]
        found = present.get(_identity(rule))
        if found is None:
            yield STEPS.json(
                "field.add",
                "POST",
                f"{root}/fields/",
                f"Champ {field} : {rule['label']}.",
                rule,
            )
        elif any(found.get(k) != v for k, v in rule.items() if k not in ("label", "args") or v):
            yield STEPS.json(
                "field.change",
                "PUT",
                f"{root}/fields/{found['uid']}/",
                f"Champ {field} : {rule['label']} a changé.",
                rule,
            )
    named = {_identity(rule) for rule in wanted.rules}
    for rule in observed.rules:
        if _identity(rule) not in named and is_ours(rule):
            yield removal("field.remove", f"{root}/fields/{rule['uid']}/", str(rule["label"]))


def _identity(rule: Mapping[str, Any]) -> tuple[str, str, str]:
    return (
        str(rule.get("type")),
        str(rule.get("field") or rule.get("from_name") or ""),
        str(rule.get("annotation") or ""),
    )


def _metadata(wanted: WantedDataset, observed: Observed, state: TargetState, root: str) -> Iterator[Step]:
    if observed.assumed and observed.published:
        return
    for name, value in wanted.metadata.items():
        template = name.partition("/")[0]
        created = not observed.uid and template == "default"
        if created or f"absent:{template}" in state.bindings or same_value(observed.metadata.get(name), value):
            continue
        yield STEPS.json(
            "metadata.set",
            "PUT",
            f"{root}/metadata/{name}/",
            f"Métadonnée {name}.",
            {"value": value},
        )


def _publishing(wanted: WantedDataset, changes: list[Step], observed: Observed, root: str) -> Iterator[Step]:
    metadata_only = observed.published and bool(changes) and all(s.action == "metadata.set" for s in changes)
    yield STEPS.bare(
        "dataset.publish",
        "POST",
        f"{root}/publish_metadata/" if metadata_only else f"{root}/publish/",
        "Publier les métadonnées, seules changées."
        if metadata_only
        else "Publier : le public voit la nouvelle version.",
    )
    yield _wait(wanted, root, "Attendre la fin du traitement par le portail, et lire ses erreurs.")


def _wait(wanted: WantedDataset, root: str, why: str) -> Step:
    return STEPS.bare(
        "dataset.wait",
        "GET",
        f"{root}/status/",
        why,
        writes=False,
    )


def _opening(wanted: WantedDataset, root: str) -> Iterator[Step]:
    yield STEPS.bare(
        "dataset.readback",
        "GET",
        f"/catalog/datasets/{wanted.slug}/exports/csv",
        "Première publication : relire avec la clé avant d'ouvrir au public.",
        writes=False,
    )
    yield STEPS.bare(
        "dataset.open",
        "PUT",
        f"{root}/",
        "La relecture concorde : ouvrir le jeu au public.",
        provides=f"opened:{wanted.slug}",
    )
