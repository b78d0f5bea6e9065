"""Where correction files lie in the lake, and the writing of those to correct.

corrections/PUBLISHER/a_corriger/SOURCE[--SERVICE].xlsx and .csv   written at each run
corrections/PUBLISHER/recues/                                         where people put what they corrected
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import msgspec
import polars as pl
from upath import UPath

from procurement_assets.decp.codelists import fold
from procurement_assets.decp.model import Contract
from procurement_assets.lake import Lake, write_bytes
from procurement_assets.quality.catalogue import Catalogue, load_catalogue
from procurement_assets.quality.corrections.outgoing import Batch, batches
from procurement_assets.quality.corrections.sheets import csv_bytes, xlsx_bytes

NO_SOURCE = "sans-source"


class Written(msgspec.Struct, frozen=True):
    """A batch that was written, as two files of one name."""

    name: str
    rows: int
    path: str


def received_folder(lake: Lake, publisher: str, other: str | None = None) -> UPath:
    """Where correction files come back. `other` (PROCUREMENT_CORRECTIONS): its subfolder of the publisher's name where
    there is one, else itself."""
    if other is None:
        return lake / "corrections" / publisher / "recues"
    own = UPath(other) / publisher
    return own if own.is_dir() else UPath(other)


def write_correction_files(
    lake: Lake,
    publisher: str,
    *,
    data_date: date | None,
    source_names: Mapping[str, str],
    services: Mapping[str, str],
    catalogue: Catalogue | None = None,
) -> list[Written]:
    """Write the files to correct; those of an earlier run that have nothing left to correct are removed.

    `data_date`: date of the data. Also makes the folder where corrected files are to be put.
    """
    made = _batches(lake, publisher, services, load_catalogue() if catalogue is None else catalogue)
    folder = lake / "corrections" / publisher / "a_corriger"
    written: list[Written] = []
    keep: set[str] = set()
    for batch in made:
        name = _file_name(batch)
        files = {
            f"{name}.xlsx": xlsx_bytes(batch, data_date, source_names.get(batch.source, batch.source or "sans source")),
            f"{name}.csv": csv_bytes(batch.rows),
        }
        for file, data in files.items():
            write_bytes(folder / file, data)
        keep |= files.keys()
        written.append(Written(name, len(batch.rows), str(folder / f"{name}.xlsx")))
    for old in list(folder.iterdir()) if folder.exists() else []:
        if old.name.endswith((".xlsx", ".csv")) and old.name not in keep:
            old.unlink()
    if lake.is_local:
        received_folder(lake, publisher).mkdir(parents=True, exist_ok=True)
    return written


def _batches(lake: Lake, publisher: str, services: Mapping[str, str], catalogue: Catalogue) -> list[Batch]:
    findings = lake.read_table("findings", publisher)
    suggestions = lake.read_table("suggestions", publisher)
    named = pl.concat([findings["uid"].drop_nulls(), suggestions["uid"]]).unique()
    records = lake.read_table("normalised_records", publisher).filter(pl.col("uid").is_in(named.implode()))
    decoder = msgspec.json.Decoder(Contract)
    contracts = {uid: decoder.decode(record) for uid, record in records.select("uid", "record").iter_rows()}
    tables = [lake.read_table(name, publisher, ["uid", "source"]) for name in ("contracts", "concessions")]
    return batches(
        findings.iter_rows(named=True),
        suggestions.iter_rows(named=True),
        contracts,
        dict(pl.concat(tables).unique("uid", keep="first", maintain_order=True).iter_rows()),
        catalogue,
        services,
    )


def _file_name(batch: Batch) -> str:
    """Letters, digits and hyphens of the source, then of the service."""
    source = fold(batch.source).replace(" ", "-") or NO_SOURCE
    return f"{source}--{fold(batch.direction).replace(' ', '-')}" if batch.direction else source
