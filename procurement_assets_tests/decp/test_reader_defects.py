"""The table of `defects.py`, row by row."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from procurement_assets.decp.reader import QUARANTINE_REASONS, READER_RULES
from procurement_assets_tests.decp.defects import ALL, Defect
from procurement_assets_tests.decp.reading import read, read_at


def value_at(record: object, path: str) -> Any:
    """`titulaires[0].id` in a record, as plain values."""
    value: Any = record
    for name, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path):
        value = getattr(value, name) if name else value[int(index)]
    return msgspec.to_builtins(value)


@pytest.mark.parametrize("defect", ALL, ids=lambda defect: defect.name)
def test_each_class_of_defect_has_its_expected_outcome(defect: Defect) -> None:
    if isinstance(defect.source, Path):
        if not defect.source.exists():
            pytest.skip("the shared reference data is not beside the project")
        result = read_at(defect.source)
    else:
        result = read(defect.source)
    assert result.summary.found == defect.found
    assert result.reasons == list(defect.quarantined)
    assert set(defect.rules) <= result.rules
    if not defect.rules:
        assert not {note.rule for record in result.records for note in record.notes}
    for path, expected in defect.values:
        assert value_at(result.records[0].record, path) == expected, path


@pytest.mark.parametrize("defect", ALL, ids=lambda defect: defect.name)
def test_nothing_is_noted_or_quarantined_under_an_unknown_id(defect: Defect) -> None:
    if isinstance(defect.source, Path):
        pytest.skip("read once in the test above")
    result = read(defect.source, most=7)
    assert result.rules <= set(READER_RULES)
    assert set(result.reasons) <= set(QUARANTINE_REASONS)
    assert result.summary.found == defect.found


def test_each_class_of_defect_is_named_once() -> None:
    names = [defect.name for defect in ALL]
    assert len(names) == len(set(names))


def test_every_rule_and_reason_of_the_reader_has_a_defect_that_shows_it() -> None:
    shown = {rule for defect in ALL for rule in defect.rules} | {r for defect in ALL for r in defect.quarantined}
    # Shown elsewhere: limits on size and UTF-16 damage (test_reader), rarer structures (test_tolerant).
    elsewhere = {"read.invalid-bytes", "record.too-large", "read.missing-end", "read.value-conflict"}
    assert (set(READER_RULES) | set(QUARANTINE_REASONS)) - shown - elsewhere == {"read.unexpected-structure"}
