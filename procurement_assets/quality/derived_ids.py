"""Computed columns on identifiers: SIRET keys, forms of other ids, how a SIRET is malformed, buyer and holder."""

from __future__ import annotations

import polars as pl

from procurement_assets.quality.derived_base import (
    BUYERS,
    HOLDERS,
    Derived,
    Related,
    cleaned,
    siren_key_is_right,
    siret_key_is_right,
)

_FORMS = {
    # A French one is FR, a key of two characters and a SIREN; the form of the others is their country's.
    "TVA": r"^(?:FR[A-Z0-9]{2}[0-9]{9}|(?:[A-EG-Z][A-Z]|F[A-QS-Z])[A-Z0-9]{2,13})$",
    "TAHITI": r"^[A-Z0-9]{6,9}$",
    "RIDET": r"^[0-9]{10}$",
    "FRWF": r"^FRWF[A-Z0-9]{1,14}$",
    "IREP": r"^[0-9]{5}[A-Z0-9]*$",
    "UE": r"^[A-Z]{2}[A-Z0-9]{2,16}$",
    "HORS-UE": r"^[A-Z]{2}[A-Z0-9]{1,16}$",
}
"""After the Ministry's management rules (research/decp.md §3.1), on the cleaned id."""

RIGHT = "SIRET à la clé juste"
"""What `titulaire_forme_siret` says of an id that is a SIRET."""


def form_is_right(kind: str, name: str) -> pl.Expr:
    """Whether an id other than a SIRET has the form of its type; null for a SIRET or an unknown type."""
    result = pl.lit(None, dtype=pl.Boolean)
    for code, pattern in _FORMS.items():
        result = pl.when(pl.col(kind) == code).then(cleaned(name).str.contains(pattern)).otherwise(result)
    return result


def siret_form(name: str) -> pl.Expr:
    """How an id declared as a SIRET is written (research/data.md §3); null where it is empty. The first that holds."""
    value = cleaned(name)
    siren = siren_key_is_right(value)
    rest, long = value.str.slice(9), value.str.len_chars()
    digits = value.str.contains(r"^[0-9]+$")
    own = siren & (rest.str.len_chars() >= 3) & value.str.starts_with(rest)
    forms = [
        (value.str.contains(r"^(?:0+|1+|2+|3+|4+|5+|6+|7+|8+|9+|X+)$") & (long >= 5), "un seul caractère répété"),
        (siret_key_is_right(value).fill_null(False), RIGHT),
        (siren & rest.str.contains(r"^[0-9]{4}[A-Z]$"), "SIREN suivi d'un code APE"),
        (own & digits, "SIREN suivi de ses propres premiers chiffres"),
        (siren & (long == 9), "SIREN seul, sans numéro d'établissement"),
        (siren & rest.str.contains(r"^[A-Z]+$"), "SIREN suivi de lettres"),
        (value.str.contains(r"^[A-Z]{2}[0-9A-Z]*$"), "numéro de TVA ou identifiant étranger"),
        (digits & (long == 14), "14 chiffres à la clé fausse"),
        (digits & (long > 14), "trop de chiffres"),
        (digits & (long >= 9), "numéro tronqué"),
        (digits, "quelques chiffres"),
    ]
    result = pl.lit("autre forme")
    for condition, text in reversed(forms):
        result = pl.when(condition).then(pl.lit(text)).otherwise(result)
    return pl.when(value.is_not_null()).then(result)


def _first_seen() -> pl.Expr:
    """Versions repeat the holders in force: each is judged once, in the first version where it stands."""
    return pl.col("version") == pl.col("version").min().over("uid", "titulaire_typeIdentifiant", "titulaire_id_publie")


def _is_buyer() -> pl.Expr:
    """`uid` starts with the buyer's SIRET."""
    value = cleaned("titulaire_id_publie")
    return pl.when(value.is_not_null()).then((value == pl.col("uid").str.slice(0, 14)) & (value.str.len_chars() == 14))


def _unusable(frame: pl.DataFrame, related: Related) -> pl.Series:
    """Holders at the award that nobody can look up: absent, or declared as a SIRET and not one."""
    holders = related["contract_titulaires"].filter(pl.col("version") == 0)
    kind, form = pl.col("titulaire_typeIdentifiant"), siret_form("titulaire_id_publie")
    bad = cleaned("titulaire_id_publie").is_null() | ((kind.is_null() | (kind == "SIRET")) & (form != RIGHT))
    counted = holders.group_by("uid").agg(bad.sum().cast(pl.Int64).alias("n"))
    joined = frame.select("uid", "nombre_titulaires").join(counted, on="uid", how="left", maintain_order="left")
    nobody = (pl.col("nombre_titulaires") == 0).cast(pl.Int64)
    return joined.select((pl.col("n").fill_null(0) + nobody).alias("n")).to_series()


def _is_holder(frame: pl.DataFrame, related: Related) -> pl.Series:
    """Whether the subcontractor is one of the contract's holders."""
    holders = related["contract_titulaires"].select(
        "uid", cleaned("titulaire_id_publie").alias("_id"), pl.lit(True).alias("_yes")
    )
    made = frame.select("uid", cleaned("sousTraitant_id").alias("_id"))
    joined = made.join(holders.unique(["uid", "_id"]), on=["uid", "_id"], how="left", maintain_order="left")
    return joined.select(pl.when(pl.col("_id").is_not_null()).then(pl.col("_yes").fill_null(False))).to_series()


DERIVED_IDS: tuple[Derived, ...] = (
    Derived(
        name="acheteur_siret_valide",
        type="boolean",
        title="SIRET de l'acheteur juste",
        description="Vrai si la clé de contrôle du SIRET de l'acheteur est juste ; vide s'il n'a pas 14 chiffres.",
        tables=BUYERS,
        make=lambda: siret_key_is_right(pl.col("acheteur_id")),
    ),
    Derived(
        name="titulaires_inexploitables",
        type="integer",
        title="Titulaires inexploitables",
        description="Nombre de titulaires à l'attribution qu'aucun annuaire ne permet de retrouver : sans identifiant, "
        "ou dont le SIRET est faux. Un marché sans titulaire en compte un.",
        tables=("contracts",),
        across=_unusable,
        needs=("contract_titulaires",),
    ),
    Derived(
        name="titulaire_id_epure",
        type="string",
        title="Identifiant épuré",
        description="Identifiant publié du titulaire, en capitales, sans espaces ni séparateurs ; vide s'il n'en reste "
        "rien.",
        tables=HOLDERS,
        make=lambda: cleaned("titulaire_id_publie"),
    ),
    Derived(
        name="titulaire_siret_valide",
        type="boolean",
        title="SIRET du titulaire juste",
        description="Vrai si la clé de contrôle de l'identifiant épuré est celle d'un SIRET (Luhn, ou La Poste) ; vide "
        "s'il n'a pas 14 chiffres.",
        tables=HOLDERS,
        make=lambda: siret_key_is_right(cleaned("titulaire_id_publie")),
    ),
    Derived(
        name="titulaire_forme_siret",
        type="string",
        title="Forme du SIRET publié",
        description="Ce qu'est l'identifiant publié lu comme un SIRET : SIREN suivi d'un code APE, SIREN suivi de ses "
        "propres chiffres, numéro tronqué, clé fausse…",
        tables=HOLDERS,
        make=lambda: siret_form("titulaire_id_publie"),
    ),
    Derived(
        name="titulaire_forme_valide",
        type="boolean",
        title="Forme de l'identifiant juste",
        description="Vrai si un identifiant qui n'est pas un SIRET a la forme de son type ; vide pour un SIRET.",
        tables=HOLDERS,
        make=lambda: form_is_right("titulaire_typeIdentifiant", "titulaire_id_publie"),
    ),
    Derived(
        name="titulaire_est_acheteur",
        type="boolean",
        title="Titulaire et acheteur",
        description="Vrai si l'identifiant du titulaire est le SIRET de l'acheteur.",
        tables=HOLDERS,
        make=_is_buyer,
    ),
    Derived(
        name="premiere_apparition",
        type="boolean",
        title="Première apparition",
        description="Vrai dans la première version du contrat où figure ce titulaire : il n'est jugé qu'une fois.",
        tables=HOLDERS,
        make=_first_seen,
    ),
    Derived(
        name="sousTraitant_siret_valide",
        type="boolean",
        title="SIRET du sous-traitant juste",
        description="Vrai si la clé de contrôle du SIRET du sous-traitant est juste ; vide s'il n'a pas 14 chiffres.",
        tables=("subcontracts",),
        make=lambda: siret_key_is_right(cleaned("sousTraitant_id")),
    ),
    Derived(
        name="sousTraitant_est_titulaire",
        type="boolean",
        title="Sous-traitant et titulaire",
        description="Vrai si le sous-traitant est l'un des titulaires du marché.",
        tables=("subcontracts",),
        across=_is_holder,
        needs=("contract_titulaires",),
    ),
)
