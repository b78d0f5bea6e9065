"""The tables of reconciliation, from a small lake: what is where, what disagrees, by year, by month, by source."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest

from procurement_assets.lake import Lake, write_bytes
from procurement_assets.publishers import ContractList, Source
from procurement_assets.quality.catalogue import load_catalogue
from procurement_assets.quality.reconciliation.build import NO_LIST, RECONCILED, Reconciliation, build_reconciliation
from procurement_assets.quality.reconciliation.years import totals
from procurement_assets.quality.suites import run_rules
from procurement_assets.schema import TABLES
from procurement_assets.sources.manifest import ManifestRow, write_manifest
from procurement_assets_tests.quality.reconciliation.support import OTHER, contract, listed, tables

LIST = Source(id="liste-ville", name="l", kind="file", url="u", rank=9, read=False, contract_list=ContractList())
NEW, OLD = (Source(id=i, name=i, kind="file", url="u", rank=n) for n, i in enumerate(("maximilien", "minef-consolide")))


def _lake(tmp_path: Path, contracts: list[dict[str, Any]], rows: list[dict[str, Any]] | None) -> Lake:
    lake = Lake(tmp_path)
    made, holders = tables(contracts)
    lake.write_table(made, "contracts", "p")
    lake.write_table(holders, "contract_titulaires", "p")
    for name in ("concessions", "ledger", "decp_records"):
        lake.write_table(pl.DataFrame(schema=TABLES[name].schema), name, "p")
    lake.write_table(
        pl.DataFrame({"fichier_date": ["2022-02-01T00:00:00"]}, schema_overrides=TABLES["files"].schema), "files", "p"
    )
    manifest = []
    if rows is not None:
        data = json.dumps(rows).encode()
        sha = hashlib.sha256(data).hexdigest()
        write_bytes(lake.raw(sha), data)
        manifest = [
            ManifestRow(source=LIST.id, resource_id="r", title="t", url="u", status="kept", sha256=sha, read=False)
        ]
    write_manifest(lake, "p", manifest)
    return lake


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Reconciliation:
    """Six contracts of 2020 and 2021, one of 2019; a list of 2020 and 2021."""
    jan = date(2020, 1, 15)
    ours = [
        contract("2021S00001"),
        contract("2021S00002", montant=1_200_000.0, objet="Bancs", holders=[OTHER]),
        contract("2021S00003", montant=10.0, objet="Arbres"),
        contract("2020S00004", dateNotification=jan, objet="Seulement ici", montant=77.0),
        contract("2020S00005", dateNotification=jan, montant=40_000.0, objet="Lampes"),
        contract("2020S00006", dateNotification=jan, montant=120_000.0, objet="Cailloux"),
        contract("2019S00007", dateNotification=date(2019, 6, 1), objet="Avant la liste", montant=5.0),
    ]
    rows = [
        listed("20212021S00001"),
        listed("20212021S00002", objet="BANCS", fournisseur_siret=OTHER[:9] + "00099"),
        listed("20212021S00003", objet="ARBRES", montant_max=300_000.0),
        listed("20212021S00009", objet="ABSENT DES DECP", montant_max=999.0, date_notification="2021-05-05"),
        listed("20202020S00005", annee_de_notification=2020, date_notification="2020-02-01", montant_min=40_000.0,
               objet="L"),
        listed("20202020S00006", annee_de_notification=2020, date_notification="2020-01-15", montant_max=100_000.0,
               fournisseur_siret="#", objet="CAILLOUX"),
    ]  # fmt: skip
    lake = _lake(tmp_path_factory.mktemp("lake"), ours, rows)
    return build_reconciliation(lake, "p", [NEW, OLD, LIST])


def _row(made: Reconciliation, key: str) -> dict[str, Any]:
    frame = made.frames["reconciliation"]
    return frame.filter(pl.col("cle").str.ends_with(key)).row(0, named=True)


def test_every_contract_of_either_side_is_a_row_once(made: Reconciliation) -> None:
    frame = made.frames["reconciliation"]
    assert frame["etat"].value_counts().sort("etat").rows() == [
        ("DECP seulement", 2), ("des deux côtés", 5), ("liste seulement", 1),
    ]  # fmt: skip
    assert made.by_rule == {"numero.annee": 5}
    assert (made.lists, made.reason, dict(made.unusable)) == (("liste-ville",), "", {})


def test_an_amount_ten_times_the_list_s_is_a_slip(made: Reconciliation) -> None:
    row = _row(made, "2021S00002")
    assert (row["montant_rapport"], row["montant_glissement"], row["montant_position"]) == (10.0, "×10", "au-dessus")
    assert (row["titulaire_accord"], row["entreprise_accord"]) == (False, True)
    assert row["ecarts"] == ["montant", "titulaire"]


def test_a_placeholder_is_no_slip_and_the_list_knows_the_amount(made: Reconciliation) -> None:
    row = _row(made, "2021S00003")
    assert (row["montant_position"], row["montant_glissement"], row["montant_max_liste"]) == (
        "provisoire",
        None,
        300_000,
    )


def test_the_minimum_of_the_list_is_said_and_the_date_differs(made: Reconciliation) -> None:
    row = _row(made, "2020S00005")
    assert (row["montant_position"], row["jours_ecart"], row["date_accord"]) == ("minimum", 17, False)
    assert row["ecarts"] == ["montant", "date", "objet"]


def test_a_row_of_several_holders_is_not_judged_on_its_holder(made: Reconciliation) -> None:
    row = _row(made, "2020S00006")
    assert (row["titulaire_accord"], row["plusieurs_liste"]) == (None, True)
    assert row["montant_glissement"] == "×1,2 (TVA)"


def test_absence_counts_only_in_the_years_that_the_other_side_covers(made: Reconciliation) -> None:
    frame = made.frames["reconciliation"]
    covered = dict(frame.filter(pl.col("etat") != "des deux côtés").select("cle", "annee_couverte").iter_rows())
    assert {k[-10:]: v for k, v in covered.items()} == {"2020S00004": True, "2019S00007": False, "2021S00009": True}
    results = run_rules(
        TABLES["reconciliation"], frame, load_catalogue().of("reconciliation"), data_date=date(2022, 2, 1)
    )
    counts = {r.rule.id: (r.failing, r.evaluated) for r in results}
    assert (counts["DECP-R-001"], counts["DECP-R-002"]) == ((1, 6), (1, 6))
    assert (counts["DECP-R-101"], counts["DECP-R-102"], counts["DECP-R-105"]) == ((1, 4), (1, 5), (1, 5))


def test_who_answers_for_a_row(made: Reconciliation) -> None:
    assert _row(made, "2020S00004")["source"] == "liste-ville"
    assert _row(made, "2021S00009")["source"] == "minef-consolide"
    assert _row(made, "2021S00001")["source"] == "minef-consolide"


def test_the_figures_by_year(made: Reconciliation) -> None:
    years = {r["annee"]: r for r in made.frames["reconciliation_annees"].to_dicts()}
    assert sorted(years) == [2019, 2020, 2021]
    of_2021 = {n: years[2021][n] for n in ("contrats_liste", "contrats_decp", "des_deux_cotes", "liste_seulement")}
    assert of_2021 == {"contrats_liste": 4, "contrats_decp": 3, "des_deux_cotes": 3, "liste_seulement": 1}
    assert (years[2021]["part_liste_absente"], years[2021]["montant_liste_seulement"]) == (0.25, 999.0)
    assert (years[2021]["montants_glisses"], years[2021]["montants_provisoires"]) == (1, 1)
    both = totals(made.frames["reconciliation_annees"], 2020, 2021)
    assert (both["contrats_liste"], both["liste_seulement"], both["part_liste_absente"]) == (6, 1, 1 / 6)


def test_months_have_no_hole_and_an_empty_one_is_a_finding(made: Reconciliation) -> None:
    months = made.frames["reconciliation_mois"]
    assert months.height == 36
    assert months.filter(pl.col("contrats_decp") > 0)["mois"].to_list() == ["2019-06", "2020-01", "2021-03"]
    rules = load_catalogue().of("reconciliation_mois")
    assert run_rules(TABLES["reconciliation_mois"], months, rules, data_date=None)[0].failing == 33


def test_a_list_is_a_source_of_the_overlap(made: Reconciliation) -> None:
    sources = made.frames["reconciliation_sources"]
    shared = {(r["source_a"], r["source_b"]): r["contrats_communs"] for r in sources.to_dicts()}
    assert shared[("liste-ville", "minef-consolide")] == shared[("minef-consolide", "liste-ville")] == 5
    assert (shared[("liste-ville", "liste-ville")], shared[("minef-consolide", "minef-consolide")]) == (6, 7)


def test_a_publisher_without_a_list_has_empty_tables_and_the_reason(tmp_path: Path) -> None:
    lake = _lake(tmp_path, [contract("2021S00001")], None)
    made = build_reconciliation(lake, "p", [NEW, OLD])
    assert made.reason == NO_LIST
    assert made.frames["reconciliation"].is_empty()
    assert made.frames["reconciliation_sources"].height == 1
    assert all(lake.table(name, "p").exists() for name in RECONCILED)


def test_a_list_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    lake = _lake(tmp_path, [contract("2021S00001")], [{"titre": "x"}])
    made = build_reconciliation(lake, "p", [OLD, LIST])
    assert made.reason == "liste liste-ville : ni numéro de marché, ni date et montant ; colonnes lues : titre"
    assert made.frames["reconciliation"].is_empty()


def test_shuffled_inputs_give_the_same_bytes(tmp_path: Path) -> None:
    ours = [contract(f"2021S{n:05}", montant=100.0 + n % 3, objet=f"Lot {n % 5}") for n in range(20)]
    rows = [listed(f"20212021S{n:05}", montant_max=100.0 + n % 3, objet=f"LOT {n % 5}") for n in range(5, 25)]
    rows.append({k: v for k, v in rows[0].items() if k != "numero_marche"})
    digests = []
    for turn in (1, -1):
        lake = _lake(tmp_path / str(turn), ours[::turn], rows[::turn])
        build_reconciliation(lake, "p", [OLD, LIST])
        digests.append([hashlib.sha256(lake.table(n, "p").read_bytes()).hexdigest() for n in RECONCILED])
    assert digests[0] == digests[1]


def test_two_sources_of_one_contract_are_compared_field_by_field(tmp_path: Path) -> None:
    """Maximilien won; the State's consolidation said ten times the amount, another day, the same holder and title."""
    lake = _lake(
        tmp_path, [contract("2024S00001", source="maximilien", sources=["maximilien", "minef-consolide"])], None
    )
    uid = "217500016000192024S00001"
    common = {"objet": "Eau", "titulaires": [{"typeIdentifiant": "SIRET", "id": OTHER}]}
    records = [
        ("maximilien", "kept", {"montant": 1000.0, "dateNotification": "2024-01-01"} | common),
        (
            "minef-consolide",
            "merged",
            {"montant": "10000", "dateNotification": "2024-01-02"} | common | {"objet": "EAU"},
        ),
    ]
    ledger = [
        {"source": s, "file_sha256": s[0] * 64, "fichier": "f", "position": 0, "uid": uid, "outcome": o, "reason": "x"}
        for s, o, _ in records
    ]
    decp = [
        {"source": s, "file_sha256": s[0] * 64, "fichier": "f", "fichier_date": "", "position": 0, "kind": "marche",
         "format": "2022", "layout": "l", "decode": "strict", "record": msgspec.json.encode(r).decode(),
         "content_sha256": "", "notes": []}
        for s, _, r in records
    ]  # fmt: skip
    lake.write_table(TABLES["ledger"].frame(ledger), "ledger", "p")
    lake.write_table(pl.DataFrame(decp, schema=TABLES["decp_records"].schema), "decp_records", "p")
    made = build_reconciliation(lake, "p", [NEW, OLD]).frames["reconciliation_champs"]
    assert made.select("source_a", "source_b", "champ", "valeur_a", "valeur_b", "rapport", "glissement").rows() == [
        ("maximilien", "minef-consolide", "date", "2024-01-01", "2024-01-02", None, None),
        ("maximilien", "minef-consolide", "montant", "1000.0", "10000.0", 0.1, "÷10"),
    ]


@pytest.mark.parametrize(
    ("ours", "theirs"), [(936_000.0, 936_000.01), (40_000.01, 40_000.0), (2_002_009.99, 2_002_010)]
)
def test_amounts_a_cent_apart_are_the_same(tmp_path: Path, ours: float, theirs: float) -> None:
    """936,000.01 - 936,000 is 0.010000000009313226 for a computer."""
    rows = [listed("20212021S00001", montant_max=theirs), listed("20212021S00002", montant_max=round(theirs + 0.02, 2))]
    contracts = [contract("2021S00001", montant=ours), contract("2021S00002", montant=theirs)]
    found = build_reconciliation(_lake(tmp_path, contracts, rows), "p", [LIST]).frames["reconciliation"].sort("cle")
    assert found["montant_accord"].to_list() == [True, False]
    assert found["montant_position"].to_list() == ["maximum", "entre les deux"]
    assert found["ecarts"].to_list() == [[], ["montant"]]


def test_a_contract_matched_out_of_the_covered_years_counts_in_no_share_of_absence(tmp_path: Path) -> None:
    """The list has it in 2015, DECP notified in 2021: DECP does not cover 2015. The rule and the section of the report
    then count the same contracts."""
    ours = [contract(f"2021S0000{n}", objet=f"Objet {n}") for n in range(1, 5)]
    rows = [listed(f"20212021S0000{n}", objet=f"OBJET {n}") for n in (1, 2, 3, 9)]
    rows.append(listed("2021S00004", annee_de_notification=2015, date_notification="2015-09-01", objet="OBJET 4"))
    rows += [
        listed(f"20152015S0000{n}", annee_de_notification=2015, date_notification="2015-03-01", objet=f"AVANT {n}")
        for n in range(3)
    ]
    frames = build_reconciliation(_lake(tmp_path, ours, rows), "p", [LIST]).frames
    frame, years = frames["reconciliation"], frames["reconciliation_annees"]
    assert frame.filter(pl.col("etat") == "des deux côtés").sort("cle")["annee_couverte"].to_list() == [True] * 3 + [
        False
    ]
    rules = [r for r in load_catalogue().of("reconciliation") if r.id == "DECP-R-001"]
    result = run_rules(TABLES["reconciliation"], frame, rules, data_date=date(2022, 2, 1))[0]
    told = totals(years, 2021, 2021)
    assert (result.failing, result.evaluated) == (told["liste_seulement"], told["contrats_liste"]) == (1, 4)
