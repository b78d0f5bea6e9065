from __future__ import annotations

import pytest

from procurement_assets.sources.addresses import UnsafeAddressError, check, next_hop, to_public, to_wire

MIRROR = "http://127.0.0.1:8800"


@pytest.mark.parametrize(
    ("public", "wire"),
    [
        (
            "https://www.data.gouv.fr/api/2/x/?page=1&page_size=50",
            f"{MIRROR}/www.data.gouv.fr/api/2/x/?page=1&page_size=50",
        ),
        ("https://Opendata.Paris.fr", f"{MIRROR}/opendata.paris.fr/"),
        ("https://host.fr:8443/a#part", f"{MIRROR}/host.fr:8443/a"),
        (f"{MIRROR}/www.data.gouv.fr/a", f"{MIRROR}/www.data.gouv.fr/a"),
    ],
)
def test_public_addresses_are_asked_of_the_mirror(public: str, wire: str) -> None:
    assert to_wire(public, MIRROR) == wire


def test_without_a_mirror_the_address_stays() -> None:
    assert to_wire("https://www.data.gouv.fr/a?b=c", None) == "https://www.data.gouv.fr/a?b=c"


def test_the_public_address_is_found_back() -> None:
    assert to_public(f"{MIRROR}/www.data.gouv.fr/a?b=c", MIRROR) == "https://www.data.gouv.fr/a?b=c"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://host.fr/a",
        "file:///etc/passwd",
        "https:///a",
        "https://user:secret@host.fr/a",
        "https://host.fr/a b",
        "/a",
    ],
)
def test_unsafe_addresses_are_refused(url: str) -> None:
    with pytest.raises(UnsafeAddressError):
        check(url)


@pytest.mark.parametrize(
    ("wire", "location", "mirror", "expected"),
    [
        (f"{MIRROR}/a.fr/x", f"{MIRROR}/b.fr/y", MIRROR, f"{MIRROR}/b.fr/y"),
        (f"{MIRROR}/a.fr/x", "https://b.fr/y?z=1", MIRROR, f"{MIRROR}/b.fr/y?z=1"),
        (f"{MIRROR}/a.fr/x", "/a.fr/y", MIRROR, f"{MIRROR}/a.fr/y"),
        ("https://a.fr/x/y", "../z", None, "https://a.fr/z"),
        ("http://a.fr/x", "https://b.fr/y", None, "https://b.fr/y"),
        ("https://a.fr/x", "https://b.fr/marchés".encode().decode("latin-1"), None, "https://b.fr/marchés"),
    ],
)
def test_a_redirection_leads_to(wire: str, location: str, mirror: str | None, expected: str) -> None:
    assert next_hop(wire, location, mirror) == expected


@pytest.mark.parametrize("location", ["http://b.fr/y", "ftp://b.fr/y", "file:///etc/passwd", "javascript:alert(1)"])
def test_a_redirection_from_https_to_anything_less_is_refused(location: str) -> None:
    with pytest.raises(UnsafeAddressError):
        next_hop("https://a.fr/x", location, None)
