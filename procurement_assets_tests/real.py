"""Running `make refresh` on real data in a lake of its own, and reading what it left."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import polars as pl

from procurement_assets_tests.conftest import ROOT, Mirror


def refresh(lake: Path, mirror: Mirror, publisher: str = "paris", **environ: str) -> subprocess.CompletedProcess[str]:
    """One `python -m procurement_assets refresh` on its own lake and Dagster instance."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PROCUREMENT_", "DAGSTER_HOME"))}
    env |= {
        "PROCUREMENT_LAKE": str(lake),
        "PROCUREMENT_MIRROR": mirror.address,
        "PROCUREMENT_HTTP_BACKOFF_SECONDS": "0.01",
        "DAGSTER_HOME": str(lake.with_name(lake.name + "-dagster")),
    } | environ
    command = [sys.executable, "-m", "procurement_assets", "refresh", "--publisher", publisher]
    return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)


def digests(lake: Path, *folders: str) -> dict[str, str]:
    """Relative path to sha256 of every file below some folders of the lake."""
    files = [f for folder in folders for f in sorted((lake / folder).rglob("*")) if f.is_file()]
    return {str(f.relative_to(lake)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def table(lake: Path, name: str, publisher: str = "paris") -> pl.DataFrame:
    return pl.read_parquet(lake / "tables" / name / f"{publisher}.parquet")
