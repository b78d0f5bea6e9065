"""The local extension `ocds_fr_decp`: what DECP says and OCDS 1.1.5 and its registered extensions have no field for.

Fields keep the regulatory names of the arrêtés of 22/12/2022 (and 2017-2019), inside one object `decp` per OCDS
object, so that they never collide with a field of the standard. Rule (research/ocds.md §2.5): nothing here repeats a
standard field; a list holds only the labels without a standard home, a date stands here only where its standard
field could not hold it. `extension.build` makes the extension's files from these classes.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from procurement_assets.ocds.parts import WHOLE
from procurement_assets.ocds.values import Euros, Id, Text

Labels = Annotated[list[Text], Meta(min_length=1)]


def _doc(title: str, description: str) -> Meta:
    return Meta(title=title, description=description)


class _Decp(msgspec.Struct, omit_defaults=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """Base of the extension's objects."""


class DecpLieu(_Decp):
    """`lieuExecution` as published."""

    code: Annotated[Text, _doc("Code du lieu", "Le code tel que publié.")] | None = None
    typeCode: Annotated[Text, _doc("Type de code", "Le type de code tel que publié.")] | None = None
    nom: Annotated[Text, _doc("Nom du lieu", "Le nom tel que publié.")] | None = None


class DecpOperateur(_Decp):
    """An organisation as published, where its party does not say it (two spellings of one name, an odd type)."""

    typeIdentifiant: Annotated[Text, _doc("Type d'identifiant", "Tel que publié.")] | None = None
    id: Annotated[Text, _doc("Identifiant", "Tel que publié.")] | None = None
    denominationSociale: Annotated[Text, _doc("Dénomination sociale", "Telle que publiée.")] | None = None


Operateurs = Annotated[list[DecpOperateur], Meta(min_length=1, extra_json_schema=WHOLE)]
Rang = Annotated[int, _doc("Rang", "Rang dans la liste publiée, quand l'ordre des publications ne le dit pas.")]


class DecpTender(_Decp):
    """Regulatory data about the procedure and the terms of the contract."""

    kind: Annotated[Literal["marche", "concession"], _doc("Type de contrat", "Marché public ou concession.")]
    format: Annotated[Literal["2019", "2022"], _doc("Format", "Famille d'arrêtés : 2017-2019 ou 22/12/2022.")]
    nature: Annotated[Text, _doc("Nature", "Nature du contrat, libellé réglementaire.")] | None = None
    techniques: (
        Annotated[Labels, _doc("Techniques d'achat", "Libellés sans équivalent dans tender.techniques.")] | None
    ) = None
    modalitesExecution: (
        Annotated[
            Labels,
            _doc("Modalités d'exécution", "Libellés sans équivalent dans tender.techniques.frameworkAgreement.method."),
        ]
        | None
    ) = None
    idAccordCadre: (
        Annotated[Text, _doc("Accord-cadre", "L'identifiant publié, quand il ne désigne pas un autre contrat.")] | None
    ) = None
    considerationsSociales: (
        Annotated[
            Labels, _doc("Considérations sociales", "Libellés sans équivalent dans tender.sustainability, ou absence.")
        ]
        | None
    ) = None
    considerationsEnvironnementales: (
        Annotated[
            Labels,
            _doc(
                "Considérations environnementales", "Libellés sans équivalent dans tender.sustainability, ou absence."
            ),
        ]
        | None
    ) = None
    marcheInnovant: Annotated[bool, _doc("Marché innovant", "Tel que déclaré ; faux n'est pas absent.")] | None = None
    lieuExecution: (
        Annotated[DecpLieu, _doc("Lieu d'exécution", "Quand le code ou son type n'a pas d'équivalent.")] | None
    ) = None
    ccag: Annotated[Text, _doc("CCAG", "Cahier des clauses administratives générales de référence.")] | None = None
    formePrix: Annotated[Text, _doc("Forme du prix", "Libellé réglementaire.")] | None = None
    typesPrix: Annotated[Labels, _doc("Types de prix", "Libellés réglementaires.")] | None = None
    attributionAvance: Annotated[bool, _doc("Avance", "Une avance est attribuée.")] | None = None
    tauxAvance: Annotated[float, _doc("Taux de l'avance", "De 0 à 1.")] | None = None
    offresRecues: (
        Annotated[int, _doc("Offres reçues", "Un nombre négatif, tel que publié : OCDS n'a pas de champ pour lui.")]
        | None
    ) = None
    uid: Annotated[Text, _doc("Identifiant unique", "Quand l'ocid ne le redonne pas.")] | None = None
    acheteur: (
        Annotated[DecpOperateur, _doc("Acheteur", "Tel que publié, quand l'organisation ne le redonne pas.")] | None
    ) = None


class DecpAward(_Decp):
    """Regulatory data about the holders and their offer."""

    typeGroupementOperateurs: Annotated[Text, _doc("Type de groupement", "Libellé réglementaire.")] | None = None
    origineUE: Annotated[float, _doc("Part d'origine UE", "De 0 à 1.")] | None = None
    origineFrance: Annotated[float, _doc("Part d'origine France", "De 0 à 1.")] | None = None
    titulaires: (
        Annotated[Operateurs, _doc("Titulaires", "Tels que publiés, quand les fournisseurs ne les redonnent pas.")]
        | None
    ) = None


class DecpExecution(_Decp):
    """A year of execution of a concession."""

    id: Id
    datePublicationDonneesExecution: (
        Annotated[Text, _doc("Date de publication", "Date de publication des données d'exécution.")] | None
    ) = None
    rang: Rang | None = None


class DecpContract(_Decp):
    """Regulatory data about the contract; a date only where its standard field could not hold it."""

    dureeMois: Annotated[int, _doc("Durée en mois", "Durée en vigueur, en mois entiers.")] | None = None
    datePublicationDonnees: (
        Annotated[Text, _doc("Date de publication", "Publication des données essentielles.")] | None
    ) = None
    dateNotification: Annotated[Text, _doc("Date de notification", "Telle que publiée.")] | None = None
    dateSignature: Annotated[Text, _doc("Date de signature", "Telle que publiée.")] | None = None
    dateDebutExecution: Annotated[Text, _doc("Début d'exécution", "Tel que publié.")] | None = None
    donneesExecution: (
        Annotated[
            Annotated[list[DecpExecution], Meta(min_length=1)],
            _doc("Données d'exécution", "Les publications annuelles d'une concession."),
        ]
        | None
    ) = None


class DecpSubcontractModification(_Decp):
    """A modification of an acte spécial de sous-traitance."""

    id: Id
    dateNotificationModificationSousTraitance: (
        Annotated[Text, _doc("Date de notification", "Notification de la modification de l'acte.")] | None
    ) = None
    datePublicationDonnees: Annotated[Text, _doc("Date de publication", "De la modification de l'acte.")] | None = None
    dureeMois: Annotated[int, _doc("Durée en mois", "Nouvelle durée.")] | None = None
    montant: Annotated[Euros, _doc("Montant", "Nouveau montant HT.")] | None = None
    rang: Rang | None = None


class DecpSubcontract(_Decp):
    """Regulatory data about an acte spécial de sous-traitance."""

    id: Annotated[int, _doc("Identifiant", "Identifiant publié de l'acte.")] | None = None
    dateNotification: Annotated[Text, _doc("Date de notification", "De l'acte spécial.")] | None = None
    datePublicationDonnees: Annotated[Text, _doc("Date de publication", "De l'acte spécial.")] | None = None
    dureeMois: Annotated[int, _doc("Durée en mois", "Durée en vigueur.")] | None = None
    montant: Annotated[Euros, _doc("Montant", "Montant HT en vigueur.")] | None = None
    variationPrix: Annotated[Text, _doc("Variation du prix", "Libellé réglementaire.")] | None = None
    sousTraitant: (
        Annotated[DecpOperateur, _doc("Sous-traitant", "Tel que publié, quand l'organisation ne le redonne pas.")]
        | None
    ) = None
    rang: Rang | None = None
    modifications: (
        Annotated[
            Annotated[list[DecpSubcontractModification], Meta(min_length=1)],
            _doc("Modifications", "Modifications de l'acte spécial."),
        ]
        | None
    ) = None


class DecpAmendment(_Decp):
    """A modification as published: what it says, changed or not."""

    id: Annotated[int, _doc("Identifiant", "Identifiant publié de la modification.")] | None = None
    dateNotificationModification: Annotated[Text, _doc("Date de notification", "Telle que publiée.")] | None = None
    dateSignatureModification: Annotated[Text, _doc("Date de signature", "Telle que publiée.")] | None = None
    datePublicationDonneesModification: Annotated[Text, _doc("Date de publication", "De la modification.")] | None = (
        None
    )
    dureeMois: Annotated[int, _doc("Durée en mois", "Durée publiée par la modification.")] | None = None
    montant: Annotated[Euros, _doc("Montant", "Montant HT publié par la modification.")] | None = None
    titulaires: (
        Annotated[
            Annotated[list[Id], Meta(min_length=1)],
            _doc("Titulaires", "Identifiants (parties) des titulaires publiés par la modification."),
        ]
        | None
    ) = None
    titulairesPublies: (
        Annotated[Operateurs, _doc("Titulaires publiés", "Tels que publiés, quand les parties ne les redonnent pas.")]
        | None
    ) = None
