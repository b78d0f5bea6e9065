"""Repairs and suggestions in the tables: what fills a column, what is only proposed, what is never touched."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from procurement_assets.decp.clean import clean
from procurement_assets.decp.clean_values import Cleaner
from procurement_assets.decp.model import Contract, Modification
from procurement_assets.decp.raw import RawActe, RawModification, RawOperateur, RawRecord
from procurement_assets.decp.rules import Repair
from procurement_assets.decp.suggest import Suggestion, suggestions
from procurement_assets.sample import defects, generate, load_profile
from procurement_assets_tests.decp.test_tables import build, record, row

TWICE, CUT = "40144985540144", "3823577210"


def holder(identifier: str, kind: str = "SIRET") -> list[RawOperateur]:
    return [RawOperateur(typeIdentifiant=kind, id=identifier)]


def test_a_certain_siren_fills_its_column_and_leaves_the_published_id() -> None:
    frames = build([row(record(1, titulaires=holder(TWICE)), 0)]).frames
    found = frames["contract_titulaires"].row(0, named=True)
    assert (found["titulaire_id"], found["titulaire_id_publie"]) == (TWICE, TWICE)
    assert (found["titulaire_siren"], found["titulaire_siren_regle"]) == ("401449855", "siren.debut-repete")
    assert found["titulaire_siren_confiance"] == "certaine"
    repair = frames["repairs"].row(0, named=True)
    assert (repair["path"], repair["rule"], repair["confiance"]) == (
        "titulaires[0].siren",
        "siren.debut-repete",
        "certaine",
    )
    assert (repair["original"], repair["value"]) == (f'"{TWICE}"', '"401449855"')
    assert '"id":"' + TWICE + '"' in frames["normalised_records"]["record"][0]


def test_a_cut_siret_is_a_suggestion_until_the_company_is_seen_elsewhere() -> None:
    alone = build([row(record(1, titulaires=holder(CUT)), 0)]).frames
    assert alone["contract_titulaires"]["titulaire_siren"].to_list() == [None]
    assert alone["suggestions"].select("champ", "publie", "propose", "rule", "confiance").rows() == [
        ("titulaires[0].id", CUT, "382357721", "siren.tronque", "probable")
    ]
    # record(2) has the company's valid SIRET, so the cut one is certain; the suggestion is gone.
    both = build([row(record(1, titulaires=holder(CUT)), 0), row(record(2), 1)]).frames
    assert both["contract_titulaires"]["titulaire_siren"].to_list() == ["382357721", "382357721"]
    assert both["suggestions"].is_empty()


def test_a_list_of_the_publisher_confirms_a_siren_too() -> None:
    from procurement_assets_tests.decp.built import frames_of
    from procurement_assets_tests.decp.test_tables import PARIS, SOURCES

    rows = [row(record(1, titulaires=holder(CUT)), 0)]
    found = frames_of(rows, [], PARIS, SOURCES, listed=["38235772100051"]).frames["contract_titulaires"]
    assert found["titulaire_siren"].to_list() == ["382357721"]


def test_a_subcontractor_and_a_new_holder_are_recovered_too() -> None:
    acte = RawActe(id=1, sousTraitant=RawOperateur(typeIdentifiant="SIRET", id=TWICE), dateNotification="2024-03-01")
    change = RawModification(id=1, dateNotificationModification="2024-05-01", titulaires=holder(TWICE))
    frames = build([row(record(1, actesSousTraitance=[acte], modifications=[change]), 0)]).frames
    assert frames["subcontracts"].select("sousTraitant_siren", "sousTraitant_siren_regle").row(0) == (
        "401449855",
        "siren.debut-repete",
    )
    assert frames["contract_titulaires"]["titulaire_siren"].to_list() == ["382357721", "401449855"]
    assert frames["repairs"]["path"].to_list() == [
        "actesSousTraitance[0].sousTraitant.siren",
        "modifications[0].titulaires[0].siren",
    ]


def test_a_foreign_id_keeps_no_siren_and_its_type_is_suggested() -> None:
    frames = build([row(record(1, titulaires=holder("BE043191150400")), 0)]).frames
    found = frames["contract_titulaires"].row(0, named=True)
    assert (found["titulaire_siren"], found["titulaire_siren_regle"]) == (None, "id.etranger")
    assert frames["suggestions"].select("champ", "publie", "propose").rows() == [
        ("titulaires[0].typeIdentifiant", "SIRET", "TVA")
    ]


def test_every_repair_says_how_sure_it_is() -> None:
    dirty = record(1, nature="MARCHE", codeCPV="3121000", montant="1 000,50", dateNotification="2024-02-01+01:00")
    repairs = build([row(dirty, 0)]).frames["repairs"]
    assert set(repairs["rule"]) >= {"code.label", "cpv.leading-zero", "number.text", "date.timezone"}
    assert set(repairs["confiance"]) == {"certaine"}


def _suggested(raw: RawRecord) -> list[Suggestion]:
    cleaned = clean(raw)
    return list(suggestions(cleaned.contract, cleaned.repairs, []))


@pytest.mark.parametrize(
    ("published", "proposed", "confidence"),
    [
        ("0218-02-01", "2018-02-01", "probable"),
        ("5018-02-01", "2018-02-01", "probable"),
        ("0018-02-01", "2018-02-01", "probable"),
        ("2018-15-01", "2018-01-15", "probable"),
        ("01/02/0218", "2018-02-01", "probable"),
    ],
)
def test_a_date_that_cannot_be_is_emptied_and_its_likely_reading_only_suggested(
    published: str, proposed: str, confidence: str
) -> None:
    raw = record(1, dateNotification=published, datePublicationDonnees="2018-03-01")
    assert clean(raw).contract.dateNotification is None
    found = _suggested(raw)
    assert [(s.path, s.proposed, s.confidence) for s in found] == [("dateNotification", proposed, confidence)]


def test_an_absurd_year_without_any_other_date_is_possible_at_most() -> None:
    raw = record(1, dateNotification="5021-02-01", datePublicationDonnees=None)
    assert [(s.proposed, s.confidence) for s in _suggested(raw)] == [("2021-02-01", "possible")]
    far = record(1, dateNotification="7777-02-01", datePublicationDonnees="2018-03-01")
    assert _suggested(far) == []


def test_the_date_of_a_modification_is_suggested_where_only_one_lacks_it() -> None:
    changes = [
        RawModification(id=1, dateNotificationModification="2024-05-01", montant=2000.0),
        RawModification(id=2, dateNotificationModification="0224-06-01", montant=3000.0),
    ]
    found = _suggested(record(1, modifications=changes))
    assert [(s.path, s.proposed) for s in found] == [("modifications[1].dateNotificationModification", "2024-06-01")]


@pytest.mark.parametrize(
    ("published", "kept", "proposed"),
    [
        ("3121000", "03121000", None),
        ("9134000-7", "09134000", None),
        ("9134000-5", "9134000", "09134000"),
        ("3360000", "3360000", "33600000"),
        ("9310000", "09310000", None),
        ("3000000", "03000000", None),
        ("03121000-2", "03121000", None),
        ("3921000", "3921000", "39210000"),
        ("450000", "450000", "45000000"),
        ("450000007", "450000007", "45000000"),
        ("99999999", "99999999", None),
        ("10000000", "10000000", None),
    ],
)
def test_a_cpv_code_is_repaired_only_on_evidence(published: str, kept: str, proposed: str | None) -> None:
    raw = record(1, codeCPV=published)
    assert clean(raw).contract.codeCPV == kept
    assert [s.proposed for s in _suggested(raw)] == ([] if proposed is None else [proposed])


def _cpv_of(codes: list[Any]) -> list[str]:
    built = build([row(record(n, codeCPV=code, objet=f"Achat {n}"), n) for n, code in enumerate(codes)])
    return built.frames["contracts"].sort("id")["codeCPV"].to_list()


def test_in_a_file_that_cuts_codes_what_may_be_cut_stays_as_published_and_is_suggested() -> None:
    """3121000 is 03121000 without its zero or 31210000 less its end; 9123000 and a number can only lack a zero."""
    assert _cpv_of(["3121000", "9123000", "45000000"]) == ["03121000", "09123000", "45000000"]
    assert _cpv_of(["3121000", "9123000", 3121000, "4521000"]) == ["3121000", "09123000", "03121000", "4521000"]
    built = build([row(record(n, codeCPV=c, objet=f"Achat {n}"), n) for n, c in enumerate(["3121000", "4521000"])])
    found = built.frames["suggestions"].filter(rule="cpv.zero-perdu").select("publie", "propose", "confiance").rows()
    assert found == [("3121000", "03121000", "possible")]
    assert "cpv.leading-zero" not in set(built.frames["repairs"]["rule"])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_among_codes_cut_on_either_side_no_cpv_repaired_is_wrong(seed: int, shared: Path) -> None:
    """On the whole vocabulary: a lost zero, a lost end, a lost digit anywhere; what is repaired is right."""
    rng = Random(seed)
    with (shared / "reference" / "cpv_2008_fr_en.csv").open(encoding="utf-8") as lines:
        codes = [line[:8] for line in lines if line[:8].isdigit()]
    zeros = [c for c in codes if c[0] == "0"]
    at = [rng.randrange(8) for _ in range(600)]
    spoilt = [(c[1:], c) for c in rng.choices(zeros, k=300)]
    spoilt += [(c[:-1], c) for c in rng.choices([c for c in codes if c[0] != "0"], k=300)]
    spoilt += [(c[:n] + c[n + 1 :], c) for c, n in zip(rng.choices(codes, k=600), at, strict=True)]
    found = _cpv_of([text for text, _ in spoilt])
    filled = [(got, true) for got, (text, true) in zip(found, spoilt, strict=True) if got != text]
    assert len(filled) > 70
    assert [pair for pair in filled if pair[0] != pair[1]] == []


def test_a_label_close_to_its_list_is_suggested_and_stays_as_published() -> None:
    raw = record(1, procedure="Procédure adaptées", techniques=["Acord-cadre", "Concours"])
    assert clean(raw).contract.procedure == "Procédure adaptées"
    assert {(s.path, s.proposed) for s in _suggested(raw)} == {
        ("procedure", "Procédure adaptée"),
        ("techniques", "Accord-cadre ; Concours"),
    }


def test_no_amount_is_ever_suggested() -> None:
    contract = Contract(kind="marche", format="2022", uid="u", id="i", acheteur_id="a", montant=10.0)
    contract.modifications = [Modification(id=1, montant=999_999_999.0)]
    repairs = [Repair("montant", "number.invalid", "dix euros", None)]
    assert list(suggestions(contract, repairs, [])) == []


CPV = [d for d in defects() if d.startswith("cpv.")]


@pytest.mark.parametrize("defect", CPV)
def test_on_seeded_defects_every_cpv_repaired_is_right(defect: str) -> None:
    """Precision is 100 % on generated truth; a lost zero is always given back, another code never changed."""
    for name in ("national-v1", "national-2022"):
        rates = dict.fromkeys(defects(), 0.0) | {defect: 1.0}
        records = list(generate(msgspec.structs.replace(load_profile(name), defects=rates), 400, 11))
        changed: list[tuple[Any, Any]] = []
        for r in records:
            cleaned = clean(r.dirty or r.truth)
            if any(repair.path == "codeCPV" and repair.value is not None for repair in cleaned.repairs):
                changed.append((cleaned.contract.codeCPV, Cleaner().cpv("codeCPV", r.truth.codeCPV)))
        assert [pair for pair in changed if pair[0] != pair[1]] == []
        seeded = [r for r in records if any(e.path == "codeCPV" for e in r.defects)]
        if defect in ("cpv.leading-zero-lost", "cpv.check-digit"):
            assert len(changed) >= len(seeded)
