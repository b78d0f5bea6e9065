"""`datapackage.json` (Data Package v2) and `schema/*.json` (Table Schema), from the column description."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from procurement_assets.lake import Lake, write_bytes
from procurement_assets.ocds.produce import date_time
from procurement_assets.portal.exports.described import DATA_ROLES
from procurement_assets.portal.exports.listing import File, files_given_out
from procurement_assets.portal.exports.placing import digest
from procurement_assets.portal.exports.spec import BY_NAME, CSV, DATA_PACKAGE, EXPORTS, About
from procurement_assets.portal.exports.table_schema import table_schema
from procurement_assets.publishers import Source

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
_TYPES = {"string", "integer", "number", "boolean", "date", "list"}


def write_schemas(lake: Lake, about: About) -> list[str]:
    """Write the Table Schema of every exported table; returns the names of the files."""
    names = []
    for export in EXPORTS:
        name = f"schema/{export.name}.json"
        write_bytes(lake.exports(about.publisher.id) / name, _json(table_schema(export.table, about)))
        names.append(name)
    return names


def write_data_package(lake: Lake, about: About, sources: Sequence[Source]) -> int:
    """Write `datapackage.json` from the data files that are there; returns the number of resources."""
    files = files_given_out(lake, about.publisher.id, roles=DATA_ROLES)
    package = data_package(about, files, sources)
    write_bytes(lake.exports(about.publisher.id) / DATA_PACKAGE, _json(package))
    return len(package["resources"])


def data_package(about: About, files: Sequence[File], sources: Sequence[Source]) -> dict[str, Any]:
    """The data package: the CSV files as tables with their schema, the others as files."""
    portal = about.portal
    contributor = {"title": about.publisher.name, "path": about.publisher.uri, "roles": ["publisher"]}
    if portal.contact_email:
        contributor["email"] = portal.contact_email
    return {
        "$schema": PROFILE,
        "name": f"decp-{about.publisher.id}",
        "id": about.url(DATA_PACKAGE),
        "title": portal.title,
        "description": portal.description,
        "homepage": portal.landing_page or portal.files_url,
        "version": about.day,
        "created": date_time(about.data_date),
        "language": "fr",
        "keywords": list(portal.keywords),
        "licenses": [{"path": about.license_url, "title": portal.license_name}],
        "contributors": [contributor],
        "sources": [{"title": s.name} for s in sources],
        "resources": [_resource(f) for f in files],
    }


def _resource(file: File) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": re.sub(r"[^a-z0-9._-]+", "-", file.name.lower().replace(".", "-")),
        "path": file.name,
        # Not for `frictionless` to open as a table: it cannot read a Parquet column of lists.
        "type": "file",
        "title": file.title,
        "description": file.kind.description,
        "format": file.name.removesuffix(".gz").rsplit(".", 1)[-1],
        "mediatype": file.media_type,
        "bytes": file.bytes,
        "hash": f"sha256:{file.sha256}",
    }
    if file.name == f"{file.kind.table}{CSV}":
        found |= {
            "name": file.kind.table,
            "type": "table",
            "encoding": "utf-8",
            "dialect": {"delimiter": ",", "quoteChar": '"', "doubleQuote": True, "header": True},
            "schema": f"schema/{file.kind.table}.json",
        }
    return found


def data_package_faults(lake: Lake, publisher: str) -> list[str]:
    """What in a written data package is not true of the files beside it, one French line each.

    Cheap: the files are hashed, the header of each table is read. Tests validate whole rows with `frictionless`.
    """
    folder = lake.exports(publisher)
    if not (folder / DATA_PACKAGE).exists():
        return [f"{DATA_PACKAGE} manque : matérialiser export_metadata"]
    package = msgspec.json.decode((folder / DATA_PACKAGE).read_bytes())
    resources = {r["name"]: r for r in package["resources"]}
    faults = []
    if len(resources) < len(package["resources"]):
        faults.append("deux ressources ont le même nom")
    for name, resource in resources.items():
        path = folder / resource["path"]
        if not path.exists():
            faults.append(f"{resource['path']} manque")
            continue
        if (resource["bytes"], resource["hash"]) != ((found := digest(path))[0], f"sha256:{found[1]}"):
            faults.append(f"{resource['path']} n'a plus la taille ou l'empreinte annoncée")
        if "schema" in resource:
            faults += _table_faults(lake, publisher, name, resource, set(resources))
    return faults


def _table_faults(lake: Lake, publisher: str, name: str, resource: dict[str, Any], known: set[str]) -> list[str]:
    folder = lake.exports(publisher)
    schema = msgspec.json.decode((folder / resource["schema"]).read_bytes())
    with (folder / resource["path"]).open("rb") as handle:
        header = next(csv.reader(io.TextIOWrapper(handle, encoding="utf-8", newline="")))
    fields = [f["name"] for f in schema["fields"]]
    faults = [] if header == fields else [f"{resource['path']} : l'en-tête n'est pas celui de {resource['schema']}"]
    faults += [f"{name}.{f['name']} : type {f['type']} inconnu" for f in schema["fields"] if f["type"] not in _TYPES]
    keys = schema.get("primaryKey", [])
    foreign = schema.get("foreignKeys", [])
    keys = [*keys, *(field for k in foreign for field in k["fields"])]
    faults += [f"{name} : la clé nomme {k}, qui n'est pas une colonne" for k in keys if k not in fields]
    targets = [k["reference"]["resource"] for k in foreign]
    faults += [f"{name} : la clé étrangère vise {t}, qui n'est pas là" for t in targets if t not in known]
    if name not in BY_NAME:
        faults.append(f"{name} : table inconnue de la description")
    return faults


def _json(found: dict[str, Any]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n"
