"""Files that change shape: fields that appear, disappear or are filled otherwise, formats, labels never seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import sqrt

import polars as pl

from procurement_assets.decp.codelists import CodeList, fold
from procurement_assets.quality.sql import code_lists
from procurement_assets.quality.watch.profiles import Profile
from procurement_assets.quality.watch.signals import ALERT

FEW = 30
"""Records below which a file says nothing of its fields."""
JUMP = 0.15
"""A fill rate that moves by this share is a jump,"""
LIMIT = 4.0
"""when chance does not explain it: so many deviations of the difference of two shares."""
PRESENT = 0.02
"""A field filled in this share of the records is there; it appears or disappears when the other file has none."""

ADVICE = {
    "format": "Vérifier que la source annonce ce changement ; relire un fichier entier avant de publier.",
    "schema": "Demander à la source si le champ a changé de nom ou de règle ; adapter la lecture s'il le faut.",
    "code_nouveau": "Le signaler à la source ; si c'est un libellé réglementaire récent, l'ajouter aux listes.",
}
OF_THE_LISTS = "Vérifier que cet emploi nouveau est voulu ; rien à corriger s'il l'est."
"""What to do of a label of the regulation that a source had never used."""


def drifts(current: Iterable[Profile], kept: Sequence[Profile]) -> pl.DataFrame:
    """Alerts (columns of `ALERT`): each current file against the one before it.

    The one before: of the same source and title, else of the source, the newest of those dated before it.
    """
    rows: list[dict[str, object]] = []
    for profile in current:
        before = predecessor(profile, kept)
        if before is not None:
            earlier = [p for p in kept if p.source == profile.source and _order(p) < _order(profile)]
            rows += _format(before, profile)
            rows += _fields(before, profile)
            rows += _labels(earlier, profile)
    return pl.DataFrame(rows, schema=ALERT).sort("source", "signal", "detail")


def _order(profile: Profile) -> tuple[str, str, str]:
    return (profile.fichier_date, profile.fichier, profile.sha256)


def predecessor(profile: Profile, kept: Sequence[Profile]) -> Profile | None:
    """The file that a file is compared with; None for the first of its source."""
    earlier = [p for p in kept if p.source == profile.source and _order(p) < _order(profile)]
    same = [p for p in earlier if p.fichier == profile.fichier]
    return max(same or earlier, key=_order, default=None)


def _row(
    profile: Profile, signal: str, detail: str, now: float, then: float, severity: str, message: str, advice: str = ""
) -> dict[str, object]:
    return {
        "source": profile.source,
        "signal": signal,
        "mois": "",
        "detail": f"{profile.fichier} : {detail}",
        "observe": round(now, 4),
        "attendu_bas": round(then, 4),
        "attendu_haut": round(then, 4),
        "severity": severity,
        "actuel": True,
        "message": f"{profile.source}, {profile.fichier} : {message}",
        "advice": advice or ADVICE[signal],
    }


def _percent(share: float) -> str:
    return f"{100 * share:.0f}\u202f%"


def _format(before: Profile, after: Profile) -> Iterator[dict[str, object]]:
    for what, old, new in (("format", before.formats, after.formats), ("disposition", before.layouts, after.layouts)):
        for name in sorted(set(new) - set(old)):
            share = new[name] / sum(new.values())
            text = f"{what} {name}, absent du fichier précédent ({before.fichier} : {', '.join(old)})."
            yield _row(after, "format", f"{what} {name}", share, 0.0, "critical", text)
    old_share, new_share = (p.tolerant / max(sum(p.records.values()), 1) for p in (before, after))
    if new_share - old_share > PRESENT:
        text = f"{_percent(new_share)} des enregistrements ne suivent plus le schéma, contre {_percent(old_share)}."
        yield _row(after, "format", "lecture tolérante", new_share, old_share, "warning", text)


def _fields(before: Profile, after: Profile) -> Iterator[dict[str, object]]:
    if not set(before.formats) & set(after.formats):
        return  # another format has other fields: that is said once
    for kind in sorted(set(before.records) & set(after.records)):
        old_n, new_n = before.records[kind], after.records[kind]
        if min(old_n, new_n) < FEW:
            continue
        old, new = before.fields.get(kind, {}), after.fields.get(kind, {})
        for field in sorted(set(old) | set(new)):
            then, now = old.get(field, 0) / old_n, new.get(field, 0) / new_n
            if (change := _change(then, now, old_n, new_n)) is not None:
                severity = "critical" if change == "a disparu" else "warning"
                rates = f"rempli à {_percent(now)}, contre {_percent(then)} auparavant"
                text = f"le champ {field} ({kind}) {change} : {rates}."
                yield _row(after, "schema", f"{kind}.{field}", now, then, severity, text)


def _change(then: float, now: float, old_n: int, new_n: int) -> str | None:
    """What became of a field; None where nothing did, or where chance explains it."""
    both = (then * old_n + now * new_n) / (old_n + new_n)
    chance = sqrt(both * (1 - both) * (1 / old_n + 1 / new_n))
    if abs(now - then) <= LIMIT * chance:
        return None
    if now == 0 and then >= PRESENT:
        return "a disparu"
    if then == 0 and now >= PRESENT:
        return "est apparu"
    if abs(now - then) >= JUMP:
        return "est rempli autrement"
    return None


def _labels(earlier: Sequence[Profile], after: Profile) -> Iterator[dict[str, object]]:
    """Labels that no earlier file of the source has; folded, so that another way to write one is not a new one."""
    official = {fold(label) for labels in code_lists().values() for label in labels} | _synonyms()
    for field, labels in after.codes.items():
        seen = {fold(label) for p in earlier for label in p.codes.get(field, {})}
        if not seen:
            continue
        for label, count in labels.items():
            if fold(label) not in seen and label.strip():
                known = fold(label) in official
                words = "libellé réglementaire jamais vu" if known else "libellé inconnu de la réglementation"
                text = f"{field} : « {label} », {words} dans cette source ({count} fois)."
                severity, advice = ("info", OF_THE_LISTS) if known else ("warning", "")
                yield _row(after, "code_nouveau", f"{field} = {label}", count, 0, severity, text, advice)


def _synonyms() -> set[str]:
    from procurement_assets.decp import codelists

    lists = [v for v in vars(codelists).values() if isinstance(v, CodeList)]
    return {fold(word) for found in lists for word in found.synonyms}
