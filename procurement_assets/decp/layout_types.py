"""The typed structures of the four JSON layouts, as the schemas define them, decoded without leniency.

Two structures cover the four layouts, because the marchés and concessions of a family share their envelope:

- `Flat`: format 2019 (schemas 1.0 to 1.5, dotted keys of the 2019 consolidation) and schema 2.0.0: plain arrays;
- `Nested`: schemas 2.0.1 to 2.0.4 and the State's consolidation: arrays of single-key wrappers, code lists in objects.
"""

from __future__ import annotations

import msgspec

from procurement_assets.decp.raw import (
    RawActe,
    RawExecution,
    RawLieu,
    RawModification,
    RawModificationActe,
    RawOperateur,
    RawTarif,
    Scalar,
)

Value = str | int | float | bool
"""An item of a list: null is not one (the tolerant reader removes it, and says so)."""


class StrictStruct(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """Base of the strict structures."""


class Acheteur(StrictStruct):
    """`acheteur` or `autoriteConcedante`."""

    id: Scalar = None
    nom: Scalar = None


class Common(StrictStruct):
    """The fields written alike in all JSON layouts, of marchés and of concessions."""

    id: Scalar = None
    uid: Scalar = None
    source: Scalar = None
    uuid: Scalar = None
    schema_: Scalar = msgspec.field(name="$schema", default=None)
    type_: Scalar = msgspec.field(name="_type", default=None)
    acheteur: Acheteur | None = None
    autoriteConcedante: Acheteur | None = None
    nature: Scalar = None
    objet: Scalar = None
    codeCPV: Scalar = None
    procedure: Scalar = None
    lieuExecution: RawLieu | None = None
    dureeMois: Scalar = None
    dateNotification: Scalar = None
    dateSignature: Scalar = None
    dateDebutExecution: Scalar = None
    datePublicationDonnees: Scalar = None
    montant: Scalar = None
    valeurGlobale: Scalar = None
    montantSubventionPublique: Scalar = None
    formePrix: Scalar = None
    attributionAvance: Scalar = None
    tauxAvance: Scalar = None
    offresRecues: Scalar = None
    marcheInnovant: Scalar = None
    ccag: Scalar = None
    sousTraitanceDeclaree: Scalar = None
    typeGroupementOperateurs: Scalar = None
    origineUE: Scalar = None
    origineFrance: Scalar = None
    idAccordCadre: Scalar = None


class FlatModificationActe(StrictStruct):
    """`modificationsActesSousTraitance[]` with the names of 2.0.0 and those of 2.0.1."""

    id: Scalar = None
    dateNotificationModificationActeSousTraitance: Scalar = None
    datePublicationDonneesModificationActeSousTraitance: Scalar = None
    dateNotificationModificationSousTraitance: Scalar = None
    datePublicationDonnees: Scalar = None
    dureeMois: Scalar = None
    montant: Scalar = None


class Flat(Common):
    """Schemas 1.x and 2.0.0; `technique`, `modaliteExecution`, `typePrix` are the names of 2.0.0."""

    acheteur_id: Scalar = msgspec.field(name="acheteur.id", default=None)
    acheteur_nom: Scalar = msgspec.field(name="acheteur.nom", default=None)
    autorite_id: Scalar = msgspec.field(name="autoriteConcedante.id", default=None)
    autorite_nom: Scalar = msgspec.field(name="autoriteConcedante.nom", default=None)
    titulaires: list[RawOperateur] | None = None
    concessionnaires: list[RawOperateur] | None = None
    modifications: list[RawModification] | None = None
    donneesExecution: list[RawExecution] | None = None
    technique: list[Value] | None = None
    modaliteExecution: list[Value] | None = None
    typePrix: list[Value] | None = None
    considerationsSociales: list[Value] | None = None
    considerationsEnvironnementales: list[Value] | None = None
    actesSousTraitance: list[RawActe] | None = None
    modificationsActesSousTraitance: list[FlatModificationActe] | None = None


class NestedTitulaire(StrictStruct):
    titulaire: RawOperateur


class NestedConcessionnaire(StrictStruct):
    concessionnaire: RawOperateur


class NestedModification(StrictStruct):
    id: Scalar = None
    objetModification: Scalar = None
    dateNotificationModification: Scalar = None
    dateSignatureModification: Scalar = None
    datePublicationDonneesModification: Scalar = None
    dureeMois: Scalar = None
    montant: Scalar = None
    valeurGlobale: Scalar = None
    titulaires: list[NestedTitulaire] | None = None


class NestedModificationItem(StrictStruct):
    modification: NestedModification


class NestedActe(StrictStruct):
    acteSousTraitance: RawActe


class NestedModificationActe(StrictStruct):
    modificationActeSousTraitance: RawModificationActe


class NestedTarif(StrictStruct):
    tarif: RawTarif


class NestedAnnuelles(StrictStruct):
    datePublicationDonneesExecution: Scalar = None
    depensesInvestissement: Scalar = None
    tarifs: list[NestedTarif] | None = None


class NestedExecution(StrictStruct):
    donneesAnnuelles: NestedAnnuelles


class NestedTechniques(StrictStruct):
    technique: list[Value]


class NestedModalites(StrictStruct):
    modaliteExecution: list[Value]


class NestedPrix(StrictStruct):
    typePrix: list[Value]


class NestedSociales(StrictStruct):
    considerationSociale: list[Value]


class NestedEnvironnementales(StrictStruct):
    considerationEnvironnementale: list[Value]


class Nested(Common):
    """Schemas 2.0.1 to 2.0.4."""

    titulaires: list[NestedTitulaire] | None = None
    concessionnaires: list[NestedConcessionnaire] | None = None
    modifications: list[NestedModificationItem] | None = None
    donneesExecution: list[NestedExecution] | None = None
    techniques: NestedTechniques | None = None
    modalitesExecution: NestedModalites | None = None
    typesPrix: NestedPrix | None = None
    considerationsSociales: NestedSociales | None = None
    considerationsEnvironnementales: NestedEnvironnementales | None = None
    actesSousTraitance: list[NestedActe] | None = None
    modificationsActesSousTraitance: list[NestedModificationActe] | None = None
