"""Publishing to an Opendatasoft portal of ours, each request held to the vendor's OpenAPI."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from procurement_assets.lake import Lake
from procurement_assets.portal.publishing.engine import ReadBackError, RefusedError, Report, publish
from procurement_assets.portal.publishing.http import PortalError
from procurement_assets.portal.publishing.journal import read_history, read_state
from procurement_assets_tests.publishing.ods_server import KEY, Server
from procurement_assets_tests.publishing.openapi import Api
from procurement_assets_tests.publishing.support import job, lake_at, opendatasoft, publisher, rows, write_exports

pytestmark = pytest.mark.usefixtures("small_table")


def _publish(server: Server, lake: Lake, **changes: object) -> Report:
    who = publisher(server.domain)
    return publish(job(lake, who, **changes), opendatasoft(who, KEY))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake with exports of 20 contracts."""
    found = lake_at(tmp_path)
    write_exports(found, rows(20))
    return found


def test_the_vendors_description_judges_the_requests(vendor_apis: tuple[Api | None, Api | None]) -> None:
    automation, explore = vendor_apis
    if automation is None or explore is None:
        pytest.skip("../shared/reference/opendatasoft is absent: requests were not held to the vendor's OpenAPI")
    assert automation.faults("POST", "/datasets/", "", {"dataset_id": "a"}, "json") == [
        ": 'metadata' is a required property"
    ]
    wrong = {"type": "annotate", "label": "x", "field": "f", "annotation": "colour"}
    assert "is not one of" in automation.faults("POST", "/datasets/da_1/fields/", "", wrong, "json")[0]
    assert automation.faults("POST", "/datasets/da_1/publish", "", None, "") != []  # without its final /
    assert explore.faults("GET", "/catalog/datasets/x/records", "limit=500", None, "") != []


def test_the_first_publication_creates_the_dataset_with_its_fields_metadata_and_files(
    server: Server, lake: Lake
) -> None:
    report = _publish(server, lake)
    assert report.status == "published"
    view = server.portal.public_view()["decp-ville"]
    assert len(view["records"]) == 20
    assert view["records"][0]["objet"] == 'Fournitures n° 0 ; lot "A"\nsuite'
    assert view["metadata"]["default"]["title"] == {"value": "Marchés de la Ville"}
    assert view["metadata"]["dcat"]["contact_email"] == {"value": "donnees@exemple.fr"}
    assert "licence-ouverte" in view["metadata"]["default"]["description"]["value"]
    assert [e.partition(",")[0] for e in view["exports"]] == ["decp_marches.parquet", "ocds/2025.json"]
    assert len(view["attachments"]) == 1
    fields = " ".join(view["fields"])
    for rule in (
        "'annotation': 'id'",
        "'multivalued', 'args': ['|']",
        "'type_param': 'date'",
        "'unit', 'args': ['euros",
    ):
        assert rule in fields
    assert server.portal.by_slug("decp-ville").restricted is False  # type: ignore[union-attr]


def test_a_new_dataset_is_shown_to_nobody_before_its_read_back(server: Server, lake: Lake) -> None:
    server.portal.publish_ends = ["wrong"]
    with pytest.raises(PortalError, match="n'est pas ouvert au public"):
        _publish(server, lake)
    assert set(server.views) == {"{}"}


def test_unchanged_exports_send_nothing_and_are_read_back_all_the_same(server: Server, lake: Lake) -> None:
    _publish(server, lake)
    server.requests.clear()
    report = _publish(server, lake)
    assert (report.status, report.steps, report.bytes) == ("unchanged", 0, 0)
    assert {m for m, _ in server.requests} == {"GET"}
    assert any(p.endswith("/exports/csv") for _, p in server.requests)


def test_a_change_sends_only_what_changed_and_keeps_the_resource(server: Server, lake: Lake) -> None:
    _publish(server, lake)
    dataset = server.portal.by_slug("decp-ville")
    assert dataset is not None
    before = list(dataset.draft["resources"])
    write_exports(lake, rows(21))
    server.requests.clear()
    report = _publish(server, lake)
    assert set(report.sent) == {"decp_marches.csv", "decp_marches.parquet", "ocds/2025.json"}
    assert list(dataset.draft["resources"]) == before
    assert len(server.portal.public_view()["decp-ville"]["records"]) == 21
    assert len(dataset.draft["alternative_exports"]) == 2
    assert not [p for m, p in server.requests if m == "POST" and p.endswith("/fields/")]


def test_a_change_of_metadata_alone_publishes_metadata_alone(server: Server, lake: Lake) -> None:
    import msgspec

    _publish(server, lake)
    who = publisher(server.domain)
    assert who.portal is not None
    other = msgspec.structs.replace(who, portal=msgspec.structs.replace(who.portal, title="Autre titre"))
    server.requests.clear()
    publish(job(lake, other), opendatasoft(other, KEY))
    writes = [(m, p.rpartition("datasets/")[2].partition("/")[2]) for m, p in server.requests if m != "GET"]
    assert writes == [("PUT", "metadata/default/title/"), ("POST", "publish_metadata/")]
    assert server.portal.public_view()["decp-ville"]["metadata"]["default"]["title"] == {"value": "Autre titre"}


@pytest.mark.parametrize("end", ["wrong", "records"])
def test_a_read_back_that_disagrees_restores_the_last_version_and_says_so(server: Server, lake: Lake, end: str) -> None:
    _publish(server, lake)
    good = server.portal.public_view()
    write_exports(lake, rows(21))
    server.portal.publish_ends = [end]
    with pytest.raises(ReadBackError, match="version précédente restaurée et relue : decp-ville") as error:
        _publish(server, lake)
    assert ("nombre de lignes : attendu 21, lu 20" if end == "wrong" else "n'est pas un nombre") in str(error.value)
    assert "PROCUREMENT_ACCEPT_DROP=ville:" in str(error.value)
    assert server.portal.public_view() == good
    state = read_state(lake, "ville", "opendatasoft")
    assert state.last is not None
    assert state.last.rows["decp_marches.csv"] == 20
    assert (state.restoring, bool(state.disputed)) == (False, True)


@pytest.mark.parametrize("restores", ["not the source", "none", "refused"])
def test_where_no_version_brings_the_last_publication_back_its_files_are_sent_again(
    server: Server, lake: Lake, restores: str
) -> None:
    _publish(server, lake)
    good = server.portal.public_view()["decp-ville"]["records"]
    write_exports(lake, rows(21))
    server.portal.publish_ends, server.portal.restores = ["wrong"], restores
    with pytest.raises(ReadBackError, match=r"fichiers du 2026-01-20 renvoyés et relus \(\d+ appels\)"):
        _publish(server, lake)
    assert server.portal.public_view()["decp-ville"]["records"] == good
    state = read_state(lake, "ville", "opendatasoft")
    assert (state.restoring, bool(state.disputed)) == (False, True)
    server.portal.restores = "all"
    with pytest.raises(RefusedError, match="sa relecture ne concordait pas"):
        _publish(server, lake)


def test_a_publication_taken_back_is_not_sent_again_until_a_person_accepts_it(server: Server, lake: Lake) -> None:
    _publish(server, lake)
    manifest = write_exports(lake, rows(21))
    server.portal.publish_ends = ["wrong"]
    with pytest.raises(ReadBackError):
        _publish(server, lake)
    with pytest.raises(RefusedError, match="sa relecture ne concordait pas"):
        _publish(server, lake)
    assert len(server.portal.public_view()["decp-ville"]["records"]) == 20
    _publish(server, lake, accept=(f"ville:{manifest[:12]}",))
    assert len(server.portal.public_view()["decp-ville"]["records"]) == 21


def test_a_portal_changed_by_other_hands_is_put_right_without_sending_files(server: Server, lake: Lake) -> None:
    _publish(server, lake)
    dataset = server.portal.by_slug("decp-ville")
    assert dataset is not None
    assert dataset.public is not None
    dataset.public["records"].pop()
    report = _publish(server, lake)
    assert len(server.portal.public_view()["decp-ville"]["records"]) == 20
    assert report.sent == ()


def test_the_full_verification_finds_a_changed_cell(server: Server, lake: Lake) -> None:
    _publish(server, lake)
    dataset = server.portal.by_slug("decp-ville")
    assert dataset is not None
    assert dataset.public is not None
    dataset.public["records"][3]["objet"] = "autre"
    assert _publish(server, lake).status == "unchanged"  # the quick one reads rows, sums and keys
    _publish(server, lake, full=True)
    assert dataset.public["records"][3]["objet"] != "autre"
    failed = [e for _, run in read_history(lake, "ville", "opendatasoft") for e in run if e.event == "failed"]
    assert "21750001600019M0003 (objet)" in failed[-1].detail


def test_the_full_verification_reads_values_and_not_their_writing(server: Server, lake: Lake) -> None:
    """A portal may write numbers, spaces, ends of lines and the order of a list its own way."""
    _publish(server, lake)
    dataset = server.portal.by_slug("decp-ville")
    assert dataset is not None
    assert dataset.public is not None
    first = dataset.public["records"][0]
    assert (first["techniques"], first["montant"]) == ("Accord-cadre|Catalogue électronique", "1000.5")
    first |= {"techniques": "Catalogue électronique|Accord-cadre", "montant": "1000.50", "marcheinnovant": "True"}
    first |= {"objet": first["objet"].replace("\n", "\r\n") + " ", "datenotification": "2025-01-01T00:00:00+00:00"}
    server.requests.clear()
    assert _publish(server, lake, full=True).steps == 0


def test_a_portal_that_keeps_showing_otherwise_is_told_and_nothing_is_put_back(server: Server, lake: Lake) -> None:
    _publish(server, lake)
    real = server.portal.records

    def odd(*args: Any) -> Any:
        return [{**r, "objet": "autre"} for r in real(*args)]

    server.portal.records = odd  # type: ignore[method-assign]
    dataset = server.portal.by_slug("decp-ville")
    assert dataset is not None
    assert dataset.public is not None
    dataset.public["records"] = odd(dataset, dataset.draft)
    server.requests.clear()
    with pytest.raises(ReadBackError, match="publier de nouveau n'y change rien"):
        _publish(server, lake, full=True)
    assert not [p for _, p in server.requests if p.endswith("/restore/")]
    state = read_state(lake, "ville", "opendatasoft")
    assert (state.restoring, state.disputed) == (False, "")
    assert _publish(server, lake).status == "published"  # the daily run goes on, and publishes what was left to be


@pytest.mark.parametrize("kind", ["alternative_exports", "attachments"])
def test_the_full_verification_finds_a_spoilt_file_and_sends_it_again(server: Server, lake: Lake, kind: str) -> None:
    _publish(server, lake)
    server.spoil(kind)
    assert _publish(server, lake).status == "unchanged"
    report = _publish(server, lake, full=True)
    assert len(report.sent) == 1
    assert _publish(server, lake, full=True).status == "unchanged"
    dataset = server.portal.by_slug("decp-ville")
    assert dataset is not None
    assert (len(dataset.draft["alternative_exports"]), len(dataset.draft["attachments"])) == (2, 1)
