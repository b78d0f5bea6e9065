"""Computed columns on what was published, before cleaning: read in `repairs`, where each change keeps its original.

A value that cleaning put right stays wrong at its source: rules judge it as it was published.
"""

from __future__ import annotations

import json

import polars as pl

from procurement_assets.decp.cpv import cpv_key
from procurement_assets.quality.derived_base import BUYERS, Derived, Related

_PLACE = ["source", "file_sha256", "position"]
_NEEDS = ("repairs", "ledger")


def _kept(related: Related) -> pl.DataFrame:
    """The repairs of the records that the tables hold; those of a losing record are its own."""
    kept = related["ledger"].filter(pl.col("outcome") == "kept").select(*_PLACE, "uid").unique(_PLACE)
    return related["repairs"].select(*_PLACE, "path", "rule", "original").join(kept, on=_PLACE, how="inner")


def _originals(related: Related, path: str) -> dict[str, str]:
    """uid to the value published under `path`, where a rule changed it."""
    found = _kept(related).filter(pl.col("path") == path).sort("uid", "rule")
    values = zip(found["uid"], found["original"], strict=True)
    read = {uid: json.loads(original) for uid, original in values if original is not None}
    return {uid: str(value) for uid, value in read.items() if value is not None}


def published(name: str, path: str) -> Derived:
    """A column of the table as it was published."""

    def across(frame: pl.DataFrame, related: Related) -> pl.Series:
        before = _originals(related, path)
        return pl.Series([before.get(u, v) for u, v in frame.select("uid", name).iter_rows()], dtype=pl.String)

    return Derived(
        name=f"{name}_publie",
        type="string",
        title="Valeur publiée",
        description=f"{name} tel que publié, avant nettoyage.",
        tables=BUYERS,
        across=across,
        needs=_NEEDS,
    )


def _length(frame: pl.DataFrame, related: Related) -> pl.Series:
    before = _originals(related, "objet")
    values = [before.get(u, v) for u, v in frame.select("uid", "objet").iter_rows()]
    return pl.Series([None if v is None else len(v) for v in values], dtype=pl.Int64)


def _rules(frame: pl.DataFrame, related: Related) -> pl.Series:
    """The cleaning rules that changed something in the record and where, in order; an empty list where none did."""
    said = _kept(related).with_columns((pl.col("rule") + " " + pl.col("path")).alias("rule"))
    by_uid = said.group_by("uid").agg(pl.col("rule").unique().sort())
    joined = frame.select("uid").join(by_uid, on="uid", how="left", maintain_order="left")
    return joined.select(pl.col("rule").fill_null(pl.lit([], dtype=pl.List(pl.String)))).to_series()


def _not_communicated(frame: pl.DataFrame, related: Related) -> pl.Series:
    marks = _kept(related).filter(pl.col("rule") == "null.nc")
    by_uid = marks.group_by("uid").agg(pl.col("path").unique().sort())
    joined = frame.select("uid").join(by_uid, on="uid", how="left", maintain_order="left")
    return joined.select(pl.col("path").fill_null(pl.lit([], dtype=pl.List(pl.String)))).to_series()


def _key_is_right(frame: pl.DataFrame, related: Related) -> pl.Series:
    code = published("codeCPV", "codeCPV").across
    values: list[str | None] = code(frame, related).to_list() if code else []
    return pl.Series([_judge_key(v) for v in values], dtype=pl.Boolean)


def _judge_key(value: str | None) -> bool | None:
    """None where the code has no key, or is not eight digits."""
    code, separator, key = (value or "").replace(" ", "").partition("-")
    if not separator or len(code) != 8 or not (code.isascii() and code.isdigit()):
        return None
    return key == cpv_key(code)


DERIVED_PUBLISHED: tuple[Derived, ...] = (
    published("codeCPV", "codeCPV"),
    Derived(
        name="cpv_cle_juste",
        type="boolean",
        title="Clé du CPV juste",
        description="Vrai si la clé publiée du code CPV est la sienne ; vide si aucune clé n'est publiée.",
        tables=BUYERS,
        across=_key_is_right,
        needs=_NEEDS,
    ),
    Derived(
        name="objet_longueur_publiee",
        type="integer",
        title="Longueur publiée de l'objet",
        description="Nombre de caractères de l'objet tel que publié, espaces répétés compris.",
        tables=BUYERS,
        across=_length,
        needs=_NEEDS,
    ),
    Derived(
        name="regles_appliquees",
        type="list",
        title="Règles de nettoyage appliquées",
        description="Règles de nettoyage qui ont changé une valeur de l'enregistrement, et le champ (table repairs) : "
        "« text.space objet », « null.nc offresRecues »…",
        tables=BUYERS,
        across=_rules,
        needs=_NEEDS,
    ),
    Derived(
        name="champs_non_communiques",
        type="list",
        title="Champs non communiqués",
        description="Champs où « NC », « INX » ou une autre marque tient lieu de valeur.",
        tables=BUYERS,
        across=_not_communicated,
        needs=_NEEDS,
    ),
)
