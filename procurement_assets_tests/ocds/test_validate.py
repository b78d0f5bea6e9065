"""Validation: what it finds, what it says, on how many processes."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from procurement_assets.decp.model import Modification
from procurement_assets.ocds import validate as module
from procurement_assets.ocds.schema import Schema
from procurement_assets.ocds.validate import Report, validate
from procurement_assets_tests.ocds.support import (
    COMPANY_B,
    PROFILE,
    company,
    encoded,
    in_order,
    marche,
    needs_shared,
    official,
    real_contracts,
)

CONTRACT = marche(
    codeCPV="45000000",
    procedure="Appel d'offres ouvert",
    dureeMois=12,
    titulaires=[company(name="ENGIE")],
    modifications=[
        Modification(id=1, datePublicationDonneesModification="2024-10-20", titulaires=[company(COMPANY_B)])
    ],
)


def damaged(change: Any) -> Report:
    """The report on the award release after a change."""
    release = msgspec.json.decode(encoded(CONTRACT)[0])
    change(release)
    return validate([msgspec.json.encode(release)], PROFILE)


def test_good_releases_are_valid() -> None:
    report = validate(encoded(CONTRACT), PROFILE)
    assert report == Report(source="profile", skipped_reason=None, checked=2, invalid=0, problems=[], by_rule={})
    assert report.ok


def test_the_report_says_why_the_official_check_was_skipped() -> None:
    schema = Schema(source="profile", release=PROFILE.release, skipped_reason="no network")
    report = validate(encoded(CONTRACT), schema)
    assert (report.source, report.skipped_reason) == ("profile", "no network")


@pytest.mark.parametrize(
    ("change", "rule", "path"),
    [
        (lambda r: r.pop("initiationType"), "schema.required", ""),
        (lambda r: r["tender"].update(procurementMethod="free"), "schema.enum", "tender/procurementMethod"),
        (lambda r: r["awards"][0].update(date="2024-02-30T00:00:00+01:00"), "schema.format", "awards/0/date"),
        (lambda r: r["awards"][0]["value"].update(amount="12"), "schema.type", "awards/0/value/amount"),
        (lambda r: r.update(decpUID="1"), "schema.additionalProperties", ""),
        (lambda r: r["awards"][0].update(suppliers=[]), "schema.minItems", "awards/0/suppliers"),
        (lambda r: r["tender"].update(title=""), "schema.minLength", "tender/title"),
        (lambda r: r["buyer"].update(id="nobody"), "party.missing", "buyer"),
        (lambda r: r["parties"][1].update(roles=["buyer"]), "party.role", "awards/0/suppliers/0"),
        (lambda r: r["parties"][1].update(name="Other"), "party.name", "awards/0/suppliers/0"),
        (lambda r: r["parties"][1].update(id=r["parties"][0]["id"]), "party.unique", "parties"),
        (lambda r: r["contracts"][0].update(awardID="9"), "award.missing", "contracts/0/awardID"),
        (lambda r: r["tender"]["items"].append({"id": "1"}), "id.unique", "tender/items"),
    ],
)
def test_each_defect_is_found_where_it_is(change: Any, rule: str, path: str) -> None:
    report = damaged(change)
    assert (report.checked, report.invalid) == (1, 1)
    [found] = [p for p in report.problems if p.rule == rule]
    assert found.path == path
    assert found.release_id == "ocds-abc123-21750001600019-2024T05699-initial"
    assert found.ocid == "ocds-abc123-21750001600019-2024T05699"
    assert report.by_rule[rule] == 1


def test_the_message_is_in_plain_words() -> None:
    report = damaged(lambda r: r["tender"].update(procurementMethod="free"))
    [problem] = report.problems
    assert problem.message.startswith("a code that is in no declared code list: ")


def test_a_line_that_is_not_json_is_one_problem() -> None:
    report = validate([b"{", *encoded(CONTRACT)], PROFILE)
    assert (report.checked, report.invalid, report.by_rule) == (3, 1, {"release.json": 1})


def test_releases_out_of_order_are_found() -> None:
    lines = encoded(CONTRACT)
    assert validate(lines[::-1], PROFILE).by_rule == {"release.order": 1}
    assert validate(lines[::-1], PROFILE, ordered=False).ok


def test_order_is_checked_between_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 1)
    assert validate(encoded(CONTRACT)[::-1], PROFILE).by_rule == {"release.order": 1}


def test_problems_are_capped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PROBLEMS", 5)
    report = validate([b"{"] * 5_000, PROFILE)
    assert (report.checked, report.invalid, len(report.problems)) == (5_000, 5_000, 5)
    assert report.by_rule == {"release.json": 5_000}


def test_two_processes_say_the_same_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 50)
    monkeypatch.setattr(module, "ALONE", 100)
    lines = [line for n in range(200) for line in encoded(marche(id=f"{n:04}"))]
    lines[120] = lines[120].replace(b'"complete"', b'"finished"')
    one, two = (validate(lines, PROFILE, workers=w) for w in (1, 2))
    assert one == two
    assert (one.checked, one.invalid, one.by_rule) == (200, 1, {"schema.enum": 1})


@needs_shared
def test_every_release_of_every_real_contract_is_valid() -> None:
    lines = [line for group in in_order(real_contracts()) for line in group]
    assert len(lines) > 7_800
    for schema in (official(), PROFILE):
        report = validate(lines, schema)
        assert (report.source, report.checked, report.by_rule) == (schema.source, len(lines), {})
