"""Cardinal's own cases: indicators, coverage, prepare and the examples of its documentation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import ocdscardinal
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procurement_assets.quality.indicators.cardinal.coverage import coverage
from procurement_assets.quality.indicators.cardinal.prepare import Issue, prepare
from procurement_assets.quality.indicators.cardinal.red_flags import cardinal_texts, red_flags
from procurement_assets.quality.indicators.cardinal.run import calculate
from procurement_assets.quality.indicators.cardinal.settings import (
    INDICATORS,
    Settings,
    SettingsError,
    every_indicator,
    read_settings,
)
from procurement_assets.quality.indicators.cardinal.statistics import quantile, quartiles
from procurement_assets_tests.conftest import SHARED

ORACLE = SHARED / "oracles" / "cardinal"
needs_oracle = pytest.mark.skipif(not ORACLE.is_dir(), reason=f"{ORACLE} is absent: Cardinal's cases are read in place")


def _cases(folder: str) -> list[Path]:
    return sorted((ORACLE / folder).glob("*.jsonl"))


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().split(b"\n")


def _settings(name: str) -> Settings:
    """Cardinal's build script: the settings of a case are in its name."""
    ident, *parts = name.replace("+", "|").split("-")
    section: dict[str, Any] = {}
    if len(parts) == 2:
        section = {parts[0]: int(parts[1]) if parts[1].isdigit() else parts[1]}
    elif len(parts) > 2:
        section = {parts[0]: {k: int(v) for k, v in zip(parts[1::2], parts[2::2], strict=True)}}
    if name == "R038-tenderer":
        section = {}
    exclusions = {"procurement_method_details": "EXC"}
    shared = {"no_price_comparison_procurement_methods": "NPC", "exclusions": exclusions}
    return msgspec.convert({ident: section, **shared}, Settings)


@needs_oracle
@pytest.mark.parametrize("path", _cases("indicators"), ids=lambda p: p.stem)
def test_an_indicator_gives_the_expected_result(path: Path) -> None:
    assert calculate(_lines(path), _settings(path.stem)).flags == json.loads(path.with_suffix(".expected").read_text())


@needs_oracle
def test_every_case_of_cardinal_is_run_and_every_indicator_has_one() -> None:
    assert {p.stem[:4] for p in _cases("indicators")} == set(INDICATORS)
    assert len(_cases("indicators")) == len(list((ORACLE / "indicators").glob("*.expected"))) == 15


@needs_oracle
@pytest.mark.parametrize("path", _cases("coverage"), ids=lambda p: p.stem)
def test_coverage_gives_the_expected_counts(path: Path) -> None:
    assert coverage(_lines(path)) == json.loads(path.with_suffix(".expected").read_text())


@needs_oracle
@pytest.mark.parametrize("path", _cases("prepare"), ids=lambda p: p.stem)
def test_prepare_gives_the_expected_output(path: Path) -> None:
    made = list(prepare(_lines(path), read_settings(path.with_suffix(".ini").read_text())))
    assert made == [json.loads(line) for line in path.with_suffix(".output").read_text().splitlines()]


DOCUMENTED = {
    "003": ("OCID", {"F": 1.0}),
    "018": ("OCID", {"F": 1.0}),
    "024": ("OCID", {"F": 1.0}),
    "025": ("Tenderer", {"F": 0.16666666666666666}),
    "028": ("OCID", {"F": 1.0}),
    "030": ("OCID", {"F": 1.0}),
    "035": ("OCID", {"F": 1.0}),
    "036": ("OCID", {"F": 1.0}),
    "038": ("Buyer", {"B": 0.5}),
    "048": ("Tenderer", {"F": 2.0}),
    "058": ("OCID", {"F": 99.0}),
}
"""What Cardinal's documentation shows for its examples."""


@needs_oracle
@pytest.mark.parametrize("number", DOCUMENTED)
def test_the_examples_of_the_documentation_give_what_it_shows(number: str) -> None:
    folder = ORACLE / "docs-examples" / "R"
    ini = folder / f"{number}.ini"
    settings = read_settings(ini.read_text() if ini.exists() else f"[R{number}]\n")
    group, expected = DOCUMENTED[number]
    assert calculate(_lines(folder / f"{number}.jsonl"), settings).flagged(group, f"R{number}") == expected  # type: ignore[arg-type]


@needs_oracle
def test_the_settings_of_the_documentation_turn_every_indicator_on() -> None:
    assert read_settings((ORACLE / "docs-examples" / "settings.ini").read_text()) == every_indicator()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[R999]\n", "R999"),
        ("[R003]\nx = 1\n", "unknown field `x` - at `$.R003`"),
        ("[R003]\nthreshold = many\n", "$.R003.threshold"),
        ("[codelists.status]\na = b\n", "unknown code lists status"),
        ("[R018]\nprocurement_methods\n", "parsing errors"),
    ],
)
def test_settings_that_cardinal_refuses_say_where_on_one_line(text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=r"^Cardinal settings: ") as raised:
        read_settings(text)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_top_level_setting_a_section_and_a_subsection_are_read() -> None:
    found = read_settings("currency = EUR\n[R003]\nthreshold = 20\n[R003.procurement_method_details]\nUrgence = 10\n")
    assert found.currency == "EUR"
    assert found.R003 is not None
    assert (found.R003.threshold, found.R003.procurement_method_details) == (20, {"Urgence": 10})
    assert found.R018 is None


def test_quartiles_are_those_of_definition_r8() -> None:
    found = quartiles([1, 2, 3, 4])
    assert (found.q1, found.q3) == pytest.approx((17 / 12, 43 / 12))
    assert quantile([], 0.5) != quantile([], 0.5)
    assert (quantile([5], 0.25), quantile([1, 9], 0.0), quantile([1, 9], 1.0)) == (5, 1, 9)


def test_a_field_of_another_type_is_absent_and_the_line_still_counts() -> None:
    good = {"procurementMethod": "open", "numberOfTenderers": 1}
    lines = [
        msgspec.json.encode({"ocid": "wrong awards", "tender": good, "awards": "none"}),
        msgspec.json.encode({"ocid": "text", "tender": {**good, "numberOfTenderers": "1"}}),
        msgspec.json.encode({"ocid": "float", "tender": {**good, "numberOfTenderers": 1.0}}),
        msgspec.json.encode({"ocid": 3, "tender": good}),
        b"[]",
        b"{",
        b"",
        b'"\xbf"',
    ]
    found = calculate(lines, every_indicator())
    assert found.flagged("OCID", "R018") == {"wrong awards": 1.0}
    assert (found.processes, found.seen["R018"]) == (3, ["wrong awards", "float"])


def test_prepare_tells_what_it_found() -> None:
    bids = {"details": [{"value": {"amount": 0}}, {"status": "odd"}]}
    awards = [{"items": [{"classification": {"id": 1}}]}]
    line = msgspec.json.encode({"ocid": "1", "bids": bids, "awards": awards})
    issues: list[Issue] = []
    made = list(prepare([line], Settings(), issues))
    assert [(i.path, i.indices, i.issue) for i in issues] == [
        ("/bids/details[]/value/amount", "0", "is zero"),
        ("/bids/details[]/value/currency", "0", "not set"),
        ("/bids/details[]/status", "0", "not set"),
        ("/bids/details[]/status", "1", "invalid"),
        ("/awards[]/items[]/classification/scheme", "0.0", "not set"),
        ("/awards[]/status", "0", "not set"),
    ]
    assert made[0]["awards"][0]["items"][0]["classification"]["id"] == "1"


def test_every_indicator_of_cardinal_has_its_french_text_and_its_fields() -> None:
    assert set(cardinal_texts()) == set(INDICATORS) == {i for i, f in red_flags().items() if f.cardinal}
    assert sorted(red_flags()) == [f"R{n:03d}" for n in range(1, 74)]
    assert all(f.needs for f in red_flags().values())


_KEYS = st.sampled_from(["", "a", "b[]", "b"])
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", "a", "é"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["", "a", "b[]", "b"]), inner, max_size=3)
    ),
    max_leaves=15,
)


@given(st.lists(_VALUES, max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_coverage_is_that_of_cardinals_own_wheel(tmp_path: Path, values: list[Any]) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_bytes(b"".join(msgspec.json.encode(v) + b"\n" for v in values))
    assert coverage(_lines(path)) == ocdscardinal.coverage(str(path))
