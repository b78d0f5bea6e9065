"""The whole chain on generated contracts, a stage a process: what each costs, and where memory is highest.

DECP file → records → tables → OCDS releases → compiled releases → validation of every release → exports: the stages of
DESIGN §7, through the functions that the assets call, on a temporary lake.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.cases import PUBLISHER, schema_of
from benchmarks.measure import Measure, machine, measured, module
from procurement_assets.lake import Lake
from procurement_assets.publishers import Source

RESULTS = Path(__file__).with_name("results")
DATE = "2026-01-01T00:00:00+00:00"
SOURCE = Source(id="bench", name="Benchmark", kind="sample", rank=1)
TOOLS = ("msgspec", "polars", "pyarrow", "jsonschema-rs", "duckdb")


class Stage(msgspec.Struct, frozen=True):
    """A line of the results."""

    name: str
    what: str
    cpu_s: float
    wall_s: float
    peak_mb: float


def add_command(commands: Any) -> None:
    """The command line of this measure."""
    parser = commands.add_parser("chain", help=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--mirror", default="../shared/mirror", help="copy of the public addresses, for the schema")
    parser.add_argument("--stages", default=",".join(STAGES), help="which, in this order (default: all)")
    parser.add_argument("--keep", help="folder of the lake, kept (default: a temporary one)")
    parser.add_argument("--stage", choices=sorted(STAGES), help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """The whole chain; or one stage of it, in the process that is measured."""
    if options.stage:
        STAGES[options.stage][1](Lake(options.folder), options)
        return 0
    folder = Path(options.keep or tempfile.mkdtemp(prefix="pkg_benchmark_"))
    try:
        print(_chain(folder, options))
    finally:
        if not options.keep:
            shutil.rmtree(folder)
    return 0


def _chain(folder: Path, options: argparse.Namespace) -> str:
    source = folder / "contracts.json"
    if not source.exists():
        folder.mkdir(parents=True, exist_ok=True)
        measured(module("procurement_assets.sample", "--records", str(options.records), "--out", str(source)))
    stages = []
    for name in options.stages.split(","):
        given = ["chain", "--stage", name, "--folder", str(folder), "--mirror", options.mirror]
        cost = measured(module("benchmarks", *given))
        stages.append(_stage(name, cost))
        print(stages[-1], flush=True)
    return _write(stages, Lake(folder), options, source.stat().st_size)


def _stage(name: str, cost: Measure) -> Stage:
    return Stage(name, STAGES[name][0], round(cost.cpu, 2), round(cost.wall, 2), round(cost.peak_mb))


def _read(lake: Lake, _: argparse.Namespace) -> None:
    from procurement_assets.decp.parse import build_records
    from procurement_assets.sources.manifest import ManifestRow

    source = Path(str(lake.root)) / "contracts.json"
    digest = hashlib.sha256()
    with source.open("rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    raw = Path(str(lake.raw(digest.hexdigest())))
    raw.parent.mkdir(parents=True, exist_ok=True)
    if not raw.exists():
        os.link(source, raw)
    row = ManifestRow(
        source=SOURCE.id,
        resource_id="contracts",
        title="contracts.json",
        url="https://example.org/contracts.json",
        status="kept",
        sha256=digest.hexdigest(),
        bytes=source.stat().st_size,
        published_at=DATE,
        created_at=DATE,
    )
    build_records(lake, PUBLISHER.id, [row])


def _tables(lake: Lake, _: argparse.Namespace) -> None:
    from procurement_assets.decp.tables import COLUMNS_READ, build_tables
    from procurement_assets.parquet import read_rows

    with (
        lake.table("decp_records", PUBLISHER.id).open("rb") as records,
        lake.table("quarantine", PUBLISHER.id).open("rb") as quarantine,
    ):
        built = build_tables(read_rows(records, list(COLUMNS_READ)), read_rows(quarantine), PUBLISHER, [SOURCE])
    with built:
        for table in built.tables.values():
            table.save(lake, PUBLISHER.id)


def _releases(lake: Lake, _: argparse.Namespace) -> None:
    from procurement_assets.ocds.produce import read_snapshot, write_releases

    write_releases(lake, PUBLISHER, read_snapshot(lake, PUBLISHER.id))


def _compiled(lake: Lake, options: argparse.Namespace) -> None:
    from procurement_assets.ocds.produce import write_compiled

    write_compiled(lake, PUBLISHER.id, schema_of(options))


def _validated(lake: Lake, options: argparse.Namespace) -> None:
    from procurement_assets.ocds.produce import RELEASES, lines_of
    from procurement_assets.ocds.validate import validate

    with lines_of(lake, PUBLISHER.id, RELEASES) as lines:
        report = validate(lines, schema_of(options), workers=2)
    if not report.ok:
        raise SystemExit(f"{report.invalid} invalid releases: {report.problems[:3]}")


def _ocds_exports(lake: Lake, _: argparse.Namespace) -> None:
    from procurement_assets.ocds.whole import write_ocds_exports

    write_ocds_exports(lake, PUBLISHER, DATE)


def _table_exports(lake: Lake, _: argparse.Namespace) -> None:
    from procurement_assets.portal.exports.spec import About
    from procurement_assets.portal.exports.tables import write_table_exports

    write_table_exports(lake, About(publisher=PUBLISHER, data_date=DATE))


STAGES: dict[str, tuple[str, Callable[[Lake, argparse.Namespace], None]]] = {
    "read": ("DECP file to `decp_records`, quarantine, files", _read),
    "tables": ("clean, identity, versions: the tables, the ledger, the repairs", _tables),
    "releases": ("ocids, mapping, history, `releases.jsonl`", _releases),
    "compiled": ("compiled releases", _compiled),
    "validate": ("every release: official schema, references, order; two processes", _validated),
    "ocds-exports": ("releases and compiled releases as `.jsonl.gz`, a record package", _ocds_exports),
    "table-exports": ("all tables as Parquet, two kinds of CSV and JSON Lines, what changed", _table_exports),
}


def _write(stages: list[Stage], lake: Lake, options: argparse.Namespace, size: int) -> str:
    releases = lake.ocds(PUBLISHER.id) / "releases.jsonl"
    about = {
        "date": datetime.now(UTC).date().isoformat(),
        "contracts": options.records,
        "decp_mb": round(size / 1e6, 1),
        "releases_mb": round(releases.stat().st_size / 1e6, 1) if releases.exists() else None,
        **machine(TOOLS),
        "stages": [msgspec.to_builtins(s) for s in stages],
    }
    if set(options.stages.split(",")) != STAGES.keys():
        return json.dumps(about, indent=2)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"chain_{options.records}.json").write_text(json.dumps(about, ensure_ascii=False, indent=2) + "\n")
    text = _markdown(about, stages)
    (RESULTS / f"chain_{options.records}.md").write_text(text)
    return text


def _markdown(about: dict[str, Any], stages: list[Stage]) -> str:
    lines = [
        f"# The whole chain, {about['contracts']:,} generated contracts ({about['decp_mb']} MB of DECP)",
        "",
        f"`python -m benchmarks chain --records {about['contracts']}`, {about['date']}; Python {about['python']}, "
        f"{about['cores']} cores, load {about['load_at_the_end']} at the end,",
        f"{', '.join(f'{n} {v}' for n, v in about['tools'].items())}; {about['releases_mb']} MB of releases.",
        "Each stage is a process of its own, start included; CPU is user and system; what the processes of a stage use",
        "is counted in CPU, and not in its peak.",
        "",
        "| stage | what | CPU s | wall s | peak MB |",
        "|---|---|---|---|---|",
        *(f"| {s.name} | {s.what} | {s.cpu_s} | {s.wall_s} | {s.peak_mb:,} |" for s in stages),
    ]
    cpu, wall = sum(s.cpu_s for s in stages), sum(s.wall_s for s in stages)
    lines += [f"| **all** | | **{cpu:.1f}** | **{wall:.1f}** | **{max(s.peak_mb for s in stages):,}** |", ""]
    return "\n".join(lines)
