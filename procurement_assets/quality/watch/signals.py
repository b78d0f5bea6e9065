"""Alerts from `feed_months`: a month whose volume, lag, late share or amounts leave what its source is used to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from procurement_assets.quality.watch.robust import back, expected_ranges, steady

RECENT = 2
"""Months from the newest judged one that still call for something to be done."""
FEW = 10
"""Figures of fewer contracts say nothing of a month's lag or amounts."""

ALERT: dict[str, pl.DataType] = {
    "source": pl.String(),
    "signal": pl.String(),
    "mois": pl.String(),
    "detail": pl.String(),
    "observe": pl.Float64(),
    "attendu_bas": pl.Float64(),
    "attendu_haut": pl.Float64(),
    "severity": pl.String(),
    "actuel": pl.Boolean(),
    "message": pl.String(),
    "advice": pl.String(),
}
"""Columns of an alert, as in the table `feed_watch`."""


@dataclass(frozen=True)
class Signal:
    """A figure of a month that is compared with its past."""

    name: str
    bases: tuple[str, ...]
    value: pl.Expr
    """What is compared, on a scale where deviations compare."""
    floor: pl.Expr
    """The smallest deviation that counts, on that scale."""
    shown: Callable[[pl.Expr], pl.Expr]
    """From that scale to what a person reads."""
    low: bool
    """Whether too little is an alert (too much always is)."""
    enough: pl.Expr
    """Which months can be judged."""
    unit: str
    label: str
    advice: str


def _same(value: pl.Expr) -> pl.Expr:
    return value


SIGNALS: tuple[Signal, ...] = (
    Signal(
        name="volume",
        bases=("notification", "publication"),
        value=steady(pl.col("contrats")),
        floor=pl.lit(1.0),
        shown=back,
        low=True,
        enough=pl.lit(True),
        unit="contrats",
        label="contrats",
        advice="Comparer avec la source ; si des contrats manquent, demander un nouvel envoi des fichiers du mois.",
    ),
    Signal(
        name="retard",
        bases=("publication",),
        value=pl.col("retard_median"),
        floor=pl.lit(5.0),
        shown=_same,
        low=False,
        enough=pl.col("delai_connus") >= FEW,
        unit="jours",
        label="jours entre notification et publication (médiane)",
        advice="Demander au profil d'acheteur ce qui retient la publication ; les données sont dues sous deux mois.",
    ),
    Signal(
        name="delai_legal",
        bases=("notification",),
        value=pl.col("part_hors_delai"),
        # The deviation of a share of n contracts by chance alone, the share taken at 10 % where it is less.
        floor=(pl.col("part_hors_delai").clip(0.1, 0.5) * (1 - pl.col("part_hors_delai").clip(0.1, 0.5))
               / pl.col("delai_connus").clip(1)).sqrt(),
        shown=_same,
        low=False,
        enough=pl.col("delai_connus") >= FEW,
        unit="part",
        label="publiés après les deux mois légaux",
        advice="Publier les contrats du mois qui manquent encore, et chercher les services en retard.",
    ),
    Signal(
        name="montant",
        bases=("notification",),
        value=pl.col("montant_ln_median"),
        # The deviation of a median of n values by chance alone, at the spread that the source is used to.
        floor=pl.max_horizontal(
            1.2533 * pl.col("montant_ln_ecart").median().over("source", "base") / pl.col("montants").clip(1).sqrt(),
            pl.lit(0.15),
        ),
        shown=lambda value: value.exp(),
        low=True,
        enough=pl.col("montants") >= FEW,
        unit="euros",
        label="euros (montant médian)",
        advice="Regarder les montants du mois : unité, virgule, centimes pris pour des euros, valeurs d'attente.",
    ),
)  # fmt: skip


def with_expected(months: pl.DataFrame) -> pl.DataFrame:
    """`feed_months` with the usual range of the volume: `attendu_bas`, `attendu_haut` (contracts)."""
    volume = SIGNALS[0]
    ranged = expected_ranges(months, volume.value, volume.floor, counts=True)
    return ranged.with_columns(
        attendu_bas=volume.shown(pl.col("bas")).round(1), attendu_haut=volume.shown(pl.col("haut")).round(1)
    ).drop("bas", "haut", "valeur")


def month_alerts(months: pl.DataFrame) -> pl.DataFrame:
    """Columns of `ALERT`: one row per source, signal, base and month out of the usual range."""
    return pl.concat([_alerts(signal, months) for signal in SIGNALS])


def _alerts(signal: Signal, months: pl.DataFrame) -> pl.DataFrame:
    chosen = months.filter(pl.col("base").is_in(signal.bases))
    ranged = expected_ranges(
        chosen, pl.when(signal.enough).then(signal.value), signal.floor, counts=signal.name == "volume"
    )
    over = pl.col("valeur") > pl.col("haut")
    # A month that is not over can only have too much.
    under = (pl.col("valeur") < pl.col("bas")) & pl.col("juge") if signal.low else pl.lit(False)
    newest = pl.col("rang").filter("juge").max().over("source", "base")
    found = ranged.with_columns(
        observe=signal.shown(pl.col("valeur")).round(3),
        attendu_bas=signal.shown(pl.col("bas")).round(3),
        attendu_haut=signal.shown(pl.col("haut")).round(3),
        actuel=pl.col("rang") > newest - RECENT,
        vide=pl.col("contrats") == 0,
    ).filter(over | under)
    name = pl.lit(signal.name) if len(signal.bases) == 1 else pl.format(f"{signal.name}_{{}}", "base")
    return found.select(
        "source",
        signal=name,
        mois="mois",
        detail=pl.lit(""),
        observe="observe",
        attendu_bas="attendu_bas",
        attendu_haut="attendu_haut",
        severity=pl.when(pl.col("vide")).then(pl.lit("critical")).otherwise(pl.lit("warning")),
        actuel="actuel",
        message=_message(signal),
        advice=pl.lit(signal.advice),
    ).cast(pl.Schema(ALERT))


def _message(signal: Signal) -> pl.Expr:
    seen, low, high = (_number(n, signal.unit) for n in ("observe", "attendu_bas", "attendu_haut"))
    usual = pl.format("de {} à {}", low, high) if signal.low else pl.format("au plus {}", high)
    return pl.format(f"{{}}, mois de {{}} {{}} : {{}} {signal.label}, attendu {{}}.",
                     "source", "base", "mois", seen, usual)  # fmt: skip


def _number(name: str, unit: str) -> pl.Expr:
    """A figure without decimals; a share in per cent."""
    if unit == "part":
        return pl.format("{}\u202f%", (pl.col(name) * 100).round().cast(pl.Int64))
    return pl.col(name).round().cast(pl.Int64).cast(pl.String)
