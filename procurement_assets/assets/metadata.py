"""What every table says of itself in the Dagster UI: rows, column docs, column lineage, a preview, where it lies."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import dagster as dg
import polars as pl

from procurement_assets.lake import Lake
from procurement_assets.schema import TABLES, Table

OWNERS = ["team:dsin"]
PREVIEW_ROWS = 5
PREVIEW_TEXT = 120

_DAGSTER_TYPES = {"list": "string[]", "binary": "bytes"}


def column_schema(table: Table) -> dg.TableSchema:
    """The columns of a table with their French descriptions and constraints."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=c.name,
                type=_DAGSTER_TYPES.get(c.type, c.type),
                description=f"{c.title}. {c.description}" + (f" Unité : {c.unit}." if c.unit else ""),
                constraints=dg.TableColumnConstraints(
                    nullable=not c.required,
                    unique=table.key == (c.name,),
                    other=[f"in ({', '.join(c.enum)})"] if c.enum else [],
                ),
            )
            for c in table.columns
        ]
    )


def column_lineage(deps: Mapping[str, list[tuple[str, str]]]) -> dg.TableColumnLineage:
    """Column to (table, column) it comes from."""
    return dg.TableColumnLineage(
        {
            column: [dg.TableColumnDep(asset_key=dg.AssetKey(t), column_name=c) for t, c in sources]
            for column, sources in deps.items()
        }
    )


def from_record(table: Table) -> dict[str, list[tuple[str, str]]]:
    """Lineage of a table made from `decp_records`: everything published comes from the record itself."""
    own = {"source", "file_sha256", "position", "fichier"}
    return {
        c.name: [("decp_records", c.name)] if c.name in own else [("decp_records", "record")] for c in table.columns
    }


def from_manifest(table: Table) -> dict[str, list[tuple[str, str]]]:
    """Lineage of a table made from the raw files: where a file came from is in the manifest, the rest in its bytes."""
    same = {"source": "source", "fichier": "title", "fichier_date": "published_at", "fichier_creation": "created_at"}
    same |= {"url": "url", "bytes": "bytes"}
    return {c.name: [("raw_snapshots", same.get(c.name, "sha256"))] for c in table.columns}


def from_tables(table: Table, *others: str) -> dict[str, list[tuple[str, str]]]:
    """Lineage of a table made from others: each column from those that have one of that name."""
    return {
        c.name: [(o, c.name) for o in others if any(c.name == have.name for have in TABLES[o].columns)]
        for c in table.columns
    }


def definition_metadata(table: Table, lineage: Mapping[str, list[tuple[str, str]]] | None = None) -> dict[str, Any]:
    """Metadata known before any run."""
    found: dict[str, Any] = {"dagster/column_schema": column_schema(table)}
    if lineage:
        found["dagster/column_lineage"] = column_lineage(lineage)
    return found


def table_metadata(
    lake: Lake, name: str, publisher: str, lineage: Mapping[str, list[tuple[str, str]]] | None = None
) -> dict[str, Any]:
    """Metadata of a table that was just written.

    The column schema is the definition's alone: given twice, the UI shows the names in small letters.
    """
    path = lake.table(name, publisher)
    with path.open("rb") as handle:
        rows = pl.scan_parquet(handle).select(pl.len()).collect().item()
    with path.open("rb") as handle:
        head = pl.read_parquet(handle, n_rows=PREVIEW_ROWS)
    return {
        **({"dagster/column_lineage": column_lineage(lineage)} if lineage else {}),
        "dagster/partition_row_count": rows,
        "dagster/uri": str(path),
        "taille (octets)": path.stat().st_size,
        "aperçu": preview(head),
    }


STOPPED = "Rien n'est publié tant que ce contrôle échoue ; la dernière publication reste en ligne."


def verdict(text: str, *, stops: bool) -> str:
    """What a blocking check says of itself: where it stops the publication, it says so. One line: e-mails repeat it."""
    return f"{text} {STOPPED}" if stops else text


def preview(frame: pl.DataFrame) -> dg.TableMetadataValue:
    """The first rows of a frame, long values cut."""
    records = [dg.TableRecord({k: _cell(v) for k, v in row.items()}) for row in frame.to_dicts()]
    schema = dg.TableSchema(columns=[dg.TableColumn(name=n) for n in frame.columns])
    return dg.MetadataValue.table(records, schema=schema)


def _cell(value: object) -> str | int | float | bool | None:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, bytes):
        return f"{len(value)} octets"
    text = value.isoformat() if isinstance(value, date) else ", ".join(value) if isinstance(value, list) else str(value)
    return text if len(text) <= PREVIEW_TEXT else text[: PREVIEW_TEXT - 1] + "…"
