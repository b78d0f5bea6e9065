"""What the tests of publication share: a publisher, a small table, exports with their manifest, one publication."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Collection, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from procurement_assets.lake import Lake, write_bytes
from procurement_assets.portal.publishing.depot_ftp import FtpDepot
from procurement_assets.portal.publishing.engine import Job
from procurement_assets.portal.publishing.http import PortalSession
from procurement_assets.portal.publishing.opendatasoft import Opendatasoft
from procurement_assets.portal.publishing.safety import Checks
from procurement_assets.publisher_portal import OpendatasoftPortal, Portal
from procurement_assets.publishers import Publisher
from procurement_assets.schema import TABLES
from procurement_assets.schema.column import Table

FTP_PASSWORD = "mot-de-passe-ftp-7777"
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


def second_edition(who: Publisher) -> Publisher:
    """The publisher with another title and contact; and, in this process, a column of `decp_marches` renamed."""
    table = TABLES["decp_marches"]
    columns = tuple(
        msgspec.structs.replace(c, title="Montant HT", description="Autre description.") if c.name == "montant" else c
        for c in table.columns
    )
    TABLES["decp_marches"] = msgspec.structs.replace(table, columns=columns)
    portal = msgspec.structs.replace(who.about, title="Marchés et concessions", contact_name="Direction des achats")
    return msgspec.structs.replace(who, portal=portal)


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
    without: Collection[str] = (),
) -> str:
    """Write `exports/WHO/` with its manifest; returns the sha256 of the manifest. `without`: files left out."""
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
        if name in without:
            continue
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


def ftp_depot(who: Publisher, address: str, password: str = FTP_PASSWORD, **options: Any) -> FtpDepot:
    """The drop folder on an FTP server, without waits."""
    return FtpDepot(who, address, password=password, sleep=lambda _: None, **options)


def quick_session(attempts: int = 3) -> Callable[..., PortalSession]:
    """Sessions whose waits take no time."""
    return partial(_session, attempts=attempts)


def _session(base: str, **options: Any) -> PortalSession:
    options["sleep"] = lambda _: None
    return PortalSession(base, backoff=0.0, timeout=(2.0, 5.0), **options)


def lake_at(folder: Path) -> Lake:
    """A lake of the test."""
    return Lake(str(folder / "lake"))


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder: path to bytes."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def harvested(folder: Path) -> dict[str, bytes]:
    """What a harvester reads in a drop folder: `index.csv` and what it names. Empty before the first publication."""
    root = folder / "courant" if (folder / "courant").exists() else folder
    if not (root / "index.csv").exists():
        return {}
    index = (root / "index.csv").read_bytes()
    lines = list(csv.DictReader(io.StringIO(index.decode()), delimiter=";"))
    named = [path for line in lines for path in (line["source_dataset"], line["schema_file"])]
    return {"index.csv": index, **{n: (root / n).read_bytes() for n in named}}
