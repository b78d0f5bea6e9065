"""Identifiers that look real and belong to nobody: SIRETs that pass Luhn's test, foreign numbers, names.

A supplier or a buyer is a number; its SIREN, names and place follow from it by arithmetic, so a million suppliers need
no memory. Names are made up (words.toml). The City's own SIRETs are public facts (research/decp.md §1.9).
"""

from __future__ import annotations

from functools import lru_cache

from procurement_assets.sample.profiles import words

PARIS = "21750001600019"
PARIS_ESTABLISHMENTS: dict[str, int] = {
    "21750001617666": 26,
    "21750001615967": 19,
    "21750001608202": 10,
    "21750001608780": 7,
    "21750001608632": 6,
    "21750001609390": 6,
    "21750001608277": 5,
    "21750001629679": 4,
}
"""Other establishments of the City that bought in 2019-2022, with their contracts (research/decp.md §1.9)."""


def _luhn_sum(digits: str, double_last: bool) -> int:
    total = 0
    for i, c in enumerate(reversed(digits)):
        n = int(c)
        if (i % 2 == 0) == double_last:
            n = n * 2 - 9 if n > 4 else n * 2
        total += n
    return total


# Luhn sums of every group of four digits, its last digit doubled or not: a check digit costs three look-ups.
_DOUBLED = tuple(_luhn_sum(f"{n:04d}", True) for n in range(10_000))
_PLAIN = tuple(_luhn_sum(f"{n:04d}", False) for n in range(10_000))
_DOUBLED_DIGIT = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def luhn_ok(digits: str) -> bool:
    """Whether the digits pass Luhn's test."""
    return digits.isdigit() and _luhn_sum(digits, False) % 10 == 0


def siren(body: int) -> str:
    """The SIREN whose first eight digits are `body`."""
    return f"{body:08d}{-(_DOUBLED[body // 10_000] + _DOUBLED[body % 10_000]) % 10}"


def siret(body: int, establishment: int = 1) -> str:
    """The SIRET of an establishment (1 to 9999) of the SIREN whose first eight digits are `body`."""
    high, low = divmod(body, 10_000)
    check = -(_DOUBLED[high] + _DOUBLED[low]) % 10
    last = -(_DOUBLED[establishment] + _DOUBLED_DIGIT[check] + _PLAIN[low] + _PLAIN[high]) % 10
    return f"{body:08d}{check}{establishment:04d}{last}"


def supplier(number: int) -> tuple[str, str]:
    """SIRET and name of a supplier. Different numbers below 60,000,000 have different SIRENs."""
    body = 30_000_000 + (number * 7_654_321 + 1_234_567) % 60_000_000
    return siret(body, 1 + number % 7), supplier_name(number)


def supplier_name(number: int) -> str:
    """The made-up name of a supplier."""
    heads, middles, tails = _names()
    rest, at = divmod(number, len(middles))
    rest, tail = divmod(rest, len(tails))
    return f"{heads[rest % len(heads)]} {middles[at]} {tails[tail]}"


@lru_cache(maxsize=1)
def _names() -> tuple[list[str], list[str], list[str]]:
    names = words()["names"]
    return names["heads"], names["middles"], names["tails"]


def foreign(kind: str, number: int) -> str:
    """An identifier of a holder without SIRET, in the shape the schema's documentation gives for its kind."""
    n = (number * 7_654_321 + 1_234_567) % 100_000_000
    country = ("DE", "BE", "IT", "ES", "NL", "LU")[number % 6]
    return {
        "TVA": f"{country}{n:09d}",
        "UE": f"{country}{n:09d}",
        "HORS-UE": f"CH{supplier_name(number).replace(' ', '')[:16]}",
        "RIDET": f"{n % 10_000_000:07d}001",
        "TAHITI": f"A{n % 100_000:05d}001",
        "FRWF": f"FRWF{siret(n % 60_000_000 + 30_000_000)}",
        "IREP": f"{n % 100_000:05d}{supplier_name(number).replace(' ', '')[:20]}",
    }[kind]


@lru_cache(maxsize=1)
def national_buyers(count: int = 2000) -> tuple[tuple[str, str, str, str], ...]:
    """SIRET, name, département and commune of made-up buyers."""
    names = words()["names"]
    kinds, communes = names["buyers"], [c.split("|") for c in names["communes"]]
    found = []
    for i in range(count):
        commune, departement = communes[i % len(communes)]
        kind = kinds[(i // len(communes)) % len(kinds)]
        more = i // (len(communes) * len(kinds))
        body = 20_000_000 + (i * 7_919 + 4_242) % 7_000_000
        found.append((siret(body), kind % (f"{commune} {more}" if more else commune), departement, commune))
    return tuple(found)


def neighbour(number: int) -> tuple[str, str]:
    """SIRET and name of a buyer of the regional platform that is not the City."""
    found = national_buyers()[(number * 37) % 200]
    return found[0], found[1]
