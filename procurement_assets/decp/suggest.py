"""Suggestions: values that look wrong and what was probably meant. Never applied; a person accepts them.

Each names its rule, its confidence and its reason in French. Amounts have none: no rule knows an amount.
Sources: research/decp.md §1.6, §1.7 (dates `0218`, `5021`), §1.9 (CPV), research/data.md §3 (identifiers).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache

import msgspec

from procurement_assets.decp.clean_values import FIRST_YEAR, LAST_YEAR, Cleaner
from procurement_assets.decp.correctable import FIELDS, show
from procurement_assets.decp.cpv import DIVISIONS, is_cpv, lost_zero
from procurement_assets.decp.model import Contract, Operateur
from procurement_assets.decp.paths import get
from procurement_assets.decp.rules import Repair
from procurement_assets.decp.siren import Confidence, Recovered, suggested_type

Found = tuple[str, Operateur, Recovered]
"""Path of a holder or subcontractor, what was published, what its malformed identifier is."""
CLOSE = 0.84
"""Likeness of a label to one of its list above which it is proposed (difflib's ratio)."""
NEAR_DAYS = 730
"""Days between a proposed date and another of the contract that make it probable."""
_YEAR_FIRST = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_DAY_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


class Suggestion(msgspec.Struct, frozen=True):
    """A value and what is proposed in its place."""

    path: str
    published: str | None
    proposed: str
    rule: str
    confidence: Confidence
    reason: str


def suggestions(contract: Contract, repairs: Iterable[Repair], found: Iterable[Found]) -> Iterator[Suggestion]:
    """Every suggestion for a contract.

    `repairs`: those of the record it was made from. `found`: what its malformed identifiers are.
    """
    for path, who, recovered in found:
        yield from _identifier(path, who, recovered)
    for repair in repairs:
        if repair.rule in ("date.incredible", "date.invalid"):
            yield from _date(contract, repair)
    yield from _cpv(contract)
    yield from _labels(contract)


def holders(contract: Contract) -> Iterator[tuple[str, Operateur]]:
    """Every holder and subcontractor with its path."""
    for i, t in enumerate(contract.titulaires):
        yield f"titulaires[{i}]", t
    for i, m in enumerate(contract.modifications):
        for j, t in enumerate(m.titulaires or ()):
            yield f"modifications[{i}].titulaires[{j}]", t
    for i, a in enumerate(contract.actesSousTraitance):
        if a.sousTraitant is not None:
            yield f"actesSousTraitance[{i}].sousTraitant", a.sousTraitant


def _identifier(path: str, who: Operateur, found: Recovered) -> Iterator[Suggestion]:
    if found.fills:
        return
    if found.siren is not None:
        yield Suggestion(f"{path}.id", who.id, found.siren, found.rule, found.confidence, found.reason)
        return
    kind = suggested_type(found.country)
    if kind is not None and kind != who.typeIdentifiant:
        yield Suggestion(
            f"{path}.typeIdentifiant", who.typeIdentifiant, kind, found.rule, "probable", f"{found.reason} : {who.id}"
        )


def _date(contract: Contract, repair: Repair) -> Iterator[Suggestion]:
    path = _place_of_date(contract, repair.path)
    if path is None:
        return
    text = str(repair.original)
    candidates = sorted({c for c in _readings(text) if Cleaner().date(path, c) == c})
    known = _days(contract)
    near = [c for c in candidates if any(abs(_days_between(c, k)) <= NEAR_DAYS for k in known)]
    chosen = near or candidates
    if len(chosen) != 1:
        return
    sure: Confidence = "probable" if near else "possible"
    why = "proche des autres dates du contrat" if near else "seule lecture possible"
    yield Suggestion(path, text, chosen[0], "date.annee", sure, f"date impossible ; {why}")


def _place_of_date(contract: Contract, path: str) -> str | None:
    """The path in the normalised contract of a date that a rule emptied; None where it cannot be told.

    Modifications are put in order, so the rank in the record is not the rank in the contract: the only one without
    this date is the one.
    """
    if path == "dateSignature" and contract.kind == "marche":
        return "dateNotification"
    if not path.startswith("modifications["):
        return path if "[" not in path and path in FIELDS[contract.kind] else None
    name = path.rpartition(".")[2]
    empty = [
        i for i, m in enumerate(contract.modifications) if name in m.__struct_fields__ and getattr(m, name) is None
    ]
    return f"modifications[{empty[0]}].{name}" if len(empty) == 1 else None


def _readings(text: str) -> Iterator[str]:
    """Dates that a slip of one key turns into `text`: two digits of the year swapped, its first digit wrong, day and
    month swapped."""
    if m := _YEAR_FIRST.match(text):
        year, month, day = m.groups()
    elif m := _DAY_FIRST.match(text):
        day, month, year = m.groups()
    else:
        return
    month, day = month.zfill(2), day.zfill(2)
    years = {year[:i] + year[i + 1] + year[i] + year[i + 2 :] for i in range(3)} | {"2" + year[1:]}
    if FIRST_YEAR <= int(year) <= LAST_YEAR:
        yield f"{year}-{day}-{month}"
    else:
        yield from (f"{y}-{month}-{day}" for y in years if "2000" <= y <= "2049")


def _days(contract: Contract) -> list[str]:
    found = [contract.date, contract.datePublicationDonnees]
    found += [d for m in contract.modifications for d in (m.date, m.datePublicationDonneesModification)]
    return [d for d in found if d]


def _days_between(a: str, b: str) -> int:
    return (date.fromisoformat(a) - date.fromisoformat(b)).days


def _cpv(contract: Contract) -> Iterator[Suggestion]:
    code = contract.codeCPV
    if code is None or is_cpv(code):
        return
    digits = re.sub(r"\D", "", code)
    if len(digits) == 9 and digits[:2] in DIVISIONS:
        yield Suggestion("codeCPV", code, digits[:8], "cpv.cle-collee", "probable", "clé collée au code CPV")
    elif lost_zero(code) is not None:
        reason = "zéro initial perdu, ou dernier chiffre : ce fichier a d'autres codes de sept chiffres"
        yield Suggestion("codeCPV", code, "0" + code, "cpv.zero-perdu", "possible", reason)
    elif len(digits) in (6, 7) and "0" + digits[:1] in DIVISIONS and digits[:2] not in DIVISIONS:
        padded = ("0" + digits).ljust(8, "0")
        yield Suggestion("codeCPV", code, padded, "cpv.zero-perdu", "possible", "zéro initial perdu")
    elif 2 <= len(digits) < 8 and digits[:2] in DIVISIONS:
        padded = digits.ljust(8, "0")
        yield Suggestion("codeCPV", code, padded, "cpv.tronque", "possible", "code CPV de moins de huit chiffres")


@lru_cache(maxsize=8)
def _label_fields(kind: str, format_: str) -> tuple[tuple[str, frozenset[str], tuple[str, ...]], ...]:
    """The coded fields of a contract itself, with the labels of each."""
    asked = Contract(kind=kind, format=format_, uid="", id="", acheteur_id="")  # type: ignore[arg-type]
    found = [
        (path, field.labels(asked).labels)
        for path, field in FIELDS[kind].items()
        if field.labels is not None and "[" not in path
    ]
    return tuple((path, frozenset(labels), labels) for path, labels in found)


def _labels(contract: Contract) -> Iterator[Suggestion]:
    for path, known, allowed in _label_fields(contract.kind, contract.format):
        value = get(contract, path) if "." in path else getattr(contract, path)
        if value is None or (known.issuperset(value) if isinstance(value, list) else value in known):
            continue
        unknown = next(v for v in (value if isinstance(value, list) else [value]) if v not in known)
        best = _closest(unknown, allowed)
        if best is None:
            continue
        proposed = [best if v == unknown else v for v in value] if isinstance(value, list) else best
        reason = f"« {unknown} » n'est pas dans la liste"
        yield Suggestion(path, show(value), show(proposed) or "", "code.proche", "probable", reason)


@lru_cache(maxsize=4096)
def _closest(label: str, allowed: tuple[str, ...]) -> str | None:
    """The label of a list that another one looks like."""
    return next(iter(difflib.get_close_matches(label, allowed, n=1, cutoff=CLOSE)), None)
