"""Measure a command in a process of its own: CPU seconds, wall seconds, peak memory (getrusage of that child alone)."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple


class Measure(NamedTuple):
    """What a process cost."""

    cpu: float
    wall: float
    peak_mb: float


def machine(tools: Iterable[str]) -> dict[str, Any]:
    """What a result says of where it was measured: Python, cores, load, and the version of each tool."""
    return {
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load_at_the_end": round(os.getloadavg()[0], 2),
        "tools": {name: version(name) for name in tools},
    }


def measured(command: list[str], stdin: Path | None = None, stdout: Path | None = None) -> Measure:
    """Run a command to its end. Raises RuntimeError where it fails."""
    nothing = Path(os.devnull)
    with (stdin or nothing).open("rb") as given, (stdout or nothing).open("wb") as taken:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdin=given, stdout=taken)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit code {process.returncode}")
    # ru_maxrss is in kilobytes on Linux.
    return Measure(usage.ru_utime + usage.ru_stime, time.perf_counter() - start, usage.ru_maxrss / 1024)


def module(name: str, *arguments: str) -> list[str]:
    """The command of a module of this project."""
    return [sys.executable, "-m", name, *arguments]
