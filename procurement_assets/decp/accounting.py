"""The rows that account for a record: its line in the ledger, its repairs, the suggestions for its contract."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from procurement_assets.decp.candidate import Candidate
from procurement_assets.decp.model import Contract
from procurement_assets.decp.rules import CLEANING_RULES, Repair
from procurement_assets.decp.suggest import Found, suggestions

Row = dict[str, Any]
Place = tuple[str, int]
"""(file_sha256, position)."""


def ledger_row(
    row: Any, uid: str | None, outcome: str, reason: str, detail: str | None, kept: Place | None = None
) -> Row:
    """A line of the ledger. `row`: what names the record (source, file, position)."""
    return {
        "source": row["source"],
        "file_sha256": row["file_sha256"],
        "fichier": row["fichier"],
        "position": row["position"],
        "uid": uid,
        "outcome": outcome,
        "reason": reason,
        "detail": detail or None,
        "kept_file_sha256": kept[0] if kept else None,
        "kept_position": kept[1] if kept else None,
    }


def place_row(member: Candidate) -> Row:
    """What names a record."""
    return {
        "source": member.origin.source,
        "file_sha256": member.origin.file_sha256,
        "fichier": member.origin.fichier,
        "position": member.position,
    }


def repair_rows(member: Candidate, uid: str, repairs: Iterable[Repair]) -> Iterator[Row]:
    """The rows of `repairs` of one record. A correction of the working group is certain: a person answers for it."""
    # One rule may change one path twice only by a duplicate label; the last one is the one that stands.
    for r in {(r.path, r.rule): r for r in repairs}.values():
        rule = CLEANING_RULES.get(r.rule)
        yield {
            "source": member.origin.source,
            "file_sha256": member.origin.file_sha256,
            "position": member.position,
            "uid": uid,
            "path": r.path,
            "rule": r.rule,
            "original": json.dumps(r.original, ensure_ascii=False),
            "value": json.dumps(r.value, ensure_ascii=False),
            "confiance": rule.confidence if rule else "certaine",
        }


def siren_repairs(found: Iterable[Found]) -> list[Repair]:
    """The SIRENs that fill a column of the tables: path of the holder, then `.siren`."""
    return [Repair(f"{path}.siren", r.rule, who.id, r.siren) for path, who, r in found if r.fills]


def suggestion_rows(
    contract: Contract, source: str, repairs: Iterable[Repair], found: Iterable[Found]
) -> Iterator[Row]:
    """The rows of `suggestions` for a contract. `found`: what its malformed identifiers are."""
    for s in {(s.path, s.rule): s for s in suggestions(contract, repairs, found)}.values():
        yield {
            "uid": contract.uid,
            "source": source,
            "champ": s.path,
            "publie": s.published,
            "propose": s.proposed,
            "rule": s.rule,
            "confiance": s.confidence,
            "raison": s.reason,
        }


def published_ids(repairs: Iterable[Repair]) -> dict[str, tuple[str, str]]:
    """Clean id of a holder to the id as published and the rule that changed it."""
    found: dict[str, tuple[str, str]] = {}
    for r in repairs:
        if r.path.startswith(("titulaires[", "modifications[")) and r.path.endswith("].id") and r.value is not None:
            found.setdefault(str(r.value), (str(r.original), r.rule))
    return found
