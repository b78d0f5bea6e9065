"""The tables of indicators of a publisher: the quality of the standard, then the aggregated indicators.

tables/ocds_quality, ocds_quality_failures, ocds_coverage     Pelican's checks and Cardinal's coverage
tables/indicators, indicators_registry                        what is published
tables/attention_points                                       what is for the working group alone
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date

import msgspec
import polars as pl

from procurement_assets.lake import Lake
from procurement_assets.ocds.produce import COMPILED, lines_of
from procurement_assets.ocds.schema import Schema
from procurement_assets.publishers import Publisher
from procurement_assets.quality.indicators.cardinal.red_flags import cardinal_texts, fields_of, missing, red_flags
from procurement_assets.quality.indicators.cardinal.results import Results
from procurement_assets.quality.indicators.cardinal.run import calculate
from procurement_assets.quality.indicators.cardinal.settings import every_indicator
from procurement_assets.quality.indicators.market import measures
from procurement_assets.quality.indicators.market.attention import attention_points
from procurement_assets.quality.indicators.market.frames import NEEDED, cases, holders
from procurement_assets.quality.indicators.market.registry import market
from procurement_assets.quality.indicators.market.table import attention_table, indicators_table
from procurement_assets.quality.indicators.pelican.fields import Codelists
from procurement_assets.quality.indicators.pelican.over_time import compare, pairs_of
from procurement_assets.quality.indicators.pelican.registry import FIELDS, LANGUAGES, SCHEMES
from procurement_assets.quality.indicators.pelican.sweep import sweep
from procurement_assets.quality.indicators.quality_tables import coverage_table, failures_table, quality_table
from procurement_assets.quality.indicators.registry import registry

PLACEHOLDER = "ocds-xxxxxx"
"""The prefix of a publisher that has none yet (docs/decisions.md): Pelican's check of prefixes then fails."""


class Built(msgspec.Struct, frozen=True):
    """Tables just written, by name."""

    tables: dict[str, pl.DataFrame]


def build_ocds_quality(lake: Lake, publisher: Publisher, schema: Schema, data_date: date | None) -> Built:
    """Pelican's checks over the compiled releases of the lake; writes the three tables of the standard's quality.

    `data_date`: the day of the data; what has happened is not dated after it. `schema`: it has the merge rules.
    """
    prefix = publisher.ocid_prefix
    lists = Codelists(
        ocid_prefixes=() if prefix == PLACEHOLDER else (f"{prefix}-",),
        identifier_schemes=SCHEMES,
        languages=LANGUAGES,
        today=data_date,
    )
    with lines_of(lake, publisher.id, COMPILED) as lines:
        found = sweep(lines, FIELDS, lists)
    with lines_of(lake, publisher.id, COMPILED) as lines:
        over_time = compare(pairs_of(lake, publisher.id, lines, schema))
    tables = {
        "ocds_quality": quality_table(found, over_time),
        "ocds_quality_failures": failures_table(found, over_time),
        "ocds_coverage": coverage_table(found),
    }
    return _write(lake, publisher.id, tables)


def build_indicators(lake: Lake, publisher: Publisher) -> Built:
    """The aggregated indicators, their registry and the points of attention, from the tables of the lake."""
    contracts = lake.read_table("contracts", publisher.id, [*NEEDED, "acheteur_nom"])
    titulaires = lake.read_table("contract_titulaires", publisher.id)
    coverage = dict(lake.read_table("ocds_coverage", publisher.id).select("chemin", "valeurs").iter_rows())
    ocids = lake.read_table("ocids", publisher.id, ["uid", "ocid"])
    with lines_of(lake, publisher.id, COMPILED) as lines:
        results = calculate(lines, every_indicator())
    fields = fields_of(coverage)
    held = cases(contracts)
    by_holder = holders(held, titulaires)
    made = [
        *measures.shares(held),
        *measures.medians(held),
        *measures.growth(held),
        *measures.concentration(by_holder),
        *measures.newcomers(held, by_holder),
        *measures.near_thresholds(held, market().threshold),
        *_cardinal(held, results, ocids, fields),
    ]
    names = buyer_names(contracts, publisher.buyer_names)
    diverse = results.flagged("Tenderer", "R048")
    fence = results.meta.get("R048", {}).get("upper_fence")
    tables = {
        "indicators": indicators_table(pl.concat(made), names),
        "indicators_registry": registry(fields, contracts),
        "attention_points": attention_table(attention_points(held, diverse, fence)),
    }
    return _write(lake, publisher.id, tables)


def _cardinal(held: pl.DataFrame, results: Results, ocids: pl.DataFrame, fields: frozenset[str]) -> list[pl.DataFrame]:
    """The shares that Cardinal flags, of the indicators whose fields are there."""
    uids = dict(ocids.select("ocid", "uid").iter_rows())
    made = []
    for ident, text in cardinal_texts().items():
        if missing(red_flags()[ident].needs, fields):
            continue
        seen = results.seen.get(ident, [])
        if text.group == "processus":
            flags = results.flagged("OCID", ident)
            made += measures.flagged(held, ident, _uids(seen, uids), _uids(flags, uids))
        else:
            flags = results.flagged("Tenderer", ident)
            made.append(measures.flagged_whole(ident, len(set(seen)), len(flags)))
    return made


def _uids(found: list[str] | dict[str, float], uids: Mapping[str, str]) -> list[str]:
    return [uids[ocid] for ocid in found if ocid in uids]


def buyer_names(contracts: pl.DataFrame, given: Mapping[str, str]) -> dict[str, str]:
    """SIRET to a buyer's name: given for it, else the most published, else given for its SIREN, else the SIRET.

    A name that several SIRETs have is followed by the SIRET: rows of two establishments are told apart.
    """
    published = (
        contracts.drop_nulls("acheteur_nom")
        .group_by("acheteur_id", "acheteur_nom")
        .len()
        .sort("acheteur_id", "len", "acheteur_nom", descending=[False, True, False])
        .unique("acheteur_id", keep="first", maintain_order=True)
    )
    names: dict[str, str] = dict(published.select("acheteur_id", "acheteur_nom").iter_rows())
    sirets = contracts["acheteur_id"].unique().sort().to_list()
    chosen = {s: given.get(s) or names.get(s) or given.get(s[:9]) or s for s in sirets}
    repeats = Counter(chosen.values())
    return {s: name if repeats[name] == 1 else f"{name} ({s})" for s, name in chosen.items()}


def _write(lake: Lake, publisher: str, tables: dict[str, pl.DataFrame]) -> Built:
    for name, frame in tables.items():
        lake.write_table(frame, name, publisher)
    return Built(tables)
