"""What lies in the drop folder: every file of the package, and what the portal's FTP harvester reads.

"FTP with meta CSV" (`research/portal.md` §1.1): `index.csv`, one line per dataset, `;`, UTF-8, with the address of the
data file (`source_dataset`) and of the file that describes its fields (`schema_file`). The harvester is set with
`metadata_file=index.csv`, `resource_location_column=source_dataset`, `resource_schema_column=schema_file`.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Sequence

import msgspec

from procurement_assets.portal.publishing.ods_wanted import TYPES, field_name
from procurement_assets.portal.publishing.package import Package
from procurement_assets.portal.publishing.tabular import MAIN_TABLES
from procurement_assets.publisher_portal import FREQUENCIES
from procurement_assets.publishers import Publisher
from procurement_assets.schema import TABLES
from procurement_assets.schema.column import Table

INDEX = "index.csv"
MANIFEST = "manifest.json"
DATA = "donnees"
"""Folder of the files that `index.csv` names, where they are named by their hash."""
HEADER = (
    *("name", "title", "description", "theme", "keyword", "source_dataset", "schema_file"),
    *("license", "publisher", "modified", "dcat.creator", "dcat.contact_name", "dcat.contact_email"),
    *("dcat.accrualperiodicity", "dcat.spatial"),
)


class DepotFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the drop folder: one of the package, or one made here (`data`)."""

    path: str
    """Path below the folder, with `/`."""
    size: int
    sha256: str
    package_file: str = ""
    data: bytes = b""


def depot_files(publisher: Publisher, package: Package, *, hashed: bool) -> list[DepotFile]:
    """The files, `index.csv` last: a reader that begins with it finds what it names.

    `hashed`: the data and schema files that `index.csv` names stand also under names with their hash, so that replacing
    the index alone changes what the harvester reads (where a whole folder cannot be swapped at once: FTP).
    """
    files = [
        DepotFile(path=f.name, size=f.bytes, sha256=f.sha256, package_file=f.name)
        for f in package.files
        if f.name not in (INDEX, MANIFEST)
    ]
    lines = []
    for name in MAIN_TABLES:
        if not package.has(f"{name}.csv"):
            continue
        data, schema = package.file(f"{name}.csv"), schema_csv(TABLES[name])
        schema_file = _made(f"{name}.schema.csv", schema)
        files.append(schema_file)
        data_path, schema_path = data.name, schema_file.path
        if hashed:
            data_path, schema_path = _hashed(data.name, data.sha256), _hashed(schema_file.path, schema_file.sha256)
            files.append(DepotFile(path=data_path, size=data.bytes, sha256=data.sha256, package_file=data.name))
            files.append(msgspec.structs.replace(schema_file, path=schema_path))
        lines.append(_line(publisher, package, TABLES[name], data_path, schema_path))
    manifest = _made(MANIFEST, package.manifest())
    return [*files, manifest, _made(INDEX, _csv(HEADER, lines))]


def schema_csv(table: Table) -> bytes:
    """The fields of a table as the harvester reads them."""
    rows = [(field_name(c.name), c.title, c.description, TYPES[c.type], c.unit) for c in table.columns]
    return _csv(("name", "label", "description", "type", "unit"), rows)


def _line(publisher: Publisher, package: Package, table: Table, data: str, schema: str) -> tuple[str, ...]:
    about, ods = publisher.about, publisher.about.opendatasoft
    main = table.name == "decp_marches"
    slug = (ods.dataset_id if main else ods.concessions_dataset_id) if ods else ""
    return (
        slug or f"{publisher.id}-{table.name.replace('_', '-')}",
        about.title if main else f"{about.title} : {table.title.lower()}",
        about.description,
        ods.theme if ods else "",
        ",".join(about.keywords),
        data,
        schema,
        about.license_name,
        publisher.name,
        package.data_date,
        publisher.name,
        about.contact_name,
        about.contact_email,
        FREQUENCIES[about.frequency],
        about.spatial_name,
    )


def _made(path: str, data: bytes) -> DepotFile:
    return DepotFile(path=path, size=len(data), sha256=hashlib.sha256(data).hexdigest(), data=data)


def _hashed(path: str, sha256: str) -> str:
    stem, dot, ending = path.partition(".")
    return f"{DATA}/{stem}-{sha256[:12]}{dot}{ending}"


def _csv(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue().encode()
