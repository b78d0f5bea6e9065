"""The regulatory writer: what is written validates, reads back the same, and what cannot be written is told."""

from __future__ import annotations

import copy
import csv
import io
import json
from pathlib import Path

import jsonschema_rs
import msgspec
import polars as pl
import pytest
from hypothesis import assume, given, settings
from lxml import etree

from procurement_assets.decp.clean import clean, refusal
from procurement_assets.decp.model import Contract, Lieu, Modification, Operateur
from procurement_assets.decp.raw import Format, RawRecord, ReadRecord
from procurement_assets.decp.reader import read_file
from procurement_assets.decp.versions import order_modifications
from procurement_assets.decp.writer import UNWRITABLE, Exclusion, write_json, write_xml
from procurement_assets.lake import Lake
from procurement_assets.portal.regulatory import EXCLUDED, write_regulatory_exports
from procurement_assets.sample import generate, load_profile
from procurement_assets_tests.strategies import contracts

FORMATS: tuple[Format, ...] = ("2022", "2019")
JSON_SCHEMA = {"2022": "v2.0.4_decp-arr2022/schema_decp_v2.0.4.json", "2019": "1.5.0/marches.json"}
XSD = {"2022": "v2.0.4_decp-arr2022/schema_decp_v2.0.2.xsd", "2019": "1.5.0/marches.xsd"}


def marche(**fields: object) -> Contract:
    """A marché of format 2022 with all that the schema asks for."""
    given = {
        "nature": "Marché",
        "objet": "Travaux <lot 1> & suite",
        "codeCPV": "45000000",
        "procedure": "Procédure adaptée",
        "techniques": ["Système d'acquisition dynamique"],
        "modalitesExecution": ["Sans objet"],
        "lieuExecution": Lieu(code="75", typeCode="Code département"),
        "dureeMois": 12,
        "dateNotification": "2024-05-15",
        "datePublicationDonnees": "2024-05-25",
        "montant": 575000.5,
        "formePrix": "Unitaire",
        "typesPrix": ["Provisoire"],
        "attributionAvance": False,
        "offresRecues": 3,
        "marcheInnovant": False,
        "ccag": "Maitrise d'œuvre",
        "sousTraitanceDeclaree": True,
        "typeGroupementOperateurs": "Pas de groupement",
        "considerationsSociales": ["Clause sociale"],
        "considerationsEnvironnementales": ["Pas de considération environnementale"],
        "titulaires": [Operateur(typeIdentifiant="SIRET", id="55204599900869")],
    } | fields
    return Contract(
        kind="marche",
        format="2022",
        uid="21750001600019T1",
        id="T1",
        acheteur_id="21750001600019",
        **given,  # type: ignore[arg-type]
    )


def writable(contract: Contract) -> Contract:
    """The contract without what its format has no place for (`UNWRITABLE`)."""
    made = msgspec.json.decode(msgspec.json.encode(contract), type=Contract)
    made.uid = made.acheteur_id + made.id
    for name in UNWRITABLE[made.format]:
        if name in made.__struct_fields__:
            setattr(made, name, [] if isinstance(getattr(made, name), list) and name.endswith("Traitance") else None)
    if made.kind == "concession":
        made.codeCPV = None
        made.lieuExecution = None if made.format == "2022" else made.lieuExecution
        for m in made.modifications:
            m.titulaires = None
    if made.format == "2019":
        for m in made.modifications:
            m.id = None
    else:
        made.titulaires = [_unnamed(o) for o in made.titulaires]
        where = made.lieuExecution
        made.lieuExecution = Lieu(code=where.code, typeCode=where.typeCode) if where else None
        for m in made.modifications:
            m.objetModification = None
            m.titulaires = [_unnamed(o) for o in m.titulaires] if m.titulaires else None
        for act in made.actesSousTraitance:
            act.sousTraitant = _unnamed(act.sousTraitant) if act.sousTraitant else None
    made.modifications = order_modifications(made.modifications)
    return made


def _unnamed(o: Operateur) -> Operateur:
    return Operateur(typeIdentifiant=o.typeIdentifiant, id=o.id)


def read_back(data: bytes) -> list[Contract]:
    """What our reader and cleaning make of a file."""
    return [clean(r.record).contract for r in read_file(io.BytesIO(data)) if isinstance(r, ReadRecord)]


def check(shared: Path | None, given: list[Contract], family: Format) -> int:
    """Write both files, validate them, read them back; how many contracts were written."""
    as_json, as_xml = io.BytesIO(), io.BytesIO()
    account = write_json(given, as_json, version="2.0.4" if family == "2022" else "1.5.0")
    assert write_xml(given, as_xml, format=family) == account
    assert account.written + account.excluded + account.other_format == len(given)
    bad = {e.uid for e in account.exclusions}
    assert all(e.message for e in account.exclusions)
    if shared is not None:
        schemas = shared / "reference" / "decp_schemas"
        schema = json.loads((schemas / JSON_SCHEMA[family]).read_bytes())
        errors = list(jsonschema_rs.validator_for(schema).iter_errors(json.loads(as_json.getvalue())))
        assert [e.message[:200] for e in errors[:3]] == []
        xsd = etree.XMLSchema(etree.parse(schemas / XSD[family]))
        xsd.assertValid(etree.fromstring(as_xml.getvalue()))
    expected = sorted((writable(c) for c in given if c.format == family and c.uid not in bad), key=lambda c: c.uid)
    for data in (as_json.getvalue(), as_xml.getvalue()):
        found = sorted(read_back(data), key=lambda c: c.uid)
        assert len(found) == account.written
        if len({c.uid for c in expected}) == len(expected) == len(found):
            assert found == expected
    return account.written


def test_a_complete_contract_is_written_and_read_back(shared: Path) -> None:
    assert check(shared, [marche()], "2022") == 1


@pytest.mark.parametrize(
    ("fields", "path", "message"),
    [
        ({"offresRecues": None}, "offresRecues", "champ obligatoire absent"),
        ({"montant": 0.5}, "montant", "inférieur à 1"),
        ({"titulaires": []}, "titulaires", "aucun titulaire"),
        ({"ccag": "Autre"}, "ccag", "valeur hors de la liste de codes"),
        ({"nature": "Accord-cadre"}, "nature", "valeur hors de la liste de codes"),
        ({"tauxAvance": 1.5}, "tauxAvance", "supérieur à 1"),
        ({"objet": "x" * 1001}, "objet", "1001 caractères, au plus 1000"),
        ({"objet": "a\ufffeb"}, "objet", "contient un caractère interdit en XML"),
        ({"codeCPV": "4500000"}, "codeCPV", "n'est pas un code CPV de 8 chiffres"),
        ({"dateNotification": "2024-02-31"}, "dateNotification", "n'est pas une date"),
        ({"marcheInnovant": None}, "marcheInnovant", "champ obligatoire absent"),
        (
            {"modifications": [Modification(dateNotificationModification="2024-06-01")]},
            "modifications[0].modification.id",
            "champ obligatoire absent",
        ),
    ],
)
def test_what_the_schema_refuses_is_told_and_not_written(fields: dict[str, object], path: str, message: str) -> None:
    out = io.BytesIO()
    account = write_json([marche(**fields)], out)
    assert (account.written, account.excluded) == (0, 1)
    assert account.exclusions[0] == Exclusion("21750001600019T1", path, message)
    assert json.loads(out.getvalue()) == {"marches": {"marche": [], "contrat-concession": []}}


def test_two_contracts_that_are_written_alike_are_written_once() -> None:
    other = copy.copy(marche())
    other.uid += "~0a1b2c3d"
    account = write_json([marche(), other], io.BytesIO())
    assert (account.written, account.excluded) == (1, 1)
    assert account.exclusions[0].message == "identique à un autre contrat une fois écrit"


@pytest.mark.parametrize("family", FORMATS)
def test_no_contract_gives_a_valid_file(shared: Path, family: Format) -> None:
    assert check(shared, [], family) == 0


@settings(max_examples=100, deadline=None)
@given(contracts())
def test_any_contract_is_written_validly_or_told(drawn: Contract) -> None:
    values = msgspec.to_builtins(drawn)
    values.pop("uid")
    raw = msgspec.convert(values, RawRecord)
    assume(refusal(raw) is None)
    contract = clean(raw).contract
    shared = Path(__file__).resolve().parents[3] / "shared"
    check(shared if shared.is_dir() else None, [contract], contract.format)


@pytest.mark.parametrize(("profile", "least"), [("national-2022", 500), ("national-v1", 500)])
def test_generated_clean_contracts_are_written(shared: Path, profile: str, least: int) -> None:
    found = {}
    for record in generate(load_profile(profile), 800, 7, defects=False):
        contract = clean(record.truth).contract
        found[contract.uid] = contract
    family: Format = "2019" if profile.endswith("v1") else "2022"
    assert check(shared, list(found.values()), family) >= least


def test_the_official_examples_are_written(shared: Path) -> None:
    for folder, family in (("2.0.2", "2022"), ("1.5.0", "2019")):
        for path in sorted((shared / "reference" / "decp_schemas" / folder / "exemples" / "json").glob("*.json")):
            check(shared, read_back(path.read_bytes()), family)  # type: ignore[arg-type]


@pytest.mark.parametrize("family", FORMATS)
def test_the_real_records_of_the_mirror_are_written(shared: Path, family: Format) -> None:
    folder = shared / "mirror" / "static.data.gouv.fr" / "resources"
    found: dict[str, Contract] = {}
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".json", ".xml") and p.is_file()):
        for contract in _readable(path):
            found[contract.uid] = contract
    assert check(shared, list(found.values()), family) > 0


def _readable(path: Path) -> list[Contract]:
    with path.open("rb") as stream:
        records = [r.record for r in read_file(stream) if isinstance(r, ReadRecord)]
    return [clean(r).contract for r in records if refusal(r) is None]


def test_the_files_of_a_publisher(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    given = [marche(), marche(offresRecues=None, objet="Autre")]
    given[1].id, given[1].uid = "T2", "21750001600019T2"
    frame = pl.DataFrame({"uid": [c.uid for c in given], "record": [msgspec.json.encode(c).decode() for c in given]})
    lake.write_table(frame, "normalised_records", "paris")
    files = write_regulatory_exports(lake, "paris")
    assert [(f.name, f.contracts, f.excluded) for f in files] == [
        ("decp_2022.json", 1, 1),
        ("decp_2022.xml", 1, 1),
        (EXCLUDED, 0, 1),
    ]
    folder = tmp_path / "exports" / "paris"
    assert {p.name: p.stat().st_size for p in folder.iterdir()} == {f.name: f.bytes for f in files}
    rows = list(csv.DictReader(io.StringIO((folder / EXCLUDED).read_text())))
    assert rows == [
        {"format": "2022", "uid": given[1].uid, "chemin": "offresRecues", "motif": "champ obligatoire absent"}
    ]
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    write_regulatory_exports(lake, "paris")
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before
