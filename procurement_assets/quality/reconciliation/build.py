"""Every table of reconciliation of a publisher in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from procurement_assets.lake import Lake
from procurement_assets.parquet import read_batches
from procurement_assets.publishers import Source
from procurement_assets.quality.reconciliation.lists import Lists, read_lists
from procurement_assets.quality.reconciliation.pairing import Matches, match, prepare_contracts, prepare_rows
from procurement_assets.quality.reconciliation.sources import (
    PLACE,
    disagreements,
    in_several_sources,
    list_disagreements,
    overlap,
    records_at,
)
from procurement_assets.quality.reconciliation.table import reconcile
from procurement_assets.quality.reconciliation.years import by_month, by_year
from procurement_assets.quality.suites import data_date_of
from procurement_assets.schema import TABLES, conform
from procurement_assets.sources.manifest import read_manifest

RECONCILED = (
    "reconciliation",
    "reconciliation_annees",
    "reconciliation_mois",
    "reconciliation_sources",
    "reconciliation_champs",
)
NO_LIST = "aucune liste de contrats n'est déclarée pour ce publieur (contract_list dans publishers.toml)"


@dataclass(frozen=True, eq=False)
class Reconciliation:
    """The tables, and why one is empty."""

    frames: Mapping[str, pl.DataFrame]
    lists: tuple[str, ...]
    """The lists that were read."""
    reason: str
    """Why there is nothing to compare with; empty where there is."""
    unusable: Mapping[str, str]
    """Id of a declared list to the reason why it could not be read."""
    by_rule: Mapping[str, int]
    """Contracts matched, by match rule."""


def build_reconciliation(lake: Lake, publisher: str, sources: Sequence[Source]) -> Reconciliation:
    """Read a publisher's tables and lists, compare them, write the tables of `RECONCILED`."""
    lists = read_lists(lake, sources, read_manifest(lake, publisher))
    contracts = lake.read_table("contracts", publisher)
    holders = lake.read_table("contract_titulaires", publisher)
    concessions = lake.read_table("concessions", publisher, ["uid", "sources"])
    matches = match(prepare_contracts(contracts, holders), prepare_rows(lists.frame))
    rows = _rows(contracts, holders, lists, matches)
    frames = {
        "reconciliation": rows,
        "reconciliation_annees": conform_to("reconciliation_annees", by_year(rows)),
        "reconciliation_mois": conform_to(
            "reconciliation_mois",
            by_month(contracts, lists.frame, data_date_of(lake.read_table("files", publisher, ["fichier_date"]))),
        ),
        "reconciliation_sources": conform_to("reconciliation_sources", overlap([contracts, concessions], rows)),
        "reconciliation_champs": conform_to(
            "reconciliation_champs", pl.concat([list_disagreements(rows), _between_sources(lake, publisher)])
        ),
    }
    for name, frame in frames.items():
        lake.write_table(frame, name, publisher)
    reason = "" if lists.read else " ; ".join(lists.unusable.values()) or NO_LIST
    counts = dict(sorted(matches.pairs["regle"].value_counts().iter_rows()))
    return Reconciliation(frames, lists.read, reason, lists.unusable, counts)


def conform_to(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame as a table, its other columns left out."""
    return conform(frame.select(list(TABLES[name].schema)), TABLES[name])


def _rows(contracts: pl.DataFrame, holders: pl.DataFrame, lists: Lists, matches: Matches) -> pl.DataFrame:
    if lists.frame.is_empty():
        return pl.DataFrame(schema=TABLES["reconciliation"].schema)
    return conform_to("reconciliation", reconcile(contracts, holders, lists.frame, matches))


def _between_sources(lake: Lake, publisher: str) -> pl.DataFrame:
    """What DECP sources say otherwise of the same contract."""
    places = in_several_sources(lake.read_table("ledger", publisher))
    if places.is_empty():
        return pl.DataFrame(schema=TABLES["reconciliation_champs"].schema)
    with lake.table("decp_records", publisher).open("rb") as handle:
        records = records_at(places, read_batches(handle, [*PLACE, "record"]))
    return disagreements(records)
