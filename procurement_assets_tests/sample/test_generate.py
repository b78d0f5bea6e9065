"""Clean records: values, links and measured shares."""

from __future__ import annotations

from collections import Counter
from math import log
from statistics import median, stdev

import pytest

from procurement_assets.decp.raw import RawRecord
from procurement_assets.sample import generate, load_profile, profile_names
from procurement_assets.sample.draw import day
from procurement_assets.sample.identifiers import PARIS, luhn_ok
from procurement_assets.sample.portal_list import nature


def clean(profile: str, count: int = 3000) -> list[RawRecord]:
    return [r.truth for r in generate(profile, count, 11, defects=False)]


@pytest.mark.parametrize("profile", profile_names())
def test_clean_values_hold_together(profile: str) -> None:
    last = load_profile(profile).published_at[:10]
    for r in clean(profile):
        start = str(r.dateNotification or r.dateSignature)
        assert start <= str(r.datePublicationDonnees) <= last
        assert luhn_ok(str(r.acheteur_id))
        assert r.titulaires
        assert len({h.id for h in r.titulaires}) == len(r.titulaires)
        for h in r.titulaires:
            assert h.typeIdentifiant != "SIRET" or (len(str(h.id)) == 14 and luhn_ok(str(h.id)))
        for m in r.modifications or ():
            at = str(m.dateNotificationModification or m.dateSignatureModification)
            assert start <= at <= str(m.datePublicationDonneesModification) <= last
        if isinstance(r.origineUE, float) and isinstance(r.origineFrance, float):
            assert r.origineFrance <= r.origineUE
        assert (r.tauxAvance is not None) == (r.attributionAvance is True)
        assert bool(r.actesSousTraitance) == bool(r.sousTraitanceDeclaree)
        for act in r.actesSousTraitance or ():
            assert start <= str(act.dateNotification)
        acts = {a.id for a in r.actesSousTraitance or ()}
        assert {m.id for m in r.modificationsActesSousTraitance or ()} <= acts


@pytest.mark.parametrize("profile", ["paris-2022-nested", "paris-2019-dotted", "national-v1", "national-2022"])
def test_identifiers_are_unique_and_short_enough(profile: str) -> None:
    records = clean(profile, 20_000)
    uids = [f"{r.acheteur_id}{r.id}" for r in records]
    assert len(set(uids)) == len(uids)
    assert all(7 <= len(str(r.id)) <= 16 for r in records)


def test_subsequent_contracts_point_at_their_framework() -> None:
    records = clean("national-2022", 10_000)
    by_id = {r.id: r for r in records}
    linked = [r for r in records if r.idAccordCadre is not None]
    assert len(linked) > 50
    for r in linked:
        parent = by_id[r.idAccordCadre]
        assert "Marchés subséquents" in (parent.modalitesExecution or [])
        assert parent.acheteur_id == r.acheteur_id
        assert parent.codeCPV == r.codeCPV
        assert str(parent.dateNotification) <= str(r.dateNotification)


@pytest.mark.parametrize("profile", ["paris-2022-nested", "national-v1-pes", "national-2022"])
def test_amounts_are_lognormal_by_category(profile: str) -> None:
    chosen = load_profile(profile)
    values: dict[str, list[float]] = {"T": [], "S": [], "F": []}
    for r in clean(profile, 20_000):
        if r.kind == "marche" and not r.idAccordCadre and r.nature != "Marché subséquent":
            values[nature(str(r.codeCPV))].append(log(float(r.montant or 1)))
    for kind, category in chosen.categories.items():
        # Amounts under the threshold are drawn again above it: PES's smallest category moves a little.
        assert median(values[kind]) == pytest.approx(category.mu, abs=0.25)
        assert stdev(values[kind]) == pytest.approx(category.sigma, rel=0.2)


@pytest.mark.parametrize("profile", ["paris-2022-nested", "paris-2019-dotted", "national-v1-pes"])
def test_publication_is_late_as_often_as_measured(profile: str) -> None:
    measured = {"paris-2022-nested": 0.125, "paris-2019-dotted": 0.223, "national-v1-pes": 0.274}[profile]
    lags = [
        day(str(r.datePublicationDonnees)) - day(str(r.dateNotification))
        for r in clean(profile, 10_000)
        if r.kind == "marche"
    ]
    # Contracts of the last weeks cannot be late yet: the share is a little lower.
    assert sum(n > 61 for n in lags) / len(lags) == pytest.approx(measured, abs=0.035)


def test_amount_styles_of_paris() -> None:
    amounts = [float(r.montant or 0) for r in clean("paris-2019-dotted", 20_000) if r.kind == "marche"]
    assert sum(a % 1000 == 0 for a in amounts) / len(amounts) == pytest.approx(0.378, abs=0.03)
    assert sum(f"{a:.2f}".endswith("9.99") for a in amounts) / len(amounts) == pytest.approx(0.1468, abs=0.02)
    ceilings = [r.montant == 60_000_000 for r in clean("paris-2022-nested", 20_000) if r.kind == "marche"]
    assert sum(ceilings) / len(ceilings) == pytest.approx(0.0109, abs=0.004)


def test_labels_are_as_frequent_as_measured() -> None:
    records = [r for r in clean("paris-2022-nested", 20_000) if r.kind == "marche"]
    n = len(records)
    social = Counter(v for r in records for v in r.considerationsSociales or ())
    assert social["Clause sociale"] / n == pytest.approx(483 / 2206, abs=0.015)
    framework = sum("Accord-cadre" in (r.techniques or ()) for r in records)
    assert framework / n == pytest.approx(915 / 2206, abs=0.015)
    assert sum(r.offresRecues == 1 for r in records) / n == pytest.approx(640 / 2206, abs=0.015)
    grouped = sum(r.typeGroupementOperateurs != "Pas de groupement" for r in records)
    assert grouped / n == pytest.approx(0.028, abs=0.006)


def test_modifications_follow_the_national_histogram() -> None:
    records = [r for r in clean("national-2022", 20_000) if r.kind == "marche"]
    modified = [r for r in records if r.modifications]
    assert 0.13 < len(modified) / len(records) < 0.18
    single = sum(len(r.modifications or ()) == 1 for r in modified)
    assert single / len(modified) == pytest.approx(575 / 905, abs=0.08)
    ratios = [
        float(m[-1]) / float(r.montant or 1)
        for r in modified
        if (m := [x.montant for x in r.modifications or () if x.montant is not None])
    ]
    assert median(ratios) == pytest.approx(1.02, abs=0.05)


def test_suppliers_are_concentrated() -> None:
    holders = Counter(h.id for r in clean("paris-2022-nested", 2500) for h in r.titulaires or ())
    once = sum(n == 1 for n in holders.values()) / len(holders)
    assert 0.6 < once < 0.85  # measured: 68.3 %
    assert 10 < max(holders.values()) < 200  # measured: 34


def test_buyers_and_scope() -> None:
    buyers = Counter(str(r.acheteur_id) for r in clean("paris-demo", 5000))
    assert 0.9 < buyers[PARIS] / 5000 < 0.97
    outside = sum(n for siret, n in buyers.items() if not siret.startswith(PARIS[:9]))
    assert outside / 5000 == pytest.approx(0.03, abs=0.01)


def test_concessions_have_yearly_data_and_modifications() -> None:
    found = [r for r in clean("paris-2019-dotted", 20_000) if r.kind == "concession"]
    assert found
    assert any(len(r.donneesExecution or ()) > 1 for r in found)
    assert any(r.modifications for r in found)
    for r in found:
        years = [str(y.datePublicationDonneesExecution) for y in r.donneesExecution or ()]
        assert years == sorted(years)
        assert all(y.tarifs for y in r.donneesExecution or ())


def test_objects_name_places_of_paris() -> None:
    records = clean("paris-2022-nested", 5000)
    placed = sum(" Paris" in str(r.objet) and "750" in str(r.objet) for r in records)
    assert placed / len(records) == pytest.approx(0.298, abs=0.03)
