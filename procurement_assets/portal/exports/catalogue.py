"""The DCAT-AP 3.0.1 catalogue, in Turtle and in JSON-LD: what portals harvest.

Every node has an address under `files_url`, none is blank, and triples are written in order: the same data gives the
same bytes. Concepts (format, frequency, theme, language, availability) are those of the EU authority tables.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from urllib.parse import quote

import msgspec
import polars as pl
from rdflib import DCAT, DCTERMS, FOAF, PROV, RDF, SKOS, XSD, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DefinedNamespace

from procurement_assets.lake import Lake, write_bytes
from procurement_assets.portal.exports.described import DATA_ROLES
from procurement_assets.portal.exports.listing import File, files_given_out
from procurement_assets.portal.exports.spec import (
    BY_NAME,
    CATALOGUE_JSON,
    CATALOGUE_TURTLE,
    CSV,
    DECP_SCHEMA,
    OCDS_STANDARD,
    PARQUET,
    About,
)
from procurement_assets.publisher_portal import THEMES

EU = "http://publications.europa.eu/resource/authority/"
IANA = "https://www.iana.org/assignments/media-types/"
SPDX = Namespace("http://spdx.org/rdf/terms#")
VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
DCATAP = Namespace("http://data.europa.eu/r5r/")
ADMS = Namespace("http://www.w3.org/ns/adms#")
_VERSION = URIRef(f"{DCAT}version")
"""New in DCAT 3: not in rdflib's list of terms."""
_PREFIXES: dict[str, Namespace | type[DefinedNamespace]] = {
    "adms": ADMS,
    "dcat": DCAT,
    "dcatap": DCATAP,
    "dct": DCTERMS,
    "foaf": FOAF,
    "prov": PROV,
    "skos": SKOS,
    "spdx": SPDX,
    "vcard": VCARD,
    "xsd": XSD,
}


class Period(msgspec.Struct, frozen=True):
    """The days that the contracts cover and the day of the first publication; None where there are none."""

    start: date | None
    end: date | None
    issued: date | None = None


def write_catalogue(lake: Lake, about: About) -> int:
    """Write `catalog.ttl` and `catalog.jsonld` from the data files that are there; returns the distributions."""
    publisher = about.publisher.id
    files = files_given_out(lake, publisher, roles=DATA_ROLES)
    graph = catalogue(about, files, contract_period(lake, publisher))
    folder = lake.exports(publisher)
    write_bytes(folder / CATALOGUE_TURTLE, graph.serialize(format="turtle").encode())
    write_bytes(folder / CATALOGUE_JSON, _json_ld(graph))
    return len(files)


def contract_period(lake: Lake, publisher: str) -> Period:
    """From the first to the last day that a contract given out was notified or signed; the first publication."""
    days = _days(lake, publisher, "decp_marches", "dateNotification")
    days += _days(lake, publisher, "decp_concessions", "dateSignature")
    published = _days(lake, publisher, "changements", "date")
    return Period(min(days, default=None), max(days, default=None), min(published, default=None))


def _days(lake: Lake, publisher: str, name: str, column: str) -> list[date]:
    """The first and the last day of a column of a table given out."""
    with (lake.exports(publisher) / BY_NAME[name].file(PARQUET)).open("rb") as handle:
        found = pl.read_parquet(handle, columns=[column])[column].drop_nulls()
    return [d for d in (found.min(), found.max()) if isinstance(d, date)]


def catalogue(about: About, files: Sequence[File], period: Period) -> Graph:
    """The graph: one catalogue, one dataset, one distribution per file."""
    graph = Graph()
    for prefix, namespace in _PREFIXES.items():
        graph.bind(prefix, namespace, override=True, replace=True)
    writer = _Writer(graph, about, period.issued or date.fromisoformat(about.day))
    writer.catalogue()
    writer.dataset(period)
    for file in files:
        writer.distribution(file)
    return graph


class _Writer:
    """Writes the nodes of one publisher's catalogue."""

    def __init__(self, graph: Graph, about: About, issued: date) -> None:
        self._graph, self._about, self._portal, self._issued = graph, about, about.portal, issued
        self._catalogue, self._dataset = self._node("#catalogue"), self._node("#jeu")
        self._publisher, self._contact = self._agent(), self._contact_point()

    def catalogue(self) -> None:
        """The catalogue."""
        add, node = self._add, self._catalogue
        add(node, RDF.type, DCAT.Catalog)
        self._common(node)
        add(node, DCTERMS.title, self._french(f"Catalogue : {self._portal.title}"))
        add(node, DCTERMS.license, self._license())
        add(node, FOAF.homepage, self._document(self._about.publisher.uri))
        add(node, DCAT.themeTaxonomy, self._scheme("data-theme"))
        add(node, DCAT.dataset, self._dataset)

    def dataset(self, period: Period) -> None:
        """The dataset."""
        add, node, portal = self._add, self._dataset, self._portal
        add(node, RDF.type, DCAT.Dataset)
        self._common(node)
        add(node, DCTERMS.title, self._french(portal.title))
        add(node, DCTERMS.identifier, Literal(self._about.url("")))
        add(node, DCTERMS.accrualPeriodicity, self._concept("frequency", portal.frequency, DCTERMS.Frequency))
        add(node, DCTERMS.accessRights, self._concept("access-right", "PUBLIC", DCTERMS.RightsStatement))
        add(node, _VERSION, Literal(self._about.day))
        add(node, DCAT.landingPage, self._document(portal.landing_page or portal.files_url))
        add(node, FOAF.page, self._document(self._about.publisher.publication_policy))
        for word in portal.keywords or ("commande publique",):
            add(node, DCAT.keyword, self._french(word))
        for code in portal.theme:
            add(node, DCAT.theme, theme := self._concept("data-theme", code, SKOS.Concept))
            add(theme, SKOS.prefLabel, self._french(THEMES[code]))
        for standard in (DECP_SCHEMA, OCDS_STANDARD):
            add(node, DCTERMS.conformsTo, self._standard(standard))
        if period.start is not None and period.end is not None:
            add(node, DCTERMS.temporal, self._period(period.start, period.end))

    def distribution(self, file: File) -> None:
        """One file."""
        add, address = self._add, URIRef(self._about.url(quote(file.name)))
        node = URIRef(f"{address}#distribution")
        add(self._dataset, DCAT.distribution, node)
        add(node, RDF.type, DCAT.Distribution)
        add(node, DCTERMS.title, self._french(file.title))
        add(node, DCTERMS.description, self._french(file.kind.description))
        add(node, DCAT.accessURL, address)
        add(node, DCAT.downloadURL, address)
        add(node, DCAT.byteSize, Literal(str(file.bytes), datatype=XSD.nonNegativeInteger))
        add(node, DCTERMS.format, self._concept("file-type", file.kind.file_type, DCTERMS.MediaTypeOrExtent))
        add(node, DCAT.mediaType, self._media_type(file.kind.media_type))
        if file.kind.gzipped:
            add(node, DCAT.compressFormat, self._media_type("application/gzip"))
        if file.kind.conforms_to:
            add(node, DCTERMS.conformsTo, self._standard(file.kind.conforms_to))
        if file.name == f"{file.kind.table}{CSV}":
            add(node, DCTERMS.conformsTo, self._standard(self._about.url(f"schema/{file.kind.table}.json")))
        add(node, DCTERMS.license, self._license())
        add(node, DCTERMS.language, self._language())
        add(node, DCTERMS.modified, self._day())
        add(node, DCATAP.availability, stable := self._concept("planned-availability", "STABLE", SKOS.Concept))
        add(stable, SKOS.prefLabel, self._french("stable"))
        add(node, SPDX.checksum, self._checksum(node, file.sha256))

    def _common(self, node: URIRef) -> None:
        """What a catalogue and a dataset both say."""
        add = self._add
        add(node, DCTERMS.description, self._french(self._portal.description))
        add(node, DCTERMS.publisher, self._publisher)
        add(node, DCTERMS.creator, self._publisher)
        add(node, DCAT.contactPoint, self._contact)
        add(node, DCTERMS.language, self._language())
        add(node, DCTERMS.modified, self._day())
        add(node, DCTERMS.issued, Literal(self._issued.isoformat(), datatype=XSD.date))
        for place in self._portal.spatial:
            add(node, DCTERMS.spatial, self._place(place))

    def _agent(self) -> URIRef:
        publisher = self._about.publisher
        node = URIRef(f"{publisher.uri.rstrip('/')}/#SIREN-{publisher.siren}")
        self._add(node, RDF.type, FOAF.Agent)
        self._add(node, RDF.type, FOAF.Organization)
        self._add(node, FOAF.name, self._french(publisher.name))
        self._add(node, DCTERMS.identifier, Literal(publisher.siren))
        kind = URIRef("http://purl.org/adms/publishertype/LocalAuthority")
        self._in_scheme(kind, URIRef("http://purl.org/adms/publishertype/1.0"))
        self._add(node, DCTERMS.type, kind)
        return node

    def _contact_point(self) -> URIRef:
        node, portal = self._node("#contact"), self._portal
        self._add(node, RDF.type, VCARD.Kind)
        self._add(node, RDF.type, VCARD.Organization)
        self._add(node, VCARD.fn, self._french(portal.contact_name or self._about.publisher.name))
        if portal.contact_email:
            self._add(node, VCARD.hasEmail, URIRef(f"mailto:{portal.contact_email}"))
        self._add(node, VCARD.hasURL, URIRef(portal.contact_url or self._about.publisher.uri))
        return node

    def _period(self, start: date, end: date) -> URIRef:
        node = self._node("#periode")
        self._add(node, RDF.type, DCTERMS.PeriodOfTime)
        self._add(node, DCAT.startDate, Literal(start.isoformat(), datatype=XSD.date))
        self._add(node, DCAT.endDate, Literal(end.isoformat(), datatype=XSD.date))
        return node

    def _place(self, address: str) -> URIRef:
        """A place of an authority, which says itself what it is: typed here, it would need its outline here too."""
        node = URIRef(address)
        if address.startswith(EU):
            self._in_scheme(node, URIRef(address.rsplit("/", 1)[0]))
        return node

    def _checksum(self, of: URIRef, sha256: str) -> URIRef:
        """A checksum. Its class follows from the property; written, it would meet a shape of `mdr-vocabularies` that
        wants the algorithm under https://spdx.org, where SPDX's own terms and the harvesters have http. The value is
        plain text: udata (data.gouv.fr) refuses the whole dataset when it is an xsd:hexBinary."""
        node = URIRef(f"{of}-sha256")
        self._add(node, SPDX.algorithm, SPDX.checksumAlgorithm_sha256)
        self._add(node, SPDX.checksumValue, Literal(sha256))
        return node

    def _license(self) -> URIRef:
        node = URIRef(self._about.license_url)
        self._add(node, RDF.type, DCTERMS.LicenseDocument)
        self._add(node, DCTERMS.title, self._french(self._portal.license_name))
        kind = URIRef("http://purl.org/adms/licencetype/Attribution")
        self._in_scheme(kind, URIRef("http://purl.org/adms/licencetype/1.0"))
        self._add(node, DCTERMS.type, kind)
        return node

    def _standard(self, address: str) -> URIRef:
        self._add(URIRef(address), RDF.type, DCTERMS.Standard)
        return URIRef(address)

    def _document(self, address: str) -> URIRef:
        self._add(URIRef(address), RDF.type, FOAF.Document)
        return URIRef(address)

    def _media_type(self, name: str) -> URIRef:
        node = URIRef(f"{IANA}{name}")
        self._add(node, RDF.type, DCTERMS.MediaType)
        return node

    def _language(self) -> URIRef:
        return self._concept("language", "FRA", DCTERMS.LinguisticSystem)

    def _concept(self, table: str, code: str, kind: URIRef) -> URIRef:
        """A concept of an EU authority table, with what the shapes of the vocabularies ask of it."""
        node = URIRef(f"{EU}{table}/{code}")
        self._add(node, RDF.type, kind)
        self._in_scheme(node, self._scheme(table))
        return node

    def _scheme(self, table: str) -> URIRef:
        node = URIRef(f"{EU}{table}")
        self._add(node, RDF.type, SKOS.ConceptScheme)
        self._add(node, DCTERMS.title, Literal(table, lang="en"))
        return node

    def _in_scheme(self, node: URIRef, scheme: URIRef) -> None:
        self._add(node, SKOS.inScheme, scheme)
        self._add(scheme, RDF.type, SKOS.ConceptScheme)
        name = str(scheme).removesuffix("/1.0").rsplit("/", 1)[-1]
        self._add(scheme, DCTERMS.title, Literal(name, lang="en"))

    def _day(self) -> Literal:
        return Literal(self._about.day, datatype=XSD.date)

    @staticmethod
    def _french(text: str) -> Literal:
        return Literal(text, lang="fr")

    def _node(self, fragment: str) -> URIRef:
        return URIRef(self._about.url(fragment))

    def _add(self, subject: URIRef, predicate: URIRef, value: URIRef | Literal) -> None:
        self._graph.add((subject, predicate, value))


def _json_ld(graph: Graph) -> bytes:
    """JSON-LD with one object per node; nodes and lists of values in order."""
    context = {prefix: str(namespace) for prefix, namespace in _PREFIXES.items()}
    found = json.loads(graph.serialize(format="json-ld", context=context, auto_compact=False))
    nodes = sorted(found["@graph"], key=lambda node: str(node["@id"]))
    for node in nodes:
        for name, values in node.items():
            if isinstance(values, list):
                node[name] = sorted(values, key=lambda v: json.dumps(v, sort_keys=True))
    ordered = {"@context": found["@context"], "@graph": [dict(sorted(node.items())) for node in nodes]}
    return json.dumps(ordered, ensure_ascii=False, indent=1).encode() + b"\n"
