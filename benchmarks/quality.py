"""Twenty-five rules over 1,000,000 generated contracts: Great Expectations, as the checks run it, beside DuckDB.

Both read the same Parquet file and give the failing rows of each rule; the counts are compared. The rules are the first
twenty-five of data_quality/contracts.yml that judge rows and need no other table, scopes and expressions included. The
rows are generated contracts (defects included) taken through the real reading, repeated under other ids to the number
asked for. The import of Great Expectations is part of its process, and is also measured alone.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import platform
import shutil
import tempfile
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from benchmarks.measure import Measure, measured, module
from procurement_assets.quality.catalogue import load_catalogue
from procurement_assets.quality.derived import derived_of, with_derived
from procurement_assets.quality.model import Rule
from procurement_assets.quality.sql import ROW, VIEW, code_lists, connection, names_in
from procurement_assets.quality.suites import names_used, run_rules
from procurement_assets.schema import TABLES

RESULTS = Path(__file__).with_name("results")
RULES = 25
DISTINCT = 20_000
"""Contracts generated; the rest repeat them under other ids."""
DATA_DATE = date(2026, 1, 8)
TABLE = TABLES["contracts"]
CASES = ("generate", "import", "expectations", "duckdb")


class Case(msgspec.Struct, frozen=True):
    """A line of the results."""

    name: str
    what: str
    cpu_s: float
    wall_s: float
    peak_mb: float


def add_command(commands: Any) -> None:
    """The command line of this comparison."""
    parser = commands.add_parser("quality", help=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--case", choices=CASES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """The whole comparison; or one case of it, in the process that is measured."""
    if options.case:
        if options.case == "generate":
            _generate(Path(options.folder) / "contracts.parquet", options.rows)
        else:
            _CASES[options.case](Path(options.folder))
        return 0
    folder = Path(tempfile.mkdtemp(prefix="pkg_benchmark_"))
    try:
        print(_compare(folder, options.rows))
    finally:
        shutil.rmtree(folder)
    return 0


def rules() -> list[Rule]:
    """The rules compared."""
    across = {name for name, column in derived_of(TABLE.name).items() if column.across}
    chosen = [
        r
        for r in load_catalogue().of(TABLE.name)
        if r.type.kind == "row" and not across & set(names_in(f"{r.scope} {r.expression} {r.column}", across))
    ]
    return [msgspec.structs.replace(r, show=(), expected="") for r in chosen[:RULES]]


def _compare(folder: Path, rows: int) -> str:
    # In a process of its own: the peak of a child counts the memory of the parent it was forked from.
    measured([*_command("generate", folder), "--rows", str(rows)])
    told = {
        "import": "import of Great Expectations, its context",
        "expectations": f"{RULES} rules by Great Expectations, as the checks run them",
        "duckdb": "the same rules in one DuckDB query",
    }
    cases = [_case(name, told[name], measured(_command(name, folder))) for name in CASES[1:]]
    counts = {name: json.loads((folder / f"{name}.json").read_bytes()) for name in CASES[2:]}
    same = sum(counts["expectations"][r] == counts["duckdb"][r] for r in counts["duckdb"])
    ratio = cases[1].cpu_s / cases[2].cpu_s
    text = _markdown(rows, cases, same, ratio)
    record = {
        "rows": rows,
        "rules": RULES,
        "equal_counts": same,
        "cpu_ratio": round(ratio, 2),
        "failing": counts["duckdb"],
    }
    record["cases"] = msgspec.to_builtins(cases)
    (RESULTS / f"quality_{rows}.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    (RESULTS / f"quality_{rows}.md").write_text(text, encoding="utf-8")
    return text


def _command(case: str, folder: Path) -> list[str]:
    return module("benchmarks", "quality", "--case", case, "--folder", str(folder))


def _case(name: str, what: str, measure: Measure) -> Case:
    return Case(name, what, round(measure.cpu, 2), round(measure.wall, 2), round(measure.peak_mb, 1))


def _generate(path: Path, rows: int) -> None:
    """The table of contracts, made by the real chain from a generated file, repeated under other ids."""
    from procurement_assets.sample import generate, load_profile, write
    from procurement_assets_tests.quality.seeded import tables_of

    profile, stream = load_profile("national-2022"), io.BytesIO()
    write(generate(profile, min(DISTINCT, rows), 7), profile.layout, stream)
    made = tables_of([("contracts.json", stream.getvalue())])["contracts"]
    times = -(-rows // made.height)
    parts = [
        made.with_columns((pl.col("uid") + f"/{n}").alias("uid"), (pl.col("id") + f"/{n}").alias("id"))
        for n in range(times)
    ]
    pl.concat(parts).head(rows).write_parquet(path)


def _read(folder: Path) -> pl.DataFrame:
    """Only the columns that the rules name: the same for both."""
    chosen = rules()
    names = set(TABLE.schema) & set(
        names_in(" ".join(f"{r.scope} {r.expression} {r.column}" for r in chosen), TABLE.schema)
    )
    needed = sorted(names | {"uid", "source", "acheteur_id", "id"})
    return pl.read_parquet(folder / "contracts.parquet", columns=needed)


def _import(folder: Path) -> None:
    from procurement_assets.quality.suites import _great_expectations

    _great_expectations()


def _expectations(folder: Path) -> None:
    results = run_rules(TABLE, _read(folder), rules(), data_date=DATA_DATE)
    _tell(folder, "expectations", {r.rule.id: (r.failing, _digest(r.failed["uid"].to_list())) for r in results})


def _duckdb(folder: Path) -> None:
    chosen, frame = rules(), _read(folder)
    source = with_derived(frame, TABLE.name, names_used(TABLE, chosen), DATA_DATE).with_row_index(ROW)
    link = connection()
    link.register(VIEW, source.to_arrow())
    parts = [f"list({ROW} ORDER BY {ROW}) FILTER (({r.scope or 'true'}) AND NOT ({_condition(r)}))" for r in chosen]
    found = link.execute(f"SELECT {', '.join(parts)} FROM {VIEW}").fetchone() or ()
    uids = frame["uid"]
    rows = {r.id: uids[sorted(n)].to_list() if n else [] for r, n in zip(chosen, found, strict=True)}
    _tell(folder, "duckdb", {rule: (len(n), _digest(n)) for rule, n in rows.items()})


_CASES = {"import": _import, "expectations": _expectations, "duckdb": _duckdb}


def _condition(rule: Rule) -> str:
    """The rule as SQL, true where the row is right, empty where it is not judged."""
    given, column = rule.arguments, f'"{rule.column}"'
    if rule.expression:
        return rule.expression
    match rule.expectation:
        case "expect_column_values_to_not_be_null":
            return f"{column} IS NOT NULL"
        case "expect_column_values_to_be_in_set" | "expect_column_values_to_not_be_in_set":
            values = code_lists()[given["code_list"]] if "code_list" in given else given["value_set"]
            inside = f"{column} IN ({', '.join(_literal(v) for v in values)})"
            return f"NOT ({inside})" if "not_be" in rule.expectation else inside
        case "expect_column_values_to_match_regex":
            return f"regexp_matches({column}, {_literal(given['regex'])})"
        case "expect_column_values_to_not_match_regex":
            return f"NOT regexp_matches({column}, {_literal(given['regex'])})"
        case "expect_column_values_to_be_between" | "expect_column_value_lengths_to_be_between":
            value = f"length({column})" if "lengths" in rule.expectation else column
            low, high = given.get("min_value"), given.get("max_value")
            bounds = [f"{value} >= {_literal(low)}" for _ in [0] if low is not None]
            bounds += [f"{value} <= {_literal(high)}" for _ in [0] if high is not None]
            return " AND ".join(bounds)
    raise NotImplementedError(rule.expectation)


def _literal(value: Any) -> str:
    return str(value) if isinstance(value, int | float) else "'" + str(value).replace("'", "''") + "'"


def _digest(uids: list[str]) -> str:
    return hashlib.sha256("\n".join(uids).encode()).hexdigest()[:16]


def _tell(folder: Path, name: str, counts: dict[str, Any]) -> None:
    (folder / f"{name}.json").write_text(json.dumps(counts), encoding="utf-8")


def _markdown(rows: int, cases: list[Case], same: int, ratio: float) -> str:
    tools = ", ".join(f"{t} {version(t)}" for t in ("great-expectations", "pandas", "duckdb", "polars"))
    lines = "\n".join(f"| {c.name} | {c.what} | {c.cpu_s} | {c.wall_s} | {c.peak_mb} |" for c in cases)
    net = (cases[1].cpu_s - cases[0].cpu_s) / max(cases[2].cpu_s, 0.01)
    return f"""# Quality, {RULES} rules over {rows:,} generated contracts

`python -m benchmarks quality --rows {rows}`; Python {platform.python_version()}, {os.cpu_count()} cores,
{tools}.
Each case is a process of its own, start and reading of the Parquet file included; CPU is user and system.
{DISTINCT:,} contracts are generated (`national-2022`, defects included) and repeated under other ids.

| case | what | CPU s | wall s | peak MB |
|---|---|---|---|---|
{lines}

Great Expectations over DuckDB: {ratio:.1f} times the CPU, {net:.1f} times without its import.
The failing rows of both are the same for {same} rules of {RULES}.
"""
