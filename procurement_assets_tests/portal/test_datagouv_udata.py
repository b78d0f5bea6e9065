"""The client of data.gouv.fr against the real udata, the software of data.gouv.fr, installed from PyPI.

Skipped, with the reason, where `.udata-venv` could not be made (`sh .ci/udata.sh`).
"""

from __future__ import annotations

import gzip
import hashlib
import time
from datetime import date
from pathlib import Path

import msgspec
import polars as pl
import pytest
import requests
from pytest_httpserver import HTTPServer

from procurement_assets.lake import Lake
from procurement_assets.portal.exports.catalogue import Period, catalogue
from procurement_assets.portal.exports.listing import files_given_out
from procurement_assets.portal.exports.spec import About
from procurement_assets.portal.publishing import engine
from procurement_assets.portal.publishing.datagouv import STORAGE_SECONDS
from procurement_assets.portal.publishing.engine import Job
from procurement_assets.portal.publishing.http import KeyRefusedError, PortalError, RejectedError
from procurement_assets.portal.publishing.package import Package
from procurement_assets.portal.publishing.portal import TargetState
from procurement_assets_tests.portal.datagouv_support import (
    FILES,
    ORDER,
    RELEASES,
    by_name,
    client,
    make,
    names,
    package,
    paris,
    publish,
)
from procurement_assets_tests.portal.running_udata import Udata
from procurement_assets_tests.publishing.support import rows, write_exports


@pytest.fixture
def first(tmp_path: Path) -> Package:
    return package(tmp_path / "store", FILES)


def test_a_first_publication_creates_the_dataset_with_its_files_in_order(udata: Udata, first: Package) -> None:
    portal = client(udata)
    publish(portal, first)
    (dataset,) = udata.public()
    assert dataset["title"] == "Données essentielles de la commande publique de la Ville de Paris"
    assert "OCDS" in dataset["description"]
    assert dataset["frequency"] == "daily"
    assert dataset["license"] == "lov2"
    assert "marches-publics" in dataset["tags"]
    assert dataset["spatial"]["zones"] == ["fr:departement:75"]
    assert dataset["organization"]["id"] == udata.organization
    assert names(dataset) == ORDER
    assert portal.verify(first, full=True) == []


def test_each_file_has_its_checksum_its_texts_and_its_schema(udata: Udata, first: Package) -> None:
    publish(client(udata), first)
    shown = by_name(udata)
    table = shown["decp_marches.csv"]
    assert table["title"] == "decp-marches.csv"
    assert table["description"].startswith("**Titre de decp_marches.csv**\n\n")
    assert table["checksum"] == {"type": "sha1", "value": hashlib.sha1(FILES["decp_marches.csv"]).hexdigest()}
    assert table["filesize"] == len(FILES["decp_marches.csv"])
    assert table["schema"] is None
    assert table["type"] == "main"
    assert requests.get(table["latest"], timeout=30).content == FILES["decp_marches.csv"]
    schema = {n: (r["schema"] or {}).get("version") for n, r in shown.items() if r["schema"]}
    assert schema == {"decp_2022.json": "2.0.3", "decp_2019.xml": "1.5.0"}
    assert shown["decp_2022.json"]["schema"]["name"] == "139bercy/format-commande-publique"


def test_a_format_that_the_portal_does_not_host_is_a_link_to_our_files(udata: Udata, first: Package) -> None:
    publish(client(udata), first)
    link = by_name(udata)["procurement.duckdb"]
    assert link["filetype"] == "remote"
    assert link["url"] == "https://opendata.paris.fr/commande-publique/procurement.duckdb"
    assert link["checksum"] == {"type": "sha256", "value": hashlib.sha256(b"DUCK").hexdigest()}


def test_a_collector_of_ocds_finds_the_release_packages_and_nothing_else(udata: Udata, first: Package) -> None:
    publish(client(udata), first)
    # What Kingfisher Collect does (spider `france`): every resource whose description holds the word, as a package.
    found = [r for d in udata.public() for r in d["resources"] if "ocds" in (r["description"] or "").lower()]
    assert [requests.get(r["url"], timeout=30).json()["releases"] for r in found] == [[{"ocid": "ocds-abcdef-1"}]]


def test_a_second_publication_sends_nothing(udata: Udata, first: Package) -> None:
    publish(client(udata), first)
    assert client(udata).plan(TargetState(target="datagouv"), first) == []
    assert publish(client(udata), first) == 0


def test_a_changed_file_is_replaced_at_the_same_address_and_nothing_else_is_sent(
    udata: Udata, first: Package, tmp_path: Path
) -> None:
    publish(client(udata), first)
    time.sleep(STORAGE_SECONDS)
    before = by_name(udata)["decp_marches.csv"]
    second = package(tmp_path / "store", FILES | {"decp_marches.csv": b"uid;montant\nA;1\nB;3\n"})
    portal = client(udata)
    sent: list[str] = []
    publish(portal, second, before=lambda _, step: sent.append(f"{step.action} {step.file}".strip()))
    assert sent == ["resource.replace decp_marches.csv"]
    after = by_name(udata)["decp_marches.csv"]
    assert after["latest"] == before["latest"]
    of_text = ("title", "description", "type", "schema", "extras")
    assert {k: after[k] for k in of_text} == {k: before[k] for k in of_text}
    assert requests.get(after["latest"], timeout=30).content.endswith(b"B;3\n")
    stored = [f"{udata.root}/{path}" for path in udata.stored()]
    assert (before["url"] in stored, after["url"] in stored) == (False, True)
    assert portal.verify(second, full=True) == []


def test_a_new_year_takes_its_place_and_the_addresses_of_the_others_stay(
    udata: Udata, first: Package, tmp_path: Path
) -> None:
    publish(client(udata), first)
    before = {n: r["latest"] for n, r in by_name(udata).items()}
    more = list(FILES.items())
    more.insert(5, ("ocds/release_package_2025.json.gz", gzip.compress(RELEASES + b" ", mtime=0)))
    publish(client(udata), package(tmp_path / "store", dict(more)))
    (dataset,) = udata.public()
    assert names(dataset) == [name for name, _ in more]
    assert {n: r["latest"] for n, r in by_name(udata).items() if n in before} == before


def test_a_file_no_longer_given_out_stays_and_says_so_and_comes_back_at_its_address(
    udata: Udata, first: Package, tmp_path: Path
) -> None:
    publish(client(udata), first)
    address = by_name(udata)["decp_2019.xml"]["latest"]
    fewer = package(tmp_path / "store", {n: d for n, d in FILES.items() if n != "decp_2019.xml"})
    portal = client(udata)
    publish(portal, fewer)
    (dataset,) = udata.public()
    last = dataset["resources"][-1]
    assert (last["latest"], last["title"]) == (address, "decp-2019.xml (n'est plus mis à jour)")
    assert portal.verify(fewer) == []
    assert publish(client(udata), fewer) == 0
    publish(client(udata), first)
    assert by_name(udata)["decp_2019.xml"]["latest"] == address


def test_the_read_back_tells_what_was_changed_behind_our_back(udata: Udata, first: Package) -> None:
    publish(client(udata), first)
    (dataset,) = udata.public()
    table = by_name(udata)["decp_marches.csv"]
    address = f"{udata.api}/datasets/{dataset['id']}/resources/{table['id']}/upload/"
    part = {"file": ("autre.csv", b"faux\n")}
    requests.post(address, files=part, headers={"X-API-KEY": udata.member}, timeout=30).raise_for_status()
    told = client(udata).verify(first)
    assert {d.where for d in told} == {"decp_marches.csv"}
    assert {d.what for d in told} == {"sha1", "taille", "titre"}


def test_a_file_spoilt_in_the_storage_is_found_by_the_full_read_back_and_sent_again(
    udata: Udata, first: Package
) -> None:
    publish(client(udata), first)
    udata.spoil("decp-2022.")
    portal = client(udata)
    assert portal.verify(first) == []
    assert [(d.where, d.what) for d in portal.verify(first, full=True)] == [
        ("decp_2022.json", "sha1 du fichier téléchargé")
    ]
    assert publish(portal, first) == 1
    assert portal.verify(first, full=True) == []


def test_the_last_publication_is_restored(udata: Udata, first: Package, tmp_path: Path) -> None:
    publish(client(udata), first)
    portal = client(udata)
    publish(portal, package(tmp_path / "store", FILES | {"decp_marches.csv": b"faux\n"}))
    assert "rétablis" in portal.restore(first)
    assert client(udata).verify(first, full=True) == []


def test_a_first_publication_that_is_wrong_becomes_private_and_loses_nothing(udata: Udata, first: Package) -> None:
    portal = client(udata)
    publish(portal, first)
    assert "de nouveau privé" in portal.restore(None)
    assert udata.public() == []
    assert [names(d) for d in udata.datasets() if not d["deleted"]] == [ORDER]


def test_a_wrong_key_is_told_in_one_line_without_the_key(udata: Udata, first: Package) -> None:
    with pytest.raises(KeyRefusedError, match="clé refusée") as caught:
        client(udata, key="udata_WRONGWRONG").plan(TargetState(target="datagouv"), first)
    assert "\n" not in str(caught.value)
    assert "WRONGWRONG" not in str(caught.value)


def test_a_key_without_the_right_on_the_organisation_is_refused(udata: Udata, first: Package) -> None:
    portal = client(udata, key=udata.stranger)
    with pytest.raises(RejectedError, match="organization"):
        publish(portal, first)
    assert udata.public() == []


def test_an_organisation_that_does_not_exist_is_named(udata: Udata, first: Package) -> None:
    portal = client(udata, organization="nulle-part")
    with pytest.raises(PortalError, match="'nulle-part' n'existe pas"):
        portal.plan(TargetState(target="datagouv"), first)


def test_a_deleted_dataset_is_not_made_again_unasked(udata: Udata, first: Package) -> None:
    publish(client(udata), first)
    known = {"dataset": udata.public()[0]["id"]}
    udata.forget()
    with pytest.raises(PortalError, match="a été supprimé"):
        client(udata).plan(TargetState(target="datagouv", bindings=known), first)


def test_the_key_is_in_no_plan_and_no_log(udata: Udata, first: Package, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    portal = client(udata)
    steps = portal.plan(TargetState(target="datagouv"), first)
    publish(portal, first)
    assert udata.member not in repr(steps) + caplog.text + repr(portal.__dict__)


def test_the_harvester_of_udata_reads_our_catalogue(udata: Udata, tmp_path: Path, httpserver: HTTPServer) -> None:
    exports = Lake(tmp_path).exports("paris")
    exports.mkdir(parents=True)
    frame = pl.DataFrame({"uid": ["A", "B"]})
    frame.write_parquet(str(exports / "decp_marches.parquet"))
    frame.write_csv(str(exports / "decp_marches.csv"))
    (exports / "decp_2022.json").write_bytes(FILES["decp_2022.json"])
    about = About(publisher=paris(udata.api), data_date="2026-01-08T00:00:00+00:00")
    files = files_given_out(Lake(tmp_path), "paris")
    graph = catalogue(about, files, Period(date(2019, 1, 2), date(2026, 1, 5), date(2026, 1, 8)))
    # Without a charset udata reads a text as Latin-1: docs/operations.md says how the files are to be served.
    served = {"content_type": "text/turtle; charset=utf-8"}
    httpserver.expect_request("/catalog.ttl").respond_with_data(graph.serialize(format="turtle"), **served)
    address = {"url": httpserver.url_for("/catalog.ttl")}
    told = requests.post(f"{udata.root}/-/harvest", json=address, timeout=60).json()
    assert told["errors"] == []
    assert told["status"] == "done"
    (dataset,) = told["datasets"]
    assert dataset["title"] == "Données essentielles de la commande publique de la Ville de Paris"
    assert (dataset["license"], dataset["frequency"]) == ("lov2", "daily")
    assert "marches-publics" in dataset["tags"]
    assert "OCDS" in dataset["description"]
    shown = {r["url"].rpartition("/")[2]: r for r in dataset["resources"]}
    assert set(shown) == {"decp_marches.parquet", "decp_marches.csv", "decp_2022.json"}
    table = shown["decp_marches.csv"]
    assert (table["format"], table["filesize"]) == ("csv", len((exports / "decp_marches.csv").read_bytes()))
    assert table["checksum"] == hashlib.sha256((exports / "decp_marches.csv").read_bytes()).hexdigest()


@pytest.fixture
def job(udata: Udata, tmp_path: Path) -> Job:
    """A publisher with a registered prefix, and its exports with their manifest."""
    publisher = msgspec.structs.replace(paris(udata.api), ocid_prefix="ocds-abcdef", ocid_prefix_is_placeholder=False)
    lake = Lake(tmp_path / "lake")
    write_exports(lake, rows(20), who="paris")
    return Job(lake=lake, publisher=publisher, sources=[], sleep=lambda _: None)


def published(udata: Udata, job: Job) -> engine.Report:
    return engine.publish(job, make(job.publisher, udata.member))


def test_the_engine_publishes_reads_back_and_sends_nothing_the_second_time(udata: Udata, job: Job) -> None:
    report = published(udata, job)
    assert report.status == "published"
    assert report.sent == ("decp_marches.csv", "decp_marches.parquet", "ocds/2025.json")
    again = published(udata, job)
    assert (again.status, again.steps, again.sent) == ("unchanged", 0, ())


def test_the_key_is_in_no_file_of_a_publication(udata: Udata, job: Job) -> None:
    published(udata, job)
    written = [p for p in Path(str(job.lake.root)).rglob("*") if p.is_file()]
    assert written
    assert [p for p in written if udata.member.encode() in p.read_bytes()] == []
