from __future__ import annotations

import pytest
from werkzeug import Response

from procurement_assets.lake import Lake
from procurement_assets.sources.http import HttpClient
from procurement_assets.sources.reference import ReferenceChanged, ReferenceUnavailable, pinned, reference_path
from procurement_assets_tests.sources.conftest import Host, served, sha256

URL = "https://standard.open-contracting.org/schema/1__1__5/release-schema.json"
PATH = "/standard.open-contracting.org/schema/1__1__5/release-schema.json"
DATA = b'{"id": "release"}'


def test_a_reference_is_asked_once_and_kept(host: Host, lake: Lake, client: HttpClient) -> None:
    host.script(PATH, served(DATA))
    assert pinned(lake, client, URL, sha256(DATA)) == DATA
    assert pinned(lake, client, URL, sha256(DATA)) == DATA
    assert len(host.asked) == 1
    path = reference_path(lake, URL, sha256(DATA))
    assert path.read_bytes() == DATA
    assert str(path).endswith(f"reference/{sha256(DATA)[:2]}/{sha256(DATA)}-release-schema")


def test_a_reference_that_cannot_be_had_says_what_to_do(host: Host, lake: Lake, client: HttpClient) -> None:
    host.script(PATH, Response("", 503))
    with pytest.raises(ReferenceUnavailable, match=r"répond 503 \(12 essais\).*PROCUREMENT_MIRROR") as caught:
        pinned(lake, client, URL, sha256(DATA))
    assert str(caught.value).startswith(URL)


def test_other_bytes_than_those_pinned_are_refused_and_not_kept(host: Host, lake: Lake, client: HttpClient) -> None:
    host.script(PATH, served(b"{}"))
    with pytest.raises(ReferenceChanged, match=sha256(DATA)):
        pinned(lake, client, URL, sha256(DATA))
    assert not (lake / "reference").exists()


def test_a_damaged_copy_is_fetched_again(host: Host, lake: Lake, client: HttpClient) -> None:
    host.script(PATH, served(DATA))
    pinned(lake, client, URL, sha256(DATA))
    reference_path(lake, URL, sha256(DATA)).write_bytes(b"damaged")
    assert pinned(lake, client, URL, sha256(DATA)) == DATA


def test_a_pin_that_is_not_a_sha256_is_a_fault_of_the_caller(lake: Lake, client: HttpClient) -> None:
    with pytest.raises(ValueError, match="is not a sha256"):
        pinned(lake, client, URL, "latest")


def test_the_name_of_the_copy_is_safe(lake: Lake) -> None:
    assert reference_path(lake, "https://a.fr/x/..%2f..%2fetc?y=/z", "0" * 64).name == "0" * 64 + "-"


def test_it_works_in_a_bucket(host: Host, client: HttpClient) -> None:
    bucket = Lake("memory://reference-test/lake")
    host.script(PATH, served(DATA))
    assert pinned(bucket, client, URL, sha256(DATA)) == DATA
    assert pinned(bucket, client, URL, sha256(DATA)) == DATA
    assert len(host.asked) == 1
