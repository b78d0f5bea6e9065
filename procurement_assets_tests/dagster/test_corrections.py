"""The whole way of a correction: finding → its file → filled in → applied → published as an OCDS correction → undone,
or contradicted by the source. On a temporary lake, with the project's own assets."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import dagster as dg
import openpyxl
import polars as pl
import pytest

from procurement_assets.assets.corrections import CHECKS, correction_files, received_corrections
from procurement_assets.assets.ocds import ocds_releases
from procurement_assets.assets.tables import build_publisher_tables, read_raw_files
from procurement_assets.automation import step_cause
from procurement_assets.lake import Lake, write_bytes
from procurement_assets.ocds.produce import RELEASES
from procurement_assets.quality.catalogue import load_catalogue
from procurement_assets.quality.corrections.folder import received_folder
from procurement_assets.quality.results import findings, sources_of
from procurement_assets.quality.suites import run_rules
from procurement_assets.resources.lake import LakeResource
from procurement_assets.schema import TABLES, conform
from procurement_assets.sources.manifest import ManifestRow, write_manifest

UID, OTHER = "217500016000192024T00001", "217500016000192024T00002"
SIRET = "38235772100051"
FILL = {"Valeur corrigée": "250 000,50", "Auteur": "A. Durand", "Date": "12/03/2026", "Motif": "Acte d'engagement"}


def contract(number: int, montant: float) -> dict[str, Any]:
    return {
        "id": f"2024T{number:05d}",
        "acheteur": {"id": "21750001600019"},
        "nature": "Marché",
        "objet": f"Travaux de voirie n° {number}",
        "codeCPV": "45233140",
        "procedure": "Procédure adaptée",
        "lieuExecution": {"code": "75", "typeCode": "Code département"},
        "dureeMois": 12,
        "dateNotification": "2024-02-01",
        "datePublicationDonnees": "2024-02-15",
        "montant": montant,
        "titulaires": [{"titulaire": {"typeIdentifiant": "SIRET", "id": SIRET}}],
    }


class Machine:
    """The part of the graph between raw files and correction files, run as Dagster runs it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.lake = Lake(str(root))
        self.checks: dict[str, Any] = {}

    def source(self, day: str, *amounts: float) -> None:
        """What the source publishes, as of a day."""
        marches = [contract(n, montant) for n, montant in enumerate(amounts, start=1)]
        data = json.dumps({"marches": {"marche": marches}}).encode()
        sha = hashlib.sha256(data).hexdigest()
        write_bytes(self.lake.raw(sha), data)
        row = ManifestRow(
            source="demo-maximilien", resource_id="r", title="decp-2024", url="sample://r", status="kept", sha256=sha,
            bytes=len(data), published_at=f"{day}T04:00:00+00:00", created_at="2024-02-20T04:00:00+00:00",
        )  # fmt: skip
        write_manifest(self.lake, "paris", [row])

    def run(self) -> None:
        """Read, apply what was received, build the tables and OCDS, find, write what is to be corrected."""
        result = self._materialise(
            [read_raw_files, received_corrections, build_publisher_tables, ocds_releases, *CHECKS]
        )
        self.checks = {c.check_name: c for c in result.get_asset_check_evaluations()}
        rules = [r for r in load_catalogue().of("contracts") if r.id == "DECP-M-403"]
        frames = [self.lake.read_table(name, "paris") for name in ("contracts", "concessions")]
        found = findings(run_rules(TABLES["contracts"], frames[0], rules, data_date=None), sources_of(frames))
        self.lake.write_table(conform(found, TABLES["findings"]), "findings", "paris")
        self._materialise([correction_files])

    def _materialise(self, assets: list[Any]) -> dg.ExecuteInProcessResult:
        with dg.DagsterInstance.ephemeral() as instance:
            result = dg.materialize(
                assets,
                instance=instance,
                partition_key="paris",
                resources={"lake": LakeResource(root=str(self.root))},
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            )
        assert result.success
        return result

    def table(self, name: str) -> pl.DataFrame:
        return self.lake.read_table(name, "paris")

    def amounts(self) -> list[float]:
        return self.table("contracts").sort("uid")["montant"].to_list()

    def statuses(self) -> list[tuple[str, str | None]]:
        return self.table("corrections_traitees").select("statut", "valeur_source").rows()

    def releases(self) -> list[dict[str, Any]]:
        with (self.lake.ocds("paris") / RELEASES).open("rb") as handle:
            return [json.loads(line) for line in handle]

    @property
    def to_correct(self) -> Path:
        return self.root / "corrections" / "paris" / "a_corriger"

    @property
    def received(self) -> Path:
        return self.root / "corrections" / "paris" / "recues"


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake after one run: two contracts, one at 10 euros."""
    root = tmp_path_factory.mktemp("first") / "lake"
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PROCUREMENT_CORRECTIONS", raising=False)
        patch.setenv("PROCUREMENT_OFFLINE", "1")
        made = Machine(root)
        made.source("2026-01-08", 10.0, 45_000.0)
        made.run()
    return root


@pytest.fixture
def machine(first_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A copy of that lake."""
    monkeypatch.delenv("PROCUREMENT_CORRECTIONS", raising=False)
    shutil.copytree(first_run, tmp_path / "lake")
    return Machine(tmp_path / "lake")


def fill(source: Path, target: Path, uid: str = UID, **values: str) -> None:
    """What a buyer does: open the file, fill in the line of a contract, save under another name."""
    book = openpyxl.load_workbook(source)
    sheet = book["À corriger"]
    at = {str(c.value): c.column or 0 for c in sheet[1]}
    (line,) = [r[0].row for r in sheet.iter_rows(min_row=2) if r[at["Identifiant unique"] - 1].value == uid]
    for title, value in (FILL | values).items():
        sheet.cell(line, at[title]).value = value
    book.save(target)


def test_a_finding_is_sent_corrected_applied_published_and_undone(machine: Machine) -> None:
    assert machine.table("findings")["uid"].to_list() == [UID]
    assert sorted(p.name for p in machine.to_correct.iterdir()) == ["demo-maximilien.csv", "demo-maximilien.xlsx"]
    before, first = machine.amounts(), machine.releases()
    assert before == [10.0, 45_000.0]

    fill(machine.to_correct / "demo-maximilien.xlsx", machine.received / "retour voirie.xlsx")
    machine.run()
    assert machine.amounts() == [250_000.5, 45_000.0]
    assert machine.statuses() == [("appliquée", "10")]
    assert machine.checks["corrections_refusees_ou_contredites"].passed
    assert machine.table("findings").is_empty()
    assert list(machine.to_correct.iterdir()) == []
    (repair,) = machine.table("repairs").filter(pl.col("rule").str.starts_with("correction.")).to_dicts()
    assert (repair["path"], repair["original"], repair["value"]) == ("montant", "10.0", "250000.5")
    told = machine.table("corrections_traitees").row(0, named=True)
    assert (told["auteur"], told["date"], told["motif"]) == ("A. Durand", "2026-03-12", "Acte d'engagement")

    published = machine.releases()
    assert [r for r in published if r in first] == first
    (added,) = [r for r in published if r not in first]
    assert "-correction-" in added["id"]
    assert added["contracts"][0]["value"]["amount"] == 250_000.5

    machine.run()
    assert machine.amounts() == [250_000.5, 45_000.0]
    assert machine.releases() == published

    (machine.received / "retour voirie.xlsx").unlink()
    machine.run()
    assert machine.amounts() == before
    assert machine.table("corrections_traitees").is_empty()
    assert machine.table("findings")["uid"].to_list() == [UID]


def test_a_source_that_then_says_the_same_or_something_else(machine: Machine) -> None:
    fill(machine.to_correct / "demo-maximilien.xlsx", machine.received / "retour.xlsx")
    machine.source("2026-02-08", 250_000.5, 45_000.0)
    machine.run()
    assert (machine.amounts()[0], machine.statuses()) == (250_000.5, [("sans objet", "250000.5")])
    assert machine.checks["corrections_refusees_ou_contredites"].passed

    machine.source("2026-03-08", 180_000.0, 45_000.0)
    machine.run()
    assert (machine.amounts()[0], machine.statuses()) == (180_000.0, [("contredite", "180000")])
    check = machine.checks["corrections_refusees_ou_contredites"]
    assert not check.passed
    assert check.severity == dg.AssetCheckSeverity.WARN
    assert check.metadata["corrections, contredite"].value == 1


def test_a_refused_line_is_told_in_the_check_and_changes_nothing(machine: Machine) -> None:
    fill(machine.to_correct / "demo-maximilien.xlsx", machine.received / "retour.xlsx", Auteur="")
    (machine.received / "note.docx").write_bytes(b"x")
    machine.run()
    assert machine.amounts() == [10.0, 45_000.0]
    rows = machine.table("corrections_traitees").select("fichier", "statut", "raison").rows()
    assert rows == [
        ("note.docx", "refusée", "fichier illisible : extension inconnue ; attendu : .xlsx, .ods, .xls ou .csv"),
        ("retour.xlsx", "refusée", "il manque : l'auteur"),
    ]
    check = machine.checks["corrections_refusees_ou_contredites"]
    assert not check.passed
    assert len(check.metadata["à regarder"].value.records) == 2


def test_another_folder_receives_where_the_setting_says_so(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "partage"
    shared.mkdir()
    monkeypatch.setenv("PROCUREMENT_CORRECTIONS", str(shared))
    assert str(received_folder(machine.lake, "paris", str(shared))) == str(shared)
    (shared / "paris").mkdir()
    fill(machine.to_correct / "demo-maximilien.xlsx", shared / "paris" / "retour.xlsx")
    machine.run()
    assert machine.amounts()[0] == 250_000.5


def test_a_shared_folder_that_is_not_there_stops_the_run_rather_than_undo_its_corrections(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROCUREMENT_CORRECTIONS", str(tmp_path / "partage"))
    resource = LakeResource(root=str(tmp_path / "lac"))
    result = dg.materialize(
        [received_corrections], partition_key="paris", resources={"lake": resource}, raise_on_error=False
    )
    (failure,) = result.get_step_failure_events()
    assert step_cause(failure).startswith(f"PROCUREMENT_CORRECTIONS='{tmp_path}/partage' : ce dossier n'existe pas")
    assert not (tmp_path / "lac" / "tables").exists()


def test_tables_show_that_corrections_are_upstream() -> None:
    specs = {s.key.to_user_string(): s for s in build_publisher_tables.specs}
    assert dg.AssetKey("corrections_recues") in {d.asset_key for d in specs["contracts"].deps}
    lineage = specs["contracts"].metadata["dagster/column_lineage"].deps_by_column
    assert {d.asset_key.to_user_string() for d in lineage["montant"]} == {"decp_records", "corrections_recues"}
    assert {d.asset_key.to_user_string() for d in lineage["uid"]} == {"decp_records"}
    assert specs["corrections_traitees"].group_name == "corrections"
