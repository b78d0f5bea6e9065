"""The as-read record: regulatory names and one canonical structure, values exactly as published.

The reader turns each of the four layouts (format 2019 flat, 2.0.0 flat, 2.0.1+ nested, the State's consolidation) and
XML into these structures (research/decp.md §1.1-§1.5). Structure is normalised here (wrappers removed, lists are
lists); values are not: a date stays the text that was published, a number typed as text stays text. Cleaning them is
`procurement_assets.decp.clean`'s work, so that every repair has a rule id and its original.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Scalar = str | int | float | bool | None
"""A value as published. `None` stands for both JSON null and an absent field."""

Kind = Literal["marche", "concession"]
Format = Literal["2019", "2022"]
"""Legal family: "2019" = arrêtés of 2017-2019 (schema 1.x), "2022" = arrêtés of 22/12/2022 (schema 2.0.x)."""

Layout = Literal["v1-flat", "v1-dotted", "v2-flat", "v2-nested", "v2-consolidated", "xml-1", "xml-2"]
"""How the file writes the record (research/decp.md §1.4): told apart by content, never by name or address."""


class _Raw(msgspec.Struct, omit_defaults=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the as-read structures: keyword only, empty fields omitted when encoded, no undeclared field."""


class RawOperateur(_Raw):
    """A holder (`titulaire`), concession holder (`concessionnaire`) or subcontractor (`sousTraitant`)."""

    typeIdentifiant: Scalar = None
    id: Scalar = None
    denominationSociale: Scalar = None


class RawLieu(_Raw):
    """`lieuExecution`."""

    code: Scalar = None
    typeCode: Scalar = None
    nom: Scalar = None


class RawModification(_Raw):
    """One entry of `modifications`, of a marché or of a concession (research/decp.md §1.2, §1.3)."""

    id: Scalar = None
    objetModification: Scalar = None
    dateNotificationModification: Scalar = None
    dateSignatureModification: Scalar = None
    datePublicationDonneesModification: Scalar = None
    dureeMois: Scalar = None
    montant: Scalar = None
    valeurGlobale: Scalar = None
    titulaires: list[RawOperateur] | None = None


class RawActe(_Raw):
    """One `acteSousTraitance`."""

    id: Scalar = None
    sousTraitant: RawOperateur | None = None
    dureeMois: Scalar = None
    dateNotification: Scalar = None
    datePublicationDonnees: Scalar = None
    montant: Scalar = None
    variationPrix: Scalar = None


class RawModificationActe(_Raw):
    """One `modificationActeSousTraitance`; `id` is that of the act it modifies."""

    id: Scalar = None
    dateNotificationModificationSousTraitance: Scalar = None
    datePublicationDonnees: Scalar = None
    dureeMois: Scalar = None
    montant: Scalar = None


class RawTarif(_Raw):
    """One tariff of a year of execution of a concession."""

    intituleTarif: Scalar = None
    tarif: Scalar = None


class RawExecution(_Raw):
    """One year of `donneesExecution` of a concession."""

    datePublicationDonneesExecution: Scalar = None
    depensesInvestissement: Scalar = None
    tarifs: list[RawTarif] | None = None


class RawRecord(_Raw):
    """A marché or a concession as published, in the canonical structure.

    `acheteur_id`/`acheteur_nom` hold `acheteur` for a marché and `autoriteConcedante` for a concession; `titulaires`
    holds `concessionnaires` for a concession. `extras` keeps every field that neither schema knows, by JSON path,
    so that nothing is lost (`source`, `uuid`, `_type`, platform fields…).
    """

    kind: Kind
    format: Format
    id: Scalar = None
    uid: Scalar = None
    acheteur_id: Scalar = None
    acheteur_nom: Scalar = None
    nature: Scalar = None
    objet: Scalar = None
    codeCPV: Scalar = None
    procedure: Scalar = None
    techniques: list[Scalar] | None = None
    modalitesExecution: list[Scalar] | None = None
    idAccordCadre: Scalar = None
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
    typesPrix: list[Scalar] | None = None
    attributionAvance: Scalar = None
    tauxAvance: Scalar = None
    offresRecues: Scalar = None
    marcheInnovant: Scalar = None
    ccag: Scalar = None
    sousTraitanceDeclaree: Scalar = None
    typeGroupementOperateurs: Scalar = None
    origineUE: Scalar = None
    origineFrance: Scalar = None
    considerationsSociales: list[Scalar] | None = None
    considerationsEnvironnementales: list[Scalar] | None = None
    titulaires: list[RawOperateur] | None = None
    modifications: list[RawModification] | None = None
    actesSousTraitance: list[RawActe] | None = None
    modificationsActesSousTraitance: list[RawModificationActe] | None = None
    donneesExecution: list[RawExecution] | None = None
    extras: dict[str, object] | None = None


class Note(msgspec.Struct, omit_defaults=True, kw_only=True, frozen=True):
    """Something the reader did to make a file or a record readable: a stable rule id and what it saw.

    Rule ids are those of `procurement_assets.decp.reader.READER_RULES` (e.g. `read.wrapper-object`).
    """

    rule: str
    path: str = ""
    detail: str = ""


class ReadRecord(_Raw):
    """A record of a raw file that could be read."""

    position: int
    """Rank of the record in its file, from 0, in the order of the bytes."""
    layout: Layout
    decode: Literal["strict", "tolerant"]
    raw: bytes
    """The bytes of the record as they stand in the file (for XML: the element, serialised)."""
    record: RawRecord
    encoded: bytes
    """`record` in JSON, as it is kept."""
    notes: tuple[Note, ...] = ()


class Quarantined(_Raw):
    """A record, a fragment of a file or a whole file that could not be read; nothing of it is lost."""

    position: int
    """Rank in the file; -1 where the whole file is concerned (empty, HTML page, no list of records)."""
    reason: str
    """Stable reason id, e.g. `file.empty`, `file.html`, `file.truncated`, `record.not-an-object`."""
    detail: str = ""
    raw: bytes = b""


class FileSummary(_Raw):
    """What was seen of a whole file; the reader yields it last."""

    size: int
    encoding: str
    container: Literal["json", "ndjson", "xml", "none"]
    layouts: tuple[Layout, ...]
    found: int
    """Records delimited in the file, readable or not: the ledger must account for each."""
    notes: tuple[Note, ...] = ()
