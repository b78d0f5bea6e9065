"""The sums of the ledger hold on sound tables, and each of them breaks when its relation is broken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from procurement_assets.quality.ledger import check_ledger
from procurement_assets.schema import TABLES
from procurement_assets_tests.quality.support import frame, row

Tables = dict[str, pl.DataFrame]
A, B = "a" * 64, "b" * 64


def _line(position: int, outcome: str, uid: str | None = None, sha: str = A, **more: Any) -> dict[str, Any]:
    base = {"source": "s", "file_sha256": sha, "fichier": f"{sha[:1]}.json", "position": position, "uid": uid}
    return {**base, "outcome": outcome, "reason": more.pop("reason", outcome), **more}


def sound() -> Tables:
    """Two files: kept, merged into a kept one, superseded through a merged one, out of scope, quarantined, refused."""
    lines = [
        _line(0, "kept", "u0"),
        _line(1, "merged", "u0", kept_file_sha256=A, kept_position=0),
        _line(2, "superseded", "u0", kept_file_sha256=A, kept_position=1),
        _line(3, "out_of_scope", "u9"),
        _line(0, "quarantined", sha=B, reason="record.malformed"),
        _line(1, "kept", "c0", sha=B),
        _line(-1, "quarantined", sha="", reason="file.refused"),
    ]
    held = [{k: line[k] for k in ("source", "file_sha256", "fichier", "position", "reason")} for line in lines]
    quarantined = [{**h, "raw": b"{"} for h, line in zip(held, lines, strict=True) if line["outcome"] == "quarantined"]
    files = [
        {"source": "s", "file_sha256": sha, "fichier": f"{sha[0]}.json", "found": found, "layouts": [], "notes": []}
        for sha, found in ((A, 4), (B, 2))
    ]
    return {
        "ledger": pl.DataFrame(lines, schema=TABLES["ledger"].schema, orient="row"),
        "quarantine": pl.DataFrame(quarantined, schema=TABLES["quarantine"].schema, orient="row"),
        "files": pl.DataFrame(files, schema=TABLES["files"].schema, orient="row"),
        "contracts": frame("contracts", [row("contracts", "u0", 0, {})]),
        "concessions": frame("concessions", [row("concessions", "c0", 1, {})]),
    }


def broken(tables: Tables) -> list[str]:
    return [relation.name for relation in check_ledger(tables) if not relation.holds]


def test_a_sound_ledger_holds() -> None:
    assert broken(sound()) == []


def _ledger(change: Callable[[pl.DataFrame], pl.DataFrame]) -> Callable[[Tables], Tables]:
    return lambda tables: {**tables, "ledger": change(tables["ledger"])}


def _at(sha: str, position: int, /) -> pl.Expr:
    return (pl.col("file_sha256") == sha) & (pl.col("position") == position)


def _set(sha: str, position: int, /, **values: Any) -> Callable[[Tables], Tables]:
    columns = [
        pl.when(_at(sha, position)).then(pl.lit(v, dtype=TABLES["ledger"].schema[n])).otherwise(pl.col(n)).alias(n)
        for n, v in values.items()
    ]
    return _ledger(lambda ledger: ledger.with_columns(columns))


def _drop(table: str, rows: pl.Expr) -> Callable[[Tables], Tables]:
    return lambda tables: {**tables, table: tables[table].filter(~rows)}


DAMAGE: dict[str, tuple[Callable[[Tables], Tables], set[str]]] = {
    "a record is missing": (_drop("ledger", _at(A, 3)), {"files"}),
    "a record is missing in the middle": (_drop("ledger", _at(A, 1)), {"files", "positions", "followed"}),
    "a record is told twice": (_ledger(lambda x: pl.concat([x, x.filter(_at(A, 3))])), {"files", "once"}),
    "a file is unknown": (_drop("files", pl.col("file_sha256") == B), {"files"}),
    "a file says one more, another one less": (
        lambda t: {**t, "files": t["files"].with_columns(found=pl.Series([3, 3]))},
        {"files"},
    ),
    "a position is wrong": (_set(A, 3, position=7), {"positions"}),
    "an outcome is unknown": (_set(A, 3, outcome="lost"), {"outcomes"}),
    "a reason is missing": (_set(A, 3, reason=""), {"outcomes"}),
    "a contract is missing": (_drop("contracts", pl.col("uid") == "u0"), {"kept"}),
    "a contract comes from nowhere": (_set(B, 1, outcome="out_of_scope"), {"kept"}),
    "a contract is kept twice": (_set(A, 3, outcome="kept", uid="u0"), {"kept"}),
    "a kept record has no contract's uid": (_set(B, 1, uid="c1"), {"kept"}),
    "a kept record has no uid": (_set(B, 1, uid=None), {"kept"}),
    "quarantined bytes are missing": (_drop("quarantine", pl.col("file_sha256") == B), {"quarantine"}),
    "quarantined bytes are not told": (_drop("ledger", pl.col("position") == -1), {"quarantine"}),
    "a merged record leads nowhere": (_set(A, 1, kept_position=99), {"followed"}),
    "a merged record says nothing": (_set(A, 1, kept_file_sha256=None, kept_position=None), {"followed"}),
    "a circle": (_set(A, 1, kept_position=2), {"followed"}),
    "a merged record leads to one out of scope": (_set(A, 1, kept_position=3), {"followed"}),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_found(name: str) -> None:
    damage, relations = DAMAGE[name]
    assert set(broken(damage(sound()))) == relations


def test_broken_rows_are_shown() -> None:
    tables = _set(A, 1, kept_position=2)(sound())
    (relation,) = [r for r in check_ledger(tables) if not r.holds]
    assert relation.broken.select("position", "outcome").rows() == [(1, "merged"), (2, "superseded")]
    assert (relation.expected, relation.found) == (2, 0)


def test_the_same_bytes_under_two_titles_lead_to_the_one_kept() -> None:
    tables = sound()
    again = tables["ledger"].filter(_at(B, 1)).with_columns(
        fichier=pl.lit("copie.json"), outcome=pl.lit("merged"), kept_file_sha256=pl.lit(B),
        kept_position=pl.lit(1, dtype=pl.Int64),
    )  # fmt: skip
    more = pl.concat([tables["ledger"], again])
    assert "followed" not in broken({**tables, "ledger": more})


def test_empty_tables_hold() -> None:
    assert broken({name: TABLES[name].frame([]) for name in sound()}) == []
