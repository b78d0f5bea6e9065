"""Which resources of the dataset the client takes for its own, on the real udata: other people's stay as they are."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import requests

from procurement_assets.portal.publishing.datagouv import STORAGE_SECONDS
from procurement_assets.portal.publishing.datagouv_wanted import upload_name
from procurement_assets.portal.publishing.package import Package
from procurement_assets_tests.portal.datagouv_support import FILES, ORDER, by_name, client, names, package, publish
from procurement_assets_tests.portal.running_udata import Udata


@pytest.fixture
def first(tmp_path: Path) -> Package:
    return package(tmp_path / "store", FILES)


def test_what_other_people_put_on_the_dataset_stays(udata: Udata, first: Package) -> None:
    publish(client(udata), first)
    (dataset,) = udata.public()
    note = {"title": "Note", "url": "https://example.org/note.pdf", "filetype": "remote", "type": "documentation"}
    address = f"{udata.api}/datasets/{dataset['id']}/resources/"
    requests.post(address, json=note, headers={"X-API-KEY": udata.member}, timeout=30).raise_for_status()
    publish(client(udata), first)
    (dataset,) = udata.public()
    assert [r["title"] for r in dataset["resources"]][-1] == "Note"
    assert names(dataset)[:-1] == ORDER
    assert client(udata).verify(first) == []


def by_hand(udata: Udata, name: str, data: bytes) -> dict[str, Any]:
    """A file that someone uploads to the dataset."""
    (dataset,) = udata.public()
    time.sleep(STORAGE_SECONDS)
    address = f"{udata.api}/datasets/{dataset['id']}/upload/"
    answer = requests.post(address, files={"file": (name, data)}, headers={"X-API-KEY": udata.member}, timeout=30)
    answer.raise_for_status()
    return dict(answer.json())


def test_a_file_that_someone_uploads_under_the_name_of_ours_stays_theirs(udata: Udata, first: Package) -> None:
    publish(client(udata), first)
    theirs = by_hand(udata, "decp-marches.csv", b"x;y\n")
    portal = client(udata)
    publish(portal, first)
    assert portal.verify(first) == []
    (dataset,) = udata.public()
    assert names(dataset) == [*ORDER, ""]
    last = dataset["resources"][-1]
    assert (last["id"], last["title"], last["checksum"]) == (theirs["id"], theirs["title"], theirs["checksum"])


def test_a_second_resource_that_bears_the_mark_of_a_file_is_told_not_to_be_it(udata: Udata, first: Package) -> None:
    publish(client(udata), first)
    second = by_hand(udata, "copie.csv", b"x;y\n")
    (dataset,) = udata.public()
    body = {"title": "copie.csv", "extras": by_name(udata)["decp_marches.csv"]["extras"]}
    address = f"{udata.api}/datasets/{dataset['id']}/resources/{second['id']}/"
    requests.put(address, json=body, headers={"X-API-KEY": udata.member}, timeout=30).raise_for_status()
    # At the end of the page: the first one is the one that was there before.
    order = [r["id"] for r in dataset["resources"] if r["id"] != second["id"]] + [second["id"]]
    address = f"{udata.api}/datasets/{dataset['id']}/resources/"
    requests.put(address, json=order, headers={"X-API-KEY": udata.member}, timeout=30).raise_for_status()
    portal = client(udata)
    publish(portal, first)
    assert portal.verify(first) == []
    (dataset,) = udata.public()
    assert len([n for n in names(dataset) if n == "decp_marches.csv"]) == 1
    assert dataset["resources"][-1]["title"] == "copie.csv (n'est plus mis à jour)"


def test_our_names_are_titles_that_udata_leaves_alone(udata: Udata, first: Package) -> None:
    publish(client(udata), first)
    names = ["SHA256SUMS", "decp_à côté_2.csv", "Œuvre.json", "a.b.c.csv", "ocds/2025.jsonl.gz", "X__Y.CSV"]
    for name in names:
        assert by_hand(udata, upload_name(name), b"1")["title"] == upload_name(name)
