"""The expressions of the rules of the other tables in Polars."""

from __future__ import annotations

import re
from typing import Any

import polars as pl
from polars import col

from procurement_assets.decp import codelists
from procurement_assets_tests.quality.counts.helpers import (
    MONTHS,
    SAME_ID,
    alone,
    epure,
    python,
    repeated,
    siret,
    within,
)
from procurement_assets_tests.quality.support import DATA_DATE

AWARD = {f"{n}_attribution": col(n).sort_by("version").first().over("uid") for n in ("montant", "date")}
"""The computed columns of versions, a second time."""
_CENTS, _AWARD_CENTS = ((col(n) * 100).round().cast(pl.Int64) for n in ("montant", "montant_attribution"))

_VERSION_EXPRESSIONS = {
    "002": col("version") == col("version").rank("ordinal").over("uid") - 1,
    "301": ~col("anterieure_au_contrat"),
    "303": col("date_publication") <= col("date").dt.offset_by(MONTHS),
    "304": col("date_publication") >= col("date"),
    "305": col("date") <= DATA_DATE,
    "402": (_CENTS < 10 * _AWARD_CENTS) & (_CENTS * 10 > _AWARD_CENTS),
    "801": col("modifie").list.len() > 0,
    "307": col("date")
    <= col("date_attribution")
    .dt.offset_by(pl.concat_str(col("dureeMois").clip(0, 1200).cast(pl.String), pl.lit("mo")))
    .dt.offset_by("6mo"),
    "403": _CENTS * 2 <= _AWARD_CENTS * 3,
    "404": _CENTS * 2 >= _AWARD_CENTS,
    "802": pl.when((col("version") > 0) & col("date").is_not_null()).then(
        pl.len().over("uid", "date", col("version") > 0) == 1
    ),
    "803": pl.when(col("version") > 1).then(
        col("modification_id") > col("modification_id").shift().over("uid", order_by="version")
    ),
}

_FORMS = {
    "TVA": r"^(?!FR)[A-Z]{2}[A-Z0-9]{2,13}$|^FR..[0-9]{9}$",
    "HORS-UE": r"^[A-Z]{2}[A-Z0-9]{1,16}$",
    "X": None,
}


def _form(value: dict[str, Any]) -> bool | None:
    pattern = _FORMS.get(value["titulaire_typeIdentifiant"])
    text = epure(value["titulaire_id_publie"] or "")
    return bool(re.match(pattern, text)) if pattern and text else None


_HOLDER_EXPRESSIONS = {
    "203": siret("titulaire_id_publie"),
    "206": (pl.len().over("uid", "version", "titulaire_typeIdentifiant", "titulaire_id") == 1)
    | col("titulaire_id").is_null(),
    "204": pl.struct("titulaire_typeIdentifiant", "titulaire_id_publie").map_elements(_form, return_dtype=pl.Boolean),
}

EXPRESSIONS: dict[str, pl.Expr] = {
    **{f"DECP-{kind}-{n}": e for kind in ("V", "CV") for n, e in _VERSION_EXPRESSIONS.items()},
    **{f"DECP-{kind}-{n}": e for kind in ("T", "CT") for n, e in _HOLDER_EXPRESSIONS.items()},
    "DECP-S-203": siret("sousTraitant_id"),
    "DECP-S-301": ~col("acte_absent"),
    "DECP-S-302": col("date_publication") >= col("date"),
    "DECP-S-303": col("date_publication") <= col("date").dt.offset_by(MONTHS),
    "DECP-C-004": SAME_ID,
    "DECP-C-110": within("considerationsSociales", codelists.SOCIALES_CONCESSION),
    "DECP-C-111": within("considerationsEnvironnementales", codelists.ENVIRONNEMENTALES),
    "DECP-C-202": siret("acheteur_id", clean=False),
    "DECP-C-304": col("dateSignature") <= DATA_DATE,
    "DECP-C-305": col("dateDebutExecution") >= col("dateSignature"),
    "DECP-C-306": col("datePublicationDonnees") <= col("dateDebutExecution"),
    "DECP-C-404": ~python("valeurGlobale", repeated),
    "DECP-C-405": ~python("valeurGlobale", lambda v: str(int(v)).startswith("123456789")),
    "DECP-C-803": alone("considerationsSociales", "Pas de considération sociale"),
    "DECP-C-804": alone("considerationsEnvironnementales", "Pas de considération environnementale"),
    "DECP-S-305": col("date") <= DATA_DATE,
    "DECP-S-306": pl.when((col("version") > 0) & ~col("acte_absent")).then(
        col("date") >= col("date").sort_by("version").first().over("uid", "acte_rang")
    ),
    "DECP-C-309": col("datePublicationDonnees") <= DATA_DATE,
    "DECP-C-310": col("datePublicationDonnees") >= col("dateSignature"),
    "DECP-C-408": col("montantSubventionPublique") <= pl.max_horizontal("valeurGlobale", "valeurGlobale_actuelle"),
    "DECP-CE-302": col("datePublicationDonneesExecution") <= DATA_DATE,
    "DECP-L-006": col("reason") != "read.tolerant",
    "DECP-L-002": col("reason").str.strip_chars(" ").str.len_chars() > 0,
    "DECP-L-004": col("kept_file_sha256").is_not_null() & col("kept_position").is_not_null(),
    "DECP-L-101": col("reason") != "identity.lot",
    "DECP-L-102": col("reason") != "identity.sequence",
    "DECP-L-103": col("reason") != "identity.amount-only",
    "DECP-L-104": ~col("reason").is_in(["identity.other-source", "identity.content"]),
    "DECP-L-105": ~col("reason").is_in(["identity.identical", "identity.later-publication"]),
}
