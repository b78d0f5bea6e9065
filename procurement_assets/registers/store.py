"""Where registers lie in the lake, and what is known of each.

    registers/TABLE.parquet        the register in place, the last good one
    registers/state/ID.json        where it comes from and how its last asking ended
    registers/registres.parquet    the same for all, as a table

They belong to no publisher, so they are not under `tables/`.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec
import polars as pl
from upath import UPath

from procurement_assets.lake import Lake, write_bytes
from procurement_assets.registers.model import Register
from procurement_assets.schema import TABLES, conform
from procurement_assets.schema.column import NonConformingError

log = logging.getLogger(__name__)

State = Literal["à jour", "ancien", "absent"]


class RegisterState(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table `registres`, under its names. Only `pris_le` and `demande_le` come from a clock."""

    registre: str
    table: str
    nom: str
    producteur: str
    licence: str
    adresse: str
    etat: State = "absent"
    raison: str | None = None
    lignes: int = 0
    sha256: str | None = None
    octets: int = 0
    etag: str | None = None
    modifie_le: str | None = None
    pris_le: str | None = None
    demande_le: str | None = None


def register_path(lake: Lake, table: str) -> UPath:
    """Where a register lies, by the name of its table."""
    return lake / "registers" / f"{table}.parquet"


def read_register(lake: Lake, table: str) -> pl.DataFrame:
    """A register by the name of its table; without rows where there is none, or where it is of another version."""
    path = register_path(lake, table)
    if not path.exists():
        return TABLES[table].frame([])
    try:
        return conform(pl.read_parquet(io.BytesIO(path.read_bytes())), TABLES[table])
    except (pl.exceptions.PolarsError, NonConformingError) as error:
        log.warning("%s cannot be used (%s): taken for absent until it is fetched again", path, error)
        return TABLES[table].frame([])


def write_register(lake: Lake, table: str, frame: pl.DataFrame) -> None:
    """Put a register in place. The same rows give the same bytes."""
    buffer = io.BytesIO()
    conform(frame, TABLES[table]).write_parquet(buffer, compression="zstd")
    write_bytes(register_path(lake, table), buffer.getvalue())


def read_state(lake: Lake, register: Register) -> RegisterState | None:
    """What is known of a register; None where it was never asked for."""
    try:
        return msgspec.json.decode(_state_path(lake, register.id).read_bytes(), type=RegisterState)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


def write_state(lake: Lake, state: RegisterState) -> None:
    """Note how the last asking of a register ended."""
    write_bytes(_state_path(lake, state.registre), msgspec.json.format(msgspec.json.encode(state), indent=1))


def write_states(lake: Lake, registers: Mapping[str, Register]) -> pl.DataFrame:
    """Write the table `registres`: one row per register of the settings."""
    states = [read_state(lake, r) or unknown(r) for r in registers.values()]
    frame = TABLES["registres"].frame([msgspec.structs.asdict(s) for s in states])
    write_register(lake, "registres", frame)
    return frame


def unknown(register: Register) -> RegisterState:
    """The state of a register that was never asked for."""
    return RegisterState(
        registre=register.id,
        table=register.table,
        nom=register.name,
        producteur=register.publisher,
        licence=register.licence,
        adresse=register.addresses[0],
        raison="jamais demandé",
    )


def missing(lake: Lake, tables: Iterable[str]) -> tuple[str, ...]:
    """Those of these registers that are not in place, by the name of their table."""
    return tuple(table for table in tables if not register_path(lake, table).exists())


def _state_path(lake: Lake, register_id: str) -> UPath:
    return lake / "registers" / "state" / f"{register_id}.json"
