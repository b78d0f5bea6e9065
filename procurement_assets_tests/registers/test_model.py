from __future__ import annotations

from pathlib import Path

import pytest

from procurement_assets.registers.model import RegistersError, load_registers
from procurement_assets.schema import TABLES
from procurement_assets.settings import PACKAGE, load_settings

ENTRY = """
[[register]]
id = "cpv"
name = "CPV"
publisher = "OP"
licence = "CC BY 4.0"
licence_url = "https://creativecommons.org/licenses/by/4.0/"
kind = "genericode"
addresses = ["https://exemple.fr/cpv.gc"]
"""


def test_the_registers_of_the_project_make_the_tables_that_are_described() -> None:
    registers = load_registers(load_settings({}).registers)
    assert list(registers) == ["cpv", "departements", "regions", "sirene"]
    assert {r.table for r in registers.values()} == {n for n in TABLES if n.startswith("registre_")}
    assert [r.id for r in registers.values() if not r.keeps_raw] == ["sirene"]
    assert all(a.startswith("https://") for r in registers.values() for a in r.addresses)


def test_the_demo_has_the_same_registers_and_asks_nobody() -> None:
    demo = load_registers(PACKAGE / "sample" / "registers.toml")
    assert {i: r.table for i, r in demo.items()} == {
        i: r.table for i, r in load_registers(PACKAGE / "registers.toml").items()
    }
    assert all(r.is_sample for r in demo.values())


def test_another_file_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "autres.toml"
    path.write_text(ENTRY)
    assert list(load_registers(load_settings({"PROCUREMENT_REGISTERS": str(path)}).registers)) == ["cpv"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "register"),
        ("[[register", "Expected"),
        (ENTRY.replace("genericode", "excel"), "excel"),
        (ENTRY + 'tag = "1.15"', "tag"),
        (ENTRY + ENTRY, "deux registres ont le même id : cpv"),
        (ENTRY + ENTRY.replace('"cpv"', '"cpv2"'), "deux registres ont le même kind : genericode"),
        (ENTRY.replace('"cpv"', '"CPV !"'), "attendu des minuscules"),
        (ENTRY.replace('"OP"', '" "'), "publisher est vide"),
        (ENTRY.replace('["https://exemple.fr/cpv.gc"]', "[]"), "addresses est vide"),
        (ENTRY.replace("https://exemple.fr/cpv.gc", "ftp://exemple.fr/cpv.gc"), "adresse 'ftp://exemple.fr/cpv.gc'"),
        (ENTRY.replace("https://exemple", "https://moi:secret@exemple"), "adresse"),
    ],
)
def test_a_wrong_file_stops_with_one_line_that_says_where(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "registers.toml"
    path.write_text(text)
    with pytest.raises(RegistersError, match=said) as caught:
        load_registers(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
