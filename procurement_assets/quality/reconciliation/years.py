"""The figures of reconciliation by year and by month."""

from __future__ import annotations

from datetime import date

import polars as pl

from procurement_assets.quality.reconciliation.table import covered_years


def by_year(rows: pl.DataFrame) -> pl.DataFrame:
    """`reconciliation_annees`: what is where, and what agrees, by list and year, from the table `reconciliation`."""
    both = pl.col("in_decp") & pl.col("in_list")
    only_list = pl.col("in_list") & ~pl.col("in_decp")
    by_number = both & pl.col("regle").str.starts_with("numero")
    amount = pl.col("montant_max_liste")
    counted = (
        rows.drop_nulls("annee")
        .group_by("liste", "annee")
        .agg(
            contrats_liste=_count(pl.col("in_list")),
            contrats_decp=_count(pl.col("in_decp")),
            des_deux_cotes=_count(both),
            decp_seulement=_count(pl.col("in_decp") & ~pl.col("in_list")),
            liste_seulement=_count(only_list),
            liste_sans_numero_dans_decp=_count(pl.col("in_list") & ~by_number.fill_null(False)),
            apparies_par_numero=_count(by_number),
            apparies_par_faits=_count(both & ~by_number),
            ambigus=_count(pl.col("candidats") > 0),
            annee_couverte=pl.col("annee_couverte").all(),
            montant_liste=_euros(amount, pl.col("in_list")),
            montant_liste_seulement=_euros(amount, only_list),
            montants_egaux=_count(both & pl.col("montant_accord")),
            montants_glisses=_count(both & pl.col("montant_glissement").is_not_null()),
            montants_provisoires=_count(both & (pl.col("montant_position") == "provisoire")),
            dates_egales=_count(both & pl.col("date_accord")),
            titulaires_egaux=_count(both & pl.col("titulaire_accord")),
            titulaires_juges=_count(both & pl.col("titulaire_accord").is_not_null()),
            objets_semblables=_count(both & pl.col("objet_accord")),
        )
    )
    shares = {
        "part_liste_absente": ("liste_seulement", "contrats_liste"),
        "part_montants_egaux": ("montants_egaux", "des_deux_cotes"),
        "part_dates_egales": ("dates_egales", "des_deux_cotes"),
        "part_titulaires_egaux": ("titulaires_egaux", "des_deux_cotes"),
    }
    return counted.with_columns(**{n: _share(a, b) for n, (a, b) in shares.items()}).sort("liste", "annee")


def _count(condition: pl.Expr) -> pl.Expr:
    return condition.fill_null(False).sum().cast(pl.Int64)


def _euros(amount: pl.Expr, condition: pl.Expr) -> pl.Expr:
    """A sum in euros, made on cents."""
    cents = pl.when(condition).then((amount * 100).round().cast(pl.Int64, strict=False))
    return cents.sum() / 100.0


def _share(part: str, whole: str) -> pl.Expr:
    return pl.when(pl.col(whole) > 0).then((pl.col(part) / pl.col(whole)).round(4))


def totals(years: pl.DataFrame, first: int, last: int) -> dict[str, float]:
    """The sums and shares of `reconciliation_annees` over some years (every list together), for a report's headline."""
    part = years.filter(pl.col("annee").is_between(first, last))
    names = [n for n, t in part.schema.items() if t == pl.Int64 and n != "annee"]
    sums: dict[str, float] = {n: int(part[n].sum()) for n in names}
    both, listed = sums["des_deux_cotes"], sums["contrats_liste"]
    sums["part_liste_absente"] = sums["liste_seulement"] / listed if listed else 0.0
    for name in ("montants_egaux", "dates_egales", "titulaires_egaux"):
        sums[f"part_{name}"] = sums[name] / both if both else 0.0
    return sums


def by_month(contracts: pl.DataFrame, rows: pl.DataFrame, data_date: date | None) -> pl.DataFrame:
    """`reconciliation_mois`: contracts notified by month on each side, every month from the first year that DECP covers
    to the last complete month before `data_date`; `contrats_mediane` is a usual month (median of those not empty)."""
    days = contracts["dateNotification"].drop_nulls()
    years = covered_years(days.dt.year().cast(pl.Int64))
    schema = {
        "mois": pl.String, "annee": pl.Int64, "contrats_decp": pl.Int64, "contrats_liste": pl.Int64,
        "contrats_mediane": pl.Float64,
    }  # fmt: skip
    if years is None:
        return pl.DataFrame(schema=schema)
    last = date(years[1], 12, 1) if data_date is None else date(data_date.year, data_date.month, 1)
    end = min(last, date(years[1] + 1, 1, 1))
    months = pl.date_range(date(years[0], 1, 1), end, "1mo", closed="left", eager=True).alias("jour").to_frame()
    counted = months
    for name, series in (("contrats_decp", days), ("contrats_liste", rows["date"].drop_nulls())):
        found = series.to_frame("jour").group_by(pl.col("jour").dt.truncate("1mo")).len(name)
        counted = counted.join(found, on="jour", how="left")
    full = counted.with_columns(pl.col("contrats_decp", "contrats_liste").fill_null(0).cast(pl.Int64))
    usual = full.filter(pl.col("contrats_decp") > 0)["contrats_decp"].median()
    return full.select(
        mois=pl.col("jour").dt.strftime("%Y-%m"),
        annee=pl.col("jour").dt.year().cast(pl.Int64),
        contrats_decp="contrats_decp",
        contrats_liste="contrats_liste",
        contrats_mediane=pl.lit(usual, pl.Float64),
    ).sort("mois")
