"""What the recorded calls of Pelican do not cover: other dataset checks, time, conversion, tolerance of bad input."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement_assets.quality.indicators.pelican.dataset import BuyerRepetition, Buyers, RelatedIdentifier
from procurement_assets.quality.indicators.pelican.distribution import (
    Codes,
    MainCategory,
    Repetition,
    Values,
    dataset_checks,
    euros_as_they_are,
)
from procurement_assets.quality.indicators.pelican.fields import Codelists, check_field
from procurement_assets.quality.indicators.pelican.over_time import compare
from procurement_assets.quality.indicators.pelican.reading import Release
from procurement_assets.quality.indicators.pelican.release_checks import RELEASE_CHECKS, calculate
from procurement_assets.quality.indicators.pelican.sweep import sweep
from procurement_assets.quality.indicators.quality_tables import failures_table, quality_table

LISTS = Codelists(today=date(2026, 1, 8))


def _fed(check: Any, releases: list[dict[str, Any]]) -> Any:
    for item, release in enumerate(releases):
        check.take(Release({"ocid": str(item), **release}), item)
    return check.result()


def test_a_sole_buyer_has_more_than_half_of_the_processes_and_fails() -> None:
    found = _fed(BuyerRepetition(), [{"buyer": {"id": "1"}}] * 1000)
    assert (found.result, found.value, found.meta["ocid_share"]) == (False, 0, 1.0)
    assert _fed(BuyerRepetition(), [{"buyer": {"id": "1"}}] * 999).meta == {
        "reason": "fewer than 1000 occurrences of necessary fields"
    }


@pytest.mark.parametrize(("biggest", "expected"), [(950, "attendu"), (600, "échec"), (400, "respecté")])
def test_a_dominant_buyer_is_expected_only_of_a_publisher_that_is_one_buyer(biggest: int, expected: str) -> None:
    releases = [{"ocid": str(n), "buyer": {"id": "1" if n < biggest else f"b{n % 40}"}} for n in range(1000)]
    found = sweep((msgspec.json.encode(r) for r in releases), [], LISTS)
    rows = {r["controle"]: r["resultat"] for r in quality_table(found, compare([])).to_dicts()}
    assert rows["distribution.buyer_repetition"] == expected


def test_every_repeated_tender_id_is_told_and_not_only_the_examples() -> None:
    releases = [{"ocid": str(n), "tender": {"id": str(n // 2)}} for n in range(300)]
    found = sweep((msgspec.json.encode(r) for r in releases), [], LISTS)
    assert len(found.dataset["unique.tender_id"].meta["failed_examples"]) == 100  # type: ignore[index]
    assert sum(f.check == "unique.tender_id" for f in found.dataset_failures) == 300
    assert failures_table(found, compare([])).height == 300


def test_buyers_seen_once_must_be_fewer_than_half() -> None:
    once = [{"buyer": {"id": f"once{i}"}} for i in range(2)]
    found = _fed(Buyers(), [*once, *[{"buyer": {"id": "a"}}] * 500, *[{"buyer": {"id": "b"}}] * 500])
    assert found.result is False
    assert found.meta["counts"]["1"] == {"total_ocid_count": 2, "total_buyer_count": 2}
    assert found.meta["counts"]["100+"] == {"total_ocid_count": 1000, "total_buyer_count": 2}
    assert [e["ocid"] for e in found.meta["examples"]] == ["0", "1"]


@pytest.mark.parametrize(("opened", "expected"), [(1, True), (0, False), (999, False)])
def test_a_code_that_is_tested_has_a_share_between_a_thousandth_and_99_percent(opened: int, expected: bool) -> None:
    methods = ["open"] * opened + ["limited"] * (1000 - opened)
    found = _fed(
        Codes(("tender.procurementMethod",), ("open",)), [{"tender": {"procurementMethod": m}} for m in methods]
    )
    assert found.result is expected
    assert found.meta["shares"]["limited"]["count"] == 1000 - opened


def test_a_category_beyond_95_percent_fails() -> None:
    works, goods = {"tender": {"mainProcurementCategory": "works"}}, {"tender": {"mainProcurementCategory": "goods"}}
    assert _fed(MainCategory(), [works] * 95 + [goods] * 5).result is True
    assert _fed(MainCategory(), [works] * 96 + [goods] * 4).result is False
    assert _fed(MainCategory(), [{}]).meta == {"reason": "no compiled releases set necessary fields"}


def test_the_highest_amounts_must_not_make_more_than_half() -> None:
    def awards(*amounts: float) -> list[dict[str, Any]]:
        return [{"date": "2024-01-01", "awards": [{"value": {"amount": a, "currency": "EUR"}}]} for a in amounts]

    found = _fed(Values("awards.value", euros_as_they_are), awards(*[1.0] * 99, 99.0))
    assert (found.result, found.meta["shares"]["0_1"], found.meta["counts"]["50_100"]) == (True, 0.5, 50)
    assert _fed(Values("awards.value", euros_as_they_are), awards(*[1.0] * 99, 100.0)).result is False
    assert _fed(Values("awards.value", euros_as_they_are), awards(*[1.0] * 99)).meta["reason"].startswith("fewer than")
    assert "division by zero" in _fed(Values("awards.value", euros_as_they_are), awards(*[0.0] * 100)).meta["reason"]


def test_three_amounts_that_make_a_tenth_of_the_cases_fail() -> None:
    def contracts(*amounts: float) -> list[dict[str, Any]]:
        return [{"contracts": [{"value": {"amount": a, "currency": "EUR"}}]} for a in amounts]

    found = _fed(Repetition("contracts"), contracts(*range(27), *range(100, 102), 100, 101))
    assert (found.result, found.meta["most_frequent"][0]["count"]) == (False, 2)
    assert _fed(Repetition("contracts"), contracts(*range(31))).result is True


def test_a_framework_named_before_it_is_met_is_found() -> None:
    link = {"relatedProcesses": [{"scheme": "ocid", "identifier": "1"}, {"scheme": "uri", "identifier": "9"}]}
    found = _fed(RelatedIdentifier(), [link, {}])
    assert (found.result, found.meta["total_processed"]) == (True, 1)
    assert _fed(RelatedIdentifier(), [link]).result is False


def test_amounts_of_two_currencies_are_compared_only_with_a_rate() -> None:
    release = {
        "date": "2024-01-01T00:00:00Z",
        "awards": [{"id": "1", "value": {"amount": 100, "currency": "EUR"}}],
        "contracts": [{"awardID": "1", "value": {"amount": 160, "currency": "USD"}}],
    }
    assert calculate("consistent.contracts_value", release).result is None
    rated = calculate("consistent.contracts_value", release, convert=lambda a, c, d: a * 1.1 if c == "EUR" else a)
    assert (rated.result, rated.application_count) == (True, 1)


@pytest.mark.parametrize(("amount", "expected"), [(3.0e9, True), (4.0e9, None), (6.2e9, False)])
def test_euros_are_realistic_only_where_every_rate_says_so(amount: float, expected: bool | None) -> None:
    release = {"date": "2024-01-01", "awards": [{"value": {"amount": amount, "currency": "EUR"}}]}
    assert calculate("coherent.value_realistic", release).result is expected


def test_amounts_are_realistic_in_dollars_where_there_are_rates() -> None:
    def judged(amount: float, currency: str, rate: float | None) -> bool | None:
        release = {"date": "2024-01-01", "contracts": [{"value": {"amount": amount, "currency": currency}}]}
        convert = lambda a, c, d: None if rate is None else a * rate  # noqa: E731
        return calculate("coherent.value_realistic", release, convert=convert).result

    assert judged(4.0e9, "EUR", 1.1) is True
    assert judged(4.0e9, "EUR", 1.3) is False
    assert judged(4.0e9, "EUR", None) is None
    assert judged(5.1e9, "USD", None) is False


def test_what_has_happened_is_not_dated_after_the_data() -> None:
    release = Release({"date": "2026-01-09", "contracts": [{"period": {"endDate": "2030-01-01"}}]})
    assert [c.reason for c in check_field(release, "date", LISTS)[0].quality] == ["not in 1990-01-01/2026-01-08"]
    assert check_field(release, "contracts.period.endDate", LISTS)[0].quality[0].result


def test_time_checks_tell_what_is_found_again_and_what_passes() -> None:
    before = {"ocid": "1", "tender": {"title": "Une  ÉCOLE"}, "awards": [{}, {}]}
    same = {"ocid": "1", "tender": {"title": "une école"}, "awards": [{}, {}]}
    less = {"ocid": "1", "tender": {"title": "Autre"}, "awards": [{}]}
    found = compare([(before, same), (before, less), (before, None), ({"ocid": "2"}, {"ocid": "2"})])
    assert found["ocid"].meta == {"total_count": 4, "coverage_count": 3, "failed_count": 0, "ok_count": 3}
    assert (found["ocid"].coverage_value, found["ocid"].coverage_result, found["ocid"].check_value) == (75, False, 100)
    assert found["phase_stable"].meta["failed_count"] == 1
    assert found["tender_title"].meta == {"total_count": 3, "coverage_count": 2, "failed_count": 1, "ok_count": 1}
    assert compare([])["ocid"].check_result is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "name", "roles", "date", "status", "value", "amount", "currency", "items", "suppliers"]
            )
            | st.sampled_from(
                ["startDate", "endDate", "durationInDays", "awardID", "dateSigned", "amendments", "title"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(
    st.dictionaries(
        st.sampled_from(["date", "parties", "buyer", "tender", "awards", "contracts", "planning", "relatedProcesses"]),
        _JSON,
        max_size=6,
    )
)
def test_no_check_raises_on_any_json_and_counts_agree(content: dict[str, Any]) -> None:
    release = Release({"ocid": "1", **content})
    for check in RELEASE_CHECKS.values():
        found = check(release)
        if found.result is None:
            assert (found.application_count, found.pass_count) == (None, None)
        else:
            assert found.application_count is not None
            assert found.pass_count is not None
            assert found.result == (found.application_count == found.pass_count)
    for collector in dataset_checks().values():
        collector.take(release, 0)
        collector.result()


def test_a_sweep_counts_what_single_checks_say() -> None:
    releases = [
        {"ocid": "1", "date": "2024-01-02", "contracts": [{"dateSigned": "2024-01-01", "awardID": "1"}]},
        {"ocid": "2", "date": "2024-01-02", "contracts": [{"dateSigned": "2024-01-03", "awardID": "1"}]},
        {"ocid": "3"},
    ]
    found = sweep((msgspec.json.encode(r) for r in releases), ["date", "contracts.dateSigned"], LISTS)
    tally = found.by_release["coherent.release_date"]
    assert (found.releases, tally.applied, tally.passed, tally.failed, tally.examples) == (3, 2, 1, 1, ["2"])
    assert tally.reasons == {"no pairs of dates are set": 1}
    assert found.by_field[("exists", "date")].passed == 2
    assert found.by_field[("date_time", "contracts.dateSigned")].passed == 2
    assert found.coverage["/contracts[]/dateSigned"] == 2
    failure = next(f for f in found.failures if f.check == "coherent.release_date")
    assert failure.detail == "contracts[0].dateSigned 2024-01-03 > date 2024-01-02"


@given(
    st.lists(st.dictionaries(st.sampled_from(["date", "tender", "awards", "language"]), _JSON, max_size=4), max_size=4)
)
def test_the_sweep_counts_the_same_fields_as_single_checks(contents: list[dict[str, Any]]) -> None:
    fields = ["date", "language", "awards.date", "awards.suppliers.id", "tender.value.amount", "tender.items.quantity"]
    releases = [{"ocid": str(n), **content} for n, content in enumerate(contents)]
    expected: dict[tuple[str, str], list[int]] = {}
    for release in releases:
        for field in fields:
            for place in check_field(Release(release), field, LISTS):
                for outcome in (*place.coverage, *place.quality):
                    counts = expected.setdefault((outcome.name, field), [0, 0])
                    counts[0] += 1
                    counts[1] += outcome.result
    found = sweep((msgspec.json.encode(r) for r in releases), fields, LISTS)
    assert {key: [t.applied, t.passed] for key, t in found.by_field.items()} == expected
