"""The scopes of the rules in Polars, by their SQL."""

from __future__ import annotations

from datetime import date

import polars as pl
from polars import col

_FIRST = col("version") == col("version").min().over("uid", "titulaire_typeIdentifiant", "titulaire_id_publie")
_SIRET = col("titulaire_typeIdentifiant") == "SIRET"

SCOPES: dict[str, pl.Expr] = {
    "": pl.lit(True),
    "format = '2019'": col("format") == "2019",
    "format = '2022'": col("format") != "2019",
    "version > 0": col("version") >= 1,
    "version > 0 AND dureeMois IS NOT NULL": (col("version") >= 1) & col("dureeMois").is_not_null(),
    "version > 0 AND list_contains(modifie, 'montant')": (col("version") >= 1)
    & col("modifie").list.contains("montant"),
    "version > 0 AND list_contains(modifie, 'dureeMois')": (col("version") >= 1)
    & col("modifie").list.contains("dureeMois"),
    "nature = 'Accord-cadre' OR list_contains(techniques, 'Accord-cadre')": (col("nature") == "Accord-cadre")
    | col("techniques").list.contains("Accord-cadre"),
    "codeCPV IS NOT NULL": col("codeCPV").is_not_null(),
    "attributionAvance IS NOT NULL": col("attributionAvance").is_not_null(),
    "typeGroupementOperateurs IN ('Conjoint', 'Solidaire')": col("typeGroupementOperateurs").is_in(
        ["Conjoint", "Solidaire"]
    ),
    "typeGroupementOperateurs = 'Pas de groupement' AND "
    "NOT coalesce(list_contains(techniques, 'Accord-cadre'), false)": (
        (col("typeGroupementOperateurs") == "Pas de groupement")
        & ~col("techniques").list.contains("Accord-cadre").fill_null(False)
    ),
    "sousTraitanceDeclaree = false": ~col("sousTraitanceDeclaree"),
    "premiere_apparition": _FIRST,
    "premiere_apparition AND titulaire_typeIdentifiant = 'SIRET'": _FIRST & _SIRET,
    "premiere_apparition AND titulaire_typeIdentifiant <> 'SIRET'": _FIRST & ~_SIRET,
    "version = 0": col("version") == 0,
    "version = 0 AND NOT acte_absent": (col("version") == 0) & ~col("acte_absent"),
    "version = 0 AND sousTraitant_typeIdentifiant = 'SIRET'": (col("version") == 0)
    & (col("sousTraitant_typeIdentifiant") == "SIRET"),
    "montant >= 25000 AND montant < 40000": col("montant").is_between(25000, 40000, closed="left"),
    "montant > 10": col("montant") > 10,
    "montant >= 1": col("montant") >= 1,
    "valeurGlobale >= 1": col("valeurGlobale") >= 1,
    "format = '2022' AND coalesce(montant >= 40000, true)": (col("format") == "2022")
    & (col("montant").fill_null(40000) >= 40000),
    "attributionAvance": col("attributionAvance"),
    "marcheInnovant AND procedure = 'Marché passé sans publicité ni mise en concurrence préalable'": col(
        "marcheInnovant"
    )
    & (col("procedure") == "Marché passé sans publicité ni mise en concurrence préalable"),
    "dateNotification >= DATE '2026-08-21'": col("dateNotification") >= date(2026, 8, 21),
    "format = '2022' AND regexp_matches(objet, '^\\s*march[ée]s?\\s+subs[ée]quents?', 'i')": (col("format") == "2022")
    & col("objet").str.contains(r"(?i)^\s*march[ée]s?\s+subs[ée]quents?"),
    "list_contains(techniques, 'Accord-cadre')": col("techniques").list.contains("Accord-cadre"),
    "list_contains(modalitesExecution, 'Marchés subséquents')": col("modalitesExecution").list.contains(
        "Marchés subséquents"
    ),
    "NOT acte_absent": ~col("acte_absent"),
    "outcome = 'kept'": col("outcome") == "kept",
    "outcome IN ('merged', 'superseded')": col("outcome").is_in(["merged", "superseded"]),
    "tarif_rang > 0": col("tarif_rang") > 0,
}
