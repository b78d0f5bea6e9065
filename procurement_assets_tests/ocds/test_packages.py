"""Packages and files: what they say, the same bytes every time, and the judgement of libcoveocds."""

from __future__ import annotations

import io
import json

import msgspec

from procurement_assets.ocds.packages import (
    gzipped,
    read_lines,
    unpublishable,
    write_lines,
    write_release_package,
)
from procurement_assets_tests.ocds.cases import ABOUT, every_field, record_package, release_package
from procurement_assets_tests.ocds.support import (
    PUBLISHER,
    in_order,
)


def test_a_package_says_who_when_and_under_which_licence() -> None:
    found = json.loads(release_package(in_order(every_field())))
    releases = found.pop("releases")
    assert len(releases) == 6
    declared = found.pop("extensions")
    assert declared[-1] == "https://opendata.paris.fr/ocds/extensions/ocds_fr_decp/1.0/extension.json"
    assert all("master" not in url for url in declared)
    assert found == {
        "uri": "https://opendata.paris.fr/ocds/releases.json",
        "version": "1.1",
        "publishedDate": "2025-06-30T00:00:00+02:00",
        "publisher": {
            "name": "Ville de Paris",
            "scheme": "FR-RCS",
            "uid": "217500016",
            "uri": "https://opendata.paris.fr",
        },
        "license": "https://www.etalab.gouv.fr/licence-ouverte-open-licence",
        "publicationPolicy": "https://opendata.paris.fr/pages/politique",
    }


def test_a_record_package_has_one_record_per_process() -> None:
    found = json.loads(record_package(in_order(every_field())))
    assert [r["ocid"] for r in found["records"]] == sorted(r["ocid"] for r in found["records"])
    assert [(r["ocid"][-8:], len(r["releases"])) for r in found["records"]] == [("24T05699", 4), ("-C202401", 2)]


def test_the_number_written_is_returned() -> None:
    assert write_release_package(io.BytesIO(), [b"{}", b"{}"], ABOUT) == 2
    assert write_lines(io.BytesIO(), []) == 0


def test_compressed_lines_have_the_same_bytes_every_time_and_read_back() -> None:
    lines = [b'{"a":1}', '{"b":"é"}'.encode()]
    twice = []
    for _ in range(2):
        out = io.BytesIO()
        with gzipped(out) as handle:
            assert write_lines(handle, lines) == 2
        twice.append(out.getvalue())
    assert twice[0] == twice[1]
    assert twice[0][4:8] == b"\0\0\0\0"  # no date
    assert list(read_lines(io.BytesIO(twice[0]))) == lines


def test_a_placeholder_prefix_cannot_be_published() -> None:
    reason = unpublishable(PUBLISHER)
    assert reason is not None
    assert "data@open-contracting.org" in reason
    assert unpublishable(msgspec.structs.replace(PUBLISHER, ocid_prefix_is_placeholder=False)) is None
