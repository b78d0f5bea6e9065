"""The legal units of the holders, from INSEE's stock file StockUniteLegale (Parquet, some 30 million rows).

Only the SIRENs that the tables name are kept, by one pass of DuckDB at constant memory. A SIREN that was asked for and
is not in the stock has a row that says so: it is unknown, which is not the same as never asked.

Natural persons (legal category 1…) and units that asked for a partial diffusion (status other than O) have no name
here, whatever the file says: INSEE gives the stock out on that condition.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb
import polars as pl

from procurement_assets.lake import Lake
from procurement_assets.registers.errors import RegisterDamagedError
from procurement_assets.schema import TABLES, conform

NAMED_BY = (
    ("contract_titulaires", "titulaire_siren"),
    ("concession_titulaires", "titulaire_siren"),
    ("subcontracts", "sousTraitant_siren"),
)
"""Tables of every publisher, and their column of SIRENs."""
NEEDED = ("siren", "etatAdministratifUniteLegale")
"""Columns without which a file is not the stock; another one that is missing is empty."""
MEMORY = "512MB"
_PADDED = {"siren": 9, "categorieJuridiqueUniteLegale": 4}
"""Codes that Parquet can hold as numbers: their leading zeros are given back."""
_TYPES = {"string": "VARCHAR", "integer": "BIGINT", "date": "DATE"}


def wanted_sirens(lake: Lake) -> set[str]:
    """The SIRENs that the tables of all publishers name."""
    found: set[str] = set()
    for table, column in NAMED_BY:
        for path in (lake / "tables" / table).glob("*.parquet"):
            with path.open("rb") as handle:
                table_frame = pl.read_parquet(handle)
            if column in table_frame.columns:  # a table of an earlier version may lack it
                found.update(table_frame[column].drop_nulls().unique().to_list())
    return found


def read_stock(path: Path, wanted: Iterable[str], *, everything: bool = False) -> pl.DataFrame:
    """The units of a stock file that are wanted, as table `registre_sirene`. `everything`: also all the others.

    Raises `RegisterDamagedError` where the file is not Parquet, is cut, or lacks the columns of the stock.
    """
    asked = pl.DataFrame({"siren": sorted(set(wanted))}, schema={"siren": pl.String})
    with duckdb.connect(":memory:", config={"memory_limit": MEMORY, "preserve_insertion_order": "false"}) as link:
        link.register("wanted", asked.to_arrow())
        try:
            there = [row[0] for row in link.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()]
            if lacking := [c for c in NEEDED if c not in there]:
                raise RegisterDamagedError(f"ce n'est pas StockUniteLegale : colonne {', '.join(lacking)} absente")
            found = link.sql(_query(there, everything=everything), params=[str(path)]).to_arrow_table()
        except duckdb.Error as error:
            raise RegisterDamagedError(f"Parquet illisible ({' '.join(str(error).split())[:200]})") from error
    units = pl.DataFrame(pl.from_arrow(found)).with_columns(pl.lit(True).alias("connu"))
    unknown = asked.join(units, on="siren", how="anti").with_columns(pl.lit(False).alias("connu"))
    return conform(pl.concat([units, unknown], how="diagonal"), TABLES["registre_sirene"])


def _query(there: list[str], *, everything: bool) -> str:
    """One pass over the stock; a SIREN that would stand twice keeps its latest state."""
    columns = [_column(c.name, c.type, there) for c in TABLES["registre_sirene"].columns if c.name != "connu"]
    kept = "" if everything else f"WHERE {_value('siren')} IN (SELECT siren FROM wanted)"
    return (
        f"SELECT {', '.join(columns)} FROM read_parquet(?) {kept} "
        "QUALIFY row_number() OVER (PARTITION BY siren ORDER BY dateDebut DESC NULLS LAST) = 1"
    )


def _column(name: str, kind: str, there: list[str]) -> str:
    if name not in there:
        return f"CAST(NULL AS {_TYPES[kind]}) AS {name}"
    if name == "denominationUniteLegale":
        return f"CASE WHEN {_is_named(there)} THEN {_value(name)} END AS {name}"
    return f"{_value(name) if kind == 'string' else f'TRY_CAST({name} AS {_TYPES[kind]})'} AS {name}"


def _value(name: str) -> str:
    """A text without outer spaces; `[ND]`, INSEE's mark of what is not given out, is an absence."""
    text = f"nullif(nullif(trim(CAST({name} AS VARCHAR)), ''), '[ND]')"
    return f"lpad({text}, {_PADDED[name]}, '0')" if name in _PADDED else text


def _is_named(there: list[str]) -> str:
    """Whether the name of a unit may be kept: what the file does not say is taken for a no."""
    if not {"statutDiffusionUniteLegale", "categorieJuridiqueUniteLegale"} <= set(there):
        return "false"
    return f"statutDiffusionUniteLegale = 'O' AND NOT starts_with({_value('categorieJuridiqueUniteLegale')}, '1')"
