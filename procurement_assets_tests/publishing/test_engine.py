"""The engine: two runs at once, several datasets, object storage, the calendar, the plan for review."""

from __future__ import annotations

import contextlib
import json
import re
import time
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest

from procurement_assets.lake import Lake, write_bytes
from procurement_assets.portal.publishing.calendar import calendar, in_words
from procurement_assets.portal.publishing.depot import Depot
from procurement_assets.portal.publishing.engine import ReadBackError, RefusedError, make_plan, publish
from procurement_assets.portal.publishing.http import PortalError
from procurement_assets.portal.publishing.journal import Journal, read_state
from procurement_assets.portal.publishing.plan import Plan, Steps, UnresolvedError, decode, encode, resolve
from procurement_assets.portal.publishing.portal import TargetState
from procurement_assets.portal.publishing.review import html, markdown, write_plans
from procurement_assets.schema import TABLES
from procurement_assets_tests.publishing.ods_server import KEY, Server
from procurement_assets_tests.publishing.runner import publish_or_be_refused, start
from procurement_assets_tests.publishing.support import (
    job,
    lake_at,
    opendatasoft,
    publisher,
    rows,
    small,
    write_exports,
)

pytestmark = pytest.mark.usefixtures("small_table")


def _publish(server: Server, lake: Lake, **changes: Any) -> Any:
    who = publisher(server.domain)
    return publish(job(lake, who, **changes), opendatasoft(who, KEY))


def test_two_runs_at_once_do_not_mix(server: Server, tmp_path: Path) -> None:
    lake = lake_at(tmp_path)
    write_exports(lake, rows(20))
    server.fault = lambda *_: time.sleep(0.01)
    told = [tmp_path / "a", tmp_path / "b"]
    running = [start(publish_or_be_refused, str(lake.root), server.domain, KEY, str(path)) for path in told]
    for process in running:
        process.join(60)
        assert process.exitcode == 0
    said = sorted(path.read_text() for path in told)
    assert "published" in said
    assert any("une autre publication" in s or s == "unchanged" for s in said)
    found = server.portal.settled()["decp-ville"]
    assert len(server.portal.datasets) == len(found["resources"]) == 1
    assert len(found["exports"]) == 2
    assert len(found["fields"]) == len(set(found["fields"]))


@pytest.mark.parametrize("call", [1, 9, 10, 11, 14])
def test_a_run_on_one_portal_takes_no_file_from_a_run_on_another(server: Server, tmp_path: Path, call: int) -> None:
    lake, who = lake_at(tmp_path), publisher(server.domain)
    write_exports(lake, rows(5))
    _publish(server, lake)
    sent, shown = write_exports(lake, rows(6), note="deux"), tmp_path / "depot"
    server.requests.clear()

    def meanwhile(number: int, *_: Any) -> None:
        if number == call:
            write_exports(lake, rows(6), note="trois")
            publish(job(lake, who), Depot(who, shown))

    server.fault = meanwhile
    assert _publish(server, lake).publication.manifest_sha256 == sent
    assert (shown / "courant" / "politique_publication.html").read_text() == "<p>Politique trois</p>"
    (dataset,) = server.portal.datasets.values()
    policies = [a["bytes"] for a in dataset.public["attachments"].values()] if dataset.public else []
    assert [bytes.fromhex(p) for p in policies] == [b"<p>Politique deux</p>"]


def _with_concessions(lake: Lake, marches: int, concessions: int) -> None:
    """Exports with both tables."""
    import hashlib

    write_exports(lake, rows(marches))
    table = TABLES["decp_concessions"]
    given = [{k: v for k, v in r.items() if k in table.schema} | {"valeurGlobale": 5.0} for r in rows(concessions)]
    frame = pl.DataFrame(given, schema=pl.Schema(table.schema)).select(list(table.schema))
    lists = [n for n, t in frame.schema.items() if isinstance(t, pl.List)]
    data = frame.with_columns(pl.col(lists).list.join("|")).write_csv().encode()
    folder = Path(str(lake.exports("ville")))
    write_bytes(folder / "decp_concessions.csv", data)
    manifest = json.loads((folder / "manifest.json").read_text())
    entry = {"name": "decp_concessions.csv", "bytes": len(data), "rows": concessions}
    manifest["files"].append(entry | {"sha256": hashlib.sha256(data).hexdigest()})
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.fixture
def small_concessions(monkeypatch: pytest.MonkeyPatch) -> None:
    """`decp_concessions` with few columns."""
    table = small(TABLES["decp_concessions"])
    value = TABLES["decp_concessions"].column("valeurGlobale")
    monkeypatch.setitem(TABLES, "decp_concessions", msgspec.structs.replace(table, columns=(*table.columns, value)))


@pytest.mark.parametrize("fault", [None, "lost", "cut"])
@pytest.mark.parametrize("call", ["POST .*/datasets/", "POST .*/publish/", r"PUT .*/datasets/da_\d+/"])
@pytest.mark.usefixtures("small_concessions")
def test_the_first_concessions_are_opened_though_their_empty_table_was_given_out_before(
    server: Server, tmp_path: Path, fault: str | None, call: str
) -> None:
    lake = lake_at(tmp_path)
    _with_concessions(lake, 5, 0)
    _publish(server, lake)
    assert set(server.portal.public_view()) == {"decp-ville"}
    _with_concessions(lake, 5, 2)
    left = [fault]
    server.fault = lambda _, method, path: left.pop() if left and re.fullmatch(call, f"{method} {path}") else None
    for _ in range(2):
        with contextlib.suppress(PortalError):
            _publish(server, lake)
    assert left == []
    assert _publish(server, lake).status == "unchanged"
    assert len(server.portal.public_view()["decp-ville-concessions"]["records"]) == 2


@pytest.mark.usefixtures("small_concessions")
def test_concessions_are_a_dataset_of_their_own_and_only_what_was_touched_is_restored(
    server: Server, tmp_path: Path
) -> None:
    lake = lake_at(tmp_path)
    _with_concessions(lake, 20, 4)
    _publish(server, lake)
    _with_concessions(lake, 20, 5)
    _publish(server, lake)
    good = server.portal.public_view()
    assert [len(good[s]["records"]) for s in ("decp-ville", "decp-ville-concessions")] == [20, 5]
    _with_concessions(lake, 21, 5)
    server.portal.publish_ends = ["wrong"]
    server.requests.clear()
    with pytest.raises(ReadBackError, match=r"version précédente restaurée et relue : decp-ville \(version"):
        _publish(server, lake)
    assert server.portal.public_view() == good
    assert len([p for _, p in server.requests if p.endswith("/restore/")]) == 1


def test_a_portal_without_the_dcat_template_is_published_all_the_same_and_not_asked_again(
    server: Server, tmp_path: Path
) -> None:
    lake = lake_at(tmp_path)
    write_exports(lake, rows(5))
    server.fault = lambda _, method, path: 404 if method == "PUT" and "/metadata/dcat/" in path else None
    assert _publish(server, lake).status == "published"
    server.requests.clear()
    assert _publish(server, lake).status == "unchanged"
    assert {m for m, _ in server.requests} == {"GET"}


def test_a_lake_on_object_storage_publishes_resumes_and_remembers(server: Server, bucket: str) -> None:
    lake = Lake(f"{bucket}/decp")
    write_exports(lake, rows(20))
    _publish(server, lake)
    write_exports(lake, rows(21))
    server.fault = lambda _, method, path: 503 if path.endswith("/publish/") else None
    with pytest.raises(Exception, match="abandonné"):
        _publish(server, lake)
    assert read_state(lake, "ville", "opendatasoft").unfinished
    server.fault = None
    assert _publish(server, lake).sent == ()  # the files were there already: only published
    assert len(server.portal.public_view()["decp-ville"]["records"]) == 21
    assert calendar(lake, "ville")["resultat"].to_list() == ["publié", "échec", "publié"]


def test_the_calendar_tells_every_end(server: Server, tmp_path: Path) -> None:
    lake = lake_at(tmp_path)
    write_exports(lake, rows(20))
    _publish(server, lake)
    _publish(server, lake)
    write_exports(lake, rows(5))
    with pytest.raises(RefusedError):
        _publish(server, lake)
    write_exports(lake, rows(21))
    server.portal.publish_ends = ["wrong"]
    with pytest.raises(ReadBackError):
        _publish(server, lake)
    journal = Journal(lake, "ville", "opendatasoft")
    journal.append("begin", state=read_state(lake, "ville", "opendatasoft"))
    journal.append("sending", manifest="x")
    table = calendar(lake, "ville")
    assert table["resultat"].to_list() == ["publié", "vérifié", "refusé", "restauré", "interrompu"]
    assert table["lignes"].to_list() == [20] * 5
    assert table["controles"].to_list() == [3, 3, 3, 3, 0]
    first, refused, restored = table.row(0, named=True), table.row(2, named=True), table.row(3, named=True)
    assert first["fichiers_envoyes"] == [
        "decp_marches.csv",
        "decp_marches.parquet",
        "ocds/2025.json",
        "politique_publication.html",
    ]
    assert "5 lignes, contre 20" in refused["detail"]
    assert "nombre de lignes : attendu 21, lu 20" in restored["detail"]
    assert "version précédente restaurée" in restored["detail"]
    told = "opendatasoft : interrompu ; en ligne : 20 contrats, données du 2026-01-20"
    assert in_words(table, ["depot", "opendatasoft"]) == [told]
    assert in_words(table, ["depot"]) == []


def _plan() -> Plan:
    make = Steps("t")
    steps = (
        make.json("a", "POST", "/d/", "créer | vite", {"x": "<b>"}, provides="d"),
        make.file("b", "POST", "/d/{d}/", "w", file="a.csv", sha256="ab" * 32, size=2500),
        make.bare("c", "POST", "/d/{d}/publish/", "w"),
    )
    return Plan(
        publisher="ville",
        target="opendatasoft",
        manifest_sha256="cd" * 32,
        data_date="2026-01-20",
        steps=steps,
        refusals=("non",),
    )


def test_a_plan_is_written_for_machines_and_for_people(tmp_path: Path) -> None:
    folder = write_plans(Lake(tmp_path), "ville", [_plan()])
    assert decode((folder / "plan.json").read_bytes()) == [_plan()]
    page = html("ville", [_plan()])
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    assert "2,5 ko" in page
    text = markdown([_plan()])
    assert "## Opendatasoft : refusé : rien n'est envoyé" in text
    assert "| 1 | POST | `/d/` |  | 11 |" in text
    assert "créer \\| vite" in text


def test_equal_plans_have_equal_bytes_and_steps_their_own_keys() -> None:
    assert encode([_plan()]) == encode([_plan()])
    keys = [s.key for s in _plan().steps]
    assert len(set(keys)) == 3
    assert keys == [s.key for s in _plan().steps]


def test_placeholders_are_filled_in_addresses_and_whole_values_only() -> None:
    body = {"file": {"uid": "{up}"}, "text": "voir {up} ici", "list": ["{up}"]}
    assert resolve("/d/{d}/x/", {"d": "da_1"}) == "/d/da_1/x/"
    assert resolve(body, {"up": "f"}) == {"file": {"uid": "f"}, "text": "voir {up} ici", "list": ["f"]}
    assert resolve("/r/{resource:à côté_2.csv}/", {"resource:à côté_2.csv": "7"}) == "/r/7/"
    with pytest.raises(UnresolvedError, match="no step gave 'd'"):
        resolve("/d/{d}/", {})


def test_planning_twice_gives_the_same_plan(server: Server, tmp_path: Path) -> None:
    lake, who = lake_at(tmp_path), publisher(server.domain)
    write_exports(lake, rows(5))
    plans = [make_plan(job(lake, who), opendatasoft(who, KEY), enabled=True) for _ in range(2)]
    assert encode([plans[0]]) == encode([plans[1]])
    assert read_state(lake, "ville", "opendatasoft") == TargetState(target="opendatasoft")
