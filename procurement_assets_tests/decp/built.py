"""The tables of some records as frames: what most tests look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from procurement_assets.decp.tables import build_tables
from procurement_assets.publishers import Publisher, Source


class Frames(NamedTuple):
    """The frames by table name, and the counts of each outcome."""

    frames: dict[str, pl.DataFrame]
    outcomes: dict[str, int]


def frames_of(
    records: Iterable[Mapping[str, Any]],
    quarantine: Iterable[Mapping[str, Any]],
    publisher: Publisher,
    sources: Sequence[Source],
    **given: Any,
) -> Frames:
    """`build_tables`, every table read; nothing is left open."""
    with build_tables(records, quarantine, publisher, sources, **given) as built:
        return Frames({name: table.frame() for name, table in built.tables.items()}, built.outcomes)
