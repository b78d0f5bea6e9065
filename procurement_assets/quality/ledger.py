"""The sums of the ledger: nothing that came in is lost, counted twice, or lost from sight.

Each relation gives the rows that break it, so that the check can show them. A row of position -1 stands for a whole
file (empty, refused, truncated): it accounts for no record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

NEEDED = ("ledger", "files", "quarantine", "contracts", "concessions")
"""The tables that the sums compare."""

_PLACE = ["source", "fichier", "file_sha256"]
_RECORD = [*_PLACE, "position"]


@dataclass(frozen=True, eq=False)
class Relation:
    """One relation of the ledger and what breaks it."""

    name: str
    title: str
    """French, as the check and the report say it."""
    expected: int
    found: int
    """The two sides of the sum; equal sums may still hide broken rows."""
    broken: pl.DataFrame

    @property
    def holds(self) -> bool:
        """Whether the relation holds."""
        return self.broken.is_empty() and self.expected == self.found


def check_ledger(tables: Mapping[str, pl.DataFrame]) -> list[Relation]:
    """Every relation of the ledger, on the tables of `NEEDED`."""
    ledger = tables["ledger"]
    records = ledger.filter(pl.col("position") >= 0)
    contracts = pl.concat([tables["contracts"].select("uid"), tables["concessions"].select("uid")])
    return [
        _records_of_files(records, tables["files"]),
        _once(records),
        _positions(records),
        _outcomes(records),
        _kept(records, contracts),
        _quarantine(ledger, tables["quarantine"]),
        _followed(records),
    ]


def _records_of_files(records: pl.DataFrame, files: pl.DataFrame) -> Relation:
    told = records.group_by(_PLACE).agg(pl.len().cast(pl.Int64).alias("registre"))
    both = files.select(*_PLACE, pl.col("found").alias("fichier brut")).join(
        told, on=_PLACE, how="full", coalesce=True, maintain_order="left_right"
    )
    both = both.with_columns(pl.col("registre", "fichier brut").fill_null(0))
    broken = both.filter(pl.col("registre") != pl.col("fichier brut"))
    found = int(files["found"].sum())
    return Relation("files", "Chaque enregistrement délimité est au registre", found, records.height, broken)


def _once(records: pl.DataFrame) -> Relation:
    repeated = records.group_by(_RECORD, maintain_order=True).len("lignes").filter(pl.col("lignes") > 1)
    distinct = records.select(_RECORD).n_unique()
    return Relation("once", "Aucun enregistrement n'y est deux fois", distinct, records.height, repeated)


def _positions(records: pl.DataFrame) -> Relation:
    spans = records.group_by(_PLACE, maintain_order=True).agg(
        pl.col("position").n_unique().cast(pl.Int64).alias("positions"),
        (pl.col("position").max() + 1).alias("attendues"),
    )
    broken = spans.filter(pl.col("positions") != pl.col("attendues"))
    expected, found = int(spans["attendues"].sum()), int(spans["positions"].sum())
    return Relation("positions", "Les positions d'un fichier se suivent sans trou", expected, found, broken)


def _outcomes(records: pl.DataFrame) -> Relation:
    known = pl.col("outcome").is_in(["kept", "merged", "superseded", "out_of_scope", "quarantined"])
    broken = records.filter(~known | (pl.col("reason") == ""))
    return Relation(
        "outcomes",
        "Chaque enregistrement a un sort et une raison",
        records.height,
        records.height - broken.height,
        broken.select(*_RECORD, "outcome", "reason"),
    )


def _kept(records: pl.DataFrame, contracts: pl.DataFrame) -> Relation:
    """Each contract of the tables is exactly one kept record, and the other way round."""
    kept = records.filter(pl.col("outcome") == "kept").group_by("uid").agg(pl.len().cast(pl.Int64).alias("registre"))
    made = contracts.group_by("uid").agg(pl.len().cast(pl.Int64).alias("tables"))
    both = kept.join(made, on="uid", how="full", coalesce=True, nulls_equal=True)
    both = both.with_columns(pl.col("registre", "tables").fill_null(0)).sort("uid")
    broken = both.filter((pl.col("registre") != 1) | (pl.col("tables") != 1))
    title = "Chaque enregistrement gardé est un contrat des tables, et un seul"
    return Relation("kept", title, contracts.height, int(both["registre"].sum()), broken)


def _quarantine(ledger: pl.DataFrame, quarantine: pl.DataFrame) -> Relation:
    told = ledger.filter(pl.col("outcome") == "quarantined").select(_RECORD)
    held = quarantine.select(_RECORD)
    broken = pl.concat(
        [
            told.join(held, on=_RECORD, how="anti", nulls_equal=True).with_columns(
                pl.lit("octets absents").alias("défaut")
            ),
            held.join(told, on=_RECORD, how="anti", nulls_equal=True).with_columns(
                pl.lit("absent du registre").alias("défaut")
            ),
        ]
    )
    title = "Chaque mise en quarantaine a gardé ses octets"
    return Relation("quarantine", title, told.height, held.height, broken)


def _followed(records: pl.DataFrame) -> Relation:
    """A merged or superseded record leads to a kept one, directly or through others.

    The same bytes may stand under two titles: a place leads on if any of its rows does, so each round of the loop
    adds the rows that lead to a place already reached, until nothing is added. A circle is never reached.
    """
    lost = records.filter(pl.col("outcome").is_in(["merged", "superseded"]))
    reached = records.filter(pl.col("outcome") == "kept").select("file_sha256", "position").unique()
    waiting = lost
    target = {"left_on": ["kept_file_sha256", "kept_position"], "right_on": ["file_sha256", "position"]}
    while True:
        arrived = waiting.join(reached, how="semi", left_on=target["left_on"], right_on=target["right_on"])
        if arrived.is_empty():
            break
        waiting = waiting.join(reached, how="anti", left_on=target["left_on"], right_on=target["right_on"])
        reached = pl.concat([reached, arrived.select("file_sha256", "position")]).unique()
    broken = waiting.select(*_RECORD, "outcome", "kept_file_sha256", "kept_position")
    title = "Ce qui est fusionné ou remplacé mène à un enregistrement gardé"
    return Relation("followed", title, lost.height, lost.height - broken.height, broken)
