"""The properties of a workbook (title, author, date), set without touching its sheets.

`rustpy-xlsxwriter` stamps the clock into `docProps/core.xml` and has no option for it. The file is copied entry by
entry, compressed bytes as they are, and that entry alone is written anew: the same rows then give the same bytes.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from struct import unpack_from
from typing import BinaryIO
from xml.sax.saxutils import escape

CORE = "docProps/core.xml"
_DATE = (1980, 1, 1, 0, 0, 0)
_TEMPLATE = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" \
xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" \
xmlns:dcmitype="http://purl.org/dc/dcmitype/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\
<dc:title>{title}</dc:title><dc:creator>{author}</dc:creator><dc:language>fr</dc:language>\
<dcterms:created xsi:type="dcterms:W3CDTF">{created}</dcterms:created>\
<dcterms:modified xsi:type="dcterms:W3CDTF">{created}</dcterms:modified></cp:coreProperties>"""


def fix_properties(path: Path, *, title: str, author: str, created: str) -> None:
    """Give a workbook its properties. `created`: date-time in UTC, `2026-01-08T00:00:00Z`."""
    fresh = path.with_name(f"{path.name}.fixed")
    core = _TEMPLATE.format(title=escape(title), author=escape(author), created=escape(created))
    with path.open("rb") as raw, zipfile.ZipFile(raw) as source, zipfile.ZipFile(fresh, "w") as target:
        for entry in source.infolist():
            if entry.filename == CORE:
                target.writestr(zipfile.ZipInfo(CORE, _DATE), core, zipfile.ZIP_DEFLATED)
            else:
                _copy(raw, entry, target)
    fresh.replace(path)


def _copy(raw: BinaryIO, entry: zipfile.ZipInfo, target: zipfile.ZipFile) -> None:
    """Copy an entry with its compressed bytes: its header is written anew, its data is not decompressed."""
    raw.seek(entry.header_offset)
    name_length, extra_length = unpack_from("<HH", raw.read(30), 26)
    raw.seek(entry.header_offset + 30 + name_length + extra_length)
    copied = zipfile.ZipInfo(entry.filename, _DATE)
    copied.compress_type = entry.compress_type
    copied.CRC, copied.compress_size, copied.file_size = entry.CRC, entry.compress_size, entry.file_size
    copied.external_attr, copied.create_system = entry.external_attr, entry.create_system
    handle = target.fp
    if handle is None:
        raise ValueError(f"the workbook being written is closed: {entry.filename} cannot be added")
    copied.header_offset = handle.tell()
    handle.write(copied.FileHeader(zip64=None))
    remaining = entry.compress_size
    while remaining:
        block = raw.read(min(remaining, 1 << 20))
        if not block:
            raise ValueError(f"the workbook ends before its entry {entry.filename}")
        handle.write(block)
        remaining -= len(block)
    target.filelist.append(copied)
    target.NameToInfo[copied.filename] = copied
    target.start_dir = handle.tell()
