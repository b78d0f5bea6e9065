"""What each of Pelican's checks means, in French, and what it needs; those not taken over, with the reason.

The texts are in `pelican.toml`. Every check that is implemented has its text and the reverse (a test).
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec

Level = Literal["champ", "processus", "jeu", "temps"]

SOURCE = "Pelican (open-contracting/pelican-backend)"

FIELDS = (
    "ocid",
    "date",
    "language",
    "buyer.id",
    "buyer.name",
    "parties.identifier.scheme",
    "tender.id",
    "tender.title",
    "tender.value.amount",
    "tender.procurementMethod",
    "tender.procurementMethodDetails",
    "tender.mainProcurementCategory",
    "tender.numberOfTenderers",
    "tender.tenderPeriod.startDate",
    "tender.tenderPeriod.endDate",
    "tender.items.classification.id",
    "awards.date",
    "awards.value.amount",
    "awards.suppliers.id",
    "awards.suppliers.name",
    "awards.items.classification.id",
    "awards.amendments.date",
    "contracts.dateSigned",
    "contracts.value.amount",
    "contracts.period.startDate",
    "contracts.period.endDate",
    "contracts.period.durationInDays",
    "contracts.amendments.date",
    "contracts.amendments.rationale",
)
"""The fields that are checked: those of OCP's "useful publication" (research/ocds.md §6), and every date and number."""

SCHEMES = frozenset({"FR-RCS"})
"""The register of org-id.guide that DECP's identifiers are of; the registers of the overseas territories and of VAT are
not there (research/ocds.md §2.1, listed in the publication policy)."""

LANGUAGES = frozenset(re.findall("..", "bghrcsdanlenetfifrdeelhugaitlvltmtplptroskslessv"))
"""ISO 639-1 codes of the languages of the European Union."""


class CheckText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a check means."""

    id: str
    level: Level
    title: str
    explanation: str
    needs: tuple[str, ...] = ()
    """OCDS paths without which it has nothing to look at; `a|b`: one of them."""
    blocking: bool = False
    """A broken reference or period: publication stops."""
    single_buyer: bool = False
    """It cannot pass for a publisher that is one buyer."""
    after_award_only: bool = False
    """It cannot pass for data that begin at the award."""

    @property
    def expected_to_fail(self) -> bool:
        """A failure says what DECP is, not what is wrong."""
        return self.single_buyer or self.after_award_only


class NotImplementedText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A check that is not taken over."""

    id: str
    level: Level
    title: str
    reason: str
    needs: tuple[str, ...]


class Texts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file of texts."""

    check: list[CheckText]
    not_implemented: list[NotImplementedText]


@cache
def texts() -> Texts:
    """The texts, read once."""
    data = files(__package__).joinpath("pelican.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(data), Texts)


@cache
def by_id() -> dict[tuple[str, str], CheckText]:
    """(level, id) to its text."""
    return {(t.level, t.id): t for t in texts().check}
