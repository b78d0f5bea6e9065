"""A contract as a document of format 2019 (schema 1.5.0): flat layout, names of organisations, no list of codes."""

from __future__ import annotations

from collections.abc import Sequence

from procurement_assets.decp import codelists as lists
from procurement_assets.decp.model import Contract, Modification, Operateur
from procurement_assets.decp.writer_2022 import execution
from procurement_assets.decp.writer_rules import Document, Rules

NATURES = tuple(n for n in lists.NATURE_MARCHE.labels if n != "Marché de défense ou de sécurité")


def document(c: Contract, r: Rules) -> Document:
    """The document of a contract, valid when `r` has no exclusion."""
    return _concession(c, r) if c.kind == "concession" else _marche(c, r)


def _marche(c: Contract, r: Rules) -> Document:
    return {
        "id": r.text("id", c.id, 16, 7),
        "_type": "Marché",
        "acheteur": _buyer("acheteur", c, r),
        "nature": r.label("nature", c.nature, NATURES),
        "objet": r.text("objet", c.objet, 256),
        "codeCPV": r.cpv("codeCPV", c.codeCPV),
        "procedure": r.label("procedure", c.procedure, lists.PROCEDURE_MARCHE.labels),
        "lieuExecution": _lieu(c, r),
        "dureeMois": r.number("dureeMois", c.dureeMois, 1),
        "dateNotification": r.day("dateNotification", c.dateNotification),
        "datePublicationDonnees": r.day("datePublicationDonnees", c.datePublicationDonnees),
        "montant": r.number("montant", c.montant, 0),
        "formePrix": r.label("formePrix", c.formePrix, lists.FORME_PRIX_2019.labels),
        "titulaires": _operators("titulaires", c.titulaires, r),
        "modifications": _modifications(c, r),
    }


def _concession(c: Contract, r: Rules) -> Document:
    years = [execution(e, n, r) for n, e in enumerate(c.donneesExecution)]
    r.unique("donneesExecution", years)
    return {
        "id": r.text("id", c.id, 16, 7),
        "_type": "Contrat de concession",
        "autoriteConcedante": _buyer("autoriteConcedante", c, r),
        "nature": r.label("nature", c.nature, lists.NATURE_CONCESSION.labels),
        "objet": r.text("objet", c.objet, 256),
        "procedure": r.label("procedure", c.procedure, lists.PROCEDURE_CONCESSION.labels),
        "lieuExecution": _lieu(c, r, 6),
        "dureeMois": r.number("dureeMois", c.dureeMois, 1),
        "dateSignature": r.day("dateSignature", c.dateSignature),
        "datePublicationDonnees": r.day("datePublicationDonnees", c.datePublicationDonnees),
        "dateDebutExecution": r.day("dateDebutExecution", c.dateDebutExecution),
        "valeurGlobale": r.number("valeurGlobale", c.valeurGlobale, 0),
        "montantSubventionPublique": r.number("montantSubventionPublique", c.montantSubventionPublique, 0),
        "donneesExecution": years,
        "concessionnaires": _operators("concessionnaires", c.titulaires, r),
        "modifications": _modifications(c, r),
    }


def _buyer(path: str, c: Contract, r: Rules) -> Document:
    return {"id": r.siret(f"{path}.id", c.acheteur_id), "nom": r.text(f"{path}.nom", c.acheteur_nom)}


def _lieu(c: Contract, r: Rules, longest: int = 0) -> Document | None:
    where = c.lieuExecution
    if where is None:
        r.required("lieuExecution", where)
        return None
    return {
        "code": r.text("lieuExecution.code", where.code, longest),
        "typeCode": r.label("lieuExecution.typeCode", where.typeCode, lists.TYPE_CODE_LIEU.labels),
        "nom": r.text("lieuExecution.nom", where.nom),
    }


def _operators(path: str, found: Sequence[Operateur], r: Rules) -> list[Document]:
    if not found:
        r.wrong(path, "aucun titulaire")
    made: list[Document] = [
        {
            "typeIdentifiant": r.label(
                f"{path}[{n}].typeIdentifiant", o.typeIdentifiant, lists.TYPE_IDENTIFIANT.labels
            ),
            "id": r.text(f"{path}[{n}].id", o.id),
            "denominationSociale": r.text(f"{path}[{n}].denominationSociale", o.denominationSociale),
        }
        for n, o in enumerate(found)
    ]
    r.unique(path, made)
    return made


def _modifications(c: Contract, r: Rules) -> list[Document]:
    made = [_modification(m, n, c.kind == "concession", r) for n, m in enumerate(c.modifications)]
    r.unique("modifications", made)
    return made


def _modification(m: Modification, n: int, concession: bool, r: Rules) -> Document:
    path = f"modifications[{n}]"
    date, amount = "dateNotificationModification", "montant"
    if concession:
        date, amount = "dateSignatureModification", "valeurGlobale"
    published = "datePublicationDonneesModification"
    made: Document = {
        "objetModification": r.text(f"{path}.objetModification", m.objetModification, 256),
        date: r.day(f"{path}.{date}", m.date),
        published: r.day(f"{path}.{published}", m.datePublicationDonneesModification),
        # The schema bounds the months of a concession only; a marché's are held to the same, for both to mean months.
        "dureeMois": None if m.dureeMois is None else r.number(f"{path}.dureeMois", m.dureeMois, 1),
        amount: None if m.amount is None else r.number(f"{path}.{amount}", m.amount, 0 if concession else None),
    }
    if m.titulaires and not concession:
        made["titulaires"] = _operators(f"{path}.titulaires", m.titulaires, r)
    return {k: v for k, v in made.items() if v is not None}
