"""A contract as a document of format 2022 (schema 2.0.4): nested layout, in the order of the schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from procurement_assets.decp import codelists as lists
from procurement_assets.decp.model import Acte, Contract, Execution, Modification, ModificationActe, Operateur
from procurement_assets.decp.writer_rules import Document, Rules

NATURES = lists.NATURE_MARCHE.labels[:3]
TYPES = tuple(label for label in lists.TYPE_IDENTIFIANT.labels if label != "UE")


def document(c: Contract, r: Rules) -> Document:
    """The document of a contract, valid when `r` has no exclusion."""
    made = _concession(c, r) if c.kind == "concession" else _marche(c, r)
    return {name: value for name, value in made.items() if value is not None}


def _marche(c: Contract, r: Rules) -> Document:
    return {
        "id": r.text("id", c.id, 16, 1),
        "acheteur": {"id": r.siret("acheteur.id", c.acheteur_id)},
        "nature": r.label("nature", c.nature, NATURES),
        "objet": r.text("objet", c.objet, 1000),
        "codeCPV": r.cpv("codeCPV", c.codeCPV),
        "techniques": r.labels("techniques", "technique", c.techniques, lists.TECHNIQUES.labels),
        "modalitesExecution": r.labels(
            "modalitesExecution", "modaliteExecution", c.modalitesExecution, lists.MODALITES_EXECUTION.labels
        ),
        "idAccordCadre": None if c.idAccordCadre is None else r.text("idAccordCadre", c.idAccordCadre, 16, 1),
        "marcheInnovant": r.boolean("marcheInnovant", c.marcheInnovant),
        "ccag": r.label("ccag", c.ccag, lists.CCAG.labels),
        "offresRecues": r.number("offresRecues", c.offresRecues, 1),
        "attributionAvance": r.boolean("attributionAvance", c.attributionAvance),
        "tauxAvance": _share("tauxAvance", c.tauxAvance, r),
        "typeGroupementOperateurs": r.label(
            "typeGroupementOperateurs", c.typeGroupementOperateurs, lists.GROUPEMENT.labels
        ),
        "sousTraitanceDeclaree": r.boolean("sousTraitanceDeclaree", c.sousTraitanceDeclaree),
        "actesSousTraitance": _list(
            "actesSousTraitance", [_acte(a, n, r) for n, a in enumerate(c.actesSousTraitance)], r
        ),
        "procedure": r.label("procedure", c.procedure, lists.PROCEDURE_MARCHE.labels),
        "lieuExecution": _lieu(c, r),
        "dureeMois": r.number("dureeMois", c.dureeMois, 1),
        "dateNotification": r.day("dateNotification", c.dateNotification),
        "datePublicationDonnees": r.day("datePublicationDonnees", c.datePublicationDonnees),
        "montant": r.number("montant", c.montant, 1),
        "typesPrix": r.labels("typesPrix", "typePrix", c.typesPrix, lists.TYPES_PRIX.labels),
        "formePrix": r.label("formePrix", c.formePrix, lists.FORME_PRIX_2022.labels),
        "origineUE": _share("origineUE", c.origineUE, r),
        "origineFrance": _share("origineFrance", c.origineFrance, r),
        "titulaires": operators("titulaires", "titulaire", c.titulaires, r),
        "considerationsSociales": r.labels(
            "considerationsSociales", "considerationSociale", c.considerationsSociales, lists.SOCIALES_MARCHE.labels
        ),
        "considerationsEnvironnementales": _environmental(c, r),
        "modificationsActesSousTraitance": _list(
            "modificationsActesSousTraitance",
            [_modification_acte(m, n, r) for n, m in enumerate(c.modificationsActesSousTraitance)],
            r,
        ),
        "modifications": _modifications(c, r),
    }


def _concession(c: Contract, r: Rules) -> Document:
    return {
        "id": r.text("id", c.id, 16, 1),
        "autoriteConcedante": {"id": r.siret("autoriteConcedante.id", c.acheteur_id)},
        "nature": r.label("nature", c.nature, lists.NATURE_CONCESSION.labels),
        "objet": r.text("objet", c.objet, 1000),
        "procedure": r.label("procedure", c.procedure, lists.PROCEDURE_CONCESSION.labels),
        "dureeMois": r.number("dureeMois", c.dureeMois, 1),
        "dateSignature": r.day("dateSignature", c.dateSignature),
        "datePublicationDonnees": r.day("datePublicationDonnees", c.datePublicationDonnees),
        "dateDebutExecution": r.day("dateDebutExecution", c.dateDebutExecution),
        "valeurGlobale": r.number("valeurGlobale", c.valeurGlobale, 1),
        "montantSubventionPublique": r.number("montantSubventionPublique", c.montantSubventionPublique, 0),
        "donneesExecution": _list(
            "donneesExecution",
            [{"donneesAnnuelles": execution(e, n, r, "donneesAnnuelles.")} for n, e in enumerate(c.donneesExecution)],
            r,
        ),
        "concessionnaires": operators("concessionnaires", "concessionnaire", c.titulaires, r),
        "considerationsSociales": r.labels(
            "considerationsSociales", "considerationSociale", c.considerationsSociales, lists.SOCIALES_CONCESSION.labels
        ),
        "considerationsEnvironnementales": _environmental(c, r),
        "modifications": _modifications(c, r),
    }


def _environmental(c: Contract, r: Rules) -> Document | None:
    return r.labels(
        "considerationsEnvironnementales",
        "considerationEnvironnementale",
        c.considerationsEnvironnementales,
        lists.ENVIRONNEMENTALES.labels,
    )


def _share(path: str, value: float | None, r: Rules) -> float | None:
    return None if value is None else r.number(path, value, 0, 1)


def _lieu(c: Contract, r: Rules) -> Document | None:
    where = c.lieuExecution
    if where is None:
        r.required("lieuExecution", where)
        return None
    return {
        "code": r.text("lieuExecution.code", where.code),
        "typeCode": r.label("lieuExecution.typeCode", where.typeCode, lists.TYPE_CODE_LIEU.labels),
    }


def _list(path: str, items: list[Document], r: Rules) -> list[Document] | None:
    """A list that is left out when it is empty (`minItems` is 1)."""
    r.unique(path, items)
    return items or None


def _operator(path: str, o: Operateur, r: Rules) -> Document:
    return {
        "typeIdentifiant": r.label(f"{path}.typeIdentifiant", o.typeIdentifiant, TYPES),
        "id": r.text(f"{path}.id", o.id),
    }


def operators(path: str, item: str, found: Sequence[Operateur], r: Rules) -> list[Document]:
    """Holders: at least one, each once."""
    if not found:
        r.wrong(path, "aucun titulaire")
    made = [cast(Document, {item: _operator(f"{path}[{n}].{item}", o, r)}) for n, o in enumerate(found)]
    r.unique(path, made)
    return made


def _acte(a: Acte, n: int, r: Rules) -> Document:
    path = f"actesSousTraitance[{n}].acteSousTraitance"
    who = a.sousTraitant
    r.required(f"{path}.sousTraitant", who)
    return {
        "acteSousTraitance": {
            "id": r.number(f"{path}.id", a.id, 1),
            "sousTraitant": _operator(f"{path}.sousTraitant", who, r) if who is not None else None,
            "dureeMois": r.number(f"{path}.dureeMois", a.dureeMois, 1),
            "dateNotification": r.day(f"{path}.dateNotification", a.dateNotification),
            "datePublicationDonnees": r.day(f"{path}.datePublicationDonnees", a.datePublicationDonnees),
            "montant": r.number(f"{path}.montant", a.montant, 1),
            "variationPrix": r.label(f"{path}.variationPrix", a.variationPrix, lists.VARIATION_PRIX.labels),
        }
    }


def _modification_acte(m: ModificationActe, n: int, r: Rules) -> Document:
    path = f"modificationsActesSousTraitance[{n}].modificationActeSousTraitance"
    notified = "dateNotificationModificationSousTraitance"
    made = {
        "id": r.number(f"{path}.id", m.id, 1),
        "dureeMois": None if m.dureeMois is None else r.number(f"{path}.dureeMois", m.dureeMois, 1),
        notified: r.day(f"{path}.{notified}", m.dateNotificationModificationSousTraitance),
        "montant": None if m.montant is None else r.number(f"{path}.montant", m.montant, 1),
        "datePublicationDonnees": r.day(f"{path}.datePublicationDonnees", m.datePublicationDonnees),
    }
    return {"modificationActeSousTraitance": {k: v for k, v in made.items() if v is not None}}


def _modifications(c: Contract, r: Rules) -> list[Document] | None:
    return _list(
        "modifications", [_modification(m, n, c.kind == "concession", r) for n, m in enumerate(c.modifications)], r
    )


def _modification(m: Modification, n: int, concession: bool, r: Rules) -> Document:
    path = f"modifications[{n}].modification"
    date, amount = "dateNotificationModification", "montant"
    if concession:
        date, amount = "dateSignatureModification", "valeurGlobale"
    published = "datePublicationDonneesModification"
    made: Document = {
        "id": r.number(f"{path}.id", m.id, 1),
        date: r.day(f"{path}.{date}", m.date),
        published: r.day(f"{path}.{published}", m.datePublicationDonneesModification),
        "dureeMois": None if m.dureeMois is None else r.number(f"{path}.dureeMois", m.dureeMois, 1),
        amount: None if m.amount is None else r.number(f"{path}.{amount}", m.amount, 1),
    }
    if m.titulaires and not concession:
        made["titulaires"] = operators(f"{path}.titulaires", "titulaire", m.titulaires, r)
    return {"modification": {k: v for k, v in made.items() if v is not None}}


def execution(e: Execution, n: int, r: Rules, wrapper: str = "") -> Document:
    """A year of execution: `wrapper` is the key around it, in paths; format 2022 wraps its tariffs too."""
    path = f"donneesExecution[{n}].{wrapper}".rstrip(".")
    published = "datePublicationDonneesExecution"
    if not e.tarifs:
        r.wrong(f"{path}.tarifs", "aucun tarif")
    tariffs: list[Document] = [
        {
            "intituleTarif": r.text(f"{path}.tarifs[{k}].intituleTarif", t.intituleTarif, 256),
            "tarif": r.number(f"{path}.tarifs[{k}].tarif", t.tarif, 0),
        }
        for k, t in enumerate(e.tarifs)
    ]
    r.unique(f"{path}.tarifs", tariffs)
    return {
        published: r.day(f"{path}.{published}", e.datePublicationDonneesExecution),
        "depensesInvestissement": r.number(f"{path}.depensesInvestissement", e.depensesInvestissement, 0),
        "tarifs": [{"tarif": t} for t in tariffs] if wrapper else tariffs,
    }
