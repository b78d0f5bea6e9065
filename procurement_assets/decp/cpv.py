"""CPV codes: the divisions and the groups that start with 0 (regulation (EC) 213/2008, annex I)."""

from __future__ import annotations

import re

_DIVISIONS = (
    "03 09 14 15 16 18 19 22 24 30 31 32 33 34 35 37 38 39 41 42 43 44 45 48 50 51 55 60 63 64 65 66 70 71 72 "
    "73 75 76 77 79 80 85 90 92 98"
)
DIVISIONS = frozenset(_DIVISIONS.split())
"""The 45 divisions of the main vocabulary."""
LOST_ZERO = re.compile(r"(?:(?:3[1-4]|9[1-3])\d{5}|[39]000000)\Z")
"""Seven digits that are a code of division 03 or 09 without its zero: the divisions themselves and their
only groups, 031 to 034 and 091 to 093."""


def is_cpv(code: str) -> bool:
    """Eight digits of a division that exists."""
    return len(code) == 8 and code.isascii() and code.isdigit() and code[:2] in DIVISIONS
