"""The registry of a publisher: every check and indicator known, and whether these data can compute it.

Computable or not is decided by the data, not by a list: a field that a source starts to publish makes its indicators
computable in the next run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from procurement_assets.quality.indicators.cardinal.red_flags import cardinal_texts, missing, red_flags
from procurement_assets.quality.indicators.market.registry import market
from procurement_assets.quality.indicators.pelican.registry import texts
from procurement_assets.schema import TABLES

Row = dict[str, Any]

DECP_COLUMNS = {
    "modifications": "nombre_modifications",
    "modifications.montant": "montant_actuel",
    "titulaires": "nombre_titulaires",
}
"""DECP field to the column of `contracts` that says whether it is published, where it is not its own name."""


def registry(fields: frozenset[str], contracts: pl.DataFrame) -> pl.DataFrame:
    """The table `indicators_registry`, from the OCDS fields that hold something and the table of contracts."""
    rows = [*_pelican(fields), *_cardinal(fields), *_red_flags(fields), *_market(decp_fields(contracts)), *_never()]
    return TABLES["indicators_registry"].frame(rows)


def decp_fields(contracts: pl.DataFrame) -> frozenset[str]:
    """The DECP fields of the aggregated indicators that hold a value (for counts, one that is not zero)."""
    wanted = {f for d in market().indicator.values() for f in d.fields}
    return frozenset(f for f in wanted if _holds(contracts, DECP_COLUMNS.get(f, f)))


def _holds(contracts: pl.DataFrame, column: str) -> bool:
    values = contracts[column].drop_nulls()
    return bool((values > 0).any()) if column.startswith("nombre_") else values.len() > 0


def _needed(needs: tuple[str, ...]) -> list[str]:
    return sorted({field for need in needs for way in need.split("|") for field in way.split("+")})


def _pelican(fields: frozenset[str]) -> list[Row]:
    rows = []
    for check in texts().check:
        absent = missing(check.needs, fields)
        rows.append(
            {
                "origine": "Pelican",
                "indicateur": check.id if check.level != "champ" else f"champ.{check.id}",
                "titre": check.title,
                "niveau": check.level,
                "definition": check.explanation,
                "champs": _needed(check.needs),
                "calculable": not absent,
                "champs_manquants": absent,
                "raison": "Sans objet : les champs nécessaires ne sont pas dans ces données." if absent else None,
            }
        )
    for left in texts().not_implemented:
        rows.append(
            {
                "origine": "Pelican",
                "indicateur": left.id if left.level != "champ" else f"champ.{left.id}",
                "titre": left.title,
                "niveau": left.level,
                "champs": _needed(left.needs),
                "calculable": False,
                "champs_manquants": missing(left.needs, fields),
                "raison": f"Non repris. {left.reason}",
            }
        )
    return rows


def _cardinal(fields: frozenset[str]) -> list[Row]:
    rows = []
    for ident, text in cardinal_texts().items():
        flag = red_flags()[ident]
        absent = missing(flag.needs, fields)
        rows.append(
            {
                "origine": "Cardinal",
                "indicateur": ident,
                "titre": flag.title,
                "niveau": text.group,
                "definition": text.definition,
                "formule": text.formula,
                "champs": _needed(flag.needs),
                "calculable": not absent,
                "champs_manquants": absent,
                "raison": f"Champs absents de DECP : {', '.join(absent)}." if absent else None,
                "remplace_par": flag.market or None,
                "precaution": text.caveat,
            }
        )
    return rows


def _red_flags(fields: frozenset[str]) -> list[Row]:
    rows = []
    for ident, flag in red_flags().items():
        if flag.cardinal:
            continue
        absent = missing(flag.needs, fields)
        rows.append(
            {
                "origine": "OCP",
                "indicateur": ident,
                "titre": flag.title,
                "niveau": "agrégé",
                "champs": _needed(flag.needs),
                "calculable": not absent and bool(flag.market),
                "champs_manquants": absent,
                "raison": _why(absent, flag.declined, flag.market),
                "remplace_par": flag.market or None,
            }
        )
    return rows


def _why(absent: list[str], declined: str, stand_in: str) -> str:
    if absent:
        instead = f" L'indicateur agrégé {stand_in} en tient lieu en partie." if stand_in else ""
        return f"Champs absents de DECP : {', '.join(absent)}.{instead}"
    if declined:
        return declined
    return f"Calculé sous la forme de l'indicateur agrégé {stand_in}, jamais sur un marché seul."


def _market(fields: frozenset[str]) -> list[Row]:
    caveats: Mapping[str, str] = market().caveats
    rows = []
    for ident, definition in market().indicator.items():
        absent = [f for f in definition.fields if f not in fields]
        rows.append(
            {
                "origine": "Ville de Paris",
                "indicateur": ident,
                "titre": definition.title,
                "niveau": "agrégé",
                "definition": definition.definition,
                "formule": definition.formula,
                "champs": list(definition.fields),
                "denominateur": definition.denominator,
                "minimum": definition.minimum,
                "calculable": not absent,
                "champs_manquants": absent,
                "raison": f"Champs vides dans ces données : {', '.join(absent)}." if absent else None,
                "precaution": caveats[definition.caveat],
            }
        )
    return rows


def _never() -> list[Row]:
    return [
        {
            "origine": "Ville de Paris",
            "indicateur": left.id,
            "titre": left.title,
            "niveau": "agrégé",
            "champs": [],
            "calculable": False,
            "champs_manquants": [left.missing],
            "raison": left.reason,
        }
        for left in market().not_computable
    ]
