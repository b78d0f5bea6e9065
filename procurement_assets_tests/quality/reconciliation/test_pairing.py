"""Matching, one to one: by number, then by facts; what is ambiguous stays apart and says so."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from procurement_assets.quality.reconciliation.measure import measure_rules
from procurement_assets.quality.reconciliation.pairing import Matches, match, prepare_contracts, prepare_rows
from procurement_assets_tests.quality.reconciliation.support import DAY, FIRM, OTHER, as_list, contract, listed, tables


def _match(contracts: list[dict[str, Any]], rows: list[dict[str, Any]]) -> Matches:
    return match(prepare_contracts(*tables(contracts)), prepare_rows(as_list(rows)))


def _rules(found: Matches) -> list[tuple[str, str]]:
    return [(u[14:], r) for u, r in found.pairs.select("uid", "regle").iter_rows()]


def test_the_same_number_matches_whatever_else_differs() -> None:
    found = _match(
        [contract("20212021S00001", montant=10.0)],
        [listed("20212021S00001", fournisseur_siret=OTHER, date_notification="2020-01-01", objet="AUTRE")],
    )
    assert _rules(found) == [("20212021S00001", "numero.egal")]
    fact = found.pairs.to_dicts()[0]
    assert (fact["titulaire_f"], fact["montant_f"], fact["date_f"], fact["objet_f"]) == (False, False, False, False)


def test_a_number_with_the_year_in_front_matches_in_its_year_only() -> None:
    same = _match([contract("2021S00001")], [listed("20212021S00001")])
    assert _rules(same) == [("2021S00001", "numero.annee")]
    stranger = listed("20122021S00001", fournisseur_siret=OTHER, date_notification="2012-03-10", montant_max=5.0)
    assert _rules(_match([contract("2021S00001")], [stranger])) == []


def test_a_short_number_needs_a_fact_that_agrees() -> None:
    stranger = listed("12", fournisseur_siret=OTHER, date_notification="2020-01-01", montant_max=5.0, objet="AUTRE")
    assert _rules(_match([contract("12")], [stranger])) == []
    assert _rules(_match([contract("12")], [stranger | {"fournisseur_siret": FIRM}])) == [("12", "numero.egal")]


def test_lots_that_share_a_number_go_to_the_rows_that_say_the_same() -> None:
    lots = [contract("20212021S00001"), contract("20212021S00001", montant=50.0, holders=[OTHER], objet="Lot 2")]
    lots[1]["uid"] += "~abc"
    rows = [
        listed("20212021S00001"),
        listed("20212021S00001", montant_max=50.0, fournisseur_siret=OTHER, objet="LOT 2"),
    ]
    found = _match(lots, rows)
    assert found.pairs.select(pl.col("uid").str.ends_with("~abc"), "ligne").rows() == [(False, 1), (True, 2)]


def test_without_a_number_the_same_facts_match() -> None:
    assert _rules(_match([contract("A00001")], [listed("B00001")])) == [("A00001", "faits.tous")]


def test_a_corrected_amount_still_matches_within_fifteen_per_cent() -> None:
    near = listed("B00001", montant_max=130_000.0, date_notification="2021-03-20")
    assert _rules(_match([contract("A00001")], [near])) == [("A00001", "faits.titulaire-objet")]
    assert _rules(_match([contract("A00001")], [near | {"montant_max": 200_000.0}])) == []


def test_another_title_needs_the_same_holder_day_and_amount() -> None:
    other = listed("B00001", objet="TOUT AUTRE CHOSE")
    assert _rules(_match([contract("A00001")], [other])) == [("A00001", "faits.titulaire-montant")]
    assert _rules(_match([contract("A00001")], [other | {"date_notification": "2021-03-11"}])) == []


def test_two_lots_of_one_purchase_are_two_contracts() -> None:
    """Same holder, day and amount, titles alike but for the lot."""
    ours = contract("A00001", objet="Entretien des fontaines - lot n°1")
    assert _rules(_match([ours], [listed("B00001", objet="SA2 ENTRETIEN FONTAINES LT2")])) == []
    assert _rules(_match([ours], [listed("B00001", objet="SA2 ENTRETIEN FONTAINES LT01")])) == [
        ("A00001", "faits.tous")
    ]


def test_an_abridged_title_is_like_the_whole_one() -> None:
    whole = "Travaux de création d'un auvent au collège Mozart - 7, rue Jomard - 75019 Paris"
    row = listed("B00001", objet="CRÉATION AUVENT COLLEGE MOZART 19EME", montant_max=125_000.0)
    assert _rules(_match([contract("A00001", objet=whole)], [row])) == [("A00001", "faits.titulaire-objet")]


def test_a_row_of_several_holders_matches_by_day_amount_and_title() -> None:
    several = listed("B00001", fournisseur_siret="#")
    assert _rules(_match([contract("A00001")], [several])) == [("A00001", "faits.date-montant-objet")]
    contradicted = listed("B00001", fournisseur_siret=OTHER)
    assert _rules(_match([contract("A00001")], [contradicted])) == []


def test_two_equal_candidates_are_ambiguous_and_stay_apart() -> None:
    found = _match([contract("A00001")], [listed("B00001"), listed("B00002")])
    assert found.pairs.is_empty()
    assert found.ambiguous.select("ligne", "regle").rows() == [(1, "faits.tous"), (2, "faits.tous")]


def test_a_contract_without_date_amount_or_holder_never_matches_by_facts() -> None:
    bare = contract("A00001", dateNotification=None, montant=None, holders=[])
    assert _rules(_match([bare], [listed("B00001")])) == []


def test_the_measure_counts_what_the_numbers_prove() -> None:
    """Ten contracts told apart, and one whose row says otherwise of everything: recall 10 of 11, precision 1."""
    days = [DAY + timedelta(days=n) for n in range(11)]
    ours = [
        contract(f"2021X{n:05}", dateNotification=d, montant=1000.0 + n, objet=f"Lot {n}") for n, d in enumerate(days)
    ]
    rows = [
        listed(f"2021X{n:05}", date_notification=d.isoformat(), montant_max=1000.0 + n, objet=f"LOT {n}")
        for n, d in enumerate(days[:10])
    ]
    rows.append(
        listed("2021X00010", fournisseur_siret=OTHER, date_notification="2020-01-01", montant_max=7.0, objet="Z")
    )
    made = measure_rules(prepare_contracts(*tables(ours)), prepare_rows(as_list(rows)))
    assert (made.truth, made.found, made.right, made.orphans, made.false_alarms) == (11, 10, 10, 6, 0)
    assert (made.precision, round(made.recall, 4)) == (1.0, 0.9091)


_FACTS = st.fixed_dictionaries(
    {
        "day": st.sampled_from([date(2021, 3, 10), date(2021, 3, 11)]),
        "amount": st.sampled_from([100.0, 110.0, 5000.0]),
        "firm": st.sampled_from([FIRM, OTHER]),
        "title": st.sampled_from(["Entretien des fontaines", "Achat de bancs publics"]),
    }
)


@settings(max_examples=40, deadline=None)
@given(st.lists(_FACTS, min_size=1, max_size=6), st.lists(_FACTS, min_size=1, max_size=6), st.randoms())
def test_matching_is_one_to_one_and_the_order_decides_nothing(left: Any, right: Any, shuffle: Any) -> None:
    ours = [
        contract(f"A{n:05}", dateNotification=f["day"], montant=f["amount"], holders=[f["firm"]], objet=f["title"])
        for n, f in enumerate(left)
    ]
    rows = as_list([
        listed(f"B{n:05}", date_notification=f["day"].isoformat(), montant_max=f["amount"], fournisseur_siret=f["firm"],
               objet=f["title"])
        for n, f in enumerate(right)
    ])  # fmt: skip
    contracts, holders = tables(ours)
    found = match(prepare_contracts(contracts, holders), prepare_rows(rows))
    assert not found.pairs["uid"].is_duplicated().any()
    assert not found.pairs["ligne"].is_duplicated().any()
    assert found.pairs["score"].is_between(0, 1).all()
    assert found.ambiguous.join(found.pairs, on="uid", how="semi").is_empty()
    seed = shuffle.randrange(1000)
    again = match(
        prepare_contracts(contracts.sample(fraction=1, shuffle=True, seed=seed), holders),
        prepare_rows(rows.sample(fraction=1, shuffle=True, seed=seed)),
    )
    assert again.pairs.equals(found.pairs)
    assert again.ambiguous.equals(found.ambiguous)
