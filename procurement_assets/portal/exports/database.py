"""`procurement.duckdb`: every table with its comments and its true primary key, ready to be opened read-only.

One thread and rows in the order of the key: the same rows give the same blocks. DuckDB stamps a random identifier into
the header; it is replaced by one made from the content, with the header's checksum, so that the file is the same too.
A header that a later DuckDB lays out otherwise is left as it is: the file is right, its bytes are not the same twice.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa

from procurement_assets.portal.exports.spec import About
from procurement_assets.portal.exports.streams import cut
from procurement_assets.schema import Column, Table, data_dictionary

_TYPES = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "list": "VARCHAR[]",
    "binary": "BLOB",
}
_AT_ONCE = 10 * 2048
"""Rows given at a time: a multiple of DuckDB's vector, so that the blocks are those of the whole table."""
_HEADER = 4096
_IDENTIFIER = slice(124, 140)
"""Where DuckDB 1.4 to 2.0 keep the identifier of the database in the first header."""


def write_database(path: Path, rows: Iterable[tuple[Table, Iterable[pl.DataFrame]]], about: About) -> dict[str, int]:
    """Write the database; returns the rows of each table. `rows`: of each table, in the order of its key, in frames."""
    counts: dict[str, int] = {}
    tables: list[Table] = []
    with duckdb.connect(str(path), config={"threads": 1}) as database:
        for table, frames in rows:
            database.execute(_create(table))
            database.register("given", _reader(table, frames))
            names = ", ".join(_name(c.name) for c in table.columns)
            inserted = database.execute(f"INSERT INTO {_name(table.name)} SELECT {names} FROM given").fetchone()
            database.unregister("given")
            for statement in _comments(table):
                database.execute(statement)
            counts[table.name] = int(inserted[0]) if inserted else 0
            tables.append(table)
        _describe(database, tables, about)
        database.execute("CHECKPOINT")
    steady_identifier(path)
    return counts


def _reader(table: Table, frames: Iterable[pl.DataFrame]) -> pa.RecordBatchReader:
    schema = pl.DataFrame(schema=table.schema).to_arrow().schema
    batches = (batch for part in cut(frames, _AT_ONCE) for batch in part.rechunk().to_arrow().to_batches())
    return pa.RecordBatchReader.from_batches(schema, batches)


def steady_identifier(path: Path) -> bool:
    """Replace the random identifier of a database by one made from its content; False: the header is not the known one.

    The checksum of a header is the xor of its 64-bit words, each multiplied, from 5381 (DuckDB, `checksum.cpp`).
    """
    content = hashlib.sha256()
    with path.open("r+b") as handle:
        header = bytearray(handle.read(_HEADER))
        if header[8:12] != b"DUCK" or struct.unpack_from("<Q", header)[0] != _checksum(header[8:]):
            return False
        while block := handle.read(1 << 20):
            content.update(block)
        header[_IDENTIFIER] = content.digest()[:16]
        struct.pack_into("<Q", header, 0, _checksum(header[8:]))
        handle.seek(0)
        handle.write(header)
    return True


def _checksum(data: bytes | bytearray) -> int:
    found = 5381
    for (word,) in struct.iter_unpack("<Q", data):
        found ^= word * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
    return found


def _create(table: Table) -> str:
    columns = [f"{_name(c.name)} {_TYPES[c.type]}{' NOT NULL' if c.required else ''}" for c in table.columns]
    if all(table.column(name).required for name in table.key):
        columns.append(f"PRIMARY KEY ({', '.join(_name(n) for n in table.key)})")
    return f"CREATE TABLE {_name(table.name)} ({', '.join(columns)})"


def _comments(table: Table) -> list[str]:
    own = f"COMMENT ON TABLE {_name(table.name)} IS {_text(f'{table.title}. {table.description}')}"
    of_columns = (
        f"COMMENT ON COLUMN {_name(table.name)}.{_name(c.name)} IS {_text(_about_column(c))}" for c in table.columns
    )
    return [own, *of_columns]


def _about_column(column: Column) -> str:
    unit = f" Unité : {column.unit}." if column.unit else ""
    return f"{column.title}. {column.description}{unit}"


def _describe(database: duckdb.DuckDBPyConnection, tables: list[Table], about: About) -> None:
    """Two tables about the others: the dictionary, and where the data comes from."""
    portal = about.portal
    facts = {
        "titre": portal.title,
        "description": portal.description,
        "producteur": about.publisher.name,
        "date des données": about.data_date,
        "licence": f"{portal.license_name} ({about.license_url})",
        "à citer": about.attribution,
        "contact": about.contact,
        "fichiers": portal.files_url,
    }
    rows = pl.DataFrame({"sujet": list(facts), "texte": list(facts.values())})
    for name, frame, comment in (
        ("dictionnaire", data_dictionary(tables), "Une colonne par ligne : libellé, définition, source, chemin OCDS."),
        ("lisez_moi", rows, "D'où viennent les données, de quand elles sont, sous quelle licence."),
    ):
        database.register("given", frame.to_arrow())
        database.execute(f"CREATE TABLE {name} AS SELECT * FROM given")
        database.unregister("given")
        database.execute(f"COMMENT ON TABLE {name} IS {_text(comment)}")


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
