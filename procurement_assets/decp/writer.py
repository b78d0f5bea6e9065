"""The regulatory writer: normalised contracts as DECP files that validate, of format 2022 or 2019.

Strict: what is written always validates against `schema_decp_v2.0.4.json` and `schema_decp_v2.0.2.xsd` (format 2022),
or 1.5.0's `marches.json` and `marches.xsd` (format 2019). Nothing is invented: a contract without what its schema asks
for is not written, and its reasons are returned. Contracts of the other format are not the file's concern: they are
counted apart. Memory is that of one contract, and of the concessions of a JSON file of format 2022, which come last.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Literal
from xml.sax.saxutils import escape

import msgspec

from procurement_assets.decp import writer_2019, writer_2022
from procurement_assets.decp.model import Contract
from procurement_assets.decp.raw import Format
from procurement_assets.decp.writer_rules import Document, Exclusion, Rules
from procurement_assets.decp.writer_xml import element

Version = Literal["2.0.4", "1.5.0"]
FORMATS: dict[Version, Format] = {"2.0.4": "2022", "1.5.0": "2019"}

UNWRITABLE: dict[Format, tuple[str, ...]] = {
    "2022": (
        "acheteur_nom",
        "lieuExecution.nom",
        "titulaires[].denominationSociale",
        "actesSousTraitance[].sousTraitant.denominationSociale",
        "modifications[].objetModification",
        "modifications[].titulaires[].denominationSociale",
        "concession: codeCPV",
        "concession: lieuExecution",
        "concession: modifications[].titulaires",
        "uid: the mark of a lot",
    ),
    "2019": (
        "techniques",
        "modalitesExecution",
        "idAccordCadre",
        "typesPrix",
        "attributionAvance",
        "tauxAvance",
        "offresRecues",
        "marcheInnovant",
        "ccag",
        "sousTraitanceDeclaree",
        "typeGroupementOperateurs",
        "origineUE",
        "origineFrance",
        "considerationsSociales",
        "considerationsEnvironnementales",
        "actesSousTraitance",
        "modificationsActesSousTraitance",
        "modifications[].id",
        "concession: codeCPV",
        "concession: modifications[].titulaires",
        "uid: the mark of a lot",
    ),
}
"""Fields of the normalised record that a format has no place for: published by the source, not in the file."""


class Written(msgspec.Struct, frozen=True):
    """The account of a file: `written` + `excluded` + `other_format` is the number of contracts given."""

    written: int
    excluded: int
    other_format: int
    exclusions: tuple[Exclusion, ...]
    """At least one for each excluded contract."""


def write_json(contracts: Iterable[Contract], stream: BinaryIO, *, version: Version = "2.0.4") -> Written:
    """Write the contracts of a version's format as JSON."""
    account = _Account(FORMATS[version])
    if version == "1.5.0":
        _json_2019(account.documents(contracts), stream)
    else:
        _json_2022(account.documents(contracts), stream)
    return account.written()


def write_xml(contracts: Iterable[Contract], stream: BinaryIO, *, format: Format = "2022") -> Written:
    """Write the contracts of a format as XML (UTF-8)."""
    account = _Account(format)
    stream.write(b'<?xml version="1.0" encoding="UTF-8"?>\n<marches>\n')
    for contract, document in account.documents(contracts):
        name = "contrat-concession" if contract.kind == "concession" else "marche"
        stream.write(element(name, document, escape).encode() + b"\n")
    stream.write(b"</marches>\n")
    return account.written()


def document_of(contract: Contract) -> tuple[Document, list[Exclusion]]:
    """The document of a contract in its own format, and why it cannot be written, if so."""
    rules = Rules(contract.uid)
    made = writer_2019.document(contract, rules) if contract.format == "2019" else writer_2022.document(contract, rules)
    return made, rules.exclusions


class _Account:
    """The contracts of one format as they are written, counted."""

    def __init__(self, format: Format) -> None:
        self._format = format
        self._counts = [0, 0, 0]
        self._exclusions: list[Exclusion] = []

    def documents(self, contracts: Iterable[Contract]) -> Iterator[tuple[Contract, Document]]:
        """The contracts that can be written. Two equal documents are refused: 1.5.0 asks `uniqueItems` of a file."""
        seen: set[bytes] = set()
        for contract in contracts:
            if contract.format != self._format:
                self._counts[2] += 1
                continue
            document, exclusions = document_of(contract)
            mark = hashlib.sha256(msgspec.json.encode(document)).digest()
            if not exclusions and mark in seen:
                exclusions = [Exclusion(contract.uid, "", "identique à un autre contrat une fois écrit")]
            if exclusions:
                self._counts[1] += 1
                self._exclusions += exclusions
                continue
            seen.add(mark)
            self._counts[0] += 1
            yield contract, document

    def written(self) -> Written:
        """The account."""
        written, excluded, other = self._counts
        return Written(written=written, excluded=excluded, other_format=other, exclusions=tuple(self._exclusions))


def _json_2019(documents: Iterator[tuple[Contract, Document]], stream: BinaryIO) -> None:
    """`{"marches": [...]}`; without contract `{}`, since an empty list is not valid."""
    first = True
    for _, document in documents:
        stream.write((b'{"marches":[\n' if first else b",\n") + msgspec.json.encode(document))
        first = False
    stream.write(b"{}\n" if first else b"\n]}\n")


def _json_2022(documents: Iterator[tuple[Contract, Document]], stream: BinaryIO) -> None:
    """`{"marches": {"marche": [...], "contrat-concession": [...]}}`: concessions wait until the marchés are written."""
    stream.write(b'{"marches":{"marche":[\n')
    first, waiting = True, False
    with tempfile.SpooledTemporaryFile(max_size=8_000_000) as concessions:
        for contract, document in documents:
            line = msgspec.json.encode(document)
            if contract.kind == "concession":
                concessions.write((b",\n" if waiting else b"") + line)
                waiting = True
            else:
                stream.write((b"" if first else b",\n") + line)
                first = False
        stream.write(b'\n],"contrat-concession":[\n')
        concessions.seek(0)
        while chunk := concessions.read(1_000_000):
            stream.write(chunk)
    stream.write(b"\n]}}\n")
