"""Computed columns on versions: what the award said, beside what a modification makes of it."""

from __future__ import annotations

import polars as pl

from procurement_assets.quality.derived_base import Derived

VERSIONS = ("contract_versions", "concession_versions")


def _award(column: str) -> pl.Expr:
    """The value of the first version of the contract."""
    return pl.col(column).sort_by("version").first().over("uid")


DERIVED_VERSIONS: tuple[Derived, ...] = (
    Derived(
        name="montant_attribution",
        type="number",
        title="Montant d'attribution",
        description="Montant à l'attribution (à la signature, pour une concession) ; vide s'il n'est pas publié.",
        tables=VERSIONS,
        make=lambda: _award("montant"),
    ),
    Derived(
        name="date_attribution",
        type="date",
        title="Date du contrat",
        description="Date de notification du marché, ou de signature de la concession ; vide si elle n'est pas "
        "publiée.",
        tables=VERSIONS,
        make=lambda: _award("date"),
    ),
)
