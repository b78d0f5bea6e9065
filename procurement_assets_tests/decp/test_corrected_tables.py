"""Corrections in the tables: what they change there and downstream, and nothing else."""

from __future__ import annotations

import random
from typing import Any

import polars as pl

from procurement_assets.decp.raw import RawModification
from procurement_assets_tests.decp.built import Frames, frames_of
from procurement_assets_tests.decp.test_tables import PARIS, SOURCES, record, row

UID = "217500016000192024T00001"
GOOD, OTHER, BAD = "38235772100051", "73282932000074", "38235772100052"


def line(path: str, published: str | None, value: str, number: int = 2, **fields: Any) -> dict[str, Any]:
    base = {
        "fichier": "f.xlsx", "feuille": "s", "ligne": number, "file_sha256": "0" * 64, "uid": UID, "champ": path,
        "valeur_publiee": published, "valeur_corrigee": value, "auteur": "A", "date": "2026-01-10", "motif": "m",
        "refus": None,
    }  # fmt: skip
    return base | fields


def built(lines: list[dict[str, Any]], rows: list[dict[str, Any]] | None = None) -> Frames:
    rows = rows if rows is not None else [row(record(1), 0), row(record(2), 1)]
    return frames_of(rows, [], PARIS, SOURCES, corrections=lines)


def test_everything_downstream_of_the_tables_has_the_correction_and_nothing_else_changes() -> None:
    plain = built([]).frames
    found = built([line("montant", "1001.5", "2000"), line("titulaires[0].id", GOOD, OTHER, 3)]).frames
    assert found["contracts"].row(0, named=True)["montant_actuel"] == 2000.0
    assert '"montant":2000.0' in found["normalised_records"]["record"][0]
    holder = found["contract_titulaires"].row(0, named=True)
    assert (holder["titulaire_id"], holder["titulaire_id_publie"]) == (OTHER, GOOD)
    assert holder["titulaire_id_regle"].startswith("correction.")
    assert found["corrections_traitees"].select("statut", "champ", "valeur_source").rows() == [
        ("appliquée", "montant", "1001.5"),
        ("appliquée", "titulaires[0].id", GOOD),
    ]
    told = found["repairs"].filter(pl.col("rule").str.starts_with("correction."))
    assert told["confiance"].to_list() == ["certaine", "certaine"]
    assert set(told["rule"].str.strip_prefix("correction.")) == set(found["corrections_traitees"]["correction"])
    other = pl.col("uid") != UID
    for name in ("contracts", "contract_versions", "contract_titulaires", "normalised_records", "ledger"):
        assert found[name].filter(other).equals(plain[name].filter(other)), name
    assert found["ledger"].equals(plain["ledger"])


def test_removing_the_file_undoes_the_correction() -> None:
    before = built([]).frames
    assert not built([line("montant", "1001.5", "2000")]).frames["contracts"].equals(before["contracts"])
    after = built([]).frames
    assert all(before[name].equals(after[name]) for name in before)


def test_an_unreadable_line_is_refused_in_the_table() -> None:
    found = built([line("montant", "1", "2", refus="il manque : le motif")]).frames["corrections_traitees"]
    assert found.select("statut", "raison", "correction").rows() == [("refusée", "il manque : le motif", None)]


def test_corrections_do_not_depend_on_the_order_of_records_or_lines() -> None:
    changes = [RawModification(id=1, dateNotificationModification="2024-05-01", montant=7.0)]
    rows = [row(record(n, modifications=changes if n == 1 else None), n) for n in range(1, 5)]
    lines = [
        line("modifications[0].montant", "7", "8"),
        line("objet", "Travaux n° 1", "Voirie", 3),
        line("objet", "Travaux n° 1", "Voirie bis", 4),
        line("objet", "Travaux n° 1", "Voirie", 5, date="2026-01-11"),
    ]
    expected = built(lines, rows).frames
    for seed in range(3):
        random.Random(seed).shuffle(rows)
        random.Random(seed).shuffle(lines)
        again = built(lines, rows).frames
        assert all(expected[name].equals(again[name]) for name in expected)
    assert expected["contracts"]["objet"][0] == "Voirie"
