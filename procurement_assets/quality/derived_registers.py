"""Computed columns that need a register: CPV, geography, SIRENE. Empty where the register is absent.

A rule whose scope asks for such a column therefore judges nothing without the register, and says so
(`RuleResult.not_applicable`).
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from procurement_assets.quality.derived_base import BUYERS, HOLDERS, Derived, Related
from procurement_assets.registers.joining import active_on, ceased_on, cpv_known, place_known, unit_known
from procurement_assets.schema.registers import REGISTER_TABLES

REGISTERS = frozenset(table.name for table in REGISTER_TABLES)
"""Tables that belong to no publisher, and may not be there."""
_VERSIONS = {"contract_titulaires": "contract_versions", "concession_titulaires": "concession_versions"}


def _code_is_known(frame: pl.DataFrame, related: Related) -> pl.Series:
    return cpv_known(frame["codeCPV"], related["registre_cpv"])


def _place_is_known(frame: pl.DataFrame, related: Related) -> pl.Series:
    return place_known(
        frame["lieuExecution_code"],
        frame["lieuExecution_typeCode"],
        related["registre_departements"],
        related["registre_regions"],
    )


def _holder_is_known(frame: pl.DataFrame, related: Related) -> pl.Series:
    return unit_known(frame["titulaire_siren"], related["registre_sirene"])


def _holder_ceased(frame: pl.DataFrame, related: Related) -> pl.Series:
    return ceased_on(frame["titulaire_siren"], related["registre_sirene"])


def _holder_was_active(versions: str) -> Callable[[pl.DataFrame, Related], pl.Series]:
    def across(frame: pl.DataFrame, related: Related) -> pl.Series:
        days = related[versions].select("uid", "version", "date").unique(["uid", "version"], keep="first")
        dated = frame.select("uid", "version").join(days, on=["uid", "version"], how="left", maintain_order="left")
        return active_on(frame["titulaire_siren"], dated["date"], related["registre_sirene"])

    return across


def _active(table: str) -> Derived:
    return Derived(
        name="titulaire_actif",
        type="boolean",
        title="Titulaire actif à la notification",
        description="Vrai si l'unité légale du titulaire n'avait pas cessé avant la date de la version (registre "
        "SIRENE) ; vide si le registre ne la connaît pas ou n'est pas là.",
        tables=(table,),
        across=_holder_was_active(_VERSIONS[table]),
        needs=("registre_sirene", _VERSIONS[table]),
    )


DERIVED_REGISTERS: tuple[Derived, ...] = (
    Derived(
        name="cpv_connu",
        type="boolean",
        title="Code CPV connu",
        description="Vrai si le code est dans le vocabulaire (registre CPV) ; vide s'il n'a pas huit chiffres ou si le "
        "registre n'est pas là.",
        tables=BUYERS,
        across=_code_is_known,
        needs=("registre_cpv",),
    ),
    Derived(
        name="lieu_connu",
        type="boolean",
        title="Département ou région du lieu connu",
        description="Vrai si la région, ou le département par lequel commence le code du lieu, existe (registres des "
        "départements et des régions) ; vide pour un pays, un code d'une autre forme, ou sans registre.",
        tables=BUYERS,
        across=_place_is_known,
        needs=("registre_departements", "registre_regions"),
    ),
    Derived(
        name="titulaire_siren_connu",
        type="boolean",
        title="SIREN connu de SIRENE",
        description="Vrai si le répertoire SIRENE connaît le SIREN du titulaire ; vide sans SIREN, pour un SIREN pas "
        "encore demandé, ou sans registre.",
        tables=HOLDERS,
        across=_holder_is_known,
        needs=("registre_sirene",),
    ),
    Derived(
        name="titulaire_cessation",
        type="date",
        title="Cessation du titulaire",
        description="Date de cessation de l'unité légale du titulaire (registre SIRENE) ; vide si elle est active.",
        tables=HOLDERS,
        across=_holder_ceased,
        needs=("registre_sirene",),
    ),
    *(_active(table) for table in HOLDERS),
)
