"""The tables of indicators on a lake, and the assets: what is written, checked and told."""

from __future__ import annotations

import json
from datetime import date

import dagster as dg
import msgspec
import polars as pl
import pytest

from procurement_assets.assets.indicators import ASSETS, INDICATORS, QUALITY
from procurement_assets.lake import Lake, write_bytes
from procurement_assets.ocds.history import History
from procurement_assets.ocds.produce import COMPILED
from procurement_assets.publishers import Publisher
from procurement_assets.quality.indicators.build import build_indicators, build_ocds_quality, buyer_names
from procurement_assets.resources.lake import LakeResource
from procurement_assets.schema import TABLES
from procurement_assets_tests.ocds.support import PROFILE, encoded, marche
from procurement_assets_tests.quality.indicators.test_market import contracts, titulaires

PUBLISHER = "paris"
DAY = date(2026, 1, 8)


def _publisher() -> Publisher:
    from procurement_assets.assets.partitions import PUBLISHERS

    return PUBLISHERS.publishers[PUBLISHER]


def _put(lake: Lake, releases: list[dict[str, object]], snapshots: list[list[bytes]]) -> None:
    """Compiled releases, the history that they come from, and the tables that indicators read."""
    for number, lines in enumerate(snapshots):
        History(lake, PUBLISHER).append(lines, f"2026-01-0{number + 1}T00:00:00+01:00")
    lines = b"".join(msgspec.json.encode(r) + b"\n" for r in releases)
    write_bytes(lake.ocds(PUBLISHER) / COMPILED, lines)


def _tables(lake: Lake) -> None:
    frame = contracts({"offresRecues": 1}, {"offresRecues": 5}, times=15)
    whole = frame.with_columns(pl.lit("Mairie").alias("acheteur_nom"))
    lake.write_table(whole, "contracts", PUBLISHER)
    lake.write_table(titulaires(frame), "contract_titulaires", PUBLISHER)
    ocids = frame.select("uid", (pl.lit("ocds-abc123-") + pl.col("uid")).alias("ocid"))
    lake.write_table(ocids, "ocids", PUBLISHER)
    files = [{"source": "s", "fichier": "f", "file_sha256": "0" * 64, "fichier_date": "2026-01-08T00:00:00+00:00"}]
    lake.write_table(pl.DataFrame(files), "files", PUBLISHER)


def _release(number: int, **tender: object) -> dict[str, object]:
    return {
        "ocid": f"ocds-abc123-u{number:04d}",
        "date": "2024-03-11T00:00:00+01:00",
        "tag": ["compiled"],
        "buyer": {"id": "B"},
        "tender": {"id": str(number), "procurementMethod": "open", "numberOfTenderers": 1 + number % 2, **tender},
        "contracts": [{"id": "1", "awardID": "1", "dateSigned": "2024-03-01T00:00:00+01:00"}],
    }


@pytest.fixture
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake with thirty processes, one of which is dated after its publication."""
    made = Lake(str(tmp_path_factory.mktemp("lake")))
    releases = [_release(n) for n in range(30)]
    releases[4]["contracts"] = [{"id": "1", "awardID": "1", "dateSigned": "2024-04-01T00:00:00+02:00"}]
    _put(made, releases, [])
    _tables(made)
    return made


def test_the_quality_of_the_standard_is_written_with_its_failures_and_its_coverage(lake: Lake) -> None:
    tables = build_ocds_quality(lake, _publisher(), PROFILE, DAY).tables
    assert set(tables) == set(QUALITY)
    rows = {(r["niveau"], r["controle"]): r for r in tables["ocds_quality"].to_dicts() if not r["champ"]}
    late = rows[("processus", "coherent.release_date")]
    assert (late["total"], late["juges"], late["en_echec"], late["resultat"]) == (30, 30, 1, "échec")
    assert late["exemples"] == ["ocds-abc123-u0004"]
    broken = rows[("processus", "reference.contract_in_awards")]
    assert (broken["en_echec"], broken["taux"]) == (30, 0.0)
    assert rows[("processus", "coherent.milestone_status")]["raison"] == "no milestone is unmet"
    assert rows[("jeu", "distribution.buyer_repetition")]["resultat"] == "sans objet"
    assert rows[("temps", "ocid")]["raison"] == "première publication : rien à comparer"
    assert len(rows) == 37 + 23 + 3
    failures = tables["ocds_quality_failures"]
    assert failures.filter(pl.col("controle") == "coherent.release_date")["detail"].to_list() == [
        "contracts[0].dateSigned 2024-04-01T00:00:00+02:00 > date 2024-03-11T00:00:00+01:00"
    ]
    coverage = dict(tables["ocds_coverage"].select("chemin", "valeurs").iter_rows())
    assert coverage["/contracts[]/dateSigned"] == 30


def test_indicators_count_what_cardinal_flags_by_uid(lake: Lake) -> None:
    build_ocds_quality(lake, _publisher(), PROFILE, DAY)
    tables = build_indicators(lake, _publisher()).tables
    assert set(tables) == set(INDICATORS)
    whole = tables["indicators"].filter((pl.col("niveau") == "ensemble") & (pl.col("annee") == 0))
    values = {r["indicateur"]: (r["numerateur"], r["denominateur"]) for r in whole.to_dicts()}
    assert values["R018"] == (15, 30)
    assert values["part_offre_unique"] == (15, 30)
    names = set(tables["indicators"]["groupe_libelle"])
    assert names & {"Ville de Paris", "Mairie"}
    registry = {(r["origine"], r["indicateur"]): r for r in tables["indicators_registry"].to_dicts()}
    assert registry[("Cardinal", "R018")]["calculable"]
    assert not registry[("Cardinal", "R048")]["calculable"]
    assert tables["attention_points"].filter(pl.col("point") == "offre_unique").height == 15


def test_the_same_lake_gives_the_same_bytes(lake: Lake) -> None:
    build_ocds_quality(lake, _publisher(), PROFILE, DAY)
    build_indicators(lake, _publisher())
    before = {n: lake.table(n, PUBLISHER).read_bytes() for n in (*QUALITY, *INDICATORS)}
    build_ocds_quality(lake, _publisher(), PROFILE, DAY)
    build_indicators(lake, _publisher())
    assert {n: lake.table(n, PUBLISHER).read_bytes() for n in (*QUALITY, *INDICATORS)} == before


def test_time_based_checks_compare_with_the_state_before_the_last_snapshot(lake: Lake) -> None:
    first = encoded(marche(id="A", objet="Réfection d'une école"))
    second = encoded(marche(id="B", objet="Fourniture de livres"))
    ocids = [json.loads(lines[0])["ocid"] for lines in (first, second)]
    later = json.loads(first[-1])
    later |= {"id": later["id"] + "-later", "date": "2030-01-01T00:00:00+01:00"}
    later["tender"]["title"] = "Autre objet"
    now = {"ocid": ocids[0], "tender": {"title": "Autre objet"}, "awards": [{}], "contracts": [{}]}
    _put(lake, [now], [[*first, *second], [msgspec.json.encode(later)]])
    quality = build_ocds_quality(lake, _publisher(), PROFILE, DAY).tables["ocds_quality"]
    rows = {r["controle"]: r for r in quality.to_dicts()}
    assert (rows["ocid"]["total"], rows["ocid"]["en_echec"], rows["ocid"]["resultat"]) == (2, 1, "échec")
    assert (rows["tender_title"]["juges"], rows["tender_title"]["en_echec"]) == (1, 1)
    assert rows["tender_title"]["exemples"] == [ocids[0]]
    assert (rows["phase_stable"]["juges"], rows["phase_stable"]["en_echec"]) == (1, 0)


def test_a_buyer_has_the_name_given_for_it_else_the_most_published() -> None:
    frame = contracts({}, {}, {}, {"acheteur_id": "21750001600027"}, {"acheteur_id": "99999999900011"}).with_columns(
        pl.Series("acheteur_nom", ["Mairie", "Ville", "Ville", None, None])
    )
    assert buyer_names(frame, {"217500016": "Ville de Paris"}) == {
        "21750001600019": "Ville",
        "21750001600027": "Ville de Paris",
        "99999999900011": "99999999900011",
    }
    assert buyer_names(frame, {"21750001600019": "Paris"})["21750001600019"] == "Paris"
    assert buyer_names(frame, {"217500016": "Ville"})["21750001600027"] == "Ville (21750001600027)"


def test_the_assets_write_the_tables_and_their_checks_name_the_failing_processes(lake: Lake) -> None:
    with dg.DagsterInstance.ephemeral() as instance, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROCUREMENT_OFFLINE", "1")
        result = dg.materialize(
            ASSETS,
            partition_key=PUBLISHER,
            instance=instance,
            resources={"lake": LakeResource(root=str(lake.root))},
        )
    assert result.success
    checks = {c.check_name: c for c in result.get_asset_check_evaluations()}
    assert len(checks) == 66
    late = checks["pelican_processus_coherent_release_date"]
    assert (late.passed, late.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert late.description == "1 en défaut sur 30 jugés."
    records = late.metadata["exemples"].value.records  # type: ignore[union-attr]
    assert [r.data["ocid"] for r in records] == ["ocds-abc123-u0004"]
    assert checks["pelican_temps_ocid"].description == "Sans objet : première publication : rien à comparer."
    for name in (*QUALITY, *INDICATORS):
        assert lake.read_table(name, PUBLISHER).columns == [c.name for c in TABLES[name].columns]
