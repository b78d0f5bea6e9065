"""Publishing to an Opendatasoft portal of ours, each request held to the vendor's OpenAPI."""

from __future__ import annotations

import json
import logging
import random
from pathlib import Path
from typing import Any

import pytest

from procurement_assets.lake import Lake
from procurement_assets.portal.publishing.engine import ReadBackError, Report, make_plan, publish
from procurement_assets.portal.publishing.http import KeyRefusedError, PortalError, UnavailableError
from procurement_assets.portal.publishing.journal import read_history, read_state
from procurement_assets.portal.publishing.ods_status import ProcessingError
from procurement_assets.portal.publishing.portal import TargetState
from procurement_assets.portal.publishing.safety import accepted
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


def test_a_publication_taken_back_is_not_sent_again_until_a_person_accepts_it(server: Server, lake: Lake) -> None:
    from procurement_assets.portal.publishing.engine import RefusedError

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


@pytest.mark.parametrize(("end", "said"), [("error", "le fichier ne peut pas être lu"), ("limit_reached", "limite")])
def test_a_processing_that_fails_leaves_the_last_publication_and_goes_on_at_the_next_run(
    server: Server, lake: Lake, end: str, said: str
) -> None:
    _publish(server, lake)
    good = server.portal.public_view()
    write_exports(lake, rows(21))
    server.portal.publish_ends = [end]
    with pytest.raises(ProcessingError, match=said):
        _publish(server, lake)
    assert server.portal.public_view() == good
    _publish(server, lake)
    assert len(server.portal.public_view()["decp-ville"]["records"]) == 21


def test_a_busy_dataset_is_waited_for(server: Server, lake: Lake) -> None:
    _publish(server, lake)
    dataset = server.portal.by_slug("decp-ville")
    assert dataset is not None
    write_exports(lake, rows(21))
    server.portal.publish(dataset)
    _publish(server, lake)
    assert len(server.portal.public_view()["decp-ville"]["records"]) == 21


@pytest.mark.parametrize("fault", [429, 500, 502, 503, "cut", "lost", (429, {"Retry-After": "2"})])
def test_passing_faults_at_any_call_change_nothing_to_the_end(
    server: Server, lake: Lake, fault: int | str | tuple[int, dict[str, str]]
) -> None:
    """A quarter of the calls, drawn by their number, meet the fault."""
    server.fault = lambda number, *_: fault if random.Random(number).random() < 0.25 else None
    who = publisher(server.domain)
    publish(job(lake, who), opendatasoft(who, KEY, attempts=10))
    server.fault = None
    found = server.portal.settled()
    assert len(found["public"]["decp-ville"]["records"]) == 20
    assert len(found["decp-ville"]["resources"]) == 1
    assert len(found["decp-ville"]["exports"]) == 2
    assert len(found["decp-ville"]["fields"]) == len(set(found["decp-ville"]["fields"]))


def test_a_portal_that_is_down_is_given_up_with_one_line(server: Server, lake: Lake) -> None:
    server.fault = lambda *_: 503
    with pytest.raises(UnavailableError, match="abandonné après 3 essais ; dernier : réponse 503"):
        _publish(server, lake)


def test_a_wrong_key_is_refused_and_never_shown(server: Server, lake: Lake, caplog: pytest.LogCaptureFixture) -> None:
    who = publisher(server.domain)
    with caplog.at_level(logging.DEBUG), pytest.raises(KeyRefusedError, match=r"clé refusée \(401\)") as error:
        publish(job(lake, who), opendatasoft(who, "mauvaise-cle-9999"))
    assert "mauvaise-cle-9999" not in str(error.value) + caplog.text
    assert "[clé masquée]" in str(error.value)


def test_a_key_without_the_right_to_edit_is_told(server: Server, lake: Lake) -> None:
    server.read_only_key = True
    with pytest.raises(KeyRefusedError, match="droits"):
        _publish(server, lake)


def test_the_dry_run_lists_every_call_and_makes_none_that_writes(server: Server, lake: Lake) -> None:
    who = publisher(server.domain)
    plan = make_plan(job(lake, who), opendatasoft(who, KEY), enabled=True)
    assert {m for m, _ in server.requests} == {"GET"}
    server.requests.clear()
    report = _publish(server, lake)
    assert report.steps == len(plan.steps)
    planned = [(s.method, s.action) for s in plan.steps if s.writes]
    made = [m for m, _ in server.requests if m != "GET"]
    assert made == [m for m, _ in planned]
    upload = next(s for s in plan.steps if s.action == "file.upload")
    assert (upload.bytes, len(upload.sha256)) == ((Path(str(lake.exports("ville"))) / upload.file).stat().st_size, 64)


def test_without_a_key_the_plan_is_made_from_the_journal_without_a_request(server: Server, lake: Lake) -> None:
    who = publisher(server.domain)
    first = make_plan(job(lake, who), opendatasoft(who, None), enabled=False)
    assert first.steps[0].action == "dataset.create"
    assert server.requests == []
    _publish(server, lake)
    server.requests.clear()
    assert make_plan(job(lake, who), opendatasoft(who, None), enabled=False).steps == ()
    write_exports(lake, rows(21))
    later = make_plan(job(lake, who), opendatasoft(who, None), enabled=False)
    assert "resource.replace" in [s.action for s in later.steps]
    assert server.requests == []


def test_a_restoring_that_was_interrupted_comes_before_anything_else(server: Server, lake: Lake) -> None:
    _publish(server, lake)
    good = server.portal.public_view()
    write_exports(lake, rows(21))
    server.portal.publish_ends = ["wrong"]
    server.fault = lambda _, method, path: 503 if path.endswith("/restore/") else None
    with pytest.raises(ReadBackError, match="la prochaine exécution le fera avant tout"):
        _publish(server, lake)
    assert read_state(lake, "ville", "opendatasoft").restoring
    server.fault = None
    write_exports(lake, rows(22))
    _publish(server, lake)
    sizes = {len(v["decp-ville"]["records"]) for v in map(json.loads, server.views) if v}
    assert sizes == {20, 22}
    assert len(good["decp-ville"]["records"]) == 20


def test_acceptance_names_one_publication_only() -> None:
    from procurement_assets.portal.publishing.package import Package

    package = Package(publisher="ville", data_date="2026-01-20", manifest_sha256="ab" * 32, files=(), store="x")
    new, served = TargetState(target="t"), TargetState(target="t", agreed={"ab" * 32: 1})
    assert accepted(("autre:cdcdcdcdcdcd", "ville:abababababab"), package, new)
    assert not accepted(("ville:2026-01-20",), package, new)
    assert not accepted(("ville:abab",), package, new)
    assert not accepted(("ville:",), package, new)
    assert not accepted(("autre:abababababab",), package, new)
    assert not accepted(("ville:abababababab",), package, served)
    assert not accepted(("ville:abababababab:2",), package, new)
    assert accepted(("ville:abababababab:2",), package, served)
