"""A table beside a register: what the register says of each row.

Every answer is empty where the register is absent (it has no rows) or says nothing: an absent register accuses nobody.
"""

from __future__ import annotations

import polars as pl

_AREA = r"^([0-9][0-9AB])"
_OVERSEAS = r"^(9[78][0-9])"
_ELSEWHERE = ("00", "99", "980")
"""Codes that begin so name no department: armies, foreign countries (INSEE), Monaco's postcodes."""
_FORMS = {
    "Code postal": r"^[0-9]{5}$",
    "Code commune": r"^[0-9][0-9AB][0-9]{3}$",
    "Code arrondissement": r"^[0-9][0-9AB][0-9]{1,3}$",
    "Code canton": r"^[0-9][0-9AB][0-9]{2,3}$",
}
"""Types of code that begin with that of a department, and their form; another form is another rule's matter."""
_CORSICA = "20"
"""Corsican postcodes; its departments are 2A and 2B."""


def cpv_known(code: pl.Series, cpv: pl.DataFrame) -> pl.Series:
    """Whether each CPV code is in the vocabulary (`registre_cpv`); empty for what is not eight digits."""
    if cpv.is_empty():
        return _nothing(code)
    value = pl.col("code")
    known = pl.when(value.str.contains(r"^[0-9]{8}$")).then(value.is_in(cpv["code"].to_list()))
    return pl.DataFrame({"code": code.cast(pl.String)}).select(known).to_series()


def place_known(code: pl.Series, kind: pl.Series, departements: pl.DataFrame, regions: pl.DataFrame) -> pl.Series:
    """Whether the region of a place, or its department, exists; empty for a country and for a code of another form."""
    places = pl.DataFrame({"code": code.cast(pl.String), "kind": kind.cast(pl.String)})
    value, what = pl.col("code"), pl.col("kind")
    result = pl.lit(None, dtype=pl.Boolean)
    if not regions.is_empty():
        result = pl.when(what == "Code région").then(value.is_in(regions["code"].to_list())).otherwise(result)
    if not departements.is_empty():
        known = [*departements["code"].to_list()]
        postal = [*known, *([_CORSICA] if {"2A", "2B"} & set(known) else [])]
        result = pl.when(what == "Code département").then(value.is_in(known)).otherwise(result)
        for name, form in _FORMS.items():
            area = pl.coalesce(value.str.extract(_OVERSEAS), value.str.extract(_AREA))
            judged = (what == name) & value.str.contains(form) & ~area.is_in(_ELSEWHERE)
            result = pl.when(judged).then(area.is_in(postal if name == "Code postal" else known)).otherwise(result)
    return places.with_columns(result.alias("known"))["known"]


def unit_known(siren: pl.Series, sirene: pl.DataFrame) -> pl.Series:
    """Whether SIRENE knows each SIREN; empty for one that was not asked for."""
    return _of_unit(siren, sirene, pl.col("connu"))


def ceased_on(siren: pl.Series, sirene: pl.DataFrame) -> pl.Series:
    """The day that each unit ceased; empty for one that has not, or of which SIRENE says no day."""
    return _of_unit(siren, sirene, pl.when(pl.col("etatAdministratifUniteLegale") == "C").then(pl.col("dateDebut")))


def active_on(siren: pl.Series, day: pl.Series, sirene: pl.DataFrame) -> pl.Series:
    """Whether each unit had not ceased before a day; empty for one that SIRENE does not know, and without a day."""
    known, ceased = unit_known(siren, sirene), ceased_on(siren, sirene)
    state = _of_unit(siren, sirene, pl.col("etatAdministratifUniteLegale"))
    rows = pl.DataFrame({"known": known, "ceased": ceased, "state": state, "day": day.cast(pl.Date)})
    active = pl.when(pl.col("state") != "C").then(True).otherwise(pl.col("ceased") >= pl.col("day"))
    return rows.select(pl.when(pl.col("known") & pl.col("day").is_not_null()).then(active).alias("x"))["x"]


def _of_unit(siren: pl.Series, sirene: pl.DataFrame, what: pl.Expr) -> pl.Series:
    units = sirene.select("siren", what.alias("_v"))
    rows = pl.DataFrame({"siren": siren.cast(pl.String)})
    return rows.join(units, on="siren", how="left", maintain_order="left")["_v"]


def _nothing(like: pl.Series) -> pl.Series:
    return pl.Series([None] * len(like), dtype=pl.Boolean)
