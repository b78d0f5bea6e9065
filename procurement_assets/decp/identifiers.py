"""SIREN and SIRET: shape and check digit, and what tools add to them."""

from __future__ import annotations

import re

LA_POSTE = "356000000"
"""La Poste's establishments need not pass the Luhn check: the sum of their digits is a multiple of 5 instead."""

_SEPARATORS = re.compile(r"[\s.\-_/]")
_DECIMAL = re.compile(r"(\d{8,14})[.,]0+\Z", re.ASCII)
_SCIENTIFIC = re.compile(r"(\d)[.,](\d{1,13})[eE]\+?(\d{1,2})\Z", re.ASCII)

_PLAIN = bytes(c - 48 if 48 <= c <= 57 else 0 for c in range(256))
_DOUBLED = bytes((2 * d - 9 if d > 4 else 2 * d) if 0 <= (d := c - 48) <= 9 else 0 for c in range(256))
"""What each digit counts for in the Luhn check, by its byte."""


def luhn(digits: str) -> bool:
    """Whether a string of digits passes the Luhn check (ISO/IEC 7812, as INSEE uses it for SIREN and SIRET)."""
    # Sums of bytes, in C: a loop over the digits takes five times as long, and every id of every record comes here.
    data = digits.encode()
    return (sum(data[-1::-2].translate(_PLAIN)) + sum(data[-2::-2].translate(_DOUBLED))) % 10 == 0


def is_siren(text: str) -> bool:
    """Nine digits that pass the Luhn check, not all zero."""
    return len(text) == 9 and text.isascii() and text.isdigit() and luhn(text) and text.strip("0") != ""


def is_siret(text: str) -> bool:
    """Fourteen digits that pass the Luhn check, or La Poste's own rule (research/decp.md §3.2)."""
    if len(text) != 14 or not (text.isascii() and text.isdigit()) or not text[:9].strip("0"):
        return False
    if luhn(text):
        return True
    return text.startswith(LA_POSTE) and sum(map(int, text)) % 5 == 0


def whole_digits(text: str) -> str:
    """The identifier that a spreadsheet made a number of (`21750001600019.0`, `2.1750001600019E13`), else the text.

    In scientific notation only where every digit of a SIRET or of a SIREN is there: the others are lost.
    """
    if m := _DECIMAL.match(text):
        return m[1]
    if (m := _SCIENTIFIC.match(text)) and len(m[2]) == int(m[3]) and int(m[3]) in (8, 13):
        return m[1] + m[2]
    return text


def joined(text: str) -> str:
    """Digits without what separates them; a text that holds anything else stays."""
    bare = _SEPARATORS.sub("", text)
    return bare if bare.isdigit() else text


def unpadded(text: str) -> str:
    """A SIRET that was filled up with zeros on its left (research/decp.md §1.7), by both its keys.

    Chance gives one zero and both keys to one text of fifteen digits in a thousand: two zeros are asked for.
    """
    extra, siret = text[:-14], text[-14:]
    return siret if len(extra) > 1 and not extra.strip("0") and is_siren(siret[:9]) and is_siret(siret) else text
