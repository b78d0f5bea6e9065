"""The smallest types of the OCDS model, shared by the model and by the local extension."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Text = Annotated[str, Meta(min_length=1)]
"""Text that is never empty (libcoveocds `empty_field`)."""

Id = Annotated[str, Meta(min_length=1)]

ReleaseId = Annotated[str, Meta(min_length=1, pattern="^[^#]+$")]
"""Never `#`: it separates a package's address from a release id (OCDS, reference, release id)."""

Ocid = Annotated[str, Meta(pattern="^ocds-[a-z0-9]{6}-[A-Za-z0-9._-]+$")]
"""Registered prefix, hyphen, own id without unsafe characters (OCDS, identifiers; `mapping.identity`)."""

DateTime = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+]0[12]:00$",
        extra_json_schema={"format": "date-time"},
    ),
]
"""A date-time of Paris, offset +01:00 or +02:00."""

Uri = Annotated[str, Meta(min_length=1, extra_json_schema={"format": "uri"})]

Tag = Literal["tender", "award", "awardUpdate", "contract", "contractAmendment", "implementation",
              "implementationUpdate", "compiled"]  # fmt: skip
Role = Literal["buyer", "supplier", "subcontractor"]
Strategy = Literal["contractPerformanceConditions", "awardCriteria", "reservedParticipation"]
Method = Literal["open", "selective", "limited", "direct"]
Category = Literal["goods", "works", "services"]
FrameworkMethod = Literal[
    "withReopeningCompetition", "withoutReopeningCompetition", "withAndWithoutReopeningCompetition"
]
Goal = Literal["social", "environmental", "economic.innovativePurchase"]
GazetteerScheme = Literal[
    "FR-LAPOSTE-CP", "FR-COG-COM", "FR-COG-ARR", "FR-COG-CAN", "FR-COG-DEP", "FR-COG-REG", "ISO2", "NUTS"
]
Permission = Literal["required", "allowed", "notAllowed"]


class Euros(msgspec.Struct, omit_defaults=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """`Value`: an amount excluding tax, in euros. No amount, no `Value`."""

    amount: float
    currency: Literal["EUR"]
