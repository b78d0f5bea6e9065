"""Every class of defect of research/decp.md §1.7 and §3.2 that concerns reading: how it looks, what comes of it.

A row is one class: the bytes (or the file of the shared reference data that shows it), how many records are found,
which notes tell what was done, what is quarantined, and values of the first record read. Defects of values (dates,
amounts, codes, identity) are the cleaning's and are not here.
"""

from __future__ import annotations

import codecs
import gzip
import json
from pathlib import Path
from typing import Any, NamedTuple

from procurement_assets_tests.decp.reading import DEFECTS, MIRROR, SCHEMAS

BUYER = "21750001600019"


class Defect(NamedTuple):
    """A class of defect and the outcome expected."""

    name: str
    source: bytes | Path
    found: int = 1
    rules: tuple[str, ...] = ()
    """Notes expected among those of the file and of its records."""
    quarantined: tuple[str, ...] = ()
    values: tuple[tuple[str, Any], ...] = ()
    """Path in the first record read, and the value expected there."""


def v1(**fields: Any) -> dict[str, Any]:
    """A minimal contract of format 2019."""
    return {"id": "2019A", "acheteur": {"id": BUYER, "nom": "Ville de Paris"}, "objet": "Chaises", **fields}


def v2(**fields: Any) -> dict[str, Any]:
    """A minimal contract of format 2022."""
    return {"id": "2024A", "acheteur": {"id": BUYER}, "objet": "Chaises", "offresRecues": 2, **fields}


def flat(*records: Any) -> bytes:
    return json.dumps({"marches": list(records)}, ensure_ascii=False).encode()


def nested(*records: Any) -> bytes:
    return json.dumps({"marches": {"marche": list(records)}}, ensure_ascii=False, separators=(",", ":")).encode()


def text(fields: str) -> bytes:
    """A contract given as JSON text, damage included, between two sound ones."""
    sound = json.dumps(v1(nature="Marché"), ensure_ascii=False)
    head = f'"id":"X","acheteur":{{"id":"{BUYER}"}},"nature":"Marché"'
    return f'{{"marches":[{{{head},{fields}}},{sound},{sound}]}}'.encode()


def xml(fields: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>', encoding: str = "utf-8") -> bytes:
    return f"{head}<marches><marche><id>1</id>{fields}</marche></marches>".encode(encoding)


FULL = v1(nature="Marché", procedure="Procédure adaptée")
CONCESSION = {"id": "C", "autoriteConcedante": {"id": BUYER}, "nature": "Concession de service", "objet": "Kiosques"}
A, B = {"typeIdentifiant": "SIRET", "id": "81223113200026"}, {"typeIdentifiant": "TVA", "id": "DE814864138"}
HOLDERS = (("titulaires[0].id", A["id"]), ("titulaires[1].typeIdentifiant", "TVA"))
ONE = (("titulaires[0].id", A["id"]), ("titulaires[0].typeIdentifiant", "SIRET"))
MODIFICATION = {"objetModification": "Avenant", "dateNotificationModification": "2020-01-02"}
MODIFIED = (("modifications[0].dateNotificationModification", "2020-01-02"),)
MAXIMILIEN = MIRROR / "donnees-essentielles-du-profil-acheteur-gip-maximilien"

WRAPPERS = [
    Defect("titulaires: object for a list", flat(v1(titulaires=A)), 1, ("read.wrapper-object",), (), ONE),
    Defect(
        "titulaires: object of a list",
        flat(v1(titulaires={"titulaire": [A, B]})),
        1,
        ("read.wrapper-object",),
        (),
        (*HOLDERS, ("format", "2019")),
    ),
    Defect(
        "titulaires: object of an object (peer: holder silently null)",
        nested(v2(titulaires={"titulaire": A})),
        1,
        ("read.wrapper-object",),
        (),
        ONE,
    ),
    Defect(
        "titulaires: several in one wrapper (peer: whole file lost)",
        nested(v2(titulaires=[{"titulaire": [A, B]}])),
        1,
        ("read.wrapper-list",),
        (),
        HOLDERS,
    ),
    Defect(
        "titulaires: list of lists (decp-2019)", flat(v1(titulaires=[[A, B]])), 1, ("read.nested-list",), (), HOLDERS
    ),
    Defect(
        "titulaires: flat in format 2022 (peer: holder silently null)",
        nested(v2(titulaires=[A], techniques={"technique": ["Sans objet"]})),
        1,
        ("read.wrapper-missing",),
        (),
        (*ONE, ("techniques", ["Sans objet"])),
    ),
    Defect("titulaires: [null]", nested(v2(titulaires=[None])), 1, ("read.null-item",), (), (("titulaires", []),)),
    Defect(
        "titulaires: a text that Python wrote (str of a list)",
        nested(v2(titulaires=str([{"titulaire": {"denominationSociale": "L'Été", **A}}, None]))),
        1,
        ("read.json-in-string", "read.null-item"),
        (),
        (*ONE, ("titulaires[0].denominationSociale", "L'Été")),
    ),
    Defect(
        "titulaires: a text that only resembles Python",
        nested(v2(titulaires="[{'id': 1j}]")),
        1,
        ("read.bare-holder",),
        (),
        (("titulaires[0].id", "[{'id': 1j}]"),),
    ),
    Defect("titulaires: []", nested(v2(titulaires=[])), 1, (), (), (("titulaires", []),)),
    Defect("titulaires: {}", nested(v2(titulaires={})), 1, ("read.null-item",), (), (("titulaires", []),)),
    Defect("titulaires: [{}]", flat(v1(titulaires=[{}])), 1, ("read.null-item",), (), (("titulaires", []),)),
    Defect(
        "titulaires: names of fields only (eclaireur)",
        nested(v2(titulaires=[{"titulaire": "typeIdentifiant"}, {"titulaire": "id"}])),
        1,
        ("read.holder-keys-only",),
        (),
        (("titulaires", []),),
    ),
    Defect(
        "titulaires: names of fields only, as Maximilien published it",
        MAXIMILIEN / "decp-maximilien-2025.json",
        1152,
        ("read.holder-keys-only",),
    ),
    Defect(
        "titulaires: JSON in a text",
        flat(v1(titulaires=json.dumps([{"titulaire": A}]))),
        1,
        ("read.json-in-string",),
        (),
        ONE,
    ),
    Defect(
        "titulaires: bare identifiers",
        flat(v1(titulaires=[A["id"]])),
        1,
        ("read.bare-holder",),
        (),
        (("titulaires[0].id", A["id"]),),
    ),
    Defect(
        "titulaires: columns",
        flat(v1(titulaires={"id": [A["id"], B["id"]], "typeIdentifiant": ["SIRET", "TVA"]})),
        1,
        ("read.columns-object",),
        (),
        HOLDERS,
    ),
    Defect(
        "titulaires: keys in another case",
        flat(v1(titulaires=[{"type_Identifiant": "SIRET", "ID": A["id"]}])),
        1,
        ("read.key-variant",),
        (),
        ONE,
    ),
    Defect("modifications: object", flat(v1(modifications=MODIFICATION)), 1, ("read.wrapper-object",), (), MODIFIED),
    Defect(
        "modifications: object of a list",
        flat(v1(modifications={"modification": [MODIFICATION]})),
        1,
        ("read.wrapper-object",),
        (),
        MODIFIED,
    ),
    Defect(
        "modifications: text",
        flat(v1(modifications="Néant")),
        1,
        ("read.unexpected-text",),
        (),
        (("modifications", []), ("extras", {"modifications[0]": "Néant"})),
    ),
    Defect("modifications: null", flat(v1(modifications=None)), 1, (), (), (("modifications", None),)),
    Defect(
        "modifications: concession dates in a marché (format-commande-publique#51)",
        flat(v1(modifications=[{"dateSignatureModification": "2020-01-02"}])),
        1,
        (),
        (),
        (("modifications[0].dateSignatureModification", "2020-01-02"), ("kind", "marche")),
    ),
    Defect(
        "modifications: holders in the object of a list, as in the official example 1.0.0",
        SCHEMAS / "1.0.0/exemples/json/mar-avec-modifications.json",
        1,
        ("read.wrapper-object", "read.single-record"),
        (),
        (("modifications[0].titulaires[1].denominationSociale", "Amandier SA"), ("format", "2019")),
    ),
    Defect(
        "code list: one value for a list",
        nested(v2(techniques={"technique": "Concours"})),
        1,
        ("read.scalar-list",),
        (),
        (("techniques", ["Concours"]),),
    ),
    Defect(
        "code list: bare text (peer: whole file lost)",
        nested(v2(techniques="Concours")),
        1,
        ("read.scalar-list",),
        (),
        (("techniques", ["Concours"]),),
    ),
    Defect(
        "code list: values joined by commas",
        nested(v2(modalitesExecution="Tranches, Bons de commande")),
        1,
        ("read.list-joined",),
        (),
        (("modalitesExecution", ["Tranches", "Bons de commande"]),),
    ),
    Defect(
        "code list: NC among the values (arr2022 58b651b), kept as published",
        nested(v2(considerationsSociales={"considerationSociale": ["NC", "Clause sociale"]})),
        1,
        (),
        (),
        (("considerationsSociales", ["NC", "Clause sociale"]),),
    ),
    Defect(
        "acheteur: bare identifier", flat(v1(acheteur=BUYER)), 1, ("read.scalar-object",), (), (("acheteur_id", BUYER),)
    ),
    Defect(
        "acheteur: acheteur_id",
        flat({"acheteur_id": BUYER, "id": "1", "objet": "x"}),
        1,
        ("read.key-variant",),
        (),
        (("acheteur_id", BUYER), ("kind", "marche")),
    ),
    Defect(
        "acheteur: dotted key (State's consolidation)",
        flat({"acheteur.id": BUYER, "id": "1", "objet": "x"}),
        1,
        (),
        (),
        (("acheteur_id", BUYER),),
    ),
    Defect(
        "lieuExecution: bare code",
        flat(v1(lieuExecution="75056")),
        1,
        ("read.scalar-object",),
        (),
        (("lieuExecution.code", "75056"),),
    ),
    Defect(
        "names of 2.0.0",
        flat(
            v2(
                technique=["Concours"],
                typePrix=["Provisoire"],
                modificationsActesSousTraitance=[
                    {"id": 1, "dateNotificationModificationActeSousTraitance": "2024-01-02"}
                ],
            )
        ),
        1,
        (),
        (),
        (
            ("techniques", ["Concours"]),
            ("typesPrix", ["Provisoire"]),
            ("modificationsActesSousTraitance[0].dateNotificationModificationSousTraitance", "2024-01-02"),
        ),
    ),
    Defect(
        "unknown fields kept by path",
        flat(v1(montant_source="12 k€", titulaires=[A | {"foo": 1}])),
        1,
        ("read.unknown-field",),
        (),
        (("extras", {"montant_source": "12 k€", "titulaires[0].foo": 1}),),
    ),
]

VALUES = [
    Defect("number as text", flat(v1(montant="1000.50", dureeMois="12")), 1, (), (), (("montant", "1000.50"),)),
    Defect(
        "identifiers as numbers (marches-publics.info), digits kept",
        flat(v1(id=20190000000000012345, codeCPV=45000000)),
        1,
        (),
        (),
        (("id", 20190000000000012345), ("codeCPV", 45000000)),
    ),
    Defect("NC for a value, kept as published", nested(v2(dureeMois="NC")), 1, (), (), (("dureeMois", "NC"),)),
    Defect(
        "amount out of range", text('"montant":1e999'), 3, ("read.number-out-of-range",), (), (("montant", "1e999"),)
    ),
    Defect("amount 1.0E17", text('"montant":1.0E17'), 3, (), (), (("montant", 1e17),)),
    Defect(
        "two publication dates in one record (Grand Lyon)",
        text('"objet":"x","datePublicationDonnees":"2019-01-01","datePublicationDonnees":"2019-02-02"'),
        3,
        ("read.duplicate-key",),
        (),
        (("datePublicationDonnees", "2019-02-02"),),
    ),
    Defect(
        "an amount twice",
        text('"objet":"x","montant":100,"montant":250'),
        3,
        ("read.duplicate-key",),
        (),
        (("montant", 250),),
    ),
    Defect("the same amount twice", text('"objet":"x","montant":100,"montant":100'), 3, (), (), (("montant", 100),)),
]

LEXICAL = [
    Defect("NaN (decp-processing#127)", text('"objet":"x","montant":NaN'), 3, ("read.nan",), (), (("montant", None),)),
    Defect("-Infinity", text('"objet":"x","montant":-Infinity'), 3, ("read.nan",), (), (("montant", None),)),
    Defect("trailing comma", text('"objet":"x","dureeMois":2,'), 3, ("read.trailing-comma",), (), (("dureeMois", 2),)),
    Defect(
        "control characters in a text",
        text('"objet":"a\tb\nc"'),
        3,
        ("read.control-characters",),
        (),
        (("objet", "a\tb\nc"),),
    ),
    Defect(
        "stray backslash (AWS, #118)",
        text(r'"objet":"C:\Dossier"'),
        3,
        ("read.backslash",),
        (),
        (("objet", r"C:\Dossier"),),
    ),
    Defect(
        "backslash before the end of a text (AWS, #137)",
        text(r'"objet":"C:\","dureeMois":2'),
        3,
        ("read.unescaped-quote",),
        (),
        (("objet", "C:\\"), ("dureeMois", 2)),
    ),
    Defect(
        "quotes not escaped (AWS)",
        text('"objet":"lot "urgent", Paris","dureeMois":2'),
        3,
        ("read.unescaped-quote",),
        (),
        (("objet", 'lot "urgent", Paris'), ("dureeMois", 2)),
    ),
    Defect(
        "one quote not escaped",
        text('"objet":"écran 19" plat","dureeMois":2'),
        3,
        ("read.unescaped-quote",),
        (),
        (("objet", 'écran 19" plat'), ("dureeMois", 2)),
    ),
    Defect("lone surrogate", text(r'"objet":"a\ud800b"'), 3, ("read.surrogate",), (), (("objet", "a\ufffdb"),)),
    Defect(
        "closing brackets missing: the neighbours would be taken for holders",
        text('"objet":"x","titulaires":[{"id":"1"'),
        3,
        ("read.missing-end",),
        (),
        (("titulaires[0].id", "1"),),
    ),
    Defect("damage without a safe repair", text('"objet":"x","montant":12 34'), 3, (), ("record.malformed",)),
    Defect(
        "one text in ISO-8859-1 in a UTF-8 file",
        text('"objet":"Été"').replace("Été".encode(), "Été".encode("latin-1"), 1),
        3,
        ("read.invalid-utf8",),
        (),
        (("objet", "Été"),),
    ),
    Defect(
        "file in Windows-1252",
        flat(v1(objet="Été – 3 €")).decode().encode("cp1252"),
        1,
        ("read.invalid-utf8",),
        (),
        (("objet", "Été – 3 €"),),
    ),
    Defect("lost character, kept as published", DEFECTS / "v1_aife.json", 62),
]

FILES = [
    Defect("empty file (PES 2019-04-04)", b"", 0, (), ("file.empty",)),
    Defect("only white space", b" \r\n\t" * 1000, 0, (), ("file.empty",)),
    Defect("HTML page", b"\n<!DOCTYPE html>\n<html><body>503</body></html>", 0, (), ("file.html",)),
    Defect("HTML fragment", b"<html><head><title>Erreur</title></head></html>", 0, (), ("file.html",)),
    Defect("error text saved as data", b"Internal server error", 0, (), ("file.no-records",)),
    Defect("error object saved as data", b'{"error":"Internal server error"}', 0, (), ("file.no-records",)),
    Defect("XML without contracts", b"<error>no</error>", 0, (), ("file.no-records",)),
    Defect("valid and empty, format 2019", b'{"marches":[]}', 0),
    Defect("valid and empty, format 2022", b'{"marches":{"marche":[],"contrat-concession":[]}}', 0),
    Defect("valid and empty, XML", b"<marches/>", 0),
    Defect("marches: null", b'{"marches":null}', 0, ("read.null-list",)),
    Defect("UTF-8 BOM", codecs.BOM_UTF8 + flat(v1()), 1, ("read.bom",), (), (("id", "2019A"),)),
    Defect("UTF-16 with BOM", flat(v1()).decode().encode("utf-16"), 1, ("read.bom", "read.transcoded")),
    Defect("UTF-16 without BOM", flat(v1()).decode().encode("utf-16-be"), 1, ("read.transcoded",)),
    Defect("UTF-32", flat(v1()).decode().encode("utf-32"), 1, ("read.bom", "read.transcoded")),
    Defect("archive that cannot be opened", b"PK\x03\x04 damaged", 0, (), ("file.archive",)),
    Defect("gzip", gzip.compress(nested(v2(), v2())), 2, ("read.gzip",)),
    Defect("gzip, cut short", gzip.compress(nested(v2()))[:-6], 1, ("read.gzip-damaged",)),
    Defect("compact, one record (peer: skipped)", nested(v2()), 1, (), (), (("id", "2024A"), ("format", "2022"))),
    Defect("one object for a list", b'{"marches":{"marche":' + json.dumps(v2()).encode() + b"}}", 1),
    Defect("wrapped twice", b'{"marches":' + nested(v2(), v2()) + b"}", 2),
    Defect("each record wrapped", flat({"marche": v2()}, {"marche": v2()}), 2, ("read.wrapper-record",)),
    Defect("bare array", json.dumps([v1(), v1()]).encode(), 2),
    Defect("list of lists of records", flat([v1(), v1()], [v1()]), 3),
    Defect("single record", json.dumps(v1()).encode(), 1, ("read.single-record",)),
    Defect("one record per line", b"\n".join(json.dumps(v1()).encode() for _ in range(5)), 5),
    Defect(
        "keys around the list", b'{"$schema":"x","source":"y","marches":[{"id":"1","objet":"x"}],"total":{"n":1}}', 1
    ),
    Defect(
        "list of another name",
        json.dumps({"total": 2, "data": [FULL, v1()]}).encode(),
        2,
        ("read.unknown-list",),
        (),
        (("id", "2019A"), ("nature", "Marché")),
    ),
    Defect(
        "list of another name beside a known one (was lost)",
        json.dumps({"marches": {"marche": [v2()], "concessions": [CONCESSION, CONCESSION]}, "page": [1]}).encode(),
        3,
        ("read.unknown-list",),
        (),
        (("id", "2024A"),),
    ),
    Defect(
        "contracts by their ids (were lost)",
        json.dumps({"marches": {"1": v1(), "2": FULL, "3": v1()}}).encode(),
        3,
        ("read.unknown-list",),
        (),
        (("id", "2019A"),),
    ),
    Defect("list that is an object of nothing known", b'{"marches":{"n":0}}', 1, (), ("record.unrecognised",)),
    Defect("each record wrapped, in capitals", flat({"MARCHE": v2()}), 1, ("read.wrapper-record",)),
    Defect("accented and capital name of the list", '{"Marchés":[{"id":"1","objet":"x"}]}'.encode(), 1),
    Defect("text before the document", b"Warning: x in /a.php on line 3\n" + flat(v1()), 1, ("read.stray-characters",)),
    Defect("data after the document", flat(v1()) + b"\n-- fin", 1, ("read.trailing-data",)),
    Defect("null among the records", flat(v1(), None, v1()), 3, (), ("record.not-an-object",)),
    Defect("texts among the records", flat(v1(), "x", 3), 3, (), ("record.not-an-object", "record.not-an-object")),
    Defect("empty object among the records", flat(v1(), {}), 2, (), ("record.empty",)),
    Defect("object without any field of a contract", flat({"a": 1, "b": 2}), 1, (), ("record.unrecognised",)),
    Defect("cut inside a record", flat(v1(), v1(), v1())[:-30], 3, ("read.truncated",), ("file.truncated",)),
    Defect("cut between two records", flat(v1(), v1())[:-2], 2, ("read.truncated",)),
    Defect("cut XML", xml("<objet>x</objet>")[:-20], 1, ("read.truncated",), ("file.truncated",)),
    Defect("bombs of brackets", b"[" * 100_000, 1, (), ("record.too-deep",)),
    Defect(
        "bomb inside a record",
        flat(v1(), v1()).replace(b'"Chaises"', b"[" * 100_000 + b"]" * 100_000, 1),
        2,
        (),
        ("record.too-deep",),
    ),
    Defect(
        "2022 record in a 2019 list", flat(v1(), v2(titulaires=[{"titulaire": A}])), 2, (), (), (("format", "2019"),)
    ),
    Defect(
        "concession told by its fields",
        flat({"id": "1", "autoriteConcedante": {"id": BUYER}}),
        1,
        (),
        (),
        (("kind", "concession"),),
    ),
    Defect(
        "concession told by _type",
        flat({"id": "1", "_type": "Contrat de concession"}),
        1,
        (),
        (),
        (("kind", "concession"),),
    ),
    Defect(
        "concession told by its nature",
        flat({"id": "1", "nature": "Délégation de service public"}),
        1,
        (),
        (),
        (("kind", "concession"),),
    ),
    Defect(
        "_type against the fields",
        flat(v1(_type="Contrat de concession", titulaires=[A])),
        1,
        ("read.kind-conflict",),
        (),
        (("kind", "marche"),),
    ),
]

XML = [
    Defect(
        "control characters (peer: file lost)",
        xml("<objet>a\x01b</objet>"),
        1,
        ("read.control-characters",),
        (),
        (("objet", "ab"),),
    ),
    Defect(
        "explicit CDATA (decp-rama#61)", xml("<objet><![CDATA[R&D <b>]]></objet>"), 1, (), (), (("objet", "R&D <b>"),)
    ),
    Defect("end tag in CDATA", xml("<objet><![CDATA[</marche>]]></objet>"), 1, (), (), (("objet", "</marche>"),)),
    Defect(
        "holder in attributes (was lost)",
        xml(f'<titulaires><titulaire typeIdentifiant="SIRET" id="{A["id"]}"/></titulaires>'),
        1,
        ("read.key-variant",),
        (),
        ONE,
    ),
    Defect(
        "attribute beside a text",
        xml('<montant devise="EUR">5</montant>'),
        1,
        ("read.xml-attribute",),
        (),
        (("montant", "5"),),
    ),
    Defect(
        "end tag of a field missing (the rest became its text)",
        xml(f"<objet>Chaises<acheteur><id>{BUYER}</id></acheteur><montant>5</montant>"),
        1,
        ("read.xml-recovered",),
        (),
        (("objet", "Chaises"), ("acheteur_id", BUYER), ("montant", "5")),
    ),
    Defect("bare less-than sign", xml("<objet>A < B</objet>"), 1, ("read.xml-entity",), (), (("objet", "A < B"),)),
    Defect("bare ampersand", xml("<objet>R&D</objet>"), 1, ("read.xml-entity",), (), (("objet", "R&D"),)),
    Defect(
        "HTML entity, kept as text",
        xml("<objet>&eacute;</objet>"),
        1,
        ("read.xml-entity",),
        (),
        (("objet", "&eacute;"),),
    ),
    Defect(
        "billion laughs, never expanded",
        xml("<objet>&b;</objet>", '<!DOCTYPE m [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'),
        1,
        ("read.xml-entity",),
        (),
        (("objet", "&b;"),),
    ),
    Defect(
        "external entity, never fetched",
        xml("<objet>&x;</objet>", '<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        1,
        ("read.xml-entity",),
        (),
        (("objet", "&x;"),),
    ),
    Defect(
        "ISO-8859-1 declared",
        xml("<objet>Été</objet>", '<?xml version="1.0" encoding="ISO-8859-1"?>', "latin-1"),
        1,
        (),
        (),
        (("objet", "Été"),),
    ),
    Defect(
        "ISO-8859-15 declared, with its euro",
        xml("<objet>3 €</objet>", '<?xml version="1.0" encoding="ISO-8859-15"?>', "iso-8859-15"),
        1,
        (),
        (),
        (("objet", "3 €"),),
    ),
    Defect(
        "ISO-8859-1 declared over UTF-8",
        xml("<objet>Été</objet>", '<?xml version="1.0" encoding="ISO-8859-1"?>'),
        1,
        ("read.encoding-lie",),
        (),
        (("objet", "Été"),),
    ),
    Defect(
        "UTF-16 declared over UTF-8 (klekoon)",
        xml("<objet>Été</objet>", '<?xml version="1.0" encoding="utf-16"?>'),
        1,
        ("read.encoding-lie",),
        (),
        (("objet", "Été"),),
    ),
    Defect(
        "UTF-8 declared over ISO-8859-1",
        xml("<objet>Été</objet>", encoding="latin-1"),
        1,
        ("read.invalid-utf8",),
        (),
        (("objet", "Été"),),
    ),
    Defect(
        "empty elements are absent",
        xml("<objet>x</objet><titulaires/><montant> </montant>"),
        1,
        (),
        (),
        (("montant", None), ("titulaires", None)),
    ),
    Defect(
        "booleans as published", xml("<marcheInnovant>oui</marcheInnovant>"), 1, (), (), (("marcheInnovant", "oui"),)
    ),
    Defect(
        "plural modificationActesSousTraitance of the XSD",
        xml(
            "<modificationsActesSousTraitance><modificationActesSousTraitance><id>1</id></modificationActesSousTraitance></modificationsActesSousTraitance>"
        ),
        1,
        (),
        (),
        (("modificationsActesSousTraitance[0].id", "1"),),
    ),
    Defect(
        "namespaces",
        b'<d:marches xmlns:d="urn:decp"><d:marche><d:id>1</d:id><d:objet>x</d:objet></d:marche></d:marches>',
        1,
        (),
        (),
        (("objet", "x"),),
    ),
    Defect(
        "end tag missing",
        b"<marches><marche><id>1</id><objet>x</objet><marche><id>2</id></marche></marches>",
        2,
        ("read.xml-recovered",),
        (),
        (("objet", "x"),),
    ),
    Defect("empty contract", b"<marches><marche/></marches>", 1, (), ("record.empty",)),
    Defect(
        "contracts of defence, 1.0.0",
        SCHEMAS / "1.0.0/exemples/xml/mds-basique.xml",
        1,
        ("read.single-record",),
        (),
        (("acheteur_nom", "État"),),
    ),
]

ALL = [*WRAPPERS, *VALUES, *LEXICAL, *FILES, *XML]
