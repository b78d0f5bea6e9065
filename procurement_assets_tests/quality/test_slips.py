"""Amounts ten, a hundred, a thousand times too large or too small, at known places: which rule finds each, and all of
them.

Two classes, by what can be known (data_quality/README.md):

- out of order: beyond 3.5 robust deviations of the median of the CPV division (of all contracts, where the division has
  fewer than 30) and half a decade at least. DECP-M-407 finds it, from DECP alone;
- within: what is left. Only another source shows it: DECP-R-101, where the City's list has the contract's amount, and
  DECP-R-102 for an amount that became 10 euros or less.

The class of each is computed here a second time, in plain Python, from the published amounts.
"""

from __future__ import annotations

import io
import json
from collections import defaultdict
from collections.abc import Iterable
from math import log10
from random import Random
from statistics import median
from typing import Any, NamedTuple

import polars as pl
import pytest

from procurement_assets.publishers import ContractList
from procurement_assets.quality.catalogue import load_catalogue
from procurement_assets.quality.reconciliation.lists import parse_list
from procurement_assets.quality.reconciliation.pairing import match, prepare_contracts, prepare_rows
from procurement_assets.quality.reconciliation.table import reconcile
from procurement_assets.quality.suites import run_rules
from procurement_assets.sample import SampleRecord, generate, load_profile, punctual, write
from procurement_assets.sample.portal_list import row
from procurement_assets.schema import TABLES
from procurement_assets_tests.quality.seeded import DATA_DATE, tables_of

RECORDS, EVERY = 3000, 15
FACTORS = (10.0, 100.0, 1000.0, 0.1, 0.01, 0.001)
RULES = ("DECP-M-407", "DECP-R-101", "DECP-R-102")


class Slipped(NamedTuple):
    """A contract whose amount slipped, and the rules that found something in it."""

    uid: str
    amount: float
    factor: float
    listed: bool
    """The list has the contract under its true amount."""
    found: frozenset[str]


class Outcome(NamedTuple):
    """What was seeded, what is published, and every contract that a rule found."""

    slipped: list[Slipped]
    contracts: list[dict[str, Any]]
    found: dict[str, frozenset[str]]


def _seeded() -> tuple[list[SampleRecord], dict[str, tuple[float, float]], list[dict[str, Any]]]:
    """The records, the slips by id (published amount, factor), the rows of the City's list."""
    records, slips, rows, rng = [], {}, [], Random(4)
    for n, sample in enumerate(generate(punctual(load_profile("paris-2022-nested")), RECORDS, 9, defects=False)):
        record = sample.truth
        if record.kind != "marche":
            continue
        rows.append(row(record, 1))
        if n % EVERY == 0:
            factor = rng.choice(FACTORS)
            true = float(record.montant or 0)
            record.montant = max(0.01, round(true * factor, 2))
            slips[str(record.id)] = (record.montant, factor)
        records.append(sample)
    return records, slips, rows


def _listed(rows: Iterable[dict[str, Any]]) -> dict[str, float]:
    """Amount of the list by the number of the contract, without the year before it."""
    return {str(r["numero_marche"])[4:]: float(r["montant_max"]) for r in rows}


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    records, slips, rows = _seeded()
    stream = io.BytesIO()
    write(records, "v2-nested", stream)
    frames = tables_of([("slips", stream.getvalue())])
    contracts, holders = frames["contracts"], frames["contract_titulaires"]
    listed = parse_list(json.dumps(rows).encode(), ContractList()).with_columns(
        liste=pl.lit("liste"), ligne=pl.int_range(pl.len(), dtype=pl.Int64)
    )
    matches = match(prepare_contracts(contracts, holders), prepare_rows(listed))
    frames |= {"reconciliation": reconcile(contracts, holders, listed, matches)}
    found: dict[str, set[str]] = defaultdict(set)
    for table in ("contracts", "reconciliation"):
        chosen = [r for r in load_catalogue().of(table) if r.id in RULES]
        for result in run_rules(TABLES[table], frames[table], chosen, data_date=DATA_DATE, related=frames):
            assert result.error == ""
            for uid in result.failed["uid"]:
                found[uid].add(result.rule.id)
    amounts = _listed(rows)
    slipped = [
        Slipped(r["uid"], *slips[r["id"]], _true(r["id"], slips, amounts), frozenset(found[r["uid"]]))
        for r in contracts.to_dicts()
        if r["id"] in slips
    ]
    return Outcome(slipped, contracts.to_dicts(), {u: frozenset(r) for u, r in found.items()})


def _true(number: str, slips: dict[str, tuple[float, float]], listed: dict[str, float]) -> bool:
    """Whether the list's amount is the contract's before it slipped, to the rounding of a cent."""
    amount, factor = slips[number]
    return abs(listed[number] * factor / amount - 1) < 0.009


def _out_of_order(contracts: list[dict[str, Any]]) -> set[str]:
    """The contracts out of the order of their division, from the definition."""
    usable = [c for c in contracts if c["montant"] and c["montant"] > 0 and c["montant_suspect"] is None]
    orders = {c["uid"]: log10(c["montant"]) for c in usable}
    by_division: dict[str, list[float]] = defaultdict(list)
    for c in usable:
        by_division[c["codeCPV"][:2]].append(orders[c["uid"]])
    found = set()
    for c in usable:
        for peers in (by_division[c["codeCPV"][:2]], list(orders.values())):
            middle = median(peers)
            spread = 1.4826 * median(abs(p - middle) for p in peers)
            if len(peers) >= 30 and spread > 0:
                gap = abs(orders[c["uid"]] - middle)
                if gap / spread > 3.5 and gap > 0.5:
                    found.add(c["uid"])
                break
    return found


def test_a_slip_out_of_the_order_of_its_division_is_always_found_from_decp_alone(outcome: Outcome) -> None:
    far = _out_of_order(outcome.contracts)
    seeded = [s for s in outcome.slipped if s.uid in far]
    assert len(seeded) >= 10
    assert [s for s in seeded if "DECP-M-407" not in s.found] == []
    assert {uid for uid, rules in outcome.found.items() if "DECP-M-407" in rules} == far


def test_a_slip_within_the_order_is_always_found_where_the_list_has_the_amount(outcome: Outcome) -> None:
    far = _out_of_order(outcome.contracts)
    seeded = [s for s in outcome.slipped if s.uid not in far and s.listed]
    assert len(seeded) >= 80
    assert {s.factor for s in seeded} == set(FACTORS)
    assert [s for s in seeded if s.amount > 10 and "DECP-R-101" not in s.found] == []
    assert [s for s in seeded if s.amount <= 10 and "DECP-R-102" not in s.found] == []


def test_the_list_finds_the_others_too_and_no_contract_that_did_not_slip(outcome: Outcome) -> None:
    slipped = {s.uid for s in outcome.slipped}
    assert all(s.found & {"DECP-R-101", "DECP-R-102"} for s in outcome.slipped if s.listed)
    alarms = {u for u, rules in outcome.found.items() if rules & {"DECP-R-101", "DECP-R-102"}} - slipped
    truly = {c["uid"] for c in outcome.contracts if c["montant"] is not None and c["montant"] <= 10}
    assert alarms <= truly
