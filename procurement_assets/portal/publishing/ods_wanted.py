"""What a dataset of an Opendatasoft portal should be: fields, metadata, alternative exports, attachments.

All from the one description of columns and from `[publisher.portal]`. Names of fields are those that the portal gives
to the columns of a CSV: small letters, digits, underscores. Research: `research/portal.md` §1.1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from procurement_assets.portal.publishing.package import Package, PackageFile
from procurement_assets.portal.publishing.tabular import LIST_SEPARATOR, TableFile, read_table_file
from procurement_assets.publisher_portal import FREQUENCIES
from procurement_assets.publishers import Publisher
from procurement_assets.schema.column import Column, Table

LARGEST = 240 * 1000 * 1000
"""Bytes of a file that the platform accepts."""
TYPES = {
    "string": "text",
    "integer": "int",
    "number": "double",
    "boolean": "text",
    "date": "date",
    "list": "text",
    "binary": "text",
}
_DOCUMENTATION = (".html", ".md", ".txt", ".ttl", ".jsonld")
_DOCUMENTS = ("datapackage.json", "SHA256SUMS", "manifest.json")
_CSV_PARAMS = {
    "doublequote": True,
    "encoding": "utf-8",
    "first_row_no": 1,
    "headers_first_row": True,
    "separator": ",",
}


class WantedDataset(msgspec.Struct, frozen=True, kw_only=True):
    """A dataset as it should be on the portal."""

    slug: str
    data: TableFile
    file: PackageFile
    rules: tuple[dict[str, Any], ...]
    """Field configurations, in order."""
    metadata: dict[str, Any]
    """`template/field` to value."""
    exports: tuple[PackageFile, ...] = ()
    attachments: tuple[PackageFile, ...] = ()

    @property
    def names(self) -> dict[str, str]:
        """Column to field of the portal."""
        return {c.name: field_name(c.name) for c in self.data.table.columns}


def wanted_datasets(publisher: Publisher, package: Package) -> list[WantedDataset]:
    """The datasets of a publisher: marchés, with every other file, and concessions where there are some."""
    portal = publisher.about.opendatasoft
    if portal is None:
        return []
    found = []
    marches, concessions = read_table_file(package, "decp_marches"), read_table_file(package, "decp_concessions")
    if marches is not None:
        others = [f for f in package.files if f.name != marches.file and is_shown(f)]
        found.append(
            _wanted(
                publisher,
                package,
                portal.dataset_id,
                marches,
                exports=tuple(f for f in others if not is_document(f)),
                attachments=tuple(f for f in others if is_document(f)),
            )
        )
    if concessions is not None and portal.concessions_dataset_id and concessions.rows:
        found.append(_wanted(publisher, package, portal.concessions_dataset_id, concessions))
    return found


def too_large(wanted: WantedDataset) -> str:
    """Why the table of a dataset cannot be sent, in French; empty where it can."""
    if wanted.file.bytes <= LARGEST:
        return ""
    size, most = wanted.file.bytes / 1e6, LARGEST / 1e6
    return (
        f"{wanted.file.name} fait {size:.0f} Mo, plus que les {most:.0f} Mo que la plateforme accepte : la donner par "
        "data.gouv.fr ou par le dossier de dépôt, et retirer ce portail de PROCUREMENT_PUBLISH"
    )


def is_shown(file: PackageFile) -> bool:
    """Whether a file stands beside the table on the portal: not an empty table, not the OCDS files of one year (the
    whole is there), not the schemas of the other tables. The static host and data.gouv.fr have every file."""
    yearly = file.role == "ocds" and "/" in file.name
    other_schema = file.role == "schema" and file.name != "schema/decp_marches.json"
    return 0 < file.bytes <= LARGEST and file.rows != 0 and not yearly and not other_schema


def is_document(file: PackageFile) -> bool:
    """Whether a file explains the data (an attachment) rather than is the data (an alternative export)."""
    if file.role:
        return file.role in ("documentation", "metadonnees", "schema")
    return file.name in _DOCUMENTS or file.name.endswith(_DOCUMENTATION)


def field_name(column: str) -> str:
    """The technical name that the portal gives to a column."""
    return re.sub(r"[^a-z0-9_]", "_", column.lower())


def sent_name(file: PackageFile) -> str:
    """The name under which a file is sent: with the start of its hash, so that the portal tells which bytes it has."""
    stem, dot, ending = file.name.replace("/", "__").partition(".")
    return f"{stem}-{file.sha256[:12]}{dot}{ending}"


def export_title(file: PackageFile) -> str:
    """Title of an alternative export: stable from one publication to the next."""
    return file.title or file.name


def export_description(file: PackageFile) -> str:
    """Description of an alternative export: says which bytes these are, to people and to the next run."""
    rows = f", {file.rows} lignes" if file.rows is not None else ""
    return f"{file.name}, {file.bytes} octets{rows}. SHA-256 : {file.sha256}"


def resource_body(wanted: WantedDataset) -> dict[str, Any]:
    """The resource of a dataset, on the uploaded file that `{upload:SLUG}` names."""
    return {
        "type": "csvfile",
        "title": wanted.file.name,
        "params": dict(_CSV_PARAMS),
        "datasource": {"type": "uploaded_file", "file": {"uid": f"{{upload:{wanted.slug}}}"}},
    }


def _wanted(publisher: Publisher, package: Package, slug: str, data: TableFile, **more: Any) -> WantedDataset:
    return WantedDataset(
        slug=slug,
        data=data,
        file=package.file(data.file),
        rules=tuple(r for c in data.table.columns for r in _rules(c, data.table)),
        metadata=_metadata(publisher, package, data.table),
        **more,
    )


def _rules(column: Column, table: Table) -> list[dict[str, Any]]:
    """Label, type, description and annotations of a column."""
    name = field_name(column.name)
    rules: list[dict[str, Any]] = [
        {
            "type": "rename",
            "label": f"Libellé de {name}",
            "from_name": name,
            "to_name": name,
            "field_label": column.title,
        },
        {"type": "type", "label": f"Type de {name}", "field": name, "type_param": TYPES[column.type]},
        {
            "type": "description",
            "label": f"Description de {name}",
            "field": name,
            "description": _described(column),
        },
    ]
    notes: list[tuple[str, list[str | int]]] = []
    if column.name in table.key:
        notes.append(("id", []))
    if column.type == "list":
        notes.append(("multivalued", [LIST_SEPARATOR]))
    if column.unit and column.type in ("integer", "number"):
        notes.append(("unit", [column.unit]))
    if column.type == "date":
        notes.append(("timeserie_precision", ["day"]))
    return rules + [
        {"type": "annotate", "label": f"{kind} sur {name}", "field": name, "annotation": kind, "args": args}
        for kind, args in notes
    ]


def is_ours(rule: Mapping[str, Any]) -> bool:
    """Whether a rule of the portal was made here, by its label: of a column that is no longer given out, it goes."""
    field = rule.get("field") or rule.get("from_name")
    labels = [f"{what} de {field}" for what in ("Libellé", "Type", "Description")]
    return bool(field) and rule.get("label") in (*labels, f"{rule.get('annotation')} sur {field}")


def _described(column: Column) -> str:
    path = f" Nom réglementaire : {column.source}." if column.source else ""
    ocds = f" OCDS : {column.ocds}." if column.ocds else ""
    return f"{column.description}{path}{ocds}"


def _metadata(publisher: Publisher, package: Package, table: Table) -> dict[str, Any]:
    """Metadata by `template/field`. Nothing empty: an empty value would erase what a person wrote."""
    about, portal = publisher.about, publisher.about.opendatasoft
    main = table.name == "decp_marches"
    license_url = about.license_url or publisher.license
    report = f"{about.files_url}rapport_qualite.html" if package.has("rapport_qualite.html") else ""
    values: dict[str, Any] = {
        "default/title": about.title if main else f"{about.title} : {table.title.lower()}",
        "default/description": _html(about.description, table, about.license_name, license_url),
        "default/keyword": list(about.keywords),
        "default/language": "fr",
        "default/publisher": publisher.name,
        "default/references": about.landing_page or about.files_url,
        "default/attributions": [about.attribution or publisher.name],
        "default/modified": _instant(package.data_date),
        "default/modified_updates_on_metadata_change": False,
        "default/modified_updates_on_data_change": False,
        "internal/license_id": portal.license_id if portal else "",
        "internal/theme_id": [portal.theme_id] if portal and portal.theme_id else [],
        "dcat/creator": publisher.name,
        "dcat/contact_name": about.contact_name,
        "dcat/contact_email": about.contact_email,
        "dcat/accrualperiodicity": FREQUENCIES[about.frequency],
        "dcat/spatial": about.spatial_name,
        "dcat/dataquality": report,
    }
    return {k: v for k, v in values.items() if v is False or v}


def _instant(data_date: str) -> str:
    return data_date if "T" in data_date else f"{data_date}T00:00:00+00:00"


def _html(description: str, table: Table, license_name: str, license_url: str) -> str:
    """The portal shows descriptions as HTML."""
    import html

    paragraphs = [p.strip() for p in description.split("\n\n") if p.strip()]
    shown = "".join(f"<p>{html.escape(p, quote=False)}</p>" for p in [*paragraphs, table.description])
    address, name = html.escape(license_url, quote=True), html.escape(license_name, quote=False)
    return f'{shown}<p>Licence : <a href="{address}">{name}</a></p>'
