"""Parquet: zstd, page index, sorted, French labels, and where the data comes from in the file's own metadata."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from procurement_assets.parquet import arrow_schema
from procurement_assets.portal.exports.spec import About
from procurement_assets.portal.exports.table_schema import table_schema
from procurement_assets.portal.exports.text_files import Write
from procurement_assets.schema import Table

ROW_GROUP = 122_880
"""Rows in a group: DuckDB gives a group to a core."""
PAGE = 64 * 1024
"""Bytes in a page before compression: with the page index, a reader fetches only the pages it needs."""


@contextmanager
def parquet_file(path: Path, table: Table, about: About) -> Iterator[Write]:
    """A file for the rows of a table, which come in the order of its key."""
    schema = arrow_schema(table).with_metadata({k: v.encode() for k, v in file_metadata(table, about).items()})
    order = [pq.SortingColumn(schema.get_field_index(name)) for name in table.key]
    options: dict[str, Any] = {
        "compression": "zstd",
        "write_page_index": True,
        "data_page_size": PAGE,
        "sorting_columns": order,
        "store_schema": True,
    }
    held: list[pa.Table] = []

    with pq.ParquetWriter(path, schema, **options) as writer:

        def put(last: bool) -> None:
            """Write the row group that is full, or the last one; as one piece, for its pages depend on the pieces."""
            nonlocal held
            rows = pa.concat_tables(held)
            if rows.num_rows >= ROW_GROUP or (last and rows.num_rows):
                held = [rows.slice(ROW_GROUP)]
                writer.write_table(rows.slice(0, ROW_GROUP).combine_chunks(), row_group_size=ROW_GROUP)

        def write(part: pl.DataFrame) -> None:
            held.append(part.rechunk().to_arrow().cast(schema))
            put(last=False)

        yield write
        put(last=True)


def file_metadata(table: Table, about: About) -> dict[str, str]:
    """The key-value metadata of a file: who, when, under which licence, what each column is."""
    return {
        "title": table.title,
        "description": table.description,
        "publisher": about.publisher.name,
        "license": about.license_url,
        "license_name": about.portal.license_name,
        "attribution": about.attribution,
        "data_date": about.data_date,
        "language": "fr",
        "schema": about.url(f"schema/{table.name}.json"),
        "table_schema": json.dumps(table_schema(table, about), ensure_ascii=False, separators=(",", ":")),
        "labels": json.dumps({c.name: c.title for c in table.columns}, ensure_ascii=False, separators=(",", ":")),
    }
