"""What data.gouv.fr should show, worked out without asking it: schemas, names, texts, which files."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement_assets.portal.publishing.datagouv_wanted import (
    schema_of,
    slug,
    upload_name,
    wanted_dataset,
    wanted_resources,
)
from procurement_assets.portal.publishing.http import PortalError
from procurement_assets_tests.portal.datagouv_support import package, paris

CSV = b"uid;montant\nA;1\n"


def test_only_regulatory_files_declare_the_national_schema() -> None:
    assert schema_of("decp_2022.json", {}) == {"name": "139bercy/format-commande-publique", "version": "2.0.3"}
    assert schema_of("decp_2019.xml", {}) == {"name": "139bercy/format-commande-publique", "version": "1.5.0"}
    assert schema_of("decp_marches.csv", {}) is None


@pytest.mark.parametrize(
    ("catalogue", "declared"),
    [
        (["2.0.3", "1.5.0"], {"version": "2.0.3"}),
        (["2.0.1", "2.0.2", "3.0.0", "latest"], {"version": "2.0.2"}),
        (["1.5.0"], {}),
    ],
)
def test_a_portal_that_does_not_list_our_version_is_told_the_nearest(
    catalogue: list[str], declared: dict[str, str]
) -> None:
    name = "139bercy/format-commande-publique"
    assert schema_of("decp_2022.json", {name: catalogue}) == {"name": name, **declared}
    assert schema_of("decp_2022.json", {"other/schema": catalogue}) is None


def test_a_description_without_the_word_gets_it() -> None:
    for publisher in (paris("https://portal.invalid/api/1"), paris("https://portal.invalid/api/1", description="M.")):
        settings = publisher.about.datagouv
        assert settings is not None
        assert wanted_dataset(publisher, settings)["description"].count("OCDS") == 1


def test_release_packages_are_sent_unzipped_and_other_packed_files_as_they_are(tmp_path: Path) -> None:
    text = b'{"releases": []}'
    packed = gzip.compress(text, mtime=0)
    files = {"ocds/release_package_2024.json.gz": packed, "ocds/record_package_2024.json.gz": packed}
    publisher = paris("https://portal.invalid/api/1")
    release, record = wanted_resources(package(tmp_path, files), publisher, {"json", "gz"}, {})
    assert (release.unzip, release.size, release.title) == (True, len(text), "ocds-release-package-2024.json")
    assert (record.unzip, record.size, record.title) == (False, len(packed), "ocds-record-package-2024.json.gz")
    assert "ocds" in release.description
    assert "ocds" not in record.description.lower()


@given(st.text(min_size=1))
def test_the_name_of_an_upload_is_the_one_that_udata_makes_of_itself(name: str) -> None:
    assert upload_name(upload_name(name)) == upload_name(name)
    assert set(upload_name(name)) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")


def test_what_is_said_of_a_file_does_not_change_with_its_bytes(tmp_path: Path) -> None:
    publisher = paris("https://portal.invalid/api/1")
    texts = []
    for data in (b"a\n1\n", b"a\n1\n2\n"):
        files = {"decp_marches.csv": data, "ocds/release_package_2024.json.gz": gzip.compress(data, mtime=0)}
        wanted = wanted_resources(package(tmp_path, files), publisher, {"csv", "json"}, {})
        texts.append([(w.title, w.description, w.type, w.schema) for w in wanted])
    assert texts[0] == texts[1]


def test_the_page_shows_no_file_of_the_extension(tmp_path: Path) -> None:
    files = {"decp_marches.csv": CSV, "ocds/extensions/ocds_fr_decp/1.0/extension.json": b"{}"}
    wanted = wanted_resources(package(tmp_path, files), paris("https://portal.invalid/api/1"), {"csv", "json"}, {})
    assert [w.name for w in wanted] == ["decp_marches.csv"]


def test_two_files_that_would_bear_one_title_are_refused(tmp_path: Path) -> None:
    two = package(tmp_path, {"ocds/2025.json": b"{}", "ocds_2025.json": b"[]"})
    with pytest.raises(PortalError, match=r"ocds_2025\.json et ocds/2025\.json auraient le même titre"):
        wanted_resources(two, paris("https://portal.invalid/api/1"), {"json"}, {})


@given(st.text())
def test_a_tag_made_by_us_is_a_tag_that_udata_leaves_alone(text: str) -> None:
    assert slug(slug(text)) == slug(text)
    assert set(slug(text)) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
