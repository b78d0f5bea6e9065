"""The scopes and expressions of the reconciliation rules, written a second time in Polars, for `test_counts`."""

from __future__ import annotations

import polars as pl
from polars import col

_BOTH = col("in_decp") & col("in_list")
_TRUE_AMOUNT = col("montant_position") != "provisoire"
_VAT = col("montant_glissement").str.contains("TVA", literal=True)

SCOPES: dict[str, pl.Expr] = {
    "in_list AND annee_couverte": col("in_list") & col("annee_couverte"),
    "in_decp AND annee_couverte": col("in_decp") & col("annee_couverte"),
    "in_decp AND in_list AND montant_rapport > 0 AND montant_position <> 'provisoire'": _BOTH
    & (col("montant_rapport") > 0)
    & _TRUE_AMOUNT,
    "in_decp AND in_list AND montant IS NOT NULL AND montant_max_liste > 10": _BOTH
    & col("montant").is_not_null()
    & (col("montant_max_liste") > 10),
    "in_decp AND in_list AND montant_position <> 'provisoire'": _BOTH & _TRUE_AMOUNT,
    "in_decp AND in_list AND montant_rapport > 0": _BOTH & (col("montant_rapport") > 0),
    "in_decp AND in_list": _BOTH,
    "in_decp AND in_list AND entreprise_accord": _BOTH & col("entreprise_accord"),
}

EXPRESSIONS: dict[str, pl.Expr] = {
    "DECP-R-001": col("in_decp"),
    "DECP-R-002": col("in_list"),
    "DECP-R-003": col("candidats") == 0,
    "DECP-R-101": _VAT.fill_null(True),
    "DECP-R-102": _TRUE_AMOUNT,
    "DECP-R-103": col("montant_accord"),
    "DECP-R-104": col("montant_position") != "au-dessus",
    "DECP-R-105": ~_VAT.fill_null(False),
    "DECP-R-201": col("date_accord"),
    "DECP-R-301": col("entreprise_accord"),
    "DECP-R-302": col("titulaire_accord"),
    "DECP-R-401": col("objet_accord"),
    "DECP-RM-001": col("contrats_decp") >= 0.05 * col("contrats_mediane"),
}
