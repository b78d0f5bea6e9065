"""What the tests of publication share: a publisher, a small table, exports with their manifest, one publication."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from procurement_assets.lake import Lake, write_bytes
from procurement_assets.portal.publishing.engine import Job
from procurement_assets.portal.publishing.http import PortalSession
from procurement_assets.portal.publishing.opendatasoft import Opendatasoft
from procurement_assets.portal.publishing.safety import Checks
from procurement_assets.publisher_portal import OpendatasoftPortal, Portal
from procurement_assets.publishers import Publisher
from procurement_assets.schema import TABLES
from procurement_assets.schema.column import Table

_SMALL = ("uid", "objet", "dateNotification", "montant", "montant_suspect", "marcheInnovant", "techniques", "ocid")


def small(table: Table) -> Table:
    """A table with few columns, one of each kind: a publication of it has fewer calls."""
    return msgspec.structs.replace(table, columns=tuple(c for c in table.columns if c.name in _SMALL))


def use_small_table() -> None:
    """Make `decp_marches` small in this process."""
    TABLES["decp_marches"] = small(TABLES["decp_marches"])


def publisher(domain: str = "127.0.0.1:1", **changes: Any) -> Publisher:
    """A publisher that may publish: real data, a registered prefix, a licence."""
    portal = Portal(
        files_url="https://data.exemple.fr/commande-publique/",
        title="Marchés de la Ville",
        description="Les marchés de la Ville.\n\nUn marché par ligne.",
        keywords=("commande publique", "OCDS"),
        contact_name="Ville",
        contact_email="donnees@exemple.fr",
        opendatasoft=OpendatasoftPortal(
            domain=domain, dataset_id="decp-ville", concessions_dataset_id="decp-ville-concessions"
        ),
    )
    values: dict[str, Any] = {
        "id": "ville",
        "name": "Ville",
        "siren": "217500016",
        "uri": "https://exemple.fr",
        "ocid_prefix": "ocds-a1b2c3",
        "ocid_prefix_is_placeholder": False,
        "license": "https://www.etalab.gouv.fr/licence-ouverte-open-licence",
        "publication_policy": "https://exemple.fr/politique",
        "sources": (),
        "portal": portal,
    }
    return Publisher(**(values | changes))


def rows(count: int, *, first: int = 0, amount: float = 1000.5) -> list[dict[str, Any]]:
    """Contracts, the same for the same arguments."""
    return [
        {
            "uid": f"21750001600019M{i:04d}",
            "objet": f'Fournitures n° {i} ; lot "A"\nsuite',
            "dateNotification": date(2025, 1, 1 + i % 28),
            "montant": amount + i,
            "montant_suspect": "amount.placeholder" if i % 10 == 9 else None,
            "marcheInnovant": i % 2 == 0,
            "techniques": ["Accord-cadre", "Catalogue électronique"] if i % 3 == 0 else [],
            "ocid": f"ocds-a1b2c3-M{i:04d}",
        }
        for i in range(first, first + count)
    ]


def write_exports(
    lake: Lake,
    contracts: Sequence[dict[str, Any]],
    *,
    data_date: str = "2026-01-20",
    note: str = "",
    who: str = "ville",
) -> str:
    """Write `exports/WHO/` with its manifest; returns the sha256 of the manifest."""
    table = TABLES["decp_marches"]
    frame = pl.DataFrame(list(contracts), schema=pl.Schema(table.schema)).select(list(table.schema))
    lists = [n for n, t in frame.schema.items() if isinstance(t, pl.List)]
    flat = frame.with_columns(pl.col(lists).list.join("|"))
    files = {
        "decp_marches.csv": flat.write_csv().encode(),
        "decp_marches.parquet": b"PAR1" + str(len(contracts)).encode() + b"\x00\r\n\xff" + note.encode(),
        "ocds/2025.json": json.dumps({"releases": [c["ocid"] for c in contracts]}).encode(),
        "politique_publication.html": f"<p>Politique {note}</p>".encode(),
    }
    folder = lake.exports(who)
    listed = []
    for name, data in files.items():
        write_bytes(folder / name, data)
        entry: dict[str, Any] = {"name": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        if name == "decp_marches.csv":
            entry["rows"] = len(contracts)
        listed.append(entry)
    manifest = json.dumps({"publisher": who, "data_date": data_date, "files": listed}).encode()
    write_bytes(folder / "manifest.json", manifest)
    return hashlib.sha256(manifest).hexdigest()


def job(lake: Lake, who: Publisher, **changes: Any) -> Job:
    """A publication that does not wait."""
    values: dict[str, Any] = {
        "lake": lake,
        "publisher": who,
        "sources": (),
        "checks": Checks(total=3, failed=1, run_id="run-1"),
        "sleep": lambda _: None,
    }
    return Job(**(values | changes))


def opendatasoft(who: Publisher, key: str | None, *, attempts: int = 3, **changes: Any) -> Opendatasoft:
    """The client, without waits."""
    return Opendatasoft(who, key=key, session=quick_session(attempts), sleep=lambda _: None, **changes)


def quick_session(attempts: int = 3) -> Callable[..., PortalSession]:
    """Sessions whose waits take no time."""
    return partial(_session, attempts=attempts)


def _session(base: str, **options: Any) -> PortalSession:
    options["sleep"] = lambda _: None
    return PortalSession(base, backoff=0.0, timeout=(2.0, 5.0), **options)


def lake_at(folder: Path) -> Lake:
    """A lake of the test."""
    return Lake(str(folder / "lake"))
