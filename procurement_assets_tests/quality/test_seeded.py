"""Every class of defect, seeded at known places, is found by the rules; clean generated data raises no alarm."""

from __future__ import annotations

import io
from collections import defaultdict

import polars as pl
import pytest

from procurement_assets.quality.catalogue import load_catalogue
from procurement_assets.sample import defects, generate, load_profile, punctual, write
from procurement_assets_tests.quality.seeded import DATA_DATE, Outcome, Seeded, findings_of, seeded_outcome, tables_of

FOUND = [d.id for d in defects().values() if d.found_by]
HARMLESS = [d.id for d in defects().values() if d.harmless]


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


IN_FORCE = [
    ("paris-2022-nested", 5),
    ("paris-2022-xml", 6),
    ("paris-2022-consolidated", 5),
    ("paris-2019-dotted", 5),
    ("national-v1", 5),
    ("national-2022", 6),
]
"""A profile of each layout of a format in force (schema 2.0.0 never was: its files lack mandatory data), and a seed."""
TO_KNOW = {
    "DECP-C-503": "concessions of three to twenty years: beyond five the law asks for a reason, which is not published",
    "DECP-M-503": "measured durations: a framework of more than four years needs a reason, which is not published",
    "DECP-M-414": "measured amounts: one contract in five is published below the threshold",
    "DECP-M-806": "several holders of a contract that declares neither group nor framework: allowed, seldom meant",
    "DECP-V-403": "measured changes of amount, beyond half: lawful in some cases",
    "DECP-V-404": "measured changes of amount, divided by two or more: lawful, seldom meant",
    "DECP-M-903": "a subject of exactly 60 characters by chance, as one in 80 is",
    "DECP-M-407": "statistical: an amount 3.5 robust deviations out of its CPV division",
    "DECP-M-409": "statistical: the same of its CPV group and nature",
}
"""What `info` rules tell of clean data, and why each is right to: nothing else."""
WRITTEN = {"DECP-M-121", "DECP-C-121", "DECP-M-415", "DECP-C-415"}
"""Of the State's consolidation of 2019: it does write labels in capitals and numbers as text."""


@pytest.mark.parametrize(("profile", "seed"), IN_FORCE)
def test_clean_data_raises_no_alarm(profile: str, seed: int) -> None:
    """Critical and warning: not one finding of any rule. Info: only what is explained above, the statistical seldom."""
    chosen = punctual(load_profile(profile))
    stream = io.BytesIO()
    write(generate(chosen, 600, seed, defects=False), chosen.layout, stream)
    found = findings_of(tables_of([(profile, stream.getvalue())]), DATA_DATE)
    assert found.filter(pl.col("severity") != "info").group_by("rule").len().rows() == []
    told = dict(found.group_by("rule").len().iter_rows())
    assert set(told) <= set(TO_KNOW) | (WRITTEN if profile == "paris-2019-dotted" else set())
    assert told.get("DECP-M-407", 0) + told.get("DECP-M-409", 0) <= 12  # 2 % of 600


def test_the_delays_of_a_punctual_profile_are_the_measured_ones_but_for_the_late() -> None:
    measured = load_profile("paris-2022-nested")
    assert max(days for _, days in measured.lag) > 400
    late, on_time = (
        [r.truth for r in generate(p, 400, 3, defects=False) if r.truth.kind == "marche"]
        for p in (measured, punctual(measured))
    )
    assert [r.dateNotification for r in late] == [r.dateNotification for r in on_time]
    changed = [r.id for r, o in zip(late, on_time, strict=True) if r.datePublicationDonnees != o.datePublicationDonnees]
    assert 0.1 < len(changed) / len(late) < 0.4
