"""The aggregated indicators on contracts made by hand: values, denominators, intervals, minimum, groups."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from procurement_assets.quality.indicators.market import measures
from procurement_assets.quality.indicators.market.attention import attention_points
from procurement_assets.quality.indicators.market.frames import NEEDED, WITHOUT_COMPETITION, cases, holders, wilson
from procurement_assets.quality.indicators.market.registry import market
from procurement_assets.quality.indicators.market.table import attention_table, indicators_table
from procurement_assets.quality.indicators.registry import decp_fields, registry
from procurement_assets.schema import TABLES

BASE: dict[str, Any] = {
    "acheteur_id": "21750001600019",
    "nature": "Marché",
    "techniques": None,
    "codeCPV": "45000000",
    "type": "Travaux",
    "procedure": "Appel d'offres ouvert",
    "dateNotification": date(2024, 3, 1),
    "datePublicationDonnees": date(2024, 3, 11),
    "montant": 100_000.0,
    "montant_actuel": 100_000.0,
    "montant_suspect": None,
    "offresRecues": 3,
    "sousTraitanceDeclaree": False,
    "nombre_titulaires": 1,
    "nombre_modifications": 0,
}


def contracts(*changes: dict[str, Any], times: int = 1) -> pl.DataFrame:
    """Contracts with some changes each, all the columns that are read."""
    rows = [{"uid": f"u{i:04d}", **BASE, **change} for i, change in enumerate(c for c in changes for _ in range(times))]
    return pl.DataFrame(rows, schema={n: TABLES["contracts"].schema[n] for n in NEEDED})


def titulaires(frame: pl.DataFrame, siren: str = "111111111") -> pl.DataFrame:
    """One holder a contract, unless told otherwise."""
    return pl.DataFrame(
        [
            {
                "uid": uid,
                "version": 0,
                "titulaire_siren": siren,
                "titulaire_id": siren + "00011",
                "titulaire_id_publie": siren + "00011",
            }
            for uid in frame["uid"]
        ],
        schema={
            "uid": pl.String,
            "version": pl.Int64,
            "titulaire_siren": pl.String,
            "titulaire_id": pl.String,
            "titulaire_id_publie": pl.String,
        },
    )


def only(
    tables: list[pl.DataFrame], indicator: str, level: str = "ensemble", year: int | None = 2024
) -> dict[str, Any]:
    """The one row of an indicator at a level and year."""
    frame = pl.concat(tables).filter(
        (pl.col("indicateur") == indicator) & (pl.col("niveau") == level) & pl.col("annee").eq_missing(year)
    )
    return frame.row(0, named=True) if frame.height == 1 else {"rows": frame.height}


def test_a_single_offer_counts_among_contracts_with_competition_and_known_offers() -> None:
    frame = contracts(
        {"offresRecues": 1},
        {"offresRecues": 4},
        {"offresRecues": 0},
        {"offresRecues": None},
        {"offresRecues": 1, "procedure": WITHOUT_COMPETITION},
        {"offresRecues": 1, "procedure": None},
    )
    found = only(measures.shares(cases(frame)), "part_offre_unique")
    assert (found["valeur"], found["numerateur"], found["denominateur"], found["effectif"]) == (0.5, 1, 2, 2)
    medians = only(measures.medians(cases(frame)), "offres_mediane")
    assert (medians["valeur"], medians["effectif"], medians["bas"], medians["haut"]) == (2.5, 2, 1.75, 3.25)


def test_each_share_has_its_own_denominator() -> None:
    frame = contracts(
        {"procedure": WITHOUT_COMPETITION, "nombre_titulaires": 2, "nombre_modifications": 1},
        {"procedure": None, "nombre_titulaires": 0, "sousTraitanceDeclaree": None},
        {"sousTraitanceDeclaree": True},
    )
    found = measures.shares(cases(frame))
    values = {name: (row["numerateur"], row["denominateur"]) for name in measures.SHARES if (row := only(found, name))}
    assert values == {
        "part_offre_unique": (0, 1),
        "part_sans_publicite": (1, 2),
        "taux_modification": (1, 3),
        "part_retard": (0, 3),
        "part_groupements": (1, 2),
        "part_sous_traitance": (1, 2),
    }


def test_publication_within_two_calendar_months_is_in_time_and_before_notification_is_left_out() -> None:
    frame = contracts(
        {"dateNotification": date(2024, 12, 31), "datePublicationDonnees": date(2025, 2, 28)},
        {"dateNotification": date(2024, 12, 31), "datePublicationDonnees": date(2025, 3, 1)},
        {"dateNotification": date(2024, 12, 31), "datePublicationDonnees": date(2024, 12, 30)},
    )
    late = only(measures.shares(cases(frame)), "part_retard")
    assert (late["numerateur"], late["denominateur"]) == (1, 2)
    assert only(measures.medians(cases(frame)), "delai_publication")["valeur"] == 59.5


def test_concentration_is_of_a_division_and_shares_a_grouping_equally() -> None:
    frame = contracts({"montant": 300.0}, {"montant": 100.0}, {"montant": 9e9, "montant_suspect": "montant.factice"})
    who = titulaires(frame)
    extra = who.filter(pl.col("uid") == "u0000").with_columns(
        pl.lit("222222222").alias("titulaire_siren"), pl.lit("22222222200011").alias("titulaire_id")
    )
    by_holder = holders(cases(frame), pl.concat([who, extra]))
    found = measures.concentration(by_holder)
    # 150 + 100 for the first, 150 for the second: (250/400)² + (150/400)².
    amount = only(found, "hhi_montant", "division")
    assert amount["valeur"] == pytest.approx(0.53125)
    assert (amount["numerateur"], amount["denominateur"]) == (2, 2)
    assert only(found, "hhi_montant") == {"rows": 0}
    # In number: 2.5 of 3 and 0.5 of 3; the suspect amount counts for one contract.
    assert only(found, "hhi_nombre", "division")["valeur"] == pytest.approx((2.5 / 3) ** 2 + (0.5 / 3) ** 2, abs=1e-6)


def test_growth_is_summed_on_cents_and_leaves_out_amounts_of_amendments_and_slips() -> None:
    frame = contracts(
        {"nombre_modifications": 1, "montant": 100.10, "montant_actuel": 120.20},
        {"nombre_modifications": 2, "montant": 200.20, "montant_actuel": 200.20},
        {"nombre_modifications": 1, "montant": 300_000.0, "montant_actuel": 3_000.0},
        {"nombre_modifications": 1, "montant": 300_000.0, "montant_actuel": 3_000_000.0},
        {"nombre_modifications": 0, "montant": 1.0, "montant_actuel": 9.0},
    )
    found = only(measures.growth(cases(frame)), "hausse_montant")
    assert (found["numerateur"], found["denominateur"], found["effectif"]) == (20.10, 300.30, 2)
    assert found["valeur"] == pytest.approx(20.10 / 300.30)


def test_newcomers_are_told_only_where_the_year_before_is_covered() -> None:
    old = contracts({"dateNotification": date(2020, 5, 1)}, times=20).with_columns(pl.format("a{}", "uid").alias("uid"))
    new = contracts({"dateNotification": date(2021, 5, 1)}, {"dateNotification": date(2021, 6, 1)})
    later = contracts({"dateNotification": date(2022, 5, 1)}).with_columns(pl.lit("z").alias("uid"))
    frame = pl.concat([old, new, later])
    who = titulaires(frame).with_columns(
        pl.when(pl.col("uid") == "u0001")
        .then(pl.lit("999999999"))
        .otherwise("titulaire_siren")
        .alias("titulaire_siren")
    )
    held = cases(frame)
    found = measures.newcomers(held, holders(held, who))
    share = only(found, "nouveaux_titulaires", year=2021)
    assert (share["numerateur"], share["denominateur"]) == (1, 2)
    assert only(found, "nouveaux_titulaires", year=2020) == {"rows": 0}
    assert only(found, "nouveaux_titulaires", year=2022) == {"rows": 0}, "2021 has two contracts: not covered"


def test_amounts_near_a_threshold_follow_the_type_and_the_day() -> None:
    day = date(2024, 3, 1)
    frame = contracts(
        {"montant": 220_999.0, "type": "Services", "dateNotification": day},
        {"montant": 221_000.0, "type": "Services", "dateNotification": day},
        {"montant": 198_900.0, "type": "Fournitures", "dateNotification": day},
        {"montant": 198_899.0, "type": "Services", "dateNotification": day},
        {"montant": 220_000.0, "type": "Travaux", "dateNotification": day},
        {"montant": 220_000.0, "type": "Services", "techniques": ["Accord-cadre"]},
        {"montant": 220_000.0, "type": "Services", "montant_suspect": "montant.factice"},
        {"montant": 215_500.0, "type": "Services", "dateNotification": date(2026, 1, 2)},
    )
    found = pl.concat(measures.near_thresholds(cases(frame), market().threshold))
    european = found.filter((pl.col("seuil") == "ue_fournitures_services") & pl.col("annee").is_not_null())
    assert [(r["annee"], r["numerateur"], r["denominateur"]) for r in european.sort("annee").to_dicts()] == [
        (2024, 2, 3),
        (2026, 1, 1),
    ]


def test_a_dispensation_counts_from_its_day_and_is_no_formal_threshold() -> None:
    frame = contracts(
        {"montant": 99_000.0, "type": "Travaux", "dateNotification": date(2020, 12, 7)},
        {"montant": 99_000.0, "type": "Travaux", "dateNotification": date(2020, 12, 8)},
        {"montant": 59_000.0, "type": "Services", "dateNotification": date(2026, 3, 31)},
        {"montant": 60_000.0, "type": "Services", "dateNotification": date(2026, 4, 1)},
    )
    found = pl.concat(measures.near_thresholds(cases(frame), market().threshold))
    found = found.filter(pl.col("seuil").str.starts_with("dispense") & pl.col("annee").is_not_null()).sort("annee")
    assert [(r["seuil"], r["annee"], r["numerateur"], r["denominateur"]) for r in found.to_dicts()] == [
        ("dispense_travaux", 2020, 1, 1),
        ("dispense_fournitures_services", 2026, 0, 1),
    ]
    formal = [t.id for t in market().threshold if t.formal]
    assert formal == ["ue_fournitures_services", "ue_travaux"]


def test_the_wilson_interval_is_the_known_one() -> None:
    frame = pl.DataFrame({"n": [5, 0, 10], "d": [10, 10, 10]})
    low, high = wilson(pl.col("n"), pl.col("d"))
    found = frame.select(low.alias("low"), high.alias("high"))
    assert found["low"].to_list() == pytest.approx([0.236593, 0.0, 0.722467], abs=1e-6)
    assert found["high"].to_list() == pytest.approx([0.763407, 0.277533, 1.0], abs=1e-6)


def test_a_group_below_the_minimum_has_no_value_and_fine_ones_are_left_out() -> None:
    frame = pl.concat(
        [
            contracts({"offresRecues": 1}, {"offresRecues": 2}, times=10),
            contracts({"acheteur_id": "21750001600099", "codeCPV": "71000000"}).with_columns(
                pl.lit("other").alias("uid")
            ),
        ]
    )
    table = indicators_table(pl.concat(measures.shares(cases(frame))), {"21750001600019": "Ville de Paris"})
    single = table.filter((pl.col("indicateur") == "part_offre_unique") & (pl.col("annee") == 2024))
    rows = {(r["niveau"], r["groupe"]): r for r in single.to_dicts()}
    assert set(rows) == {
        ("ensemble", "*"),
        ("acheteur", "21750001600019"),
        ("division", "45"),
        ("division", "71"),
        ("acheteur_division", "21750001600019 | 45"),
    }
    hidden = rows[("division", "71")]
    assert (hidden["valeur"], hidden["numerateur"], hidden["bas"], hidden["effectif"]) == (None, None, None, 1)
    fine = rows[("acheteur_division", "21750001600019 | 45")]
    assert fine["groupe_libelle"] == "Ville de Paris - Travaux de construction"
    assert (fine["valeur"], fine["intervalle"], fine["precaution"]) == (0.5, "wilson95", "C01")
    assert rows[("ensemble", "*")]["groupe_libelle"] == "Ensemble"


def test_the_order_of_the_contracts_changes_nothing() -> None:
    frame = contracts(
        *[{"montant": 1000.1 * i, "offresRecues": i % 4, "nombre_modifications": i % 2} for i in range(1, 40)]
    )
    who = titulaires(frame).with_columns(
        (pl.col("uid").hash(7) % 5 + 100_000_000).cast(pl.String).alias("titulaire_siren")
    )

    def made(order: pl.DataFrame, holders_order: pl.DataFrame) -> pl.DataFrame:
        held = cases(order)
        by_holder = holders(held, holders_order)
        tables = [*measures.shares(held), *measures.medians(held), *measures.growth(held)]
        tables += [*measures.concentration(by_holder), *measures.newcomers(held, by_holder)]
        return indicators_table(pl.concat(tables), {})

    shuffled = made(frame.sample(fraction=1, shuffle=True, seed=3), who.sample(fraction=1, shuffle=True, seed=4))
    assert made(frame, who).equals(shuffled)


def test_points_of_attention_say_what_to_check_and_only_that() -> None:
    frame = contracts(
        {"offresRecues": 1},
        {"procedure": WITHOUT_COMPETITION, "montant": 5_538_000.0},
        {"procedure": WITHOUT_COMPETITION, "montant": 5_537_999.0},
        {"nombre_modifications": 1, "montant_actuel": 150_000.01},
        {"nombre_modifications": 1, "montant_actuel": 150_000.0},
    )
    found = attention_table(attention_points(cases(frame), {"FR-RCS-1": 7.0}, 4.5))
    assert [(r["point"], r["identifiant"], r["limite"]) for r in found.to_dicts()] == [
        ("activites_diverses", "FR-RCS-1", 4.5),
        ("hausse_50", "u0003", 1.5),
        ("offre_unique", "u0000", 1.0),
        ("sans_publicite_au_dela", "u0001", 5_538_000.0),
    ]
    assert all(r["a_verifier"] and r["precaution"] for r in found.to_dicts())


def test_the_public_table_has_no_column_of_a_contract() -> None:
    names = {c.name for c in TABLES["indicators"].columns}
    assert names & {"uid", "ocid", "identifiant", "titulaire", "objet"} == set()


def test_what_is_not_computable_names_the_missing_field() -> None:
    frame = contracts({"offresRecues": None, "sousTraitanceDeclaree": None})
    found = {(r["origine"], r["indicateur"]): r for r in registry(frozenset({"ocid"}), frame).to_dicts()}
    assert found[("Cardinal", "R018")]["champs_manquants"] == ["tender/procurementMethod", "tender/numberOfTenderers"]
    assert found[("Ville de Paris", "part_offre_unique")]["champs_manquants"] == ["offresRecues"]
    assert found[("Ville de Paris", "part_sans_publicite")]["calculable"]
    assert found[("Ville de Paris", "proches_seuil_40000")]["champs_manquants"]
    for row in found.values():
        assert row["calculable"] or (row["champs_manquants"] and row["raison"]), row["indicateur"]
    assert "modifications" not in decp_fields(frame)


def test_every_definition_is_whole_and_every_caveat_exists() -> None:
    definitions = market()
    used = {d.caveat for d in definitions.indicator.values()} | {a.caveat for a in definitions.attention.values()}
    assert used <= set(definitions.caveats)
    for ident, definition in definitions.indicator.items():
        assert definition.definition.endswith("."), ident
        assert definition.minimum >= 10, ident
        assert definition.fields, ident
    assert all(c.endswith(".") for c in definitions.caveats.values())
