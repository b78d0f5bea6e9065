"""A chain of snapshots through the lake: exactly the expected releases, none twice, whatever is interrupted."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest

from procurement_assets.decp.model import Contract
from procurement_assets.lake import Lake
from procurement_assets.ocds import produce
from procurement_assets.ocds.corrections import correctable
from procurement_assets.ocds.history import HistoryDamagedError
from procurement_assets.ocds.inverse import decp_of, published_modifications
from procurement_assets.ocds.ocid_map import SEEN
from procurement_assets.ocds.produce import Made, Snapshot, changed_releases, lost_ocids, write_releases
from procurement_assets.ocds.validate import validate
from procurement_assets.schema import TABLES
from procurement_assets_tests.ocds.support import (
    MIRROR,
    PROFILE,
    PUBLISHER,
    REAL_FILES,
    marche,
    modified,
    needs_shared,
    official,
)


def snapshot(lake: Lake, contracts: list[Contract], data_date: str) -> Made:
    """Publish a snapshot of these contracts."""
    rows = [{"uid": c.uid, "kind": c.kind, "record": msgspec.json.encode(c).decode()} for c in contracts]
    lake.write_table(TABLES["normalised_records"].frame(rows), "normalised_records", "paris")
    day = data_date[:10]
    made_from = [[hashlib.sha256(msgspec.json.encode(c)).hexdigest()[:16]] for c in contracts]
    found = [(c.uid, day, ["maximilien"], digests) for c, digests in zip(contracts, made_from, strict=True)]
    seen = Snapshot(data_date=data_date, contracts=pl.DataFrame(found, schema=SEEN, orient="row"))
    return write_releases(lake, PUBLISHER, seen)


def lines(lake: Lake) -> list[bytes]:
    """Every published release."""
    return Path(str(lake.ocds("paris") / "releases.jsonl")).read_bytes().splitlines()


def digests(lake: Lake) -> dict[str, str]:
    """Every file that publishing writes."""
    root = Path(str(lake.root))
    files = [*(root / "ocds").rglob("*"), *(root / "tables/ocids").rglob("*"), *(root / "tables/vanished").rglob("*")]
    return {str(f.relative_to(root)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files if f.is_file()}


def real(name: str) -> list[Contract]:
    """The contracts of a real file, one per uid, the last one."""
    from procurement_assets.decp.clean import clean, refusal
    from procurement_assets.decp.raw import ReadRecord
    from procurement_assets.decp.reader import read_file

    with (MIRROR / "static.data.gouv.fr/resources" / name).open("rb") as handle:
        read = [clean(i.record).contract for i in read_file(handle) if isinstance(i, ReadRecord)]
        assert refusal is not None
    return list({c.uid: c for c in read}.values())


def changed(contract: Contract, **fields: Any) -> Contract:
    return msgspec.structs.replace(contract, **fields)


@needs_shared
def test_2024_then_2025_then_changed_amounts_and_a_modification(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    of_2024 = real(REAL_FILES[0])
    of_2025 = [c for c in real(REAL_FILES[1]) if c.uid not in {k.uid for k in of_2024}]
    first = snapshot(lake, of_2024, "2025-01-08T04:10:00+00:00")
    assert (first.new, first.corrections, first.vanished) == (first.releases, 0, 0)
    assert first.processes == len(of_2024) == first.by_tag["tender"]
    after_first, ocids = lines(lake), lost_ocids(lake, "paris")
    assert ocids == []

    second = snapshot(lake, [*of_2024, *of_2025], "2026-01-08T04:10:00+00:00")
    assert second.by_tag["tender"] == len(of_2025)
    assert (second.corrections, second.vanished) == (0, 0)
    assert second.releases == first.releases + second.new
    assert set(after_first) <= set(lines(lake))
    after_second = lines(lake)

    plain = [c for c in of_2024 if not c.modifications and not c.actesSousTraitance and c.montant][:4]
    news = {c.uid: changed(c, montant=(c.montant or 0) + 1000) for c in plain[:3]}
    one = plain[3]
    news[one.uid] = changed(one, modifications=[modified(montant=1.0, datePublicationDonneesModification="2026-02-01")])
    third = [news.get(c.uid, c) for c in [*of_2024, *of_2025]]
    made = snapshot(lake, third, "2026-02-08T04:10:00+00:00")
    assert (made.new, made.corrections, made.vanished) == (4, 3, 0)
    assert made.by_tag == {"awardUpdate": 3, "contractAmendment": 1, "contractUpdate": 3}
    added = [json.loads(line) for line in lines(lake) if line not in set(after_second)]
    assert {r["date"] for r in added} == {"2026-02-08T05:10:00+01:00", "2026-02-01T00:00:00+01:00"}
    assert Counter("-correction-" in r["id"] for r in added) == {True: 3, False: 1}
    assert [r["id"].endswith("-modification-1") for r in added if "-correction-" not in r["id"]] == [True]

    before = digests(lake)
    again = snapshot(lake, third, "2026-02-08T04:10:00+00:00")
    assert (again.new, again.releases) == (0, made.releases)
    assert digests(lake) == before
    assert changed_releases(lake, "paris") == []
    assert validate(lines(lake), correctable(official())).ok
    assert validate(lines(lake), correctable(PROFILE)).ok


def test_a_contract_that_vanishes_stays_published_and_is_reported_until_it_comes_back(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    snapshot(lake, [marche(id="1"), marche(id="2")], "2025-01-08")
    made = snapshot(lake, [marche(id="1")], "2026-01-08")
    assert (made.processes, made.releases, made.new, made.vanished) == (2, 2, 0, 1)
    assert lake.read_table("vanished", "paris").rows() == [
        ("217500016000192", "ocds-abc123-21750001600019-2", "2025-01-08", ["maximilien"])
    ]
    assert lost_ocids(lake, "paris") == []
    made = snapshot(lake, [marche(id="1"), marche(id="2", montant=1.0)], "2027-01-08")
    assert (made.releases, made.new, made.corrections, made.vanished) == (3, 1, 1, 0)


def test_no_release_is_dated_after_the_data_that_it_comes_from(tmp_path: Path) -> None:
    lake, data = Lake(tmp_path), "2025-01-08T05:10:00+01:00"
    future = marche(
        datePublicationDonnees="2042-05-25", modifications=[modified(datePublicationDonneesModification="2043-01-01")]
    )
    snapshot(lake, [future], data)
    assert [json.loads(line)["date"] for line in lines(lake)] == [data, "2025-01-08T05:10:01+01:00"]
    assert snapshot(lake, [future], "2025-02-08T05:10:00+01:00").new == 0
    again = modified(id=2, dateNotificationModification="2025-03-01", datePublicationDonneesModification="2052-03-02")
    more = changed(future, datePublicationDonnees="2024-05-25", modifications=[*future.modifications, again])
    snapshot(lake, [more], "2025-03-08T05:10:00+01:00")
    assert [json.loads(line)["date"] for line in lines(lake)][2:] == [
        "2025-03-08T05:10:00+01:00",
        "2025-03-08T05:10:01+01:00",
    ]
    assert decp_of(lines(lake)) == more


def test_a_contract_without_a_date_keeps_the_day_it_was_first_seen(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    undated = marche(dateNotification=None, datePublicationDonnees=None)
    snapshot(lake, [undated], "2025-01-08")
    assert snapshot(lake, [undated], "2026-01-08").new == 0
    assert json.loads(lines(lake)[0])["date"] == "2025-01-08T00:00:00+01:00"


@pytest.mark.parametrize("step", ["History.append", "History.write", "write_vanished"])
def test_a_run_that_is_killed_is_finished_by_the_next(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = ([marche(id="1"), marche(id="2")], [marche(id="1", montant=1.0), marche(id="3")])
    sound, killed = Lake(tmp_path / "sound"), Lake(tmp_path / "killed")
    for lake in (sound, killed):
        snapshot(lake, states[0], "2025-01-08")
    snapshot(sound, states[1], "2026-01-08")

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(f"procurement_assets.ocds.produce.{step}", die)
        with pytest.raises(KeyboardInterrupt):
            snapshot(killed, states[1], "2026-01-08")
    snapshot(killed, states[1], "2026-01-08")
    assert digests(killed) == digests(sound)


def test_a_run_killed_between_a_segment_and_its_index_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake, sound = Lake(tmp_path / "killed"), Lake(tmp_path / "sound")

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("procurement_assets.ocds.history.write_bytes", die)
        with pytest.raises(KeyboardInterrupt):
            snapshot(lake, [marche()], "2025-01-08")
    assert (tmp_path / "killed/ocds/paris/history/00001_2025-01-08.jsonl").exists()
    for each in (lake, sound):
        assert snapshot(each, [marche()], "2025-01-08").new == 1
    assert digests(lake) == digests(sound)


def test_a_release_changed_by_hand_is_found_and_stops_the_publication(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    snapshot(lake, [marche()], "2025-01-08")
    path = tmp_path / "ocds/paris/releases.jsonl"
    sound = path.read_bytes()
    path.write_bytes(sound.replace(b"575000", b"1"))
    assert changed_releases(lake, "paris") == ["ocds-abc123-21750001600019-2024T05699-initial"]
    path.write_bytes(b"")
    assert lost_ocids(lake, "paris") == ["ocds-abc123-21750001600019-2024T05699"]
    segment = next((tmp_path / "ocds/paris/history").glob("*.jsonl"))
    segment.write_bytes(sound.replace(b"575000", b"1"))
    assert "publié avec" in changed_releases(lake, "paris")[0]
    with pytest.raises(HistoryDamagedError):
        snapshot(lake, [marche(), marche(id="2")], "2026-01-08")
    assert lake.read_table("ocids", "paris").height == 1


def test_the_state_of_a_vanished_contract_is_still_compiled(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    snapshot(lake, [marche(id="1"), marche(id="2")], "2025-01-08")
    snapshot(lake, [marche(id="1", dureeMois=3)], "2026-01-08")
    assert produce.write_compiled(lake, "paris", PROFILE) == 2
    ids = pl.DataFrame({"ocid": lake.read_table("ocids", "paris")["ocid"]})
    assert ids.height == 2


def test_the_names_of_modifications_are_read_back_only_of_a_contract_that_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def read_back(published: list[bytes]) -> Any:
        asked.append(json.loads(published[0])["ocid"])
        return published_modifications(published)

    monkeypatch.setattr(produce, "published_modifications", read_back)
    lake = Lake(tmp_path)
    same = marche(id="1", modifications=[modified(montant=1.0)])
    changing = marche(id="2", modifications=[modified(montant=1.0)])
    assert snapshot(lake, [same, changing], "2026-01-08T05:10:00+01:00").new == 4
    assert snapshot(lake, [same, changing], "2026-02-08T05:10:00+01:00").new == 0
    assert asked == []
    after = changed(changing, modifications=[modified(montant=2.0)])
    made = snapshot(lake, [same, after], "2026-03-08T05:10:00+01:00")
    assert (made.new, made.corrections) == (1, 1)
    assert asked == ["ocds-abc123-21750001600019-2"]
