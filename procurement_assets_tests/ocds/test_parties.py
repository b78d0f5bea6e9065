"""Organisations of a release: one party each, whatever was published (research/ocds.md §1.3)."""

from __future__ import annotations

from procurement_assets.decp.model import Operateur
from procurement_assets_tests.ocds.support import (
    COMPANY_B,
    PARIS,
    company,
    first,
    marche,
)

OCID = "ocds-abc123-21750001600019-2024T05699"


def test_names_of_the_register_complete_the_published_ones() -> None:
    names = {"552045999": "ENGIE", "217500016": "VILLE DE PARIS"}
    release = first(marche(titulaires=[company(), company(COMPANY_B, "Publié")]), names=names)
    assert [p.get("name") for p in release["parties"]] == ["VILLE DE PARIS", "ENGIE", "Publié"]
    assert release["parties"][1]["identifier"]["legalName"] == "ENGIE"
    assert release["awards"][0]["suppliers"][0] == {"id": "FR-RCS-552045999-00869", "name": "ENGIE"}


def test_a_buyer_that_is_also_the_supplier_is_one_party_with_two_roles() -> None:
    release = first(marche(titulaires=[company(PARIS), company(COMPANY_B)]))
    assert [(p["id"], p["roles"]) for p in release["parties"]] == [
        ("FR-RCS-217500016-00019", ["buyer", "supplier"]),
        ("FR-RCS-381031285-00491", ["supplier"]),
    ]


def test_a_supplier_published_twice_is_one_supplier() -> None:
    release = first(marche(titulaires=[company(), company(name="ENGIE"), company()]))
    assert [s["id"] for s in release["awards"][0]["suppliers"]] == ["FR-RCS-552045999-00869"]
    assert len(release["parties"]) == 2


def test_suppliers_without_an_id_are_known_by_name_or_by_rank() -> None:
    nameless, named = Operateur(typeIdentifiant="SIRET"), Operateur(denominationSociale="Société A")
    release = first(marche(titulaires=[nameless, named, nameless]))
    ids = [s["id"] for s in release["awards"][0]["suppliers"]]
    assert ids[0] == "unidentified-1"
    assert ids[1].startswith("name-")
    assert ids[2] == "unidentified-3"
    assert [p["id"] for p in release["parties"][1:]] == ids


def test_a_contract_without_holders_has_an_award_without_suppliers() -> None:
    release = first(marche(titulaires=[]))
    assert "suppliers" not in release["awards"][0]
    assert [p["roles"] for p in release["parties"]] == [["buyer"]]
