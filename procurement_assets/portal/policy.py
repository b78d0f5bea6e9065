"""The publication policy of the OCDS data: one page in French, made from the configuration and the mapping.

What OCP's guidance asks of it (research/ocds.md §1.4): scope covered and not covered, own codes, frequency,
provenance, formats and access, differences between formats, licence, contact, plans. Nothing here is written twice:
extensions come from the pins, codes from the mapping, losses from the mapping table. Self-contained, readable without
JavaScript; everything that comes from data is escaped; its date is that of the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

import jinja2
from upath import UPath

from procurement_assets.lake import Lake, write_bytes
from procurement_assets.ocds.documentation.table import Row, rows
from procurement_assets.ocds.extension import build
from procurement_assets.ocds.mapping.identity import SCHEMES, UNVERIFIED
from procurement_assets.ocds.packages import unpublishable
from procurement_assets.ocds.packaging import Limits
from procurement_assets.ocds.pins import load_pins
from procurement_assets.portal.exports.spec import EXPORTS, Export
from procurement_assets.publisher_portal import FREQUENCIES
from procurement_assets.publishers import Publisher, Source

NAME = "politique_publication.html"
TEMPLATES = Path(__file__).resolve().parent / "templates"

SOURCE_KINDS = {
    "datagouv": "jeu de données de data.gouv.fr",
    "opendatasoft": "portail Opendatasoft",
    "file": "fichier public",
    "sample": "données produites pour la démonstration",
}
SCHEMES_FR = {
    "TAHITI": "Numéro TAHITI (Polynésie française)",
    "RIDET": "Numéro RIDET (Nouvelle-Calédonie)",
    "FRWF": "Numéro de Wallis-et-Futuna",
    "IREP": "Identifiant du registre des émissions polluantes",
    "HORS-UE": "Entreprise établie hors de l'Union européenne, identifiant tel que publié",
}
_MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)


class Code(NamedTuple):
    """A code of our own and its meaning."""

    code: str
    meaning: str


class Extension(NamedTuple):
    """An extension that the packages declare."""

    name: str
    url: str
    commit: str


def render_policy(
    publisher: Publisher,
    sources: Sequence[Source],
    data_date: str,
    *,
    contact: str = "",
    frequency: str = "",
) -> str:
    """The page. `data_date`: ISO date of the data; `contact`: an e-mail address or a page (default: the portal's);
    `frequency`: an adjective in French (default: the portal's)."""
    template = _environment().get_template("publication_policy.html")
    return template.render(
        publisher=publisher,
        day=french_day(data_date),
        iso_day=data_date[:10],
        sources=[(s, SOURCE_KINDS[s.kind]) for s in sorted(sources, key=lambda s: (s.rank, s.id))],
        frequency=frequency or FREQUENCIES[publisher.about.frequency],
        exports=[(e.name, _endings(e), e.table.title) for e in EXPORTS],
        contact=contact or publisher.about.contact_email or publisher.about.contact_url or publisher.uri,
        warning=bool(unpublishable(publisher)),
        gazetteers=[Code(code, meaning) for code, meaning in build.GAZETTEERS.items()],
        schemes=schemes(),
        lists=sorted(build.codelists()),
        extensions=extensions(publisher),
        losses=[row for row in rows() if row.loss_fr],
        homeless=[row for row in rows() if not row.ocds],
        fields=fields_of,
        plain=lambda text: text.replace("`", ""),
        limits=Limits(),
        css=(TEMPLATES / "publication_policy.css").read_text(encoding="utf-8"),
    )


def write_policy(
    lake: Lake, publisher: Publisher, sources: Sequence[Source], data_date: str, *, contact: str = ""
) -> UPath:
    """Write `exports/PUBLISHER/politique_publication.html`; returns its path."""
    path = lake.exports(publisher.id) / NAME
    write_bytes(path, render_policy(publisher, sources, data_date, contact=contact).encode())
    return path


def schemes() -> list[Code]:
    """The schemes of identifiers that no international list has."""
    known = [Code(scheme, SCHEMES_FR[kind]) for kind, scheme in SCHEMES.items()]
    return [
        *known,
        Code(
            f"{UNVERIFIED}SIRET, {UNVERIFIED}TVA…", "Identifiant qui n'est pas ce que son type annonce, tel que publié"
        ),
        Code(f"{UNVERIFIED}INCONNU", "Identifiant publié sans type"),
    ]


def extensions(publisher: Publisher) -> list[Extension]:
    """The extensions, each with the commit it is pinned at; the local one has a version."""
    pinned = [
        Extension(e.id, f"{e.base}extension.json", e.base.rstrip("/").rsplit("/", 1)[-1]) for e in load_pins().extension
    ]
    return [*pinned, Extension("ocds_fr_decp", build.url(publisher), build.VERSION)]


def fields_of(row: Row) -> list[str]:
    """The regulatory fields of a row of the mapping."""
    return [*row.v2022, *row.v2019]


def _endings(export: Export) -> str:
    return ", ".join(ending.lstrip("_") if ending.startswith(".") else f"…{ending}" for ending in export.formats)


def french_day(day: str) -> str:
    """`2025-06-30…` as `30 juin 2025`."""
    found = date.fromisoformat(day[:10])
    return f"{'1er' if found.day == 1 else found.day} {_MONTHS[found.month - 1]} {found.year}"


def _environment() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(TEMPLATES)
    return jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
