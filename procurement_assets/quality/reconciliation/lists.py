"""Reading of a publisher's own list of contracts: any columns, JSON or CSV, into one frame with known columns.

What cannot be read leaves an empty value or, for a whole list, a reason in French: it never stops the rest.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec
import polars as pl

from procurement_assets.decp.codelists import fold
from procurement_assets.lake import Lake
from procurement_assets.publishers import ContractList, Source
from procurement_assets.quality.spreadsheet import decoded
from procurement_assets.sources.manifest import ManifestRow

log = logging.getLogger(__name__)

LIST_SCHEMA: dict[str, pl.DataType] = {
    "liste": pl.String(),
    "ligne": pl.Int64(),
    "numero": pl.String(),
    "annee": pl.Int64(),
    "objet": pl.String(),
    "titulaire": pl.String(),
    "titulaire_nom": pl.String(),
    "plusieurs": pl.Boolean(),
    "montant_min": pl.Float64(),
    "montant_max": pl.Float64(),
    "date": pl.Date(),
    "perimetre": pl.String(),
}
"""One row per row of a list. `titulaire`: SIRET (14) or SIREN (9), empty where there are several or none.
`montant_*` in euros. `ligne` is the rank in the list sorted by content: the order of the file decides nothing."""

_FIELDS = {
    "numero": "number",
    "objet": "title",
    "titulaire": "holder_id",
    "titulaire_nom": "holder_name",
    "montant_min": "amount_min",
    "montant_max": "amount_max",
    "date": "date",
    "annee": "year",
    "plusieurs": "several",
    "perimetre": "perimeter",
}
SEVERAL = "#"
"""What the City's list has for a holder where there are several (research/data.md §3)."""


class ListError(ValueError):
    """A list cannot be used; one line in French: which, why."""


@dataclass(frozen=True, eq=False)
class Lists:
    """The lists of a publisher, and those that could not be read."""

    frame: pl.DataFrame
    """Columns of `LIST_SCHEMA`."""
    read: tuple[str, ...] = ()
    """Ids of the lists read."""
    unusable: Mapping[str, str] = field(default_factory=dict)
    """Id of a list to the reason why it says nothing."""


def read_lists(lake: Lake, sources: Iterable[Source], manifest: Iterable[ManifestRow]) -> Lists:
    """Every list of contracts among the sources, from the raw files that the manifest names."""
    rows = list(manifest)
    frames: list[pl.DataFrame] = []
    unusable: dict[str, str] = {}
    read: list[str] = []
    for source in sources:
        if source.contract_list is None:
            continue
        held = sorted({r.sha256 for r in rows if r.source == source.id and r.sha256 and r.status != "ignored"})
        try:
            if not held:
                raise ListError("aucun fichier n'est disponible dans le lac")
            parts = [parse_list(lake.raw(sha).read_bytes(), source.contract_list) for sha in held]
        except (ListError, FileNotFoundError) as error:
            unusable[source.id] = f"liste {source.id} : {error}"
            continue
        frames.append(_numbered(pl.concat(parts), source.id))
        read.append(source.id)
    frame = pl.concat(frames) if frames else pl.DataFrame(schema=LIST_SCHEMA)
    return Lists(frame, tuple(read), unusable)


def parse_list(data: bytes, columns: ContractList) -> pl.DataFrame:
    """The rows of one file, without `liste` and `ligne`. Raises `ListError`."""
    texts = raw_columns(data)
    names = {_name(c): c for c in reversed(texts.columns)}
    found = {
        ours: next((names[_name(n)] for n in getattr(columns, theirs) if _name(n) in names), None)
        for ours, theirs in _FIELDS.items()
    }
    if not found["numero"] and not (found["date"] and found["montant_max"]):
        have = ", ".join(texts.columns[:20])
        raise ListError(f"ni numéro de marché, ni date et montant ; colonnes lues : {have}")
    bare = {ours: pl.col(theirs) if theirs else pl.lit(None, pl.String) for ours, theirs in found.items()}
    return _typed(texts.select(**bare))


def _name(text: str) -> str:
    return fold(text).replace(" ", "_")


def raw_columns(data: bytes) -> pl.DataFrame:
    """A file as columns of text, under its own names. Raises `ListError`."""
    if not data.strip():
        raise ListError("le fichier est vide")
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")
    return _json(start) if start[:1] in (b"[", b"{") else _csv(start)


def _json(data: bytes) -> pl.DataFrame:
    try:
        if data[:1] == b"[":
            found: list[object] = msgspec.json.decode(data, type=list[object])
        else:
            found = msgspec.json.Decoder(object).decode_lines(data)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise ListError(f"JSON illisible : {error}") from error
    rows = [row for row in found if isinstance(row, dict)]
    names = list(dict.fromkeys(n for row in rows for n in row))
    if not names:
        raise ListError("la liste n'a aucune ligne")
    if len(rows) < len(found):
        # A row that is no object holds no contract: the others are compared all the same.
        log.warning("list of contracts: %d of %d elements are no objects", len(found) - len(rows), len(found))
    return pl.DataFrame({n: [_text(row.get(n)) for row in rows] for n in names}, schema=dict.fromkeys(names, pl.String))


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "oui" if value else "non"
    return str(value) if isinstance(value, int | float) else msgspec.json.encode(value).decode()


def _csv(written: bytes) -> pl.DataFrame:
    data = decoded(written).encode()
    header = data.split(b"\n", 1)[0]
    separator = max((";", ",", "\t", "|"), key=lambda s: header.count(s.encode()))
    try:
        return pl.read_csv(data, separator=separator, infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise ListError(f"CSV illisible : {' '.join(str(error).split())[:200]}") from error


def _typed(texts: pl.DataFrame) -> pl.DataFrame:
    day = pl.col("date").str.strip_chars().str.slice(0, 10)
    read_day = pl.coalesce(day.str.to_date("%Y-%m-%d", strict=False), day.str.to_date("%d/%m/%Y", strict=False))
    holder = pl.col("titulaire").str.replace_all(r"[\s\u00a0.\-]", "")
    # A SIRET read as a number loses its leading zero.
    padded = pl.when(holder.str.contains(r"^\d{13}$")).then("0" + holder).otherwise(holder)
    several = fold_expr(pl.col("plusieurs")).is_in(["oui", "true", "1", "vrai"])
    typed = texts.with_columns(
        numero=_full(pl.col("numero").str.replace_all(r"[\s\u00a0]", "").str.to_uppercase()),
        objet=_full(pl.col("objet").str.strip_chars()),
        titulaire=pl.when(padded.str.contains(r"^(\d{14}|\d{9})$")).then(padded),
        titulaire_nom=_full(pl.col("titulaire_nom").str.strip_chars()),
        plusieurs=several.fill_null(False) | (holder == SEVERAL).fill_null(False),
        montant_min=_amount("montant_min"),
        montant_max=_amount("montant_max"),
        date=read_day,
        annee=pl.coalesce(
            pl.col("annee").str.extract(r"^\s*(\d{4})").cast(pl.Int64), read_day.dt.year().cast(pl.Int64)
        ),
        perimetre=_full(pl.col("perimetre").str.strip_chars()),
    )
    return typed.select(n for n in LIST_SCHEMA if n not in ("liste", "ligne"))


def _full(value: pl.Expr) -> pl.Expr:
    return pl.when(value != "").then(value)


def _amount(name: str) -> pl.Expr:
    """An amount written with spaces, points or commas between thousands, or a currency sign."""
    text = pl.col(name).str.replace_all(r"[\s\u00a0\u202f€]", "")
    # The last of the two signs is the decimal one (1,234.56 and 1.234,56); a sign that comes twice parts thousands.
    text = (
        pl.when(text.str.contains(r",.*\.") | text.str.contains(r"^[^.]*,[^.]*,[^.]*$"))
        .then(text.str.replace_all(",", "", literal=True))
        .when(text.str.contains(r"\..*,") | text.str.contains(r"^[^,]*\.[^,]*\.[^,]*$"))
        .then(text.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True))
        .otherwise(text.str.replace(",", ".", literal=True))
    )
    number = text.cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number)


def fold_expr(value: pl.Expr) -> pl.Expr:
    """`decp.codelists.fold` on a whole column: no case, accents, punctuation or repeated spaces."""
    bare = value.str.replace_all("[œŒ]", "oe").str.normalize("NFKD").str.replace_all(r"\p{M}", "")
    return bare.str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars()


def _numbered(frame: pl.DataFrame, source: str) -> pl.DataFrame:
    ordered = frame.unique(maintain_order=False).sort(frame.columns, nulls_last=True)
    return ordered.with_columns(liste=pl.lit(source), ligne=pl.int_range(1, pl.len() + 1, dtype=pl.Int64)).select(
        list(LIST_SCHEMA)
    )
