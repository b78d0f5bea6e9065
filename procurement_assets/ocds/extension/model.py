"""The local extension `ocds_fr_decp`: what DECP says and OCDS 1.1.5 and its registered extensions have no field for.

Fields keep the regulatory names of the arrêtés of 22/12/2022 (and 2017-2019), inside one object `decp` per OCDS
object, so that they never collide with a field of the standard. Rule (research/ocds.md §2.5): nothing here repeats a
standard field; a list holds only the labels without a standard home, a date stands here only where its standard field
could not hold it. What merging would overwrite (the duration at the award, once a modification changed it) is kept
here too, so that a compiled release alone gives the record back. `extension.build` makes the extension's files from
these classes and their titles and descriptions in English and French from `texts.toml`.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from procurement_assets.ocds.values import Euros, Id, Text

Labels = Annotated[list[Text], Meta(min_length=1)]


class _Decp(msgspec.Struct, omit_defaults=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """Base of the extension's objects."""


class DecpLieu(_Decp):
    """`lieuExecution` as published."""

    code: Text | None = None
    typeCode: Text | None = None
    nom: Text | None = None


class DecpOperateur(_Decp):
    """An organisation as published, where its party does not say it (two spellings of one name, an odd type)."""

    typeIdentifiant: Text | None = None
    id: Text | None = None
    denominationSociale: Text | None = None


class DecpTitulaire(_Decp):
    """A holder in a list, with its rank as local id: OCDS merges such a list object by object."""

    id: Id
    titulaire: DecpOperateur | None = None


Titulaires = Annotated[list[DecpTitulaire], Meta(min_length=1)]


class DecpTender(_Decp):
    """Regulatory data about the procedure and the terms of the contract."""

    kind: Literal["marche", "concession"]
    format: Literal["2019", "2022"]
    nature: Text | None = None
    techniques: Labels | None = None
    modalitesExecution: Labels | None = None
    idAccordCadre: Text | None = None
    considerationsSociales: Labels | None = None
    considerationsEnvironnementales: Labels | None = None
    marcheInnovant: bool | None = None
    lieuExecution: DecpLieu | None = None
    ccag: Text | None = None
    formePrix: Text | None = None
    typesPrix: Labels | None = None
    attributionAvance: bool | None = None
    tauxAvance: float | None = None
    offresRecues: int | None = None
    uid: Text | None = None
    acheteur: DecpOperateur | None = None
    nonPublies: Labels | None = None


class DecpAward(_Decp):
    """Regulatory data about the holders and their offer."""

    typeGroupementOperateurs: Text | None = None
    origineUE: float | None = None
    origineFrance: float | None = None
    titulaires: Titulaires | None = None
    sousTraitanceDeclaree: bool | None = None
    nonPublies: Labels | None = None


class DecpExecution(_Decp):
    """A year of execution of a concession."""

    id: Id
    datePublicationDonneesExecution: Text | None = None
    rang: int | None = None


class DecpContract(_Decp):
    """Regulatory data about the contract; a date only where its standard field could not hold it."""

    dureeMois: int | None = None
    dureeMoisInitiale: int | None = None
    datePublicationDonnees: Text | None = None
    dateNotification: Text | None = None
    dateSignature: Text | None = None
    dateDebutExecution: Text | None = None
    donneesExecution: Annotated[list[DecpExecution], Meta(min_length=1)] | None = None


class DecpSubcontractModification(_Decp):
    """A modification of an acte spécial de sous-traitance."""

    id: Id
    dateNotificationModificationSousTraitance: Text | None = None
    datePublicationDonnees: Text | None = None
    dureeMois: int | None = None
    montant: Euros | None = None
    rang: int | None = None


class DecpSubcontract(_Decp):
    """Regulatory data about an acte spécial de sous-traitance."""

    id: int | None = None
    dateNotification: Text | None = None
    datePublicationDonnees: Text | None = None
    dureeMois: int | None = None
    dureeMoisInitiale: int | None = None
    montant: Euros | None = None
    montantInitial: Euros | None = None
    variationPrix: Text | None = None
    sousTraitant: DecpOperateur | None = None
    rang: int | None = None
    nonPublies: Labels | None = None
    modifications: Annotated[list[DecpSubcontractModification], Meta(min_length=1)] | None = None


class DecpAmendment(_Decp):
    """A modification as published: what it says, changed or not."""

    id: int | None = None
    dateNotificationModification: Text | None = None
    dateSignatureModification: Text | None = None
    datePublicationDonneesModification: Text | None = None
    dureeMois: int | None = None
    montant: Euros | None = None
    titulaires: Annotated[list[Id], Meta(min_length=1)] | None = None
    titulairesPublies: Titulaires | None = None
