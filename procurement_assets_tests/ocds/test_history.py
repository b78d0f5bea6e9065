"""Corrections, late events, identities and the history itself: what is published stays, and compiles to what is so."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from procurement_assets.decp.model import Contract
from procurement_assets.lake import Lake
from procurement_assets.ocds.additions import Additions, later
from procurement_assets.ocds.compile import StateCompiler, header_of
from procurement_assets.ocds.corrections import WITHDRAWN, award_names, correctable, rename_awards
from procurement_assets.ocds.history import History, HistoryDamagedError
from procurement_assets.ocds.validate import validate
from procurement_assets_tests.ocds.support import COMPANY_B, PROFILE, company, encoded, marche, modified
from procurement_assets_tests.strategies import contracts

MOMENT = "2026-01-08T05:10:00+01:00"
OCID = "ocds-abc123-21750001600019-2024T05699"


def published(*states: Contract, moment: str = MOMENT) -> list[bytes]:
    """The history after a contract was seen in several states, one snapshot each, all of one data date."""
    history: list[bytes] = []
    for state in states:
        history += Additions(moment).of(encoded(state, ocid=OCID), history)
    return history


def told(history: list[bytes]) -> list[tuple[str, str, list[str]]]:
    """(end of the id, date, tags) of each release."""
    found = [json.loads(line) for line in history]
    return [(r["id"].removeprefix(OCID + "-").split("-")[0], r["date"], r["tag"]) for r in found]


def state(history: list[bytes]) -> Any:
    """The compiled release."""
    return StateCompiler(PROFILE).state(history)


def unlike(history: list[bytes], contract: Contract) -> list[str]:
    """Paths at which a history does not say what the contract's own releases say."""
    have, want = state(history), state(encoded(contract, ocid=OCID))
    want = rename_awards(want, award_names(have, want))
    return sorted(_unlike(have, want, ""))


def _unlike(have: Any, want: Any, path: str) -> list[str]:
    if path in ("/id", "/date") or path.endswith("/roles"):
        return []
    if want is None and path.endswith(("/statistics", "/subcontractor", "/financingParty")):
        return []
    if path.endswith(("/nonPublies", "/titulaires")) or (want is None and have == [{"description": WITHDRAWN}]):
        return []  # what the correction says of what cannot be removed (`ocds.leftovers`)
    if isinstance(have, dict) and (want is None or isinstance(want, dict)):
        want = want or {}
        return [d for k in have.keys() | want.keys() for d in _unlike(have.get(k), want.get(k), f"{path}/{k}")]
    if isinstance(want or have, list) and all(
        isinstance(o, dict) and "id" in o for o in (*(want or ()), *(have or ()))
    ):
        left, right = {o["id"]: o for o in have or ()}, {o["id"]: o for o in want or ()}
        if path.endswith(("additionalIdentifiers", "classifications")):
            return [] if have == want else [path]
        # What is gone cannot be removed (see `ocds.corrections`): only what is there is compared.
        return [d for k in right for d in _unlike(left.get(k), right[k], f"{path}/{k}")]
    return [] if have == want else [path]


def test_the_same_state_adds_nothing() -> None:
    assert len(published(marche(), marche())) == 1


def test_a_changed_amount_gives_one_correction_of_award_and_contract_at_the_date_of_the_snapshot() -> None:
    history = published(marche(), marche(montant=1.0), marche(montant=1.0))
    assert told(history) == [
        ("initial", "2024-05-25T00:00:00+02:00", ["tender", "award", "contract"]),
        ("correction", MOMENT, ["awardUpdate", "contractUpdate"]),
    ]
    said = json.loads(history[1])
    assert said["awards"] == [{"id": "1", "value": {"amount": 1.0, "currency": "EUR"}}]
    assert said["contracts"] == [{"id": "1", "awardID": "1", "value": {"amount": 1.0, "currency": "EUR"}}]
    assert "tender" not in said
    assert state(history)["contracts"][0]["value"]["amount"] == 1.0


def test_a_correction_has_an_id_from_its_content() -> None:
    one, two = published(marche(), marche(montant=1.0)), published(marche(), marche(montant=1.0))
    assert one == two
    assert header_of(one[1]).id != header_of(published(marche(), marche(montant=2.0))[1]).id


def test_two_corrections_of_one_data_date_are_a_second_apart_and_going_back_is_a_correction() -> None:
    history = published(marche(), marche(montant=1.0), marche())
    assert [d for _, d, _ in told(history)][1:] == [MOMENT, "2026-01-08T05:10:01+01:00"]
    assert len({header_of(line).id for line in history}) == 3
    assert unlike(history, marche()) == []


def test_only_the_sections_that_changed_are_corrected() -> None:
    assert told(published(marche(), marche(offresRecues=3)))[1][2] == ["tenderUpdate"]
    assert told(published(marche(dureeMois=12), marche(dureeMois=24)))[1][2] == ["contractUpdate"]


def test_a_value_that_is_withdrawn_is_removed() -> None:
    whole = marche(dureeMois=12, codeCPV="45000000", ccag="CCAG Travaux")
    history = published(whole, marche())
    assert "durationInDays" not in state(history)["contracts"][0]["period"]
    assert "classification" not in state(history)["awards"][0]["items"][0]
    assert b"{}" not in StateCompiler(PROFILE).compile(history)
    assert unlike(history, marche()) == []


def test_another_holder_makes_a_new_award_and_cancels_the_former() -> None:
    history = published(marche(), marche(titulaires=[company(COMPANY_B)]))
    now = state(history)
    assert [(a["id"], a["status"]) for a in now["awards"]] == [("1", "cancelled"), ("1-correction-1", "active")]
    assert now["contracts"][0]["awardID"] == "1-correction-1"
    assert [s["id"] for s in now["awards"][1]["suppliers"]] == ["FR-RCS-381031285-00491"]
    back = published(marche(), marche(titulaires=[company(COMPANY_B)]), marche())
    assert state(back)["contracts"][0]["awardID"] == "1-correction-2"
    assert [a["status"] for a in state(back)["awards"]] == ["cancelled", "cancelled", "active"]


def test_a_correction_of_the_award_does_not_undo_a_modification() -> None:
    before = marche(modifications=[modified(montant=600000.0)])
    history = published(before, marche(montant=500000.0, modifications=[modified(montant=600000.0)]))
    assert told(history)[2][2] == ["awardUpdate"]
    assert state(history)["contracts"][0]["value"]["amount"] == 600000.0
    assert state(history)["awards"][0]["value"]["amount"] == 500000.0


def test_a_modification_published_late_comes_after_what_is_published_and_keeps_its_day() -> None:
    corrected = published(marche(), marche(montant=1.0))
    late = marche(montant=1.0, modifications=[modified(montant=2.0)])
    added = Additions("2026-02-08T05:10:00+01:00").of(encoded(late, ocid=OCID), corrected)
    assert told(added) == [("modification", "2026-02-08T05:10:00+01:00", ["contractAmendment"])]
    amendment = json.loads(added[0])["contracts"][0]["amendments"][0]
    assert amendment["date"] == "2024-10-18T00:00:00+02:00"
    assert amendment["decp"]["datePublicationDonneesModification"] == "2024-10-20"


def test_an_older_modification_that_appears_does_not_undo_the_newer_one() -> None:
    newer = modified(id=2, montant=700000.0)
    older = modified(
        id=1,
        montant=600000.0,
        dateNotificationModification="2024-06-01",
        datePublicationDonneesModification="2024-06-02",
    )
    both = marche(modifications=[older, newer])
    history = published(marche(modifications=[newer]), both, both)
    assert state(history)["contracts"][0]["value"]["amount"] == 700000.0
    assert unlike(history, both) == []


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ("2026-01-08T05:09:59+01:00", MOMENT),
        (MOMENT, "2026-01-08T05:10:01+01:00"),
        ("2026-10-25T02:59:59+02:00", "2026-10-25T03:00:00+01:00"),
    ],
)
def test_a_release_comes_after_the_last_one(last: str, expected: str) -> None:
    assert later(last, MOMENT) == expected


@st.composite
def chains(draw: st.DrawFn) -> list[Contract]:
    """Some states of one contract: anything may differ but its identity."""
    found = draw(st.lists(contracts(), min_size=2, max_size=4))
    first = found[0]
    same = {"uid": first.uid, "id": first.id, "acheteur_id": first.acheteur_id, "kind": first.kind}
    return [msgspec.structs.replace(c, **same) for c in found if c.kind == first.kind]


@settings(
    max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.explicit]
)
@given(chains())
def test_whatever_follows_what_the_history_holds_and_says_what_is_so(states: list[Contract]) -> None:
    history: list[bytes] = []
    for contract in states:
        generated = encoded(contract, ocid=OCID)
        before = list(history)
        history += Additions(MOMENT).of(generated, history)
        assert history[: len(before)] == before
        assert Additions(MOMENT).of(generated, history) == []
        headers = [header_of(line) for line in history]
        assert len({h.id for h in headers}) == len(headers)
        assert all(a.date < b.date for a, b in itertools.pairwise(headers))
        assert unlike(history, contract) == []
    report = validate(history, correctable(PROFILE))
    assert report.ok, report.problems[:3]
    final = validate([StateCompiler(PROFILE).compile(history)], PROFILE)
    assert final.ok, final.problems[:3]


def test_a_history_that_was_touched_is_refused(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    history = History(lake, "paris")
    assert history.append([], MOMENT) is None
    added = history.append(published(marche()), MOMENT)
    assert added is not None
    assert (added.name, added.releases) == ("00001_2026-01-08.jsonl", 1)
    history.require_sound()
    path = tmp_path / "ocds/paris/history/00001_2026-01-08.jsonl"
    path.write_bytes(path.read_bytes().replace(b"575000", b"575001"))
    assert "publié avec" in history.damage()[0]
    with pytest.raises(HistoryDamagedError, match="ne change plus"):
        history.require_sound()
    path.unlink()
    assert history.damage() == [f"{path} : fichier absent"]
