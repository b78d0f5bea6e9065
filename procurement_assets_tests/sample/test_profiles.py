"""The data files of the generator."""

from __future__ import annotations

import csv

import pytest

from procurement_assets.decp import codelists
from procurement_assets.sample import composites, defects, load_profile, profile_names, rates
from procurement_assets.sample.profiles import cpv_codes, words
from procurement_assets.sample.shapes import SHAPES
from procurement_assets.sample.work import SPOILERS
from procurement_assets_tests.conftest import SHARED

CPV = SHARED / "reference" / "cpv_2008_fr_en.csv"
LISTS = {
    "procedure": (codelists.PROCEDURE_MARCHE, codelists.PROCEDURE_MARCHE),
    "nature": (codelists.NATURE_MARCHE, codelists.NATURE_MARCHE),
    "formePrix": (codelists.FORME_PRIX_2019, codelists.FORME_PRIX_2022),
    "techniques": (None, codelists.TECHNIQUES),
    "modalites-accord-cadre": (None, codelists.MODALITES_EXECUTION),
    "modalites-autres": (None, codelists.MODALITES_EXECUTION),
    "typesPrix": (None, codelists.TYPES_PRIX),
    "sociales": (None, codelists.SOCIALES_MARCHE),
    "environnementales": (None, codelists.ENVIRONNEMENTALES),
}


@pytest.mark.parametrize("name", profile_names())
def test_a_profile_is_whole(name: str) -> None:
    profile = load_profile(name)
    assert profile.measured
    assert profile.start < profile.end < profile.published_at
    assert sum(c.share for c in profile.categories.values()) == pytest.approx(1, abs=0.01)
    assert set(rates(profile)) <= set(defects())


@pytest.mark.parametrize("name", profile_names())
def test_labels_are_those_of_the_regulation(name: str) -> None:
    profile = load_profile(name)
    for field, (old, new) in LISTS.items():
        known = new if profile.format == "2022" else old
        used = {label for key in profile.labels[field] for label in key.split("|")}
        assert known is None or used <= set(known.labels)


def test_an_unknown_profile_names_those_that_exist() -> None:
    with pytest.raises(KeyError, match="national-2022"):
        load_profile("nowhere")


def test_every_class_of_defect_has_its_function() -> None:
    by_stage: dict[str, set[str]] = {}
    for defect in defects().values():
        by_stage.setdefault(defect.stage, set()).add(defect.id)
    assert by_stage["shape"] == set(SHAPES)
    assert by_stage["value"] | by_stage["bytes"] == set(SPOILERS)
    assert by_stage["copy"] == {"copy.identical", "copy.amount-only", "copy.same-id-other-lot", "copy.sequence"}


def test_every_cpv_family_has_words() -> None:
    templates = words()["templates"]
    for code in cpv_codes():
        assert code.family in templates
        assert code.nature in "TSF"
    assert all(t.count("%s") == 2 for family in templates.values() for t in family)


@pytest.mark.skipif(not CPV.exists(), reason="the CPV register of the reference data is not at hand")
def test_cpv_codes_exist() -> None:
    with CPV.open(encoding="utf-8", newline="") as lines:
        register = {row["code"] for row in csv.DictReader(lines)}
    used = {c.code for c in cpv_codes()}
    assert used <= register
    assert {f"{code[:2]}000000" for code in used} <= register


def test_composites_name_profiles_that_exist() -> None:
    for parts in composites().values():
        for part in parts:
            for name in (part.profile, part.overlay, *(r.profile for r in part.row)):
                assert not name or load_profile(name)
