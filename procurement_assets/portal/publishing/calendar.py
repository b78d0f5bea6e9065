"""The calendar of publications, from the journals of every target: table `publications`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import polars as pl

from procurement_assets.lake import Lake
from procurement_assets.portal.publishing.journal import Entry, read_history
from procurement_assets.portal.publishing.portal import Publication
from procurement_assets.portal.publishing.tabular import MAIN_TABLES
from procurement_assets.schema.publications import PUBLICATIONS
from procurement_assets.settings import TARGETS


def calendar(lake: Lake, publisher: str) -> pl.DataFrame:
    """Every run of every target of a publisher, one row each (`schema.publications`)."""
    rows = [
        _row(target, number, entries)
        for target in TARGETS
        for number, entries in read_history(lake, publisher, target)
        if entries
    ]
    return PUBLICATIONS.frame(rows)


def by_target(table: pl.DataFrame) -> pl.DataFrame:
    """What is online on each portal and how its last run ended: one row per portal of a calendar."""
    last = table.sort("numero").group_by("cible", maintain_order=True).last().sort("cible")
    return last.select("cible", "resultat", "fin", "date_donnees", "lignes", "detail")


def in_words(table: pl.DataFrame, targets: Collection[str]) -> list[str]:
    """What `by_target` tells of some portals, in French, a line each."""
    rows = by_target(table).filter(pl.col("cible").is_in(list(targets))).iter_rows(named=True)
    return [f"{row['cible']} : {row['resultat']} ; {_said_online(row)}" for row in rows]


def _said_online(row: Mapping[str, Any]) -> str:
    if row["date_donnees"] is None:
        return "rien n'est en ligne"
    return f"en ligne : {row['lignes']} contrats, données du {row['date_donnees']}"


def _row(target: str, number: str, entries: Sequence[Entry]) -> dict[str, Any]:
    first, steps = entries[0], [e for e in entries if e.event == "step"]
    online = _online(entries)
    rows = sum(online.rows.get(f"{t}.csv", 0) for t in MAIN_TABLES) if online else None
    told = [e.detail for e in entries if e.detail and e.event in ("refused", "failed", "differs", "restored")]
    return {
        "cible": target,
        "numero": int(number),
        "debut": first.at,
        "fin": entries[-1].at,
        "resultat": _result(entries),
        "date_donnees": online.data_date if online else None,
        "manifeste": online.manifest_sha256 if online else None,
        "lignes": rows,
        "fichiers_envoyes": sorted({e.file for e in steps if e.file}),
        "octets_envoyes": sum(e.bytes for e in steps),
        "appels": len(steps),
        "controles": first.checks.total if first.checks else 0,
        "controles_en_echec": first.checks.failed if first.checks else 0,
        "run": first.run_id or None,
        "detail": " | ".join(told) or None,
    }


def _online(entries: Sequence[Entry]) -> Publication | None:
    """What is online at the end of a run: what it verified, else what it found."""
    verified = [e.publication for e in entries if e.event == "verified" and e.publication]
    found = entries[0].state
    return verified[-1] if verified else found.last if found else None


def _result(entries: Sequence[Entry]) -> str:
    last = entries[-1].event
    if last == "verified":
        return "publié" if any(e.event == "sending" for e in entries) else "vérifié"
    return {"refused": "refusé", "restored": "restauré", "failed": "échec"}.get(last, "interrompu")
