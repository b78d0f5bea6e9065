"""Mapping, compiling and validating generated contracts, beside `ocdskit compile` and `jsonschema`, in one run.

Both sides get the same releases: `ocdskit` as release packages of 1,000 that say OCDS 1.1 (bare releases without
`parties` would be compiled by the rules of 1.0: research/perf.md §2c), with the same patched schema. `jsonschema` is
slow enough to be measured on the first releases and scaled; the column says so. The compiled releases are compared.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.cases import CASES, schema_of
from benchmarks.measure import Measure, machine, measured, module

RESULTS = Path(__file__).with_name("results")
PACKAGE = 1_000
TOOLS = ("ocdskit", "ocdsmerge", "jsonschema", "jsonschema-rs", "msgspec")


class Case(msgspec.Struct, frozen=True):
    """A line of the results."""

    name: str
    what: str
    entries: int
    cpu_s: float
    wall_s: float
    peak_mb: float
    scaled_from: int | None = None
    ratio: float | None = None
    """CPU of the peer over ours."""

    @property
    def per_second(self) -> float:
        """Entries in a CPU second."""
        return self.entries / self.cpu_s


def add_command(commands: Any) -> None:
    """The command line of this comparison."""
    parser = commands.add_parser("ocds", help=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--sample", type=int, default=5_000, help="releases given to jsonschema, then scaled")
    parser.add_argument("--mirror", default="../shared/mirror", help="copy of the public addresses, for the schema")
    parser.add_argument("--case", choices=sorted(CASES), help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """The whole comparison; or one case of it, in the process that is measured."""
    if options.case:
        CASES[options.case](Path(options.folder), options)
        return 0
    folder = Path(tempfile.mkdtemp(prefix="pkg_benchmark_"))
    try:
        written = _compare(folder, options)
    finally:
        shutil.rmtree(folder)
    print(written)
    return 0


def _compare(folder: Path, options: argparse.Namespace) -> str:
    def ours(case: str) -> Measure:
        given = ["ocds", "--case", case, "--folder", str(folder), "--mirror", options.mirror]
        return measured(module("benchmarks", *given, "--sample", str(options.sample)))

    source = folder / "contracts.json"
    measured(module("procurement_assets.sample", "--records", str(options.records), "--out", str(source)))
    reading, mapping = ours("read"), ours("map")
    processes, releases = json.loads((folder / "counts.json").read_text())
    compiling, validating = ours("compile"), ours("validate")
    (folder / "schema.json").write_text(json.dumps(schema_of(options).release))
    _packages(folder)
    ocdskit = [str(Path(sys.executable).with_name("ocdskit")), "compile", "--schema", str(folder / "schema.json")]
    compiled_by_ocdskit = measured(ocdskit, folder / "packages.jsonl", folder / "compiled_ocdskit.jsonl")
    sample = min(options.sample, releases)
    loading, judged = ours("jsonschema-load"), ours("jsonschema")
    peer = Measure(
        cpu=(judged.cpu - loading.cpu) * releases / sample + loading.cpu,
        wall=(judged.wall - loading.wall) * releases / sample + loading.wall,
        peak_mb=judged.peak_mb,
    )
    cases = [
        _case("read", "read and clean DECP, defects included (contracts)", processes, reading),
        _case("map", "normalised contracts to releases, in order", releases, mapping),
        _case("compile", "releases to compiled releases", processes, compiling),
        _case("ocdskit compile", "the same", processes, compiled_by_ocdskit, against=compiling),
        _case("validate", "official schema, extensions, references, order", releases, validating),
        _case("jsonschema", "schema alone, with formats", releases, peer, against=validating, scaled=sample),
    ]
    return _write(cases, _same(folder), options, source.stat().st_size)


def _case(
    name: str, what: str, entries: int, cost: Measure, against: Measure | None = None, scaled: int | None = None
) -> Case:
    ratio = round(cost.cpu / against.cpu, 1) if against else None
    return Case(name, what, entries, round(cost.cpu, 2), round(cost.wall, 2), round(cost.peak_mb, 1), scaled, ratio)


def _packages(folder: Path) -> None:
    """The releases as packages of a thousand, one a line."""
    head = b'{"uri":"https://example.org","version":"1.1","publisher":{"name":"x"},"publishedDate":'
    head += b'"2024-01-01T00:00:00Z","releases":['
    with (folder / "releases.jsonl").open("rb") as lines, (folder / "packages.jsonl").open("wb") as out:
        while batch := [line.rstrip(b"\n") for line in islice(lines, PACKAGE)]:
            out.write(head + b",".join(batch) + b"]}\n")


def _same(folder: Path) -> tuple[int, int]:
    """How many compiled releases are equal, of how many."""
    with (folder / "compiled.jsonl").open("rb") as lines:
        ours = {release["ocid"]: hash(line) for line in lines if (release := msgspec.json.decode(line))}
    same = 0
    with (folder / "compiled_ocdskit.jsonl").open("rb") as lines:
        for line in lines:
            release = msgspec.json.decode(line)
            same += ours.get(release["ocid"]) == hash(msgspec.json.encode(release) + b"\n")
    return same, len(ours)


def _write(cases: list[Case], same: tuple[int, int], options: argparse.Namespace, size: int) -> str:
    used = schema_of(options)
    about = {
        "contracts": options.records,
        "decp_mb": round(size / 1e6, 1),
        "schema": used.source,
        "schema_skipped_reason": used.skipped_reason,
        **machine(TOOLS),
        "compiled_equal_to_ocdskit": {"equal": same[0], "of": same[1]},
        "cases": [msgspec.to_builtins(c) | {"per_cpu_second": round(c.per_second)} for c in cases],
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"ocds_{options.records}.json").write_text(json.dumps(about, ensure_ascii=False, indent=2) + "\n")
    text = _markdown(about, cases)
    (RESULTS / f"ocds_{options.records}.md").write_text(text)
    return text


def _markdown(about: dict[str, Any], cases: list[Case]) -> str:
    equal = about["compiled_equal_to_ocdskit"]
    lines = [
        f"# OCDS, {about['contracts']:,} generated contracts (`national-2022`, {about['decp_mb']} MB of DECP)",
        "",
        f"`python -m benchmarks ocds --records {about['contracts']}`; Python {about['python']}, "
        f"{about['cores']} cores,",
        f"{', '.join(f'{n} {v}' for n, v in about['tools'].items())}; schema: {about['schema']}.",
        "Each case is a process of its own, start included; CPU is user and system; one worker each.",
        "",
        "| case | what | entries | CPU s | wall s | peak MB | per CPU s | CPU, peer / ours |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for c in cases:
        scaled = f" (scaled from {c.scaled_from:,})" if c.scaled_from else ""
        ratio = f"**{c.ratio}×**" if c.ratio else ""
        lines.append(
            f"| {c.name} | {c.what} | {c.entries:,} | {c.cpu_s}{scaled} | {c.wall_s} | {c.peak_mb} | "
            f"{c.per_second:,.0f} | {ratio} |"
        )
    lines += ["", f"Compiled releases equal to those of `ocdskit compile`: {equal['equal']:,} of {equal['of']:,}.", ""]
    return "\n".join(lines)
