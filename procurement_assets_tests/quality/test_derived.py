"""Computed columns against what they come from: the CPV, real check digits, forms of SIRETs seen at Paris."""

from __future__ import annotations

import csv
from datetime import date

import polars as pl
import pytest

from procurement_assets.decp.cpv import cpv_key
from procurement_assets.decp.identifiers import is_siren
from procurement_assets.quality.derived import DERIVED, derived_schema, needs_of, with_derived
from procurement_assets.quality.derived_base import siren_key_is_right
from procurement_assets.quality.derived_ids import RIGHT
from procurement_assets.quality.derived_links import CPV_GROUPS, ORIGIN_RANGES
from procurement_assets.schema import TABLES
from procurement_assets_tests.decp.reading import SHARED, needs_shared
from procurement_assets_tests.quality.support import frame, row

PRINTED = (
    "15100000-9 15982200-7 34100000-8 34144910-0 34510000-5 34522700-9 34600000-3 34622500-8 34710000-7 34722200-6 "
    "33100000-1 33198200-6 33600000-6 33698300-2 18100000-0 18453000-9 18800000-7 18843000-0"
)
"""The codes that the arrêté of 22/12/2022 prints with their keys (research/decp.md §1.3)."""
OTHERS = "09000000-3 09310000-5 09123000-7 72400000-4 72600000-6 72267100-0 35125300-2 42120000-6 45000000-7"


@pytest.mark.parametrize("code", [*PRINTED.split(), *OTHERS.split()])
def test_the_check_digit_of_a_cpv_code(code: str) -> None:
    assert cpv_key(code[:8]) == code[-1]


def test_the_ranges_of_the_origin_are_those_of_the_arrete() -> None:
    assert sorted(f"{a}" for pair in ORIGIN_RANGES for a in pair) == sorted(c[:8] for c in PRINTED.split())


@needs_shared
def test_the_groups_are_those_of_the_cpv() -> None:
    with (SHARED / "reference/cpv_2008_fr_en.csv").open(encoding="utf-8") as file:
        assert {line["code"][:3] for line in csv.DictReader(file)} == CPV_GROUPS


FORMS = {
    "80836899700041": RIGHT,
    "356 000 000 49837": RIGHT,
    "8083689974120B": "SIREN suivi d'un code APE",
    "80836899780836": "SIREN suivi de ses propres premiers chiffres",
    "808368997": "SIREN seul, sans numéro d'établissement",
    "808368997SAS": "SIREN suivi de lettres",
    "BE043191150400": "numéro de TVA ou identifiant étranger",
    "80836899700042": "14 chiffres à la clé fausse",
    "8083689980836899700041": "trop de chiffres",
    "80836899700": "numéro tronqué",
    "1": "quelques chiffres",
    "00000000000000": "un seul caractère répété",
    "00001": "quelques chiffres",
    "3019824434649Z": "SIREN suivi d'un code APE",
    "80836899841X": "autre forme",
    " ": None,
}


def test_how_a_siret_is_malformed_is_said() -> None:
    rows = [row("contract_titulaires", f"u{n}", n, {"titulaire_id_publie": v}) for n, v in enumerate(FORMS)]
    made = with_derived(frame("contract_titulaires", rows), "contract_titulaires", ["titulaire_forme_siret"], None)
    assert made["titulaire_forme_siret"].to_list() == list(FORMS.values())


def test_the_siren_key_is_judged_as_by_the_reader() -> None:
    values = ["808368997", "808368998", "000000000", "80836899X", "8083"]
    found = pl.DataFrame({"x": values}).select(siren_key_is_right(pl.col("x"))).to_series().to_list()
    assert found == [is_siren(v) for v in values]


def test_a_table_that_is_not_given_counts_as_empty() -> None:
    for table in {t for d in DERIVED for t in d.tables}:
        data = frame(table, [row(table, "u", 0, {})])
        made = with_derived(data, table, derived_schema(table), date(2026, 1, 8))
        assert made.height == 1
        assert set(derived_schema(table)) <= set(made.columns)
        assert set(needs_of(table, derived_schema(table))) <= set(TABLES)


def test_the_order_of_rows_changes_nothing() -> None:
    rows = [
        row("contracts", f"u{n:03}", n, {"montant": 1000.0 * (n + 1), "dateNotification": date(2019 + n % 6, 3, 1)})
        for n in range(120)
    ]
    data = frame("contracts", rows)
    names = list(derived_schema("contracts"))
    first = with_derived(data, "contracts", names, None)
    second = with_derived(data.sample(fraction=1, shuffle=True, seed=2), "contracts", names, None)
    assert second.sort("uid").equals(first.sort("uid"))


def test_a_stray_old_contract_does_not_make_years_missing() -> None:
    days = [date(2008, 5, 2), *(date(y, 3, 1 + n) for y in (2021, 2022, 2024) for n in range(25))]
    rows = [row("contracts", f"u{n:03}", n, {"dateNotification": d}) for n, d in enumerate(days)]
    made = with_derived(frame("contracts", rows), "contracts", ["marches_annee_precedente"], None)
    told = made.filter(pl.col("marches_annee_precedente").is_not_null())
    assert told.select("dateNotification", "marches_annee_precedente").rows() == [(date(2024, 3, 1), 0)]


def test_an_amount_of_a_rare_division_is_compared_with_a_wider_group() -> None:
    """Forty works, three of another division: too few to be compared among themselves, and yet judged."""
    works = [{"uid": f"w{n}", "codeCPV": "45210000", "montant": 50_000.0 * 1.1**n} for n in range(40)]
    rare = [{"uid": f"r{n}", "codeCPV": "73000000", "montant": m} for n, m in enumerate((200_000.0, 9e5, 5e9))]
    spoilt = [{"uid": "x", "codeCPV": None, "montant": 2.0}]
    names = ["montant_puissance_dix", "montant_compare_a", "montant_ecart_nature", "montant_nature_compare_a"]
    made = with_derived(frame("contracts", [*works, *rare, *spoilt]), "contracts", names, None)
    found = {r["uid"]: r for r in made.to_dicts()}
    assert found["w3"]["montant_compare_a"] == "division CPV 45"
    assert found["w3"]["montant_nature_compare_a"] == "groupe CPV 452, hors accords-cadres"
    assert [found[u]["montant_compare_a"] for u in ("r0", "r1", "r2", "x")] == ["tous les marchés"] * 4
    assert found["r0"]["montant_nature_compare_a"] == "tous les marchés"
    assert [found[u]["montant_puissance_dix"] for u in ("r0", "r1", "r2", "x")] == [0, 0, 4, -5]
    few = with_derived(frame("contracts", rare), "contracts", names, None)
    assert few["montant_puissance_dix"].to_list() == [None] * 3
