"""Hypothesis strategies for normalised contracts: every field, the hard cases more often than in life."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from procurement_assets.decp import codelists as lists
from procurement_assets.decp.model import (
    Acte,
    Contract,
    Execution,
    Lieu,
    Modification,
    ModificationActe,
    Operateur,
    Tarif,
)

BUYERS = ("21750001600019", "22750005500012", "21750001617666", "00000000000001", "BUYER-1")
SIRETS = ("55204599900869", "38103128500491", "21750001600019", "35600000000048")
UNUSABLE = ("1", "00000", "4014498557120B", "99999999999999", "a/b c", "é")

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
days = st.one_of(
    st.dates(min_value=date(2019, 1, 1), max_value=date(2026, 12, 31)).map(str),
    st.sampled_from(["0218-03-07", "1989-12-31", "2049-12-31", "2050-01-01", "5021-01-01", "2024-03-31", "2024-10-27"]),
)
amounts = st.one_of(
    st.floats(0, 1e9, allow_nan=False).map(lambda x: round(x, 2)), st.sampled_from([0.0, 10.0, 60_000_000.0, 1e15])
)
months = st.one_of(st.integers(1, 120), st.sampled_from([0, 999, 9999, 10**6]))
shares = st.sampled_from([0.0, 0.05, 0.3, 1.0])


def maybe(strategy: st.SearchStrategy) -> st.SearchStrategy:
    """The value, or None."""
    return st.none() | strategy


def labels(code_list: lists.CodeList) -> st.SearchStrategy:
    """Labels of a code list, and sometimes one outside it."""
    return st.lists(st.sampled_from([*code_list.labels, "Autre"]), min_size=0, max_size=3)


def label(code_list: lists.CodeList) -> st.SearchStrategy:
    """One label of a code list, or one outside it."""
    return st.sampled_from([*code_list.labels, "Autre"])


operateurs = st.builds(
    Operateur,
    typeIdentifiant=maybe(
        st.sampled_from([*lists.TYPE_IDENTIFIANT.labels, "SIRET", "SIRET", "Autre type", "INCONNU", "HORSUE"])
    ),
    id=maybe(st.sampled_from([*SIRETS, *UNUSABLE, "BE0431911504"])),
    denominationSociale=maybe(st.sampled_from(["SOCIETE A", "Société A", "Entreprise B", " ", "é#/"])),
)
lieux = st.builds(
    Lieu,
    code=maybe(st.sampled_from(["75", "75056", "75012", "FR", "XX", "99"])),
    typeCode=maybe(label(lists.TYPE_CODE_LIEU)),
    nom=maybe(st.sampled_from(["Paris", "", "Île-de-France"])),
)
modifications = st.builds(
    Modification,
    id=maybe(st.integers(1, 3)),
    objetModification=maybe(texts),
    dateNotificationModification=maybe(days),
    dateSignatureModification=maybe(days),
    datePublicationDonneesModification=maybe(days),
    dureeMois=maybe(months),
    montant=maybe(amounts),
    titulaires=maybe(st.lists(operateurs, max_size=3)),
)
actes = st.builds(
    Acte,
    id=maybe(st.integers(1, 3)),
    sousTraitant=maybe(operateurs),
    dureeMois=maybe(months),
    dateNotification=maybe(days),
    datePublicationDonnees=maybe(days),
    montant=maybe(amounts),
    variationPrix=maybe(label(lists.VARIATION_PRIX)),
)
modifications_actes = st.builds(
    ModificationActe,
    id=maybe(st.integers(1, 3)),
    dateNotificationModificationSousTraitance=maybe(days),
    datePublicationDonnees=maybe(days),
    dureeMois=maybe(months),
    montant=maybe(amounts),
)
executions = st.builds(
    Execution,
    datePublicationDonneesExecution=maybe(days),
    depensesInvestissement=maybe(amounts),
    tarifs=st.lists(st.builds(Tarif, intituleTarif=maybe(texts), tarif=maybe(amounts)), max_size=2),
)


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    """A contract of either kind and format, with any of its fields missing."""
    kind = draw(st.sampled_from(["marche", "marche", "concession"]))
    buyer = draw(st.sampled_from(BUYERS))
    number = draw(st.one_of(st.from_regex(r"20[0-9]{2}[STF][0-9]{5}", fullmatch=True), texts.filter(str.strip)))
    marche = kind == "marche"
    amount = draw(maybe(amounts))
    return Contract(
        kind=kind,
        format=draw(st.sampled_from(["2019", "2022"])),
        uid=buyer + number + draw(st.sampled_from(["", "", "~0a1b2c3d"])),
        id=number,
        acheteur_id=buyer,
        acheteur_nom=draw(maybe(st.just("VILLE DE PARIS"))),
        nature=draw(maybe(label(lists.NATURE_MARCHE if marche else lists.NATURE_CONCESSION))),
        objet=draw(maybe(texts)),
        codeCPV=draw(maybe(st.sampled_from(["45000000", "03121000", "48000000", "72000000", "450000-1x"]))),
        procedure=draw(maybe(label(lists.PROCEDURE_MARCHE if marche else lists.PROCEDURE_CONCESSION))),
        techniques=draw(maybe(labels(lists.TECHNIQUES))),
        modalitesExecution=draw(maybe(labels(lists.MODALITES_EXECUTION))),
        idAccordCadre=draw(maybe(st.sampled_from(["2020AC1", "2020 AC/2", number]))),
        lieuExecution=draw(maybe(lieux)),
        dureeMois=draw(maybe(months)),
        dateNotification=draw(maybe(days)) if marche else None,
        dateSignature=draw(maybe(days)),
        dateDebutExecution=draw(maybe(days)) if not marche else None,
        datePublicationDonnees=draw(maybe(days)),
        montant=amount if marche else None,
        valeurGlobale=None if marche else amount,
        montantSubventionPublique=None if marche else draw(maybe(amounts)),
        formePrix=draw(maybe(label(lists.FORME_PRIX_2022))),
        typesPrix=draw(maybe(labels(lists.TYPES_PRIX))),
        attributionAvance=draw(maybe(st.booleans())),
        tauxAvance=draw(maybe(shares)),
        offresRecues=draw(maybe(st.integers(-2, 30))),
        marcheInnovant=draw(maybe(st.booleans())),
        ccag=draw(maybe(label(lists.CCAG))),
        sousTraitanceDeclaree=draw(maybe(st.booleans())),
        typeGroupementOperateurs=draw(maybe(label(lists.GROUPEMENT))),
        origineUE=draw(maybe(shares)),
        origineFrance=draw(maybe(shares)),
        considerationsSociales=draw(maybe(labels(lists.SOCIALES_MARCHE if marche else lists.SOCIALES_CONCESSION))),
        considerationsEnvironnementales=draw(maybe(labels(lists.ENVIRONNEMENTALES))),
        titulaires=draw(st.lists(operateurs, max_size=4)),
        modifications=draw(st.lists(modifications, max_size=3)),
        actesSousTraitance=draw(st.lists(actes, max_size=2)) if marche else [],
        modificationsActesSousTraitance=draw(st.lists(modifications_actes, max_size=2)) if marche else [],
        donneesExecution=[] if marche else draw(st.lists(executions, max_size=3)),
    )
