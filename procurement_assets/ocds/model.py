"""OCDS 1.1.5 as typed structures: the part of the standard and of its extensions that the project writes.

One class per OCDS definition, fields under their OCDS names; the doc of a class names the extension it comes from.
Three things are read from these classes: what is written (empty fields never are: `omit_defaults`), the JSON Schema
of our profile (`ocds.profile`) and the merge rules used when the official schema cannot be reached (`ocds.compile`).

Two orders matter. A release starts with `ocid, id, date, tag`, which lets `ocds.compile` rewrite its bytes; an object
in an array starts with `id`, as in `ocdsmerge`'s output (research/perf.md §2d).
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from procurement_assets.ocds.extension.model import (
    DecpAmendment,
    DecpAward,
    DecpContract,
    DecpSubcontract,
    DecpTender,
)
from procurement_assets.ocds.parts import (
    UNIQUE,
    WHOLE,
    Address,
    Classification,
    Gazetteer,
    Identifier,
    Location,
    Ocds,
    Organization,
    OrganizationReference,
    Period,
)
from procurement_assets.ocds.values import (
    Category,
    DateTime,
    Euros,
    FrameworkMethod,
    Goal,
    Id,
    Method,
    Ocid,
    Permission,
    ReleaseId,
    Strategy,
    Tag,
    Text,
)

_OMIT = {"omitWhenMerged": True}

__all__ = [
    "Address",
    "Amendment",
    "Award",
    "Bids",
    "Classification",
    "Contract",
    "ContractTerms",
    "Finance",
    "FrameworkAgreement",
    "Gazetteer",
    "Identifier",
    "Implementation",
    "Item",
    "Location",
    "Metric",
    "Observation",
    "Organization",
    "OrganizationReference",
    "Period",
    "RelatedProcess",
    "Release",
    "Statistic",
    "Subcontract",
    "Subcontracting",
    "SubmissionTerms",
    "Sustainability",
    "Tariff",
    "Techniques",
    "Tender",
]


class Item(Ocds):
    """`Item`, with the delivery places of extension location."""

    id: Id
    description: Text | None = None
    classification: Classification | None = None
    deliveryLocations: Annotated[list[Location], Meta(min_length=1, extra_json_schema=WHOLE)] | None = None
    deliveryAddresses: Annotated[list[Address], Meta(min_length=1, extra_json_schema=WHOLE)] | None = None


class FrameworkAgreement(Ocds):
    """`FrameworkAgreement` (extension techniques)."""

    method: FrameworkMethod | None = None
    value: Euros | None = None


class Techniques(Ocds):
    """`Techniques` (extension techniques). Missing is not false."""

    hasFrameworkAgreement: bool | None = None
    frameworkAgreement: FrameworkAgreement | None = None
    hasDynamicPurchasingSystem: bool | None = None
    hasElectronicAuction: bool | None = None


class Sustainability(Ocds):
    """`Sustainability` (extension sustainability), a whole-list merge; a description alone: withdrawn by the source."""

    description: Text | None = None
    goal: Goal | None = None
    strategies: Annotated[list[Strategy], Meta(min_length=1, extra_json_schema=UNIQUE)] | None = None


class SubmissionTerms(Ocds):
    """`SubmissionTerms` (extension submissionTerms)."""

    electronicCatalogPolicy: Permission | None = None


class ContractTerms(Ocds):
    """`ContractTerms` (extension contractTerms): terms as French text, for readers."""

    financialTerms: Text | None = None
    otherTerms: Text | None = None


class Tender(Ocds):
    """`Tender`."""

    id: Id
    title: Text | None = None
    status: Literal["complete"] | None = None
    items: Annotated[list[Item], Meta(min_length=1, extra_json_schema=UNIQUE)] | None = None
    procurementMethod: Method | None = None
    procurementMethodDetails: Text | None = None
    mainProcurementCategory: Category | None = None
    numberOfTenderers: int | None = None
    legalBasis: Classification | None = None
    techniques: Techniques | None = None
    submissionTerms: SubmissionTerms | None = None
    hasSustainability: bool | None = None
    sustainability: Annotated[list[Sustainability], Meta(min_length=1, extra_json_schema=WHOLE)] | None = None
    contractTerms: ContractTerms | None = None
    decp: DecpTender | None = None


class Statistic(Ocds):
    """`Statistic` (extension bids)."""

    id: Id
    measure: Literal["bids"]
    value: int
    notes: Text | None = None


class Bids(Ocds):
    """`bids` (extension bids)."""

    statistics: Annotated[list[Statistic], Meta(min_length=1)] | None = None


class Subcontract(Ocds):
    """`Subcontract` (extension subcontracting); amounts and dates of the act are in `decp`."""

    id: Id
    subcontractor: OrganizationReference | None = None
    mainContractors: Annotated[list[OrganizationReference], Meta(min_length=1, extra_json_schema=UNIQUE)] | None = None
    decp: DecpSubcontract | None = None


class Subcontracting(Ocds):
    """`Subcontracting` (extension subcontracting)."""

    value: Euros | None = None
    subcontracts: Annotated[list[Subcontract], Meta(min_length=1, extra_json_schema=UNIQUE)] | None = None


class Amendment(Ocds):
    """`Amendment`: the fields themselves carry the new values."""

    id: Id
    date: DateTime | None = None
    rationale: Text | None = None
    description: Text | None = None
    amendsReleaseID: Text | None = None
    releaseID: Text | None = None
    decp: DecpAmendment | None = None


class Award(Ocds):
    """`Award`, with subcontracting (extension)."""

    id: Id
    title: Text | None = None
    status: Literal["active", "cancelled"] | None = None
    date: DateTime | None = None
    value: Euros | None = None
    suppliers: Annotated[list[OrganizationReference], Meta(min_length=1, extra_json_schema=UNIQUE)] | None = None
    items: Annotated[list[Item], Meta(min_length=1, extra_json_schema=UNIQUE)] | None = None
    hasSubcontracting: bool | None = None
    subcontracting: Subcontracting | None = None
    amendments: Annotated[list[Amendment], Meta(min_length=1)] | None = None
    decp: DecpAward | None = None


class Finance(Ocds):
    """`Finance` (extension finance)."""

    id: Id
    title: Text | None = None
    value: Euros | None = None
    financingParty: OrganizationReference | None = None
    type: Literal["grant"] | None = None


class Tariff(Ocds):
    """`Tariff` (extension tariffs)."""

    id: Id
    title: Text | None = None
    paidBy: Literal["government", "user"] | None = None
    value: Euros | None = None
    notes: Text | None = None


class Observation(Ocds):
    """`Observation` (extension metrics)."""

    id: Id
    period: Period | None = None
    value: Euros | None = None


class Metric(Ocds):
    """`Metric` (extension metrics)."""

    id: Id
    title: Text | None = None
    observations: Annotated[list[Observation], Meta(min_length=1, extra_json_schema=UNIQUE)] | None = None


class Implementation(Ocds):
    """`Implementation`, with metrics and tariffs (extensions)."""

    metrics: Annotated[list[Metric], Meta(min_length=1, extra_json_schema=UNIQUE)] | None = None
    tariffs: Annotated[list[Tariff], Meta(min_length=1, extra_json_schema=UNIQUE)] | None = None


class Contract(Ocds):
    """`Contract`. `awardID` is an obligation in every release, amendments too (research/perf.md §2c)."""

    id: Id
    awardID: Id
    title: Text | None = None
    status: Literal["active"] | None = None
    period: Period | None = None
    value: Euros | None = None
    dateSigned: DateTime | None = None
    finance: Annotated[list[Finance], Meta(min_length=1, extra_json_schema=UNIQUE)] | None = None
    implementation: Implementation | None = None
    amendments: Annotated[list[Amendment], Meta(min_length=1)] | None = None
    decp: DecpContract | None = None


class RelatedProcess(Ocds):
    """`RelatedProcess`: the framework of a call-off; its id alone once the source has withdrawn it."""

    id: Id
    relationship: Annotated[list[Literal["framework"]], Meta(min_length=1)] | None = None
    scheme: Literal["ocid"] | None = None
    identifier: Text | None = None


class Release(Ocds):
    """`Release`."""

    ocid: Ocid
    id: Annotated[ReleaseId, Meta(extra_json_schema=_OMIT)]
    date: Annotated[DateTime, Meta(extra_json_schema=_OMIT)]
    tag: Annotated[list[Tag], Meta(min_length=1, extra_json_schema=_OMIT)]
    initiationType: Literal["tender"]
    language: Literal["fr"]
    parties: Annotated[list[Organization], Meta(min_length=1, extra_json_schema=UNIQUE)]
    buyer: OrganizationReference
    tender: Tender | None = None
    bids: Bids | None = None
    awards: Annotated[list[Award], Meta(min_length=1, extra_json_schema=UNIQUE)] | None = None
    contracts: Annotated[list[Contract], Meta(min_length=1, extra_json_schema=UNIQUE)] | None = None
    relatedProcesses: Annotated[list[RelatedProcess], Meta(min_length=1, extra_json_schema=UNIQUE)] | None = None
