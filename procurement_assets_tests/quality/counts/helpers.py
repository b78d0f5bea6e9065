"""What several rules written in Polars share."""

from __future__ import annotations

from typing import Any

import polars as pl
from polars import col

from procurement_assets.decp import codelists
from procurement_assets.decp.identifiers import is_siret

MONTHS = "2mo"


def within(column: str, codes: codelists.CodeList) -> pl.Expr:
    allowed = pl.Series([list(codes.labels)])
    return col(column).list.set_difference(pl.lit(allowed)).list.len() == 0


def alone(column: str, label: str) -> pl.Expr:
    return ~(col(column).list.contains(label) & (col(column).list.len() > 1))


def python(name: str, function: Any, kind: Any = pl.Boolean) -> pl.Expr:
    return col(name).map_elements(function, return_dtype=kind)


def siret(name: str, clean: bool = True) -> pl.Expr:
    """Through the project's other Luhn (decp.identifiers), row by row."""

    def judge(value: str) -> bool | None:
        text = "".join(c for c in value if c.isalnum()) if clean else value
        return is_siret(text) if len(text) == 14 and text.isdigit() else None

    return python(name, judge)


def epure(value: str) -> str | None:
    return "".join(c for c in value if c not in " \t\u00a0.-_/").upper() or None


def repeated(value: float) -> bool:
    digits = str(int(value))
    return len(digits) >= 6 and len(set(digits)) == 1 and digits[0] in "123456789"


SAME_ID = pl.len().over("acheteur_id", "id") == 1
