"""What describes the files: data package, DCAT catalogue, manifest, released fields."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from pathlib import Path

import pytest
from frictionless import validate
from pyshacl import validate as shacl
from rdflib import DCAT, DCTERMS, OWL, RDF, Graph, URIRef

from procurement_assets.lake import Lake
from procurement_assets.portal.exports.data_package import data_package_faults
from procurement_assets.portal.exports.described import describe
from procurement_assets.portal.exports.manifest import manifest_faults, write_manifest
from procurement_assets.portal.exports.released import FILE, added, broken, current_fields, released_fields
from procurement_assets.portal.exports.spec import EXPORTS
from procurement_assets_tests.portal.exports.conftest import fill, write_all

ROOT = Path(__file__).resolve().parents[3]
SHAPES = ("shapes", "shapes_recommended", "mdr-vocabularies.shape")
BASE = "https://opendata.paris.fr/commande-publique/"


def test_frictionless_validates_every_row_of_the_data_package(folder: Path) -> None:
    report = validate(str(folder / "datapackage.json"))
    assert report.flatten(["name", "type", "message"]) == []
    assert report.valid
    tables = {t.name: t for t in report.tasks if t.type == "table"}
    assert set(tables) == {e.name for e in EXPORTS}
    assert tables["decp_lignes"].stats["rows"] == 5


def test_the_schema_of_a_table_has_its_types_labels_keys_and_enums(folder: Path) -> None:
    schema = json.loads((folder / "schema" / "decp_lignes.json").read_bytes())
    fields = {f["name"]: f for f in schema["fields"]}
    assert schema["primaryKey"] == ["uid", "modification_id", "titulaire_rang"]
    assert schema["foreignKeys"] == [{"fields": ["uid"], "reference": {"resource": "decp_marches", "fields": ["uid"]}}]
    assert fields["montant"]["type"] == "number"
    assert fields["montant"]["unit"] == "euros hors taxes"
    assert fields["uid"]["constraints"] == {"required": True}
    assert fields["type"]["constraints"] == {"enum": ["Travaux", "Fournitures", "Services"]}
    assert all(f["title"] and f["description"] for f in schema["fields"])
    lists = json.loads((folder / "schema" / "decp_marches.json").read_bytes())["fields"]
    assert {f["delimiter"] for f in lists if f["type"] == "list"} == {"|"}


def test_the_cheap_check_finds_what_is_no_longer_true(lake: Lake) -> None:
    folder = write_all(lake, fill(lake))
    assert data_package_faults(lake, "paris") == []
    table = folder / "decp_marches.csv"
    table.write_text(table.read_text().replace("uid,id", "id,uid", 1))
    (folder / "decp.xlsx").unlink()
    assert data_package_faults(lake, "paris") == [
        "decp_marches.csv n'a plus la taille ou l'empreinte annoncée",
        "decp_marches.csv : l'en-tête n'est pas celui de schema/decp_marches.json",
        "decp.xlsx manque",
    ]


@pytest.mark.parametrize("name", SHAPES)
def test_the_catalogue_has_no_violation_of_the_official_shapes(folder: Path, shared: Path, name: str) -> None:
    path = shared / "reference" / "dcat_ap" / f"{name}.ttl"
    if not path.is_file():
        pytest.skip(f"{path} is absent: the shapes of DCAT-AP are read in place")
    shapes = Graph().parse(path)
    shapes.remove((None, OWL.imports, None))
    catalogue = Graph().parse(folder / "catalog.ttl")
    _, report, text = shacl(catalogue, shacl_graph=shapes, advanced=True)
    sh = "http://www.w3.org/ns/shacl#"
    results = set(report.objects(None, URIRef(f"{sh}result")))
    worst = [r for r in results if report.value(r, URIRef(f"{sh}resultSeverity")) == URIRef(f"{sh}Violation")]
    assert worst == [], text
    # A French city is in no EU table of corporate bodies: a warning of the vocabularies, and the only one.
    warned = {report.value(r, URIRef(f"{sh}resultPath")) for r in results}
    assert warned <= {DCTERMS.publisher}


def test_the_catalogue_describes_each_data_file_with_its_checksum(folder: Path) -> None:
    graph = Graph().parse(folder / "catalog.ttl")
    (dataset,) = graph.subjects(RDF.type, DCAT.Dataset)
    found = {str(graph.value(d, DCAT.downloadURL)): d for d in graph.objects(dataset, DCAT.distribution)}
    node = found[f"{BASE}decp_marches.parquet"]
    data = (folder / "decp_marches.parquet").read_bytes()
    spdx = "http://spdx.org/rdf/terms#"
    checksum = graph.value(node, URIRef(f"{spdx}checksum"))
    assert graph.value(checksum, URIRef(f"{spdx}algorithm")) == URIRef(f"{spdx}checksumAlgorithm_sha256")
    assert str(graph.value(checksum, URIRef(f"{spdx}checksumValue"))).lower() == hashlib.sha256(data).hexdigest()
    assert int(graph.value(node, DCAT.byteSize)) == len(data)
    authority = "http://publications.europa.eu/resource/authority"
    assert graph.value(node, DCTERMS.format) == URIRef(f"{authority}/file-type/PARQUET")
    assert graph.value(dataset, DCTERMS.accrualPeriodicity) == URIRef(f"{authority}/frequency/DAILY")
    assert {str(o) for o in graph.objects(dataset, DCAT.theme)} == {
        f"{authority}/data-theme/GOVE",
        f"{authority}/data-theme/ECON",
    }
    assert {o.language for o in graph.objects(dataset, DCTERMS.title)} == {"fr"}
    period = graph.value(dataset, DCTERMS.temporal)
    assert (str(graph.value(period, DCAT.startDate)), str(graph.value(period, DCAT.endDate))) == (
        "2024-03-01",
        "2024-05-02",
    )
    assert f"{BASE}SHA256SUMS" not in found


def test_both_forms_of_the_catalogue_say_the_same(folder: Path) -> None:
    turtle, json_ld = Graph().parse(folder / "catalog.ttl"), Graph().parse(folder / "catalog.jsonld")
    assert set(turtle) == set(json_ld)
    assert len(turtle) > 500


def test_the_manifest_and_the_sums_tell_of_every_file(made: Lake, folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_bytes())
    files = {f["name"]: f for f in manifest["files"]}
    assert manifest["data_date"] == "2026-01-08T05:10:00+01:00"
    assert files["decp_lignes.csv"]["rows"] == 5
    assert files["decp_lignes.csv"]["schema"] == "schema/decp_lignes.json"
    assert files["decp_marches.jsonl.gz"]["media_type"] == "application/gzip"
    assert all(f["title"] and f["description"] and f["role"] for f in files.values())
    there = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    assert there == {*files, "manifest.json", "SHA256SUMS"}
    sums = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, text=True)
    assert sums.returncode == 0, sums.stdout
    assert len(sums.stdout.splitlines()) == len(files) + 1
    assert manifest_faults(made, "paris") == []


def test_a_changed_missing_or_unlisted_file_is_found(lake: Lake) -> None:
    folder = write_all(lake, fill(lake))
    (folder / "decp.xlsx").unlink()
    (folder / "decp_marches.csv").write_text("x")
    (folder / "decp_2022.json").write_text("{}")
    (folder / "SHA256SUMS").write_text("")
    faults = manifest_faults(lake, "paris")
    assert [f.split(" ")[0] for f in faults] == ["decp_marches.csv", "decp.xlsx", "decp_2022.json", "SHA256SUMS"]
    assert all("matérialiser" in f for f in faults)


def test_a_stale_file_is_removed_only_where_the_former_manifest_lists_it(lake: Lake) -> None:
    about = fill(lake)
    folder = write_all(lake, about)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["files"].append({"name": "decp_ancien.csv", "bytes": 1, "sha256": "0" * 64})
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "decp_ancien.csv").write_text("x")
    (folder / "note_de_travail.txt").write_text("x")
    write_manifest(lake, about)
    assert not (folder / "decp_ancien.csv").exists()
    assert (folder / "note_de_travail.txt").exists()
    assert manifest_faults(lake, "paris") == []


def test_a_path_that_leaves_the_folder_is_never_removed(lake: Lake) -> None:
    about = fill(lake)
    folder = write_all(lake, about)
    precious = Path(str(lake.table("contracts", "paris")))
    name = os.path.relpath(precious, folder)
    (folder / "manifest.json").write_text(json.dumps({"files": [{"name": name, "bytes": 1, "sha256": "0" * 64}]}))
    write_manifest(lake, about)
    assert precious.exists()


def test_working_documents_are_not_given_out() -> None:
    assert describe("corrections/a_remplir.xlsx") is None
    assert describe("decp_marches.csv") is not None
    assert describe("ocds/release_package_2024_2.json.gz") is not None
    assert describe("ocds/extensions/ocds_fr_decp/1.0/fr/codelists/decpCcag.csv") is not None
    assert describe("ocds/extensions/ocds_fr_decp/1.0/../../x.csv") is None


def test_a_file_in_a_folder_of_folders_is_listed(lake: Lake) -> None:
    about = fill(lake)
    folder = write_all(lake, about)
    extension = folder / "ocds" / "extensions" / "ocds_fr_decp" / "1.0" / "fr"
    extension.mkdir(parents=True)
    (extension / "release-schema.json").write_text("{}")
    names = {f.name: f for f in write_manifest(lake, about)}
    found = names["ocds/extensions/ocds_fr_decp/1.0/fr/release-schema.json"]
    assert (found.kind.role, found.bytes, found.rows) == ("schema", 2, None)


def test_released_fields_are_still_given_with_their_type() -> None:
    assert broken(released_fields(), current_fields()) == []


def test_a_new_field_has_a_line_in_the_changelog() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    missing = [f for f in added(released_fields(), current_fields()) if f"`{f}`" not in changelog]
    assert missing == [], "name each new field as `table.field` in CHANGELOG.md"


def test_a_field_that_is_removed_renamed_or_retyped_is_found() -> None:
    released = {"t": {"a": "string", "b": "number"}, "u": {"c": "date"}}
    current = {"t": {"a": "integer", "bb": "number"}}
    assert broken(released, current) == [
        "t.a : le type string est devenu integer",
        "t.b : le champ n'est plus donné",
        "u : la table n'est plus donnée",
    ]
    assert added(released, current) == ["t.bb"]
    assert FILE.is_file()


def test_a_table_conforms_to_its_schema_and_the_other_variants_to_none(folder: Path) -> None:
    graph = Graph().parse(folder / "catalog.ttl")

    def standards(name: str) -> set[str]:
        return {str(o) for o in graph.objects(URIRef(f"{BASE}{name}#distribution"), DCTERMS.conformsTo)}

    assert standards("decp_marches.csv") == {f"{BASE}schema/decp_marches.json"}
    assert standards("decp_marches_excel.csv") == set()
    assert standards("decp.xlsx") == set()
