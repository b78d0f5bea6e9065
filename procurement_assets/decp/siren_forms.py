"""The malformed identifiers seen in real feeds, form by form: what a holder's id is when it is not a SIRET.

One random nine-digit number in ten passes the SIREN's key and one in a thousand both keys of a French VAT number, so
keys are never enough: each form says what else speaks for it. `structure` is evidence that chance does not give: five
or more of the SIREN's own digits written again. A form without it (an APE code, a legal form and a VAT number say what
the digits mean, not that they are right) needs the same SIREN in a valid SIRET elsewhere in the publisher's data.
Sources of the forms: research/data.md §3 "Paris-specific quirks", research/decp.md §1.9.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator

import msgspec

from procurement_assets.decp.identifiers import is_siren, is_siret

SEPARATORS = re.compile(r"[\s\u00a0\u202f.\-_/]")
LONGEST = 40
"""Characters: nothing longer is an identifier."""

NAF_DIVISIONS = frozenset(
    f"{n:02d}"
    for low, high in (
        (1, 3), (5, 33), (35, 39), (41, 43), (45, 47), (49, 53), (55, 56), (58, 66), (68, 75), (77, 82), (84, 88),
        (90, 99),
    )
    for n in range(low, high + 1)
    if n not in (4, 34, 40, 44, 48, 54, 57, 67, 76, 83, 89)
)  # fmt: skip
"""Divisions of NAF rev. 2 (decree 2007-1888). A sub-class is four digits and a letter, A to G or Z."""
_COUNTRIES = "AT BE BG CY CZ DE DK EE EL ES FI GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK XI"
COUNTRIES = frozenset(_COUNTRIES.split())
"""Prefixes of a VAT number of the European Union, France apart (Council Directive 2006/112/EC, article 215)."""
_THIRD_COUNTRIES = "AE AU BR CA CH CHE CN GB HK IL IN IS JP KR LI MA MC NO NZ RU SG SM TN TR UA US"
THIRD_COUNTRIES = frozenset(_THIRD_COUNTRIES.split())
_PREFIXED = re.compile(r"([A-Z]{2,3}?)(U?\d[\dA-Z+*]{4,19})\Z")
_FRENCH_VAT = re.compile(r"FR(\d{2})(\d{9})\Z")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}\Z")
_APE = re.compile(r"(\d{2})\d{2}[A-GZ]\Z")
_APE_REV1 = re.compile(r"\d{3}[A-Z]\Z")


OWN_DIGITS = 5
"""Digits of the SIREN written again that are evidence: with its key, chance gives them once in a million."""


class Form(msgspec.Struct, frozen=True):
    """What an identifier looks like: a SIREN, the rule that found it, and how much speaks for it."""

    siren: str
    rule: str
    structure: bool
    """The identifier itself writes the SIREN's digits twice."""
    plausible: bool = True
    """The rest is what a person writes there; without it, the key alone speaks for the SIREN."""


def bare_identifier(text: str) -> str:
    """An identifier in capitals without spaces and separators."""
    return SEPARATORS.sub("", text).upper()


def is_iban(bare: str) -> bool:
    """Whether an identifier is an IBAN with the right key (ISO 13616, ISO 7064 mod 97-10), or a French one in shape."""
    if not _IBAN.match(bare) or len(bare) < 15:
        return False
    digits = "".join(str(int(c, 36)) for c in bare[4:] + bare[:4])
    return int(digits) % 97 == 1 or (bare.startswith("FR") and len(bare) == 27)


def foreign_country(bare: str) -> str | None:
    """The country that a foreign identifier names in its first letters, or None."""
    m = _PREFIXED.match(bare)
    if m is None:
        return None
    prefix = m.group(1)
    return prefix if prefix in COUNTRIES or prefix in THIRD_COUNTRIES else None


def is_placeholder(siren: str) -> bool:
    """Nine digits that a keyboard makes rather than INSEE: a sequence, a pattern of three or fewer, or 00000….

    Such a number repeats its own digits by nature; `0000` is also how the numbers that VAT gives Monaco begin.
    """
    steps = {(int(b) - int(a)) % 10 for a, b in itertools.pairwise(siren[:8])}
    periodic = any(siren == (siren[:n] * 9)[:9] for n in (1, 2, 3))
    return periodic or steps in ({1}, {9}) or siren.startswith("0000")


def vat_key(siren: str) -> int:
    """The two digits of a French VAT number (CGI, annexe; (12 + 3 × (SIREN mod 97)) mod 97)."""
    return (12 + 3 * (int(siren) % 97)) % 97


def forms(bare: str) -> Iterator[Form]:
    """Every form that an identifier (see `bare_identifier`) has. Nothing for a valid SIRET, an IBAN, a foreign id."""
    if len(bare) > LONGEST or not bare.isascii() or is_siret(bare):
        return
    yield from (form for form in _readings(bare) if not is_placeholder(form.siren))


def _readings(bare: str) -> Iterator[Form]:
    if m := _FRENCH_VAT.match(bare):
        key, siren = m.groups()
        if is_siren(siren):
            right = int(key) == vat_key(siren)
            yield Form(siren, "siren.tva" if right else "siren.tva-cle-fausse", structure=False, plausible=right)
        return
    if is_iban(bare) or foreign_country(bare) or not bare[:9].isdigit():
        return
    if len(bare) == 11 and bare.isdigit() and is_siren(bare[2:]) and int(bare[:2]) == vat_key(bare[2:]):
        yield Form(bare[2:], "siren.tva-sans-prefixe", structure=False)
    # Digits that already start with a SIREN are rather a SIRET that lost its end.
    if len(bare) == 13 and not is_siren(bare[:9]) and is_siren("0" + bare[:8]) and is_siret("0" + bare):
        yield Form("0" + bare[:8], "siren.zero-perdu", structure=False)
    siren = bare[-14:-5]
    if len(bare) > 14 and bare.isdigit() and is_siret(bare[-14:]) and is_siren(siren) and _repeats(bare[:-14], siren):
        yield Form(siren, "siren.repete-avant", structure=len(bare) - 14 >= OWN_DIGITS)
    if is_siren(bare[:9]):
        yield _after_siren(bare[:9], bare[9:])


def _repeats(part: str, siren: str) -> bool:
    return len(part) >= 4 and siren.startswith(part)


def _is_ape(rest: str) -> bool:
    m = _APE.match(rest)
    return m is not None and m.group(1) in NAF_DIVISIONS


def _twice(siren: str, rest: str) -> bool:
    return len(rest) == 10 and rest[:5] == rest[5:] and is_siret(siren + rest[:5])


def _department(rest: str) -> bool:
    return len(rest) == 2 and rest.isdigit() and (1 <= int(rest) <= 95 or rest in ("97", "98"))


_FORMS: tuple[tuple[str, Callable[[str, str], bool]], ...] = (
    ("siren.ape", lambda siren, rest: _is_ape(rest)),
    ("siren.debut-repete", lambda siren, rest: 4 <= len(rest) <= 9 and siren.startswith(rest)),
    ("siren.fin-repetee", lambda siren, rest: 4 <= len(rest) <= 9 and siren.endswith(rest)),
    ("siren.nic-double", _twice),
    ("siren.seul", lambda siren, rest: rest == ""),
    ("siren.zeros", lambda siren, rest: len(rest) > 1 and not rest.strip("0")),
    ("siren.departement", lambda siren, rest: _department(rest)),
    ("siren.tronque", lambda siren, rest: len(rest) < 5 and rest.isdigit()),
    ("siren.nic-faux", lambda siren, rest: len(rest) == 5 and rest.isdigit()),
    ("siren.ape-ancien", lambda siren, rest: bool(_APE_REV1.match(rest))),
    ("siren.lettres", lambda siren, rest: rest.isalpha()),
)
"""Forms that a person writes, the most telling first."""
_WRITTEN_AGAIN = ("siren.debut-repete", "siren.fin-repetee", "siren.nic-double")


def _after_siren(siren: str, rest: str) -> Form:
    """The form of nine digits with the right key, by what follows them."""
    rule = next((rule for rule, fits in _FORMS if fits(siren, rest)), None)
    if rule is None:
        return Form(siren, "siren.suite", structure=False, plausible=False)
    # A digit repeated is what fills a box: a short number ended with zeros repeats "its own" last digits by nature.
    again = rule in _WRITTEN_AGAIN and len(rest) >= OWN_DIGITS and len(set(rest)) > 1
    # The number of an establishment starts with zeros: digits cut from a SIRET do.
    return Form(siren, rule, structure=again, plausible=rule != "siren.tronque" or rest.startswith("0"))
