"""The history of the rules' figures: one small file per run, kept for ever, and the failing rows of the last runs.

    quality/PUBLISHER/history/runs/000012-2026-01-08-1f0c….json    figures by rule, never rewritten
    quality/PUBLISHER/history/records/….parquet                    failing rows, of the last `KEPT_RECORDS` runs
    quality/PUBLISHER/history/current.json                         the last run, and the one before it

A run is named by its rank, its data date and a hash of what went in (raw files, rules) and came out (figures, failing
rows). A rerun with the same inputs is the same run: nothing is written. No clock.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from datetime import date
from typing import TypeVar

import msgspec
import polars as pl
from upath import UPath

from procurement_assets.lake import Lake, write_bytes
from procurement_assets.quality.results import RECORD, RuleResult
from procurement_assets.sources.manifest import read_manifest

KEPT_RECORDS = 30
"""Runs whose failing rows are kept; figures are kept for ever (about 60 kB a run)."""
T = TypeVar("T")
RECORD_SCHEMA = {"rule": pl.String, "table": pl.String, "record": pl.String, "uid": pl.String}


class TrendError(ValueError):
    """The history cannot be read; one line: which file, what to do."""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule found in a run."""

    rule: str
    table: str
    severity: str
    status: str
    definition: str
    """Hash of the rule as written, and of the registers that it lacked: figures of two definitions do not compare."""
    in_scope: int
    evaluated: int
    failing: int
    records: str
    """Hash of the failing rows' keys: two runs with the same one have the same failing rows."""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a run."""

    rang: int
    data_date: str
    """ISO 8601; "" where no source dates its files."""
    inputs: str
    """Hash of the raw files and of the rules."""
    digest: str
    """Hash of all that is here but the rank: the same run has the same one."""
    rules: tuple[Figures, ...]

    @property
    def name(self) -> str:
        """The name of its files."""
        return f"{self.rang:06}-{self.data_date or 'sans-date'}-{self.digest[:16]}"

    @property
    def day(self) -> date | None:
        """The data date."""
        return date.fromisoformat(self.data_date) if self.data_date else None


class Pointer(msgspec.Struct, frozen=True, kw_only=True):
    """Names of the last run and of the one before it ("" for the first)."""

    current: str
    previous: str = ""


def record_run(
    lake: Lake, publisher: str, results: Sequence[RuleResult], found: pl.DataFrame, data_date: date | None
) -> Run:
    """Keep the figures of a run and its failing rows (`found`: the table `findings`); the run, new or known already."""
    records = _records(found)
    figures = tuple(_figures(r, records) for r in sorted(results, key=lambda r: r.rule.id))
    inputs = inputs_of(lake, publisher, [f.definition for f in figures])
    day = data_date.isoformat() if data_date else ""
    digest = _sha(msgspec.json.encode((day, inputs, figures)))
    run = Run(rang=1, data_date=day, inputs=inputs, digest=digest, rules=figures)
    # By name alone: the history is not read, so a damaged file of it does not stop the findings.
    folder = _folder(lake, publisher) / "runs"
    ranks = {p.stem[7:]: int(p.stem[:6]) for p in folder.glob("*.json")} if folder.exists() else {}
    known = ranks.get(run.name[7:])
    run = msgspec.structs.replace(run, rang=known or max(ranks.values(), default=0) + 1)
    if known is None:
        _write_run(lake, publisher, run, records)
    pointer = pointer_of(lake, publisher)
    if pointer is None or pointer.current != run.name:
        moved = Pointer(current=run.name, previous=pointer.current if pointer else "")
        write_bytes(_folder(lake, publisher) / "current.json", msgspec.json.encode(moved))
    return run


def _write_run(lake: Lake, publisher: str, run: Run, records: pl.DataFrame) -> None:
    folder = _folder(lake, publisher)
    buffer = io.BytesIO()
    records.write_parquet(buffer, compression="zstd")
    # The figures last: a run that is there is whole.
    write_bytes(folder / "records" / f"{run.name}.parquet", buffer.getvalue())
    write_bytes(folder / "runs" / f"{run.name}.json", msgspec.json.format(msgspec.json.encode(run), indent=1))
    for old in sorted((folder / "records").glob("*.parquet"), key=lambda p: p.name)[:-KEPT_RECORDS]:
        old.unlink()


def inputs_of(lake: Lake, publisher: str, definitions: Sequence[str]) -> str:
    """Hash of what a run reads: the raw files (lists of contracts included), by source, and the rules as written."""
    files = lake.read_table("files", publisher, ["source", "file_sha256"]).unique().sort("source", "file_sha256").rows()
    lists = sorted((r.source, r.sha256) for r in read_manifest(lake, publisher) if r.sha256 and not r.read)
    return _sha(msgspec.json.encode((files, lists, list(definitions))))


def history(lake: Lake, publisher: str) -> list[Run]:
    """Every run kept, in order. Raises `TrendError` on a file that cannot be read."""
    folder = _folder(lake, publisher) / "runs"
    found = [_decode(path, Run) for path in folder.glob("*.json")] if folder.exists() else []
    return sorted(found, key=lambda r: r.rang)


def pointer_of(lake: Lake, publisher: str) -> Pointer | None:
    """Which run is the last, and which came before it."""
    path = _folder(lake, publisher) / "current.json"
    return _decode(path, Pointer) if path.exists() else None


def records_of(lake: Lake, publisher: str, name: str) -> pl.DataFrame | None:
    """The failing rows of a run (`RECORD_SCHEMA`); None where they are no longer kept."""
    path = _folder(lake, publisher) / "records" / f"{name}.parquet"
    return pl.read_parquet(io.BytesIO(path.read_bytes())) if name and path.exists() else None


def _folder(lake: Lake, publisher: str) -> UPath:
    return lake / f"quality/{publisher}/history"


def _decode(path: UPath, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise TrendError(
            f"{path} : histoire des contrôles illisible ({error}) ; remettre la sauvegarde, ou retirer ce fichier "
            "(ses figures sont alors perdues)"
        ) from error


def _records(found: pl.DataFrame) -> pl.DataFrame:
    return found.select(list(RECORD_SCHEMA)).sort("rule", "table", RECORD)


def _figures(result: RuleResult, records: pl.DataFrame) -> Figures:
    rule = result.rule
    own = records.filter(pl.col("rule") == rule.id)[RECORD].to_list()
    return Figures(
        rule=rule.id,
        table=result.table.name,
        severity=rule.severity,
        status=result.status,
        # A register that comes makes a rule judge what it did not: that is not a change of the data.
        definition=_sha(msgspec.json.encode(rule) + "".join(result.missing).encode())[:16],
        in_scope=result.in_scope,
        evaluated=result.evaluated,
        failing=result.failing,
        records=_sha(msgspec.json.encode(own))[:16],
    )


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
