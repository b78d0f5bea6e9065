"""Every class of defect, seeded at known places, is found by the rules; clean generated data raises no alarm."""

from __future__ import annotations

import io
from collections import defaultdict

import polars as pl
import pytest

from procurement_assets.quality.catalogue import load_catalogue
from procurement_assets.sample import defects, generate, load_profile, write
from procurement_assets_tests.quality.seeded import DATA_DATE, Outcome, Seeded, findings_of, seeded_outcome, tables_of

FOUND = [d.id for d in defects().values() if d.found_by]
HARMLESS = [d.id for d in defects().values() if d.harmless]
LATE = {"DECP-M-306", "DECP-V-303", "DECP-CV-303", "DECP-S-303"}
"""Rules that clean generated data breaks on purpose: delays follow the measured ones, late publication included."""


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return seeded_outcome()


@pytest.fixture(scope="module")
def by_class(outcome: Outcome) -> dict[str, list[Seeded]]:
    made: dict[str, list[Seeded]] = defaultdict(list)
    for seeded in outcome.seeded:
        made[seeded.defect].append(seeded)
    return made


def test_each_class_says_what_finds_it() -> None:
    rules = {rule.id for rule in load_catalogue().rules}
    for defect in defects().values():
        assert bool(defect.found_by) + defect.harmless + bool(defect.elsewhere) == 1, defect.id
        assert set(defect.found_by) <= rules, defect.id


@pytest.mark.parametrize("name", FOUND)
def test_every_record_of_a_class_is_found(by_class: dict[str, list[Seeded]], name: str) -> None:
    """Recall 100 %: each record seeded with the class, found at its own contract or at its own place."""
    expected = set(defects()[name].found_by)
    assert len(by_class[name]) >= 2
    missed = [s for s in by_class[name] if not s.rules & expected]
    assert missed == []


@pytest.mark.parametrize("name", HARMLESS)
def test_reading_gives_back_what_a_harmless_class_changed(
    outcome: Outcome, by_class: dict[str, list[Seeded]], name: str
) -> None:
    contracts = {r["uid"]: r for r in outcome.frames["contracts"].to_dicts()}
    assert by_class[name]
    for seeded in by_class[name]:
        truth = seeded.record.truth
        row = contracts.get(str(seeded.uid))
        if row is None:  # a concession
            continue
        assert row["id"] == str(truth.id)
        assert row["codeCPV"] == truth.codeCPV
        assert row["lieuExecution_code"] == (str(truth.lieuExecution.code) if truth.lieuExecution else None)
        assert row["nombre_modifications"] == len(truth.modifications or ())
        for column in ("techniques", "typesPrix", "considerationsSociales"):
            assert row[column] == getattr(truth, column)


@pytest.mark.parametrize("profile", ["paris-2022-nested", "national-2022", "national-v1"])
def test_clean_data_raises_no_alarm(profile: str) -> None:
    """Critical and warning: not one finding, the legal delay apart. `info` may be right: it is not an alarm."""
    chosen = load_profile(profile)
    stream = io.BytesIO()
    write(generate(chosen, 600, 5, defects=False), chosen.layout, stream)
    found = findings_of(tables_of([(profile, stream.getvalue())]), DATA_DATE)
    alarms = found.filter((pl.col("severity") != "info") & ~pl.col("rule").is_in(sorted(LATE)))
    assert alarms.group_by("rule").len().rows() == []
