"""What data.gouv.fr should show: the dataset's texts and one resource per file, from the package and `publishers.toml`.

Pure: no request is made here. Facts about udata were tried on the real one (research/portal.md §1.2):
- a file whose extension the portal does not accept becomes a *remote* resource, at its address under `files_url`;
- an upload overwrites the title of the resource with the name of the file, in small ASCII letters. So the title of a
  resource *is* that name, as in the other procurement datasets of data.gouv.fr (`decp.csv`), its French title opens its
  description, and the description holds nothing that changes with the bytes: replacing a file is one call, and what is
  seen of it before and after is whole;
- Kingfisher Collect reads every resource whose description holds "ocds" as a release package in plain JSON. So release
  packages, and nothing else, hold the word, and they are sent unzipped.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import unicodedata
from collections.abc import Collection, Mapping
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast
from urllib.parse import quote

import msgspec

from procurement_assets.portal.exports.described import describe
from procurement_assets.portal.publishing.http import PortalError
from procurement_assets.portal.publishing.package import Package, PackageFile
from procurement_assets.publisher_portal import DatagouvPortal
from procurement_assets.publishers import Publisher

FILE_MARK = "procurement-assets:file"
PUBLISHER_MARK = "procurement-assets:publisher"
RETIRED_MARK = "procurement-assets:retired"
STAGED_MARK = "procurement-assets:staged"
"""On a resource whose bytes are still in the draft: it is seen whole, its own file is to be sent."""
DRAFT_MARK = "procurement-assets:draft"
"""On the private dataset through which new files pass; its value is the publisher's id."""
SCHEMA = "139bercy/format-commande-publique"
SCHEMA_VERSIONS = {"decp_2022": "2.0.3", "decp_2019": "1.5.0"}
"""Regulatory file to the version of its schema on schema.data.gouv.fr (2.0.4 differs from 2.0.3 in form only)."""

FREQUENCIES = {
    "DAILY": "daily",
    "WEEKLY": "weekly",
    "MONTHLY": "monthly",
    "QUARTERLY": "quarterly",
    "ANNUAL": "annual",
    "IRREG": "irregular",
}
"""EU frequency codes to udata's."""

KNOWN_EXTENSIONS = frozenset(["csv", "xlsx", "json", "xml", "gz", "zip", "parquet", "txt", "ttl", "pdf", "ods"])
"""Accepted by data.gouv.fr, for a plan made without asking it."""

UNZIPPED_AT_MOST = 400 * 1024 * 1024
"""A release package larger than this once unzipped is sent as it is, without the word."""

EXTENSION = "ocds/extensions/"
"""Where the files of the OCDS extension are in the package."""

_RELEASES = re.compile(r"ocds/release_package_[^/]*\.json(\.gz)?")
_WORD = re.compile("ocds", re.IGNORECASE)
_TYPES = {
    "table": "main",
    "tableur": "main",
    "base": "main",
    "ocds": "main",
    "reglementaire": "main",
    "flux": "update",
    "documentation": "documentation",
    "schema": "documentation",
}
"""Role of a file in the manifest to its type in udata; `other` for the rest."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """One resource as it should be."""

    name: str
    """Of the file in the package: what the mark holds."""
    title: str
    """Also the name under which it is uploaded."""
    description: str
    """The same whatever the bytes."""
    type: str
    unzip: bool
    sha256: str
    """Of the file of the package."""
    sha1: str
    """Of the bytes sent."""
    size: int
    """Of the bytes sent."""
    hosted: bool
    """Whether the portal keeps the file itself; else it only leads to it."""
    address: str
    """Where our own copy of the file is, under `files_url`."""
    format: str
    """As udata tells it: the last extension."""
    schema: dict[str, str] | None = None


def wanted_dataset(publisher: Publisher, settings: DatagouvPortal) -> dict[str, Any]:
    """The dataset's fields as udata names them, without the owner and without visibility."""
    about = publisher.about
    description = about.description.strip()
    if "ocds" not in description.casefold():
        description += "\n\nDonnées disponibles aussi au standard OCDS (Open Contracting Data Standard)."
    fields: dict[str, Any] = {
        "title": about.title,
        "description": description,
        "frequency": FREQUENCIES[about.frequency],
        "license": settings.license,
        "tags": sorted({t for t in map(slug, about.keywords) if 3 <= len(t) <= 96}),
    }
    if settings.spatial_zones:
        fields["spatial"] = {"zones": list(settings.spatial_zones)}
    return fields


def wanted_resources(
    package: Package, publisher: Publisher, extensions: Collection[str], schemas: Mapping[str, list[str]]
) -> list[Wanted]:
    """The resources in the order of the manifest. `extensions`: hosted by the portal; `schemas`: its catalogue.

    The files of the OCDS extension are left out: software reads them under `files_url`, which each OCDS file names, and
    thirty code lists would hide the data from a reader of the page.
    Raises `PortalError` where two files would bear one title: a resource could not be told from the other.
    """
    shown = (f for f in package.files if not f.name.startswith(EXTENSION))
    wanted = [_wanted(package, publisher, file, extensions, schemas) for file in shown]
    named: dict[str, str] = {}
    for each in wanted:
        other = named.setdefault(each.title, each.name)
        if other != each.name:
            raise PortalError(f"{each.name} et {other} auraient le même titre ({each.title}) ; renommer l'un des deux")
    return wanted


def _wanted(
    package: Package,
    publisher: Publisher,
    file: PackageFile,
    extensions: Collection[str],
    schemas: Mapping[str, list[str]],
) -> Wanted:
    unzip, sha1, size = _bytes_to_send(package, file)
    name = file.name.removesuffix(".gz") if unzip else file.name
    hosted = extension(name) in extensions
    return Wanted(
        name=file.name,
        title=upload_name(name),
        description=_description(file, name),
        type=_TYPES.get(file.role, "other"),
        unzip=unzip and hosted,
        sha256=file.sha256,
        sha1=sha1,
        size=size if hosted else file.bytes,
        hosted=hosted,
        address=publisher.about.files_url + quote(file.name),
        format=extension(name) if hosted else extension(file.name),
        schema=schema_of(file.name, schemas),
    )


def _bytes_to_send(package: Package, file: PackageFile) -> tuple[bool, str, int]:
    """Whether the file is sent unzipped, and the sha1 and the size of what is sent."""
    if _RELEASES.fullmatch(file.name) and file.name.endswith(".gz"):
        sha1, size = _digest(package, file.name, unzip=True)
        if size <= UNZIPPED_AT_MOST:
            return True, sha1, size
    return False, *_digest(package, file.name, unzip=False)


def _digest(package: Package, name: str, *, unzip: bool) -> tuple[str, int]:
    digest, size = hashlib.sha1(usedforsecurity=False), 0
    with package.open(name) as raw, content(raw, unzip=unzip) as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
            size += len(block)
            if unzip and size > UNZIPPED_AT_MOST:
                break
    return digest.hexdigest(), size


def content(raw: BinaryIO, *, unzip: bool) -> BinaryIO:
    """The bytes to send of an open file."""
    return cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if unzip else raw


def _description(file: PackageFile, name: str) -> str:
    kind = describe(file.name)
    text = kind.description if kind else ""
    title = f"**{file.title or file.name}**"
    if _RELEASES.fullmatch(file.name) and not name.endswith(".gz"):
        return f"{title}\n\nPaquet de publications au standard OCDS (ocds) 1.1.5, en JSON. {text}".strip()
    return _WORD.sub("Open Contracting", f"{title}\n\n{text}".strip())


def schema_of(name: str, schemas: Mapping[str, list[str]]) -> dict[str, str] | None:
    """The schema to declare for a file: only regulatory files follow the national one.

    A portal with a catalogue refuses a version that it does not list: the highest of the same major is declared then,
    else the name alone; and none where the catalogue lacks the schema.
    """
    path = PurePosixPath(name)
    version = SCHEMA_VERSIONS.get(path.stem)
    if version is None or path.suffix not in (".json", ".xml"):
        return None
    if not schemas or version in schemas.get(SCHEMA, ()):
        return {"name": SCHEMA, "version": version}
    if SCHEMA not in schemas:
        return None
    near = [v for v in schemas[SCHEMA] if re.fullmatch(rf"{version[0]}(\.\d+)*", v)]
    best = max(near, key=lambda v: [int(n) for n in v.split(".")], default=None)
    return {"name": SCHEMA, "version": best} if best else {"name": SCHEMA}


def upload_name(name: str) -> str:
    """The name of an upload, which udata makes the title of the resource: `ocds/2025.json` is `ocds-2025.json`."""
    stem, suffix = _split(name)
    return f"{slug(stem) or 'fichier'}.{suffix}"


def extension(name: str) -> str:
    """The extension that udata looks at: the last one, in small letters; `txt` where a file has none."""
    return _split(name)[1].rpartition(".")[2]


def _split(name: str) -> tuple[str, str]:
    path = PurePosixPath(name)
    suffixes = [s for s in path.suffixes[-2:] if re.fullmatch(r"\.[A-Za-z0-9]{1,8}", s)]
    if len(suffixes) == 2 and suffixes[1] != ".gz":
        suffixes = suffixes[1:]
    suffix = "".join(suffixes)
    return name[: len(name) - len(suffix)] if suffix else name, suffix.lstrip(".").lower() or "txt"


def slug(text: str) -> str:
    """Small ASCII letters, digits and hyphens, as udata makes tags and file names."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
