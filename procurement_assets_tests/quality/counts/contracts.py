"""The expressions of the rules of marchés in Polars."""

from __future__ import annotations

import polars as pl
from polars import col

from procurement_assets.decp import codelists
from procurement_assets_tests.quality.counts.helpers import MONTHS, SAME_ID, alone, python, repeated, siret, within
from procurement_assets_tests.quality.support import DATA_DATE

_LIEU = {
    "Code postal": r"^\d{5}$",
    "Code commune": r"^(\d\d|2[AB])\d{3}$",
    "Code département": r"^(\d{2,3}|2[AB])$",
    "Code région": r"^\d{2}$",
    "Code pays": r"^[A-Z]{2}$",
}
_DIVISIONS = [
    f"{n:02}"
    for n in (
        *(3, 9, 14, 15, 16, 18, 19, 22, 24, 30, 31, 32, 33, 34, 35, 37, 38, 39, 41, 42, 43, 44, 45),
        *(48, 50, 51, 55, 60, 63, 64, 65, 66, 70, 71, 72, 73, 75, 76, 77, 79, 80, 85, 90, 92, 98),
    )
]

EXPRESSIONS: dict[str, pl.Expr] = {
    "DECP-M-004": SAME_ID,
    "DECP-M-101": col("nature").is_in(codelists.NATURE_MARCHE.labels)
    & ((col("format") == "2019") | ~col("nature").is_in(["Accord-cadre", "Marché subséquent"])),
    "DECP-M-103": within("techniques", codelists.TECHNIQUES),
    "DECP-M-104": within("modalitesExecution", codelists.MODALITES_EXECUTION),
    "DECP-M-108": within("typesPrix", codelists.TYPES_PRIX),
    "DECP-M-110": within("considerationsSociales", codelists.SOCIALES_MARCHE),
    "DECP-M-111": within("considerationsEnvironnementales", codelists.ENVIRONNEMENTALES),
    "DECP-M-202": siret("acheteur_id", clean=False),
    "DECP-M-304": col("dateNotification") <= DATA_DATE,
    "DECP-M-305": col("datePublicationDonnees") >= col("dateNotification"),
    "DECP-M-306": col("datePublicationDonnees") <= col("dateNotification").dt.offset_by(MONTHS),
    "DECP-M-307": col("datePublicationDonnees") <= DATA_DATE,
    "DECP-M-404": ~python("montant", repeated),
    "DECP-M-405": ~python("montant", lambda v: str(int(v)).startswith("123456789")),
    "DECP-M-603": col("codeCPV").str.slice(0, 2).is_in(_DIVISIONS),
    "DECP-M-604": pl.coalesce(
        *(
            pl.when(col("lieuExecution_typeCode") == kind).then(col("lieuExecution_code").str.contains(pattern))
            for kind, pattern in _LIEU.items()
        )
    ),
    "DECP-M-704": col("attributionAvance") | (col("tauxAvance").fill_null(0) == 0),
    "DECP-M-707": col("origineUE") >= col("origineFrance"),
    "DECP-M-801": alone("techniques", "Sans objet"),
    "DECP-M-802": alone("modalitesExecution", "Sans objet"),
    "DECP-M-803": alone("considerationsSociales", "Pas de considération sociale"),
    "DECP-M-804": alone("considerationsEnvironnementales", "Pas de considération environnementale"),
    "DECP-M-807": pl.when(col("idAccordCadre").is_not_null()).then(
        pl.struct(col("acheteur_siren"), col("idAccordCadre").alias("id")).is_in(
            pl.struct("acheteur_siren", "id").implode()
        )
    ),
    "DECP-M-008": col("objet").is_not_null() & col("dateNotification").is_not_null() & (col("nombre_titulaires") > 0),
    "DECP-M-311": col("dateNotification").is_not_null() | col("datePublicationDonnees").is_not_null(),
    "DECP-M-710": col("tauxAvance").fill_null(0) > 0,
    "DECP-M-717": ~col("considerationsEnvironnementales").list.contains("Pas de considération environnementale"),
    "DECP-M-810": col("idAccordCadre") != col("id"),
    "DECP-M-813": col("modalitesExecution").list.contains("Bons de commande")
    | col("modalitesExecution").list.contains("Marchés subséquents"),
    "DECP-M-814": col("techniques").list.contains("Accord-cadre")
    | col("techniques").list.contains("Système d'acquisition dynamique"),
}
