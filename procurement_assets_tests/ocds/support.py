"""What the OCDS tests share: a publisher, a contract, the official files of `../shared`, real contracts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from procurement_assets.decp.model import Contract, Modification, Operateur
from procurement_assets.ocds.compile import Compiler
from procurement_assets.ocds.mapping import releases
from procurement_assets.ocds.model import Release
from procurement_assets.ocds.profile import profile_schema
from procurement_assets.ocds.schema import Schema, load_schema
from procurement_assets.publishers import Publisher

SHARED = Path(__file__).resolve().parents[3] / "shared"
MIRROR = SHARED / "mirror"
needs_shared = pytest.mark.skipif(not MIRROR.is_dir(), reason=f"the reference files are not there: {MIRROR}")

PARIS, COMPANY_A, COMPANY_B = "21750001600019", "55204599900869", "38103128500491"
PARTY_A, PARTY_B, PARTY_CITY = "FR-RCS-552045999-00869", "FR-RCS-381031285-00491", "FR-RCS-217500016-00019"
FALLBACK = "2025-06-30"

PUBLISHER = Publisher(
    id="paris",
    name="Ville de Paris",
    siren="217500016",
    uri="https://opendata.paris.fr",
    ocid_prefix="ocds-abc123",
    license="https://www.etalab.gouv.fr/licence-ouverte-open-licence",
    publication_policy="https://opendata.paris.fr/pages/politique",
    sources=(),
)
PROFILE = Schema(source="profile", release=profile_schema())


def company(siret: str = COMPANY_A, name: str | None = None) -> Operateur:
    """A holder with a SIRET."""
    return Operateur(typeIdentifiant="SIRET", id=siret, denominationSociale=name)


def marche(**fields: Any) -> Contract:
    """A marché of the City with dates, an amount and one holder; `fields` change it."""
    number = fields.pop("id", "2024T05699")
    given = {
        "objet": "Travaux",
        "dateNotification": "2024-05-15",
        "datePublicationDonnees": "2024-05-25",
        "montant": 575000.0,
        "titulaires": [company()],
    } | fields
    buyer = given.pop("acheteur_id", PARIS)
    return Contract(
        **({"kind": "marche", "format": "2022", "uid": buyer + number, "id": number, "acheteur_id": buyer} | given)
    )


def modified(**fields: Any) -> Modification:
    """A modification published after the contract of `marche`."""
    given = {
        "id": 1,
        "dateNotificationModification": "2024-10-18",
        "datePublicationDonneesModification": "2024-10-20",
    }
    return Modification(**(given | fields))


def concession(**fields: Any) -> Contract:
    """A concession of the City; `fields` change it."""
    given = {
        "kind": "concession",
        "id": "C202401",
        "dateNotification": None,
        "dateSignature": "2024-04-02",
        "dateDebutExecution": "2024-04-01",
        "datePublicationDonnees": "2024-04-12",
        "montant": None,
        "valeurGlobale": 1030000.0,
        "titulaires": [company(COMPANY_B)],
        "nature": "Délégation de service public",
    }
    return marche(**(given | fields))


def released(contract: Contract, **options: Any) -> list[Release]:
    """The releases of a contract."""
    return releases(contract, PUBLISHER, **({"fallback_date": FALLBACK} | options))


def encoded(contract: Contract, **options: Any) -> list[bytes]:
    """The releases of a contract, as JSON."""
    return [msgspec.json.encode(r) for r in released(contract, **options)]


def tree(value: Any) -> Any:
    """An OCDS structure as plain values, as it is written."""
    return msgspec.json.decode(msgspec.json.encode(value))


def first(contract: Contract, **options: Any) -> Any:
    """The award release of a contract, as plain values."""
    return tree(released(contract, **options)[0])


def later(contract: Contract) -> list[Any]:
    """The releases after the award, as plain values."""
    return [tree(r) for r in released(contract)[1:]]


def compiled(contract: Contract) -> Any:
    """The compiled release of a contract, as plain values."""
    return msgspec.json.decode(Compiler(PROFILE).compile(encoded(contract)))


def fetch(url: str, sha256: str) -> bytes:
    """The official file, from the mirror; its pin is checked as at run time."""
    data = (MIRROR / url.removeprefix("https://")).read_bytes()
    assert hashlib.sha256(data).hexdigest() == sha256, url
    return data


@lru_cache(maxsize=1)
def official() -> Schema:
    """The official schema with our extensions."""
    return load_schema(fetch)


@lru_cache(maxsize=1)
def official_validator() -> jsonschema_rs.Draft4Validator:
    """A validator of the official schema, formats included."""
    return jsonschema_rs.Draft4Validator(official().release, validate_formats=True)


REAL_FILES = (
    "donnees-essentielles-du-profil-acheteur-gip-maximilien/decp-maximilien-2024.json",
    "donnees-essentielles-du-profil-acheteur-gip-maximilien/decp-maximilien-2025.json",
    "decp-aife/aife_2019-04-04.json",
    "decp-pes-marche/pes_2019-afb0043c.json",
)


@lru_cache(maxsize=1)
def real_contracts() -> list[Contract]:
    """Real contracts of the mirror, read and cleaned by the project, each with a `uid` of its own."""
    from procurement_assets.decp.clean import clean, refusal
    from procurement_assets.decp.raw import ReadRecord
    from procurement_assets.decp.reader import read_file

    found: list[Contract] = []
    for name in REAL_FILES:
        with (MIRROR / "static.data.gouv.fr/resources" / name).open("rb") as handle:
            for item in read_file(handle):
                if isinstance(item, ReadRecord) and refusal(item.record) is None:
                    found.append(clean(item.record).contract)
    seen: dict[str, int] = {}
    for contract in found:
        seen[contract.uid] = seen.get(contract.uid, 0) + 1
        if seen[contract.uid] > 1:
            contract.uid += f"~{seen[contract.uid]}"
    return found


def in_order(contracts: Iterable[Contract]) -> list[list[bytes]]:
    """The encoded releases of contracts, by ocid."""
    groups = [encoded(c) for c in contracts]
    return sorted(groups, key=lambda g: msgspec.json.decode(g[0])["ocid"])
