"""The normalised record: a marché or a concession with clean, typed values under the regulatory names.

What `decp.clean` makes of a `RawRecord`, and what everything after it reads: tables, versions, OCDS, the regulatory
writer. Dates are `YYYY-MM-DD` text; amounts are euros excluding tax; durations are whole months; shares are 0 to 1;
`None` means unknown or not published. Sources of the fields: research/decp.md §1.2 (arrêtés of 2017-2019) and §1.3
(arrêtés of 22/12/2022).
"""

from __future__ import annotations

import msgspec

from procurement_assets.decp.raw import Format, Kind


class _Normalised(msgspec.Struct, omit_defaults=True, kw_only=True):
    """Base: keyword only; empty fields are not written."""


class _Value(msgspec.Struct, omit_defaults=True, kw_only=True, frozen=True):
    """Base of the small values: frozen, so that they can be compared and kept in sets."""


class Operateur(_Value, frozen=True):
    """A holder, concession holder or subcontractor."""

    typeIdentifiant: str | None = None
    id: str | None = None
    denominationSociale: str | None = None


class Lieu(_Value, frozen=True):
    """Place of execution."""

    code: str | None = None
    typeCode: str | None = None
    nom: str | None = None


class Modification(_Normalised):
    """A modification. A marché has `dateNotificationModification` and `montant`; a concession has
    `dateSignatureModification` and `valeurGlobale`."""

    id: int | None = None
    objetModification: str | None = None
    dateNotificationModification: str | None = None
    dateSignatureModification: str | None = None
    datePublicationDonneesModification: str | None = None
    dureeMois: int | None = None
    montant: float | None = None
    valeurGlobale: float | None = None
    titulaires: list[Operateur] | None = None

    @property
    def date(self) -> str | None:
        """Date of notification (marché) or signature (concession)."""
        return self.dateNotificationModification or self.dateSignatureModification

    @property
    def amount(self) -> float | None:
        """New amount, in euros excluding tax."""
        return self.montant if self.montant is not None else self.valeurGlobale


class Acte(_Normalised):
    """An acte spécial de sous-traitance."""

    id: int | None = None
    sousTraitant: Operateur | None = None
    dureeMois: int | None = None
    dateNotification: str | None = None
    datePublicationDonnees: str | None = None
    montant: float | None = None
    variationPrix: str | None = None


class ModificationActe(_Normalised):
    """A modification of an acte spécial; `id` is the act's."""

    id: int | None = None
    dateNotificationModificationSousTraitance: str | None = None
    datePublicationDonnees: str | None = None
    dureeMois: int | None = None
    montant: float | None = None


class Tarif(_Value, frozen=True):
    """A tariff charged to the users of a concession, in euros."""

    intituleTarif: str | None = None
    tarif: float | None = None


class Execution(_Normalised):
    """A year of execution of a concession."""

    datePublicationDonneesExecution: str | None = None
    depensesInvestissement: float | None = None
    tarifs: list[Tarif] = []


class Contract(_Normalised):
    """A marché (`kind="marche"`) or a concession (`kind="concession"`).

    `uid` is the buyer's SIRET and the id, made unique by `decp.identity`. Code lists hold the labels of
    `decp.codelists`; a value outside them is kept as published (and found by the checks).
    """

    kind: Kind
    format: Format
    uid: str
    id: str
    acheteur_id: str
    acheteur_nom: str | None = None
    nature: str | None = None
    objet: str | None = None
    codeCPV: str | None = None
    """Eight digits, without the check digit."""
    procedure: str | None = None
    techniques: list[str] | None = None
    modalitesExecution: list[str] | None = None
    idAccordCadre: str | None = None
    lieuExecution: Lieu | None = None
    dureeMois: int | None = None
    dateNotification: str | None = None
    dateSignature: str | None = None
    dateDebutExecution: str | None = None
    datePublicationDonnees: str | None = None
    montant: float | None = None
    valeurGlobale: float | None = None
    montantSubventionPublique: float | None = None
    formePrix: str | None = None
    """Format 2022 only: Unitaire, Forfaitaire, Mixte."""
    typesPrix: list[str] | None = None
    """Format 2022: Définitif ferme…; format 2019: the published `formePrix` (Ferme, Ferme et actualisable,
    Révisable) stays in `formePrix`."""
    attributionAvance: bool | None = None
    tauxAvance: float | None = None
    offresRecues: int | None = None
    marcheInnovant: bool | None = None
    ccag: str | None = None
    sousTraitanceDeclaree: bool | None = None
    typeGroupementOperateurs: str | None = None
    origineUE: float | None = None
    origineFrance: float | None = None
    considerationsSociales: list[str] | None = None
    considerationsEnvironnementales: list[str] | None = None
    titulaires: list[Operateur] = []
    modifications: list[Modification] = []
    actesSousTraitance: list[Acte] = []
    modificationsActesSousTraitance: list[ModificationActe] = []
    donneesExecution: list[Execution] = []

    @property
    def date(self) -> str | None:
        """Date of notification (marché) or signature (concession)."""
        return self.dateNotification or self.dateSignature

    @property
    def amount(self) -> float | None:
        """Initial amount (marché: `montant`, concession: `valeurGlobale`), in euros excluding tax."""
        return self.montant if self.montant is not None else self.valeurGlobale


class Version(_Value, frozen=True):
    """A state of a contract: 0 is the award, n the state after the n-th modification, values carried forward."""

    number: int
    modification_id: int | None = None
    """The published id of the modification (format 2022), else its rank."""
    objetModification: str | None = None
    date: str | None = None
    """Notification (or signature) of the contract, then of the modification."""
    published: str | None = None
    """`datePublicationDonnees`, then `datePublicationDonneesModification`."""
    montant: float | None = None
    """Amount in force (concession: `valeurGlobale`)."""
    dureeMois: int | None = None
    titulaires: tuple[Operateur, ...] = ()
    changed: tuple[str, ...] = ()
    """Which of `montant`, `dureeMois`, `titulaires` this version changed."""
