"""The parts of the OCDS model that several sections share: identifiers, organisations, periods, places."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from procurement_assets.ocds.countries import COUNTRIES
from procurement_assets.ocds.values import DateTime, GazetteerScheme, Id, Role, Text, Uri

UNIQUE = {"uniqueItems": True}
WHOLE = {"uniqueItems": True, "wholeListMerge": True}


class Ocds(msgspec.Struct, omit_defaults=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """Base: nothing empty is written, nothing unknown is read; trees only, so the cycle collector can skip them."""


class Identifier(Ocds):
    """`Identifier`: an id in a register (org-id.guide: FR-RCS holds SIREN and SIRET)."""

    scheme: Text | None = None
    id: Text | None = None
    legalName: Text | None = None
    uri: Uri | None = None


class Classification(Ocds):
    """`Classification`: a code of a scheme (open code list `itemClassificationScheme`, with its extensions)."""

    scheme: Literal["CPV", "CELEX"]
    id: Text | None = None
    description: Text | None = None
    uri: Uri | None = None


class Address(Ocds):
    """`Address`, with `description` (extension location) and `country` (extension countryCode)."""

    description: Text | None = None
    locality: Text | None = None
    region: Text | None = None
    postalCode: Text | None = None
    country: Annotated[str, Meta(extra_json_schema={"enum": list(COUNTRIES)})] | None = None


class Organization(Ocds, kw_only=True):
    """`Organization`: a party. `roles` is a whole-list merge: always the union of the roles so far."""

    id: Id
    name: Text | None = None
    identifier: Identifier | None = None
    additionalIdentifiers: Annotated[list[Identifier], Meta(min_length=1, extra_json_schema=WHOLE)] | None = None
    address: Address | None = None
    roles: Annotated[list[Role], Meta(min_length=1)]


class OrganizationReference(Ocds):
    """`OrganizationReference`: points to a party by id."""

    id: Id
    name: Text | None = None


class Period(Ocds):
    """`Period`. `durationInDays` is the exact difference of the two dates (OCDS 1.2 makes it an obligation)."""

    startDate: DateTime | None = None
    endDate: DateTime | None = None
    durationInDays: int | None = None


class Gazetteer(Ocds):
    """`Location.gazetteer` (extension location); the codes FR-* are our own."""

    scheme: GazetteerScheme
    identifiers: Annotated[list[Text], Meta(min_length=1)]


class Location(Ocds):
    """`Location` (extension location)."""

    description: Text | None = None
    gazetteer: Gazetteer | None = None
