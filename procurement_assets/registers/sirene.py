"""The legal units of the holders, from INSEE's stock file StockUniteLegale (Parquet, some 30 million rows).

Only the SIRENs that the tables name are kept, by one pass of Polars' streaming engine, which decodes the other columns
of the rows found alone (`benchmarks/results/registers_10000000.md`). A SIREN that was asked for and is not in the stock
has a row that says so: it is unknown, which is not the same as never asked.

Natural persons (legal category 1…) and units that asked for a partial diffusion (status other than O) have no name
here, whatever the file says: INSEE gives the stock out on that condition.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from procurement_assets.lake import Lake
from procurement_assets.registers.errors import RegisterDamagedError
from procurement_assets.schema import TABLES, conform
from procurement_assets.schema.column import POLARS

NAMED_BY = (
    ("contract_titulaires", "titulaire_siren"),
    ("concession_titulaires", "titulaire_siren"),
    ("subcontracts", "sousTraitant_siren"),
)
"""Tables of every publisher, and their column of SIRENs."""
NEEDED = ("siren", "etatAdministratifUniteLegale")
"""Columns without which a file is not the stock; another one that is missing is empty."""
_PADDED = {"siren": 9, "categorieJuridiqueUniteLegale": 4}
"""Codes that Parquet can hold as numbers: their leading zeros are given back."""
NOT_GIVEN = "[ND]"
"""INSEE's mark of what is not given out."""


def wanted_sirens(lake: Lake) -> set[str]:
    """The SIRENs that the tables of all publishers name."""
    found: set[str] = set()
    for table, column in NAMED_BY:
        for path in (lake / "tables" / table).glob("*.parquet"):
            with path.open("rb") as handle:
                if column in pl.read_parquet_schema(handle):  # a table of an earlier version may lack it
                    handle.seek(0)
                    found.update(pl.read_parquet(handle, columns=[column])[column].drop_nulls().unique().to_list())
    return found


def read_stock(path: Path, wanted: Iterable[str], *, everything: bool = False) -> pl.DataFrame:
    """The units of a stock file that are wanted, as table `registre_sirene`. `everything`: also all the others.

    Raises `RegisterDamagedError` where the file is not Parquet, is cut, or lacks the columns of the stock.
    """
    asked = pl.DataFrame({"siren": sorted(set(wanted))}, schema={"siren": pl.String})
    try:
        stock = pl.scan_parquet(path)
        there = stock.collect_schema()
        if lacking := [c for c in NEEDED if c not in there]:
            raise RegisterDamagedError(f"ce n'est pas StockUniteLegale : colonne {', '.join(lacking)} absente")
        rows = stock.select(c for c in _COLUMNS if c in there)
        if not everything:
            rows = rows.filter(pl.col("siren").is_in(_as_written(asked["siren"], there["siren"])))
        units = _units(rows.collect(engine="streaming")).with_columns(pl.lit(True).alias("connu"))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise RegisterDamagedError(f"Parquet illisible ({' '.join(str(error).split())[:200]})") from error
    unknown = asked.join(units, on="siren", how="anti").with_columns(pl.lit(False).alias("connu"))
    return conform(pl.concat([units, unknown], how="diagonal"), TABLES["registre_sirene"])


_COLUMNS = [c.name for c in TABLES["registre_sirene"].columns if c.name != "connu"]


def _as_written(sirens: pl.Series, kind: pl.DataType) -> list[str] | list[int]:
    """The SIRENs as the file has them: texts, or numbers that lost their leading zeros."""
    if kind.is_integer():
        return sirens.cast(pl.Int64).to_list()
    return pl.concat([sirens, sirens.str.strip_chars_start("0")]).unique().to_list()


def _units(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of the stock under the types of the table, without the names that must not be kept.

    A SIREN that stands twice keeps its latest state.
    """
    columns = {c.name: c.type for c in TABLES["registre_sirene"].columns}
    typed = rows.select(_typed(name, rows.schema.get(name), columns[name]).alias(name) for name in _COLUMNS)
    status, category = pl.col("statutDiffusionUniteLegale"), pl.col("categorieJuridiqueUniteLegale")
    named = (status == "O") & ~category.str.starts_with("1")
    bare = typed.with_columns(pl.when(named).then("denominationUniteLegale").alias("denominationUniteLegale"))
    return bare.sort("dateDebut", descending=True, nulls_last=True).unique("siren", keep="first", maintain_order=True)


def _typed(name: str, have: pl.DataType | None, wanted: str) -> pl.Expr:
    """A column of the stock as its type in the table; empty where the file lacks it or has something else there."""
    kind, value = POLARS[wanted], pl.col(name)
    if have is None:
        return pl.lit(None, dtype=kind)
    if wanted == "string":
        text = value.cast(pl.String).str.strip_chars()
        text = pl.when(~text.is_in(["", NOT_GIVEN])).then(text)
        return text.str.zfill(_PADDED[name]) if name in _PADDED else text
    if wanted == "date" and have == pl.String:
        return value.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    return value.cast(kind, strict=False)
