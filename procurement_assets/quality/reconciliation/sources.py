"""The DECP sources beside each other: which contracts they share, and what they say otherwise of the same one."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb
import polars as pl
import pyarrow as pa

from procurement_assets.quality.reconciliation.compare import same_amount, slip
from procurement_assets.quality.reconciliation.lists import fold_expr

PLACE = ("source", "file_sha256", "position")
FIELDS = ("montant", "date", "titulaire", "objet")
OBJET_COMPARED = 60
"""Characters of the folded title: the State's consolidation of 2019 cuts there."""


def overlap(contracts: Iterable[pl.DataFrame], rows: pl.DataFrame) -> pl.DataFrame:
    """`reconciliation_sources`: for each pair of sources, the contracts both hold. On the diagonal, what one holds.

    `contracts`: tables with `uid` and `sources`; `rows`: the table `reconciliation`, whose lists count as sources.
    """
    held = pl.concat([c.select("uid", source="sources").explode("source") for c in contracts])
    listed = rows.filter(pl.col("in_list")).select(pl.col("cle").alias("uid"), pl.col("liste").alias("source"))
    everywhere = pl.concat([held, listed]).drop_nulls().unique()
    totals = everywhere.group_by("source").len("contrats_a")
    pairs = everywhere.join(everywhere, on="uid", suffix="_b").group_by("source", "source_b").len("communs")
    names = totals.select("source").sort("source")
    return (
        names.join(names.rename({"source": "source_b"}), how="cross")
        .join(pairs, on=["source", "source_b"], how="left")
        .join(totals, on="source")
        .select(
            source_a="source",
            source_b="source_b",
            contrats_communs=pl.col("communs").fill_null(0).cast(pl.Int64),
            contrats_a=pl.col("contrats_a").cast(pl.Int64),
            part_de_a=(pl.col("communs").fill_null(0) / pl.col("contrats_a")).round(4),
        )
        .sort("source_a", "source_b")
    )


def in_several_sources(ledger: pl.DataFrame) -> pl.DataFrame:
    """The places (with `uid`, `outcome`) of the records of contracts that more than one source holds."""
    held = ledger.filter(pl.col("outcome").is_in(["kept", "merged", "superseded"]) & pl.col("uid").is_not_null())
    return held.filter(pl.col("source").n_unique().over("uid") > 1).select(*PLACE, "uid", "outcome")


def records_at(places: pl.DataFrame, batches: Iterable[pa.RecordBatch]) -> pl.DataFrame:
    """The records (JSON) at these places, read batch by batch from `decp_records` (`PLACE` and `record`)."""
    found = [places.clear().with_columns(record=pl.lit(None, pl.String)).select(*PLACE, "uid", "outcome", "record")]
    for batch in batches:
        part = pl.DataFrame(pl.from_arrow(batch)).join(places, on=list(PLACE))
        found.append(part.select(found[0].columns))
    return pl.concat(found)


def disagreements(records: pl.DataFrame) -> pl.DataFrame:
    """One row per contract, pair of sources and field said otherwise: the kept record against each other source's.

    Columns of `reconciliation_champs`. Values as published. Of several records of a source, the last by file and place
    stands for it.
    """
    said = _said(records).sort("uid", *PLACE).unique(["uid", "source"], keep="last", maintain_order=True)
    kept = _said(records.filter(pl.col("outcome") == "kept")).unique("uid", keep="first", maintain_order=True)
    pairs = kept.join(said, on="uid", suffix="_b").filter(pl.col("source") != pl.col("source_b"))
    differs = {
        "montant": ~same_amount(pl.col("montant"), pl.col("montant_b")),
        "date": pl.col("date") != pl.col("date_b"),
        "titulaire": pl.col("titulaire") != pl.col("titulaire_b"),
        "objet": _title("objet") != _title("objet_b"),
    }
    ratio = pl.when(pl.col("montant_b") > 0).then((pl.col("montant") / pl.col("montant_b")).round(6))
    parts = [
        pairs.filter(differs[field]).select(
            cle=pl.col("uid"),
            uid="uid",
            source_a="source",
            source_b="source_b",
            champ=pl.lit(field),
            valeur_a=pl.col(field).cast(pl.String),
            valeur_b=pl.col(f"{field}_b").cast(pl.String),
            rapport=ratio if field == "montant" else pl.lit(None, pl.Float64),
            glissement=slip(ratio) if field == "montant" else pl.lit(None, pl.String),
        )
        for field in FIELDS
    ]
    return pl.concat(parts)


def _title(name: str) -> pl.Expr:
    return fold_expr(pl.col(name)).str.slice(0, OBJET_COMPARED).str.strip_chars()


def _said(records: pl.DataFrame) -> pl.DataFrame:
    """Amount, date, holders and title of each record, by DuckDB on its JSON."""
    places = ", ".join(PLACE)
    query = f"""
        SELECT {places}, uid,
          try_cast(coalesce(record ->> '$.montant', record ->> '$.valeurGlobale') AS DOUBLE) AS montant,
          try_cast(left(coalesce(record ->> '$.dateNotification', record ->> '$.dateSignature',
            record ->> '$.dateDebutExecution'), 10) AS DATE) AS date,
          array_to_string(list_sort(list_distinct(coalesce(
            record ->> '$.titulaires[*].id', record ->> '$.concessionnaires[*].id', []))), ' | ') AS titulaire,
          record ->> '$.objet' AS objet
        FROM records ORDER BY {places}"""
    with duckdb.connect(":memory:") as link:
        link.register("records", records.to_arrow())
        return pl.DataFrame(pl.from_arrow(link.sql(query).to_arrow_table()))


def list_disagreements(rows: pl.DataFrame) -> pl.DataFrame:
    """The same, between DECP and a list: from the table `reconciliation`, whose DECP source is `source_a`."""
    both = rows.filter(pl.col("in_decp") & pl.col("in_list"))
    values = {
        "montant": (pl.col("montant").cast(pl.String), pl.col("montant_max_liste").cast(pl.String)),
        "date": (pl.col("dateNotification").cast(pl.String), pl.col("date_liste").cast(pl.String)),
        "titulaire": (pl.col("titulaires").list.join(" | "), pl.col("titulaire_liste")),
        "objet": (pl.col("objet"), pl.col("objet_liste")),
    }
    parts = [
        both.filter(pl.col("ecarts").list.contains(field)).select(
            cle=pl.col("cle"),
            uid="uid",
            source_a="source",
            source_b="liste",
            champ=pl.lit(field),
            valeur_a=a,
            valeur_b=b,
            rapport=pl.col("montant_rapport") if field == "montant" else pl.lit(None, pl.Float64),
            glissement=pl.col("montant_glissement") if field == "montant" else pl.lit(None, pl.String),
        )
        for field, (a, b) in values.items()
    ]
    return pl.concat(parts)
