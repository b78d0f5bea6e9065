"""The tables given out, as Parquet and CSV, from the tables of the lake. Whole files, the same bytes each time."""

from __future__ import annotations

import io

import msgspec
import polars as pl

from procurement_assets.lake import Lake, write_bytes
from procurement_assets.parquet import arrow_schema
from procurement_assets.schema import Table, conform
from procurement_assets.schema.exports import DECP_CONCESSIONS, DECP_MARCHES

LIST_SEPARATOR = "|"
"""Between the values of a list in CSV: in no label, no identifier, and not the separator of any spreadsheet."""

_SOURCES = {
    "decp_marches": (DECP_MARCHES, "contracts", "contract_titulaires"),
    "decp_concessions": (DECP_CONCESSIONS, "concessions", "concession_titulaires"),
}


class ExportedFile(msgspec.Struct, frozen=True):
    """A file given out."""

    name: str
    bytes: int
    rows: int


def write_decp_exports(lake: Lake, publisher: str, ocids: dict[str, str]) -> list[ExportedFile]:
    """Write `decp_marches` and `decp_concessions` of a publisher, Parquet and CSV.

    `ocids`: uid to ocid; a contract without one is an error (KeyError), since its OCDS was made from the same records.
    """
    written = []
    for name, (table, contracts, holders) in _SOURCES.items():
        frame = export_frame(lake.read_table(contracts, publisher), lake.read_table(holders, publisher), table, ocids)
        folder = lake.exports(publisher)
        for path, data in (
            (folder / f"{name}.parquet", parquet_bytes(frame, table)),
            (folder / f"{name}.csv", csv_bytes(frame)),
        ):
            write_bytes(path, data)
            written.append(ExportedFile(path.name, len(data), frame.height))
    return written


def export_frame(contracts: pl.DataFrame, holders: pl.DataFrame, table: Table, ocids: dict[str, str]) -> pl.DataFrame:
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
        *(pl.col(n).fill_null(empty) for n in names),
        ocid=pl.Series([ocids[u] for u in contracts["uid"]], dtype=pl.String),
    )
    return conform(frame, table)


def parquet_bytes(frame: pl.DataFrame, table: Table) -> bytes:
    """Parquet (zstd) with the French labels as field metadata."""
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(frame.to_arrow().cast(arrow_schema(table)), buffer, compression="zstd", row_group_size=122_880)
    return buffer.getvalue()


def csv_bytes(frame: pl.DataFrame) -> bytes:
    """CSV: UTF-8, comma, header, ISO dates, `true`/`false`, lists joined by `|`, empty for no value."""
    lists = [n for n, t in frame.schema.items() if isinstance(t, pl.List)]
    flat = frame.with_columns(pl.col(lists).list.join(LIST_SEPARATOR))
    buffer = io.BytesIO()
    flat.write_csv(buffer, line_terminator="\n", quote_style="necessary")
    return buffer.getvalue()
