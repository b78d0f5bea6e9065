"""The mapping table: complete on both sides, true of the outputs, and its files up to date."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from procurement_assets.decp.model import Acte, Contract, Execution, Lieu, ModificationActe, Tarif
from procurement_assets.ocds.compile import Compiler
from procurement_assets.ocds.documentation.__main__ import DOCS, files
from procurement_assets.ocds.documentation.markdown import markdown
from procurement_assets.ocds.documentation.sheet import marked_schema
from procurement_assets.ocds.documentation.table import LOCAL, extension_of, ocds_paths, paths_in, rows
from procurement_assets.ocds.pins import load_pins
from procurement_assets.schema import TABLES
from procurement_assets_tests.ocds.cases import every_field
from procurement_assets_tests.ocds.support import (
    COMPANY_B,
    PARIS,
    PROFILE,
    SHARED,
    company,
    concession,
    encoded,
    fetch,
    marche,
    modified,
    needs_shared,
    real_contracts,
)

SCHEMAS = SHARED / "reference/decp_schemas"


def _leaves(root: Any, node: Any, path: str) -> Iterator[str]:
    """Leaf paths of a JSON Schema, references followed."""
    if "$ref" in node:
        target = root
        for key in node["$ref"].removeprefix("#/").split("/"):
            target = target[key]
        yield from _leaves(root, target, path)
        return
    inner = [a for k in ("allOf", "anyOf", "oneOf") for a in node.get(k, ()) if isinstance(a, dict)]
    inner = [a for a in inner if a.keys() & {"$ref", "properties", "items"}]
    for alternative in inner:
        yield from _leaves(root, alternative, path)
    if "properties" in node:
        for key, value in node["properties"].items():
            yield from _leaves(root, value, f"{path}.{key}" if path else key)
    elif isinstance(node.get("items"), dict):
        yield from _leaves(root, node["items"], f"{path}[]")
    elif not inner:
        yield path


def _official(name: str) -> set[str]:
    schema = json.loads((SCHEMAS / name).read_bytes())
    found = set(_leaves(schema, schema, ""))
    short = {p.removeprefix("marches.").removeprefix("marches[]."): p for p in found}
    return {s.replace("marche[].", "marche.", 1).replace("concession[].", "concession.", 1) for s in short}


@needs_shared
@pytest.mark.parametrize(
    ("name", "documented", "count"),
    [
        ("v2.0.4_decp-arr2022/schema_decp_v2.0.4.json", {p for r in rows() for p in r.v2022}, 74),
        ("1.5.0/marches.json", {p for r in rows() for p in r.v2019}, 43),
    ],
)
def test_every_field_of_the_official_schema_is_documented(name: str, documented: set[str], count: int) -> None:
    official = _official(name)
    assert len(official) == count
    assert sorted(official - documented) == []
    assert sorted(documented - official) == []


def _cases() -> list[Contract]:
    """Contracts that together write every path: every field, then the values that take another way."""
    strange = "0218-03-07"
    return [
        *every_field(),
        marche(
            id="X1",
            lieuExecution=Lieu(code="FR", typeCode="Code pays", nom="France"),
            idAccordCadre="X1",
            nature="Accord-cadre",
            considerationsSociales=["Autre considération"],
            considerationsEnvironnementales=["Clause environnementale"],
            marcheInnovant=True,
        ),
        marche(id="X2", lieuExecution=Lieu(code="9", typeCode="Autre"), dateNotification=strange),
        marche(id="X3", dateSignature="2024-05-14"),
        concession(id="X4", dateSignature=strange, dateDebutExecution=strange),
        marche(
            id="X5",
            modifications=[
                modified(
                    dateNotificationModification=strange,
                    dateSignatureModification="2024-10-17",
                    titulaires=[company(COMPANY_B)],
                )
            ],
        ),
        marche(id="X9", titulaires=[], modifications=[modified(titulaires=[company(COMPANY_B)])]),
        _odd_names(),
        _out_of_order(),
        concession(
            id="X8",
            donneesExecution=[
                Execution(datePublicationDonneesExecution=d, depensesInvestissement=1.0)
                for d in ("2026-04-18", "2025-04-18")
            ],
        ),
    ]


def _odd_names() -> Contract:
    """What no party can give back: other names of one organisation, a uid of another make, bids below zero."""
    return marche(
        id="X6",
        uid="another uid",
        acheteur_nom="VILLE DE PARIS",
        offresRecues=-1,
        titulaires=[company(name="ENGIE"), company(PARIS, "LA VILLE")],
        actesSousTraitance=[Acte(id=1, sousTraitant=company(name="Engie S.A."), datePublicationDonnees="2024-06-12")],
        modifications=[
            modified(titulaires=[company(COMPANY_B, "B")]),
            modified(id=2, titulaires=[company(name="Engie SA")]),
        ],
    )


def _out_of_order() -> Contract:
    """Acts and their modifications published in another order than that of the list."""
    return marche(
        id="X7",
        actesSousTraitance=[
            Acte(id=n, sousTraitant=company(COMPANY_B), datePublicationDonnees=d)
            for n, d in ((1, "2024-08-12"), (2, "2024-07-12"))
        ],
        modificationsActesSousTraitance=[
            ModificationActe(id=n, montant=1.0, datePublicationDonnees=d)
            for n, d in ((1, "2024-10-12"), (2, "2024-09-12"))
        ],
    )


def _written(contracts: list[Contract], **options: Any) -> set[str]:
    return {path for c in contracts for line in encoded(c, **options) for path in paths_in(msgspec.json.decode(line))}


def test_every_documented_path_occurs_and_every_path_that_occurs_is_documented() -> None:
    found = _written(_cases(), names={"552045999": "ENGIE SA", "217500016": "VILLE DE PARIS"})
    assert sorted(found - ocds_paths()) == []
    assert sorted(ocds_paths() - found) == []


@needs_shared
def test_no_real_contract_writes_a_path_that_is_not_documented() -> None:
    assert sorted(_written(real_contracts()[::7]) - ocds_paths()) == []


def test_each_field_goes_where_the_table_says() -> None:
    """One field alone added to a bare contract: what appears is documented for that field."""
    bare = dict.fromkeys(_written([marche()]))
    documented = {p.removeprefix("marche.").split(".")[0].split("[")[0]: set[str]() for r in rows() for p in r.v2022}
    for row in rows():
        for path in row.v2022:
            documented[path.removeprefix("marche.").split(".")[0].split("[")[0]] |= set(row.ocds)
    values = {
        "codeCPV": "45000000",
        "procedure": "Appel d'offres ouvert",
        "techniques": ["Enchère électronique", "Concours"],
        "offresRecues": 3,
        "ccag": "Travaux",
        "formePrix": "Forfaitaire",
        "typesPrix": ["Définitif ferme"],
        "tauxAvance": 0.3,
        "attributionAvance": True,
        "marcheInnovant": False,
        "typeGroupementOperateurs": "Solidaire",
        "origineUE": 1.0,
        "sousTraitanceDeclaree": True,
        "dureeMois": 12,
        "idAccordCadre": "2020AC",
        "considerationsSociales": ["Clause sociale"],
    }
    constants = next(set(r.ocds) for r in rows() if r.source_fr == "constante")
    for field, value in values.items():
        added = _written([marche(**{field: value})]) - set(bare)
        described = {"tender/items/description", "awards/items/description"}  # an item comes with its code
        assert added, field
        assert added <= documented[field] | constants | described, field


@needs_shared
def test_each_path_is_in_the_official_schema_and_comes_from_the_extension_said() -> None:
    schema = marked_schema(fetch, load_pins())

    def resolve(path: str) -> str:
        node, name = schema, ""
        for part in path.split("/"):
            if "$ref" in node:
                node = schema["definitions"][node["$ref"].removeprefix("#/definitions/")]
            if "items" in node and "properties" not in node:
                node = node["items"]
            if "$ref" in node:
                node = schema["definitions"][node["$ref"].removeprefix("#/definitions/")]
            node = node["properties"][part]
            name = node.get("extension", "") if part in ("country", "decp") else name or node.get("extension", "")
            if part == "decp":
                return LOCAL
        return name

    for path in sorted(ocds_paths()):
        assert resolve(path) == extension_of(path), path


def test_every_declared_extension_has_a_field_that_is_written() -> None:
    used = {extension_of(path) for path in ocds_paths()} - {""}
    assert used == {extension.id for extension in load_pins().extension} | {LOCAL}


@needs_shared
def test_the_files_in_docs_are_up_to_date() -> None:
    stale = [name for name, data in files(fetch).items() if (DOCS / name).read_bytes() != data]
    assert stale == [], "run: python -m procurement_assets.ocds.documentation"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_markdown_in_docs_is_up_to_date(language: Any) -> None:
    text = (DOCS / f"mapping.{language}.md").read_text(encoding="utf-8")
    assert text == markdown(language)
    tables = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(tables) == len(rows()) + 9  # a heading for each section
    assert {line.replace("\\|", "").count("|") for line in tables} == {7}


@needs_shared
def test_the_sheet_has_one_row_for_each_field_and_our_columns(tmp_path: Path) -> None:
    found = list(csv.DictReader(io.StringIO((DOCS / "mapping.csv").read_text(encoding="utf-8"))))
    assert list(found[0])[:5] == ["section", "path", "title", "description", "type"]
    assert {r["path"] for r in found} >= ocds_paths()
    price = next(r for r in found if r["path"] == "tender/decp/formePrix")
    assert price["extension"] == LOCAL
    assert price["DECP 2022"] == "marche.formePrix\nmarche.typesPrix.typePrix[]"
    assert price["perte (fr)"] == "aucune"
    unfed = next(r for r in found if r["path"] == "tender/tenderPeriod/startDate")
    assert (unfed["DECP 2022"], unfed["transformation (fr)"]) == ("", "")
    with zipfile.ZipFile(DOCS / "mapping.xlsx") as book:
        assert {"xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"} <= set(book.namelist())


def test_a_compiled_release_has_no_other_path() -> None:
    for contract in _cases():
        line = Compiler(PROFILE).compile(encoded(contract))
        assert set(paths_in(msgspec.json.decode(line))) <= ocds_paths()


def test_the_round_of_small_values_is_covered() -> None:
    """Acts without a number and years without a date write no path of their own."""
    odd = marche(
        actesSousTraitance=[Acte(sousTraitant=company(COMPANY_B))],
        modificationsActesSousTraitance=[ModificationActe(montant=1.0)],
    )
    year = concession(donneesExecution=[Execution(tarifs=[Tarif(intituleTarif="x")])])
    assert _written([odd, year]) <= ocds_paths()


def test_the_columns_of_the_tables_name_paths_of_the_mapping() -> None:
    """The data dictionary and the mapping say the same: a column's path is documented, or above a documented one."""
    named = {(t.name, c.name, c.ocds) for t in TABLES.values() for c in t.columns if c.ocds}
    known = {"/".join(p.split("/")[:n]) for p in ocds_paths() for n in range(1, 9)}
    assert {n for n in named if n[2] not in known} == set()
