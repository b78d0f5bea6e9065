"""An Opendatasoft portal of ours that fails, is slow or refuses; plans made with and without asking it."""

from __future__ import annotations

import json
import logging
import random
from pathlib import Path

import pytest

from procurement_assets.lake import Lake
from procurement_assets.portal.publishing.engine import ReadBackError, Report, make_plan, publish
from procurement_assets.portal.publishing.http import KeyRefusedError, UnavailableError
from procurement_assets.portal.publishing.journal import read_state
from procurement_assets.portal.publishing.ods_status import ProcessingError
from procurement_assets.portal.publishing.portal import TargetState
from procurement_assets.portal.publishing.safety import accepted
from procurement_assets_tests.publishing.ods_server import KEY, Server
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
