"""A corrected history comes back as the current record, and is valid by the official schema as it stands."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from procurement_assets.decp.model import Contract, Lieu
from procurement_assets.ocds.additions import Additions
from procurement_assets.ocds.compile import StateCompiler
from procurement_assets.ocds.corrections import WITHDRAWN, correctable
from procurement_assets.ocds.inverse import decp_of
from procurement_assets.ocds.validate import validate
from procurement_assets_tests.ocds.cases import every_field, record_package, release_package
from procurement_assets_tests.ocds.support import (
    COMPANY_B,
    PARIS,
    PROFILE,
    company,
    encoded,
    marche,
    modified,
    needs_shared,
    official,
)
from procurement_assets_tests.ocds.test_libcoveocds import assert_flawless, judged
from procurement_assets_tests.ocds.test_round_trip import normalised
from procurement_assets_tests.strategies import contracts

OCID = "ocds-abc123-21750001600019-2024T05699"


def published(*states: Contract, ocid: str = OCID) -> list[bytes]:
    """The history after a contract was seen in several states, one snapshot a month."""
    history: list[bytes] = []
    for month, state in enumerate(states, start=1):
        history += Additions(f"2026-{month:02d}-08T05:10:00+01:00").of(encoded(state, ocid=ocid), history)
    return history


def unlike(found: Contract, wanted: Contract) -> dict[str, Any]:
    """The fields that differ, found and wanted."""
    return {
        name: (was, is_)
        for name in Contract.__struct_fields__
        if (was := getattr(found, name)) != (is_ := getattr(wanted, name))
    }


@st.composite
def chains(draw: st.DrawFn) -> list[Contract]:
    """Some states of one contract: anything may differ but its identity and its kind.

    Each field is that of the state before, or another; a list may also lose entries, or be in another order.
    """
    found = [normalised(c) for c in draw(st.lists(contracts(), min_size=2, max_size=4))]
    states = found[:1]
    for other in found[1:]:
        if other.kind == states[0].kind:
            states.append(_changed(draw, states[-1], other))
    return states


def _changed(draw: st.DrawFn, before: Contract, other: Contract) -> Contract:
    values: dict[str, Any] = {}
    for name in Contract.__struct_fields__:
        if name in ("uid", "id", "acheteur_id", "kind"):
            continue
        kept, new = getattr(before, name), getattr(other, name)
        way = draw(st.sampled_from(["kept", "new", "less"]))
        if way == "less" and isinstance(kept, list):
            kept = draw(st.permutations(kept))[draw(st.integers(0, 1)) :]
        values[name] = new if way == "new" else kept
    return normalised(msgspec.structs.replace(before, **values))


THOROUGH = settings(
    max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.explicit]
)


@THOROUGH
@given(chains())
def test_every_chain_of_corrections_comes_back_as_the_current_record(states: list[Contract]) -> None:
    history: list[bytes] = []
    for month, contract in enumerate(states, start=1):
        additions = Additions(f"2026-{month:02d}-08T05:10:00+01:00")
        generated = encoded(contract, ocid=OCID)
        history += additions.of(generated, history)
        shuffled = [*history]
        random.Random(month).shuffle(shuffled)
        assert unlike(decp_of(shuffled), contract) == {}
        assert unlike(decp_of([StateCompiler(PROFILE).compile(history)]), contract) == {}
        assert additions.of(generated, history) == []


@needs_shared
@THOROUGH
@given(chains())
def test_every_release_and_every_state_is_valid_by_the_official_schema(states: list[Contract]) -> None:
    history = published(*states)
    for schema in (correctable(PROFILE), official()):
        report = validate(history, schema)
        assert report.ok, report.problems[:3]
    for schema in (PROFILE, official()):
        final = validate([StateCompiler(PROFILE).compile(history)], schema)
        assert final.ok, final.problems[:3]


@needs_shared
def test_nothing_is_tolerated_beyond_the_official_schema() -> None:
    assert correctable(official()) is official()


PLACE = Lieu(code="75012", typeCode="Code postal", nom="Paris")


@needs_shared
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (PLACE, None),
        (PLACE, Lieu(nom="Paris")),
        (Lieu(code="75056", typeCode="Code commune", nom="Paris"), Lieu(code="75056", typeCode="Code commune")),
        (PLACE, Lieu(code="99", typeCode="Autre")),
    ],
)
def test_a_place_that_is_withdrawn_is_said_so_as_the_official_schema_wants(before: Lieu, after: Lieu | None) -> None:
    states = (marche(lieuExecution=before), marche(lieuExecution=after))
    history = published(*states)
    assert validate(history, official()).ok
    state = StateCompiler(PROFILE).state(history)
    assert validate([msgspec.json.encode(state)], official(), ordered=False).ok
    [item] = state["tender"]["items"]
    if after is None:
        assert item == {
            "id": "1",
            "deliveryLocations": [{"description": WITHDRAWN}],
            "deliveryAddresses": [{"description": WITHDRAWN}],
        }
    assert decp_of(history) == states[1]
    # A place that comes back takes the place of the mark.
    assert decp_of(published(*states, states[0])) == states[0]


@needs_shared
def test_what_merging_cannot_remove_is_marked_and_not_read() -> None:
    whole = marche(
        offresRecues=3, considerationsSociales=["Clause sociale"], idAccordCadre="2020AC", acheteur_nom="VILLE DE PARIS"
    )
    history = published(whole, marche())
    assert validate(history, official()).ok
    state = StateCompiler(PROFILE).state(history)
    assert state["tender"]["sustainability"] == [{"description": WITHDRAWN}]
    assert state["bids"]["statistics"] == [{"id": "bids", "measure": "bids", "value": 3, "notes": WITHDRAWN}]
    assert state["relatedProcesses"] == [{"id": "1"}]
    assert decp_of(history) == marche()


def test_a_correction_of_what_a_modification_hides_is_published() -> None:
    before = marche(dureeMois=12, modifications=[modified(dureeMois=24)])
    after = marche(dureeMois=13, modifications=[modified(dureeMois=24)])
    history = published(before, after)
    assert len(history) == 3
    assert decp_of(history) == after
    assert StateCompiler(PROFILE).state(history)["contracts"][0]["decp"] == {
        "dureeMois": 24,
        "dureeMoisInitiale": 13,
        "datePublicationDonnees": "2024-05-25",
    }


@pytest.mark.parametrize("order", [(1, 0), (0, 1, 2), (2, 1, 0)])
def test_holders_in_another_order_come_back_in_that_order(order: tuple[int, ...]) -> None:
    holders = [company(), company(COMPANY_B), company(PARIS)]
    before, after = marche(titulaires=holders[:2]), marche(titulaires=[holders[n] for n in order])
    history = published(before, after)
    assert decp_of(history) == after
    assert decp_of(published(before, after, before)) == before


def test_a_vanished_or_late_event_leaves_the_current_record() -> None:
    first, second = modified(id=1, montant=1.0), modified(id=2, dureeMois=3, titulaires=[company(COMPANY_B)])
    states = [
        marche(modifications=[first]),
        marche(modifications=[first, second]),
        marche(modifications=[second]),
        marche(),
        marche(modifications=[first, second]),
    ]
    for length in range(1, len(states) + 1):
        assert decp_of(published(*states[:length])) == states[length - 1]


@needs_shared
def test_libcoveocds_finds_nothing_in_corrected_histories(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("libcoveocds")
    whole = every_field()[0]
    bare = marche(titulaires=[company(COMPANY_B)])
    groups = [
        published(whole, bare, msgspec.structs.replace(bare, montant=1.0)),
        published(bare, whole, bare, ocid=OCID + "-2"),
    ]
    for build_package in (release_package, record_package):
        assert_flawless(judged(monkeypatch, tmp_path, build_package(groups)))
