"""The rows given out, made from the tables of the lake: one frame per export, as `spec.EXPORTS` describes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from procurement_assets.decp.corrections import RULE
from procurement_assets.decp.rules import CLEANING_RULES
from procurement_assets.lake import Lake
from procurement_assets.portal.exports.changes import read_changes
from procurement_assets.schema import Table, conform
from procurement_assets.schema.changes import CHANGEMENTS, CORRECTIONS_PUBLIEES
from procurement_assets.schema.exports import (
    DECP_CONCESSIONS,
    DECP_CONCESSIONS_EXECUTION,
    DECP_CONCESSIONS_TITULAIRES,
    DECP_CONCESSIONS_VERSIONS,
    DECP_LIGNES,
    DECP_MARCHES,
    DECP_SOUS_TRAITANCE,
    DECP_TITULAIRES,
    DECP_VERSIONS,
)

_SAME = {
    DECP_VERSIONS.name: (DECP_VERSIONS, "contract_versions"),
    DECP_TITULAIRES.name: (DECP_TITULAIRES, "contract_titulaires"),
    DECP_SOUS_TRAITANCE.name: (DECP_SOUS_TRAITANCE, "subcontracts"),
    DECP_CONCESSIONS_VERSIONS.name: (DECP_CONCESSIONS_VERSIONS, "concession_versions"),
    DECP_CONCESSIONS_TITULAIRES.name: (DECP_CONCESSIONS_TITULAIRES, "concession_titulaires"),
    DECP_CONCESSIONS_EXECUTION.name: (DECP_CONCESSIONS_EXECUTION, "concession_execution"),
}
"""Given out as they are, under a public name."""


def export_frame(lake: Lake, publisher: str, name: str, ocids: Mapping[str, str]) -> pl.DataFrame:
    """The rows of an export, in the order of its key.

    `ocids`: uid to ocid; a contract without one is an error (KeyError), since its OCDS was made from the same records.
    Raises FileNotFoundError, naming the asset to run, where a table was never made.
    """
    if name in _SAME:
        table, source = _SAME[name]
        return conform(lake.read_table(source, publisher), table)
    return _MADE[name](lake, publisher, ocids)


def contract_frame(
    contracts: pl.DataFrame, holders: pl.DataFrame, table: Table, ocids: Mapping[str, str]
) -> pl.DataFrame:
    """One row per contract, with its current holders and its ocid, in the order of the key."""
    current = holders.filter(pl.col("version") == pl.col("version").max().over("uid")).sort("uid", "rang")
    joined = current.group_by("uid", maintain_order=True).agg(
        titulaires_id=pl.col("titulaire_id").fill_null(""),
        titulaires_typeIdentifiant=pl.col("titulaire_typeIdentifiant").fill_null(""),
        titulaires_nom=pl.col("titulaire_nom").fill_null(""),
    )
    empty = pl.lit([], dtype=pl.List(pl.String))
    names = ("titulaires_id", "titulaires_typeIdentifiant", "titulaires_nom")
    frame = contracts.join(joined, on="uid", how="left").with_columns(
        *(pl.col(n).fill_null(empty) for n in names), _ocid(contracts, ocids)
    )
    return conform(frame, table)


def lines_frame(
    contracts: pl.DataFrame, versions: pl.DataFrame, holders: pl.DataFrame, ocids: Mapping[str, str]
) -> pl.DataFrame:
    """`decp_lignes`: one row per marché × version × holder; a version without holder has one row, of rank 0."""
    of_version = versions.select(
        "uid",
        "version",
        "montant",
        "dureeMois",
        dateNotification="date",
        datePublicationDonnees="date_publication",
        donneesActuelles=pl.col("version") == pl.col("version").max().over("uid"),
    )
    of_holder = holders.select(
        "uid", "version", "titulaire_id", "titulaire_typeIdentifiant", "titulaire_nom", titulaire_rang="rang"
    )
    fixed = contracts.drop("montant", "dureeMois", "dateNotification", "datePublicationDonnees")
    lists = [n for n, t in fixed.schema.items() if isinstance(t, pl.List)]
    rows = (
        of_version.join(of_holder, on=["uid", "version"], how="left")
        .join(fixed.with_columns(pl.col(lists).list.join(", "), _ocid(contracts, ocids)), on="uid")
        .with_columns(pl.col("titulaire_rang").fill_null(0))
        .rename({"version": "modification_id", "source": "sourceDataset"})
    )
    return conform(rows.select(DECP_LIGNES.schema.keys()), DECP_LIGNES)


def corrections_frame(repairs: pl.DataFrame) -> pl.DataFrame:
    """`corrections`: the table `repairs` in public words, with what each rule does in French."""
    titles = {id_: rule.title for id_, rule in CLEANING_RULES.items()}
    by_people = pl.when(pl.col("rule").str.starts_with(RULE)).then(pl.lit("Correction du groupe de travail"))
    known = pl.col("rule").replace_strict(titles, default=pl.col("rule"), return_dtype=pl.String)
    rows = repairs.select(
        "uid",
        "source",
        champ="path",
        valeur_publiee="original",
        valeur_retenue="value",
        regle="rule",
        explication=by_people.otherwise(known),
    )
    place, values = ["source", "uid", "champ", "regle"], ["valeur_publiee", "valeur_retenue"]
    ranked = rows.unique().sort(*place, *values).with_columns(pl.int_range(1, pl.len() + 1).over(place).alias("rang"))
    return conform(ranked.select(list(CORRECTIONS_PUBLIEES.schema)), CORRECTIONS_PUBLIEES)


def _ocid(contracts: pl.DataFrame, ocids: Mapping[str, str]) -> pl.Series:
    return pl.Series("ocid", [ocids[u] for u in contracts["uid"]], dtype=pl.String)


def _marches(lake: Lake, publisher: str, ocids: Mapping[str, str]) -> pl.DataFrame:
    read = lake.read_table
    return contract_frame(read("contracts", publisher), read("contract_titulaires", publisher), DECP_MARCHES, ocids)


def _concessions(lake: Lake, publisher: str, ocids: Mapping[str, str]) -> pl.DataFrame:
    read = lake.read_table
    return contract_frame(
        read("concessions", publisher), read("concession_titulaires", publisher), DECP_CONCESSIONS, ocids
    )


def _lines(lake: Lake, publisher: str, ocids: Mapping[str, str]) -> pl.DataFrame:
    read = lake.read_table
    return lines_frame(
        read("contracts", publisher),
        read("contract_versions", publisher),
        read("contract_titulaires", publisher),
        ocids,
    )


_MADE: dict[str, Callable[[Lake, str, Mapping[str, str]], pl.DataFrame]] = {
    DECP_MARCHES.name: _marches,
    DECP_CONCESSIONS.name: _concessions,
    DECP_LIGNES.name: _lines,
    CORRECTIONS_PUBLIEES.name: lambda lake, publisher, _: corrections_frame(lake.read_table("repairs", publisher)),
    CHANGEMENTS.name: lambda lake, publisher, _: read_changes(lake, publisher),
}
