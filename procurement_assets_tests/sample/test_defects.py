"""Seeded defects: each class occurs, says what it did, leaves the truth alone, at the measured rate."""

from __future__ import annotations

import io
import re
from collections import Counter
from typing import Any

import msgspec
import pytest

from procurement_assets.decp.raw import FileSummary
from procurement_assets.decp.reader import read_file
from procurement_assets.sample import SampleRecord, defects, generate, load_profile, write

VALUES = [d.id for d in defects().values() if d.stage in ("value", "bytes")]


def alone(defect: str, count: int) -> tuple[list[SampleRecord], Any]:
    """Records where one class only is seeded, at its full rate, with the layout they stand in."""
    data = defects()[defect]
    old = data.format == "2019" or (bool(data.layouts) and "v2-nested" not in data.layouts)
    profile = load_profile("national-v1" if old else "national-2022")
    rates = dict.fromkeys(defects(), 0.0) | {defect: 1.0}
    chosen = msgspec.structs.replace(profile, defects=rates)
    return list(generate(chosen, count, 5)), chosen.layout


def resolve(record: Any, path: str) -> Any:
    """The value at a path of an edit."""
    value = record
    for name, index in re.findall(r"(\w+)(?:\[(\d+)\])?", path):
        value = getattr(value, name)
        if index:
            value = value[int(index)]
    return value


@pytest.mark.parametrize("defect", list(defects()))
def test_each_class_occurs_and_the_file_stays_readable_record_by_record(defect: str) -> None:
    records, layout = alone(defect, 200)
    if sum(bool(r.defects) for r in records) < 2:  # a class of rare records
        records, layout = alone(defect, 3000)
    spoilt = [r for r in records if r.defects]
    assert spoilt, defect
    assert {e.defect for r in spoilt for e in r.defects} == {defect}
    stream = io.BytesIO()
    assert write(records, layout, stream) == len(records)
    stream.seek(0)
    *found, summary = read_file(stream)
    assert isinstance(summary, FileSummary)
    if defect != "bytes.quote":  # where a text ends is then a matter of judgement
        assert summary.found == len(found) == len(records)


@pytest.mark.parametrize("defect", VALUES)
def test_an_edit_says_what_stands_and_what_stood(defect: str) -> None:
    records, _ = alone(defect, 300)
    clean = {r.position: r.truth for r in generate(load_profile(_profile(defect)), 300, 5, defects=False)}
    for record in records:
        assert record.truth == clean[record.position]
        for edit in record.defects:
            assert resolve(record.dirty, edit.path) == edit.dirty
            assert resolve(record.truth, edit.path) == edit.clean
            assert edit.clean != edit.dirty or type(edit.clean) is not type(edit.dirty)


def _profile(defect: str) -> str:
    return "national-v1" if defects()[defect].format == "2019" else "national-2022"


def test_without_defects_records_are_their_truth() -> None:
    for record in generate("paris-demo", 2000, 3, defects=False):
        assert record.dirty is record.truth
        assert not record.defects
        assert record.copy_of < 0


@pytest.mark.parametrize(
    ("profile", "defect"),
    [
        ("paris-2022-nested", "holder.siren-ape"),
        ("paris-2022-nested", "holder.siren-first5"),
        ("paris-2022-nested", "holder.truncated"),
        ("paris-2022-nested", "holder.id-empty"),
        ("paris-2022-nested", "amount.sentinel-10"),
        ("paris-2022-nested", "text.trailing-space"),
        ("paris-2022-nested", "text.line-break"),
        ("national-v1", "date.tz-suffix"),
        ("national-v1", "cpv.check-digit"),
        ("national-v1", "amount.zero"),
        ("national-v1-aife", "date.notification-missing"),
        ("national-v1-aife", "date.publication-missing"),
        ("national-v1-aife", "cpv.unknown"),
        ("national-v1-pes", "date.tz-suffix"),
        ("national-v1-pes", "date.published-before-notification"),
        ("national-v1-pes", "lieu.type-contradicts"),
        ("national-v1-aife", "copy.identical"),
    ],
)
def test_rates_are_the_measured_ones(profile: str, defect: str) -> None:
    count = 15_000
    expected = load_profile(profile).defects[defect]
    spoilt = sum(any(e.defect == defect for e in r.defects) for r in generate(profile, count, 9))
    spread = 4 * (expected * (1 - expected) / count) ** 0.5
    # Where two classes meet on one field the first keeps it: at most some per cent are lost.
    assert expected * 0.9 - spread <= spoilt / count <= expected + spread


def test_rates_of_classes_with_a_condition() -> None:
    applies: Counter[str] = Counter()
    seeded: Counter[str] = Counter()
    for r in generate("paris-2019-dotted", 20_000, 9):
        applies["cpv.leading-zero-lost"] += str(r.truth.codeCPV).startswith("0")
        applies["text.cut-60"] += len(str(r.truth.objet)) > 60
        seeded.update({e.defect for e in r.defects})
    for defect, n in applies.items():
        assert seeded[defect] / n == pytest.approx(1, abs=0.05)


def test_lost_accents_are_as_frequent_as_measured() -> None:
    records = list(generate("national-v1-aife", 10_000, 9))
    accented = [r for r in records if any(c in "éèêàâçôœ'É" for c in f"{r.truth.objet}{r.truth.acheteur_nom}")]
    lost = sum(any(e.defect == "text.replacement-character" for e in r.defects) for r in accented)
    assert len(accented) / len(records) > 0.85
    assert lost / len(accented) == pytest.approx(0.70, abs=0.04)


def test_copies_repeat_an_earlier_record() -> None:
    seen: dict[int, SampleRecord] = {}
    kinds: Counter[str] = Counter()
    for r in generate("national-2022", 20_000, 4):
        seen[r.position] = r
        if r.copy_of < 0:
            continue
        original, kind = seen[r.copy_of], r.defects[0].defect
        kinds[kind] += 1
        assert original.truth.id == r.truth.id
        assert original.truth.acheteur_id == r.truth.acheteur_id
        if kind == "copy.identical":
            assert r.dirty == original.dirty
        elif kind == "copy.amount-only":
            assert r.truth.montant != original.truth.montant
            assert r.truth.titulaires == original.truth.titulaires
        else:
            assert r.truth.objet != original.truth.objet
    assert set(kinds) == {"copy.identical", "copy.amount-only", "copy.same-id-other-lot"}


def test_the_id_of_format_2019_changes_with_a_modification() -> None:
    seen: dict[int, SampleRecord] = {}
    found = 0
    for r in generate("national-v1", 20_000, 4):
        seen[r.position] = r
        if any(e.defect == "copy.sequence" for e in r.defects):
            original = seen[r.copy_of].truth
            assert str(original.id)[:-2] == str(r.truth.id)[:-2]
            assert str(r.truth.id).endswith("01")
            assert r.truth.modifications
            found += 1
    assert found


def test_an_unknown_class_in_a_profile_is_refused() -> None:
    profile = msgspec.structs.replace(load_profile("national-v1"), defects={"no.such-class": 0.1})
    with pytest.raises(KeyError, match=r"no\.such-class"):
        next(generate(profile, 1, 1))
