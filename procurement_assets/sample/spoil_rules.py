"""Classes of defect seeded for the rules alone: rare or never seen in real files, so no profile has a rate for them."""

from __future__ import annotations

from copy import copy

from procurement_assets.decp.raw import RawOperateur
from procurement_assets.sample.draw import day, iso
from procurement_assets.sample.spoil_values import iso_date
from procurement_assets.sample.work import Work, spoils

_FAR = 900
"""Days that lead beyond the date of any file."""


def _value(work: Work, dirty: float) -> object:
    """The amount of a marché, or the global value of a concession."""
    return work.field("montant" if work.record.kind == "marche" else "valeurGlobale", dirty)


@spoils("amount.known-sentinel")
def _known_sentinel(work: Work) -> object:
    return work.field("montant", 12_311_111_111.0) if work.record.kind == "marche" else None


@spoils("amount.counting")
def _counting(work: Work) -> object:
    return _value(work, 1_234_567_890.0)


@spoils("amount.digit-run")
def _digit_run(work: Work) -> object:
    return _value(work, 19_999_999.0)


@spoils("amount.many-digits")
def _many_digits(work: Work) -> object:
    return _value(work, 1_666_606_666.0)


@spoils("label.unknown")
def _unknown(work: Work) -> object:
    """A label that no list has, in one of the fields that have a list."""
    lists = (
        "techniques",
        "modalitesExecution",
        "typesPrix",
        "considerationsSociales",
        "considerationsEnvironnementales",
    )
    texts = ("nature", "procedure", "formePrix", "ccag", "typeGroupementOperateurs")
    names = [n for n in (*lists, *texts) if getattr(work.record, n) is not None]
    name = work.rng.choice(names)
    return work.field(name, ["Hors liste"] if name in lists else "Hors liste")


@spoils("taux.per-cent")
def _per_cent(work: Work) -> object:
    value = work.record.tauxAvance
    return work.field("tauxAvance", 5.0) if isinstance(value, float) and value > 0 else None


@spoils("origine.missing")
def _no_origin(work: Work) -> object:
    amount = work.record.montant
    return work.field("origineUE", None) if isinstance(amount, float) and amount >= 40_000 else None


@spoils("framework.itself")
def _itself(work: Work) -> object:
    return work.field("idAccordCadre", work.record.id) if work.record.kind == "marche" else None


@spoils("framework.unknown")
def _unknown_framework(work: Work) -> object:
    return work.field("idAccordCadre", f"AC{work.rng.randrange(10**8):08d}") if work.record.kind == "marche" else None


@spoils("framework.no-modality")
def _no_modality(work: Work) -> object:
    return (
        work.field("modalitesExecution", ["Sans objet"]) if "Accord-cadre" in (work.record.techniques or ()) else None
    )


@spoils("framework.no-technique")
def _no_technique(work: Work) -> object:
    subsequent = "Marchés subséquents" in (work.record.modalitesExecution or ())
    return work.field("techniques", ["Sans objet"]) if subsequent else None


@spoils("holder.repeated")
def _repeated(work: Work) -> object:
    holders = work.record.titulaires
    return work.field("titulaires", [*holders, copy(holders[0])]) if holders else None


@spoils("modif.future")
def _future(work: Work) -> object:
    found = work.record.modifications
    if not found or not isinstance(found[-1].dateNotificationModification, str):
        return None
    path = f"modifications[{len(found) - 1}].dateNotificationModification"
    later = iso(day(found[-1].dateNotificationModification) + _FAR)
    return work.put(found[-1], "dateNotificationModification", later, path)


@spoils("modif.late")
def _late(work: Work) -> object:
    found = work.record.modifications
    if not found or not isinstance(found[0].dateNotificationModification, str):
        return None
    later = iso(day(found[0].dateNotificationModification) + 100)
    path = "modifications[0].datePublicationDonneesModification"
    return work.put(found[0], "datePublicationDonneesModification", later, path)


@spoils("date.late")
def _published_late(work: Work) -> object:
    value = iso_date(work, "dateNotification")
    return work.field("datePublicationDonnees", iso(day(value) + 70)) if value else None


@spoils("subcontract.holder")
def _own_subcontractor(work: Work) -> object:
    acts, holders = work.record.actesSousTraitance, work.record.titulaires
    if not acts or not holders or holders[0].typeIdentifiant != "SIRET":
        return None
    same = RawOperateur(typeIdentifiant="SIRET", id=holders[0].id)
    return work.put(acts[0], "sousTraitant", same, "actesSousTraitance[0].sousTraitant")


@spoils("subcontract.above-contract")
def _above(work: Work) -> object:
    acts, amount = work.record.actesSousTraitance, work.record.montant
    highest = max((float(m.montant or 0) for m in work.record.modifications or ()), default=0.0)
    if not acts or not isinstance(amount, float):
        return None
    return work.put(acts[0], "montant", round(2 * max(amount, highest), 2), "actesSousTraitance[0].montant")


@spoils("concession.begins-early")
def _begins_early(work: Work) -> object:
    value = iso_date(work, "dateSignature")
    return (
        work.field("dateDebutExecution", iso(day(value) - 30)) if value and work.record.kind == "concession" else None
    )


@spoils("concession.negative-subsidy")
def _negative_subsidy(work: Work) -> object:
    return work.field("montantSubventionPublique", -1.0) if work.record.kind == "concession" else None


@spoils("concession.negative-tariff")
def _negative_tariff(work: Work) -> object:
    years = work.record.donneesExecution
    if not years or not years[0].tarifs:
        return None
    path = "donneesExecution[0].tarifs[0].tarif"
    year = copy(years[0])
    year.tarifs = [copy(t) for t in years[0].tarifs]
    work.record.donneesExecution = [year, *years[1:]]
    return work.put(year.tarifs[0], "tarif", -1.5, path)
