"""What a computed column is, and the small expressions that several of them share."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
import polars as pl

from procurement_assets.schema.column import ColumnType

LA_POSTE = "356000000"
"""La Poste numbers its establishments otherwise: the sum of the 14 digits is a multiple of 5 (INSEE)."""

Related = Mapping[str, pl.DataFrame]
"""The other tables of the publisher, by name; a table that is not given counts as empty."""

HOLDERS = ("contract_titulaires", "concession_titulaires")
BUYERS = ("contracts", "concessions")


class Derived(msgspec.Struct, frozen=True, kw_only=True):
    """A computed column: on which tables, what it says, how it is made."""

    name: str
    type: ColumnType
    title: str
    """French label, as the report shows it."""
    description: str
    tables: tuple[str, ...]
    """Empty: every table."""
    make: Callable[[], pl.Expr] | None = None
    """An expression over the table itself."""
    across: Callable[[pl.DataFrame, Related], pl.Series] | None = None
    """Or a function of the table and of the others it needs: one value per row, in the order of the rows."""
    needs: tuple[str, ...] = ()
    """The other tables that `across` reads."""


def siret_key_is_right(value: pl.Expr) -> pl.Expr:
    """Whether 14 digits end with the right Luhn key, La Poste excepted; null where the value is not 14 digits.

    The same judgement as `decp.identifiers.is_siret` (a test compares them), on a whole column at once.
    """
    digits = [value.str.slice(i, 1).cast(pl.Int32, strict=False) for i in range(14)]
    luhn = _luhn(digits, doubled=0)
    la_poste = value.str.starts_with(LA_POSTE) & (pl.sum_horizontal(*digits) % 5 == 0)
    somebody = ~value.str.starts_with("0" * 9)
    return pl.when(value.str.contains(r"^[0-9]{14}$")).then(((luhn % 10 == 0) & somebody) | la_poste)


def siren_key_is_right(value: pl.Expr) -> pl.Expr:
    """Whether the first nine characters are digits that end with the right Luhn key; never null for a text."""
    digits = [value.str.slice(i, 1).cast(pl.Int32, strict=False) for i in range(9)]
    right = (_luhn(digits, doubled=1) % 10 == 0) & ~value.str.starts_with("0" * 9)
    return value.str.contains(r"^[0-9]{9}") & right.fill_null(False)


def _luhn(digits: list[pl.Expr], *, doubled: int) -> pl.Expr:
    """The Luhn sum; every second digit from `doubled` counts double."""
    twice = [d * 2 for d in digits[doubled::2]]
    return pl.sum_horizontal(*[pl.when(d > 9).then(d - 9).otherwise(d) for d in twice], *digits[1 - doubled :: 2])


def cleaned(name: str) -> pl.Expr:
    """An identifier in capitals, without the spaces and separators that mean nothing; null where nothing is left."""
    value = pl.col(name).str.replace_all(r"[\s\u00a0.\-_/]", "").str.to_uppercase()
    return pl.when(value != "").then(value)
