"""What the report says of repairs, suggestions and the working group's corrections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from procurement_assets.decp.rules import CLEANING_RULES
from procurement_assets.schema.corrections import STATUSES

TOLD = 10
"""Corrections that are told line by line."""
NOT_TOLD = ("text.space", "zero.unknown")
"""Rules of form that change thousands of values and need nobody's attention: counted together."""
OTHER = "Espaces réduits, zéros qui valent inconnu"


@dataclass(frozen=True)
class Counted:
    """A rule and what it did."""

    title: str
    confidence: str
    values: int
    contracts: int


@dataclass(frozen=True)
class Repairs:
    """The figures of the section."""

    repairs: tuple[Counted, ...]
    suggestions: tuple[Counted, ...]
    corrections: tuple[tuple[str, int], ...]
    """Status and count, in the order of the statuses."""
    to_see: tuple[dict[str, str], ...]
    """The first corrections refused or contradicted: fichier, ligne, statut, champ, raison."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was changed, proposed or received."""
        return not (self.repairs or self.suggestions or self.corrections)


def repairs_of(tables: Mapping[str, pl.DataFrame]) -> Repairs:
    """The section's figures, from `repairs`, `suggestions` and `corrections` (each optional)."""
    corrections = tables.get("corrections_traitees", pl.DataFrame())
    statuses = dict(corrections["statut"].value_counts().iter_rows()) if corrections.height else {}
    return Repairs(
        repairs=_counted(tables.get("repairs", pl.DataFrame())),
        suggestions=_counted(tables.get("suggestions", pl.DataFrame())),
        corrections=tuple((s, int(statuses[s])) for s in STATUSES if s in statuses),
        to_see=_to_see(corrections),
    )


def _title(rule: str) -> str:
    known = CLEANING_RULES.get(rule)
    return known.title if known else "Correction du groupe de travail" if rule.startswith("correction.") else rule


def _counted(frame: pl.DataFrame) -> tuple[Counted, ...]:
    """Rows of `rule`, `confiance`, `uid` counted by title, the most frequent first."""
    if frame.is_empty():
        return ()
    titles = {rule: OTHER if rule in NOT_TOLD else _title(rule) for rule in frame["rule"].unique()}
    counted = (
        frame.with_columns(pl.col("rule").replace_strict(titles).alias("titre"))
        .group_by("titre", "confiance")
        .agg(pl.len(), pl.col("uid").n_unique())
        .sort("len", "titre", "confiance", descending=[True, False, False])
    )
    return tuple(Counted(str(t), str(c or ""), int(n), int(u)) for t, c, n, u in counted.iter_rows())


def _to_see(corrections: pl.DataFrame) -> tuple[dict[str, str], ...]:
    if corrections.is_empty():
        return ()
    shown = corrections.filter(pl.col("statut").is_in(["refusée", "contredite"]))
    names = ["fichier", "ligne", "statut", "champ", "raison"]
    rows = shown.sort("fichier", "feuille", "ligne").head(TOLD).select(pl.col(names).cast(pl.String).fill_null(""))
    return tuple(rows.to_dicts())
