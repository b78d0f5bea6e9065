"""The ids of modifications are stable: whatever a source publishes late or renumbers, no release is renamed."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procurement_assets.decp.model import Acte, Contract, Modification, ModificationActe
from procurement_assets.decp.versions import order_modifications
from procurement_assets.lake import Lake
from procurement_assets.ocds.inverse import decp_of
from procurement_assets.ocds.mapping.keys import modification_keys
from procurement_assets_tests.ocds.support import marche, modified
from procurement_assets_tests.ocds.test_snapshot_chain import lines, snapshot
from procurement_assets_tests.strategies import modifications


def of_day(day: str, **fields: object) -> Modification:
    """A modification notified on a day and published the day after."""
    given_ = {"id": None, "dateNotificationModification": day, "datePublicationDonneesModification": f"{day[:-2]}28"}
    return modified(**(given_ | fields))


NEWER, OLDER = of_day("2024-10-18", montant=700000.0), of_day("2024-07-01", montant=600000.0)


def names(lake: Lake) -> list[str]:
    """The ends of the ids of all published releases, by date."""
    return [json.loads(line)["id"].split("2024T05699-")[1] for line in lines(lake)]


def chain(tmp_path: Path, *states: list[Modification]) -> tuple[list[list[str]], Lake]:
    """The names of all published releases after each snapshot of a contract with these modifications."""
    lake, found = Lake(tmp_path), []
    for month, state in enumerate(states, start=1):
        snapshot(lake, [marche(modifications=state)], f"2026-{month:02d}-08")
        found.append(names(lake))
    return found, lake


def test_modifications_without_ids_are_named_by_their_day() -> None:
    assert modification_keys([OLDER, NEWER]) == ["2024-07-01", "2024-10-18"]
    assert modification_keys([of_day("2024-07-01"), of_day("2024-07-01", montant=1.0)])[0] == "2024-07-01"


def test_a_late_older_modification_renames_no_published_release(tmp_path: Path) -> None:
    (first, second), lake = chain(tmp_path, [NEWER], [OLDER, NEWER])
    assert first == ["initial", "modification-2024-10-18"]
    assert second[:3] == ["initial", "modification-2024-10-18", "modification-2024-07-01"]
    assert [n.split("-")[0] for n in second[3:]] == ["correction"]
    assert decp_of(lines(lake)) == marche(modifications=[OLDER, NEWER])


def test_a_source_that_renumbers_its_modifications_renames_no_published_release(tmp_path: Path) -> None:
    alone = [msgspec.structs.replace(NEWER, id=1)]
    both = [msgspec.structs.replace(OLDER, id=1), msgspec.structs.replace(NEWER, id=2)]
    (first, second, third), lake = chain(tmp_path, alone, both, both)
    assert first == ["initial", "modification-1"]
    assert second[:3] == ["initial", "modification-1", "modification-1-2024-07-01"]
    assert third == second
    by_name = {r["id"].split("2024T05699-")[1]: r for r in map(json.loads, lines(lake))}
    assert by_name["modification-1"]["contracts"][0]["amendments"][0]["date"].startswith("2024-10-18")
    assert decp_of(lines(lake)) == marche(modifications=both)


def test_a_modification_whose_day_is_corrected_keeps_its_id(tmp_path: Path) -> None:
    before, after = of_day("2024-10-18", id=1, montant=2.0), of_day("2024-10-19", id=1, montant=2.0)
    (_, second), lake = chain(tmp_path, [before], [after])
    assert [n.split("-")[0] for n in second] == ["initial", "modification", "correction"]
    assert decp_of(lines(lake)) == marche(modifications=[after])


def test_a_withdrawn_modification_that_comes_back_has_its_former_id(tmp_path: Path) -> None:
    (_, second, third), lake = chain(tmp_path, [NEWER], [], [NEWER])
    assert [n for n in third if n.startswith("modification")] == ["modification-2024-10-18"]
    assert len(third) == len(second) + 1
    assert decp_of(lines(lake)) == marche(modifications=[NEWER])


def test_a_late_older_modification_of_an_act_renames_none(tmp_path: Path) -> None:
    act = Acte(id=1, dateNotification="2024-06-01", montant=10.0)
    changes = [
        ModificationActe(id=1, dateNotificationModificationSousTraitance=day, montant=amount)
        for day, amount in (("2024-07-01", 11.0), ("2024-08-01", 12.0))
    ]
    lake = Lake(tmp_path)
    for month, found in ((1, changes[1:]), (2, changes)):
        contract = marche(actesSousTraitance=[act], modificationsActesSousTraitance=found)
        snapshot(lake, [contract], f"2026-{month:02d}-08")
    assert names(lake)[1:4] == [
        "soustraitance-1",
        "soustraitance-1-modification-2024-08-01",
        "soustraitance-1-modification-2024-07-01",
    ]
    assert decp_of(lines(lake)) == contract


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(modifications, max_size=5), st.data())
def test_a_modification_that_is_published_keeps_its_key_whatever_is_added(
    drawn: list[Modification], data: st.DataObject
) -> None:
    every = order_modifications(drawn)
    first = [m for m in every if data.draw(st.booleans())]
    published = dict(zip(modification_keys(first), first, strict=True))
    assert len(published) == len(first)
    keys = modification_keys(every, list(published.items()))
    assert len(set(keys)) == len(every)
    for key, m in published.items():
        assert every[keys.index(key)] == m


def test_the_names_are_the_same_in_every_run(tmp_path: Path) -> None:
    states: list[list[Contract]] = [[marche(modifications=[NEWER])], [marche(modifications=[OLDER, NEWER])]]
    made = []
    for folder in ("one", "two"):
        lake = Lake(tmp_path / folder)
        for month, state in enumerate(states, start=1):
            snapshot(lake, state, f"2026-{month:02d}-08")
        made.append(lines(lake))
    assert made[0] == made[1]
