"""`changements.atom`: the latest contracts that are new or changed, each entry saying in French what changed.

Atom (RFC 4287). One entry per event of a contract; its id is a `tag:` address made of the contract and the number of
the event; it tells the contract as the event left it, so that an entry, once given out, never changes. Dates are those
of the data. The feed holds the last 500 events, newest first, those of one publication by date of publication of their
contract: the whole log is in `changements.csv`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from html import escape
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from xml.etree import ElementTree

import msgspec
import polars as pl

from procurement_assets.lake import Lake, write_bytes
from procurement_assets.ocds.produce import date_time
from procurement_assets.portal.exports.history import contents, segments_of
from procurement_assets.portal.exports.spec import BY_NAME, FEED, About
from procurement_assets.portal.exports.tables import exported_rows, read_export
from procurement_assets.portal.policy import french_day
from procurement_assets.schema.changes import CHANGEMENTS

ATOM = "http://www.w3.org/2005/Atom"
LIMIT = 500
"""Entries of a feed."""
SINCE = "2026"
"""Year of the `tag:` addresses: never to be changed (RFC 4151)."""

_TABLES = {"marché": "decp_marches", "concession": "decp_concessions"}
_AMOUNT = {"marché": "montant_actuel", "concession": "valeurGlobale_actuelle"}
_SIGNED = {"marché": "dateNotification", "concession": "dateSignature"}
_TITLES = {
    ("marché", "nouveau"): "Nouveau marché",
    ("marché", "modifié"): "Marché modifié",
    ("marché", "disparu"): "Marché disparu des sources",
    ("marché", "revenu"): "Marché revenu dans les sources",
    ("concession", "nouveau"): "Nouvelle concession",
    ("concession", "modifié"): "Concession modifiée",
    ("concession", "disparu"): "Concession disparue des sources",
    ("concession", "revenu"): "Concession revenue dans les sources",
}
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to a contract in one publication."""

    day: date
    kind: str
    uid: str
    event: str
    number: int
    changes: tuple[tuple[str, str, str], ...]
    """French label, former value, new value, as French texts write them."""
    contract: Mapping[str, Any]
    """The contract as the event left it; where it has disappeared, as it was before."""


def write_feed(lake: Lake, about: About) -> int:
    """Write the feed from the tables given out; returns the number of entries."""
    events = latest_events(lake, about.publisher.id)
    write_bytes(lake.exports(about.publisher.id) / FEED, feed(about, events))
    return len(events)


def latest_events(lake: Lake, publisher: str, limit: int = LIMIT) -> list[Event]:
    """The last events, newest first."""
    name = ["type_contrat", "uid", "numero"]
    heads = read_export(lake, publisher, BY_NAME["changements"], ["date", *name]).unique(name)
    published = pl.concat(
        read_export(lake, publisher, BY_NAME[table], ["uid", "datePublicationDonnees"]).with_columns(
            type_contrat=pl.lit(kind)
        )
        for kind, table in _TABLES.items()
    )
    newest = ["date", "datePublicationDonnees", "uid", "numero"]
    last = (
        heads.join(published, on=["type_contrat", "uid"], how="left")
        .sort([*newest, "type_contrat"], descending=[True, True, False, True, False], nulls_last=True)
        .head(limit)
        .with_row_index("place")
    )
    wanted = last["uid"].unique()
    rows = _of(lake, publisher, "changements", wanted).join(last.select("place", *name), on=name)
    segments = segments_of(lake, publisher)
    left = {kind: contents(segments, kind, _leaving(rows.filter(pl.col("type_contrat") == kind))) for kind in _TABLES}
    groups = rows.sort("place", "rang").partition_by("place", maintain_order=True)
    return [_event(group.to_dicts(), left) for group in groups]


def _leaving(rows: pl.DataFrame) -> list[tuple[str, int]]:
    """The events after which contracts are told: of one that disappears, the event before."""
    gone = pl.col("evenement") == "disparu"
    return list(rows.select("uid", pl.col("numero") - gone.cast(pl.Int64)).unique().iter_rows())


def last_publication(lake: Lake, publisher: str, limit: int) -> tuple[pl.DataFrame, Counter[str]]:
    """The first rows of the log for the last publication that changed something, and its contracts by event."""
    days = read_export(lake, publisher, BY_NAME["changements"], ["date"])["date"]
    first, counts, last = [CHANGEMENTS.frame([])], Counter[str](), days.max()
    for frame in exported_rows(lake, publisher, BY_NAME["changements"]):
        rows = frame.filter(pl.col("date") == last)
        counts.update(rows.filter(pl.col("rang") <= 1)["evenement"])
        first.append(rows.head(max(0, limit - sum(f.height for f in first))))
    return pl.concat(first), counts


def _of(lake: Lake, publisher: str, table: str, uids: pl.Series) -> pl.DataFrame:
    """The rows of a table given out for some contracts."""
    rows = exported_rows(lake, publisher, BY_NAME[table])
    return pl.concat(frame.filter(pl.col("uid").is_in(uids.implode())) for frame in rows)


def _event(rows: Sequence[dict[str, Any]], left: Mapping[str, Mapping[tuple[str, int], str]]) -> Event:
    first = rows[0]
    row = left[first["type_contrat"]].get((first["uid"], first["numero"] - (first["evenement"] == "disparu")))
    return Event(
        day=first["date"],
        kind=first["type_contrat"],
        uid=first["uid"],
        event=first["evenement"],
        number=first["numero"],
        changes=tuple(_change(r) for r in rows if r["champ"]),
        contract=msgspec.json.decode(row) if row else {},
    )


def _change(row: dict[str, Any]) -> tuple[str, str, str]:
    types = {c.name: c.type for c in BY_NAME[_TABLES[row["type_contrat"]]].table.columns}
    kind = types.get(row["champ"], "string")
    return row["libelle"], _shown(row["ancienne_valeur"], kind), _shown(row["nouvelle_valeur"], kind)


def feed(about: About, events: Sequence[Event]) -> bytes:
    """The feed's bytes."""
    ElementTree.register_namespace("", ATOM)
    portal = about.portal
    root = ElementTree.Element(f"{{{ATOM}}}feed", {"xml:lang": "fr"})
    _text(root, "id", f"{_tag(about)}:changements:{about.publisher.id}")
    _text(root, "title", f"Marchés et concessions, nouveautés : {about.publisher.name}")
    _text(root, "subtitle", "Contrats nouveaux et modifiés depuis la publication précédente des données.")
    _text(root, "updated", _latest(about, events))
    _link(root, "self", about.url(FEED), "application/atom+xml")
    _link(root, "alternate", portal.landing_page or portal.files_url, "text/html")
    _text(root, "rights", f"{portal.license_name}, {about.license_url}. Source : {about.attribution}.")
    author = ElementTree.SubElement(root, f"{{{ATOM}}}author")
    _text(author, "name", about.publisher.name)
    _text(author, "uri", about.publisher.uri)
    for event in events:
        _entry(root, about, event)
    ElementTree.indent(root, " ")
    data: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return data + b"\n"


def _latest(about: About, events: Sequence[Event]) -> str:
    """When the feed last changed: the date of the data, or of an event of a later day where that date went back."""
    dates = [date_time(about.data_date), *(date_time(e.day.isoformat()) for e in events)]
    return max(dates, key=datetime.fromisoformat)


def _entry(root: ElementTree.Element, about: About, event: Event) -> None:
    entry = ElementTree.SubElement(root, f"{{{ATOM}}}entry")
    contract = event.contract
    subject = contract.get("objet") or contract.get("id") or event.uid
    _text(entry, "id", f"{_tag(about)}:{event.kind[0]}:{quote(event.uid, safe='')}:{event.number}")
    _text(entry, "title", f"{_TITLES[event.kind, event.event]} : {subject}")
    _text(entry, "updated", date_time(event.day.isoformat()))
    _text(entry, "published", date_time(event.day.isoformat()))
    _link(entry, "alternate", _page(about, event), "text/html")
    for term in (event.kind, event.event, *((f"CPV {cpv[:2]}",) if (cpv := contract.get("codeCPV")) else ())):
        ElementTree.SubElement(entry, f"{{{ATOM}}}category", {"term": term})
    _text(entry, "summary", _summary(event))
    _text(entry, "content", _content(event), type="html")


def _summary(event: Event) -> str:
    if event.event == "disparu":
        return "Ce contrat, publié auparavant, n'est plus dans aucune source ; il reste dans les données OCDS."
    if event.changes:
        return "Ce qui change : " + ", ".join(label.lower() for label, _, _ in event.changes) + "."
    return " ".join(f"{name} : {value}." for name, value in _facts(event))


def _content(event: Event) -> str:
    lines = []
    if event.event == "disparu":
        lines.append(f"<p>{escape(_summary(event))}</p>")
    if event.changes:
        items = (f"<li>{escape(label)} : {escape(old)} → {escape(new)}</li>" for label, old, new in event.changes)
        lines.append(f"<p>Ce qui change :</p><ul>{''.join(items)}</ul><p>Le contrat est alors :</p>")
    facts = "".join(f"<li>{escape(name)} : {escape(value)}</li>" for name, value in _facts(event))
    return "".join([*lines, f"<ul>{facts}</ul>"])


def _facts(event: Event) -> list[tuple[str, str]]:
    contract = event.contract
    names, ids = contract.get("titulaires_nom", ()), contract.get("titulaires_id", ())
    holders = ", ".join(name or id_ for name, id_ in zip(names, ids, strict=True))
    signed, amount = contract.get(_SIGNED[event.kind]), contract.get(_AMOUNT[event.kind])
    marche = event.kind == "marché"
    found = [
        ("Identifiant", contract.get("id") or event.uid),
        ("Acheteur", contract.get("acheteur_nom") or contract.get("acheteur_id")),
        ("Titulaires" if marche else "Concessionnaires", holders),
        ("Montant hors taxes" if marche else "Valeur globale", None if amount is None else euros(amount)),
        ("Procédure", contract.get("procedure")),
        ("Code CPV", contract.get("codeCPV")),
        ("Date", signed and french_day(signed)),
    ]
    return [(name, str(value)) for name, value in found if value]


def euros(amount: float) -> str:
    """An amount as French texts write it."""
    return f"{amount:,.2f}".replace(",", "\u202f").replace(".", ",") + "\u00a0€"


def _shown(value: str | None, kind: str) -> str:
    """A value of the log as French texts write it; `kind`: the type of its column."""
    if value is None or value == "":
        return "(vide)"
    if kind == "date":
        return french_day(value)
    if kind == "number":
        return f"{float(value):,.2f}".replace(",", "\u202f").replace(".", ",")
    return {"true": "oui", "false": "non"}.get(value, value) if kind == "boolean" else value


def _page(about: About, event: Event) -> str:
    """Where a person reads of the contract: the portal's table, searched by its identifier."""
    portal = about.portal
    if portal.opendatasoft is None:
        return portal.landing_page or portal.files_url
    place = portal.opendatasoft
    dataset = place.dataset_id if event.kind == "marché" else place.concessions_dataset_id or place.dataset_id
    return f"https://{place.domain}/explore/dataset/{dataset}/table/?{urlencode({'q': event.uid})}"


def _tag(about: About) -> str:
    return f"tag:{urlsplit(about.portal.files_url).hostname},{SINCE}:commande-publique"


def _text(parent: ElementTree.Element, name: str, text: str, **attributes: str) -> None:
    ElementTree.SubElement(parent, f"{{{ATOM}}}{name}", attributes).text = _NOT_XML.sub("", text)


def _link(parent: ElementTree.Element, rel: str, href: str, media_type: str) -> None:
    ElementTree.SubElement(parent, f"{{{ATOM}}}link", {"rel": rel, "href": href, "type": media_type})
