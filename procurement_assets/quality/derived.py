"""Columns computed for the rules: what SQL says badly (control keys, links between rows), in Polars.

A rule names them as it names a column of the table. Each is described once, in French, for data_quality/README.md.
They judge the value as published: a repaired id stays wrong at its source, so its finding stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

import msgspec
import polars as pl

from procurement_assets.schema.column import POLARS, ColumnType

LA_POSTE = "356000000"
"""La Poste numbers its establishments otherwise: the sum of the 14 digits is a multiple of 5 (INSEE)."""


class Derived(msgspec.Struct, frozen=True, kw_only=True):
    """A computed column: on which tables, what it says, how it is made."""

    name: str
    type: ColumnType
    title: str
    """French label, as the report shows it."""
    description: str
    tables: tuple[str, ...]
    """Empty: every table."""
    make: Callable[[], pl.Expr]


def siret_key_is_right(value: pl.Expr) -> pl.Expr:
    """Whether 14 digits end with the right Luhn key, La Poste excepted; null where the value is not 14 digits.

    The same judgement as `decp.identifiers.is_siret` (a test compares them), on a whole column at once.
    """
    digits = [value.str.slice(i, 1).cast(pl.Int32, strict=False) for i in range(14)]
    doubled = [d * 2 for d in digits[::2]]
    luhn = pl.sum_horizontal(*[pl.when(d > 9).then(d - 9).otherwise(d) for d in doubled], *digits[1::2])
    la_poste = value.str.starts_with(LA_POSTE) & (pl.sum_horizontal(*digits) % 5 == 0)
    somebody = ~value.str.starts_with("0" * 9)
    return pl.when(value.str.contains(r"^[0-9]{14}$")).then(((luhn % 10 == 0) & somebody) | la_poste)


def cleaned(name: str) -> pl.Expr:
    """An identifier in capitals, without the spaces and separators that mean nothing; null where nothing is left."""
    value = pl.col(name).str.replace_all(r"[\s\u00a0.\-_/]", "").str.to_uppercase()
    return pl.when(value != "").then(value)


_FORMS = {
    "TVA": r"^[A-Z]{2}[A-Z0-9]{2,13}$",
    "TAHITI": r"^[A-Z0-9]{6,9}$",
    "RIDET": r"^[0-9]{10}$",
    "FRWF": r"^FRWF[A-Z0-9]{1,14}$",
    "IREP": r"^[0-9]{5}[A-Z0-9]*$",
    "UE": r"^[A-Z]{2}[A-Z0-9]{2,16}$",
    "HORS-UE": r"^[A-Z]{2}[A-Z0-9]{1,16}$",
}
"""After the Ministry's management rules (research/decp.md §3.1), on the cleaned id."""


def form_is_right(kind: str, name: str) -> pl.Expr:
    """Whether an id other than a SIRET has the form of its type; null for a SIRET or an unknown type."""
    result = pl.lit(None, dtype=pl.Boolean)
    for code, pattern in _FORMS.items():
        result = pl.when(pl.col(kind) == code).then(cleaned(name).str.contains(pattern)).otherwise(result)
    return result


def _first_seen() -> pl.Expr:
    """Versions repeat the holders in force: each is judged once, in the first version where it stands."""
    return pl.col("version") == pl.col("version").min().over("uid", "titulaire_typeIdentifiant", "titulaire_id_publie")


def _whole(name: str) -> pl.Expr:
    return pl.col(name).floor().cast(pl.Int64, strict=False).cast(pl.String)


def _repeated_digit(name: str) -> Callable[[], pl.Expr]:
    pattern = "^(?:" + "|".join(f"{d}{{6,}}" for d in range(1, 10)) + ")$"
    return lambda: _whole(name).str.contains(pattern)


def _counting(name: str) -> Callable[[], pl.Expr]:
    return lambda: _whole(name).str.starts_with("123456789")


def _framework_is_known() -> pl.Expr:
    buyer, link = pl.col("acheteur_siren"), pl.col("idAccordCadre")
    known = (buyer + "|" + pl.col("id")).unique().implode()
    return pl.when(link.is_not_null()).then((buyer + "|" + link).is_in(known))


def _same_id() -> pl.Expr:
    return pl.len().over("acheteur_id", "id").cast(pl.Int64)


_HOLDERS = ("contract_titulaires", "concession_titulaires")
_BUYERS = ("contracts", "concessions")


def _suspect(name: str, table: str) -> tuple[Derived, ...]:
    return (
        Derived(
            name=f"{name}_chiffre_repete",
            type="boolean",
            title="Chiffre répété",
            description="Vrai si la partie entière du montant répète un seul chiffre, six fois ou plus (999999).",
            tables=(table,),
            make=_repeated_digit(name),
        ),
        Derived(
            name=f"{name}_commence_123456789",
            type="boolean",
            title="Commence par 123456789",
            description="Vrai si le montant commence par 123456789.",
            tables=(table,),
            make=_counting(name),
        ),
    )


DERIVED: tuple[Derived, ...] = (
    Derived(
        name="acheteur_siret_valide",
        type="boolean",
        title="SIRET de l'acheteur juste",
        description="Vrai si la clé de contrôle du SIRET de l'acheteur est juste ; vide s'il n'a pas 14 chiffres.",
        tables=_BUYERS,
        make=lambda: siret_key_is_right(pl.col("acheteur_id")),
    ),
    Derived(
        name="contrats_meme_identifiant",
        type="integer",
        title="Contrats de même identifiant",
        description="Nombre de contrats du même acheteur qui portent le même identifiant publié.",
        tables=_BUYERS,
        make=_same_id,
    ),
    Derived(
        name="accord_cadre_connu",
        type="boolean",
        title="Accord-cadre publié",
        description="Vrai si l'accord-cadre cité est parmi les marchés de l'acheteur ; vide si aucun n'est cité.",
        tables=("contracts",),
        make=_framework_is_known,
    ),
    *_suspect("montant", "contracts"),
    *_suspect("valeurGlobale", "concessions"),
    Derived(
        name="titulaire_id_epure",
        type="string",
        title="Identifiant épuré",
        description="Identifiant publié du titulaire, en capitales, sans espaces ni séparateurs ; vide s'il n'en reste "
        "rien.",
        tables=_HOLDERS,
        make=lambda: cleaned("titulaire_id_publie"),
    ),
    Derived(
        name="titulaire_siret_valide",
        type="boolean",
        title="SIRET du titulaire juste",
        description="Vrai si la clé de contrôle de l'identifiant épuré est celle d'un SIRET (Luhn, ou La Poste) ; vide "
        "s'il n'a pas 14 chiffres.",
        tables=_HOLDERS,
        make=lambda: siret_key_is_right(cleaned("titulaire_id_publie")),
    ),
    Derived(
        name="titulaire_forme_valide",
        type="boolean",
        title="Forme de l'identifiant juste",
        description="Vrai si un identifiant qui n'est pas un SIRET a la forme de son type ; vide pour un SIRET.",
        tables=_HOLDERS,
        make=lambda: form_is_right("titulaire_typeIdentifiant", "titulaire_id_publie"),
    ),
    Derived(
        name="premiere_apparition",
        type="boolean",
        title="Première apparition",
        description="Vrai dans la première version du contrat où figure ce titulaire : il n'est jugé qu'une fois.",
        tables=_HOLDERS,
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
)

DATA_DATE = "date_donnees"
"""On every table: the date of the data, that of the newest raw file. Rules use it as « today »: no clock."""


def derived_of(table: str) -> dict[str, Derived]:
    """The computed columns of a table, by name (`DATA_DATE` apart)."""
    return {d.name: d for d in DERIVED if table in d.tables}


def derived_schema(table: str) -> dict[str, pl.DataType]:
    """Name to type of what `with_derived` can add to a table."""
    return {d.name: POLARS[d.type] for d in derived_of(table).values()} | {DATA_DATE: pl.Date()}


def with_derived(frame: pl.DataFrame, table: str, wanted: Iterable[str], data_date: date | None) -> pl.DataFrame:
    """The frame with the computed columns that are wanted. Without a data date, what compares with it is not judged."""
    known, names = derived_of(table), set(wanted)
    columns = [d.make().cast(POLARS[d.type]).alias(d.name) for n, d in known.items() if n in names]
    if DATA_DATE in names:
        columns.append(pl.lit(data_date, dtype=pl.Date).alias(DATA_DATE))
    return frame.with_columns(columns)
