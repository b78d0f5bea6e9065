"""Computed columns on amounts: repeated digits, sentinels, and the distance to comparable contracts.

The distance is robust (median and median absolute deviation) on a logarithmic scale, since amounts are lognormal
(research/data.md §3). A group with too few contracts, or without spread, is compared with a wider one: a rule that is
silent on the rare divisions would miss their slips. Only a publisher with fewer than `PEERS` amounts is not judged.
"""

from __future__ import annotations

from collections.abc import Callable

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


def _levels(key: str | None) -> list[tuple[pl.Expr, pl.Expr, pl.Expr, pl.Expr]]:
    """The groups that a contract is compared within, the narrowest first: (usable, gap, spread, name).

    `key`: an expression of `_KEYS`; None stands for all contracts. Gap: decades to the median of the group.
    """
    order = _order()
    if key is None:
        group, named, wider = pl.lit(True), pl.lit(EVERYTHING), []
    else:
        group, named, after = _KEYS[key]()
        wider = _levels(after)
    gap = order - order.median().over(group)
    spread = gap.abs().median().over(group) * _CONSISTENT
    usable = group.is_not_null() & (order.count().over(group) >= PEERS) & (spread > 0) & order.is_not_null()
    return [(usable, gap, spread, named), *wider]


def _pick(key: str, what: Callable[[pl.Expr, pl.Expr, pl.Expr], pl.Expr]) -> pl.Expr:
    """What the narrowest usable group says; null where none is."""
    return pl.coalesce(pl.when(usable).then(what(gap, spread, name)) for usable, gap, spread, name in _levels(key))


def _cpv(length: int) -> pl.Expr:
    return pl.when(pl.col("codeCPV").str.len_chars() == 8).then(pl.col("codeCPV").str.slice(0, length))


def _division() -> tuple[pl.Expr, pl.Expr, str | None]:
    return _cpv(2), pl.format("division CPV {}", _cpv(2)), None


def _family(length: int, word: str, after: str | None) -> Callable[[], tuple[pl.Expr, pl.Expr, str | None]]:
    """CPV group or division, and whether the contract is a framework."""

    def made() -> tuple[pl.Expr, pl.Expr, str | None]:
        framework = (pl.col("nature") == "Accord-cadre").fill_null(False) | pl.col("techniques").list.contains(
            "Accord-cadre"
        ).fill_null(False)
        kind = pl.when(framework).then(pl.lit("accords-cadres")).otherwise(pl.lit("hors accords-cadres"))
        named = pl.format(word + " CPV {}, {}", _cpv(length), kind)
        return named, named, after

    return made


EVERYTHING = "tous les marchés"
_KEYS: dict[str, Callable[[], tuple[pl.Expr, pl.Expr, str | None]]] = {
    "division": _division,
    "groupe et nature": _family(3, "groupe", "division et nature"),
    "division et nature": _family(2, "division", "division"),
}
"""What groups contracts: the key of the group, its name in French, and the wider group (None: all contracts)."""


def _power() -> pl.Expr:
    """The power of ten that would bring a far amount back to its group's median; 0 where it is not far."""

    def power(gap: pl.Expr, spread: pl.Expr, name: pl.Expr) -> pl.Expr:
        return pl.when((gap / spread).abs() > FAR).then(gap.round().cast(pl.Int64)).otherwise(0)

    return _pick("division", power)


def _deviation(key: str) -> Callable[[], pl.Expr]:
    return lambda: _pick(key, lambda gap, spread, name: (gap / spread).round(2))


def _compared(key: str) -> Callable[[], pl.Expr]:
    return lambda: _pick(key, lambda gap, spread, name: name)


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
        f"logarithmique ; avec moins de {PEERS} marchés dans la division, à celle de tous les marchés ; vide si le "
        "montant est déjà suspect.",
        tables=("contracts",),
        make=_deviation("division"),
    ),
    Derived(
        name="montant_puissance_dix",
        type="integer",
        title="Puissance de dix",
        description="Puissance de dix qui ramènerait un montant hors de l'ordre de sa division CPV (à défaut, de tous "
        "les marchés) à la médiane (2 : cent fois trop grand, -1 : dix fois trop petit) ; 0 s'il est dans cet ordre.",
        tables=("contracts",),
        make=_power,
    ),
    Derived(
        name="montant_compare_a",
        type="string",
        title="Comparé à",
        description="Les marchés auxquels montant_ecart_division compare le montant : sa division CPV ou tous.",
        tables=("contracts",),
        make=_compared("division"),
    ),
    Derived(
        name="montant_ecart_nature",
        type="number",
        title="Écart au groupe CPV et à la nature",
        description="Écart du montant à la médiane des marchés de même groupe CPV (trois chiffres) et de même nature "
        f"(accord-cadre ou non), en écarts robustes ; avec moins de {PEERS} marchés dans le groupe, à celle de la "
        "division et de la nature, puis de la division, puis de tous les marchés.",
        tables=("contracts",),
        make=_deviation("groupe et nature"),
    ),
    Derived(
        name="montant_nature_compare_a",
        type="string",
        title="Comparé à",
        description="Les marchés auxquels montant_ecart_nature compare le montant.",
        tables=("contracts",),
        make=_compared("groupe et nature"),
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
