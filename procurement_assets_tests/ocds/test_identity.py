"""Identifiers: ocids, organisations."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement_assets.ocds.mapping.identity import (
    contract_ocid,
    escape,
    identify,
    ocid_of,
    ocid_parts,
    unescape,
)
from procurement_assets_tests.ocds.support import PARIS, marche


def test_an_ocid_is_the_prefix_the_buyer_and_the_id() -> None:
    assert contract_ocid("ocds-abc123", marche()) == "ocds-abc123-21750001600019-2024T05699"


def test_unsafe_characters_of_an_id_are_escaped_in_the_ocid() -> None:
    assert ocid_of("ocds-abc123", PARIS, "2019 n°1/2#a_b") == ("ocds-abc123-21750001600019-2019_20n_C2_B01_2F2_23a_5Fb")


def test_two_contracts_with_one_id_have_two_ocids() -> None:
    first, second = marche(), marche(uid=f"{PARIS}2024T05699~0a1b2c3d")
    assert contract_ocid("ocds-abc123", second) == "ocds-abc123-21750001600019-2024T05699_7E0a1b2c3d"
    assert contract_ocid("ocds-abc123", first) != contract_ocid("ocds-abc123", second)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_escaping_is_reversible_and_safe(text: str) -> None:
    assert unescape(escape(text)) == text
    assert re.fullmatch(r"[A-Za-z0-9._-]*", escape(text))


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.text(st.characters(exclude_categories=["Cs"])))
def test_the_parts_of_an_ocid_can_be_read_back(buyer: str, number: str) -> None:
    assert ocid_parts(ocid_of("ocds-abc123", buyer, number)) == ("ocds-abc123", buyer, number)


@pytest.mark.parametrize(
    ("kind", "number", "name", "party_id", "scheme"),
    [
        ("SIRET", "55204599900869", None, "FR-RCS-552045999-00869", "FR-RCS"),
        ("SIRET", "35600000000048", None, "FR-RCS-356000000-00048", "FR-RCS"),
        ("TVA", "BE0431911504", "X", "BE-VAT-BE0431911504", "BE-VAT"),
        ("RIDET", "0123456.001", None, "NC-RIDET-0123456.001", "NC-RIDET"),
        ("HORS-UE", "CH 123", None, "FR-DECP-HORSUE-CH_20123", "FR-DECP-HORSUE"),
        # not what the type says: thirteen digits, a wrong key, all zero, letters, no type
        ("SIRET", "5520459990086", None, "FR-DECP-SIRET-5520459990086", "FR-DECP-SIRET"),
        ("SIRET", "55204599900860", None, "FR-DECP-SIRET-55204599900860", "FR-DECP-SIRET"),
        ("SIRET", "00000000000000", None, "FR-DECP-SIRET-00000000000000", "FR-DECP-SIRET"),
        ("TVA", "12", None, "FR-DECP-TVA-12", "FR-DECP-TVA"),
        (None, "abc", None, "FR-DECP-INCONNU-abc", "FR-DECP-INCONNU"),
    ],
)
def test_an_organisation_is_identified_by_what_it_published(
    kind: str | None, number: str, name: str | None, party_id: str, scheme: str
) -> None:
    found = identify(kind, number, name, "unidentified-1")
    assert found.party_id == party_id
    assert found.identifier is not None
    assert found.identifier.scheme == scheme


def test_a_siret_gives_the_siren_as_identifier_and_itself_beside() -> None:
    found = identify("SIRET", "55204599900869", None, "x")
    assert found.identifier is not None
    assert (found.identifier.id, found.identifier.uri) == (
        "552045999",
        "https://annuaire-entreprises.data.gouv.fr/entreprise/552045999",
    )
    assert [i.id for i in found.additional or ()] == ["55204599900869"]


def test_two_companies_entered_with_the_same_unusable_id_stay_two() -> None:
    assert (
        identify("SIRET", "00000", "Société A", "x").party_id != identify("SIRET", "00000", "Société B", "x").party_id
    )


def test_a_name_alone_identifies_whatever_its_accents_and_case() -> None:
    first, second = identify(None, None, "SOCIETE A", "x"), identify(None, "", "Société  a", "x")
    assert first.party_id == second.party_id
    assert first.party_id.startswith("name-")
    assert first.identifier is None


def test_nothing_at_all_takes_the_fallback() -> None:
    assert identify("SIRET", None, None, "unidentified-2").party_id == "unidentified-2"
