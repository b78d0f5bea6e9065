"""The registers of generated data: the real forms, the same bytes, the sources' own suppliers, places that exist."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from procurement_assets.publishers import Source, load_publishers
from procurement_assets.sample import DEMO_PUBLISHERS
from procurement_assets.sample.identifiers import luhn_ok
from procurement_assets.sample.profiles import cpv_codes
from procurement_assets.sample.registers import NAMES, suppliers, write_sample_register
from procurement_assets_tests.decp.reading import SHARED, needs_shared

SOURCE = Source(
    id="s", name="s", kind="sample", rank=1, sample_profile="paris-2022-nested", sample_records=120, sample_seed=3
)


@pytest.mark.parametrize("kind", NAMES)
def test_the_same_sources_give_the_same_bytes(kind: str, tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    first.mkdir(), second.mkdir()
    one = write_sample_register(kind, [SOURCE], first).read_bytes()
    assert write_sample_register(kind, [SOURCE], second).read_bytes() == one


def test_suppliers_are_those_of_the_sources_each_once() -> None:
    found = suppliers([SOURCE, SOURCE])
    assert found == suppliers([SOURCE])
    assert len(found) > 50
    assert all(len(s) == 9 and luhn_ok(s) for s in found)
    assert len(suppliers(list(load_publishers(DEMO_PUBLISHERS).sources.values()))) > 1000


def test_the_stock_has_the_types_of_insee_and_names_people_only_in_its_own_columns(tmp_path: Path) -> None:
    path = write_sample_register("sirene", list(load_publishers(DEMO_PUBLISHERS).sources.values()), tmp_path)
    table = pq.read_table(path)
    types = {f.name: str(f.type) for f in table.schema}
    assert types["siren"] in ("string", "large_string")
    assert types["categorieJuridiqueUniteLegale"] == "int64"
    assert types["dateDebut"] == "date32[day]"
    people = [r for r in table.to_pylist() if r["categorieJuridiqueUniteLegale"] == 1000]
    assert people
    assert all(r["denominationUniteLegale"] is None for r in people)
    assert {"O", "P"} == set(table["statutDiffusionUniteLegale"].to_pylist())


@needs_shared
def test_the_codes_and_places_of_the_sample_exist(tmp_path: Path) -> None:
    with (SHARED / "reference/cpv_2008_fr_en.csv").open(encoding="utf-8") as file:
        real = {line["code"] for line in csv.DictReader(file)}
    text = write_sample_register("genericode", [SOURCE], tmp_path).read_text(encoding="utf-8")
    codes = {part.split("<")[0] for part in text.split('ColumnRef="code">\n            <SimpleValue>')[1:]}
    assert {c.code for c in cpv_codes()} < codes <= real
    for kind in ("departements", "regions"):
        known = {p["code"]: p for p in json.loads((SHARED / f"reference/{kind}.json").read_text(encoding="utf-8"))}
        for place in json.loads(write_sample_register(kind, [SOURCE], tmp_path).read_text(encoding="utf-8")):
            same = {k: known[place["code"]][k] for k in place if k != "typeLiaison"}
            assert {k: v for k, v in place.items() if k != "typeLiaison"} == same
