"""Text as a CSV for French spreadsheets holds it: what is no number is not read as one, what is one has its comma.

A spreadsheet that opens a CSV rounds numbers beyond fifteen digits (a contract of 2019: twenty-eight digits), writes
others as 2.1E+13 (a SIRET), drops a zero in front (a CPV code) and takes `2025E0` for a power of ten. Such texts get an
apostrophe in front, as those that look like formulas do; reading correction files removes it (`corrections.cells`).
"""

from __future__ import annotations

import re

from procurement_assets.portal.exports.neutral import harmless

_CODE = re.compile(r"(?:\d{12,}|0\d+|\d+(?:[.,]\d+)?[eE][+-]?\d+)\Z", re.ASCII)


def guarded(text: str) -> str:
    """A text that a spreadsheet takes neither for a formula nor for a number."""
    return f"'{text}" if _CODE.match(text) else harmless(text)


def french_number(text: str) -> str:
    """A number written as data, with the decimal comma that a French spreadsheet needs to read it as one."""
    return text.replace(".", ",", 1)


def decoded(data: bytes) -> str:
    """Text in UTF-8, in UTF-16 with its mark, else in Windows-1252, as French Excel saves it."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
