"""The table `reconciliation`: one row per contract of either side of each list, with what disagrees."""

from __future__ import annotations

import polars as pl

from procurement_assets.quality.reconciliation import compare
from procurement_assets.quality.reconciliation.pairing import PAIR, Matches

ENOUGH = 0.05
"""A year is covered where it has this share of the contracts of a median year: a handful of strays is not coverage."""


def covered_years(years: pl.Series) -> tuple[int, int] | None:
    """The first and last years that one side covers; a year missing between them is a hole, not an end."""
    counts = years.drop_nulls().value_counts(name="n").filter(pl.col("n") >= 1)
    if counts.is_empty():
        return None
    usual = float(counts["n"].median() or 0)  # type: ignore[arg-type]
    enough = counts.filter(pl.col("n") >= ENOUGH * usual)[counts.columns[0]]
    return int(enough.min()), int(enough.max())  # type: ignore[arg-type]


def reconcile(contracts: pl.DataFrame, holders: pl.DataFrame, rows: pl.DataFrame, matches: Matches) -> pl.DataFrame:
    """One row per contract and list (all of `contracts` beside each list), and per row of a list without a contract.

    `contracts`, `holders`: the tables; `rows`: `lists.LIST_SCHEMA`.
    """
    award = holders.filter(pl.col("version") == 0).sort("uid", "rang")
    names = award.group_by("uid", maintain_order=True).agg(titulaires=pl.col("titulaire_id").drop_nulls())
    mine = contracts.select(
        "uid", "objet", "dateNotification", "montant", "montant_suspect", "sources", source_decp="source"
    ).join(names, on="uid", how="left")
    theirs = rows.select(
        "liste",
        "ligne",
        numero_marche="numero",
        annee_liste="annee",
        objet_liste="objet",
        titulaire_liste="titulaire",
        titulaire_liste_nom="titulaire_nom",
        plusieurs_liste="plusieurs",
        montant_min_liste="montant_min",
        montant_max_liste="montant_max",
        date_liste="date",
        perimetre_liste="perimetre",
    )
    facts = matches.pairs.rename({"similarite": "objet_similarite"}).drop("rapport", "jours", "lot_f")
    parts = [_one_list(name, mine, theirs.filter(pl.col("liste") == name), facts) for name in _lists(rows)]
    joined = pl.concat(parts)
    return _with_source(_judged(_with_candidates(joined, matches.ambiguous)))


def _lists(rows: pl.DataFrame) -> list[str]:
    return sorted(rows["liste"].unique())


def _one_list(name: str, mine: pl.DataFrame, theirs: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    pairs = facts.filter(pl.col("liste") == name)
    left = mine.with_columns(liste=pl.lit(name)).join(pairs, on=["uid", "liste"], how="left")
    joined = left.join(theirs, on=["liste", "ligne"], how="full", coalesce=True).with_columns(
        annee=pl.coalesce("annee_liste", pl.col("dateNotification").dt.year().cast(pl.Int64)),
        in_decp=pl.col("uid").is_not_null(),
        in_list=pl.col("ligne").is_not_null(),
    )
    decp = _within(covered_years(mine["dateNotification"].dt.year().cast(pl.Int64)))
    listed = _within(covered_years(theirs["annee_liste"]))
    both = pl.col("in_decp") & pl.col("in_list")
    # A pair out of the years of one side is not beside the absent ones of that year: no share counts it.
    covered = pl.when(both).then(decp & listed).when("in_decp").then(listed).otherwise(decp)
    return joined.with_columns(
        annee_couverte=covered.fill_null(False),
        etat=pl.when(both)
        .then(pl.lit("des deux côtés"))
        .when(pl.col("in_decp"))
        .then(pl.lit("DECP seulement"))
        .otherwise(pl.lit("liste seulement")),
        cle=_key(),
    )


def _within(years: tuple[int, int] | None) -> pl.Expr:
    return pl.lit(False) if years is None else pl.col("annee").is_between(*years)


def _key() -> pl.Expr:
    """What names the row: the uid, else the number, else what the list says; a repetition gets its rank."""
    told = pl.concat_str(
        pl.lit("sans numéro"),
        pl.col("date_liste").cast(pl.String).fill_null(""),
        pl.col("montant_max_liste").cast(pl.String).fill_null(""),
        pl.col("titulaire_liste").fill_null(""),
        pl.col("objet_liste").fill_null("").str.slice(0, 60),
        separator=" / ",
    )
    key = pl.coalesce("uid", "numero_marche", told)
    rank = pl.col("ligne").rank("ordinal").over(key)
    return pl.when(pl.col("uid").is_null() & (rank > 1)).then(pl.format("{} ({})", key, rank)).otherwise(key)


def _with_candidates(joined: pl.DataFrame, ambiguous: pl.DataFrame) -> pl.DataFrame:
    """How many candidates a row has of which none could be chosen."""
    by_uid = ambiguous.group_by("uid", "liste").len("_par_uid")
    by_row = ambiguous.group_by("liste", "ligne").len("_par_ligne")
    found = joined.join(by_uid, on=["uid", "liste"], how="left").join(by_row, on=["liste", "ligne"], how="left")
    unmatched = pl.col("regle").is_null()
    count = pl.coalesce("_par_uid", "_par_ligne").fill_null(0).cast(pl.Int64)
    return found.with_columns(candidats=pl.when(unmatched).then(count).otherwise(0)).drop("_par_uid", "_par_ligne")


def _judged(joined: pl.DataFrame) -> pl.DataFrame:
    high = pl.col("montant_max_liste")
    with_amounts = joined.with_columns(
        montant_rapport=pl.when((high > 0) & pl.col("montant").is_not_null()).then((pl.col("montant") / high).round(6)),
        montant_ecart=(pl.col("montant") - high).round(2),
        montant_position=compare.position("montant", "montant_min_liste", "montant_max_liste"),
        jours_ecart=(pl.col("date_liste") - pl.col("dateNotification")).dt.total_days(),
    )
    placeholder = (pl.col("montant_position") == "provisoire").fill_null(False)
    return with_amounts.rename(
        {"montant_f": "montant_accord", "date_f": "date_accord", "titulaire_f": "titulaire_accord",
         "siren_f": "entreprise_accord", "objet_f": "objet_accord"}
    ).with_columns(
        montant_glissement=pl.when(~placeholder).then(compare.slip(pl.col("montant_rapport"))),
        ecarts=compare.disagreements(
            {
                "montant": pl.col("montant_accord"),
                "date": pl.col("date_accord"),
                "titulaire": pl.col("titulaire_accord"),
                "objet": pl.col("objet_accord"),
            }
        ),
        titulaires=pl.col("titulaires").fill_null([]),
        sources=pl.col("sources").fill_null([]),
    )  # fmt: skip


def _with_source(joined: pl.DataFrame) -> pl.DataFrame:
    """Who answers for the row: the source of the contract; the list for a contract that it lacks; for one that DECP
    lacks, the DECP source that has the most contracts of its year, else of the nearest year."""
    usual = (
        joined.filter(pl.col("in_decp"))
        .with_columns(pl.col("dateNotification").dt.year().cast(pl.Int64).alias("an"))
        .drop_nulls("an")
        .group_by("an", "source_decp")
        .len()
        .sort(["an", "len", "source_decp"], descending=[False, True, False])
        .unique("an", keep="first", maintain_order=True)
        .select("an", responsable="source_decp")
        .sort("an")
    )
    found = joined.sort("annee", *PAIR).join_asof(
        usual, left_on="annee", right_on="an", strategy="nearest", check_sortedness=False
    )
    return found.with_columns(
        source=pl.when(pl.col("in_decp") & ~pl.col("in_list"))
        .then("liste")
        .otherwise(pl.coalesce("source_decp", "responsable"))
    )
