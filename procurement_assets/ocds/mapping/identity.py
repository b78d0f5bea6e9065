"""Identities: ocids, release ids, organisations.

Everything here depends on the published values alone, so that the same contract has the same identifiers in every run
and every release (docs/decisions.md, "OCDS identifiers").
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import NamedTuple

from procurement_assets.decp.codelists import fold
from procurement_assets.decp.identifiers import is_siret
from procurement_assets.decp.model import Contract
from procurement_assets.ocds.model import Identifier

_SAFE = re.compile(r"[A-Za-z0-9.-]+")
_PLAIN = re.compile(r"[A-Za-z0-9.]+")
_ESCAPE = re.compile(r"_([0-9A-F]{2})")
_DIRECTORY = "https://annuaire-entreprises.data.gouv.fr/entreprise/"

SCHEMES = {
    "TAHITI": "PF-TAHITI",
    "RIDET": "NC-RIDET",
    "FRWF": "WF-FRWF",
    "IREP": "FR-IREP",
    "HORS-UE": "FR-DECP-HORSUE",
}
"""DECP type of identifier to scheme. None of these is on org-id.guide (research/ocds.md §2.1): listed in the
publication policy. SIRET is FR-RCS, a VAT number is `{country}-VAT`."""

UNVERIFIED = "FR-DECP-"
"""Scheme of an identifier that is not what its type says (a SIRET of 13 digits…): `FR-DECP-SIRET`, as published."""


def escape(text: str) -> str:
    """A text in letters, digits, `.`, `-` and `_`: every other byte is `_` and two hexadecimal digits. Reversible."""
    if _SAFE.fullmatch(text):
        return text
    return "".join(c if _SAFE.fullmatch(c) else "".join(f"_{b:02X}" for b in c.encode()) for c in text)


def unescape(text: str) -> str:
    """What `escape` was given."""
    parts = _ESCAPE.split(text)
    return b"".join(bytes.fromhex(p) if n % 2 else p.encode() for n, p in enumerate(parts)).decode()


def ocid_of(prefix: str, buyer: str, number: str) -> str:
    """`prefix-SIRET-id`. A hyphen in the buyer's id (never in a SIRET) is escaped, so the parts can be told apart."""
    return f"{_buyer_part(prefix, buyer)}-{escape(number)}"


@lru_cache(maxsize=4_096)
def _buyer_part(prefix: str, buyer: str) -> str:
    return f"{prefix}-{escape(buyer).replace('-', '_2D')}"


def contract_ocid(prefix: str, contract: Contract) -> str:
    """The ocid of a contract: from `uid`, which `decp.identity` made unique."""
    return ocid_of_uid(prefix, contract.acheteur_id, contract.uid)


def ocid_of_uid(prefix: str, buyer: str, uid: str) -> str:
    """The ocid that a uid gives: the buyer's SIRET, then the id."""
    return ocid_of(prefix, buyer, uid[len(buyer) :] if uid.startswith(buyer) and uid != buyer else uid)


def ocid_parts(ocid: str) -> tuple[str, str, str]:
    """Prefix, buyer and id of an ocid."""
    prefix, buyer, number = ocid[:11], *ocid[12:].split("-", 1)
    return prefix, unescape(buyer), unescape(number)


def gives_uid(ocid: str, buyer: str, uid: str) -> bool:
    """Whether `uid_of` gives back this uid; most of the time without reading the ocid back."""
    number, tail = uid[len(buyer) :], ocid[12:]
    if "_" not in tail and tail == f"{buyer}-{number}" and buyer.isalnum() and uid.startswith(buyer):
        return True  # nothing is escaped in it, and it ends with both parts
    if _PLAIN.fullmatch(buyer) and _SAFE.fullmatch(number) and uid.startswith(buyer):
        return False  # nothing of either part would be escaped: it would have ended with both
    return uid_of(ocid, buyer) == uid


def uid_of(ocid: str, buyer: str) -> str:
    """The uid that `contract_ocid` was given, where it started with the buyer."""
    return buyer + ocid_parts(ocid)[2] if ocid.count("-") > 2 else ""


class Identity(NamedTuple):
    """How an organisation is identified in OCDS, and the published type and identifier that this gives back."""

    party_id: str
    identifier: Identifier | None
    additional: list[Identifier] | None
    kind: str | None = None
    number: str | None = None


@lru_cache(maxsize=65_536)
def identify(kind: str | None, number: str | None, name: str | None, fallback: str) -> Identity:
    """The identity of an organisation from its published type of identifier, identifier and name.

    A SIRET gives `FR-RCS-{SIREN}-{NIC}`; another well-formed identifier `{scheme}-{id}`; an identifier that cannot be
    what its type says `FR-DECP-{type}-{id}`, with a mark of the name when there is one (two companies entered as
    `00000` stay two); a name alone `name-{mark}`; nothing at all `fallback`, unique within the contract.
    """
    number = (number or "").strip()
    found = of_siret(number) if kind == "SIRET" else None
    if found is None:
        found = _other(kind, number, name, fallback)
        given_back = published(found.identifier, found.additional)
        found = found._replace(kind=given_back[0], number=given_back[1])
    return found


def _other(kind: str | None, number: str, name: str | None, fallback: str) -> Identity:
    """The identity of an organisation without a valid SIRET."""
    mark = hashlib.sha256(fold(name).encode()).hexdigest()[:12] if name and fold(name) else ""
    scheme = _scheme(kind, number)
    if scheme:
        return Identity(f"{scheme}-{escape(number)}", Identifier(scheme=scheme, id=number), None)
    unverified = (UNVERIFIED + escape(kind)) if kind else UNVERIFIED + "INCONNU"
    if number:
        party_id = "-".join(filter(None, (unverified, escape(number), mark)))
        return Identity(party_id, Identifier(scheme=unverified, id=number), None)
    identifier = Identifier(scheme=unverified) if kind else None
    return Identity(f"name-{mark}" if mark else fallback, identifier, None)


_KINDS = {scheme: kind for kind, scheme in SCHEMES.items()}


def published(identifier: Identifier | None, additional: list[Identifier] | None) -> tuple[str | None, str | None]:
    """The published type and identifier of an organisation: what `identify` was given, from what it made."""
    if identifier is None:
        return None, None
    scheme = identifier.scheme or ""
    if scheme == "FR-RCS":
        return "SIRET", additional[0].id if additional else identifier.id
    if scheme in _KINDS:
        return _KINDS[scheme], identifier.id
    if scheme.endswith("-VAT"):
        return "TVA", identifier.id
    kind = scheme.removeprefix(UNVERIFIED)
    return (None if kind == "INCONNU" else unescape(kind)), identifier.id


@lru_cache(maxsize=65_536)
def of_siret(siret: str) -> Identity | None:
    """The identity that a valid SIRET gives, whatever the name; None for another text."""
    if not is_siret(siret):
        return None
    siren = siret[:9]
    return Identity(
        f"FR-RCS-{siren}-{siret[9:]}",
        Identifier(scheme="FR-RCS", id=siren, uri=_DIRECTORY + siren),
        [Identifier(scheme="FR-RCS", id=siret)],
        "SIRET",
        siret,
    )


def _scheme(kind: str | None, number: str) -> str | None:
    if not number:
        return None
    if kind == "TVA":
        return f"{number[:2]}-VAT" if re.fullmatch(r"[A-Z]{2}[A-Z0-9+*]{2,13}", number) else None
    return SCHEMES.get(kind or "")
