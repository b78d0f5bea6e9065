"""Computed columns on amounts: repeated digits, sentinels, and the distance to comparable contracts.

The distance is robust (median and median absolute deviation) on a logarithmic scale, since amounts are lognormal
(research/data.md §3), and only where enough contracts can be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from procurement_assets.quality.derived_base import Derived

PEERS = 30
"""Comparable contracts needed before an amount is compared with them."""
FAR = 3.5
"""Robust deviations beyond which an amount is not of the order of its peers (Iglewicz and Hoaglin, 1993)."""
_CONSISTENT = 1.4826
"""The median absolute deviation times this is the standard deviation of a normal law."""


def _whole(name: str) -> pl.Expr:
    return pl.col(name).floor().cast(pl.Int64, strict=False).cast(pl.String)


def _repeated_digit(name: str) -> Callable[[], pl.Expr]:
    pattern = "^(?:" + "|".join(f"{d}{{6,}}" for d in range(1, 10)) + ")$"
    return lambda: _whole(name).str.contains(pattern)


def _digit_run(name: str) -> Callable[[], pl.Expr]:
    pattern = "|".join(f"{d}{{7,}}" for d in range(1, 10))
    return lambda: _whole(name).str.contains(pattern)


def _ministry_digits(name: str) -> Callable[[], pl.Expr]:
    """The Ministry's rule: one non-zero digit more than six times, above 100 million euros (research/decp.md §3.1)."""
    return lambda: pl.when(pl.col(name).is_not_null()).then(
        (pl.col(name) > 100_000_000)
        & (pl.max_horizontal(_whole(name).str.count_matches(str(d)) for d in range(1, 10)) > 6)
    )


def _counting(name: str) -> Callable[[], pl.Expr]:
    return lambda: _whole(name).str.starts_with("123456789")


def _order() -> pl.Expr:
    """The order of magnitude of an amount that can be compared; null for a placeholder or an absurd one."""
    usable = pl.col("montant_suspect").is_null() & (pl.col("montant") > 0)
    return pl.when(usable).then(pl.col("montant").log10())


def _gap(by: Sequence[pl.Expr]) -> tuple[pl.Expr, pl.Expr]:
    """Distance to the median of the peers in decades, and in robust deviations; null with too few peers."""
    order = _order()
    gap = order - order.median().over(by)
    spread = gap.abs().median().over(by) * _CONSISTENT
    enough = (order.count().over(by) >= PEERS) & (spread > 0)
    return pl.when(enough).then(gap), pl.when(enough).then(gap / spread)


def _division() -> list[pl.Expr]:
    return [pl.when(pl.col("codeCPV").str.len_chars() == 8).then(pl.col("codeCPV").str.slice(0, 2))]


def _family() -> list[pl.Expr]:
    """CPV group (three digits) and whether the contract is a framework."""
    framework = (pl.col("nature") == "Accord-cadre").fill_null(False) | pl.col("techniques").list.contains(
        "Accord-cadre"
    ).fill_null(False)
    return [pl.when(pl.col("codeCPV").str.len_chars() == 8).then(pl.col("codeCPV").str.slice(0, 3)), framework]


def _power() -> pl.Expr:
    """The power of ten that would bring a far amount back to its division's median; 0 where it is not far."""
    gap, deviation = _gap(_division())
    power = gap.round().cast(pl.Int64)
    known = pl.col("codeCPV").is_not_null() & deviation.is_not_null()
    return pl.when(known).then(pl.when(deviation.abs() > FAR).then(power).otherwise(0))


def _deviation(by: Callable[[], list[pl.Expr]]) -> Callable[[], pl.Expr]:
    return lambda: pl.when(pl.col("codeCPV").is_not_null()).then(_gap(by())[1].round(2))


def _same_amount() -> pl.Expr:
    """Contracts of one buyer and year under exactly this amount; only large ones are counted."""
    return pl.when(pl.col("montant") >= 1_000_000).then(
        pl.len().over("acheteur_siren", pl.col("dateNotification").dt.year(), "montant").cast(pl.Int64)
    )


def _suspect(name: str, table: str) -> tuple[Derived, ...]:
    return (
        Derived(
            name=f"{name}_chiffre_repete",
            type="boolean",
            title="Chiffre répété",
            description="Vrai si la partie entière du montant répète un seul chiffre, six fois ou plus (999999).",
            tables=(table,),
            make=_repeated_digit(name),
        ),
        Derived(
            name=f"{name}_chiffre_en_serie",
            type="boolean",
            title="Chiffre en série",
            description="Vrai si la partie entière du montant porte sept fois de suite le même chiffre non nul "
            "(19999999).",
            tables=(table,),
            make=_digit_run(name),
        ),
        Derived(
            name=f"{name}_chiffres_suspects",
            type="boolean",
            title="Chiffres suspects",
            description="Vrai si, au-delà de 100 millions d'euros, un même chiffre non nul figure plus de six fois "
            "dans le montant (règle de gestion du ministère).",
            tables=(table,),
            make=_ministry_digits(name),
        ),
        Derived(
            name=f"{name}_commence_123456789",
            type="boolean",
            title="Commence par 123456789",
            description="Vrai si le montant commence par 123456789.",
            tables=(table,),
            make=_counting(name),
        ),
    )


DERIVED_AMOUNTS: tuple[Derived, ...] = (
    *_suspect("montant", "contracts"),
    *_suspect("valeurGlobale", "concessions"),
    Derived(
        name="montant_ecart_division",
        type="number",
        title="Écart à la division CPV",
        description="Écart du montant à la médiane de sa division CPV, en écarts robustes sur une échelle "
        f"logarithmique ; vide avec moins de {PEERS} marchés comparables ou un montant déjà suspect.",
        tables=("contracts",),
        make=_deviation(_division),
    ),
    Derived(
        name="montant_puissance_dix",
        type="integer",
        title="Puissance de dix",
        description="Puissance de dix qui ramènerait un montant hors de l'ordre de sa division CPV à la médiane de "
        "celle-ci (2 : cent fois trop grand, -1 : dix fois trop petit) ; 0 s'il est dans l'ordre de sa division.",
        tables=("contracts",),
        make=_power,
    ),
    Derived(
        name="montant_ecart_nature",
        type="number",
        title="Écart au groupe CPV et à la nature",
        description="Écart du montant à la médiane des marchés de même groupe CPV (trois chiffres) et de même nature "
        f"(accord-cadre ou non), en écarts robustes ; vide avec moins de {PEERS} marchés comparables.",
        tables=("contracts",),
        make=_deviation(_family),
    ),
    Derived(
        name="contrats_meme_montant",
        type="integer",
        title="Marchés de même montant",
        description="Nombre de marchés de l'acheteur notifiés la même année pour exactement ce montant ; vide sous un "
        "million d'euros.",
        tables=("contracts",),
        make=_same_amount,
    ),
)
