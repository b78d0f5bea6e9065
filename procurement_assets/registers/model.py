"""What a register is: the typed reading of `registers.toml`. Fields are documented on the classes below."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Literal

import msgspec

from procurement_assets.sources import addresses

Kind = Literal["genericode", "departements", "regions", "sirene"]

TABLE_OF: dict[str, str] = {
    "genericode": "registre_cpv",
    "departements": "registre_departements",
    "regions": "registre_regions",
    "sirene": "registre_sirene",
}
"""Kind to the table that it makes (`schema/registers.py`)."""
SAMPLE = "sample"
"""The address of a register made by the generator (demo, tests): no request, no real data."""


class RegistersError(ValueError):
    """`registers.toml` cannot be used; one French line that names the file, the entry and what is expected."""


class Register(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A public list."""

    id: str
    """Small letters, digits and hyphens; errors and logs name it."""
    name: str
    """In French."""
    publisher: str
    licence: str
    licence_url: str
    kind: Kind
    """How it is read, and so which table it makes: `genericode` the CPV (OASIS Genericode, columns `code`, `fra_label`,
    `eng_label`); `departements` and `regions` the JSON lists of @etalab/decoupage-administratif; `sirene` INSEE's
    StockUniteLegale in Parquet, of which only the units that the tables name are kept."""
    addresses: tuple[str, ...]
    """Public addresses of the same file, asked in this order until one answers. `["sample"]`: made by the generator."""

    @property
    def table(self) -> str:
        """The table that it makes."""
        return TABLE_OF[self.kind]

    @property
    def is_sample(self) -> bool:
        """Whether the generator makes it."""
        return self.addresses == (SAMPLE,)

    @property
    def keeps_raw(self) -> bool:
        """Whether the file received is kept; SIRENE's stock, which names natural persons, is not."""
        return self.kind != "sirene"


class _File(msgspec.Struct, forbid_unknown_fields=True):
    register: list[Register]


def load_registers(path: Path) -> dict[str, Register]:
    """The registers of a TOML file by id, in its order. Raises `RegistersError` with one line saying what is wrong."""
    try:
        file = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _File)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise RegistersError(f"{path} : {error}") from error
    for register in file.register:
        _check(path, register)
    for what in ("id", "kind"):
        values = [getattr(r, what) for r in file.register]
        if twice := sorted({v for v in values if values.count(v) > 1}):
            raise RegistersError(f"{path} : deux registres ont le même {what} : {', '.join(twice)}")
    return {r.id: r for r in file.register}


def _check(path: Path, register: Register) -> None:
    where = f"{path} : registre {register.id!r}"
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", register.id):
        raise RegistersError(f"{where} : attendu des minuscules, des chiffres et des tirets dans id")
    empty = [n for n in ("name", "publisher", "licence", "licence_url") if not getattr(register, n).strip()]
    if empty or not register.addresses:
        raise RegistersError(f"{where} : {', '.join(empty) or 'addresses'} est vide")
    if register.is_sample:
        return
    for address in register.addresses:
        try:
            addresses.check(address)
        except addresses.UnsafeAddressError as error:
            raise RegistersError(f"{where} : adresse {address!r} : {error}") from error
