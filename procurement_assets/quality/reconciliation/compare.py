"""What two descriptions of one contract disagree on, and by how much: amounts, date, holder, title."""

from __future__ import annotations

import polars as pl

CENTS = 1
"""Amounts that differ by no more cents are the same: lists and sources round otherwise."""
PLACEHOLDER = 10.0
"""Euros: an amount of no more says nothing (96 contracts of the City are worth exactly 10 €: research/decp.md §1.9)."""
CLOSE = 0.01
"""How near a ratio must be to a power of ten to be called a slip."""
VAT = 1.2
"""An amount with VAT at 20 % where the other is without."""

SLIPS = {"×10": 10.0, "×100": 100.0, "×1000": 1000.0, "÷10": 0.1, "÷100": 0.01, "÷1000": 0.001}
VAT_SLIPS = {"×1,2 (TVA)": VAT, "÷1,2 (TVA)": 1 / VAT}
POSITIONS = ("maximum", "minimum", "entre les deux", "au-dessus", "au-dessous", "provisoire")


def slip(ratio: pl.Expr) -> pl.Expr:
    """The name of the slip that a ratio shows (`×10`, `÷1000`, `×1,2 (TVA)`); empty where it shows none."""
    named: pl.Expr = pl.lit(None, pl.String)
    for name, value in (SLIPS | VAT_SLIPS).items():
        near = CLOSE if name in SLIPS else 0.001
        named = pl.when((ratio / value - 1).abs() <= near).then(pl.lit(name)).otherwise(named)
    return named


def same_amount(first: pl.Expr, second: pl.Expr) -> pl.Expr:
    """Whether two amounts in euros are the same to the cent; empty where one is missing.

    In whole cents: 936,000.01 - 936,000 is 0.010000000009313226 for a computer.
    """
    return ((first - second).abs() * 100).round() <= CENTS


def position(amount: str, low: str, high: str) -> pl.Expr:
    """Where an amount stands beside the list's minimum and maximum: one of `POSITIONS`, empty where one is missing."""
    value, least, most = pl.col(amount), pl.col(low).fill_null(0.0), pl.col(high)
    return (
        pl.when(value.is_null() | most.is_null())
        .then(None)
        .when((value <= PLACEHOLDER) & (most > PLACEHOLDER))
        .then(pl.lit("provisoire"))
        .when(same_amount(value, most))
        .then(pl.lit("maximum"))
        .when((least > 0) & same_amount(value, least))
        .then(pl.lit("minimum"))
        .when(value > most)
        .then(pl.lit("au-dessus"))
        .when((least > 0) & (value < least))
        .then(pl.lit("au-dessous"))
        .otherwise(pl.lit("entre les deux"))
    )


def disagreements(facts: dict[str, pl.Expr]) -> pl.Expr:
    """The names of the facts that are false, as a list; empty where none is."""
    names = [pl.when(~fact).then(pl.lit(name)) for name, fact in facts.items()]
    return pl.concat_list(names).list.drop_nulls()
