"""CPV codes: the divisions, the key, and the codes that start with 0 (regulation (EC) 213/2008, annex I)."""

from __future__ import annotations

import re

_DIVISIONS = (
    "03 09 14 15 16 18 19 22 24 30 31 32 33 34 35 37 38 39 41 42 43 44 45 48 50 51 55 60 63 64 65 66 70 71 72 "
    "73 75 76 77 79 80 85 90 92 98"
)
DIVISIONS = frozenset(_DIVISIONS.split())
"""The 45 divisions of the main vocabulary."""
_UNLIKE = (
    "311511 311512 311513 311711 311712 311713 311714 321112 32116 32117 32119 321221 3212211 3212212 3212213 321222 "
    "3221111 3221112 3221113 3221114 3221211 3221212 3221213 3221221 3221222 322127 322131 322132 322133 322134 "
    "322141 322142 322143 322144 3222111 3222112 3222113 3222114 3222115 3222116 3222117 3222118 322221 322222 322223 "
    "322224 322225 322231 3222311 3222312 3222313 3222314 3222315 322232 3222321 3222322 3222323 322233 3222331 "
    "3222332 3222333 3222334 322234 3222341 3222342 331331 34171 34181 91114 91122 912211 912221 9123 91342 913421 "
    "913422 913423 9134231 9134232 913511 92114 92115 92116 921161 921162 921163 921164 921165 92117 921171 921172 "
    "92118 921181 921182 92119 9323 9324 9343 9344"
)
"""Codes of divisions 03 and 09 whose seven digits are no other code less a digit, without the zeros at both ends."""
_ALIKE = (
    "3 31 311 3111 31111 31112 31113 31114 31115 31116 31117 31118 31119 3112 3113 31131 31132 3114 31141 31142 3115 "
    "31151 3116 31161 31162 31163 3117 31171 31172 312 3121 31211 31212 312121 313 3131 31311 31312 31313 31314 3132 "
    "314 3141 3142 31421 31422 31423 31424 31425 3143 3144 32 321 3211 32111 321111 32112 32113 32114 32115 3212 "
    "32121 32122 322 3221 32211 322111 322112 32212 322121 322122 322123 322124 322125 322126 32213 32214 3222 32221 "
    "322211 322212 32222 32223 32224 33 331 3311 33111 331111 331112 33112 331121 331122 331123 331124 33113 33114 "
    "33115 33116 33117 3312 33121 33122 33123 3313 33131 33132 33133 332 3321 33211 33212 3322 33221 33222 33223 3323 "
    "3324 3325 33251 33252 333 3331 33311 33312 3332 33321 33322 3333 334 3341 34 341 3411 3412 3413 3414 3415 3416 "
    "3417 3418 3419 34191 34192 342 3421 3422 343 3431 3432 34321 344 3441 345 3451 34511 34512 34513 3452 346 3461 "
    "34611 9 91 911 9111 91111 91112 911121 911122 91113 9112 91121 9113 912 9121 91211 91212 9122 91221 91222 913 "
    "9131 91311 9132 91321 91322 91323 9133 9134 91341 9135 91351 92 921 9211 92111 92112 92113 922 9221 92211 92212 "
    "92213 92214 9222 92221 923 924 9241 9242 92421 93 931 932 9321 9322 933 9331 93311 93312 9332 934 9341 9342"
)
"""The others: 3121000 is 03121000 (horticulture) without its zero, or 31210000 (switchgear) less its last digit."""


def _seven(written: str) -> frozenset[str]:
    return frozenset(code.ljust(7, "0") for code in written.split())


_ALIKE_CODES = _seven(_ALIKE)
_ZERO_CODES = _seven(_UNLIKE) | _ALIKE_CODES
_WEIGHTS = (3, 7, 1, 3, 7, 1, 3, 7)
"""The check digit of a CPV code is the sum of its digits times these, modulo 10. The rule is not published: it was
worked out from the keys that the arrêté prints (15982200-7, 34144910-0…) and holds for 448 of the 471 codes with a key
in the real files at hand; the others are typing errors (45000000-0) or the codes below."""
_SHIFTED = {"09": 6, "351253": 3, "4212": 3, "722671": 5, "724": 5, "726": 5}
"""Parts of the CPV moved in 2008 that kept the keys of their former codes: what is added to the sum."""
_PUBLISHED = re.compile(r"\s*(\d+)(?:-\d)?\s*\Z")


def is_cpv(code: str) -> bool:
    """Eight digits of a division that exists."""
    return len(code) == 8 and code.isascii() and code.isdigit() and code[:2] in DIVISIONS


def cpv_key(code: str) -> str:
    """The check digit of a CPV code of eight digits."""
    total = sum(w * int(d) for w, d in zip(_WEIGHTS, code, strict=True))
    moved = [shift for start, shift in _SHIFTED.items() if code.startswith(start) and code != "09000000"]
    return str((total + sum(moved)) % 10)


def lost_zero(code: str, key: str = "") -> str | None:
    """The code that seven digits are without their zero: one that exists, of the published key where there is one."""
    if code not in _ZERO_CODES or (key and key != cpv_key("0" + code)):
        return None
    return "0" + code


def may_be_cut(published: object) -> bool:
    """Whether a published code that `lost_zero` completes may also be another code less a digit.

    A number loses its first zero and nothing else.
    """
    m = _PUBLISHED.match(published) if isinstance(published, str) else None
    return m is not None and m.group(1) in _ALIKE_CODES


def is_cut(code: str | None) -> bool:
    """Whether a code is a digit short, and not for want of a zero: its file holds codes that were cut or mistyped."""
    return code is not None and len(code) == 7 and code.isascii() and code.isdigit() and code not in _ZERO_CODES
