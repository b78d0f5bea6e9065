"""Distributions, dates and identifiers."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date

import pytest

from procurement_assets.sample.draw import SIZE, day, iso, normals, quantiles, spread, working
from procurement_assets.sample.identifiers import (
    PARIS,
    PARIS_ESTABLISHMENTS,
    foreign,
    luhn_ok,
    national_buyers,
    siren,
    siret,
    supplier,
)


def luhn_total(digits: str) -> int:
    """Luhn's sum as the algorithm is usually told, to check the tables of four digits."""
    doubled = [int(c) * (1 + i % 2) for i, c in enumerate(reversed(digits))]
    return sum(n - 9 if n > 9 else n for n in doubled)


def test_spread_gives_each_value_its_share() -> None:
    counts = Counter(spread({"a": 3, "b": 1}))
    assert counts == {"a": SIZE * 3 // 4, "b": SIZE // 4}
    assert len(spread(dict.fromkeys(range(7), 1.0))) == SIZE


def test_spread_does_not_depend_on_the_scale_of_weights() -> None:
    assert spread({"a": 0.1, "b": 0.2, "c": 0.7}) == spread({"a": 1, "b": 2, "c": 7})


def test_quantiles_follow_the_curve() -> None:
    values = quantiles([(0, 0), (50, 10), (100, 110)])
    assert values == sorted(values)
    assert values[SIZE // 2] == pytest.approx(10, abs=0.1)
    assert values[SIZE * 3 // 4] == pytest.approx(60, abs=0.1)


def test_normals_are_centred() -> None:
    z = normals()
    assert sum(z) == pytest.approx(0, abs=1e-6)
    assert sum(v * v for v in z) / SIZE == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("text", ["2019-02-28", "2024-02-29", "2025-12-31", "2026-01-15T06:00:00+00:00"])
def test_days_go_both_ways(text: str) -> None:
    assert iso(day(text)) == text[:10]


def test_working_days_are_never_weekends() -> None:
    start = day("2024-01-01")
    for number in range(start, start + 60):
        found = date.fromisoformat(iso(working(number)))
        assert found.weekday() < 5
        assert 0 <= number - day(found.isoformat()) <= 2


@pytest.mark.parametrize("body", [0, 1, 30_000_000, 12_345_678, 99_999_999, 40_001_000])
def test_siren_and_siret_pass_luhn(body: int) -> None:
    assert len(siren(body)) == 9
    assert luhn_total(siren(body)) % 10 == 0
    for establishment in (1, 2, 7, 9999):
        found = siret(body, establishment)
        assert len(found) == 14
        assert found.startswith(siren(body))
        assert luhn_total(found) % 10 == 0


def test_luhn_refuses_what_is_not_a_number() -> None:
    assert luhn_ok(PARIS)
    assert not luhn_ok("21750001600018")
    assert not luhn_ok("")
    assert not luhn_ok("4014498557120B")


def test_establishments_of_the_city_are_hers() -> None:
    assert all(s.startswith(PARIS[:9]) and luhn_ok(s) for s in PARIS_ESTABLISHMENTS)


def test_suppliers_are_distinct() -> None:
    found = [supplier(n)[0] for n in range(50_000)]
    assert len({s[:9] for s in found}) == len(found)
    assert all(luhn_ok(s) for s in found[:2000])


def test_buyers_are_valid_and_distinct() -> None:
    buyers = national_buyers()
    assert len({b[0] for b in buyers}) == len(buyers)
    assert all(luhn_ok(b[0]) for b in buyers)


@pytest.mark.parametrize(
    ("kind", "pattern"),  # the patterns of the ministry's own checks, research/decp.md §3.1
    [
        ("TVA", r"[A-Z]{2}[0-9]{9}"),
        ("UE", r"[A-Z]{2}[0-9]{9}"),
        ("HORS-UE", r"[A-Z]{2}[A-Za-z0-9]{0,16}"),
        ("RIDET", r"[A-Za-z0-9]{10}"),
        ("TAHITI", r"[A-Za-z0-9]{9}"),
        ("FRWF", r"FRWF[0-9]{14}"),
        ("IREP", r"[0-9]{5}.+"),
    ],
)
def test_foreign_identifiers_have_their_shape(kind: str, pattern: str) -> None:
    assert all(re.fullmatch(pattern, foreign(kind, n)) for n in range(500))
