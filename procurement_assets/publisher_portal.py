"""What a publisher says of itself and of its files on a portal: the `[publisher.portal]` table of `publishers.toml`.

Read by the data package, the DCAT catalogue, the feed, the XLSX read-me, and by the publication to Opendatasoft and to
data.gouv.fr. No secret stands here: keys come from the environment (`settings.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import msgspec

FREQUENCIES = {
    "DAILY": "quotidienne",
    "WEEKLY": "hebdomadaire",
    "MONTHLY": "mensuelle",
    "QUARTERLY": "trimestrielle",
    "ANNUAL": "annuelle",
    "IRREG": "irrégulière",
}
"""Codes of the EU authority table `frequency` that we use, with their French names."""

THEMES = {
    "AGRI": "Agriculture, pêche, sylviculture et alimentation",
    "ECON": "Économie et finances",
    "EDUC": "Éducation, culture et sport",
    "ENER": "Énergie",
    "ENVI": "Environnement",
    "GOVE": "Gouvernement et secteur public",
    "HEAL": "Santé",
    "INTR": "Questions internationales",
    "JUST": "Justice, système juridique et sécurité publique",
    "REGI": "Régions et villes",
    "SOCI": "Population et société",
    "TECH": "Science et technologie",
    "TRAN": "Transports",
}
"""Codes of the EU authority table `data-theme`, with their French labels."""


class OpendatasoftPortal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The dataset of an Opendatasoft portal. The API key is in the environment."""

    domain: str
    """Host of the portal, such as `opendata.paris.fr`."""
    dataset_id: str
    """Slug of the dataset of marchés, such as `decp-paris`."""
    concessions_dataset_id: str = ""
    """Slug of the dataset of concessions; empty: concessions go as an alternative export only."""
    theme: str = ""
    """Theme as that portal names it, for people; the API takes `theme_id`."""
    theme_id: str = ""
    """Identifier of the theme in that portal's settings; empty: none is set."""
    license_id: str = ""
    """Identifier of the licence in that portal's settings; empty: it stands in the description only."""


class DatagouvPortal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The dataset of a udata portal. The API key is in the environment."""

    api_url: str = "https://www.data.gouv.fr/api/1"
    organization: str = ""
    """Id of the organisation that owns the dataset; empty: the owner of the key."""
    dataset: str = ""
    """Id or slug of the dataset; empty: found by its slug, else created."""
    slug: str = ""
    """Slug asked for when the dataset is created."""
    license: str = "lov2"
    """Id of the licence in udata."""
    spatial_zones: tuple[str, ...] = ()
    """Zones of udata, such as `fr:departement:75`."""


class Portal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Descriptive metadata of what a publisher gives out, in French."""

    files_url: str
    """Base address under which the files of `exports/PUBLISHER/` are served, ending in `/`."""
    title: str
    description: str
    """A paragraph or more; plain text, which is valid Markdown."""
    keywords: tuple[str, ...] = ()
    theme: tuple[str, ...] = ("GOVE", "ECON")
    """Codes of the EU authority table `data-theme`."""
    contact_name: str = ""
    contact_email: str = ""
    contact_url: str = ""
    license_name: str = "Licence Ouverte / Open Licence version 2.0"
    license_url: str = ""
    """Empty: the publisher's `license`."""
    frequency: str = "DAILY"
    """Code of the EU authority table `frequency`."""
    spatial: tuple[str, ...] = ("http://publications.europa.eu/resource/authority/country/FRA",)
    """Addresses (IRI) of the places covered: EU tables `country` and `place` (`…/authority/place/FRA_PAR` is Paris)."""
    spatial_name: str = "France"
    attribution: str = ""
    """Who to cite when the data is used; empty: the publisher's name."""
    landing_page: str = ""
    """Page of the dataset for people; empty: `files_url`."""
    opendatasoft: OpendatasoftPortal | None = None
    datagouv: DatagouvPortal | None = None


def portal_faults(portal: Portal) -> list[str]:
    """What cannot be right in a portal's metadata, one line each, for a person who edits the TOML file."""
    faults = []
    if not _is_address(portal.files_url) or not portal.files_url.endswith("/"):
        faults.append(f"files_url {portal.files_url!r} : attendu une adresse http(s) terminée par /")
    for name in ("contact_url", "license_url", "landing_page"):
        value = getattr(portal, name)
        if value and not _is_address(value):
            faults.append(f"{name} {value!r} : attendu une adresse http(s)")
    for name in ("title", "description"):
        if not getattr(portal, name).strip():
            faults.append(f"{name} est vide")
    if portal.contact_email and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", portal.contact_email):
        faults.append(f"contact_email {portal.contact_email!r} : attendu une adresse électronique")
    if portal.frequency not in FREQUENCIES:
        faults.append(f"frequency {portal.frequency!r} : attendu l'un de {', '.join(FREQUENCIES)}")
    faults += [f"theme {code!r} : attendu l'un de {', '.join(THEMES)}" for code in portal.theme if code not in THEMES]
    faults += [f"spatial {iri!r} : attendu une adresse http(s)" for iri in portal.spatial if not _is_address(iri)]
    if portal.datagouv and not _is_address(portal.datagouv.api_url):
        faults.append(f"datagouv.api_url {portal.datagouv.api_url!r} : attendu une adresse http(s)")
    return faults


def shared_places(portals: Mapping[str, Portal]) -> list[str]:
    """Places where more than one table would be published, one line each: one would take the other's place. `portals`:
    publisher to what it says."""
    found: dict[str, list[str]] = {}
    for publisher, portal in portals.items():
        for place in _places(portal):
            found.setdefault(place, []).append(publisher)
    return [f"{place} : {', '.join(who)}" for place, who in found.items() if len(who) > 1]


def _places(portal: Portal) -> Iterator[str]:
    yield f"files_url {portal.files_url}"
    if ods := portal.opendatasoft:
        for name in filter(None, (ods.dataset_id, ods.concessions_dataset_id)):
            yield f"jeu {name} de {ods.domain}"
    if udata := portal.datagouv:
        if udata.dataset:
            yield f"jeu {udata.dataset} de {udata.api_url}"
        elif udata.slug:
            yield f"jeu {udata.slug} de {udata.organization or 'la clé'} sur {udata.api_url}"


def _is_address(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and bool(parts.netloc)
