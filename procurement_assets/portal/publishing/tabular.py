"""The tables of a package: rows, sums and keys, measured on the very file that is sent.

What the read-back must find, and what the next publication is compared with (`safety`). Amounts are summed on cents.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence

import msgspec
import polars as pl

from procurement_assets.portal.publishing.package import Package, PackageError
from procurement_assets.schema import TABLES
from procurement_assets.schema.column import Table

LIST_SEPARATOR = "|"
"""Between the values of a list in our CSV files (`portal.exports`)."""
MAIN_TABLES = ("decp_marches", "decp_concessions")
"""One row per contract: the tables that portals show."""
SUSPECT = "montant_suspect"
_EXACT = 2.0**53 / 100
"""Amounts whose cents a float holds. A larger one, which only a mistake is, has no cents."""


class Measures(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the tables of a package."""

    rows: dict[str, int]
    """File to rows."""
    sums: dict[str, int]
    """`file:column` to the sum in cents of the amounts that no rule marks as suspect."""


class TableFile(msgspec.Struct, frozen=True, kw_only=True):
    """A CSV file of a package, read with the description of its columns; every value is text."""

    table: Table
    file: str
    frame: pl.DataFrame

    @property
    def rows(self) -> int:
        """Rows of the file."""
        return self.frame.height

    def sum_cents(self, column: str, *, trusted_only: bool = False) -> int:
        """The sum of an amount column, in cents. `trusted_only`: without the amounts marked as suspect."""
        frame = self.frame
        if trusted_only and SUSPECT in frame.columns:
            frame = frame.filter(pl.col(SUSPECT).fill_null("") == "")
        amounts = frame[column].replace("", None).cast(pl.Float64).drop_nulls()
        exact = amounts.filter(amounts.abs() < _EXACT)
        cents = (exact * 100).round(0).cast(pl.Int64).cast(pl.Int128)
        return int(cents.sum()) + sum(int(a) * 100 for a in amounts.filter(amounts.abs() >= _EXACT))

    @property
    def money(self) -> list[str]:
        """Its amount columns."""
        return [c.name for c in self.table.columns if c.type == "number" and c.unit.startswith("euro")]

    @property
    def key_hash(self) -> str:
        """Hash of its keys, in any order of rows."""
        return hash_of_rows(self.frame.select(self.table.key))


def read_table_file(package: Package, table: str) -> TableFile | None:
    """The CSV file of a table, None where the package has none. Raises `PackageError` where its columns are not those
    that the description says: what could not be read back is not sent."""
    file = f"{table}.csv"
    if not package.has(file):
        return None
    described = TABLES[table]
    frame = read_csv(package.read(file), ",")
    names = [c.name for c in described.columns]
    if frame.columns != names:
        odd = sorted(set(frame.columns) ^ set(names)) or ["ordre des colonnes"]
        raise PackageError(f"{file} : les colonnes ne sont pas celles de la description ({', '.join(odd)})")
    return TableFile(table=described, file=file, frame=frame)


def read_csv(data: bytes, separator: str) -> pl.DataFrame:
    """A CSV as text columns, empty for no value."""
    return pl.read_csv(io.BytesIO(data), separator=separator, infer_schema=False, empty_string_is_null=False)


def measure(package: Package) -> Measures:
    """Rows and sums of the main tables of a package, and rows of every file whose manifest says them."""
    rows = {f.name: f.rows for f in package.files if f.rows is not None}
    sums: dict[str, int] = {}
    for name in MAIN_TABLES:
        table = read_table_file(package, name)
        if table is not None:
            rows[table.file] = table.rows
            sums |= {f"{table.file}:{c}": table.sum_cents(c, trusted_only=True) for c in table.money}
    return Measures(rows=rows, sums=sums)


def hash_of_rows(frame: pl.DataFrame) -> str:
    """Hash of the rows of a frame of text, in any order."""
    lines = sorted("\x1f".join(v or "" for v in row) for row in frame.iter_rows())
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()


def normalised(frame: pl.DataFrame, table: Table, names: Mapping[str, str]) -> pl.DataFrame:
    """A frame of text in one writing of values, so that two systems' exports can be compared: numbers, dates, booleans,
    runs of spaces and ends of lines, order of the values of a list.

    `names`: column of the table to column of the frame. Empty for no value; a value that is not what its type says
    stays as it is, so that it shows.
    """
    return frame.select(_normal(names[c.name], c.type).alias(c.name) for c in table.columns)


def _normal(name: str, kind: str) -> pl.Expr:
    text = pl.col(name).fill_null("")
    if kind in ("number", "integer"):
        number = text.cast(pl.Float64, strict=False)
        written = number.round(6).cast(pl.String).str.replace(r"\.0$", "")
        return pl.when(number.is_null()).then(text).otherwise(written)
    if kind == "boolean":
        return text.str.to_lowercase()
    if kind == "date":
        return text.str.slice(0, 10)
    spaced = text.str.replace_all(r"\s+", " ").str.strip_chars()
    if kind == "list":
        return spaced.str.split(LIST_SEPARATOR).list.sort().list.join(LIST_SEPARATOR)
    return spaced


def differing_rows(sent: pl.DataFrame, found: pl.DataFrame, key: Sequence[str]) -> list[str]:
    """What differs between two normalised frames: keys (at most 5) with the columns that differ, in French."""
    joined = sent.join(found, on=list(key), how="full", suffix=" lu", coalesce=True)
    others = [c for c in sent.columns if c not in key]
    differs = [pl.col(c).ne_missing(pl.col(f"{c} lu")) for c in others]
    told = []
    for row in joined.filter(pl.any_horizontal(differs)).sort(key).head(5).iter_rows(named=True):
        odd = [c for c in others if row[c] != row[f"{c} lu"]]
        told.append(f"{' '.join(str(row[k]) for k in key)} ({', '.join(odd[:3])})")
    return told
