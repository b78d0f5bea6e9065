"""Pelican's checks, Cardinal's indicators and its coverage over compiled releases, beside Cardinal's own wheel (Rust).

The releases are generated contracts (defects included) read, mapped and compiled by the project. Each case is a process
of its own, start included, one worker each. The counts of both coverages are compared.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.cases import compile_case, map_case, read_case
from benchmarks.measure import machine, measured, module

RESULTS = Path(__file__).with_name("results")
COMPILED = "compiled.jsonl"


def _prepare(folder: Path, options: argparse.Namespace) -> None:
    read_case(folder, options)
    map_case(folder, options)
    compile_case(folder, options)


def _cardinal(folder: Path, _: argparse.Namespace) -> None:
    from procurement_assets.quality.indicators.cardinal.run import calculate
    from procurement_assets.quality.indicators.cardinal.settings import every_indicator

    with (folder / COMPILED).open("rb") as lines:
        found = calculate(lines, every_indicator())
    (folder / "cardinal.json").write_text(json.dumps({g: len(ids) for g, ids in found.flags.items()}))


def _coverage(folder: Path, _: argparse.Namespace) -> None:
    from procurement_assets.quality.indicators.cardinal.coverage import coverage

    with (folder / COMPILED).open("rb") as lines:
        (folder / "coverage.json").write_text(json.dumps(coverage(lines), sort_keys=True))


def _wheel(folder: Path, _: argparse.Namespace) -> None:
    import ocdscardinal

    (folder / "wheel.json").write_text(json.dumps(ocdscardinal.coverage(str(folder / COMPILED)), sort_keys=True))


def _pelican(folder: Path, _: argparse.Namespace) -> None:
    from procurement_assets.quality.indicators.pelican.fields import Codelists
    from procurement_assets.quality.indicators.pelican.registry import FIELDS, LANGUAGES, SCHEMES
    from procurement_assets.quality.indicators.pelican.sweep import sweep

    with (folder / COMPILED).open("rb") as lines:
        found = sweep(lines, FIELDS, Codelists(identifier_schemes=SCHEMES, languages=LANGUAGES))
    (folder / "counts.json").write_text(json.dumps([found.releases, sum(t.applied for t in found.by_release.values())]))


CASES: dict[str, tuple[str, Callable[[Path, argparse.Namespace], None]]] = {
    "prepare": ("", _prepare),
    "cardinal": ("Cardinal's 11 indicators", _cardinal),
    "coverage": ("coverage, ours", _coverage),
    "wheel": ("coverage, ocdscardinal", _wheel),
    "pelican": ("Pelican: 37 + 23 checks, 29 fields, coverage", _pelican),
}


class Case(msgspec.Struct, frozen=True):
    """A line of the results."""

    name: str
    what: str
    cpu_s: float
    wall_s: float
    peak_mb: float
    per_cpu_second: int


def add_command(commands: Any) -> None:
    """The command line of this comparison."""
    parser = commands.add_parser("indicators", help=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--mirror", default="../shared/mirror", help="copy of the public addresses, for the schema")
    parser.add_argument("--case", choices=sorted(CASES), help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """The whole comparison; or one case of it, in the process that is measured."""
    if options.case:
        CASES[options.case][1](Path(options.folder), options)
        return 0
    folder = Path(tempfile.mkdtemp(prefix="pkg_benchmark_"))
    try:
        print(_compare(folder, options))
    finally:
        shutil.rmtree(folder)
    return 0


def _compare(folder: Path, options: argparse.Namespace) -> str:
    source = folder / "contracts.json"
    measured(module("procurement_assets.sample", "--records", str(options.records), "--out", str(source)))
    costs = {
        name: measured(
            module("benchmarks", "indicators", "--case", name, "--folder", str(folder), "--mirror", options.mirror)
        )
        for name in CASES
    }
    releases, applied = json.loads((folder / "counts.json").read_text())
    cases = [
        Case(n, CASES[n][0], round(c.cpu, 2), round(c.wall, 2), round(c.peak_mb, 1), round(releases / c.cpu))
        for n, c in costs.items()
        if n != "prepare"
    ]
    about = {
        "releases": releases,
        "compiled_mb": round((folder / COMPILED).stat().st_size / 1e6, 1),
        "checks_applied": applied,
        "same_coverage": json.loads((folder / "coverage.json").read_text())
        == json.loads((folder / "wheel.json").read_text()),
        "coverage_cpu_wheel_over_ours": round(costs["wheel"].cpu / costs["coverage"].cpu, 2),
        **machine(("ocdscardinal", "msgspec")),
        "cases": msgspec.to_builtins(cases),
    }
    RESULTS.mkdir(exist_ok=True)
    name = f"indicators_{options.records}"
    (RESULTS / f"{name}.json").write_text(json.dumps(about, ensure_ascii=False, indent=2) + "\n")
    text = _markdown(about, cases)
    (RESULTS / f"{name}.md").write_text(text)
    return text


def _markdown(about: dict[str, Any], cases: list[Case]) -> str:
    lines = [
        f"# Indicators, {about['releases']:,} generated processes ({about['compiled_mb']} MB of compiled releases)",
        "",
        f"`python -m benchmarks indicators`; Python {about['python']}, {about['cores']} cores, load at the end "
        f"{about['load_at_the_end']}, {', '.join(f'{n} {v}' for n, v in about['tools'].items())}.",
        "Each case is a process of its own, start included; CPU is user and system; one worker each.",
        "",
        "| case | what | CPU s | wall s | peak MB | processes per CPU s |",
        "|---|---|---|---|---|---|",
        *(f"| {c.name} | {c.what} | {c.cpu_s} | {c.wall_s} | {c.peak_mb} | {c.per_cpu_second:,} |" for c in cases),
        "",
        f"Coverage of both equal: {'yes' if about['same_coverage'] else 'NO'}; CPU of the wheel over ours: "
        f"{about['coverage_cpu_wheel_over_ours']}.",
        "",
    ]
    return "\n".join(lines)
