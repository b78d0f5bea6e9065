"""What the report says of repairs, suggestions and corrections."""

from __future__ import annotations

from typing import Any

import polars as pl

from procurement_assets.quality.report import render_report
from procurement_assets.quality.report_repairs import OTHER, repairs_of
from procurement_assets.schema import TABLES
from procurement_assets_tests.quality.support import DATA_DATE


def _repair(uid: str, rule: str, position: int) -> dict[str, Any]:
    return {
        "source": "maximilien",
        "file_sha256": "0" * 64,
        "position": position,
        "uid": uid,
        "path": "objet",
        "rule": rule,
        "original": '"a"',
        "value": '"b"',
        "confiance": "certaine",
    }


def _correction(n: int, status: str, reason: str = "") -> dict[str, Any]:
    place = {"fichier": "retour.xlsx", "feuille": "À corriger", "ligne": n, "file_sha256": "0" * 64}
    return place | {"correction": str(n), "statut": status, "champ": "montant", "raison": reason}


def _tables() -> dict[str, pl.DataFrame]:
    repairs = [
        _repair("1", "cpv.leading-zero", 0),
        _repair("1", "cpv.leading-zero", 1),
        _repair("2", "text.space", 2),
        _repair("3", "zero.unknown", 3),
        _repair("4", "zero.unknown", 4),
        _repair("5", "correction.0a1b", 5),
        _repair("6", "correction.2c3d", 6),
    ]
    received = [
        _correction(2, "appliquée"),
        _correction(3, "appliquée"),
        _correction(4, "refusée", "valeur corrigée illisible"),
    ]
    return {
        "repairs": TABLES["repairs"].frame(repairs),
        "corrections_traitees": TABLES["corrections_traitees"].frame(received),
    }


def test_rules_are_counted_by_what_they_do() -> None:
    found = repairs_of(_tables())
    assert [(r.title, r.values, r.contracts) for r in found.repairs] == [
        (OTHER, 3, 3),
        ("Correction du groupe de travail", 2, 2),
        ("Zéro initial du code CPV rétabli", 2, 1),
    ]


def test_corrections_are_counted_by_status_and_the_refused_are_told() -> None:
    found = repairs_of(_tables())
    assert found.corrections == (("appliquée", 2), ("refusée", 1))
    assert [(c["ligne"], c["raison"]) for c in found.to_see] == [("4", "valeur corrigée illisible")]


def test_the_section_is_there_with_nothing_to_say() -> None:
    assert repairs_of({}).is_empty
    tables = {n: TABLES[n].frame([]) for n in ("contracts", "concessions", "ledger")}
    page = render_report("Ville", [], tables, data_date=DATA_DATE)
    assert "Aucune valeur réparée." in page
    assert "Aucune correction reçue" in page


def test_the_page_tells_them() -> None:
    tables = {n: TABLES[n].frame([]) for n in ("contracts", "concessions", "ledger")} | _tables()
    page = render_report("Ville", [], tables, data_date=DATA_DATE)
    assert "<li>2 appliquées</li>" in page
    assert "<li>1 refusée</li>" in page
    assert "valeur corrigée illisible" in page
