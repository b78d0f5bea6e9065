"""Quality of the standard, our rules and those of Pelican that block: seen to pass, to fail and not to apply."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from procurement_assets.ocds.compile import Compiler
from procurement_assets.ocds.standard_checks import StandardResult, check_standard, release_ids_of
from procurement_assets.quality.indicators.pelican.blocking import BLOCKING
from procurement_assets_tests.ocds.cases import every_field
from procurement_assets_tests.ocds.support import PROFILE, encoded, in_order, marche, needs_shared, real_contracts


def _compiled(*contracts: Any) -> list[bytes]:
    return [Compiler(PROFILE).compile(encoded(c)) for c in contracts]


def _by_rule(lines: list[bytes], **options: Any) -> dict[str, StandardResult]:
    return {r.rule: r for r in check_standard(lines, more=BLOCKING, **options)}


def test_contracts_with_every_field_fail_only_what_they_really_break() -> None:
    found = _by_rule(_compiled(*every_field()))
    failing = {r.rule: [e.value for e in r.examples] for r in found.values() if not r.passed}
    assert failing == {}
    assert found["ocds.subcontracting-value"].evaluated == 1
    assert found["pelican.coherent.period"].evaluated == 2
    assert len(found) == 13
    assert len({r.title for r in found.values()}) == 13


def _set(path: str, value: Any) -> Callable[[Any], None]:
    def change(release: Any) -> None:
        *parents, last = (int(p) if p.isdigit() else p for p in path.split("/"))
        node = release
        for part in parents:
            node = node[part]
        node[last] = value

    return change


def _repeat(section: str) -> Callable[[Any], None]:
    def change(release: Any) -> None:
        release[section].append(copy.deepcopy(release[section][0]))

    return change


@pytest.mark.parametrize(
    ("rule", "change", "example"),
    [
        ("ocds.award-id-unique", _repeat("awards"), "awards : 1"),
        ("ocds.contract-id-unique", _repeat("contracts"), "contracts : 1"),
        ("pelican.reference.contract_in_awards", _set("contracts/0/awardID", "9"), "awardID : 9, reason : no award"),
        ("ocds.award-has-supplier", _set("awards/1/suppliers", []), "attribution 2 sans titulaire"),
        ("ocds.buyer-referenced", _set("buyer/id", "x"), "FR-RCS-217500016-00019 : rôle buyer sans référence"),
        ("ocds.subcontractor-referenced", _set("awards/0/subcontracting/subcontracts", []), "rôle subcontractor"),
        (
            "pelican.coherent.period",
            _set("contracts/0/period/endDate", "2001-01-01T00:00:00+01:00"),
            "> contracts[0].period.endDate 2001-01-01",
        ),
        ("ocds.subcontracting-value", _set("awards/0/subcontracting/value/amount", 6e5), "sous-traité 600000.00"),
        ("pelican.coherent.awards_status", _set("contracts/0/awardID", "1"), "path : awards[0], id : 1"),
        ("ocds.references", _set("awards/1/suppliers/0/id", "nobody"), "no party has the id 'nobody'"),
        ("ocds.closed-codes", _set("tender/procurementMethod", "free"), "tender/procurementMethod : free"),
        ("ocds.open-codes", _set("tender/decp/ccag", "Autre"), "tender/decp/ccag : Autre"),
        ("ocds.amended-release", _set("contracts/0/amendments/0/releaseID", "elsewhere"), "elsewhere"),
    ],
)
def test_each_rule_fails_where_it_must(rule: str, change: Callable[[Any], None], example: str) -> None:
    release = json.loads(_compiled(every_field()[0])[0])
    change(release)
    found = _by_rule([json.dumps(release).encode()])[rule]
    assert (found.evaluated, found.failing) == (1, 1)
    assert found.failing_ids == [release["ocid"]]
    assert example in found.examples[0].value


def test_an_amendment_that_names_a_release_never_published_fails() -> None:
    groups = [encoded(c) for c in every_field()]
    lines = [Compiler(PROFILE).compile(g) for g in groups]
    ids = release_ids_of(line for g in groups for line in g)
    assert _by_rule(lines, release_ids=ids)["ocds.amended-release"].passed
    kept = frozenset(i for i in ids if not i.endswith("-modification-1"))
    assert not _by_rule(lines, release_ids=kept)["ocds.amended-release"].passed


def test_a_rule_without_anything_to_look_at_evaluates_nothing() -> None:
    found = _by_rule(_compiled(marche(titulaires=[], montant=None, dateNotification=None)))
    for rule in ("pelican.coherent.period", "pelican.coherent.awards_status", "ocds.subcontracting-value"):
        assert (found[rule].evaluated, found[rule].passed) == (0, True)


@needs_shared
def test_real_contracts_break_no_rule_that_is_an_error() -> None:
    groups = in_order(real_contracts())
    lines = list(Compiler(PROFILE).compiled(groups))
    found = check_standard(lines, release_ids_of(line for g in groups for line in g), BLOCKING)
    assert [(r.rule, r.examples[:2]) for r in found if r.severity == "error" and not r.passed] == []
    by_rule = {r.rule: r for r in found}
    assert by_rule["pelican.coherent.period"].evaluated > 1000
    assert all(len(r.examples) <= 50 for r in found)
