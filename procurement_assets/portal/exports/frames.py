"""The rows given out, made from the tables of the lake, as `spec.EXPORTS` describes them: some thousands at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import polars as pl

from procurement_assets.decp.corrections import RULE
from procurement_assets.decp.rules import CLEANING_RULES
from procurement_assets.lake import Lake
from procurement_assets.portal.exports.history import read_changes
from procurement_assets.portal.exports.spec import BY_NAME
from procurement_assets.portal.exports.streams import SLICE, Beside, by_uid, conforming, cut, rows_of
from procurement_assets.schema import conform
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
    DECP_VERSIONS.name: "contract_versions",
    DECP_TITULAIRES.name: "contract_titulaires",
    DECP_SOUS_TRAITANCE.name: "subcontracts",
    DECP_CONCESSIONS_VERSIONS.name: "concession_versions",
    DECP_CONCESSIONS_TITULAIRES.name: "concession_titulaires",
    DECP_CONCESSIONS_EXECUTION.name: "concession_execution",
}
"""Given out as they are, under a public name."""


def export_frames(lake: Lake, publisher: str, name: str) -> Iterator[pl.DataFrame]:
    """The rows of an export in the order of its key, in frames: at least one, which may be empty.

    A contract without ocid is an error (KeyError), since its OCDS was made from the same records. Raises
    FileNotFoundError, naming the asset to run, where a table was never made.
    """
    given = rows_of(lake.existing_table(_SAME[name], publisher)) if name in _SAME else _MADE[name](lake, publisher)
    return conforming(given, BY_NAME[name].table)


def contract_frame(contracts: pl.DataFrame, holders: pl.DataFrame, ocids: pl.DataFrame) -> pl.DataFrame:
    """One row per contract, with its current holders and its ocid."""
    current = holders.filter(pl.col("version") == pl.col("version").max().over("uid")).sort("uid", "rang")
    joined = current.group_by("uid", maintain_order=True).agg(
        titulaires_id=pl.col("titulaire_id").fill_null(""),
        titulaires_typeIdentifiant=pl.col("titulaire_typeIdentifiant").fill_null(""),
        titulaires_nom=pl.col("titulaire_nom").fill_null(""),
    )
    empty = pl.lit([], dtype=pl.List(pl.String))
    names = ("titulaires_id", "titulaires_typeIdentifiant", "titulaires_nom")
    found = contracts.join(joined, on="uid", how="left").with_columns(pl.col(n).fill_null(empty) for n in names)
    return _with_ocid(found, ocids)


def lines_frame(
    contracts: pl.DataFrame, versions: pl.DataFrame, holders: pl.DataFrame, ocids: pl.DataFrame
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
        .join(_with_ocid(fixed.with_columns(pl.col(lists).list.join(", ")), ocids), on="uid")
        .with_columns(pl.col("titulaire_rang").fill_null(0))
        .rename({"version": "modification_id", "source": "sourceDataset"})
    )
    return rows.select(DECP_LIGNES.schema.keys())


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


def _with_ocid(contracts: pl.DataFrame, ocids: pl.DataFrame) -> pl.DataFrame:
    found = contracts.join(ocids, on="uid", how="left")
    unknown = found.filter(pl.col("ocid").is_null())["uid"]
    if unknown.len():
        raise KeyError(unknown[0])
    return found


def _contracts(lake: Lake, publisher: str, table: str, holders: str) -> Iterator[pl.DataFrame]:
    """The contracts of a kind, with what is read beside them."""
    of_contract = Beside(lake, holders, publisher)
    ocids = Beside(lake, "ocids", publisher, ["uid", "ocid"])
    for contracts in by_uid(lake, table, publisher):
        last = _last(contracts)
        yield contract_frame(contracts, of_contract.upto(last), ocids.upto(last))


def _lines(lake: Lake, publisher: str) -> Iterator[pl.DataFrame]:
    versions, holders = Beside(lake, "contract_versions", publisher), Beside(lake, "contract_titulaires", publisher)
    ocids = Beside(lake, "ocids", publisher, ["uid", "ocid"])
    for contracts in by_uid(lake, "contracts", publisher):
        last = _last(contracts)
        yield lines_frame(contracts, versions.upto(last), holders.upto(last), ocids.upto(last))


def _last(contracts: pl.DataFrame) -> str:
    """The last `uid` of a slice; the empty text, which comes before any, where it has no row."""
    return str(contracts["uid"][-1]) if contracts.height else ""


def _corrections(lake: Lake, publisher: str) -> Iterator[pl.DataFrame]:
    """Sorted otherwise than `repairs`, so all in memory: a few percent of the contracts."""
    yield from cut([corrections_frame(lake.read_table("repairs", publisher))], SLICE)


_MADE: dict[str, Callable[[Lake, str], Iterator[pl.DataFrame]]] = {
    DECP_MARCHES.name: lambda lake, publisher: _contracts(lake, publisher, "contracts", "contract_titulaires"),
    DECP_CONCESSIONS.name: lambda lake, publisher: _contracts(lake, publisher, "concessions", "concession_titulaires"),
    DECP_LIGNES.name: _lines,
    CORRECTIONS_PUBLIEES.name: _corrections,
    CHANGEMENTS.name: read_changes,
}
