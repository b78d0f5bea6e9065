"""Pelican's recorded calls: every case of every check gives the recorded result, and nothing is silently left out."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from procurement_assets.quality.indicators.pelican import references
from procurement_assets.quality.indicators.pelican.dataset import UniqueTenderId
from procurement_assets.quality.indicators.pelican.distribution import dataset_checks
from procurement_assets.quality.indicators.pelican.fields import FIELD_CHECKS, Codelists, check_field
from procurement_assets.quality.indicators.pelican.over_time import TIME_CHECKS
from procurement_assets.quality.indicators.pelican.reading import Release
from procurement_assets.quality.indicators.pelican.registry import texts
from procurement_assets.quality.indicators.pelican.release_checks import RELEASE_CHECKS
from procurement_assets.quality.indicators.pelican.results import ReleaseResult
from procurement_assets_tests.conftest import SHARED

ORACLE = SHARED / "oracles" / "pelican"
MODULES: dict[str, Callable[..., ReleaseResult]] = {
    "consistent.roles": references.in_parties_roles,
    "consistent.org_ref_name": references.name_in_parties,
    "consistent.parties_role": references.parties_roles,
    "reference.parties": references.in_parties,
}
"""Pelican's modules that serve several checks."""

needs_oracle = pytest.mark.skipif(not ORACLE.is_dir(), reason=f"{ORACLE} is absent: recorded calls are read in place")


def _recorded(name: str) -> list[dict[str, Any]]:
    path = ORACLE / name
    found: list[dict[str, Any]] = json.loads(path.read_text()) if path.is_file() else []
    return found


def _name(call: dict[str, Any]) -> str:
    return str(call["module"]).split("resource_level.")[-1]


RELEASES = _recorded("recorded_compiled_release_checks.json")
DATASET = _recorded("recorded_dataset_tender_id.json")


@needs_oracle
@pytest.mark.parametrize("call", RELEASES, ids=[f"{i}-{_name(c)}" for i, c in enumerate(RELEASES)])
def test_a_recorded_compiled_release_check_gives_the_recorded_result(call: dict[str, Any]) -> None:
    name = _name(call)
    check = MODULES[name] if name in MODULES else RELEASE_CHECKS[name]
    result = check(Release(call["args"][0]), **call["kwargs"])
    assert msgspec.structs.asdict(result) == call["result"]


def _any_example(result: dict[str, Any]) -> dict[str, Any]:
    """Pelican draws the item that an example shows among those that repeat an id; ours is the first."""
    for sample in (result.get("meta") or {}).get("failed_examples", ()):
        assert {"ocid": sample.pop("ocid"), "item_id": sample.pop("item_id")} in sample["all_items"]
    return result


@needs_oracle
@pytest.mark.parametrize("call", DATASET, ids=[f"{i}-{c['function']}" for i, c in enumerate(DATASET)])
def test_a_recorded_dataset_call_gives_the_recorded_result(call: dict[str, Any]) -> None:
    scope, *rest = copy.deepcopy(call["args"])
    check = UniqueTenderId(scope)
    if call["function"] == "add_item":
        check.take(Release(rest[0]), rest[1])
        assert check.scope == call["result"]
    else:
        made = msgspec.structs.asdict(check.result())
        assert _any_example(copy.deepcopy(made)) == _any_example(copy.deepcopy(call["result"]))


@needs_oracle
def test_the_recorded_field_checks_of_a_release_give_the_recorded_results() -> None:
    release = Release(json.loads((ORACLE / "compiled-release.json").read_text()))
    expected = json.loads((ORACLE / "field-result.json").read_text())["checks"]
    lists = Codelists(
        ocid_prefixes=("ocds-213czf",), identifier_schemes=frozenset({"GB-COH"}), languages=frozenset({"en"})
    )
    left_out = {t.id for t in texts().not_implemented if t.level == "champ"}
    compared = 0
    for field, places in expected.items():
        made = check_field(release, field, lists)
        assert [m.path for m in made] == [p["path"] for p in places]
        for found, place in zip(made, places, strict=True):
            quality = [c for c in place["quality"]["check_results"] or () if c["name"] not in left_out]
            assert [msgspec.structs.asdict(c) for c in found.coverage] == place["coverage"]["check_results"]
            assert [msgspec.structs.asdict(c) for c in found.quality] == quality
            assert found.covered == place["coverage"]["overall_result"]
            compared += 1
    assert compared == 438


@needs_oracle
def test_no_check_of_the_recorded_calls_is_silently_uncovered() -> None:
    implemented = {*RELEASE_CHECKS, *dataset_checks(), *TIME_CHECKS, *FIELD_CHECKS}
    left_out = {t.id: t.reason for t in texts().not_implemented}
    recorded = {_name(c) for c in RELEASES} - set(MODULES)
    recorded |= {c["module"].split("dataset.")[-1] for c in DATASET}
    fields = json.loads((ORACLE / "field-result.json").read_text())["checks"]
    recorded |= {
        check["name"]
        for places in fields.values()
        for place in places
        for part in ("coverage", "quality")
        for check in place[part]["check_results"] or ()
    }
    assert recorded - implemented <= set(left_out)
    assert set(MODULES) <= {_name(c) for c in RELEASES}
    for name, reason in sorted(left_out.items()):
        print(f"not implemented: {name}: {reason}")
        assert reason
    assert set(left_out) == {
        "misc.url_availability",
        "email",
        "telephone",
        "document_type",
        "document_format_codelist",
    }


def test_every_check_has_its_french_text_and_the_reverse() -> None:
    by_level = {
        "processus": set(RELEASE_CHECKS),
        "jeu": set(dataset_checks()),
        "temps": set(TIME_CHECKS),
        "champ": set(FIELD_CHECKS),
    }
    for level, names in by_level.items():
        assert {t.id for t in texts().check if t.level == level} == names
    assert len(RELEASE_CHECKS) == 37
    assert len(dataset_checks()) + 1 == 24  # and misc.url_availability
    assert len({t.title for t in texts().check}) == len(texts().check)
    assert all(t.explanation.endswith(".") for t in texts().check)
