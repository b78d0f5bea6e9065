"""One concession, clean. No real concession of format 2022 could be obtained (research/data.md §6): shapes are those of
the schemas and of the official examples, values are assumptions.
"""

from __future__ import annotations

from procurement_assets.decp.raw import RawExecution, RawModification, RawRecord, RawTarif
from procurement_assets.sample.draw import SIZE, iso, working
from procurement_assets.sample.marches import Rnd, buyer, contract_id, holders, steps
from procurement_assets.sample.profiles import words
from procurement_assets.sample.tables import Tables

_NATURES = (
    "Délégation de service public",
    "Concession de service",
    "Concession de service public",
    "Concession de travaux",
)
_PROCEDURES = (
    "Procédure négociée ouverte",
    "Procédure non négociée ouverte",
    "Procédure négociée restreinte",
    "Procédure non négociée restreinte",
)
_NO_CLAUSE = "Pas de considération environnementale"


def concession(t: Tables, rnd: Rnd, k: int) -> RawRecord:
    """Record `k` of a block, a concession."""
    signed = working(t.start + int(rnd() * t.days))
    begins = signed + 15 + int(rnd() * 60)
    siret, name, lieu = buyer(t, rnd, k)
    texts = words()["concessions"]["objects"]
    years = 3 + int(rnd() * 17)
    value = float(round(20_000 * (1 + rnd() * 40) * years, -3))
    record = RawRecord(
        kind="concession",
        format=t.profile.format,
        acheteur_id=siret,
        acheteur_nom=None if t.is_2022 else name,
        nature=_NATURES[int(rnd() ** 2 * 4)],
        objet=texts[int(rnd() * len(texts))] % t.ends[int(rnd() * len(t.ends))],
        procedure=_PROCEDURES[int(rnd() ** 2 * 4)],
        lieuExecution=None if t.is_2022 else lieu,
        dureeMois=years * 12,
        dateSignature=iso(signed),
        dateDebutExecution=iso(begins),
        datePublicationDonnees=iso(min(signed + int(t.lag[int(rnd() * SIZE)] / 4), begins, t.last)),
        valeurGlobale=value,
        montantSubventionPublique=round(value * 0.05) if rnd() < 0.2 else 0,
        titulaires=holders(t, rnd, k, 1 + int(rnd() * 1.1)),
    )
    if t.is_2022:
        record.considerationsSociales = ["Clause sociale" if rnd() < 0.3 else "Pas de considération sociale"]
        record.considerationsEnvironnementales = ["Clause environnementale" if rnd() < 0.5 else _NO_CLAUSE]
    record.donneesExecution = _execution(t, rnd, begins, value / years)
    if rnd() < 0.25:
        record.modifications = _modifications(t, rnd, signed, value, years * 12)
    record.id = contract_id(t, k, record, "C", signed)
    return record


def _execution(t: Tables, rnd: Rnd, begins: int, yearly: float) -> list[RawExecution] | None:
    """One entry a year: investment, and tariffs that grow."""
    labels = words()["concessions"]["tariffs"]
    kept = 1 + int(rnd() * 3)
    found = []
    for year, at in enumerate(range(begins + 365, t.last, 365)):
        tariffs = [
            RawTarif(intituleTarif=label, tarif=round(3 + 5 * i + 0.2 * year, 2))
            for i, label in enumerate(labels[:kept])
        ]
        found.append(
            RawExecution(
                datePublicationDonneesExecution=iso(at),
                depensesInvestissement=round(yearly * 0.2 * rnd(), 2),
                tarifs=tariffs,
            )
        )
    return found or None


def _modifications(t: Tables, rnd: Rnd, signed: int, value: float, months: int) -> list[RawModification] | None:
    objects = words()["modifications"]["objects"]
    found = []
    for i, at in enumerate(steps(t, rnd, signed, 1 + int(rnd() * 2), months * 30), start=1):
        months += 6
        value = round(value * (0.95 + 0.3 * rnd()), 2)
        found.append(
            RawModification(
                id=i if t.is_2022 else None,
                objetModification=None if t.is_2022 else objects[1] % i,
                dateSignatureModification=iso(working(at)),
                datePublicationDonneesModification=iso(min(at + 20, t.last)),
                dureeMois=months,
                valeurGlobale=value,
            )
        )
    return found or None
