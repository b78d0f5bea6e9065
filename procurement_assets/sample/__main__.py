"""`python -m procurement_assets.sample`: one generated file."""

from __future__ import annotations

import argparse
import contextlib
import gc
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, get_args

from procurement_assets.decp.raw import Layout
from procurement_assets.sample import generate, load_profile, profile_names, punctual, write

_SHORT: dict[str, Layout] = {"nested": "v2-nested", "dotted": "v1-dotted"}


def _parser() -> argparse.ArgumentParser:
    profiles = "\n".join(f"  {name:24}{load_profile(name).description}" for name in profile_names())
    parser = argparse.ArgumentParser(
        prog="python -m procurement_assets.sample",
        description="Writes generated procurement data (DECP) in the likeness of a measured source. Same options: same "
        "bytes. Memory does not grow with the number of records.",
        epilog=f"profiles:\n{profiles}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--profile", default="national-2022", choices=profile_names(), help="default: national-2022")
    parser.add_argument("--records", type=int, default=1000, help="how many (default: 1000)")
    parser.add_argument("--seed", type=int, default=42, help="another seed, other records (default: 42)")
    parser.add_argument("--layout", choices=[*get_args(Layout), "nested", "dotted"], help="default: the profile's own")
    parser.add_argument("--out", default="-", help="file to write, - for the standard output (default)")
    parser.add_argument(
        "--clean",
        action="store_true",
        help="no defect: valid against the official schema, published in the legal two months",
    )
    parser.add_argument("--indent", type=int, help="spaces of indentation inside a record (JSON)")
    return parser


@contextlib.contextmanager
def _output(name: str) -> Iterator[IO[bytes]]:
    if name == "-":
        yield sys.stdout.buffer
        return
    with Path(name).open("wb") as stream:
        yield stream


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    options = _parser().parse_args(arguments)
    profile = punctual(load_profile(options.profile)) if options.clean else load_profile(options.profile)
    layout: Layout = _SHORT.get(options.layout, options.layout) or profile.layout
    if _family(layout) != profile.format:
        print(f"{layout} writes format {_family(layout)}, profile {profile.name} has {profile.format}", file=sys.stderr)
        return 2
    gc.disable()  # records hold no cycles: collecting costs a tenth of the time and frees nothing
    with _output(options.out) as stream:
        records = generate(profile, options.records, options.seed, defects=not options.clean, layout=layout)
        write(records, layout, stream, indent=options.indent)
    return 0


def _family(layout: Layout) -> str:
    return "2019" if layout in ("v1-flat", "v1-dotted", "xml-1") else "2022"


if __name__ == "__main__":
    raise SystemExit(main())
