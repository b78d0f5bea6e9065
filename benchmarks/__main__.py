"""`python -m benchmarks ocds --records 100000`: run a comparison and write its results into `benchmarks/results/`."""

from __future__ import annotations

import argparse

from benchmarks import chain, exports, indicators, ocds, quality, registers


def main() -> int:
    """Runs the command and returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    ocds.add_command(commands)
    chain.add_command(commands)
    exports.add_command(commands)
    quality.add_command(commands)
    indicators.add_command(commands)
    registers.add_command(commands)
    options = parser.parse_args()
    return int(options.run(options))


if __name__ == "__main__":
    raise SystemExit(main())
