"""Versions: order, values carried forward, what each one changed."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from procurement_assets.decp.model import Contract, Modification, Operateur
from procurement_assets.decp.rows import subcontract_rows, version_rows
from procurement_assets.decp.versions import order_modifications, versions

ACME, BOLT = Operateur(id="38235772100051"), Operateur(id="81223113200026")


def contract(*modifications: Modification, **fields: Any) -> Contract:
    return Contract(
        kind="marche",
        format="2022",
        uid="u",
        id="i",
        acheteur_id="21750001600019",
        montant=100.0,
        dureeMois=12,
        titulaires=[ACME],
        dateNotification="2024-03-01",
        modifications=order_modifications(list(modifications)),
        **fields,
    )


def test_values_are_carried_forward_and_each_version_says_what_it_changed() -> None:
    states = versions(
        contract(
            Modification(id=1, dateNotificationModification="2024-04-01", montant=150.0),
            Modification(id=2, dateNotificationModification="2024-05-01", dureeMois=24),
            Modification(id=3, dateNotificationModification="2024-06-01", titulaires=[BOLT]),
            Modification(id=4, dateNotificationModification="2024-07-01"),
        )
    )
    assert [(v.number, v.montant, v.dureeMois, [t.id for t in v.titulaires], v.changed) for v in states] == [
        (0, 100.0, 12, [ACME.id], ()),
        (1, 150.0, 12, [ACME.id], ("montant",)),
        (2, 150.0, 24, [ACME.id], ("dureeMois",)),
        (3, 150.0, 24, [BOLT.id], ("titulaires",)),
        (4, 150.0, 24, [BOLT.id], ()),
    ]


def test_a_modification_dated_before_notification_is_kept_and_flagged() -> None:
    c = contract(Modification(id=1, dateNotificationModification="2023-12-01", montant=150.0))
    rows = list(version_rows(c, versions(c)))
    assert [(r["version"], r["montant"], r["anterieure_au_contrat"]) for r in rows] == [
        (0, 100.0, False),
        (1, 150.0, True),
    ]


def test_two_modifications_of_one_day_have_two_numbers() -> None:
    day = "2024-04-01"
    c = contract(
        Modification(id=2, dateNotificationModification=day, montant=2.0),
        Modification(id=1, dateNotificationModification=day, montant=1.0),
    )
    assert [(v.number, v.montant) for v in versions(c)] == [(0, 100.0), (1, 1.0), (2, 2.0)]


modification = st.builds(
    Modification,
    id=st.one_of(st.none(), st.integers(1, 4)),
    dateNotificationModification=st.one_of(st.none(), st.dates().map(str)),
    datePublicationDonneesModification=st.one_of(st.none(), st.dates().map(str)),
    montant=st.one_of(st.none(), st.floats(0, 1e9)),
)


@given(st.lists(modification, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_modifications_does_not_depend_on_the_file(found: list[Modification], dice: Any) -> None:
    shuffled = list(found)
    dice.shuffle(shuffled)
    assert order_modifications(found) == order_modifications(shuffled)
    assert len(versions(contract(*found))) == 1 + len(order_modifications(found))


def test_a_change_to_an_act_that_was_never_published_has_its_own_row() -> None:
    from procurement_assets.decp.model import Acte, ModificationActe

    c = contract(
        actesSousTraitance=[Acte(id=1, sousTraitant=BOLT, montant=10.0, dateNotification="2024-03-05")],
        modificationsActesSousTraitance=[
            ModificationActe(id=1, montant=20.0, dateNotificationModificationSousTraitance="2024-04-05"),
            ModificationActe(id=7, montant=5.0, dateNotificationModificationSousTraitance="2024-05-05"),
        ],
    )
    rows = [
        (r["acte_rang"], r["acte_id"], r["version"], r["montant"], r["acte_absent"])
        for r in subcontract_rows(c, lambda _: None)
    ]
    assert rows == [(1, 1, 0, 10.0, False), (1, 1, 1, 20.0, False), (2, 7, 1, 5.0, True)]
