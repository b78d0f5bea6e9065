"""SIREN and SIRET: shape and check digit."""

from __future__ import annotations

LA_POSTE = "356000000"
"""La Poste's establishments need not pass the Luhn check: the sum of their digits is a multiple of 5 instead."""

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
