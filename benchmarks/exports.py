"""Each export of 200,000 rows × 15 columns: CPU, time and peak memory, each in a process of its own.

The rows are generated (fixed seed): texts of words, identifiers, amounts, dates, lists, in the proportions of marchés.
`read` only loads them: every case pays it. `polars.write_excel` and `gzip` are beside ours for comparison.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from benchmarks.measure import Measure, machine, measured, module
from procurement_assets.lake import Lake
from procurement_assets.portal.exports.changes import recorded_changes
from procurement_assets.portal.exports.database import write_database
from procurement_assets.portal.exports.parquet_files import parquet_file
from procurement_assets.portal.exports.spec import About, Export
from procurement_assets.portal.exports.streams import SLICE, cut
from procurement_assets.portal.exports.text_files import Write, csv_file, excel_csv_file, flattened, json_lines_file
from procurement_assets.portal.exports.workbook import Sheet, write_workbook
from procurement_assets.publishers import load_publishers
from procurement_assets.schema.column import Table, conform
from procurement_assets.schema.exports import DECP_MARCHES
from procurement_assets.settings import PACKAGE

RESULTS = Path(__file__).with_name("results")
COLUMNS = (
    *("uid", "id", "acheteur_id", "nature", "objet", "codeCPV", "type", "procedure", "techniques", "dureeMois"),
    *("dateNotification", "montant", "offresRecues", "marcheInnovant", "titulaires_id"),
)
TABLE: Table = msgspec.structs.replace(DECP_MARCHES, columns=tuple(DECP_MARCHES.column(n) for n in COLUMNS))
ABOUT = About(publisher=load_publishers(PACKAGE / "publishers.toml").publishers["paris"], data_date="2026-01-08")
EXPORT = Export(table=TABLE, sheet="Marchés")
INPUT = "rows.parquet"
GENERATE = "generate"
TOOLS = ("polars", "pyarrow", "duckdb", "rustpy-xlsxwriter", "xlsxwriter", "isal")


def rows(count: int) -> pl.DataFrame:
    """The generated marchés."""
    import numpy as np

    draw = np.random.default_rng(75)
    words = np.array([f"mot{i:03d}" for i in range(800)])
    numbers = np.arange(count)
    siret = draw.integers(10**13, 10**14, count).astype(str)
    frame = pl.DataFrame(
        {
            "id": [f"2024S{i:07d}" for i in numbers],
            "acheteur_id": "21750001600019",
            "nature": "Marché",
            "objet": [" ".join(w) for w in words[draw.integers(0, 800, (count, 14))]],
            "codeCPV": draw.integers(10_000_000, 98_000_000, count).astype(str),
            "type": np.array(["Travaux", "Fournitures", "Services"])[draw.integers(0, 3, count)],
            "procedure": np.array(["Procédure adaptée", "Appel d'offres ouvert"])[draw.integers(0, 2, count)],
            "techniques": [["Accord-cadre"] if i % 3 else ["Accord-cadre", "Concours"] for i in numbers],
            "dureeMois": draw.integers(1, 60, count),
            "dateNotification": (np.datetime64("2019-01-01") + draw.integers(0, 2500, count)).astype("datetime64[ms]"),
            "montant": np.round(np.exp(draw.normal(11.5, 1.6, count)), 2),
            "offresRecues": draw.integers(1, 12, count),
            "marcheInnovant": draw.integers(0, 2, count).astype(bool),
            "titulaires_id": [[s] for s in siret],
        }
    ).with_columns(pl.col("dateNotification").cast(pl.Date), uid=pl.col("acheteur_id") + pl.col("id"))
    return conform(frame, TABLE)


def _written(file: AbstractContextManager[Write], frame: pl.DataFrame) -> None:
    with file as write:
        for part in cut([frame], SLICE):
            write(part)


def _recorded(folder: Path, frame: pl.DataFrame, day: str) -> None:
    with recorded_changes(Lake(folder / "lake"), "paris", day) as recorder:
        for _ in recorder.passing("marché", TABLE, cut([frame], SLICE)):
            pass


def _changes(folder: Path, frame: pl.DataFrame) -> None:
    _recorded(folder, frame, "2026-01-08")


def _changed(folder: Path, frame: pl.DataFrame) -> None:
    """One contract in a hundred has another amount since the publication that `changes` recorded."""
    later = frame.with_columns(
        pl.when(pl.int_range(pl.len()) % 100 == 0)
        .then(pl.col("montant") + 1)
        .otherwise(pl.col("montant"))
        .alias("montant")
    )
    _recorded(folder, later, "2026-01-09")


def _gzip(folder: Path, frame: pl.DataFrame) -> None:
    with gzip.open(folder / "peer.jsonl.gz", "wb", compresslevel=6) as out:
        frame.write_ndjson(out)


CASES: dict[str, tuple[str, Callable[[Path, pl.DataFrame], Any], str, str]] = {
    "read": ("load the rows, nothing else", lambda f, t: None, "", ""),
    "parquet": (
        "Parquet, page index, labels",
        lambda f, t: _written(parquet_file(f / "a.parquet", TABLE, ABOUT), t),
        "a.parquet",
        "",
    ),
    "csv": ("CSV, formulas made harmless", lambda f, t: _written(csv_file(f / "a.csv"), flattened(t)), "a.csv", ""),
    "excel csv": (
        "CSV for a French Excel",
        lambda f, t: _written(excel_csv_file(f / "b.csv"), flattened(t)),
        "b.csv",
        "",
    ),
    "json lines": ("JSON Lines, isal", lambda f, t: _written(json_lines_file(f / "a.jsonl.gz"), t), "a.jsonl.gz", ""),
    "gzip": ("polars NDJSON through gzip -6", _gzip, "peer.jsonl.gz", "json lines"),
    "workbook": (
        "XLSX",
        lambda f, t: write_workbook(f / "a.xlsx", [Sheet(EXPORT, t.height, lambda: t)], ABOUT),
        "a.xlsx",
        "",
    ),
    "write_excel": ("polars.write_excel", lambda f, t: t.write_excel(f / "peer.xlsx"), "peer.xlsx", "workbook"),
    "database": (
        "DuckDB, comments, key",
        lambda f, t: write_database(f / "a.duckdb", [(TABLE, [t])], ABOUT),
        "a.duckdb",
        "",
    ),
    "changes": ("history: first publication", _changes, "", ""),
    "changed": ("history: 1 % changed since", _changed, "", ""),
}
"""Name to: what it is, what it does, the file it writes, the case of ours that it is compared with."""


class Result(msgspec.Struct, frozen=True):
    """A line of the results."""

    name: str
    what: str
    cpu_s: float
    wall_s: float
    peak_mb: float
    file_mb: float | None
    ratio: float | None
    """CPU of the peer over ours, the reading of both taken off."""


def add_command(commands: Any) -> None:
    """The command line of this comparison."""
    parser = commands.add_parser("exports", help=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--case", choices=[*CASES, GENERATE], help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """The whole comparison; or one case of it, in the process that is measured."""
    if options.case:
        folder = Path(options.folder)
        if options.case == GENERATE:
            rows(options.rows).write_parquet(folder / INPUT)
            return 0
        CASES[options.case][1](folder, pl.read_parquet(folder / INPUT))
        return 0
    folder = Path(tempfile.mkdtemp(prefix="pkg_benchmark_"))
    try:
        # In a process of its own: the peak of a child starts at the memory of its parent.
        generate = ["exports", "--case", GENERATE, "--folder", str(folder), "--rows", str(options.rows)]
        measured(module("benchmarks", *generate))
        print(_write(_measure(folder), options.rows))
    finally:
        shutil.rmtree(folder)
    return 0


def _measure(folder: Path) -> list[Result]:
    costs: dict[str, Measure] = {}
    for name in CASES:
        costs[name] = measured(module("benchmarks", "exports", "--case", name, "--folder", str(folder)))
    base = costs["read"].cpu
    found = []
    for name, (what, _, file, against) in CASES.items():
        cost = costs[name]
        size = round((folder / file).stat().st_size / 1e6, 1) if file else None
        ratio = round((cost.cpu - base) / (costs[against].cpu - base), 1) if against else None
        found.append(Result(name, what, round(cost.cpu, 2), round(cost.wall, 2), round(cost.peak_mb), size, ratio))
    return found


def _write(results: list[Result], count: int) -> str:
    about = {
        "rows": count,
        "columns": len(COLUMNS),
        **machine(TOOLS),
        "cases": msgspec.to_builtins(results),
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"exports_{count}.json").write_text(json.dumps(about, ensure_ascii=False, indent=2) + "\n")
    lines = [
        f"# Exports of {count:,} rows × {len(COLUMNS)} columns",
        "",
        f"`python -m benchmarks exports --rows {count}`; Python {about['python']}, {about['cores']} cores,",
        f"{', '.join(f'{n} {version(n)}' for n in TOOLS)}.",
        "Each case is a process of its own, start and reading included; CPU is user and system. The ratio leaves out",
        "what `read` costs.",
        "",
        "| case | what | CPU s | wall s | peak MB | file MB | CPU, peer / ours |",
        "|---|---|---|---|---|---|---|",
    ]
    for r in results:
        size, ratio = "" if r.file_mb is None else r.file_mb, f"**{r.ratio}×**" if r.ratio else ""
        lines.append(f"| {r.name} | {r.what} | {r.cpu_s} | {r.wall_s} | {r.peak_mb:,.0f} | {size} | {ratio} |")
    text = "\n".join([*lines, ""])
    (RESULTS / f"exports_{count}.md").write_text(text)
    return text
