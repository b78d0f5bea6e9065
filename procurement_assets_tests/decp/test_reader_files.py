"""Real deliveries and official examples, read in place; skipped where the shared reference data is absent."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
from lxml import etree

from procurement_assets_tests.decp.reading import DEFECTS, MIRROR, SCHEMAS, needs_shared, read_at

pytestmark = needs_shared

DELIVERIES = [
    ("donnees-essentielles-de-la-commande-publique-fichiers-consolides/decp-2019.json", 3850, "v1-dotted"),
    ("donnees-essentielles-du-profil-acheteur-gip-maximilien/decp-maximilien-2024.json", 1054, "v2-nested"),
    ("donnees-essentielles-du-profil-acheteur-gip-maximilien/decp-maximilien-2025.json", 1152, "v2-nested"),
    ("decp-aife/aife_2019-04-04.json", 4530, "v1-flat"),
    ("decp-marches-publics-info/mpinfo_2019-03-07.json", 4509, "v1-flat"),
    ("decp-pes-marche/pes_2019-afb0043c.json", 1148, "v1-flat"),
]

EQUAL_IN_JSON_AND_XML = {
    "1.0.0": ["cc-basique", "mar-avec-modifications", "mar-basique", "mds-basique"],
    "1.0.2": ["cc-basique", "mar-avec-modifications", "mar-basique", "mds-basique"],
    "1.1.0": ["cc-basique", "mar-basique", "mds-basique"],
    "1.1.5": ["cc-basique", "mar-basique", "mds-basique"],
    "1.2.0": ["cc-basique", "mar-basique"],
    "1.3.0": ["cc-basique", "mar-basique", "mar-basique-avec-uid"],
    "1.4.0": ["mar-basique-avec-uid"],
    "1.5.0": ["mar-basique-avec-uid"],
    "2.0.0": ["mar-basique-avec-uid"],
}
"""The pairs of official examples that say the same; the others differ in ids, dates or values."""


def examples() -> list[Path]:
    return sorted(path for path in SCHEMAS.glob("*/exemples/*/*") if path.suffix in (".json", ".xml"))


def example_id(path: Path) -> str:
    return "/".join(path.relative_to(SCHEMAS).parts[::2]) if SCHEMAS in path.parents else path.name


def records_in(document: Any) -> int:
    """Records of an official JSON example, counted with the standard library."""
    if "marches" not in document:
        return 1
    marches = document["marches"]
    return len(marches) if isinstance(marches, list) else sum(len(records) for records in marches.values())


@pytest.mark.parametrize(("name", "count", "layout"), DELIVERIES)
def test_every_record_of_a_delivery_is_read(name: str, count: int, layout: str) -> None:
    result = read_at(MIRROR / name)
    assert len(result.records) == count
    assert result.quarantined == []
    assert {record.layout for record in result.records} == {layout}
    assert Counter(record.decode for record in result.records)["tolerant"] <= 1


@pytest.mark.parametrize(("name", "count", "layout"), DELIVERIES)
def test_the_records_of_a_delivery_are_those_a_plain_json_reader_finds(name: str, count: int, layout: str) -> None:
    path = MIRROR / name
    marches = json.loads(path.read_bytes())["marches"]
    plain = marches if isinstance(marches, list) else marches["marche"] + marches["contrat-concession"]
    result = read_at(path)
    assert [json.loads(record.raw) for record in result.records] == plain
    assert [record.record.objet for record in result.records] == [record.get("objet") for record in plain]
    assert [len(record.record.titulaires or ()) for record in result.records] == [
        len(record.get("titulaires") or record.get("concessionnaires") or ()) for record in plain
    ]


def test_the_concessions_of_a_mixed_file_are_told_from_its_marches() -> None:
    kinds = Counter(record.kind for record in read_at(MIRROR / "decp-aife/aife_2019-04-04.json").canonical)
    assert kinds == {"marche": 4508, "concession": 22}


def test_the_daily_files_are_read_whole() -> None:
    results = [read_at(path) for path in sorted((MIRROR / "decp-pes-fichiers-journaliers").glob("*.json"))]
    assert len(results) == 110
    assert sum(len(result.records) for result in results) == 233
    assert [result.reasons for result in results if result.quarantined] == []


@pytest.mark.parametrize("path", examples() or [Path("absent")], ids=example_id)
def test_every_official_example_is_read_without_quarantine(path: Path) -> None:
    result = read_at(path)
    if path.suffix == ".json":
        expected = records_in(json.loads(path.read_bytes()))
    else:
        root = etree.parse(str(path)).getroot()
        expected = len(root) if root.tag == "marches" else 1
    assert len(result.records) == expected
    assert result.quarantined == []
    assert all(record.record.id is not None and record.record.objet is not None for record in result.records)


@pytest.mark.parametrize("version", EQUAL_IN_JSON_AND_XML)
def test_the_same_official_contract_reads_alike_in_json_and_in_xml(version: str) -> None:
    for name in EQUAL_IN_JSON_AND_XML[version]:
        in_json = read_at(SCHEMAS / version / "exemples/json" / f"{name}.json").canonical
        in_xml = read_at(SCHEMAS / version / "exemples/xml" / f"{name}.xml").canonical
        assert [as_text(record) for record in in_json] == [as_text(record) for record in in_xml]


def as_text(record: msgspec.Struct) -> dict[str, Any]:
    """XML has only texts, writes empty lists as nothing, and platform fields differ."""

    def text(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: text(item) for key, item in value.items() if item != [] and key != "extras"}
        return [text(item) for item in value] if isinstance(value, list) else str(value)

    plain = text(msgspec.to_builtins(record))
    assert isinstance(plain, dict)
    return plain


def test_samples_chosen_for_their_defects_are_read_without_quarantine() -> None:
    counts = {}
    for path in sorted(DEFECTS.glob("*.json")):
        if path.name != "paris_portal_marches.json":
            result = read_at(path)
            assert result.quarantined == []
            counts[path.stem] = len(result.records)
    assert counts == {
        path.stem: records_in(json.loads(path.read_bytes()))
        for path in DEFECTS.glob("*.json")
        if path.name != "paris_portal_marches.json"
    }
    assert sum(counts.values()) == 363
