"""Layouts: valid against the official schemas when clean, read back by the project's reader, the same bytes always."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import tracemalloc
from typing import IO

import jsonschema_rs
import msgspec
import pytest
from lxml import etree

from procurement_assets.decp.raw import Layout, ReadRecord
from procurement_assets.decp.reader import read_file
from procurement_assets.sample import generate, write
from procurement_assets.sample.generator import BLOCK
from procurement_assets_tests.conftest import SHARED

SCHEMAS = SHARED / "reference" / "decp_schemas"
needs_schemas = pytest.mark.skipif(not SCHEMAS.exists(), reason="the official schemas are not at hand")
LAYOUTS: list[tuple[str, Layout]] = [
    ("paris-2022-nested", "v2-nested"),
    ("national-2022", "v2-nested"),
    ("paris-2022-consolidated", "v2-consolidated"),
    ("paris-2.0.0-flat", "v2-flat"),
    ("national-2022", "xml-2"),
    ("national-v1", "v1-flat"),
    ("paris-2019-dotted", "v1-dotted"),
    ("national-v1", "xml-1"),
]


def written(profile: str, layout: Layout, count: int, *, seed: int = 3, defects: bool = True) -> bytes:
    stream = io.BytesIO()
    write(generate(profile, count, seed, defects=defects, layout=layout), layout, stream)
    return stream.getvalue()


@needs_schemas
@pytest.mark.parametrize(
    ("schema", "profile", "layout"),
    [
        ("main_v2.0.3/schema_decp_v2.0.3.json", "paris-2022-nested", "v2-nested"),
        ("main_v2.0.3/schema_decp_v2.0.3.json", "national-2022", "v2-nested"),
        ("2.0.0/marches.json", "paris-2.0.0-flat", "v2-flat"),
        ("1.5.0/marches.json", "national-v1", "v1-flat"),
        ("1.5.0/marches.json", "national-v1-aife", "v1-flat"),
    ],
)
def test_clean_json_is_valid(schema: str, profile: str, layout: Layout) -> None:
    validator = jsonschema_rs.validator_for(json.loads((SCHEMAS / schema).read_text(encoding="utf-8")))
    document = json.loads(written(profile, layout, 4000, defects=False))
    assert [e.message[:200] for e in validator.iter_errors(document)] == []


@needs_schemas
@pytest.mark.parametrize(
    ("schema", "profile", "layout"),
    [
        ("2.0.2/schema_decp_v2.0.2.xsd", "national-2022", "xml-2"),
        ("1.5.0/marches.xsd", "national-v1", "xml-1"),
    ],
)
def test_clean_xml_is_valid(schema: str, profile: str, layout: Layout) -> None:
    validator = etree.XMLSchema(etree.parse(str(SCHEMAS / schema)))
    assert validator.validate(etree.fromstring(written(profile, layout, 2000, defects=False))), validator.error_log


@pytest.mark.parametrize(("profile", "layout"), LAYOUTS)
def test_the_reader_recognises_the_layout_and_reads_every_record(profile: str, layout: Layout) -> None:
    found = list(read_file(io.BytesIO(written(profile, layout, 500, defects=False))))[:-1]
    assert len(found) == 500
    for item in found:
        assert isinstance(item, ReadRecord)
        assert item.layout == layout
        assert item.decode == "strict"
        assert not item.notes


def test_the_nested_layout_reads_back_as_the_truth() -> None:
    truths = {r.truth.id: r.truth for r in generate("national-2022", 1000, 3, defects=False)}
    for item in list(read_file(io.BytesIO(written("national-2022", "v2-nested", 1000, defects=False))))[:-1]:
        assert isinstance(item, ReadRecord)
        assert msgspec.to_builtins(item.record) == msgspec.to_builtins(truths[item.record.id])


def test_indentation_changes_no_value() -> None:
    records = list(generate("paris-demo", 50, 3, defects=False))
    compact, indented = io.BytesIO(), io.BytesIO()
    write(records, "v2-nested", compact)
    write(records, "v2-nested", indented, indent=2)
    assert json.loads(compact.getvalue()) == json.loads(indented.getvalue())
    assert len(indented.getvalue()) > len(compact.getvalue())


def test_empty_files_are_well_formed() -> None:
    assert json.loads(written("paris-demo", "v2-nested", 0)) == {"marches": {"marche": [], "contrat-concession": []}}
    assert json.loads(written("national-v1", "v1-flat", 0)) == {"marches": []}
    assert len(etree.fromstring(written("national-2022", "xml-2", 0))) == 0


@pytest.mark.parametrize(("profile", "layout"), LAYOUTS)
def test_same_bytes_twice(profile: str, layout: Layout) -> None:
    assert written(profile, layout, 1500) == written(profile, layout, 1500)
    assert written(profile, layout, 1500) != written(profile, layout, 1500, seed=4)


def test_same_bytes_in_another_process_with_another_hash_seed() -> None:
    here = hashlib.sha256(written("paris-demo", "v2-nested", 1500, seed=42)).hexdigest()
    command = [sys.executable, "-m", "procurement_assets.sample", "--profile", "paris-demo", "--records", "1500"]
    for seed in ("1", "2"):
        env = os.environ | {"PYTHONHASHSEED": seed}
        done = subprocess.run(command, env=env, capture_output=True, check=True, timeout=120)
        assert hashlib.sha256(done.stdout).hexdigest() == here


def test_a_record_does_not_depend_on_how_many_are_asked_for() -> None:
    long = list(generate("national-2022", BLOCK * 3, 8))
    short = list(generate("national-2022", BLOCK + 7, 8))
    assert short == long[: BLOCK + 7]
    later = list(generate("national-2022", BLOCK, 8, first=BLOCK))
    assert later == long[BLOCK : 2 * BLOCK]
    with pytest.raises(ValueError, match="multiple"):
        next(generate("national-2022", 1, 8, first=3))


class _Sink(io.RawIOBase):
    """Takes bytes and keeps none."""

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        return len(data)  # type: ignore[arg-type]


@pytest.mark.parametrize("layout", ["v2-nested", "xml-2"])
def test_memory_does_not_grow_with_the_number_of_records(layout: Layout) -> None:
    def peak(count: int) -> int:
        sink: IO[bytes] = _Sink()  # type: ignore[assignment]
        tracemalloc.start()
        write(generate("national-2022", count, 1, layout=layout), layout, sink)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(100)  # tables and words are made once
    # Without streaming, 3,000 more records would hold 3 MB of text and more of objects.
    assert peak(4500) < peak(1500) + 1_000_000
