"""Files new to a dataset that is already public, on the real udata: whole at once, and nobody's work is lost."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import requests

from procurement_assets.portal.publishing.datagouv import STORAGE_SECONDS
from procurement_assets.portal.publishing.http import NothingToRestoreError
from procurement_assets.portal.publishing.package import Package
from procurement_assets.portal.publishing.plan import Step
from procurement_assets.portal.publishing.portal import TargetState
from procurement_assets_tests.portal.datagouv_support import (
    FILES,
    ORDER,
    by_name,
    client,
    named,
    names,
    package,
    publish,
)
from procurement_assets_tests.portal.running_udata import Udata

NEW = {"ocds/release_package_2024.json.gz", "procurement.duckdb", "decp_2022.json"}
TEXTS = {"title": "Note", "url": "https://example.org/note.pdf", "filetype": "remote", "type": "documentation"}


def ask(udata: Udata, method: str, path: str, body: Any) -> dict[str, Any]:
    """A call of someone else in the organisation."""
    answer = requests.request(method, f"{udata.api}{path}", json=body, headers={"X-API-KEY": udata.member}, timeout=30)
    answer.raise_for_status()
    return dict(answer.json())


@pytest.fixture
def whole(tmp_path: Path) -> Package:
    return package(tmp_path / "store", FILES)


@pytest.fixture
def few(tmp_path: Path) -> Package:
    return package(tmp_path / "store", {n: d for n, d in FILES.items() if n not in NEW})


def left(udata: Udata) -> list[str]:
    """Titles of the datasets that are there, private ones included."""
    return [d["title"] for d in udata.datasets() if not d["deleted"]]


def actions(steps: list[Step]) -> list[str]:
    return [s.action for s in steps]


def test_new_files_appear_together_at_their_place_and_the_draft_is_gone(
    udata: Udata, few: Package, whole: Package
) -> None:
    publish(client(udata), few)
    seen: list[list[str]] = []
    portal = client(udata)
    publish(portal, whole, before=lambda n, step: seen.append(list(by_name(udata))))
    assert {tuple(s) for s in seen} == {tuple(n for n in ORDER if n not in NEW), tuple(ORDER)}
    assert portal.verify(whole, full=True) == []
    assert len(left(udata)) == 1
    assert all(list(r["extras"]) == ["procurement-assets:file"] for r in by_name(udata).values())
    assert publish(client(udata), whole) == 0


def test_a_new_file_is_kept_by_its_own_dataset_and_not_by_the_draft(udata: Udata, few: Package, whole: Package) -> None:
    publish(client(udata), few)
    publish(client(udata), whole)
    (dataset,) = udata.public()
    stored = [f"{udata.root}/{path}" for path in udata.stored() if f"/{dataset['slug']}/" in f"/{path}"]
    assert [r["url"] for r in dataset["resources"] if r["filetype"] == "file" and r["url"] not in stored] == []


def test_what_someone_adds_meanwhile_is_not_lost(udata: Udata, few: Package, whole: Package) -> None:
    publish(client(udata), few)
    (dataset,) = udata.public()
    added: list[str] = []

    def meanwhile(_: int, step: Step) -> None:
        if step.action == "resources.announce" and not added:
            added.append(ask(udata, "POST", f"/datasets/{dataset['id']}/resources/", TEXTS)["id"])

    portal = client(udata)
    publish(portal, whole, before=meanwhile)
    (dataset,) = udata.public()
    assert dataset["resources"][-1]["id"] == added[0]
    assert names(dataset) == [*ORDER, ""]
    assert portal.verify(whole) == []
    assert len(left(udata)) == 1


def test_a_dataset_that_the_city_has_already_is_completed_at_once_and_what_is_there_stays(
    udata: Udata, whole: Package
) -> None:
    coverage = {"start": "2014-01-01", "end": "2019-12-31"}
    body = {
        "title": "Marchés",
        "description": "Les marchés.",
        "organization": udata.organization,
        "temporal_coverage": coverage,
        "extras": {"theirs": "1"},
        "resources": [TEXTS | {"extras": {"check:status": 200, "nested": {"a": 1}}, "mime": "application/pdf"}],
    }
    ask(udata, "POST", "/datasets/", body)
    (before,) = udata.public()
    portal = named(udata, before["id"])
    seen: list[int] = []
    publish(portal, whole, before=lambda n, step: seen.append(len(udata.public()[0]["resources"])))
    assert set(seen) == {1, 1 + len(ORDER)}
    (dataset,) = udata.public()
    assert dataset["resources"][-1] == before["resources"][0]
    assert dataset["temporal_coverage"] == coverage
    assert dataset["extras"]["theirs"] == "1"
    assert portal.verify(whole) == []


def test_a_dataset_that_was_public_before_is_never_closed(udata: Udata, whole: Package) -> None:
    texts = {"title": "Marchés", "description": "Les marchés.", "organization": udata.organization}
    before = ask(udata, "POST", "/datasets/", texts)
    portal = named(udata, before["id"])
    publish(portal, whole)
    with pytest.raises(NothingToRestoreError, match="était public avant cette première publication et le reste"):
        portal.restore(None)
    assert [d["id"] for d in udata.public()] == [before["id"]]


def test_a_dataset_closed_again_keeps_what_is_said_of_it(udata: Udata, whole: Package) -> None:
    portal = client(udata)
    publish(portal, whole)
    (dataset,) = udata.public()
    portal.restore(None)
    (closed,) = [d for d in udata.datasets() if not d["deleted"]]
    assert (closed["private"], closed["tags"]) == (True, dataset["tags"])


def test_a_draft_left_behind_is_used_again_and_deleted(udata: Udata, few: Package, whole: Package) -> None:
    publish(client(udata), few)
    cut = client(udata)
    steps = cut.plan(TargetState(target="datagouv"), whole)
    cut.execute(steps[0])
    assert len(left(udata)) == 2
    again = client(udata).plan(TargetState(target="datagouv"), whole)
    assert actions(steps)[0] == "draft.create"
    assert "draft.create" not in actions(again)
    publish(client(udata), whole)
    assert len(left(udata)) == 1


def test_a_draft_that_nothing_needs_any_more_is_deleted(udata: Udata, few: Package, whole: Package) -> None:
    publish(client(udata), few)
    cut = client(udata)
    cut.execute(cut.plan(TargetState(target="datagouv"), whole)[0])
    unfinished = TargetState(target="datagouv", unfinished="0" * 64)
    assert actions(client(udata).plan(unfinished, few)) == ["draft.delete"]


def test_the_draft_stays_while_a_file_no_longer_given_out_leans_on_it(
    udata: Udata, few: Package, whole: Package
) -> None:
    publish(client(udata), few)
    cut = client(udata)
    cut_at_upload = RuntimeError("cut")

    def stop(_: int, step: Step) -> None:
        if step.action == "resource.upload":
            raise cut_at_upload

    with pytest.raises(RuntimeError, match="cut"):
        publish(cut, whole, before=stop)
    time.sleep(STORAGE_SECONDS)
    unfinished = TargetState(target="datagouv", unfinished="0" * 64)
    back = client(udata)
    steps = back.plan(unfinished, few)
    assert actions(steps) == ["resource.retire"] * len(NEW) + ["resources.order"]
    for step in steps:
        back.execute(step)
    shown = [r for r in udata.public()[0]["resources"] if r["filetype"] == "file"]
    assert {requests.get(r["latest"], timeout=30).status_code for r in shown} == {200}
    publish(client(udata), whole)
    assert client(udata).verify(whole, full=True) == []
