"""Filtering INSEE's stock of legal units on 6,000 suppliers, beside the same in Polars, DuckDB and pyarrow.

The stock is generated (fixed seed) with the columns and types of StockUniteLegale that are read, in row groups of
500,000. Each case is a process of its own. Half the size too: memory must not follow the size of the file.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.measure import machine, measured, module

RESULTS = Path(__file__).with_name("results")
GENERATE, GROUP, SUPPLIERS = "generate", 500_000, 6_000
STOCK = "stock.parquet"
TOOLS = ("duckdb", "polars", "pyarrow")
READ = (
    *("siren", "statutDiffusionUniteLegale", "dateCreationUniteLegale", "denominationUniteLegale"),
    *("categorieJuridiqueUniteLegale", "activitePrincipaleUniteLegale", "trancheEffectifsUniteLegale"),
    *("etatAdministratifUniteLegale", "dateDebut"),
)


def sirens(count: int) -> list[str]:
    """The suppliers, spread over a stock of `count` units."""
    return [f"{10_000_000 + 7 * n:09d}" for n in range(0, count, max(count // SUPPLIERS, 1))]


def generate(path: Path, count: int) -> None:
    """Write a stock of `count` units."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    draw, writer = np.random.default_rng(7), None
    for start in range(0, count, GROUP):
        size = min(GROUP, count - start)
        ranks = range(start, start + size)
        days = [pa.array(draw.integers(3_000, 20_000, size).astype("int32"), pa.date32()) for _ in range(2)]
        table = pa.table(
            {
                "siren": [f"{10_000_000 + 7 * n:09d}" for n in ranks],
                "statutDiffusionUniteLegale": draw.choice(["O", "P"], size, p=[0.9, 0.1]),
                "dateCreationUniteLegale": days[0],
                "nomUniteLegale": [f"NOM {n * 31 % 99_991}" for n in ranks],
                "denominationUniteLegale": [f"SOCIETE {n} {n * 7919 % 100_003}" for n in ranks],
                "categorieJuridiqueUniteLegale": draw.choice([1000, 5499, 5710], size),
                "activitePrincipaleUniteLegale": draw.choice(["62.01Z", "43.21A", "81.30Z"], size),
                "trancheEffectifsUniteLegale": draw.choice(["NN", "11", "21"], size),
                "etatAdministratifUniteLegale": draw.choice(["A", "C"], size),
                "dateDebut": days[1],
            }
        )
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer:
        writer.close()


def _ours(path: Path, wanted: list[str]) -> int:
    from procurement_assets.registers.sirene import read_stock

    return read_stock(path, wanted)["connu"].sum()


def _polars(path: Path, wanted: list[str]) -> int:
    import polars as pl

    return pl.read_parquet(path, columns=list(READ)).filter(pl.col("siren").is_in(wanted)).height


def _duckdb(path: Path, wanted: list[str]) -> int:
    import duckdb

    query = f"SELECT {', '.join(READ)} FROM read_parquet(?) WHERE siren IN (SELECT unnest(?))"
    return duckdb.sql(query, params=[str(path), wanted]).to_arrow_table().num_rows


def _pyarrow(path: Path, wanted: list[str]) -> int:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    values, found = pa.array(wanted), 0
    for batch in pq.ParquetFile(path).iter_batches(columns=list(READ)):
        found += batch.filter(pc.is_in(batch["siren"], value_set=values)).num_rows
    return found


CASES: dict[str, tuple[str, Callable[[Path, list[str]], int]]] = {
    "ours": ("`registers.sirene.read_stock`", _ours),
    "polars": ("`polars.read_parquet`, then a filter", _polars),
    "duckdb": ("DuckDB, one query", _duckdb),
    "pyarrow": ("`pyarrow` batch by batch", _pyarrow),
}


class Result(msgspec.Struct, frozen=True):
    """A line of the results."""

    name: str
    what: str
    units: int
    cpu_s: float
    wall_s: float
    peak_mb: float


def add_command(commands: Any) -> None:
    """The command line of this comparison."""
    parser = commands.add_parser("registers", help=(__doc__ or "").splitlines()[0])
    parser.add_argument("--units", type=int, default=10_000_000)
    parser.add_argument("--case", choices=[*CASES, GENERATE], help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """The whole comparison; or one case of it, in the process that is measured."""
    if options.case == GENERATE:
        generate(Path(options.folder) / STOCK, options.units)
        return 0
    if options.case:
        wanted = sirens(options.units)
        found = CASES[options.case][1](Path(options.folder) / STOCK, wanted)
        if found != len(wanted):
            raise RuntimeError(f"{options.case}: {found} units found of {len(wanted)}")
        return 0
    results = [r for units in (options.units // 2, options.units) for r in _measure(units)]
    print(_write(results, options.units))
    return 0


def _measure(units: int) -> list[Result]:
    folder = Path(tempfile.mkdtemp(prefix="pkg_benchmark_"))
    given = ["--folder", str(folder), "--units", str(units)]
    try:
        measured(module("benchmarks", "registers", "--case", GENERATE, *given))
        found = []
        for name, (what, _) in CASES.items():
            cost = measured(module("benchmarks", "registers", "--case", name, *given))
            found.append(Result(name, what, units, round(cost.cpu, 2), round(cost.wall, 2), round(cost.peak_mb)))
        return found
    finally:
        shutil.rmtree(folder)


def _write(results: list[Result], units: int) -> str:
    about = {
        "units": units,
        "suppliers": SUPPLIERS,
        **machine(TOOLS),
        "cases": msgspec.to_builtins(results),
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"registers_{units}.json").write_text(json.dumps(about, ensure_ascii=False, indent=2) + "\n")
    lines = [
        f"# {SUPPLIERS:,} suppliers found in a stock of {units:,} legal units",
        "",
        f"`python -m benchmarks registers --units {units}`; Python {about['python']}, {about['cores']} cores,",
        f"{', '.join(f'{n} {version(n)}' for n in TOOLS)}. Each case is a process of its own, start included; CPU is",
        "user and system.",
        "",
        "| units | case | what | CPU s | wall s | peak MB |",
        "|---|---|---|---|---|---|",
    ]
    lines += [f"| {r.units:,} | {r.name} | {r.what} | {r.cpu_s} | {r.wall_s} | {r.peak_mb:,.0f} |" for r in results]
    text = "\n".join([*lines, ""])
    (RESULTS / f"registers_{units}.md").write_text(text)
    return text
