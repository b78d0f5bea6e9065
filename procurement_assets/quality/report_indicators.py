"""The page of indicators: aggregates with interval and caveat, the quality of the standard, what cannot be computed.

`indicateurs.html`, in French, beside the quality report. No contract and no holder is named on it: contract-level
points of attention stay in the table `attention_points`, for the working group alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from procurement_assets.lake import Lake, write_bytes
from procurement_assets.quality.report_text import decimal, environment, french_date, percent, stylesheet
from procurement_assets.quality.suites import data_date_of

PAGE = "indicateurs.html"
NEEDED = ("indicators", "indicators_registry", "ocds_quality")
Row = Mapping[str, Any]
_DECIMALS = {"indice": 3, "offres": 1, "jours": 1}
_UNITS = {"jours": "\u202fj", "offres": "", "indice": ""}
BORROWED = "Cardinal"
RESULT_TAGS = {"échec": "warning", "attendu": "info"}


@dataclass(frozen=True)
class Indicator:
    """One indicator: what it is and its values."""

    about: Row
    """Its row of `indicators_registry`."""
    years: tuple[Row, ...]
    """Its values for the whole, or by threshold, newest year first; year 0 (all years) last."""
    divisions: tuple[Row, ...]
    """Its values by CPV division over all years, only those with enough cases."""

    @property
    def title(self) -> str:
        """Its title; with its name at Cardinal, whose indicators are near some of ours and are not the same."""
        about = self.about
        return f"{about['titre']} ({about['origine']} {about['indicateur']})" if self.is_borrowed else about["titre"]

    @property
    def is_borrowed(self) -> bool:
        """Whether it is defined by others."""
        return bool(self.about["origine"] == BORROWED)

    @property
    def hidden(self) -> int:
        """Values left out because there are too few cases."""
        return sum(row["valeur"] is None for row in self.years)


@dataclass(frozen=True)
class IndicatorsView:
    """Everything the page shows."""

    indicators: tuple[Indicator, ...]
    failed: tuple[Row, ...]
    """Rows of `ocds_quality` that fail, those expected of DECP data last."""
    respected: int
    without_object: int
    not_computable: tuple[Row, ...]
    """Rows of `indicators_registry` that cannot be computed, by origin."""


def build_indicators_page(lake: Lake, publisher: str, name: str) -> IndicatorsView:
    """Write `indicateurs.html` among the exports of a publisher, from the tables of `NEEDED`."""
    tables = {table: lake.read_table(table, publisher) for table in NEEDED}
    view = indicators_view(tables)
    day = data_date_of(lake.read_table("files", publisher, ["fichier_date"]))
    write_bytes(lake.exports(publisher) / PAGE, render_indicators(name, view, data_date=day).encode("utf-8"))
    return view


def render_indicators(publisher: str, view: IndicatorsView, *, data_date: date | None) -> str:
    """The page for a publisher (its name)."""
    return (
        environment()
        .get_template("indicators.html")
        .render(
            publisher=publisher,
            data_date=french_date(data_date),
            view=view,
            value=value,
            interval=interval,
            tags=RESULT_TAGS,
            css=stylesheet(),
        )
    )


def indicators_view(tables: Mapping[str, pl.DataFrame]) -> IndicatorsView:
    """What the page shows, from the tables of `NEEDED`."""
    registry, quality = tables["indicators_registry"], tables["ocds_quality"]
    known = {(row["indicateur"]): row for row in registry.filter("calculable").to_dicts()}
    values = tables["indicators"]
    results = quality["resultat"]
    failed = quality.filter(pl.col("resultat").is_in(list(RESULT_TAGS)))
    made = [_indicator(known[i], values) for i in values["indicateur"].unique().sort() if i in known]
    return IndicatorsView(
        indicators=tuple(sorted(made, key=lambda i: i.is_borrowed)),
        failed=tuple(
            failed.sort("resultat", "niveau", "controle", "champ", descending=[True, False, False, False]).to_dicts()
        ),
        respected=int((results == "respecté").sum()),
        without_object=int((results == "sans objet").sum()),
        not_computable=tuple(registry.filter(~pl.col("calculable")).sort("origine", "indicateur").to_dicts()),
    )


def _indicator(about: Row, values: pl.DataFrame) -> Indicator:
    own = values.filter(pl.col("indicateur") == about["indicateur"])
    whole = own.filter(pl.col("niveau").is_in(["ensemble", "seuil"]))
    shown = own.filter((pl.col("niveau") == "division") & (pl.col("annee") == 0) & pl.col("valeur").is_not_null())
    years = whole.sort("annee", "groupe", descending=[True, False])
    return Indicator(about, _all_years_last(years.to_dicts()), tuple(shown.sort("groupe").to_dicts()))


def _all_years_last(rows: Sequence[Row]) -> tuple[Row, ...]:
    return (*(r for r in rows if r["annee"]), *(r for r in rows if not r["annee"]))


def value(row: Row, name: str = "valeur") -> str:
    """A figure of a row in its unit; « – » where there are too few cases."""
    found = row[name]
    if found is None:
        return "–"
    if row["unite"] == "part":
        return percent(found) if found >= 0 else f"−{percent(-found)}"
    return decimal(found, _DECIMALS.get(row["unite"], 2)) + _UNITS.get(row["unite"], "")


def interval(row: Row) -> str:
    """« de a à b », or nothing."""
    return f"de {value(row, 'bas')} à {value(row, 'haut')}" if row["bas"] is not None else "–"
