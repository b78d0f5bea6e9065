from __future__ import annotations

import io

import pytest

from procurement_assets.registers.errors import RegisterDamagedError
from procurement_assets.registers.geography import read_departements, read_regions
from procurement_assets_tests.decp.reading import SHARED, needs_shared
from procurement_assets_tests.registers.conftest import DEPARTEMENTS, REGIONS, as_json


def test_departments_have_their_region_and_their_zone() -> None:
    assert read_departements(io.BytesIO(as_json(DEPARTEMENTS))).rows() == [
        ("2A", "Corse-du-Sud", "94", "metro", "2A004"),
        ("75", "Paris", "11", "metro", "75056"),
        ("974", "La Réunion", "04", "drom", "97411"),
    ]


def test_regions_are_read() -> None:
    assert read_regions(io.BytesIO(as_json(REGIONS)))["code"].to_list() == ["04", "11"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"[", "JSON illisible"),
        (b"{}", "JSON illisible"),
        (b"[]", "la liste est vide"),
        (as_json([{"code": "75"}]), "JSON illisible"),
        (as_json([{**DEPARTEMENTS[0], "code": "7"}]), "« 7 » n'est pas un code de département"),
        (as_json([{**DEPARTEMENTS[0], "nom": " "}]), "n'est pas un code de département nommé"),
        (as_json([DEPARTEMENTS[0], DEPARTEMENTS[0]]), "le code 75 est écrit deux fois"),
        (as_json(REGIONS), "n'a pas de région"),
    ],
)
def test_another_file_is_refused_and_says_why(data: bytes, said: str) -> None:
    with pytest.raises(RegisterDamagedError, match=said):
        read_departements(io.BytesIO(data))


@needs_shared
def test_the_published_lists_are_read_whole() -> None:
    with (SHARED / "reference/departements.json").open("rb") as file:
        departements = read_departements(file)
    with (SHARED / "reference/regions.json").open("rb") as file:
        regions = read_regions(file)
    assert (departements.height, regions.height) == (109, 26)
    assert set(departements["region"]) == set(regions["code"])
    assert departements.filter(departements["zone"] != "com").height == 101
