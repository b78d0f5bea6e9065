"""XML deliveries (schemas 1.x and 2.0.x): contracts delimited in the bytes, then parsed one by one with lxml.

The file is never parsed as a whole: a damaged contract costs no other, memory stays that of one contract, the bytes of
each are kept as published, and no DTD is ever read, so that no entity can be declared (billion laughs, XXE).
Encoding is decided by the bytes: headers declare UTF-16 over ASCII, or ISO-8859-1 over UTF-8 (research/decp.md §1.5).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from lxml import etree

from procurement_assets.decp import names
from procurement_assets.decp.lexical import text_of
from procurement_assets.decp.raw import Note
from procurement_assets.decp.split import HEAD_KEPT, LIMIT, Holder, Piece

_TOKEN = re.compile(
    rb"<!\[CDATA\[|<!--|<!DOCTYPE|<(?P<close>/?)(?:[\w.-]+:)?(?P<name>marches|marche(?:-defense-securite)?|contrat-concession)(?=[\s/>])[^>]*>",
    re.IGNORECASE,
)
_ENDS = {
    b"<![CDATA[": re.compile(rb"\]\]>"),
    b"<!--": re.compile(rb"-->"),
    b"<!DOCTYPE": re.compile(rb"[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL),
}
_LONGEST_TAG = 4096
_LONGEST_MARK = 1 << 20
"""A comment or CDATA section that has not ended after this many bytes was never closed: it hides nothing."""

_DECLARATION = re.compile(rb"\s*<\?xml[^>]*?encoding\s*=\s*[\"']([\w.:-]+)[\"']", re.IGNORECASE)
_ROOT = re.compile(rb"<[\w.-]+(?::[\w.-]+)?(?:\s[^>]*)?>")
_NAMESPACE = re.compile(rb"\sxmlns:[\w.-]+\s*=\s*(?:\"[^\"<]*\"|'[^'<]*')")
_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|&#(?:0*(?:[0-8]|1[124-9]|2\\d|3[01])|[xX]0*(?:1?[0-8bcefBCEF]|1[9adAD]));"
)
_CDATA = re.compile(r"(<!\[CDATA\[.*?\]\]>)", re.DOTALL)
_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)")
_LESS_THAN = re.compile(r"<(?![A-Za-z_/!?])")
_STRUCTURES = (names.RECORD, names.PARTY, names.OPERATEUR, names.LIEU, names.MODIFICATION, names.ACTE)
_FIELDS = frozenset().union(*(structure.exact for structure in _STRUCTURES))


def _parser(recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8",
        remove_comments=True,
        remove_pis=True,
        recover=recover,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )


_STRICT, _LENIENT = _parser(recover=False), _parser(recover=True)


class XmlValue(NamedTuple):
    """An element as plain values, and what had to be done to parse it."""

    value: object
    notes: tuple[Note, ...]


class XmlSplitter:
    """Yields the bytes of each `marche` and `contrat-concession` element of a file."""

    def __init__(self, read: Callable[[], bytes], limit: int = LIMIT) -> None:
        self._read = read
        self._limit = limit
        self._buffer = b""
        self._at = 0
        self._start = -1
        """Where the element being read began, or -1 between two."""
        self._holder: Holder | None = None
        self.declared = ""
        self.namespaces = b""
        self.roots = 0
        self.truncated = False

    def pieces(self) -> Iterator[Piece]:
        """Every contract element, in the order of the bytes."""
        self._head()
        while (match := self._next_token()) is not None:
            if isinstance(match, Piece):
                yield match
                continue
            self._at = match.end()
            name, closes = match["name"].lower(), bool(match["close"])
            if name == b"marches":
                self.roots += 1 if not closes else 0
                self.truncated = not closes and not match[0].endswith(b"/>")
                if self._start >= 0:  # the end of the list, or another list: the element was never closed
                    yield self._take(match.start(), "damaged")
            elif closes:
                if self._start >= 0:
                    yield self._take(match.end(), "whole")
            else:
                if self._start >= 0:
                    yield self._take(match.start(), "damaged")
                self._holder = "concession" if name == b"contrat-concession" else "marche"
                self._start = match.start()
                if match[0].endswith(b"/>"):
                    yield self._take(match.end(), "whole")
        if self._start >= 0:
            self.truncated = True
            yield Piece(self._buffer[self._start :], self._holder, "truncated")

    def _take(self, end: int, state: str) -> Piece:
        raw, self._start = self._buffer[self._start : end], -1
        return Piece(raw, self._holder, "whole") if state == "whole" else Piece(raw.rstrip(), self._holder, "damaged")

    def _next_token(self) -> re.Match[bytes] | Piece | None:
        """The next tag of interest, outside comments and CDATA; a piece if an element grew over the limit."""
        while True:
            match = _TOKEN.search(self._buffer, self._at)
            if match is None:
                last = self._buffer.rfind(b"<", max(self._at, len(self._buffer) - _LONGEST_TAG))
                self._at = last if last >= 0 else len(self._buffer)
                if self._start >= 0 and len(self._buffer) - self._start > self._limit:
                    size, head = len(self._buffer) - self._start, self._buffer[self._start :][:HEAD_KEPT]
                    self._start = -1
                    return Piece(head, self._holder, "too-large", size)
                if not self._grow():
                    return None
                continue
            end = _ENDS.get(match[0]) or _ENDS.get(match[0].upper())
            if end is None:
                return match
            self._at = match.start()
            self._pass_over(len(match[0]), end)

    def _pass_over(self, length: int, end: re.Pattern[bytes]) -> None:
        """Go after a comment, a CDATA section or a document type."""
        while (found := end.search(self._buffer, self._at + length)) is None:
            if len(self._buffer) - self._at > _LONGEST_MARK or not self._grow():
                self._at += length
                return
        self._at = found.end()

    def _grow(self) -> bool:
        """Read on, dropping what is behind; false at the end of the file."""
        chunk = self._read()
        if not chunk:
            return False
        keep = self._start if self._start >= 0 else self._at
        self._buffer = self._buffer[keep:] + chunk
        self._at -= keep
        self._start = 0 if self._start >= 0 else -1
        return True

    def _head(self) -> None:
        """The declaration and the root element: declared encoding, prefixes of namespaces."""
        while len(self._buffer) < 4096 and self._grow():
            continue
        head = self._buffer[:65536]
        if match := _DECLARATION.match(head):
            self.declared = match[1].decode("ascii", "replace").lower()
        if root := _ROOT.search(head):
            self.namespaces = b"".join(dict.fromkeys(_NAMESPACE.findall(root[0])))


def decode(raw: bytes, declared: str) -> tuple[str, str]:
    """(text, encoding it was read with): UTF-8 if it can be, else as declared, else byte by byte.

    UTF-8 first, whatever is declared: accented text in a one-byte encoding is never valid UTF-8.
    """
    try:
        return raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    try:
        name = codecs.lookup(declared or "utf-8").name
        # ISO-8859-1 is announced for Windows-1252, of which it lacks the typographic quotes and the euro.
        if name not in ("utf-8", "iso8859-1", "cp1252") and not name.startswith(("utf-", "idna", "punycode")):
            return raw.decode(name), name
    except (LookupError, UnicodeError):
        pass
    return text_of(raw)[0], "windows-1252"


def parse(text: str, namespaces: bytes) -> XmlValue | None:
    """The plain values of an element; None if nothing can be read. Entities are never resolved."""
    notes: list[Note] = []
    root = _element(text, namespaces, _STRICT)
    if root is None:
        text = _repair(text, notes)
        root = _element(text, namespaces, _STRICT)
    if root is None:
        root = _element(text, namespaces, _LENIENT)
        notes.append(Note(rule="read.xml-recovered"))
    if root is None:
        return None
    return XmlValue(_plain(root, notes), tuple(notes))


def _element(text: str, namespaces: bytes, parser: etree.XMLParser) -> etree._Element | None:
    """Parse inside a root that declares the prefixes of the file's root."""
    try:
        document = b"<r" + namespaces + b">" + text.encode("utf-8", "replace") + b"</r>"
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    return next((child for child in root if isinstance(child.tag, str)), None) if root is not None else None


def _repair(text: str, notes: list[Note]) -> str:
    """Remove what XML 1.0 forbids; keep undeclared entities and bare ampersands as text."""
    cleaned, removed = _CONTROL.subn("", text)
    if removed:
        notes.append(Note(rule="read.control-characters", detail=str(removed)))
    parts = _CDATA.split(cleaned)
    escaped = [part if part.startswith("<![CDATA[") else _escape(part) for part in parts]
    if escaped != parts:
        notes.append(Note(rule="read.xml-entity"))
    return "".join(escaped)


def _escape(text: str) -> str:
    return _LESS_THAN.sub("&lt;", _AMPERSAND.sub("&amp;", text))


def _plain(element: etree._Element, notes: list[Note]) -> object:
    """An element as text, or as an object of its children; repeated children are lists, empty elements absent."""
    children = [child for child in element if isinstance(child.tag, str)]
    if not children:
        return _leaf(element, notes)
    loose = (element.text or "") + "".join([child.tail or "" for child in element])
    if loose.strip():  # markup inside a text: the text is what was meant
        notes.append(Note(rule="read.xml-recovered", path=_local(element.tag), detail="contenu mixte"))
        return _text(element).strip()
    value: dict[str, object] = dict(_attributes(element))
    repeated: dict[str, list[object]] = {}
    for name, item in _items(children, notes):
        if item is None:
            continue
        if name in repeated:
            repeated[name].append(item)
        elif name in value:
            value[name] = repeated[name] = [value[name], item]
        else:
            value[name] = item
    return value


def _items(children: Iterable[etree._Element], notes: list[Note]) -> Iterator[tuple[str, object]]:
    """The children by name. A text that fields follow was never closed: they are beside it, and not in it."""
    for child in children:
        inner = [below for below in child if isinstance(below.tag, str)]
        said = (child.text or "").strip()
        if said and any(_local(below.tag) in _FIELDS for below in inner):
            notes.append(Note(rule="read.xml-recovered", path=_local(child.tag), detail="élément jamais fermé"))
            yield _local(child.tag), said
            yield from _items(inner, notes)
        else:
            yield _local(child.tag), _plain(child, notes)


def _leaf(element: etree._Element, notes: list[Note]) -> object:
    """An element without children: its text, else the fields that its attributes are (`<titulaire id="…"/>`)."""
    text = _text(element).strip()
    attributes = _attributes(element)
    if not text and any(key[1:] in _FIELDS for key in attributes):
        return attributes
    if attributes:
        said = ", ".join(f"{key}={item}" for key, item in attributes.items())
        notes.append(Note(rule="read.xml-attribute", path=_local(element.tag), detail=said[:200]))
    return text or None


def _attributes(element: etree._Element) -> dict[str, object]:
    """The attributes of an element, those of other vocabularies (`xsi:nil`) aside."""
    return {f"@{key!s}": str(item) for key, item in element.items() if not str(key).startswith("{")}


def _text(element: etree._Element) -> str:
    return "".join(str(text) for text in element.itertext())


@lru_cache(maxsize=4096)
def _local(tag: str | bytes | bytearray | etree.QName) -> str:
    """The name of an element without its namespace or prefix."""
    return str(tag).rpartition("}")[2].rpartition(":")[2]
