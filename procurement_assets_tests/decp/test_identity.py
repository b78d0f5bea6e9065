"""Identity: the four hard cases, independence from order, and a place in the ledger for every record."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procurement_assets.decp.candidate import Candidate, Origin, Shelf
from procurement_assets.decp.identity import Resolved, resolve
from procurement_assets.decp.model import Contract, Modification, Operateur
from procurement_assets.decp.spill import Spill
from procurement_assets.decp.versions import versions

BUYER = "21750001600019"
ACME, BOLT = (
    Operateur(typeIdentifiant="SIRET", id="38235772100051"),
    Operateur(typeIdentifiant="SIRET", id="81223113200026"),
)


def contract(**fields: Any) -> Contract:
    base: dict[str, Any] = {
        "kind": "marche",
        "format": "2019",
        "id": "2019A1",
        "acheteur_id": BUYER,
        "objet": "Entretien des jardins",
        "montant": 1234.5,
        "titulaires": [ACME],
        "dateNotification": "2019-02-01",
        "datePublicationDonnees": "2019-02-10",
    }
    fields = base | fields
    return Contract(uid=fields["acheteur_id"] + fields["id"], **fields)


_serial = iter(range(10**9))
SHELF = Shelf(Spill())


def record(c: Contract, source: str = "aws", rank: int = 1, fichier_date: str = "2020-01-01") -> Candidate:
    return SHELF.candidate(SHELF.add(c, Origin(source, rank, "f", fichier_date, "ab"), next(_serial)))


def told(resolved: list[Resolved]) -> dict[str, list[tuple[str, str]]]:
    return {r.contract.uid: [(o, why) for o, why, _ in r.outcomes] for r in resolved}


def test_identical_records_are_merged() -> None:
    found = resolve([record(contract()), record(contract())])
    assert told(found) == {BUYER + "2019A1": [("kept", "kept"), ("merged", "identity.identical")]}


def test_one_id_for_two_lots_makes_two_contracts_and_the_first_published_keeps_the_uid() -> None:
    first = contract(titulaires=[ACME], montant=100.5, datePublicationDonnees="2019-02-10")
    second = contract(titulaires=[BOLT], montant=200.5, datePublicationDonnees="2019-03-10")
    found = resolve([record(second), record(first)])
    assert [r.contract.montant for r in found] == [100.5, 200.5]
    assert found[0].contract.uid == BUYER + "2019A1"
    assert found[1].contract.uid.startswith(BUYER + "2019A1~")
    assert found[1].contract.id == "2019A1"
    assert [(o, why) for o, why, _ in found[1].outcomes] == [("kept", "identity.lot")]


def test_a_third_lot_does_not_change_the_uids_of_the_first_two() -> None:
    lots = [
        contract(titulaires=[ACME], montant=1.5, datePublicationDonnees="2019-02-10"),
        contract(titulaires=[BOLT], montant=2.5, datePublicationDonnees="2019-03-10"),
        contract(titulaires=[Operateur(id="X")], montant=3.5, datePublicationDonnees="2019-04-10"),
    ]
    two = {r.contract.montant: r.contract.uid for r in resolve(map(record, lots[:2]))}
    three = {r.contract.montant: r.contract.uid for r in resolve(map(record, lots))}
    assert three | two == three
    assert len(set(three.values())) == 3


def test_two_records_that_differ_only_by_amount_keep_the_last_published_and_tell_both_amounts() -> None:
    old = contract(montant=10.0, datePublicationDonnees="2019-02-10")
    same_day = contract(montant=300000.5, datePublicationDonnees="2019-02-10")
    found = resolve([record(old, fichier_date="2020-01-01"), record(same_day, fichier_date="2021-01-01")])
    assert [r.contract.montant for r in found] == [300000.5]
    assert found[0].outcomes[1] == ("superseded", "identity.amount-only", "montant publié 10.0, gardé 300000.5")


@pytest.mark.parametrize(
    ("source", "rank", "reason"), [("aws", 1, "identity.later-publication"), ("pes", 2, "identity.other-source")]
)
def test_an_amount_that_another_record_of_the_contract_replaces_is_told(source: str, rank: int, reason: str) -> None:
    old = contract(montant=10.5, datePublicationDonnees="2019-02-10", acheteur_nom="VILLE DE PARIS")
    new = contract(montant=300000.5, datePublicationDonnees="2019-03-10")
    found = resolve([record(old, source, rank), record(new, "aws", 1)])
    assert [r.contract.montant for r in found] == [300000.5]
    assert found[0].outcomes[1][1:] == (reason, "montant publié 10.5, gardé 300000.5")


def test_a_later_file_with_more_modifications_supersedes_and_nothing_published_is_lost() -> None:
    one = Modification(id=1, dateNotificationModification="2019-05-01", montant=2000.5)
    two = Modification(id=2, dateNotificationModification="2019-06-01", dureeMois=24)
    old = contract(modifications=[one])
    new = contract(modifications=[two])  # the later file forgot the first modification
    found = resolve([record(new, fichier_date="2021-01-01"), record(old)])
    assert [m.id for m in found[0].contract.modifications] == [1, 2]
    assert found[0].outcomes[1][:2] == ("superseded", "identity.later-publication")
    assert "1 modifications" in found[0].outcomes[1][2]


def test_one_contract_in_two_sources_is_won_by_the_lowest_rank() -> None:
    aws = contract(acheteur_nom="VILLE DE PARIS")
    pes = contract(acheteur_nom="Ville de Paris")
    found = resolve([record(pes, "pes", 3), record(aws, "aws", 2)])
    assert found[0].contract.acheteur_nom == "VILLE DE PARIS"
    assert told(found)[BUYER + "2019A1"] == [("kept", "kept"), ("merged", "identity.other-source")]


def test_two_sources_that_write_holders_and_objet_differently_are_one_contract_by_date_and_uid() -> None:
    aws = contract(objet="Maintenance des ascenseurs", titulaires=[Operateur(id="382357721 00051")])
    pes = contract(objet="MAINT. ASC.", titulaires=[ACME])
    assert len(resolve([record(aws, "aws", 1), record(pes, "pes", 2)])) == 1


def test_two_sources_with_two_ids_are_one_contract_by_buyer_holders_exact_amount_and_date() -> None:
    aife = contract(id="2018aBcD00", dateNotification=None)
    pes = contract(id="201918A114", objet="3 véhicules")
    found = resolve([record(aife, "aife", 1), record(pes, "pes", 2)])
    assert told(found) == {BUYER + "2018aBcD00": [("kept", "kept"), ("merged", "identity.content")]}


def test_a_round_amount_is_no_proof_of_identity() -> None:
    aife, pes = contract(id="A", montant=180000.0), contract(id="B", montant=180000.0)
    assert len(resolve([record(aife, "aife", 1), record(pes, "pes", 2)])) == 2


def test_two_candidates_on_one_side_are_no_proof_of_identity() -> None:
    records = [record(contract(id="A"), "aws"), record(contract(id="B"), "aws"), record(contract(id="C"), "pes", 2)]
    assert len(resolve(records)) == 3


def test_the_same_content_under_two_ids_in_one_source_is_two_contracts() -> None:
    assert len(resolve([record(contract(id="A")), record(contract(id="B"))])) == 2


def test_ids_that_change_at_each_modification_are_one_contract_under_the_first_id() -> None:
    change = Modification(objetModification="Avenant 1", dateNotificationModification="2019-09-01", montant=5000.5)
    base = contract(id="201918145" + "00")
    after = contract(id="201918145" + "01", modifications=[change], datePublicationDonnees="2019-09-10")
    found = resolve([record(after), record(base)])
    assert [r.contract.uid for r in found] == [BUYER + "20191814500"]
    assert [v.montant for v in versions(found[0].contract)] == [1234.5, 5000.5]
    assert found[0].outcomes[0][:2] == ("kept", "identity.sequence")
    assert found[0].outcomes[1][:2] == ("superseded", "identity.sequence")


def test_ids_that_only_look_like_a_sequence_stay_apart() -> None:
    lot1 = contract(id="2018RTS27SG01", objet="Lot 1 nettoyage")
    lot2 = contract(id="2018RTS27SG02", objet="Lot 2 vitres", modifications=[Modification(montant=2.0)])
    assert len(resolve([record(lot1), record(lot2)])) == 2


def test_records_so_empty_that_only_their_content_differs_do_not_collide() -> None:
    empty: dict[str, Any] = {"objet": None, "montant": None, "titulaires": [], "datePublicationDonnees": None}
    found = resolve(
        record(contract(**empty, dateNotification=d, codeCPV="45000000")) for d in (None, "2019-01-01", "2019-01-02")
    )
    assert len({r.contract.uid for r in found}) == 3


contracts = st.builds(
    contract,
    id=st.sampled_from(["A00", "A01", "B"]),
    objet=st.sampled_from(["Jardins", "Voirie", None]),
    montant=st.sampled_from([10.5, 2000.5, None]),
    titulaires=st.sampled_from([[ACME], [BOLT], [ACME, BOLT], []]),
    dateNotification=st.sampled_from(["2019-02-01", "2020-02-01", None]),
    modifications=st.lists(
        st.builds(
            Modification,
            id=st.sampled_from([1, 2, None]),
            dateNotificationModification=st.sampled_from(["2019-05-01", "2018-05-01"]),
            montant=st.sampled_from([1.5, None]),
        ),
        max_size=2,
    ),
)
candidates = st.builds(lambda c, of: record(c, *of), contracts, st.sampled_from([("aws", 1), ("pes", 2)]))


@settings(max_examples=400, deadline=None)
@given(st.lists(candidates, max_size=8), st.randoms(use_true_random=False))
def test_identity_does_not_depend_on_order_and_accounts_for_every_record(
    records: list[Candidate], dice: random.Random
) -> None:
    def run(order: list[Candidate]) -> list[tuple[Any, ...]]:
        for c in order:
            c.reason = "kept"
        found = resolve(order)
        assert sorted(m.place for r in found for m in r.members) == sorted(c.place for c in order)
        assert all(r.outcomes[0][0] == "kept" and len(r.outcomes) == len(r.members) for r in found)
        assert len({r.contract.uid for r in found}) == len(found)
        return [(r.contract, sorted((m.place, o) for m, o in zip(r.members, r.outcomes, strict=True))) for r in found]

    shuffled = list(records)
    dice.shuffle(shuffled)
    assert run(records) == run(shuffled)
