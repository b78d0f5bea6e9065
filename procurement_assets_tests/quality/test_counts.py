"""The counts of Great Expectations (and of the SQL before it) against plain Polars, on frames of mixed defects.

Scopes and expressions are written here a second time, in Polars, by hand; expectations are computed by `_failing`.
"""

from __future__ import annotations

import random
from collections import Counter
from datetime import date
from typing import Any

import polars as pl
import pytest
from polars import col

from procurement_assets.decp import codelists
from procurement_assets.decp.identifiers import is_siret
from procurement_assets.quality.catalogue import load_catalogue
from procurement_assets.quality.derived import derived_schema
from procurement_assets.quality.model import Rule
from procurement_assets.quality.sql import names_in
from procurement_assets.quality.suites import run_rules
from procurement_assets.schema import TABLES
from procurement_assets_tests.quality.cases import CASES
from procurement_assets_tests.quality.reconciliation import counts as reconciliation
from procurement_assets_tests.quality.support import DATA_DATE, frame, row

CATALOGUE = load_catalogue()
MONTHS = "2mo"


def _within(column: str, codes: codelists.CodeList) -> pl.Expr:
    allowed = pl.Series([list(codes.labels)])
    return col(column).list.set_difference(pl.lit(allowed)).list.len() == 0


def _alone(column: str, label: str) -> pl.Expr:
    return ~(col(column).list.contains(label) & (col(column).list.len() > 1))


def _python(name: str, function: Any, kind: Any = pl.Boolean) -> pl.Expr:
    return col(name).map_elements(function, return_dtype=kind)


def _siret(name: str, clean: bool = True) -> pl.Expr:
    """Through the project's other Luhn (decp.identifiers), row by row."""

    def judge(value: str) -> bool | None:
        text = "".join(c for c in value if c.isalnum()) if clean else value
        return is_siret(text) if len(text) == 14 and text.isdigit() else None

    return _python(name, judge)


def _epure(value: str) -> str | None:
    return "".join(c for c in value if c not in " \t\u00a0.-_/").upper() or None


def _repeated(value: float) -> bool:
    digits = str(int(value))
    return len(digits) >= 6 and len(set(digits)) == 1 and digits[0] in "123456789"


_FIRST = col("version") == col("version").min().over("uid", "titulaire_typeIdentifiant", "titulaire_id_publie")
_SIRET = col("titulaire_typeIdentifiant") == "SIRET"
_INITIAL = col("montant").sort_by("version").first().over("uid")

SCOPES: dict[str, pl.Expr] = {
    "": pl.lit(True),
    "format = '2019'": col("format") == "2019",
    "format = '2022'": col("format") != "2019",
    "version > 0": col("version") >= 1,
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
    "format = '2022' AND coalesce(montant >= 40000, true)": (col("format") == "2022")
    & (col("montant").fill_null(40000) >= 40000),
    "attributionAvance": col("attributionAvance"),
    "marcheInnovant AND procedure = 'Marché passé sans publicité ni mise en concurrence préalable'": col(
        "marcheInnovant"
    )
    & (col("procedure") == "Marché passé sans publicité ni mise en concurrence préalable"),
    "dateNotification >= DATE '2026-08-22'": col("dateNotification") >= date(2026, 8, 22),
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

_LIEU = {
    "Code postal": r"^\d{5}$",
    "Code commune": r"^\d[0-9AB]\d{3}$",
    "Code département": r"^\d[0-9AB]\d?$",
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
_SAME_ID = pl.len().over("acheteur_id", "id") == 1

_VERSION_EXPRESSIONS = {
    "002": col("version") == col("version").rank("ordinal").over("uid") - 1,
    "301": ~col("anterieure_au_contrat"),
    "303": col("date_publication") <= col("date").dt.offset_by(MONTHS),
    "304": col("date_publication") >= col("date"),
    "305": col("date") <= DATA_DATE,
    "402": pl.when((col("version") > 0) & col("modifie").list.contains("montant")).then(
        (col("montant") < 10 * _INITIAL) & (col("montant") * 10 > _INITIAL)
    ),
    "801": col("modifie").list.len() > 0,
    "307": pl.when(col("version") > 0).then(
        col("date")
        <= col("date")
        .sort_by("version")
        .first()
        .over("uid")
        .dt.offset_by(pl.concat_str(pl.max_horizontal(col("dureeMois"), 0).cast(pl.String), pl.lit("mo")))
        .dt.offset_by("6mo")
    ),
    "403": pl.when((col("version") > 0) & col("modifie").list.contains("montant")).then(
        col("montant") <= 1.5 * _INITIAL
    ),
    "404": pl.when((col("version") > 0) & col("modifie").list.contains("montant")).then(
        col("montant") >= 0.5 * _INITIAL
    ),
    "802": pl.when((col("version") > 0) & col("date").is_not_null()).then(
        pl.len().over("uid", "date", col("version") > 0) == 1
    ),
    "803": pl.when(col("version") > 1).then(
        col("modification_id") > col("modification_id").shift().over("uid", order_by="version")
    ),
}
_HOLDER_EXPRESSIONS = {
    "203": _siret("titulaire_id_publie"),
    "206": (pl.len().over("uid", "version", "titulaire_typeIdentifiant", "titulaire_id") == 1)
    | col("titulaire_id").is_null(),
}
EXPRESSIONS: dict[str, pl.Expr] = {
    "DECP-M-004": _SAME_ID,
    "DECP-M-101": col("nature").is_in(codelists.NATURE_MARCHE.labels)
    & ((col("format") == "2019") | ~col("nature").is_in(["Accord-cadre", "Marché subséquent"])),
    "DECP-M-103": _within("techniques", codelists.TECHNIQUES),
    "DECP-M-104": _within("modalitesExecution", codelists.MODALITES_EXECUTION),
    "DECP-M-108": _within("typesPrix", codelists.TYPES_PRIX),
    "DECP-M-110": _within("considerationsSociales", codelists.SOCIALES_MARCHE),
    "DECP-M-111": _within("considerationsEnvironnementales", codelists.ENVIRONNEMENTALES),
    "DECP-M-202": _siret("acheteur_id", clean=False),
    "DECP-M-304": col("dateNotification") <= DATA_DATE,
    "DECP-M-305": col("datePublicationDonnees") >= col("dateNotification"),
    "DECP-M-306": col("datePublicationDonnees") <= col("dateNotification").dt.offset_by(MONTHS),
    "DECP-M-307": col("datePublicationDonnees") <= DATA_DATE,
    "DECP-M-404": ~_python("montant", _repeated),
    "DECP-M-405": ~_python("montant", lambda v: str(int(v)).startswith("123456789")),
    "DECP-M-603": col("codeCPV").str.slice(0, 2).is_in(_DIVISIONS),
    "DECP-M-604": pl.coalesce(
        *(
            pl.when(col("lieuExecution_typeCode") == kind).then(col("lieuExecution_code").str.contains(pattern))
            for kind, pattern in _LIEU.items()
        )
    ),
    "DECP-M-704": col("attributionAvance") | (col("tauxAvance").fill_null(0) == 0),
    "DECP-M-707": col("origineUE") >= col("origineFrance"),
    "DECP-M-801": _alone("techniques", "Sans objet"),
    "DECP-M-802": _alone("modalitesExecution", "Sans objet"),
    "DECP-M-803": _alone("considerationsSociales", "Pas de considération sociale"),
    "DECP-M-804": _alone("considerationsEnvironnementales", "Pas de considération environnementale"),
    "DECP-M-807": pl.when(col("idAccordCadre").is_not_null()).then(
        pl.struct(col("acheteur_siren"), col("idAccordCadre").alias("id")).is_in(
            pl.struct("acheteur_siren", "id").implode()
        )
    ),
    **{f"DECP-{kind}-{n}": e for kind in ("V", "CV") for n, e in _VERSION_EXPRESSIONS.items()},
    **{f"DECP-{kind}-{n}": e for kind in ("T", "CT") for n, e in _HOLDER_EXPRESSIONS.items()},
    "DECP-S-203": _siret("sousTraitant_id"),
    "DECP-S-301": ~col("acte_absent"),
    "DECP-S-302": col("date_publication") >= col("date"),
    "DECP-S-303": col("date_publication") <= col("date").dt.offset_by(MONTHS),
    "DECP-C-004": _SAME_ID,
    "DECP-C-110": _within("considerationsSociales", codelists.SOCIALES_CONCESSION),
    "DECP-C-111": _within("considerationsEnvironnementales", codelists.ENVIRONNEMENTALES),
    "DECP-C-202": _siret("acheteur_id", clean=False),
    "DECP-C-304": col("dateSignature") <= DATA_DATE,
    "DECP-C-305": col("dateDebutExecution") >= col("dateSignature"),
    "DECP-C-306": col("datePublicationDonnees") <= col("dateDebutExecution"),
    "DECP-C-404": ~_python("valeurGlobale", _repeated),
    "DECP-C-405": ~_python("valeurGlobale", lambda v: str(int(v)).startswith("123456789")),
    "DECP-C-803": _alone("considerationsSociales", "Pas de considération sociale"),
    "DECP-C-804": _alone("considerationsEnvironnementales", "Pas de considération environnementale"),
    "DECP-M-008": col("objet").is_not_null()
    & col("dureeMois").is_not_null()
    & (col("nombre_titulaires") > 0)
    & col("lieuExecution_code").is_not_null(),
    "DECP-M-311": col("dateNotification").is_not_null() | col("datePublicationDonnees").is_not_null(),
    "DECP-M-710": col("tauxAvance").fill_null(0) > 0,
    "DECP-M-717": ~col("considerationsEnvironnementales").list.contains("Pas de considération environnementale"),
    "DECP-M-810": col("idAccordCadre") != col("id"),
    "DECP-M-813": col("modalitesExecution").list.contains("Bons de commande")
    | col("modalitesExecution").list.contains("Marchés subséquents"),
    "DECP-M-814": col("techniques").list.contains("Accord-cadre")
    | col("techniques").list.contains("Système d'acquisition dynamique"),
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
_DERIVED = {
    "titulaire_id_epure": _python("titulaire_id_publie", _epure, pl.String),
}
_FORMS = {
    "TVA": r"^[A-Z]{2}[A-Z0-9]{2,13}$",
    "HORS-UE": r"^[A-Z]{2}[A-Z0-9]{1,16}$",
    "X": None,
}


def _form(value: dict[str, Any]) -> bool | None:
    import re

    pattern = _FORMS.get(value["titulaire_typeIdentifiant"])
    text = _epure(value["titulaire_id_publie"] or "")
    return bool(re.match(pattern, text)) if pattern and text else None


for _kind in ("T", "CT"):
    EXPRESSIONS[f"DECP-{_kind}-204"] = pl.struct("titulaire_typeIdentifiant", "titulaire_id_publie").map_elements(
        _form, return_dtype=pl.Boolean
    )


SCOPES |= reconciliation.SCOPES
EXPRESSIONS |= reconciliation.EXPRESSIONS


def _judged(rule: Rule) -> tuple[pl.Expr, pl.Expr]:
    """(is judged, is right) of a rule, without Great Expectations nor SQL."""
    if rule.expression:
        right = EXPRESSIONS[rule.id]
        return right.is_not_null(), right
    value, given = _DERIVED.get(rule.column, col(rule.column)), rule.arguments
    there = value.is_not_null()
    match rule.expectation:
        case "expect_column_values_to_not_be_null":
            return pl.lit(True), there
        case "expect_column_values_to_be_in_set" | "expect_column_values_to_not_be_in_set":
            allowed = list(
                getattr(codelists, given["code_list"]).labels if "code_list" in given else given["value_set"]
            )
            if rule.column in ("montant", "valeurGlobale"):
                allowed = [float(v) for v in allowed]
            inside = value.is_in(allowed)
            return there, ~inside if "not" in rule.expectation else inside
        case "expect_column_values_to_be_between":
            low, high = given.get("min_value"), given.get("max_value")
            if isinstance(low, str):
                low = pl.lit(low).str.to_date()
            return there, (value >= low if low is not None else True) & (value <= high if high is not None else True)
        case "expect_column_values_to_match_regex":
            return there, value.str.contains(given["regex"])
        case "expect_column_values_to_not_match_regex":
            return there, ~value.str.contains(given["regex"])
        case "expect_column_value_lengths_to_be_between":
            return there, value.str.len_chars() >= given["min_value"]
        case "expect_column_values_to_be_unique":
            return there, ~value.is_duplicated()
        case "expect_compound_columns_to_be_unique":
            return pl.lit(True), pl.len().over(given["column_list"]) == 1
    raise AssertionError(rule.expectation)


def _mixed(table: str, size: int, seed: int) -> pl.DataFrame:
    """Rows that each carry up to three of the table's cases, good and bad."""
    draw = random.Random(seed)
    pool = [r for rule in CATALOGUE.of(table) for rows in CASES[rule.id] for r in rows]
    found: list[dict[str, Any]] = []
    versions: Counter[str] = Counter()
    for number in range(size):
        overrides: dict[str, Any] = {}
        for chosen in draw.sample(pool, k=min(len(pool), draw.randint(0, 3))):
            overrides |= {k: v for k, v in chosen.items() if not k.startswith("+")}
        made = row(table, f"u{draw.randint(0, size // 2)}", number, overrides)
        if table.endswith("versions"):  # windows order by version: two rows of one version have no order
            made["version"] = versions[made["uid"]] + (draw.random() < 0.05)
            versions[made["uid"]] = made["version"] + 1
        found.append(made)
    return frame(table, found)


_BY_CASES = {"DECP-CE-303"}
"""A window that Polars has no plain form of: its cases alone tell (test_rules)."""


def _computed(rule: Rule) -> bool:
    """Whether the rule rests on a computed column that is not written a second time here: its cases tell."""
    own = {"titulaire_id_epure", "date_donnees", "premiere_apparition"}
    known = set(derived_schema(CATALOGUE.table_of(rule.id))) - own
    named = names_in(" ".join((rule.scope, rule.expression, rule.column)), known)
    return bool(named) and rule.id not in EXPRESSIONS


def test_few_rules_rest_on_cases_alone() -> None:
    """A rule that names no computed column is counted a second time, whatever its table."""
    plain = [r for r in CATALOGUE.rules if r.expression and not _computed(r) and r.id not in _BY_CASES]
    assert [r.id for r in plain if r.id not in EXPRESSIONS] == []


@pytest.mark.parametrize("table", CATALOGUE.tables)
def test_counts_are_those_of_plain_polars(table: str) -> None:
    data = _mixed(table, 400, seed=len(table))
    rules = [r for r in CATALOGUE.of(table) if not (r.id in _BY_CASES or _computed(r))]
    for result in run_rules(TABLES[table], data, rules, data_date=DATA_DATE, slice_rows=150):
        rule = result.rule
        judged, right = _judged(rule)
        kept = data.with_row_index("_n")
        in_scope = kept.filter(SCOPES[rule.scope].fill_null(False))
        # Windows of expressions run over the rows in scope, as SQL does.
        marked = in_scope.select("_n", judged.alias("judged"), right.alias("right"))
        bad = marked.filter(pl.col("judged") & ~pl.col("right"))
        expected = (in_scope.height, int(marked["judged"].sum()), bad.height)
        assert (result.in_scope, result.evaluated, result.failing) == expected, rule.id
        names = [n for n in result.failed.columns if n in data.columns]
        assert result.failed.select(names).equals(data.select(names)[bad["_n"].to_list()]), rule.id
