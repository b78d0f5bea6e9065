"""Computed columns on links: shared ids, frameworks, years, the CPV vocabulary, acts and their contract."""

from __future__ import annotations

import polars as pl

from procurement_assets.quality.derived_base import BUYERS, Derived, Related

_GROUPS = (
    "03:1234 09:123 14:23456789 15:123456789 16:1345678 18:12345689 19:124567 22:12345689 24:1234569 30:12 31:1234567 "
    "32:2345 33:1679 34:12345679 35:12345678 37:3458 38:123456789 39:123578 41:1 42:123456789 43:12345678 44:12345689 "
    "45:12345 48:123456789 50:12345678 51:123456789 55:123459 60:123456 63:157 64:12 65:12345 66:1567 70:123 "
    "71:23456789 72:123456789 73:1234 75:123 76:123456 77:123456789 79:123456789 80:123456 85:123 90:45679 92:1234567 "
    "98:12359"
)
CPV_GROUPS: frozenset[str] = frozenset(
    division + group
    for part in _GROUPS.split()
    for division, _, groups in [part.partition(":")]
    for group in "0" + groups
)
"""The 317 divisions and groups of the CPV (Regulation (EC) 213/2008): the first three digits that a code can have."""

ORIGIN_RANGES = (
    ("15100000", "15982200"),
    ("18100000", "18453000"),
    ("18800000", "18843000"),
    ("33100000", "33198200"),
    ("33600000", "33698300"),
    ("34100000", "34144910"),
    ("34510000", "34522700"),
    ("34600000", "34622500"),
    ("34710000", "34722200"),
)
"""CPV codes whose contracts must tell the origin of the products (arrêté of 22/12/2022; research/decp.md §1.3)."""


def _group_is_known() -> pl.Expr:
    code = pl.col("codeCPV")
    return pl.when(code.str.contains(r"^[0-9]{8}$")).then(code.str.slice(0, 3).is_in(sorted(CPV_GROUPS)))


def _origin_is_due() -> pl.Expr:
    code = pl.col("codeCPV")
    return pl.any_horizontal(*(code.is_between(pl.lit(a), pl.lit(b)) for a, b in ORIGIN_RANGES))


def _same_id() -> pl.Expr:
    return pl.len().over("acheteur_id", "id").cast(pl.Int64)


def _framework_is_known() -> pl.Expr:
    buyer, link = pl.col("acheteur_siren"), pl.col("idAccordCadre")
    known = (buyer + "|" + pl.col("id")).unique().implode()
    return pl.when(link.is_not_null()).then((buyer + "|" + link).is_in(known))


def _cited(frame: pl.DataFrame, value: pl.Expr, kind: pl.DataType) -> pl.Series:
    """A value of the framework that each contract cites; null where none is cited or it is not published."""
    key = ["acheteur_siren", "idAccordCadre"]
    cited = frame.select("acheteur_siren", pl.col("id").alias("idAccordCadre"), value.alias("_v"), "uid").sort("uid")
    joined = frame.select(key).join(
        cited.unique(key, keep="first", maintain_order=True).select(*key, "_v"),
        on=key,
        how="left",
        maintain_order="left",
    )
    return joined["_v"].cast(kind)


def _framework_date(frame: pl.DataFrame, _: Related) -> pl.Series:
    return _cited(frame, pl.col("dateNotification"), pl.Date())


def _framework_declared(frame: pl.DataFrame, _: Related) -> pl.Series:
    by_technique = pl.col("techniques").list.contains("Accord-cadre").fill_null(False)
    by_modality = pl.col("modalitesExecution").list.contains("Marchés subséquents").fill_null(False)
    return _cited(
        frame, by_technique | by_modality | (pl.col("nature") == "Accord-cadre").fill_null(False), pl.Boolean()
    )


def _years(frame: pl.DataFrame) -> pl.DataFrame:
    """Contracts of each calendar year from the first to the last, years without any included."""
    counted = frame.group_by(pl.col("dateNotification").dt.year().alias("année")).len("n").drop_nulls()
    if counted.is_empty():
        return pl.DataFrame(schema={"année": pl.Int32, "n": pl.Int64})
    first, last = counted["année"].to_list(), counted["année"].to_list()
    grid = pl.DataFrame({"année": range(min(first), max(last) + 1)}, schema={"année": pl.Int32})
    return (
        grid.join(counted, on="année", how="left")
        .select("année", pl.col("n").fill_null(0).cast(pl.Int64))
        .sort("année")
    )


def _settled(years: pl.DataFrame) -> pl.DataFrame:
    """The years from the first that has half the contracts of a median year."""
    usual = years.filter(pl.col("n") > 0)["n"].median()
    return years.filter((pl.col("n") >= pl.lit(usual) / 2).cum_max())


def _year_before(frame: pl.DataFrame, _: Related) -> pl.Series:
    """On the first contract of each year from the third on: how many were notified the year before.

    The first year is not judged, being most often cut by the start of publication, nor are stray contracts dated long
    before; nor is the last year, whose silence the watching of the feeds tells (quality/watch).
    """
    years = _settled(_years(frame))
    before = years.select((pl.col("année") + 1).cast(pl.Int32).alias("année"), pl.col("n").alias("avant")).slice(1)
    rows = frame.select("uid", "dateNotification", pl.col("dateNotification").dt.year().alias("année")).with_row_index(
        "_n"
    )
    first = rows.drop_nulls().sort("dateNotification", "uid").unique("année", keep="first", maintain_order=True)
    told = first.join(before, on="année", how="inner").select("_n", "avant")
    return rows.select("_n").join(told, on="_n", how="left", maintain_order="left")["avant"].cast(pl.Int64)


def _by_year(frame: pl.DataFrame, _: Related) -> pl.Series:
    """The median number of contracts a year, years without any left out."""
    median = _years(frame).filter(pl.col("n") > 0)["n"].median()
    value = float(median) if isinstance(median, int | float) else None
    return pl.Series([value] * frame.height, dtype=pl.Float64)


def _of_contract(column: str, title: str, kind: pl.DataType) -> Derived:
    def across(frame: pl.DataFrame, related: Related) -> pl.Series:
        known = related["contracts"].select("uid", pl.col(column).alias("_v"))
        return frame.select("uid").join(known, on="uid", how="left", maintain_order="left")["_v"].cast(kind)

    return Derived(
        name=f"marche_{column}",
        type="date" if kind == pl.Date else "number",
        title=title,
        description=f"{column} du marché auquel se rattache l'acte.",
        tables=("subcontracts",),
        across=across,
        needs=("contracts",),
    )


def _subcontracted(frame: pl.DataFrame, related: Related) -> pl.Series:
    """The sum of the acts in force, in cents then euros: floats are not summed."""
    acts = related["subcontracts"].sort("uid", "acte_rang", "version")
    current = acts.unique(["uid", "acte_rang"], keep="last", maintain_order=True)
    cents = current.group_by("uid").agg((pl.col("montant") * 100).round().sum().alias("_c"))
    joined = frame.select("uid").join(cents, on="uid", how="left", maintain_order="left")
    return joined.select(pl.col("_c") / 100).to_series()


_CONTRACTS = ("contracts",)

DERIVED_LINKS: tuple[Derived, ...] = (
    Derived(
        name="contrats_meme_identifiant",
        type="integer",
        title="Contrats de même identifiant",
        description="Nombre de contrats du même acheteur qui portent le même identifiant publié.",
        tables=BUYERS,
        make=_same_id,
    ),
    Derived(
        name="cpv_groupe_connu",
        type="boolean",
        title="Groupe CPV connu",
        description="Vrai si les trois premiers chiffres du code CPV sont une division ou un groupe du vocabulaire ; "
        "vide si le code n'a pas huit chiffres.",
        tables=BUYERS,
        make=_group_is_known,
    ),
    Derived(
        name="origine_obligatoire",
        type="boolean",
        title="Origine à déclarer",
        description="Vrai si le code CPV est de ceux dont l'origine des produits doit être déclarée.",
        tables=_CONTRACTS,
        make=_origin_is_due,
    ),
    Derived(
        name="accord_cadre_connu",
        type="boolean",
        title="Accord-cadre publié",
        description="Vrai si l'accord-cadre cité est parmi les marchés de l'acheteur ; vide si aucun n'est cité.",
        tables=_CONTRACTS,
        make=_framework_is_known,
    ),
    Derived(
        name="accord_cadre_dateNotification",
        type="date",
        title="Notification de l'accord-cadre",
        description="Date de notification de l'accord-cadre cité ; vide s'il n'est pas publié.",
        tables=_CONTRACTS,
        across=_framework_date,
    ),
    Derived(
        name="accord_cadre_declare",
        type="boolean",
        title="Accord-cadre déclaré",
        description="Vrai si le marché cité comme accord-cadre se déclare tel ; vide s'il n'est pas publié.",
        tables=_CONTRACTS,
        across=_framework_declared,
    ),
    Derived(
        name="marches_annee_precedente",
        type="integer",
        title="Marchés de l'année précédente",
        description="Sur le premier marché de chaque année, nombre de marchés notifiés l'année précédente ; vide "
        "ailleurs, et pour les deux premières années.",
        tables=_CONTRACTS,
        across=_year_before,
    ),
    Derived(
        name="marches_par_an",
        type="number",
        title="Marchés par an",
        description="Nombre médian de marchés notifiés par an.",
        tables=_CONTRACTS,
        across=_by_year,
    ),
    Derived(
        name="montant_sous_traite",
        type="number",
        title="Montant sous-traité",
        description="Somme des montants en vigueur des actes de sous-traitance publiés ; vide sans acte.",
        tables=_CONTRACTS,
        across=_subcontracted,
        needs=("subcontracts",),
    ),
    _of_contract("dateNotification", "Notification du marché", pl.Date()),
    _of_contract("montant_actuel", "Montant actuel du marché", pl.Float64()),
)
