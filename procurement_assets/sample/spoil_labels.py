"""Classes of defect on texts, labels, places, modifications and subcontracting. What each is: defects.toml."""

from __future__ import annotations

from collections.abc import Sequence

from procurement_assets.decp.raw import Scalar
from procurement_assets.sample.draw import day, iso
from procurement_assets.sample.layouts_2019 import upper_bare
from procurement_assets.sample.shapes import BACKSLASH, CONTROL, NAN, QUOTE
from procurement_assets.sample.spoil_values import iso_date
from procurement_assets.sample.work import Work, spoils

_OLD_PROCEDURES = {
    "Procédure avec négociation": (
        "Procédure négociée avec mise en concurrence préalable",
        "Procédure négociée avec mise en concurrence préalable",
        "Procédure concurrentielle avec négociation",
    ),
    "Marché passé sans publicité ni mise en concurrence préalable": (
        "Marché public négocié sans publicité ni mise en concurrence préalable",
        "Marché négocié sans publicité ni mise en concurrence préalable",
    ),
}
_ACCENTS = str.maketrans(dict.fromkeys("éèêëàâçùûôîïœÉÈÊÀÂÇÙÔÎ'’", "\ufffd"))
_LONG = " Cette prestation comprend toutes les sujétions d'exécution."
_MARKS = {"bytes.backslash": BACKSLASH, "bytes.control": CONTROL, "bytes.quote": QUOTE}


def _objet(work: Work, dirty: str, *, over: bool = False) -> object:
    return work.field("objet", dirty, over=over)


@spoils("text.replacement-character")
def _replacement(work: Work) -> object:
    for name in ("objet", "acheteur_nom"):
        text = getattr(work.record, name)
        if isinstance(text, str):
            work.field(name, text.translate(_ACCENTS), over=True)
    return None


@spoils("text.mojibake")
def _mojibake(work: Work) -> object:
    return _objet(work, str(work.record.objet).encode().decode("cp1252", "replace"))


@spoils("text.html-entities")
def _entities(work: Work) -> object:
    text = str(work.record.objet)
    return _objet(work, text.replace("'", "&#39;").replace("é", "&eacute;").replace("É", "&Eacute;"))


@spoils("text.trailing-space")
def _trailing(work: Work) -> object:
    return _objet(work, f"{work.record.objet} ", over=True)


@spoils("text.line-break")
def _line_break(work: Work) -> object:
    text = str(work.record.objet)
    at = text.find(" ", len(text) // 2)
    if at < 0:
        return None
    return _objet(work, text[:at] + work.rng.choice(("\n", "\r\n", "\t")) + text[at + 1 :], over=True)


@spoils("text.cut-60")
def _cut(work: Work) -> object:
    return _objet(work, str(work.record.objet)[:60], over=True)


@spoils("text.too-long")
def _long(work: Work) -> object:
    size = 1001 if work.record.format == "2022" else 257
    return _objet(work, str(work.record.objet) + _LONG * (size // len(_LONG) + 1))


@spoils("text.empty")
def _empty(work: Work) -> object:
    return _objet(work, "")


@spoils("bytes.nan")
def _nan(work: Work) -> object:
    name = "tauxAvance" if isinstance(work.record.tauxAvance, float) else "montant"
    work.damaged |= work.record.kind == "marche" and work.field(name, NAN)
    return None


def _mark(work: Work) -> object:
    text = str(work.record.objet)
    at = text.find(" ") + 1
    mark = _MARKS[work.defect]
    work.damaged |= work.field("objet", text[:at] + mark + text[at:], over=True)
    return None


for _defect in _MARKS:
    spoils(_defect)(_mark)


@spoils("enum.procedure-old")
def _procedure_old(work: Work) -> object:
    labels = _OLD_PROCEDURES.get(str(work.record.procedure))
    return work.field("procedure", work.rng.choice(labels)) if labels else None


@spoils("enum.procedure-missing")
def _procedure_missing(work: Work) -> object:
    return work.field("procedure", None)


@spoils("enum.nature-case")
def _nature_case(work: Work) -> object:
    return work.field("nature", upper_bare(str(work.record.nature)))


@spoils("enum.typecode-case")
def _typecode_case(work: Work) -> object:
    place = work.record.lieuExecution
    return work.put(place, "typeCode", upper_bare(str(place.typeCode)), "lieuExecution.typeCode") if place else None


@spoils("enum.forme-prix-old")
def _forme_prix(work: Work) -> object:
    if work.record.formePrix is None:
        return None
    return work.field("formePrix", "Révisable" if work.record.format == "2022" else "Ferme, actualisable")


@spoils("enum.curly-apostrophe")
def _curly(work: Work) -> object:
    for name in ("ccag", "procedure"):
        value = str(getattr(work.record, name) or "")
        if "'" in value:
            return work.field(name, value.replace("'", "’"))
    return None


def _with(work: Work, name: str, when: Sequence[str], more: str) -> object:
    values: list[Scalar] = getattr(work.record, name) or []
    return work.field(name, [*values, more]) if any(v in when for v in values) else None


@spoils("enum.technique-contradictory")
def _technique(work: Work) -> object:
    return _with(work, "techniques", ("Accord-cadre",), "Sans objet")


@spoils("enum.sociales-contradictory")
def _social(work: Work) -> object:
    return _with(work, "considerationsSociales", ("Pas de considération sociale",), "Clause sociale")


@spoils("enum.environnementales-contradictory")
def _environmental(work: Work) -> object:
    none = "Pas de considération environnementale"
    return _with(work, "considerationsEnvironnementales", (none,), "Clause environnementale")


@spoils("nc.considerations")
def _considerations_nc(work: Work) -> object:
    return work.field(work.rng.choice(("considerationsSociales", "considerationsEnvironnementales")), ["NC"])


@spoils("nc.types-prix")
def _types_prix_nc(work: Work) -> object:
    return work.field("typesPrix", ["NC"]) if work.record.typesPrix else None


@spoils("nc.variation-prix")
def _variation_nc(work: Work) -> object:
    acts = work.record.actesSousTraitance
    return work.put(acts[0], "variationPrix", "NC", "actesSousTraitance[0].variationPrix") if acts else None


@spoils("lieu.type-contradicts")
def _place(work: Work) -> object:
    place = work.record.lieuExecution
    wrong = {
        "Code postal": ("75", "FR45000", "775000"),
        "Code commune": ("INO",),
        "Code département": ("MQ", "GF", "RE"),
    }
    codes = wrong.get(str(place.typeCode)) if place else None
    return work.put(place, "code", work.rng.choice(codes), "lieuExecution.code") if codes else None


@spoils("lieu.number")
def _place_number(work: Work) -> object:
    place = work.record.lieuExecution
    if place is None or not str(place.code).isdigit():
        return None
    return work.put(place, "code", int(str(place.code)), "lieuExecution.code")


@spoils("modif.concession-fields")
def _concession_fields(work: Work) -> object:
    if work.record.kind != "marche":
        return None
    for i, m in enumerate(work.record.modifications or ()):
        date = m.dateNotificationModification
        if work.put(m, "dateSignatureModification", date, f"modifications[{i}].dateSignatureModification"):
            work.put(m, "dateNotificationModification", None, f"modifications[{i}].dateNotificationModification")
    return None


@spoils("modif.order-reversed")
def _reversed(work: Work) -> object:
    found = work.record.modifications or []
    return work.field("modifications", found[::-1]) if len(found) > 1 else None


@spoils("modif.changes-nothing")
def _changes_nothing(work: Work) -> object:
    for i, m in enumerate(work.record.modifications or ()):
        for name in ("montant", "valeurGlobale", "dureeMois", "titulaires"):
            if getattr(m, name) is not None:
                work.put(m, name, None, f"modifications[{i}].{name}")
        return None
    return None


@spoils("modif.same-date")
def _same_date(work: Work) -> object:
    found = work.record.modifications or []
    if len(found) < 2 or found[0].dateNotificationModification is None:
        return None
    path = "modifications[1].dateNotificationModification"
    return work.put(found[1], "dateNotificationModification", found[0].dateNotificationModification, path)


@spoils("modif.before-notification")
def _modified_before(work: Work) -> object:
    found, start = work.record.modifications, iso_date(work, "dateNotification")
    if not found or start is None or found[0].dateNotificationModification is None:
        return None
    path = "modifications[0].dateNotificationModification"
    return work.put(found[0], "dateNotificationModification", iso(day(start) - 20), path)


@spoils("modif.amount-delta")
def _delta(work: Work) -> object:
    initial = work.record.montant
    for i, m in enumerate(work.record.modifications or ()):
        # A difference of more than half the amount looks like an amount.
        if isinstance(m.montant, float) and isinstance(initial, float) and 0 < abs(m.montant - initial) < initial / 2:
            return work.put(m, "montant", round(m.montant - initial, 2), f"modifications[{i}].montant")
    return None


@spoils("subcontract.declared-false")
def _declared_false(work: Work) -> object:
    return work.field("sousTraitanceDeclaree", False) if work.record.actesSousTraitance else None


@spoils("subcontract.act-missing")
def _act_missing(work: Work) -> object:
    return work.field("actesSousTraitance", None) if work.record.modificationsActesSousTraitance else None


@spoils("subcontract.before-contract")
def _act_before(work: Work) -> object:
    acts, start = work.record.actesSousTraitance, iso_date(work, "dateNotification")
    if not acts or start is None:
        return None
    return work.put(acts[0], "dateNotification", iso(day(start) - 60), "actesSousTraitance[0].dateNotification")
