"""Matching of DECP contracts with the rows of a list: by number, then by facts, one to one.

The rules are tried in order, each on what those before left. A rule's candidates are pairs; a pair is accepted where
each is the other's best candidate and nothing ties with it. What has candidates and no accepted pair is ambiguous: it
stays unmatched, and says so. Nothing depends on the order of rows. Measured in docs/decisions.md, "Reconciliation".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from procurement_assets.quality.reconciliation.compare import same_amount
from procurement_assets.quality.reconciliation.lists import fold_expr

WEIGHTS = {"numero": 5.0, "titulaire": 2.0, "montant": 2.0, "date": 1.5, "objet": 1.5}
"""What each agreement weighs in the score."""

PAIR = ("uid", "liste", "ligne")


@dataclass(frozen=True)
class MatchRule:
    """One way to tell that a contract and a row of a list are the same."""

    id: str
    title: str
    """French: what it asks for."""
    candidates: Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame]
    """Contracts and rows, both prepared, to pairs (`PAIR`) that may be."""
    keeps: pl.Expr
    """Which of the pairs, once their facts are known."""
    by_number: bool = False


@dataclass(frozen=True, eq=False)
class Matches:
    """What was matched, and what was not because it was ambiguous."""

    pairs: pl.DataFrame
    """uid, liste, ligne, regle, score and the facts."""
    ambiguous: pl.DataFrame
    """uid, liste, ligne, regle: candidates of which none is accepted."""


def prepare_contracts(contracts: pl.DataFrame, holders: pl.DataFrame) -> pl.DataFrame:
    """uid, numero, annee, date, montant, objet (folded), mots, sirets, sirens: one row per contract.

    `holders`: the table `contract_titulaires`; those of the award count, as published and as repaired.
    """
    award = holders.filter(pl.col("version") == 0)
    ids = award.select("uid", siret=pl.col("titulaire_id")).vstack(
        award.select("uid", siret=pl.col("titulaire_id_publie"))
    )
    known = ids.drop_nulls("siret").with_columns(pl.col("siret").str.replace_all(r"\s", ""))
    sirens = known.select("uid", siren=pl.col("siret").str.slice(0, 9)).vstack(
        award.select("uid", siren=pl.col("titulaire_siren")).drop_nulls("siren")
    )
    by_uid = (
        known.group_by("uid")
        .agg(sirets=pl.col("siret").unique().sort())
        .join(
            sirens.filter(pl.col("siren").str.contains(r"^\d{9}$"))
            .group_by("uid")
            .agg(sirens=pl.col("siren").unique().sort()),
            on="uid",
            how="full",
            coalesce=True,
        )
    )
    return (
        contracts.select(
            "uid",
            numero=pl.col("id").str.replace_all(r"\s", "").str.to_uppercase(),
            annee=pl.col("dateNotification").dt.year().cast(pl.Int64),
            date="dateNotification",
            montant="montant",
            objet=_folded("objet"),
        )
        .join(by_uid, on="uid", how="left")
        .with_columns(pl.col("sirets", "sirens").fill_null([]), mots=_words("objet"), lot=_lot("objet"))
    )


def prepare_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of `lists.LIST_SCHEMA` with their SIREN and the words of their title."""
    return rows.with_columns(objet=_folded("objet"), siren=pl.col("titulaire").str.slice(0, 9)).with_columns(
        mots=_words("objet"), lot=_lot("objet")
    )


def _folded(name: str) -> pl.Expr:
    return fold_expr(pl.col(name))


def _words(name: str) -> pl.Expr:
    """The words of three letters or more."""
    words = pl.col(name).fill_null("").str.split(" ")
    return words.list.eval(pl.element().filter(pl.element().str.len_chars() >= 3)).list.unique()


_LOT = r"\b(?:(?:lot|lots|lt)s?(?: n| no| numero)? ?|l)0*(\d{1,3})\b"


def _lot(name: str) -> pl.Expr:
    """The number of the lot that a folded title names (`lot 2`, `lot n°02`, `LT3`, `L2`); empty without one."""
    return pl.col(name).str.extract(_LOT)


def with_facts(pairs: pl.DataFrame, contracts: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """The pairs with what can be compared: `titulaire`, `montant`, `date`, `objet` (true, false, or empty where one of
    the two says nothing), `jours` (list − DECP, days), `rapport` (DECP ÷ list maximum), `similarite` (0 to 1)."""
    left = contracts.rename({n: f"{n}_decp" for n in contracts.columns if n != "uid"})
    joined = pairs.join(left, on="uid", how="left").join(rows, on=["liste", "ligne"], how="left", suffix="_liste")
    common = pl.col("mots_decp").list.set_intersection("mots").list.len()
    # The list abbreviates and cuts: what counts is how many words of the shorter title the longer one has.
    shorter = pl.min_horizontal(pl.col("mots_decp").list.len(), pl.col("mots").list.len()).clip(1)
    both_named = (pl.col("objet_decp").fill_null("") != "") & (pl.col("objet").fill_null("") != "")
    same = (
        pl.when(pl.col("titulaire").str.len_chars() == 14)
        .then(pl.col("sirets_decp").list.contains(pl.col("titulaire")))
        .otherwise(pl.col("sirens_decp").list.contains(pl.col("siren")))
    )
    return joined.select(
        *pairs.columns,
        titulaire_f=pl.when(pl.col("titulaire").is_not_null() & (pl.col("sirets_decp").list.len() > 0)).then(same),
        siren_f=pl.when(pl.col("siren").is_not_null() & (pl.col("sirens_decp").list.len() > 0)).then(
            pl.col("sirens_decp").list.contains(pl.col("siren"))
        ),
        montant_f=same_amount(pl.col("montant_decp"), pl.col("montant_max")),
        rapport=pl.when(pl.col("montant_max") > 0).then(pl.col("montant_decp") / pl.col("montant_max")),
        jours=(pl.col("date") - pl.col("date_decp")).dt.total_days(),
        similarite=pl.when(both_named).then(
            pl.when(pl.col("objet_decp") == pl.col("objet")).then(1.0).otherwise((common / shorter).round(4))
        ),
        lot_f=pl.col("lot_decp") == pl.col("lot"),
    ).with_columns(
        date_f=pl.col("jours") == 0,
        # Two lots of one purchase have the same title but for their number.
        objet_f=(pl.col("similarite") >= SIMILAR) & pl.col("lot_f").fill_null(True),
    )


SIMILAR = 0.5
"""Share of the words of the shorter title, found in the other, from which two titles are taken to say the same: 99.6 %
of the City's pairs of 2019-2022, 7.4 % of two contracts of one holder, 0.2 % of any two."""


def _score(by_number: bool) -> pl.Expr:
    """Weighted share of what agrees among what can be compared, from 0 to 1."""
    facts = {
        "titulaire": pl.col("siren_f").cast(pl.Float64),
        "montant": pl.col("montant_f").cast(pl.Float64),
        "date": pl.when(pl.col("date_f")).then(1.0).otherwise(1 - pl.col("jours").abs().clip(0, 62) / 62),
        "objet": pl.col("similarite"),
    }
    if by_number:
        facts["numero"] = pl.lit(1.0)
    agreed = pl.sum_horizontal(*[(v * WEIGHTS[n]).fill_null(0.0) for n, v in facts.items()])
    judged = pl.sum_horizontal(*[v.is_not_null() * WEIGHTS[n] for n, v in facts.items()])
    return (agreed / judged).round(4)


def _same_number(contracts: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    return rows.drop_nulls("numero").join(contracts.select("uid", "numero"), on="numero").select(PAIR)


def _number_after_year(contracts: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """The list writes the year before the number that DECP publishes (`20242024T05699`): research/decp.md §1.9."""
    year = pl.col("numero").str.extract(r"^((?:19|20)\d\d)").cast(pl.Int64)
    short = rows.drop_nulls("numero").select("liste", "ligne", an=year, numero=pl.col("numero").str.slice(4))
    usable = short.filter(pl.col("an").is_not_null() & (pl.col("numero").str.len_chars() >= LONG_ENOUGH))
    joined = usable.join(contracts.select("uid", "numero", "annee"), on="numero")
    return joined.filter((pl.col("an") - pl.col("annee")).abs().fill_null(0) <= 1).select(PAIR)


LONG_ENOUGH = 6
"""A number shorter than this proves nothing by itself: counters are reused (research/data.md §3)."""


def _same_holder(contracts: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    by_siren = contracts.select("uid", "date", siren="sirens").explode("siren").drop_nulls("siren")
    joined = rows.drop_nulls("siren").select("liste", "ligne", "siren", on="date").join(by_siren, on="siren")
    near = (pl.col("on") - pl.col("date")).dt.total_days().abs().fill_null(0) <= DAYS
    return joined.filter(near).select(PAIR).unique()


DAYS = 62
"""Two months: further apart, the same holder has another contract."""


def _same_day_and_amount(contracts: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    known = rows.drop_nulls(["date", "montant_max"]).select("liste", "ligne", "date", cents=_cents("montant_max"))
    mine = contracts.drop_nulls(["date", "montant"]).select("uid", "date", cents=_cents("montant"))
    return known.join(mine, on=["date", "cents"]).select(PAIR)


def _cents(name: str) -> pl.Expr:
    return (pl.col(name) * 100).round().cast(pl.Int64, strict=False)


RULES: tuple[MatchRule, ...] = (
    MatchRule("numero.egal", "Même numéro.", _same_number, pl.lit(True), by_number=True),
    MatchRule(
        "numero.annee", "Même numéro, l'année en plus dans la liste.", _number_after_year, pl.lit(True), by_number=True
    ),
    MatchRule(
        "faits.tous",
        "Même titulaire, même date, même montant, objets semblables.",
        _same_holder,
        pl.col("siren_f") & pl.col("date_f") & pl.col("montant_f") & pl.col("objet_f"),
    ),
    MatchRule(
        "faits.titulaire-objet",
        "Même titulaire, objets semblables, deux mois d'écart au plus, et même date ou montant à 15 % près.",
        _same_holder,
        pl.col("siren_f") & pl.col("objet_f") & (pl.col("date_f") | pl.col("rapport").is_between(0.85, 1.15)),
    ),
    MatchRule(
        "faits.titulaire-montant",
        "Même titulaire, même date, même montant, pas un autre lot.",
        _same_holder,
        pl.col("siren_f") & pl.col("date_f") & pl.col("montant_f") & pl.col("lot_f").fill_null(True),
    ),
    MatchRule(
        "faits.date-montant-objet",
        "Même date, même montant, objets semblables ; le titulaire n'est pas contredit.",
        _same_day_and_amount,
        pl.col("date_f") & pl.col("montant_f") & pl.col("objet_f") & pl.col("siren_f").fill_null(True),
    ),
)
"""In the order they are tried."""


def match(contracts: pl.DataFrame, rows: pl.DataFrame, rules: tuple[MatchRule, ...] = RULES) -> Matches:
    """Contracts (`prepare_contracts`) and rows (`prepare_rows`) matched one to one, list by list."""
    found: list[pl.DataFrame] = []
    doubtful: list[pl.DataFrame] = []
    for name in sorted(rows["liste"].unique()):
        left, right = contracts, rows.filter(pl.col("liste") == name)
        for rule in rules:
            accepted, unsure = _one_rule(rule, left, right)
            found.append(accepted)
            doubtful.append(unsure)
            left = left.join(accepted, on="uid", how="anti")
            right = right.join(accepted, on=["liste", "ligne"], how="anti")
        unmatched = (
            pl.concat(doubtful[-len(rules) :])
            .join(left, on="uid", how="semi")
            .join(right, on=["liste", "ligne"], how="semi")
        )
        doubtful[-len(rules) :] = [unmatched]
    if not found:
        nothing = _one_rule(rules[0], contracts, rows)
        return Matches(*nothing)
    return Matches(
        pl.concat(found).sort(PAIR), pl.concat(doubtful).unique(PAIR, keep="first", maintain_order=True).sort(PAIR)
    )


def _one_rule(rule: MatchRule, contracts: pl.DataFrame, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The accepted pairs of a rule, and the candidates left without a partner."""
    pairs = with_facts(rule.candidates(contracts, rows), contracts, rows).filter(rule.keeps)
    if rule.by_number:
        pairs = pairs.join(contracts.select("uid", "numero"), on="uid", how="left")
        agrees = pl.any_horizontal("siren_f", "montant_f", "date_f", "objet_f").fill_null(False)
        pairs = pairs.filter((pl.col("numero").str.len_chars() >= LONG_ENOUGH) | agrees).drop("numero")
    scored = pairs.with_columns(regle=pl.lit(rule.id), score=_score(rule.by_number))
    best = scored.filter(
        *[
            (pl.col("score") == pl.col("score").max().over(side))
            & ((pl.col("score") == pl.col("score").max().over(side)).sum().over(side) == 1)
            for side in ("uid", ("liste", "ligne"))
        ]
    )
    left = scored.join(best, on="uid", how="anti").join(best, on=["liste", "ligne"], how="anti")
    return best, left.select(*PAIR, "regle")
