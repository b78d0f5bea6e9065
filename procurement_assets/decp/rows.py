"""The rows of each table for one contract: plain dicts under the columns of `procurement_assets.schema`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache
from typing import Any

from procurement_assets.decp.amounts import suspect_amount
from procurement_assets.decp.identifiers import is_siret
from procurement_assets.decp.model import Acte, Contract, Lieu, ModificationActe, Operateur, Version
from procurement_assets.decp.siren import Recovered
from procurement_assets.decp.versions import versions

Row = dict[str, Any]
Recover = Callable[[Operateur], Recovered | None]
"""What a malformed identifier hides: `siren.recover` with what is known of the publisher's data."""


def contract_row(contract: Contract, all_versions: list[Version], sources: list[str]) -> Row:
    """The row of `contracts`."""
    last = all_versions[-1]
    return {
        **_shared(contract, all_versions, sources),
        "techniques": contract.techniques,
        "modalitesExecution": contract.modalitesExecution,
        "idAccordCadre": contract.idAccordCadre,
        "montant": contract.montant,
        "formePrix": contract.formePrix,
        "typesPrix": contract.typesPrix,
        "attributionAvance": contract.attributionAvance,
        "tauxAvance": contract.tauxAvance,
        "offresRecues": contract.offresRecues,
        "marcheInnovant": contract.marcheInnovant,
        "ccag": contract.ccag,
        "sousTraitanceDeclaree": contract.sousTraitanceDeclaree,
        "typeGroupementOperateurs": contract.typeGroupementOperateurs,
        "origineUE": contract.origineUE,
        "origineFrance": contract.origineFrance,
        "type": purchase_type(contract.codeCPV),
        "dateNotification": _date(contract.dateNotification),
        "montant_actuel": last.montant,
        "montant_suspect": suspect_amount(last.montant),
        "nombre_titulaires": len(contract.titulaires),
        "nombre_actes_sous_traitance": len(contract.actesSousTraitance),
    }


def concession_row(contract: Contract, all_versions: list[Version], sources: list[str]) -> Row:
    """The row of `concessions`."""
    last = all_versions[-1]
    return {
        **_shared(contract, all_versions, sources),
        "dateSignature": _date(contract.dateSignature),
        "dateDebutExecution": _date(contract.dateDebutExecution),
        "valeurGlobale": contract.valeurGlobale,
        "valeurGlobale_actuelle": last.montant,
        "montant_suspect": suspect_amount(last.montant, concession=True),
        "montantSubventionPublique": contract.montantSubventionPublique,
        "nombre_concessionnaires": len(contract.titulaires),
        "nombre_annees_execution": len(contract.donneesExecution),
    }


def _shared(contract: Contract, all_versions: list[Version], sources: list[str]) -> Row:
    lieu = contract.lieuExecution or _NOWHERE
    dates = [v.date for v in all_versions[1:] if v.date]
    return {
        "uid": contract.uid,
        "id": contract.id,
        "acheteur_id": contract.acheteur_id,
        "acheteur_siren": contract.acheteur_id[:9],
        "acheteur_nom": contract.acheteur_nom,
        "format": contract.format,
        "nature": contract.nature,
        "objet": contract.objet,
        "codeCPV": contract.codeCPV,
        "procedure": contract.procedure,
        "lieuExecution_code": lieu.code,
        "lieuExecution_typeCode": lieu.typeCode,
        "lieuExecution_nom": lieu.nom,
        "dureeMois": contract.dureeMois,
        "dureeMois_actuelle": all_versions[-1].dureeMois,
        "datePublicationDonnees": _date(contract.datePublicationDonnees),
        "considerationsSociales": contract.considerationsSociales,
        "considerationsEnvironnementales": contract.considerationsEnvironnementales,
        "nombre_modifications": len(contract.modifications),
        "date_derniere_modification": _date(max(dates)) if dates else None,
        "source": sources[0],
        "sources": list(dict.fromkeys(sources)),
    }


_NOWHERE = Lieu()


def version_rows(contract: Contract, all_versions: list[Version]) -> Iterator[Row]:
    """The rows of `contract_versions` or `concession_versions`."""
    for v in all_versions:
        yield {
            "uid": contract.uid,
            "version": v.number,
            "modification_id": v.modification_id,
            "objetModification": v.objetModification,
            "date": _date(v.date),
            "date_publication": _date(v.published),
            "montant": v.montant,
            "dureeMois": v.dureeMois,
            "titulaires": [t.id or t.denominationSociale or "" for t in v.titulaires],
            "modifie": list(v.changed),
            "anterieure_au_contrat": bool(v.number and v.date and contract.date and v.date < contract.date),
        }


def titulaire_rows(
    contract: Contract, all_versions: list[Version], published: dict[str, tuple[str, str]], recover: Recover
) -> Iterator[Row]:
    """The rows of `contract_titulaires` or `concession_titulaires`.

    `published`: the clean id of a holder to its id as published and the rule that changed it.
    """
    for v in all_versions:
        for rank, t in enumerate(v.titulaires, start=1):
            original, rule = published.get(t.id or "", (t.id, None))
            siren, siren_rule, confidence = _siren(t, recover)
            yield {
                "uid": contract.uid,
                "version": v.number,
                "rang": rank,
                "titulaire_typeIdentifiant": t.typeIdentifiant,
                "titulaire_id": t.id,
                "titulaire_id_publie": original,
                "titulaire_id_regle": rule,
                "titulaire_siren": siren,
                "titulaire_siren_regle": siren_rule,
                "titulaire_siren_confiance": confidence,
                "titulaire_nom": t.denominationSociale,
            }


def _siren(who: Operateur, recover: Recover) -> tuple[str | None, str | None, str | None]:
    """The SIREN of a holder, that of its SIRET, else the one recovered where that is certain; its rule, its
    confidence."""
    own = siren_of(who)
    if own is not None:
        return own, None, None
    found = recover(who)
    return (None, None, None) if found is None else (found.siren if found.fills else None, found.rule, found.confidence)


_is_siret = lru_cache(maxsize=65_536)(is_siret)


def siren_of(operateur: Operateur) -> str | None:
    """The SIREN of a holder whose SIRET has the right key."""
    if operateur.id and operateur.typeIdentifiant in (None, "SIRET") and _is_siret(operateur.id):
        return operateur.id[:9]
    return None


def subcontract_rows(contract: Contract, recover: Recover) -> Iterator[Row]:
    """The rows of `subcontracts`: each act then its modifications, in the contract's order, values carried forward.

    A modification whose act was not published has a row of its own, told by `acte_absent` (9 of Paris's contracts of
    2024-2025 are so: research/data.md §3).
    """
    known = {a.id for a in contract.actesSousTraitance}
    orphans: dict[int | None, list[ModificationActe]] = {}
    for m in contract.modificationsActesSousTraitance:
        if m.id not in known:
            orphans.setdefault(m.id, []).append(m)
    rank = 0
    told: set[int | None] = set()
    for rank, acte in enumerate(contract.actesSousTraitance, start=1):
        # Two acts with one number: the modifications of that number go to the first.
        mine = [] if acte.id in told else [m for m in contract.modificationsActesSousTraitance if m.id == acte.id]
        told.add(acte.id)
        yield from _acte_rows(contract.uid, rank, acte, mine, recover, absent=False)
    for acte_id, changes in sorted(orphans.items(), key=lambda item: (item[0] is None, item[0] or 0)):
        rank += 1
        yield from _acte_rows(contract.uid, rank, Acte(id=acte_id), changes, recover, absent=True)


def _acte_rows(
    uid: str, rank: int, acte: Acte, changes: list[ModificationActe], recover: Recover, *, absent: bool
) -> Iterator[Row]:
    montant, duree = acte.montant, acte.dureeMois
    who = acte.sousTraitant or Operateur()
    siren, siren_rule, confidence = _siren(who, recover)
    base = {
        "uid": uid,
        "acte_rang": rank,
        "acte_id": acte.id,
        "acte_absent": absent,
        "sousTraitant_typeIdentifiant": who.typeIdentifiant,
        "sousTraitant_id": who.id,
        "sousTraitant_siren": siren,
        "sousTraitant_siren_regle": siren_rule,
        "sousTraitant_siren_confiance": confidence,
        "variationPrix": acte.variationPrix,
    }
    if not absent:
        dates = {"date": _date(acte.dateNotification), "date_publication": _date(acte.datePublicationDonnees)}
        yield base | dates | {"version": 0, "montant": montant, "dureeMois": duree}
    for number, m in enumerate(changes, start=1):
        montant = montant if m.montant is None else m.montant
        duree = duree if m.dureeMois is None else m.dureeMois
        yield base | {
            "version": number,
            "date": _date(m.dateNotificationModificationSousTraitance),
            "date_publication": _date(m.datePublicationDonnees),
            "montant": montant,
            "dureeMois": duree,
        }


def execution_rows(contract: Contract) -> Iterator[Row]:
    """The rows of `concession_execution`."""
    for year, e in enumerate(contract.donneesExecution, start=1):
        base = {
            "uid": contract.uid,
            "annee_rang": year,
            "datePublicationDonneesExecution": _date(e.datePublicationDonneesExecution),
            "depensesInvestissement": e.depensesInvestissement,
        }
        if not e.tarifs:
            yield base | {"tarif_rang": 0, "intituleTarif": None, "tarif": None}
        for rank, t in enumerate(e.tarifs, start=1):
            yield base | {"tarif_rang": rank, "intituleTarif": t.intituleTarif, "tarif": t.tarif}


def purchase_type(cpv: str | None) -> str | None:
    """Travaux, Fournitures or Services, from the CPV division (regulation (EC) 213/2008, annex I)."""
    if cpv is None or len(cpv) != 8 or not cpv.isdigit():
        return None
    division = int(cpv[:2])
    if division == 45:
        return "Travaux"
    if 3 <= division <= 44 or division == 48:
        return "Fournitures"
    return "Services" if 50 <= division <= 98 else None


_day = lru_cache(maxsize=65_536)(date.fromisoformat)


def _date(text: str | None) -> date | None:
    return _day(text) if text else None


def all_rows(
    contract: Contract, sources: list[str], published: dict[str, tuple[str, str]], recover: Recover
) -> Iterator[tuple[str, Row]]:
    """Every row of every table for one contract, with the table's name."""
    states = versions(contract)
    if contract.kind == "marche":
        family, row = "contract", contract_row(contract, states, sources)
    else:
        family, row = "concession", concession_row(contract, states, sources)
    yield f"{family}s", row
    for row in version_rows(contract, states):
        yield f"{family}_versions", row
    for row in titulaire_rows(contract, states, published, recover):
        yield f"{family}_titulaires", row
    if contract.kind == "concession":
        for row in execution_rows(contract):
            yield "concession_execution", row
    elif contract.actesSousTraitance or contract.modificationsActesSousTraitance:
        for row in subcontract_rows(contract, recover):
            yield "subcontracts", row
