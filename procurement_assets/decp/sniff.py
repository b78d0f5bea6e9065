"""Bytes of a delivery, made uniform: gunzipped, in UTF-8 where the file is UTF-16 or UTF-32, told apart by content.

Feeds mix JSON and XML inside one dataset, ship byte order marks, and declare encodings they do not use
(research/decp.md §1.5 "encoding", §1.7 "file level", §1.8 "Format by family"), so names and headers decide nothing.
"""

from __future__ import annotations

import codecs
import re
import zlib
from typing import BinaryIO, Literal, Protocol

from procurement_assets.decp.raw import Note

CHUNK = 1 << 20
"""Bytes asked of the stream at a time."""

GZIP_MAGIC = b"\x1f\x8b"

ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
"""An archive, and one that holds nothing. Its files are taken out before the reader comes (`sources.archives`)."""

Content = Literal["json", "xml", "html", "zip", "empty", "other"]

_BOMS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins like the one of UTF-16-LE
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_OPENERS = b'{[<" \t\r\n'
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|title|meta)\b", re.IGNORECASE)
_XML_NOISE = re.compile(rb"\s*(?:<\?.*?\?>|<!--.*?-->)", re.DOTALL)


class _Reader(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...


class ByteSource:
    """A stream that only needs `.read(n)`, seen as UTF-8-compatible bytes; counts and notes what it met."""

    def __init__(self, stream: BinaryIO | _Reader) -> None:
        self._stream = stream
        self._pending = b""
        self._gzip: zlib._Decompress | None = None
        self._compressed = b""
        self._member_open = False
        self._decoder: codecs.IncrementalDecoder | None = None
        self._eof = False
        self.size = 0
        self.encoding = "utf-8"
        self.notes: list[Note] = []
        self._open()

    def read(self) -> bytes:
        """The next bytes, at most a few megabytes; b"" only at the end."""
        while not self._eof or self._pending:
            chunk, self._pending = self._pending or self._next(), b""
            if self._decoder is not None:
                chunk = self._transcode(self._decoder, chunk)
            if chunk:
                return chunk
        return b""

    def _open(self) -> None:
        self._pending = self._pull(CHUNK)
        while 0 < len(self._pending) < 4 and (more := self._pull(CHUNK)):
            self._pending += more
        if self._pending[:2] == GZIP_MAGIC:
            self.notes.append(Note(rule="read.gzip"))
            self._gzip = zlib.decompressobj(wbits=31)
            self._compressed, self._pending = self._pending, b""
            while len(self._pending) < 4 and not self._eof:
                self._pending += self._next()
        self._find_encoding()

    def _pull(self, size: int) -> bytes:
        chunk = self._stream.read(size)
        self.size += len(chunk)
        return chunk

    def _next(self) -> bytes:
        """The next decompressed bytes; sets the end of file when there are none left."""
        while not self._eof:
            if self._gzip is None:
                chunk = self._pull(CHUNK)
                self._eof = not chunk
                return chunk
            if not self._compressed:
                self._compressed = self._pull(CHUNK)
                if not self._compressed:
                    self._eof = True
                    if self._member_open:
                        self._damaged("end of stream inside a gzip member")
                    return b""
            if out := self._inflate(self._gzip):
                return out
        return b""

    def _inflate(self, gzip: zlib._Decompress) -> bytes:
        """At most a chunk out, so that a decompression bomb costs no memory."""
        try:
            self._member_open = True
            out = gzip.decompress(self._compressed, CHUNK)
        except zlib.error as error:
            self._damaged(str(error))
            self._eof = True
            return b""
        if gzip.eof:  # several members may follow one another, as `cat a.gz b.gz` makes; padding is not one
            self._member_open = False
            self._compressed = gzip.unused_data.lstrip(b"\0")
            self._gzip = zlib.decompressobj(wbits=31)
        else:
            self._compressed = gzip.unconsumed_tail
        return out

    def _damaged(self, detail: str) -> None:
        self.notes.append(Note(rule="read.gzip-damaged", detail=detail))

    def _find_encoding(self) -> None:
        head = self._pending
        for mark, name in _BOMS:
            if head.startswith(mark):
                self.notes.append(Note(rule="read.bom", detail=name))
                self._pending, self.encoding = head[len(mark) :], name
                break
        else:
            self.encoding = _wide_encoding(head) or "utf-8"
        if self.encoding != "utf-8":
            self.notes.append(Note(rule="read.transcoded", detail=self.encoding))
            self._decoder = codecs.getincrementaldecoder(self.encoding)()

    def _transcode(self, decoder: codecs.IncrementalDecoder, chunk: bytes) -> bytes:
        state = decoder.getstate()
        try:
            text = decoder.decode(chunk, final=self._eof)
        except UnicodeDecodeError as error:
            self.notes.append(Note(rule="read.invalid-bytes", detail=str(error)))
            self._decoder = codecs.getincrementaldecoder(self.encoding)("replace")
            self._decoder.setstate(state)
            text = self._decoder.decode(chunk, final=self._eof)
        return text.encode("utf-8", "replace")


def _wide_encoding(head: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark, seen by where the zero bytes of its first ASCII character are."""
    if len(head) < 4:
        return None
    zeros = tuple(byte == 0 for byte in head[:4])
    for index, pattern, name in (
        (0, (False, True, True, True), "utf-32-le"),
        (3, (True, True, True, False), "utf-32-be"),
        (0, (False, True, False, True), "utf-16-le"),
        (1, (True, False, True, False), "utf-16-be"),
    ):
        if zeros == pattern and head[index] in _OPENERS:
            return name
    return None


def content_of(head: bytes) -> Content:
    """What the first bytes (leading white space removed) say the file is."""
    if not head:
        return "empty"
    if head[:1] in (b"{", b"["):
        return "json"
    if head[:4] in ZIP_MAGIC:
        return "zip"
    if head[:1] != b"<":
        return "html" if _HTML.search(head[:1024]) else "other"
    rest = head
    while noise := _XML_NOISE.match(rest):
        rest = rest[noise.end() :]
    return "html" if _HTML.match(rest.lstrip()[:64]) else "xml"
