"""Reading a DECP delivery, whatever its bytes: JSON in its four layouts, XML 1.x and 2.0.x, damaged or not.

Strict types first, the tolerant normaliser on failure, quarantine on failure of both (DESIGN.md §2). Nothing is lost:
each element found in the file comes out as a `ReadRecord` or a `Quarantined`, with its bytes and its rank, and the
`FileSummary` that comes last says how many there were.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, Literal

import msgspec

from procurement_assets.decp import lexical, tolerant
from procurement_assets.decp import xml as xmlfile
from procurement_assets.decp.raw import FileSummary, Layout, Note, Quarantined, RawRecord, ReadRecord
from procurement_assets.decp.reader_rules import QUARANTINE_REASONS, READER_RULES
from procurement_assets.decp.scan import Balance
from procurement_assets.decp.sniff import ByteSource, content_of
from procurement_assets.decp.split import HEAD_KEPT, LIMIT, WINDOW, Holder, Piece, Splitter
from procurement_assets.decp.strict import StrictReader

READER_VERSION: Final = "4"
"""Part of the cache key of parsed files: change it when the same bytes would be read otherwise."""

Read = ReadRecord | Quarantined | FileSummary

_BLANK = b" \t\r\n\0\xef\xbb\xbf"
_CLOSERS = re.compile(rb"[\s\]}]*$")


def read_path(path: str | os.PathLike[str]) -> Iterator[Read]:
    """Read the file at a path; see `read_file`."""
    with Path(path).open("rb") as stream:
        yield from read_file(stream)


def read_file(stream: BinaryIO, window: int = WINDOW, limit: int = LIMIT) -> Iterator[Read]:
    """Every record of a delivery in the order of its bytes, then one `FileSummary`.

    Bad input never raises. Memory is that of a window and of the largest record (at most `limit` bytes); the stream
    is read once, forward.
    """
    source = ByteSource(stream)
    head = _head(source)
    content = content_of(head)
    file = _File(source, head, limit)
    if content == "empty":
        yield from file.nothing("file.empty")
    elif content == "html":
        yield from file.nothing("file.html")
    elif content == "zip":
        yield from file.nothing("file.archive")
    elif content == "xml":
        yield from file.xml()
    else:
        yield from file.json(window)
    yield file.summary()


def _head(source: ByteSource) -> bytes:
    """The first bytes that are not white space, enough to tell the content."""
    head = b""
    while len(head) < 4096 and (chunk := source.read()):
        head = (head + chunk).lstrip(_BLANK)
    return head


class _File:
    """One delivery being read: ranks, layouts and notes gathered for its summary."""

    def __init__(self, source: ByteSource, head: bytes, limit: int) -> None:
        self._source = source
        self._head = head
        self._limit = limit
        self._container: Literal["json", "ndjson", "xml", "none"] = "none"
        self._notes: list[Note] = []
        self._layouts: set[Layout] = set()
        self._found = 0
        self._utf8 = False
        self._other = ""
        """Another encoding than the one of the file that records were read in."""

    # -- whole files ---------------------------------------------------------------------------------------------

    def nothing(self, reason: str) -> Iterator[Quarantined]:
        """A file that holds no record at all."""
        while self._source.read():
            continue
        self._container = "none"
        yield Quarantined(position=-1, reason=reason, raw=self._head[:HEAD_KEPT])

    def json(self, window: int) -> Iterator[ReadRecord | Quarantined]:
        """The records of a JSON file."""
        splitter = Splitter(self._reading(), window, self._limit)
        strict = StrictReader()
        for piece in splitter.pieces():
            yield self._json_piece(piece, strict)
        self._container = "ndjson" if splitter.documents > 1 and not splitter.lists else "json"
        if splitter.documents == 1 and not splitter.lists and self._found:
            self._notes.append(Note(rule="read.single-record"))
        self._notes += splitter.notes
        if not self._found and not splitter.lists:
            yield from self.nothing("file.no-records")

    def xml(self) -> Iterator[ReadRecord | Quarantined]:
        """The records of an XML file."""
        splitter = xmlfile.XmlSplitter(self._reading(), self._limit)
        for piece in splitter.pieces():
            yield self._xml_piece(piece, splitter)
        self._container = "xml"
        if splitter.truncated:
            self._notes.append(Note(rule="read.truncated"))
        declared = splitter.declared
        wide = declared.startswith(("utf-16", "utf16", "utf-32", "ucs", "iso-10646"))
        if self._source.encoding == "utf-8" and (wide or (self._utf8 and declared not in ("", "utf-8", "utf8"))):
            self._notes.append(Note(rule="read.encoding-lie", detail=declared))
        if self._found == 1 and not splitter.roots:
            self._notes.append(Note(rule="read.single-record"))
        if not self._found and not splitter.roots:
            yield from self.nothing("file.no-records")

    def summary(self) -> FileSummary:
        encoding = self._source.encoding
        if self._other:
            encoding = f"{encoding}+{self._other}" if self._utf8 else self._other
        return FileSummary(
            size=self._source.size,
            encoding=encoding,
            container=self._container,
            layouts=tuple(sorted(self._layouts)),
            found=self._found,
            notes=tuple(self._source.notes + self._notes),
        )

    def _reading(self) -> Callable[[], bytes]:
        """The bytes of the file from its first significant one."""
        first = [self._head]
        return lambda: first.pop() if first else self._source.read()

    # -- one record ----------------------------------------------------------------------------------------------

    def _json_piece(self, piece: Piece, strict: StrictReader) -> ReadRecord | Quarantined:
        if piece.state == "whole" and (read := strict.read(piece.raw, piece.holder)) is not None:
            self._utf8 = self._utf8 or not piece.raw.isascii()
            notes = () if read.note is None else (read.note,)
            return self._record(piece.raw, read.layout, "strict", read.record, read.encoded, notes)
        if piece.state == "too-large":
            return self._quarantine("record.too-large", piece.raw, f"{piece.size} octets")
        try:
            return self._in_another_encoding(piece, strict) or self._leniently(piece)
        except RecursionError:
            return self._quarantine("record.too-deep", piece.raw)

    def _in_another_encoding(self, piece: Piece, strict: StrictReader) -> ReadRecord | None:
        """A record that has no other defect than not to be in UTF-8."""
        text, clean = lexical.text_of(piece.raw)
        if clean or piece.state != "whole":
            return None
        read = strict.read(text.encode(), piece.holder)
        if read is None:
            return None
        self._other = lexical.FALLBACK
        notes = (Note(rule="read.invalid-utf8", detail=lexical.FALLBACK), *(() if read.note is None else (read.note,)))
        return self._record(piece.raw, read.layout, "tolerant", read.record, read.encoded, notes)

    def _leniently(self, piece: Piece) -> ReadRecord | Quarantined:
        if _too_deep(piece.raw):
            return self._quarantine("record.too-deep", piece.raw)
        cut_short = piece.state == "truncated"
        parsed = _unended(piece.raw) if cut_short else lexical.parse(piece.raw, closing=piece.state == "damaged")
        if parsed is None:
            return self._quarantine("file.truncated" if cut_short else "record.malformed", piece.raw)
        value, notes = parsed
        if isinstance(value, str) and value.strip()[:1] == "{" and (inner := lexical.parse(value.encode())) is not None:
            value, notes = inner.value, (*notes, Note(rule="read.json-in-string"), *inner.notes)
        if not piece.raw.isascii():
            if any(note.rule == "read.invalid-utf8" for note in notes):
                self._other = lexical.FALLBACK
            else:
                self._utf8 = True
        return self._object(piece.raw, value, piece.holder, notes)

    def _object(
        self, raw: bytes, value: object, holder: Holder | None, notes: tuple[Note, ...], is_xml: bool = False
    ) -> ReadRecord | Quarantined:
        """A record out of plain values, or the reason why there is none."""
        if value == {} or (is_xml and value is None):
            return self._quarantine("record.empty", raw)
        if not isinstance(value, dict):
            return self._quarantine("record.not-an-object", raw, type(value).__name__)
        read = tolerant.read_object(value, holder, is_xml)
        if read is None:
            return self._quarantine("record.unrecognised", raw, ", ".join(map(str, value))[:200])
        all_notes = (*notes, *read.notes)
        decode: Literal["strict", "tolerant"] = "strict" if is_xml and not all_notes else "tolerant"
        return self._record(raw, read.layout, decode, read.record, msgspec.json.encode(read.record), all_notes)

    def _xml_piece(self, piece: Piece, splitter: xmlfile.XmlSplitter) -> ReadRecord | Quarantined:
        if piece.state == "too-large":
            return self._quarantine("record.too-large", piece.raw, f"{piece.size} octets")
        if piece.state == "truncated":
            return self._quarantine("file.truncated", piece.raw)
        text, encoding = xmlfile.decode(piece.raw, splitter.declared)
        notes: tuple[Note, ...] = ()
        if encoding != "utf-8":
            self._other = encoding if splitter.declared in ("", "utf-8", "utf8") else splitter.declared
            if splitter.declared in ("", "utf-8", "utf8"):
                notes = (Note(rule="read.invalid-utf8", detail=encoding),)
        elif not piece.raw.isascii():
            self._utf8 = True
        parsed = xmlfile.parse(text, splitter.namespaces)
        if parsed is None:
            return self._quarantine("record.malformed", piece.raw)
        try:
            return self._object(piece.raw, parsed.value, piece.holder, notes + parsed.notes, is_xml=True)
        except RecursionError:
            return self._quarantine("record.too-deep", piece.raw)

    # -- results -------------------------------------------------------------------------------------------------

    def _record(
        self,
        raw: bytes,
        layout: Layout,
        decode: Literal["strict", "tolerant"],
        record: RawRecord,
        encoded: bytes,
        notes: tuple[Note, ...],
    ) -> ReadRecord:
        self._layouts.add(layout)
        self._found += 1
        return ReadRecord(
            position=self._found - 1,
            layout=layout,
            decode=decode,
            raw=raw,
            record=record,
            encoded=encoded,
            notes=notes,
        )

    def _quarantine(self, reason: str, raw: bytes, detail: str = "") -> Quarantined:
        self._found += 1
        return Quarantined(position=self._found - 1, reason=reason, detail=detail, raw=raw)


def _too_deep(raw: bytes) -> bool:
    if raw.count(b"{") + raw.count(b"[") <= lexical.TOO_DEEP:
        return False
    balance = Balance()
    balance.feed(raw, 0, len(raw))
    return balance.deepest > lexical.TOO_DEEP


def _unended(raw: bytes) -> lexical.Parsed | None:
    """The last record of a file, whose end was missed because of damage inside: found again among the last brackets.

    Of a file that is really cut short, nothing is guessed.
    """
    if len(raw) > lexical.REPAIRABLE:
        return None
    tail = _CLOSERS.search(raw[-64:])
    closers = len(tail[0]) if tail else 0
    for at in range(len(raw), len(raw) - closers, -1):
        if raw[at - 1 : at] == b"}" and (parsed := lexical.parse(raw[:at])) is not None:
            return lexical.Parsed(parsed.value, (*parsed.notes, Note(rule="read.missing-end")))
    return None


__all__ = ["QUARANTINE_REASONS", "READER_RULES", "READER_VERSION", "read_file", "read_path"]
