"""The tables of the quality of the standard, from one sweep of Pelican's checks and the time-based ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from procurement_assets.quality.indicators.pelican.over_time import TimeResult
from procurement_assets.quality.indicators.pelican.registry import FIELDS, CheckText, Level, by_id
from procurement_assets.quality.indicators.pelican.results import DatasetResult
from procurement_assets.quality.indicators.pelican.sweep import EXAMPLES, Sweep, Tally
from procurement_assets.schema import TABLES

Row = dict[str, Any]

FIRST_SNAPSHOT = "première publication : rien à comparer"
NO_PARENT = "l'objet qui porterait ce champ n'est nulle part"
ONE_BUYER = 0.9
"""Share of the first buyer from which a publisher is one buyer, and its dominance says nothing."""
REMEMBERED = 500
"""Characters of a detail that are kept."""


def quality_table(found: Sweep, over_time: Mapping[str, TimeResult]) -> pl.DataFrame:
    """The table `ocds_quality`: one row per check, and per field at field level."""
    rows = [_release_row(tally) for tally in found.by_release.values()]
    rows += [_field_row(field, tally) for (_, field), tally in found.by_field.items()]
    held = {field for _, field in found.by_field}
    rows += [_absent_row(field) for field in FIELDS if field not in held]
    rows += [_dataset_row(name, result, found) for name, result in found.dataset.items()]
    rows += [_time_row(name, result) for name, result in over_time.items()]
    return TABLES["ocds_quality"].frame(rows)


def failures_table(found: Sweep, over_time: Mapping[str, TimeResult]) -> pl.DataFrame:
    """The table `ocds_quality_failures`: one row per process that fails, with what fails."""
    rows = []
    for failure in found.failures:
        check, _, field = failure.check.partition(":")
        level = "champ" if field else "processus"
        rows.append(_failure(level, check, failure.ocid, failure.detail, field))
    rows += [_failure("jeu", f.check, f.ocid, f.detail) for f in found.dataset_failures]
    for name, timed in over_time.items():
        rows += [_failure("temps", name, e["ocid"], "état antérieur différent") for e in timed.examples]
    return TABLES["ocds_quality_failures"].frame(list({tuple(r.values()): r for r in rows}.values()))


def coverage_table(found: Sweep) -> pl.DataFrame:
    """The table `ocds_coverage`: Cardinal's coverage of the compiled releases."""
    rows = [
        {
            "chemin": path,
            "valeurs": count,
            "processus": found.releases,
            "par_processus": round(count / found.releases, 6),
        }
        for path, count in found.coverage.items()
        if path
    ]
    return TABLES["ocds_coverage"].frame(rows)


def _failure(level: str, check: str, ocid: str, detail: str, field: str = "") -> Row:
    return {"niveau": level, "controle": check, "champ": field, "ocid": ocid, "detail": detail[:REMEMBERED]}


def _row(level: Level, check: str, **columns: Any) -> Row:
    text = by_id()[(level, check)]
    total, judged, passed = columns["total"], columns["juges"], columns["respectes"]
    return {
        "niveau": level,
        "controle": check,
        "champ": "",
        "titre": text.title,
        "explication": text.explanation,
        "resultat": _verdict(text, judged, passed),
        "en_echec": judged - passed,
        "couverture": round(judged / total, 6) if total else 0.0,
        "taux": round(passed / judged, 6) if judged else None,
        "exemples": [],
        **columns,
    }


def _verdict(text: CheckText, judged: int, passed: int) -> str:
    if not judged:
        return "sans objet"
    if judged == passed:
        return "respecté"
    return "attendu" if text.expected_to_fail else "échec"


def _release_row(tally: Tally) -> Row:
    return _row(
        "processus",
        tally.check,
        total=tally.releases,
        juges=tally.applied,
        respectes=tally.passed,
        raison=tally.reason or None,
        exemples=tally.examples,
    )


def _field_row(field: str, tally: Tally) -> Row:
    return _row(
        "champ",
        tally.check,
        champ=field,
        total=tally.applied,
        juges=tally.applied,
        respectes=tally.passed,
        exemples=sorted(set(tally.examples)),
    )


def _absent_row(field: str) -> Row:
    """A field whose parent is nowhere: it cannot even be absent from it."""
    return _row("champ", "exists", champ=field, total=0, juges=0, respectes=0, raison=NO_PARENT)


def _dataset_row(name: str, result: DatasetResult, found: Sweep) -> Row:
    """A check of the whole is judged once; one that counts pairs or ids is judged on each."""
    meta, releases = result.meta or {}, found.releases
    if result.result is None:
        return _row("jeu", name, total=releases, juges=0, respectes=0, raison=meta.get("reason"))
    if "total_passed" in meta:
        judged, passed = meta["total_processed"], meta["total_passed"]
    else:
        judged, passed = 1, int(result.result)
    ocids = sorted({f.ocid for f in found.dataset_failures if f.check == name})
    row = _row("jeu", name, total=releases, juges=judged, respectes=passed, exemples=ocids[:EXAMPLES])
    if row["resultat"] == "attendu" and meta.get("ocid_share", 1.0) < ONE_BUYER:
        row["resultat"] = "échec"
    return row | ({"couverture": 1.0} if judged == 1 else {})


def _time_row(name: str, result: TimeResult) -> Row:
    """`ocid` is judged on what is found again, the others on what passes; above 95 % is enough for Pelican."""
    meta = result.meta
    judged = meta["total_count"] if name == "ocid" else meta["coverage_count"]
    passed = meta["coverage_count"] if name == "ocid" else meta["ok_count"]
    row = _row(
        "temps",
        name,
        total=meta["total_count"],
        juges=judged,
        respectes=passed,
        raison=None if meta["total_count"] else FIRST_SNAPSHOT,
        exemples=[e["ocid"] for e in result.examples[:EXAMPLES]],
    )
    verdict = result.coverage_result if name == "ocid" else result.check_result
    if verdict is not None:
        row["resultat"] = "respecté" if verdict else "échec"
    return row
