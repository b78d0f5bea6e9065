"""Applying the working group's corrections to the normalised contracts, after identity and before everything else.

A correction says which published value it corrects. It is applied where the source still publishes that value; where
the source already says what it says, it has no object; where the source has since published a third value, the source's
newer value is kept and the contradiction is reported (docs/decisions.md, "Corrections"). Contracts are made from the
sources at each run, so a correction is never applied twice and removing its file undoes it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from procurement_assets.decp.correctable import RefusedValueError, field_of, read_published, read_value, same, show
from procurement_assets.decp.model import Contract, Operateur
from procurement_assets.decp.paths import NoSuchFieldError, get, put, steps
from procurement_assets.decp.rules import Repair
from procurement_assets.decp.siren_forms import SEPARATORS
from procurement_assets.decp.versions import order_modifications

RULE = "correction."
"""Rules of `repairs` that are corrections start so, then the correction's digest."""


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a correction file, well-formed: what is corrected, by whom, when and why."""

    uid: str
    path: str
    published: str | None
    """The published value it corrects, as written in the file."""
    value: str
    author: str
    date: str
    """`YYYY-MM-DD`."""
    reason: str
    fichier: str
    feuille: str
    ligne: int
    file_sha256: str

    @property
    def digest(self) -> str:
        """Ten characters of what the correction says: the same line in another file is the same correction."""
        said = (self.uid, self.path, self.published, self.value, self.author, self.date, self.reason)
        return hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:10]

    @property
    def place(self) -> tuple[str, str, int]:
        """Where it was read."""
        return (self.fichier, self.feuille, self.ligne)


class Outcome(msgspec.Struct, frozen=True):
    """What became of a correction."""

    correction: Correction
    status: str
    reason: str | None = None
    source_value: str | None = None


class Corrections:
    """The corrections of a publisher by contract, and the outcome of each once every contract was seen."""

    def __init__(self, corrections: Iterable[Correction] = ()) -> None:
        self.by_uid: dict[str, list[Correction]] = defaultdict(list)
        for c in corrections:
            self.by_uid[c.uid].append(c)
        self.outcomes: list[Outcome] = []
        ids = [c.value for found in self.by_uid.values() for c in found if c.path.endswith("].id")]
        self.typed = {text for value in ids for text in (value, SEPARATORS.sub("", value))}
        """Identifiers that corrections bring."""

    def apply(self, contract: Contract) -> tuple[Contract, list[Repair]]:
        """The contract with its corrections, and their repairs. The contract itself where it has none."""
        mine = self.by_uid.pop(contract.uid, None)
        if mine is None:
            return contract, []
        corrected, outcomes, repairs = apply(contract, mine)
        self.outcomes.extend(outcomes)
        return corrected, repairs

    def finish(self) -> list[Outcome]:
        """Every outcome, those of contracts that no source publishes included, in order of place."""
        for uid, left in self.by_uid.items():
            self.outcomes.extend(Outcome(c, "refusée", f"aucun contrat ne porte l'identifiant {uid}") for c in left)
        self.by_uid.clear()
        return sorted(self.outcomes, key=lambda o: o.correction.place)


def apply(contract: Contract, corrections: Sequence[Correction]) -> tuple[Contract, list[Outcome], list[Repair]]:
    """Apply the corrections of one contract.

    Of two corrections of one field the later dated that can be used is applied; one that is refused or contradicted
    replaces none. Ranks in paths are those of the contract as published: modifications are put in order again only
    after every value is in place.
    """
    outcomes: list[Outcome] = []
    repairs: list[Repair] = []
    current = contract
    for same_field in _by_field(corrections):
        while same_field:
            *others, chosen = same_field
            outcome, current, repair = _apply_one(current, contract, chosen, others)
            outcomes.append(outcome)
            repairs.extend(repair)
            unusable = outcome.status in ("refusée", "contredite")
            replaced = [o for o in others if not unusable or o.digest == chosen.digest]
            outcomes.extend(Outcome(o, "remplacée", _replaced_by(o, chosen), outcome.source_value) for o in replaced)
            same_field = [o for o in others if o not in replaced]
    return (current if current is contract else _tidy(current)), outcomes, repairs


def _tidy(contract: Contract) -> Contract:
    """A corrected contract as cleaning leaves one: no holder without id and name, modifications in order."""
    return msgspec.structs.replace(
        contract,
        titulaires=_named(contract.titulaires),
        modifications=order_modifications(
            [msgspec.structs.replace(m, titulaires=_named(m.titulaires) or None) for m in contract.modifications]
        ),
    )


def _named(operators: Sequence[Operateur] | None) -> list[Operateur]:
    return [t for t in operators or () if t.id or t.denominationSociale]


def _by_field(corrections: Sequence[Correction]) -> list[list[Correction]]:
    """The corrections of each field, the one to apply last; types of identifiers before the identifiers."""
    by_path: dict[str, list[Correction]] = defaultdict(list)
    for c in corrections:
        by_path[c.path].append(c)
    # Ties of one day end on what is said, then on the place: never on the order of reading.
    return [
        sorted(by_path[path], key=lambda c: (c.date, c.digest, c.place))
        for path in sorted(by_path, key=lambda p: (not p.endswith("typeIdentifiant"), p))
    ]


def _replaced_by(old: Correction, new: Correction) -> str:
    where = f"{new.fichier}, ligne {new.ligne}"
    if old.value == new.value:
        return f"répétée dans {where}"
    return f"remplacée par la correction du {new.date} de {new.author} ({where})"


def _apply_one(
    current: Contract, source: Contract, c: Correction, others: Sequence[Correction]
) -> tuple[Outcome, Contract, list[Repair]]:
    """The outcome of one correction, judged on what the source publishes.

    A file made after an earlier correction shows that correction's value as the one published: it is then the one
    corrected (`others`).
    """
    try:
        # A second holder to add has its place only once the first is there.
        published = get(current if _added(source, c.path) else source, c.path)
        value = read_value(current, c.path, c.value)
        changed = put(current, c.path, value)
    except NoSuchFieldError:
        reason = f"le contrat n'a pas de champ « {c.path} »"
        return Outcome(c, "refusée", reason), current, []
    except RefusedValueError as error:
        known = field_of(source, c.path) and not _added(source, c.path)
        shown = show(get(source, c.path)) if known else None
        return Outcome(c, "refusée", str(error), shown), current, []
    shown = show(published)
    if same(published, value):
        return Outcome(c, "sans objet", "la source publie déjà cette valeur", shown), current, []
    corrected = read_published(source, c.path, c.published)
    earlier = [read_published(source, o.path, o.value) for o in others]
    if not same(published, corrected) and not any(same(corrected, value) for value in earlier):
        told = f"la source publie maintenant « {shown or '(vide)'} », ni la valeur corrigée ni la correction"
        return Outcome(c, "contredite", told, shown), current, []
    return (
        Outcome(c, "appliquée", None, shown),
        changed,
        [Repair(c.path, RULE + c.digest, _scalar(published), _scalar(value))],
    )


def _added(source: Contract, path: str) -> bool:
    """Whether a path names a holder beyond those of the source."""
    name, rank = steps(path)[0]
    return name == "titulaires" and rank is not None and rank > len(source.titulaires)


def _scalar(value: Any) -> Any:
    return show(value) if isinstance(value, list) else value


def correction_row(outcome: Outcome) -> dict[str, Any]:
    """The row of `corrections` for an outcome."""
    c = outcome.correction
    return {
        "fichier": c.fichier,
        "feuille": c.feuille,
        "ligne": c.ligne,
        "file_sha256": c.file_sha256,
        "correction": c.digest,
        "statut": outcome.status,
        "raison": outcome.reason,
        "uid": c.uid,
        "champ": c.path,
        "valeur_publiee": c.published,
        "valeur_corrigee": c.value,
        "auteur": c.author,
        "date": c.date,
        "motif": c.reason,
        "valeur_source": outcome.source_value,
    }


def received(rows: Iterable[Mapping[str, Any]]) -> tuple[list[Correction], list[dict[str, Any]]]:
    """From the rows of `corrections_recues`: the corrections, and the rows of `corrections` of the lines refused."""
    found: list[Correction] = []
    refused: list[dict[str, Any]] = []
    for row in rows:
        if row["refus"] is not None:
            kept = {k: v for k, v in row.items() if k != "refus"}
            refused.append(kept | {"statut": "refusée", "raison": row["refus"]})
            continue
        found.append(
            Correction(
                uid=row["uid"],
                path=row["champ"],
                published=row["valeur_publiee"],
                value=row["valeur_corrigee"],
                author=row["auteur"],
                date=row["date"],
                reason=row["motif"],
                fichier=row["fichier"],
                feuille=row["feuille"],
                ligne=row["ligne"],
                file_sha256=row["file_sha256"],
            )
        )
    return found, refused
