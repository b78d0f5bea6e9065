"""Tables: every record accounted for, scope, provenance, and the same bytes in any order of files and records."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest

from procurement_assets.decp.parse import build_records, parse_file
from procurement_assets.decp.raw import RawModification, RawOperateur, RawRecord
from procurement_assets.decp.tables import BUILT, COLUMNS_READ
from procurement_assets.lake import Lake, write_bytes
from procurement_assets.parquet import read_rows
from procurement_assets.publishers import Publisher, Source, load_publishers
from procurement_assets.settings import PACKAGE
from procurement_assets.sources.manifest import ManifestRow
from procurement_assets_tests.decp.built import Frames, frames_of

PARIS = load_publishers(PACKAGE / "publishers.toml").publishers["paris"]
SOURCES = [
    Source(id="a", name="A", kind="file", url="u", rank=1),
    Source(id="b", name="B", kind="file", url="u", rank=2),
]
PROVENANCE = ("ledger", "repairs")


def record(number: int, **fields: Any) -> RawRecord:
    base: dict[str, Any] = {
        "kind": "marche",
        "format": "2022",
        "id": f"2024T{number:05d}",
        "acheteur_id": "21750001600019",
        "objet": f"Travaux n° {number}",
        "montant": 1000.5 + number,
        "dateNotification": "2024-02-01",
        "datePublicationDonnees": "2024-02-15",
        "titulaires": [RawOperateur(typeIdentifiant="SIRET", id="38235772100051")],
    }
    return RawRecord(**(base | fields))


def row(raw: RawRecord, position: int, source: str = "a", file: str = "f1") -> dict[str, Any]:
    return {
        "source": source,
        "file_sha256": hashlib.sha256(f"{source}{file}".encode()).hexdigest(),
        "fichier": file,
        "fichier_date": "2025-01-01",
        "position": position,
        "decode": "strict",
        "record": msgspec.json.encode(raw).decode(),
        "notes": [],
    }


def build(rows: list[dict[str, Any]], publisher: Publisher = PARIS) -> Frames:
    return frames_of(rows, [], publisher, SOURCES)


def test_buyers_of_others_are_counted_out_of_scope_by_name_where_they_are_close() -> None:
    built = build(
        [
            row(record(1), 0),
            row(record(2, acheteur_id="51061105600011"), 1),
            row(record(3, acheteur_id="21930001200014"), 2),
        ]
    )
    ledger = built.frames["ledger"]
    assert ledger.select("outcome", "reason", "detail").rows() == [
        ("kept", "kept", None),
        ("out_of_scope", "scope.other-body", "Eau de Paris"),
        ("out_of_scope", "scope.other-buyer", "acheteur 21930001200014"),
    ]
    assert built.frames["contracts"]["uid"].to_list() == ["217500016000192024T00001"]


def test_a_merged_record_points_at_the_one_that_is_kept() -> None:
    built = build([row(record(1), 0), row(record(1), 7, source="b")])
    lost = built.frames["ledger"].filter(pl.col("outcome") == "merged").to_dicts()
    assert [(r["source"], r["kept_position"], r["reason"]) for r in lost] == [("b", 0, "identity.identical")]
    assert built.frames["contracts"]["sources"].to_list() == [["a", "b"]]


def test_a_quarantined_record_is_in_the_ledger_and_nowhere_else() -> None:
    quarantine = [
        {"source": "a", "file_sha256": "x", "fichier": "f", "position": 3, "reason": "file.truncated", "detail": "fin"}
    ]
    built = frames_of([row(record(1), 0)], quarantine, PARIS, SOURCES)
    assert built.outcomes == {"kept": 1, "quarantined": 1}
    assert built.frames["contracts"].height == 1


def test_a_repaired_id_stands_beside_the_published_one_with_its_rule() -> None:
    spaced = record(1, titulaires=[RawOperateur(typeIdentifiant="SIRET", id="382 357 721 00051")])
    holder = build([row(spaced, 0)]).frames["contract_titulaires"].to_dicts()[0]
    assert holder["titulaire_id"] == "38235772100051"
    assert holder["titulaire_id_publie"] == "382 357 721 00051"
    assert holder["titulaire_id_regle"] == "siret.separators"
    assert holder["titulaire_siren"] == "382357721"


def test_a_placeholder_amount_stays_in_the_table_and_says_its_rule() -> None:
    contracts = build([row(record(i, montant=m), i) for i, m in enumerate([10.0, 999999999, 4e9, 5000.5])])
    assert contracts.frames["contracts"].select("montant", "montant_suspect").rows() == [
        (10.0, "montant.factice"),
        (999999999.0, "montant.repete"),
        (4e9, "montant.absurde"),
        (5000.5, None),
    ]


def test_current_state_follows_the_last_modification() -> None:
    changed = record(
        1, dureeMois=12, modifications=[RawModification(id=1, dateNotificationModification="2024-05-01", montant=9.5)]
    )
    found = build([row(changed, 0)]).frames["contracts"].to_dicts()[0]
    assert (found["montant"], found["montant_actuel"], found["dureeMois_actuelle"]) == (1001.5, 9.5, 12)
    assert str(found["date_derniere_modification"]) == "2024-05-01"


def _variety() -> list[dict[str, Any]]:
    rows = [row(record(i % 40, montant=1000.5 + i % 7, objet=f"Objet {i % 5}"), i) for i in range(120)]
    rows += [row(record(i % 40), i, source="b", file="f2") for i in range(60)]
    return rows


def test_shuffled_files_and_records_give_the_same_bytes(tmp_path: Path) -> None:
    def bytes_of(rows: list[dict[str, Any]], name: str) -> dict[str, bytes]:
        lake = Lake(str(tmp_path / name))
        frames = build(rows).frames
        assert set(frames) == set(BUILT)
        return {t: lake.write_table(f, t, "p").read_bytes() for t, f in frames.items() if t not in PROVENANCE}

    rows = _variety()
    expected = bytes_of(rows, "first")
    for seed in range(3):
        dice = random.Random(seed)
        shuffled = [r | {"file_sha256": hashlib.sha256(f"{seed}{r['fichier']}".encode()).hexdigest()} for r in rows]
        dice.shuffle(shuffled)
        shuffled = [r | {"position": i} for i, r in enumerate(shuffled)]
        assert bytes_of(shuffled, f"shuffled{seed}") == expected


def _manifest(lake: Lake, data: bytes, title: str, source: str = "a") -> ManifestRow:
    sha = hashlib.sha256(data).hexdigest()
    write_bytes(lake.raw(sha), data)
    return ManifestRow(
        source=source, resource_id=title, title=title, url="u", status="kept", sha256=sha, bytes=len(data)
    )


GOOD = b'{"marches":{"marche":[{"id":"1","acheteur":{"id":"21750001600019"}}]}}'


@pytest.mark.parametrize(
    ("data", "found", "reasons"),
    [
        (GOOD, 1, []),
        (b"\xef\xbb\xbf" + GOOD, 1, []),
        (b"", 0, ["file.empty"]),
        (b"<!DOCTYPE html><html><body>Internal server error</body></html>", 0, ["file.html"]),
        (GOOD[:-3] + b',{"id":"2","acheteur":{"id":"2175', 2, ["file.truncated"]),
        (GOOD.replace(b'"id":"1",', b""), 1, ["record.no-id"]),
        (GOOD.replace(b'"21750001600019"', b'""'), 1, ["record.no-buyer"]),
    ],
)
def test_every_file_has_its_outcome_with_its_bytes(tmp_path: Path, data: bytes, found: int, reasons: list[str]) -> None:
    lake = Lake(str(tmp_path))
    counts = build_records(lake, "p", [_manifest(lake, data, "f")])
    quarantine = lake.read_table("quarantine", "p")
    assert counts.found == found
    assert quarantine["reason"].to_list() == reasons
    assert all(len(raw) > 0 for raw, reason in quarantine.select("raw", "reason").rows() if reason != "file.empty")
    assert counts.records + quarantine.filter(pl.col("position") >= 0).height == found


def test_a_file_is_read_once_and_two_resources_with_the_same_bytes_are_one_file(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    rows = [_manifest(lake, GOOD, "f"), _manifest(lake, GOOD, "again")]
    first, second = build_records(lake, "p", rows), build_records(lake, "p", rows)
    assert (first.files, first.read_now, second.read_now) == (1, 1, 0)
    assert parse_file(lake, rows[0].sha256).records == 1


def test_the_same_bytes_in_two_sources_are_of_the_one_of_lowest_rank(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    rows = [_manifest(lake, GOOD, "f", "a"), _manifest(lake, GOOD, "f", "b")]
    for ranks, expected in (({"a": 2, "b": 1}, "b"), ({"a": 1, "b": 1}, "a")):
        assert build_records(lake, "p", rows, ranks).files == 1
        assert lake.read_table("decp_records", "p")["source"].to_list() == [expected]


def test_a_source_that_only_ever_gave_an_error_page_has_its_line(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    refused = ManifestRow(
        source="a",
        resource_id="r",
        title="f",
        url="u",
        status="refused",
        reason="page HTML reçue à la place du fichier",
    )
    build_records(lake, "p", [refused])
    assert lake.read_table("quarantine", "p").select("fichier", "position", "reason", "detail").rows() == [
        ("f", -1, "file.refused", "page HTML reçue à la place du fichier")
    ]


def test_what_xml_writes_as_text_because_all_is_text_there_is_no_repair() -> None:
    said = record(1, montant="1000.5", dureeMois="12", marcheInnovant="true", tauxAvance="0,05")
    for layout, expected in (("v2-nested", 4), ("xml-2", 1)):
        repairs = build([row(said, 0) | {"layout": layout}]).frames["repairs"]
        rules = repairs.filter(pl.col("rule").is_in(["number.text", "boolean.text"]))
        assert len(rules) == expected, rules


def test_a_sound_xml_file_read_from_the_lake_has_no_repair(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    sound = (
        b"<marches><marche><id>1</id><acheteur><id>21750001600019</id></acheteur><montant>1000.50</montant>"
        b"<dureeMois>12</dureeMois><marcheInnovant>non</marcheInnovant></marche></marches>"
    )
    build_records(lake, "p", [_manifest(lake, sound, "f")])
    with lake.table("decp_records", "p").open("rb") as records:
        frames = build(list(read_rows(records, list(COLUMNS_READ)))).frames
    assert frames["repairs"].to_dicts() == []
    assert frames["contracts"].select("montant", "dureeMois", "marcheInnovant").rows() == [(1000.5, 12, False)]
